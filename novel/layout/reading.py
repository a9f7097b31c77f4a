"""In which order a reader takes the balloons of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from novel.geometry import Rect

SAME_ROW = 0.4
"""From this share of the lower one's height on, two blocks beside each other are read as one row."""


def precedes(a: Rect, b: Rect, *, rtl: bool = False) -> bool:
    """Whether a reader takes ``a`` before ``b``: on one row the one that stands at the line's start, else the upper."""
    shared = min(a.bottom, b.bottom) - max(a.y, b.y)
    if shared >= SAME_ROW * min(a.height, b.height):
        return a.center.x > b.center.x if rtl else a.center.x < b.center.x
    return a.center.y < b.center.y


def gap(a: Rect, b: Rect) -> float:
    """The empty distance between two rectangles; 0 where they touch or overlap."""
    dx = max(a.x - b.right, b.x - a.right, 0.0)
    dy = max(a.y - b.bottom, b.y - a.bottom, 0.0)
    return hypot(dx, dy)


def reading_order(blocks: Sequence[Rect], *, rtl: bool = False) -> list[int] | None:
    """The order in which a reader takes the blocks: of those that no unread one precedes, always the nearest next.

    None where each unread block is preceded by another one, so that no reader could know where to go.
    """
    unread = list(range(len(blocks)))
    order: list[int] = []
    while unread:
        free = [i for i in unread if not any(precedes(blocks[j], blocks[i], rtl=rtl) for j in unread if j != i)]
        if not free:
            return None
        here = blocks[order[-1]] if order else None
        following = min(free, key=lambda i: (gap(here, blocks[i]) if here else 0.0, blocks[i].y, i))
        order.append(following)
        unread.remove(following)
    return order
