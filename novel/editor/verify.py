"""Are the book's pictures still what this machine draws? Some are drawn anew and compared; nothing is changed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from novel import __version__
from novel.build import opener
from novel.editor.recipe import Recipe, read_file, told_by
from novel.editor.safe_text import printable
from novel.errors import MissingError, NovelError, OutputError, RenderIncomplete
from novel.prepare import Choices, Prepared, prepare
from novel.render import best_of, png
from novel.render.backend import PanelFailed, Pixels
from novel.render.beginnings import room_in
from novel.render.masking import Masks
from novel.render.own_picture import pixels_from_file
from novel.render.redraw import Redrawn, redraw
from novel.request import RenderRequest

if TYPE_CHECKING:
    from novel.render.progress import Progress

NEAR_MEAN = 1.5
"""Two pictures are near if their values, of 255, differ by no more than this on average …

Measured with the embedded model at 20 steps: another number of threads moves values by 0.001 on average and by 1 at
most; half precision in place of full moves them by 0.6 to 1.0, and edges shift by a fraction of a pixel, so that single
values differ by up to 102. Both look the same. Another seed makes tens on average.
"""
NEAR_SQUARE = 20.0
"""… and by no more than this within any square of 16 pixels, so that something small that changed isn't lost in a large
picture. Half precision moves the worst square by 3 to 13; an eye that closes, or a thing that is gone, by far more."""
_SQUARE = 16

Result = Literal["identical", "near", "different", "failed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the values of two pictures differ, of 255: on average, on average within the worst square of 16
    pixels, and at most."""

    mean: float
    square: float
    most: int

    @property
    def near(self) -> bool:
        """Whether nobody would tell the two pictures apart."""
        return self.mean <= NEAR_MEAN and self.square <= NEAR_SQUARE


@dataclass(frozen=True, slots=True)
class Compared:
    """One panel's picture and the same request drawn now. ``difference`` is None where they can't be laid over one
    another. ``changed``: what it was drawn with then and now, where these differ.
    """

    panel: str
    key: str
    result: Result
    difference: Difference | None
    seconds: float
    changed: Mapping[str, tuple[str, str]]
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "panel": self.panel,
            "key": self.key,
            "result": self.result,
            "mean_difference": self.difference.mean if self.difference else None,
            "worst_square": self.difference.square if self.difference else None,
            "max_difference": self.difference.most if self.difference else None,
            "seconds": round(self.seconds, 3),
            "changed": {name: {"then": then, "now": now} for name, (then, now) in self.changed.items()},
            **({"reason": self.reason} if self.reason else {}),
        }


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of the comparison. ``left_out``: panels that have no picture of the story as it stands, by reason."""

    story: Path
    panels: tuple[Compared, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 where all are identical or near; 8 where one is different; 6 where one could not be drawn."""
        results = {compared.result for compared in self.panels}
        if "different" in results:
            return OutputError.exit_code
        return RenderIncomplete.exit_code if "failed" in results else 0

    @property
    def changed(self) -> dict[str, tuple[str, str]]:
        """All parts of the stack that are others than when one of the pictures was drawn."""
        return {name: pair for compared in self.panels for name, pair in compared.changed.items()}

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "story": str(self.story),
            "near": {"mean_difference": NEAR_MEAN, "worst_square": NEAR_SQUARE},
            "panels": [compared.as_json() for compared in self.panels],
            "left_out": dict(self.left_out),
            "exit_code": self.exit_code,
        }

    def report(self, out: TextIO) -> None:
        """The table on ``out``; what is to be known beside it on standard error."""
        width = max(len(compared.panel) for compared in self.panels)
        for compared in self.panels:
            told = compared.reason
            apart = compared.difference
            if apart is not None and apart.most:
                told = (
                    f"differs by {apart.mean:.3f} of 255 on average, {apart.square:.1f} in the worst square, "
                    f"{apart.most} at most"
                )
            print(f"{compared.panel:<{width}}  {compared.result:<9}  {printable(told)}".rstrip(), file=out)
        for name, (then, now) in self.changed.items():
            print(printable(f"{name} then: {then or '(unknown)'}; now: {now or '(none)'}"), file=out)
        if any(compared.result != "identical" for compared in self.panels) and not self.changed:
            print("The stack is the same: the same versions on the same device.", file=out)
        counts = [f"{sum(c.result == r for c in self.panels)} {r}" for r in Result.__args__]  # type: ignore[attr-defined]
        near = f"near: at most {NEAR_MEAN:g} of 255 on average, and {NEAR_SQUARE:g} in any square of {_SQUARE} pixels"
        print(f"{', '.join(c for c in counts if not c.startswith('0 '))} ({near})", file=sys.stderr)
        if self.left_out:
            print(f"left out: {', '.join(f'{i} ({why})' for i, why in self.left_out.items())}", file=sys.stderr)


def verify(story: Path, choices: Choices, panels: tuple[str, ...], sample: int | None, progress: Progress) -> Verified:
    """Draw panels anew (those named, else all; of these ``sample`` many, spread over the story) and compare them.

    Raises what is wrong with the story, UsageError for an unknown panel, MissingError where there is nothing to compare
    with.
    """
    made = prepare(story, choices)
    named = tuple(dict.fromkeys(made.book.known_panel(panel) for panel in panels))
    asked = named or tuple(panel.id for panel in made.book.story.panels())
    left_out = {panel: reason for panel in asked if (reason := _nothing_of(made, panel))}
    chosen = [panel for panel in asked if panel not in left_out]
    if sample is not None:
        chosen = spread(chosen, sample)
    shown: dict[str, _Shown] = {}
    for panel in chosen:
        found = _shown(made, panel)
        if isinstance(found, str):
            left_out[panel] = found
        else:
            shown[panel] = found
    if not shown or (named and left_out):
        why = ", ".join(f"{panel} ({reason})" for panel, reason in left_out.items())
        raise MissingError(f"There is nothing to compare with: {why}.", f"Draw it first: novel build {story}")
    beginnings = _Beginnings(made)
    drawn = redraw(
        {panel: one.request for panel, one in shown.items()},
        open_backend=opener(made, choices.device, progress),
        beginning=beginnings,
        masks=Masks(beginnings.file_of, partial(room_in, made.store)),
        progress=progress,
    )
    compared = {one.name: _compared(made, shown[one.name], one) for one in drawn}
    return Verified(story, tuple(compared[panel] for panel in shown), left_out)


def spread(items: Sequence[str], count: int) -> list[str]:
    """``count`` of the items at even distances, always the same ones; all where there are no more."""
    if count >= len(items):
        return list(items)
    return [items[(2 * number + 1) * len(items) // (2 * count)] for number in range(count)]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A finished picture of a panel, with the request and the recipe that it was drawn by."""

    panel: str
    key: str
    request: RenderRequest
    recipe: Recipe | None


def _nothing_of(made: Prepared, panel: str) -> str:
    """Why a panel has no picture to compare, as far as a look at the folders tells; empty where it seems to have."""
    if panel in made.plan.images:
        return "the writer's own picture"
    there = made.store.contains(_key(made, panel)) or (made.folder / "panels" / f"{panel}.png").exists()
    return "" if there else "no picture yet"


def _key(made: Prepared, panel: str) -> str:
    return made.plan.kept.get(panel) or made.plan.requests[panel].key


def _shown(made: Prepared, panel: str) -> _Shown | str:
    """The picture that the book shows for a panel as its story stands; or why there is none to compare."""
    key = _key(made, panel)
    data = _picture(made, key, [panel])
    if data is None:
        return "its picture is of another state of the story"
    recipe = told_by(data, made.folder / "panels" / f"{panel}.png").recipe
    request = made.plan.requests.get(panel)
    if request is None:
        # Approved, and the story asks for another one by now: the picture itself knows how it was made.
        if recipe is None or recipe.prompts_taken_out or not recipe.agrees:
            return "approved, and it doesn't tell how it was made"
        if recipe.request.model not in made.sources:
            return "approved, and its model is no longer the story's"
        request = recipe.request
    elif request.best_of is not None:
        won = best_of.variant(request, recipe.key) if recipe is not None else None
        if won is None:
            return "it doesn't tell which of its candidates it is"
        request = won
    return _Shown(panel, key, request, recipe)


def _picture(made: Prepared, key: str, panels: Iterable[str]) -> bytes | None:
    """A picture's PNG by its key: from the store, else from the book's own folder."""
    entry = made.store.get(key)
    if entry is not None:
        return entry.payload
    for panel in panels:
        path = made.folder / "panels" / f"{panel}.png"
        try:
            data = read_file(path)
            recipe = told_by(data, path).recipe
        except NovelError:
            continue
        if recipe is not None and recipe.key == key:
            return data
    return None


class _Beginnings:
    """The pictures that others start from, as they are in the store or in the book; none is drawn anew."""

    def __init__(self, made: Prepared) -> None:
        self._made = made
        self._panels = [panel.id for panel in made.book.story.panels()]

    def __call__(self, request: RenderRequest) -> Pixels | None:
        if request.init is None:
            return None
        source = request.init.source
        if request.init.kind == "asset":
            path = self.file_of(source)
            try:
                return pixels_from_file(path)
            except NovelError as error:
                raise PanelFailed(f"{path.name}, which it starts from, can't be used: {error}") from error
        data = _picture(self._made, source, self._panels)
        if data is None:
            raise PanelFailed("the picture that it continues is not there")
        return png.decode(data)

    def file_of(self, sha256: str) -> Path:
        """A file of the story by its content."""
        path = self._made.plan.assets.get(sha256)
        if path is None:
            raise PanelFailed("the picture that it starts from is not among the story's files")
        return path


def _compared(made: Prepared, shown: _Shown, drawn: Redrawn) -> Compared:
    changed = _changed(shown.recipe, drawn.stack)
    apart: Difference | None = None
    reason = drawn.failure
    result: Result = "failed"
    new = drawn.pixels
    if new is not None:
        data = _picture(made, shown.key, [shown.panel])
        assert data is not None, "read a moment ago"
        old = png.decode(data)
        if (old.width, old.height) != (new.width, new.height):
            result = "different"
            reason = f"{old.width} × {old.height} pixels then, {new.width} × {new.height} now"
        elif old.data == new.data:
            result, apart = "identical", Difference(0.0, 0.0, 0)
        else:
            apart = difference(old, new)
            result = "near" if apart.near else "different"
    return Compared(shown.panel, shown.key, result, apart, drawn.seconds, changed, reason)


def difference(old: Pixels, new: Pixels) -> Difference:
    """By how much the values of two pictures of one size differ."""
    import numpy

    values = [numpy.frombuffer(pixels.data, numpy.uint8).astype(numpy.int16) for pixels in (old, new)]
    apart = numpy.abs(values[0] - values[1]).reshape(old.height, old.width, 3)
    # The last row and column of squares take what is left over.
    rows, columns = (numpy.arange(max(1, side // _SQUARE)) * _SQUARE for side in (old.height, old.width))
    sums = numpy.add.reduceat(numpy.add.reduceat(apart.sum(axis=2), rows, axis=0), columns, axis=1)
    heights, widths = numpy.diff([*rows, old.height]), numpy.diff([*columns, old.width])
    squares = sums / (3 * numpy.outer(heights, widths))
    return Difference(float(apart.mean()), float(squares.max()), int(apart.max()))


def _changed(recipe: Recipe | None, stack: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    if recipe is None:
        return {}
    stack_then = {name: version for name, version in recipe.stack.items() if name not in best_of.TOLD}
    then, now = {"novel": recipe.novel, **stack_then}, {"novel": __version__, **stack}
    return {
        name: (then.get(name, ""), now.get(name, ""))
        for name in dict.fromkeys([*now, *then])
        if then.get(name) != now.get(name)
    }
