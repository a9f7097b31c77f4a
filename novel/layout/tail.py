"""Where tails end: toward the speaker's mouth, or at the panel's edge for somebody who is not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians, sin

from novel.geometry import Point, Rect
from novel.layout.balloon import EXPONENT, Shape
from novel.story.model import Side

REACH = 0.55
"""How far a tail goes: this share of the way from the balloon to the mouth (50 to 60 % is the craft's rule)."""
LONGEST = 5.5
"""A tail's greatest length, in shares of the lettering's size; a longer one looks like a leash."""
MOST = 0.6
"""No tail goes farther than this share of the way, however much nearer somebody else is."""
SHORTEST = 0.5
"""The least length that still reads as a tail, in shares of the size."""
CLEAR = 0.02
"""How much nearer to its own mouth a tail ends, in shares of the distance to the other one."""
TURNS = (8.0, -8.0, 16.0, -16.0, 24.0, -24.0, 32.0, -32.0)
"""By how many degrees a tail may be turned from its speaker's mouth."""
Place = tuple[float, float]


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


def tip(shape: Shape, x: float, y: float, voice: Voice, panel: Rect, rivals: Sequence[Place] = ()) -> Place | None:
    """Where the tail of a voice's balloon with its centre at (``x``, ``y``) ends.

    ``rivals`` are the mouths of the others: a tail never ends nearer to one of them than to its own speaker's. Where it
    would, it goes as much farther as is needed, or is turned away from them. None for narration, where the mouth is too
    near for a tail, and where no tail could be told from one that points at a rival.
    """
    if voice.off:
        return _exit(shape, x, y, voice.side, panel)
    if voice.mouth is None:
        return None
    mouth = (voice.mouth.x, voice.mouth.y)
    root = edge(shape, x, y, *mouth)
    way = hypot(mouth[0] - x, mouth[1] - y) - hypot(root[0] - x, root[1] - y)
    least = SHORTEST * shape.size + shape.outer
    if MOST * way < least:
        return None
    share = max(min(REACH * way, LONGEST * shape.size), least) / way
    end = (root[0] + (mouth[0] - root[0]) * share, root[1] + (mouth[1] - root[1]) * share)
    needed = _needed(end, mouth, share, rivals) if rivals else share
    if share < needed <= MOST:
        end = (root[0] + (mouth[0] - root[0]) * needed, root[1] + (mouth[1] - root[1]) * needed)
    return end if needed <= max(share, MOST) else _turned(root, mouth, rivals, panel)


def own(end: Place, mouth: Place, rivals: Sequence[Place]) -> bool:
    """Whether a tail that ends there is nearer to its own speaker's mouth than to any rival's."""
    here = hypot(end[0] - mouth[0], end[1] - mouth[1])
    return all(hypot(end[0] - r[0], end[1] - r[1]) > here or r == mouth for r in rivals)


def _needed(end: Place, mouth: Place, share: float, rivals: Sequence[Place]) -> float:
    """The least share of the way, ``share`` (that of ``end``) or more, at which a straight tail's end is nearer to its
    own mouth than to any rival's.

    Which of two mouths is nearer is told by the side of the line half-way between them, so along a tail it changes but
    once.
    """
    needed = share
    to_x, to_y = end[0] - mouth[0], end[1] - mouth[1]
    for rival_x, rival_y in rivals:
        dx, dy = rival_x - mouth[0], rival_y - mouth[1]
        apart = dx * dx + dy * dy
        # How far toward the rival the end lies from the half-way line; the mouth itself lies at -apart / 2.
        beyond = to_x * dx + to_y * dy - apart / 2
        clear = -CLEAR * apart
        if beyond > clear and apart > 0.0:
            needed = max(needed, share + (1 - share) * (beyond - clear) / (beyond + apart / 2))
    return needed


def _turned(root: Place, mouth: Place, rivals: Sequence[Place], panel: Rect) -> Place | None:
    """The end of a tail that is turned aside, as little as makes it nearer to its own mouth than to any rival's."""
    dx, dy = (mouth[0] - root[0]) * REACH, (mouth[1] - root[1]) * REACH
    for angle in TURNS:
        c, s = cos(radians(angle)), sin(radians(angle))
        end = (root[0] + dx * c - dy * s, root[1] + dx * s + dy * c)
        inside = panel.x <= end[0] <= panel.right and panel.y <= end[1] <= panel.bottom
        if inside and own(end, mouth, rivals):
            return end
    return None


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
