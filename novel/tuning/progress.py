"""What somebody who waits for a character to be learned gets to see, on standard error."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from novel.render.backend import Pixels

_LINES = 12
"""Lines in a whole run where no terminal shows a bar."""


class Watching:
    """Time left and the loss: as a bar in a terminal, as a few lines elsewhere, not at all if ``quiet``."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._quiet = quiet
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._steps = self._first = 0
        self._began = 0.0

    def start(self, steps: int, done: int, device: str) -> None:
        """Say how much is to be done."""
        self._steps, self._first, self._began = steps, done, time.monotonic()
        if self._quiet or done == steps:
            return
        gone = f", going on after step {done}" if done else ""
        self.note(f"training for {steps} steps on {device}{gone}")
        if self._stream.isatty() and os.environ.get("TERM") != "dumb":
            self._show_bar(done)

    def step(self, done: int, loss: float) -> None:
        """Move on."""
        if self._quiet:
            return
        left = self._left(done)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, left=f"loss {loss:.4f}  {left}")
        elif done % max(1, self._steps // _LINES) == 0 or done == self._steps:
            self.note(f"step {done}/{self._steps}, loss {loss:.4f}" + (f", {left}" if left else ""))

    def sample(self, done: int, number: int, pixels: Pixels) -> None:
        """Nothing is shown; whoever keeps the pictures says where they are."""

    def note(self, message: str) -> None:
        """A line that stays."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.console.print(message, markup=False, highlight=False)
        else:
            print(message, file=self._stream, flush=True)

    def finish(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _left(self, done: int) -> str:
        made, todo = done - self._first, self._steps - done
        if made < 2 or not todo:  # The first step is no measure: it takes memory and warms up.
            return ""
        seconds = round((time.monotonic() - self._began) / made * todo)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"about {hours} h {minutes:02} min left"
        return f"about {minutes} min {seconds:02} s left" if minutes else f"about {seconds} s left"

    def _show_bar(self, done: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}", style="dim"),
            console=Console(file=self._stream),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("training", total=self._steps, completed=done, left="")
