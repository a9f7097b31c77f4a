"""What editors have decided about single panels: overrides of a panel's own fields, and redos, steps from a finished
picture to the next (a part drawn anew, a wider picture, a small variation).

It stands in ``STORY.takes.yaml`` beside the story; the story file itself is never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from novel.errors import Diagnostic, RefusedError
from novel.story import assets
from novel.story.faults import AssetFault
from novel.story.model import Model, Share

Region = Literal["left", "right"] | tuple[float, float, float, float]
"""A half, or x, y, width and height in shares of the picture."""

REDO_STRENGTH = 0.85
"""How much of a redone region is changed where nobody says how much: enough for another person, with the same light."""
EXTEND_STRENGTH = 1.0
"""New room holds nothing to keep."""


class Extension(Model):
    """Room added beside the picture, in percent of its width."""

    side: Literal["left", "right"]
    percent: float

    def __str__(self) -> str:
        return f"{self.side} {self.percent:g}%"


class Redo(Model):
    """One step from a finished picture to the next.

    With a ``mask`` (a picture, white where it is drawn anew), a ``region`` or ``extend`` only that part is drawn;
    without any of them all of it varies by ``strength``. ``prompt`` takes the place of the panel's own words.
    """

    seed: int
    strength: Share | None = None
    prompt: str | None = None
    negative: str | None = None
    steps: int | None = None
    guidance: float | None = None
    mask: str | None = None
    region: Region | None = None
    extend: Extension | None = None


class Take(Model):
    """What was decided about one panel. ``picture`` is the key of the picture that was chosen or approved."""

    seed: int | None = None
    prompt: str | None = None
    negative: str | None = None
    strength: Share | None = None
    steps: int | None = None
    guidance: float | None = None
    model: str | None = None
    pixels: tuple[int, int] | None = None
    redo: tuple[Redo, ...] = ()
    approved: bool = False
    picture: str | None = None


OVERRIDES = ("seed", "prompt", "negative", "strength", "steps", "guidance", "pixels")
"""The fields of a take that take the place of the panel's own."""


@dataclass(frozen=True, slots=True)
class Takes:
    """All that editors have decided, by panel. ``file`` need not be there. ``masks``: masks that aren't beside the
    story yet, by the name that a redo gives them."""

    file: Path
    panels: Mapping[str, Take] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    masks: Mapping[str, Path] = field(default_factory=dict)

    def mask(self, written: str) -> Path:
        """The file of a redo's mask. Raises ``RefusedError`` for a path that isn't safe."""
        if written in self.masks:
            return self.masks[written]
        try:
            return assets.resolve(self.file.parent, written)
        except AssetFault as fault:
            raise RefusedError(f"{self.file}: {fault.message}", fault.hint) from None


def takes_file(story: Path) -> Path:
    """Where a story's takes stand."""
    return story.with_name(f"{story.stem}.takes.yaml")


EXTEND = re.compile(r"(left|right)\s+([0-9]{1,3}(?:\.[0-9]{1,4})?)\s*%")
MOST_EXTENDED = 200
"""Percent: a picture may grow to three times its width in one step; beyond that nothing of it leads the rest."""


def extension(text: str) -> Extension | None:
    """``right 25%`` as it is meant; None where it means nothing."""
    match = EXTEND.fullmatch(text.strip())
    percent = float(match[2]) if match else 0.0
    return Extension(side=match[1], percent=percent) if match and 0 < percent <= MOST_EXTENDED else None


def fields_of(take: Take | Redo) -> Iterator[tuple[str, Any]]:
    """A take's or a redo's own fields in the order of the model, those that were left out left out."""
    for key in type(take).model_fields:
        value = getattr(take, key, None)
        if value is not None and value != () and value is not False:
            yield key, value
