"""What somebody who waits for pictures gets to see, on standard error: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress(Protocol):
    """Told by the engine what happens, in this order: start, then for each picture panel_started, step…, and panel_done
    or failed; finish at the end, whatever happened."""

    def start(self, total: int, from_store: int) -> None:
        """``total`` pictures are wanted, ``from_store`` of them are there already."""

    def panel_started(self, panel: str) -> None:
        """A panel's picture is being drawn."""

    def step(self, done: int, total: int) -> None:
        """So many steps of it are done."""

    def panel_done(self, panel: str, seconds: float) -> None:
        """It is drawn and in the store."""

    def failed(self, panel: str, reason: str) -> None:
        """It could not be drawn."""

    def note(self, message: str) -> None:
        """Something that a user should know."""

    def finish(self) -> None:
        """No more is to come."""


class Quiet:
    """Says nothing but what went wrong."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr

    def start(self, total: int, from_store: int) -> None:
        """Nothing is said."""

    def panel_started(self, panel: str) -> None:
        """Nothing is said."""

    def step(self, done: int, total: int) -> None:
        """Nothing is said."""

    def panel_done(self, panel: str, seconds: float) -> None:
        """Nothing is said."""

    def failed(self, panel: str, reason: str) -> None:
        """One line."""
        self._say(f"{panel}: failed: {reason}")

    def note(self, message: str) -> None:
        """One line."""
        self._say(message)

    def finish(self) -> None:
        """Nothing is said."""

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class _Estimate:
    """Time left, from the pictures drawn so far."""

    def __init__(self, to_draw: int) -> None:
        self._left = to_draw
        self._seconds: list[float] = []

    def done(self, seconds: float | None) -> None:
        """One picture less; ``seconds`` is None where it failed."""
        self._left = max(0, self._left - 1)
        if seconds is not None:
            self._seconds.append(seconds)

    def __str__(self) -> str:
        if not self._seconds or not self._left:
            return ""
        left = round(sum(self._seconds) / len(self._seconds) * self._left)
        minutes, seconds = divmod(left, 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"about {hours} h {minutes:02} min left"
        return f"about {minutes} min {seconds:02} s left" if minutes else f"about {seconds} s left"


class PlainLines(Quiet):
    """A line for each picture, for logs and pipes."""

    def start(self, total: int, from_store: int) -> None:
        """One line; none where nothing is to be drawn."""
        self._to_draw = total - from_store
        self._count = 0
        self._estimate = _Estimate(self._to_draw)
        if self._to_draw:
            had = f", {from_store} from the store" if from_store else ""
            self._say(f"drawing {self._to_draw} of {total} pictures{had}")

    def panel_done(self, panel: str, seconds: float) -> None:
        """One line."""
        self._count += 1
        self._estimate.done(seconds)
        left = str(self._estimate)
        self._say(f"[{self._count}/{self._to_draw}] {panel}: {seconds:.1f} s" + (f", {left}" if left else ""))

    def failed(self, panel: str, reason: str) -> None:
        """One line."""
        self._count += 1
        self._estimate.done(None)
        self._say(f"[{self._count}/{self._to_draw}] {panel}: failed: {reason}")


class Bar:
    """One line that moves: the panel's name, how far it and the whole are, the time left. Needs a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._estimate = _Estimate(0)
        self._finished = 0

    def start(self, total: int, from_store: int) -> None:
        """Show the bar; nothing where nothing is to be drawn."""
        if total == from_store:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._estimate = _Estimate(total - from_store)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}", style="dim"),
            console=Console(file=self._stream),
            transient=True,
        )
        self._bar.start()
        self._finished = from_store
        self._task = self._bar.add_task("loading the model", total=total, completed=from_store, left="")

    def panel_started(self, panel: str) -> None:
        """Show the panel's name."""
        self._update(description=panel)

    def step(self, done: int, total: int) -> None:
        """Move within the picture."""
        self._update(completed=self._finished + done / total)

    def panel_done(self, panel: str, seconds: float) -> None:
        """Move to the next picture."""
        self._finished += 1
        self._estimate.done(seconds)
        self._update(completed=self._finished, left=str(self._estimate))

    def failed(self, panel: str, reason: str) -> None:
        """Keep a line above the bar."""
        self._finished += 1
        self._estimate.done(None)
        self.note(f"{panel}: failed: {reason}")
        self._update(completed=self._finished, left=str(self._estimate))

    def note(self, message: str) -> None:
        """Keep a line above the bar."""
        if self._bar is not None:
            self._bar.console.print(message, markup=False, highlight=False)
        else:
            print(message, file=self._stream, flush=True)

    def finish(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _update(self, **fields: object) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, **fields)  # type: ignore[arg-type]


def make_progress(quiet: bool = False, stream: TextIO | None = None) -> Progress:
    """What fits the place: a bar in a terminal, plain lines elsewhere, next to nothing if ``quiet``."""
    stream = stream if stream is not None else sys.stderr
    if quiet:
        return Quiet(stream)
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return Bar(stream)
    return PlainLines(stream)
