"""Where tails end: toward the speaker's mouth, or at the panel's edge for somebody who is not seen."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from novel.geometry import Point, Rect
from novel.layout.balloon import EXPONENT, Shape
from novel.story.model import Side

REACH = 0.55
"""How far a tail goes: this share of the way from the balloon to the mouth (50 to 60 % is the craft's rule)."""
LONGEST = 5.5
"""A tail's greatest length, in shares of the lettering's size; a longer one looks like a leash."""
SHORTEST = 0.5
"""The least length that still reads as a tail, in shares of the size."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One balloon to be placed, and where its speaker is.

    ``mouth`` None: narration, or (``off``) spoken from off the panel, from the ``side`` asked for if any. ``linked``:
    the same speaker goes on in the same kind of balloon, so that both may be joined.
    """

    shapes: tuple[Shape, ...]
    mouth: Point | None = None
    off: bool = False
    side: Side | None = None
    speaker: str = ""
    linked: bool = False


def edge(shape: Shape, x: float, y: float, to_x: float, to_y: float) -> tuple[float, float]:
    """Where the straight line from a shape's centre (``x``, ``y``) to a point leaves its body."""
    dx, dy = to_x - x, to_y - y
    if dx == 0 and dy == 0:
        return x, y + shape.half_height
    across, down = abs(dx) / shape.half_width, abs(dy) / shape.half_height
    share = max(across, down) if shape.square else float((across**EXPONENT + down**EXPONENT) ** (1 / EXPONENT))
    reach = 1 / share
    return x + dx * reach, y + dy * reach


def tip(shape: Shape, x: float, y: float, voice: Voice, panel: Rect) -> tuple[float, float] | None:
    """Where the tail of a voice's balloon with its centre at (``x``, ``y``) ends; None for narration, or where the
    mouth is too near for a tail."""
    if voice.off:
        return _exit(shape, x, y, voice.side, panel)
    if voice.mouth is None:
        return None
    mouth = voice.mouth
    root_x, root_y = edge(shape, x, y, mouth.x, mouth.y)
    to_mouth, to_root = hypot(mouth.x - x, mouth.y - y), hypot(root_x - x, root_y - y)
    way = to_mouth - to_root
    least = SHORTEST * shape.size + shape.outer
    if 0.6 * way < least:
        return None
    length = min(REACH * way, LONGEST * shape.size)
    share = max(length, least) / way
    return root_x + (mouth.x - root_x) * share, root_y + (mouth.y - root_y) * share


def _exit(shape: Shape, x: float, y: float, side: Side | None, panel: Rect) -> tuple[float, float] | None:
    """The tail's end on the panel's edge: on the side asked for, else on the nearest edge but the upper one."""
    drop = min(y + 0.35 * shape.half_height, panel.bottom)
    exits = {
        "left": (panel.x, drop),
        "right": (panel.right, drop),
        "center": (x + 0.25 * shape.half_width, panel.bottom),
    }
    where = [exits[side]] if side else list(exits.values())
    end = min(where, key=lambda e: hypot(e[0] - x, e[1] - y))
    root_x, root_y = edge(shape, x, y, *end)
    way = hypot(end[0] - root_x, end[1] - root_y)
    if way < 0.35 * shape.size + shape.outer:
        return None
    share = min(1.0, LONGEST * shape.size / way)
    return root_x + (end[0] - root_x) * share, root_y + (end[1] - root_y) * share
