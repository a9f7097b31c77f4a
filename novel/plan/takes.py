"""How an editor's decisions change what a panel's picture is made from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from novel.plan.model import ModelSpec
from novel.plan.pixels import pixel_size
from novel.request import Init, Mask, MaskBox, MaskFile, MaskMargins, RenderRequest
from novel.story.model import Panel
from novel.story.takes import EXTEND_STRENGTH, OVERRIDES, REDO_STRENGTH, Redo, Region, Take

DRAWN_AT_ONCE = 2.0
"""A picture of up to this many times the area that the model was trained at is redone at its own size; one that is
larger, or that the model's multiple doesn't divide, is redone at the model's size and resampled."""
_HAIR = 0.02
"""Shares are written with six digits, so an edge that was meant to lie between two pixels may miss by this much."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A finished picture that something may start from: the key of its request or the sha256 of its file, and its
    size in pixels."""

    kind: Literal["request", "asset"]
    source: str
    width: int
    height: int


def decided(panel: Panel, take: Take | None) -> Panel:
    """The panel with the fields that a take overrides."""
    if take is None:
        return panel
    changes = {key: value for key in OVERRIDES if (value := getattr(take, key)) is not None}
    return panel.model_copy(update=changes) if changes else panel


def redone(
    redo: Redo, before: Shown, base: RenderRequest, spec: ModelSpec, prompt: str, negative: str, mask: Callable[[], str]
) -> tuple[RenderRequest, Shown]:
    """The request of one redo of a finished picture, and what it will show.

    ``base`` gives what the redo leaves open; ``mask`` the sha256 of the redo's mask file.
    """
    part, width, height = _part(redo, before, mask)
    strength = redo.strength
    if strength is None:
        strength = EXTEND_STRENGTH if redo.extend is not None else REDO_STRENGTH
    drawn = _drawn_size(width, height, spec)
    request = base.model_copy(
        update={
            "prompt": prompt,
            "negative": negative,
            "width": drawn[0],
            "height": drawn[1],
            "seed": redo.seed,
            "steps": base.steps if redo.steps is None else redo.steps,
            "guidance": base.guidance if redo.guidance is None else redo.guidance,
            "init": Init(kind=before.kind, source=before.source, strength=strength, mask=part),
            "best_of": None,
        }
    )
    if part is None:
        width, height = drawn
    return request, Shown("request", request.key, width, height)


def _part(redo: Redo, before: Shown, mask: Callable[[], str]) -> tuple[Mask | None, int, int]:
    """The part of a picture that is drawn anew, and the size of the result."""
    width, height = before.width, before.height
    if redo.mask is not None:
        return MaskFile(sha256=mask()), width, height
    if redo.region is not None:
        return MaskBox(box=box_of(redo.region, width, height)), width, height
    if redo.extend is not None:
        room = max(1, round(width * redo.extend.percent / 100))
        sides = {redo.extend.side: room}
        return MaskMargins(**sides), width + room, height
    return None, width, height


def box_of(region: Region, width: int, height: int) -> tuple[int, int, int, int]:
    """A region of a picture in its pixels: every pixel that it touches."""
    if region == "left":
        return 0, 0, width // 2, height
    if region == "right":
        return width // 2, 0, width - width // 2, height
    assert not isinstance(region, str)
    x, y, w, h = region
    left, top = min(width - 1, math.floor(x * width + _HAIR)), min(height - 1, math.floor(y * height + _HAIR))
    right, bottom = min(width, math.ceil((x + w) * width - _HAIR)), min(height, math.ceil((y + h) * height - _HAIR))
    return left, top, max(1, right - left), max(1, bottom - top)


def _drawn_size(width: int, height: int, spec: ModelSpec) -> tuple[int, int]:
    fits = width % spec.multiple == 0 and height % spec.multiple == 0
    if fits and spec.pixels / DRAWN_AT_ONCE <= width * height <= spec.pixels * DRAWN_AT_ONCE:
        return width, height
    return pixel_size(width / height, spec)


PictureSize = Callable[[Path], tuple[int, int]]
"""The size in pixels of a writer's own picture, upright."""
