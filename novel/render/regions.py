"""From maps of how strongly something is felt at each place of a picture to the box in which it is."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from novel.geometry import Rect

Map = Sequence[Sequence[float]]
"""Values by rows from the top; all rows of one length."""

STRONG = 0.2
"""From this share of a map's peak on, a cell belongs to what is sought."""
TAIL = 0.02
"""The share of a region's strength that is left out at each of its four sides: its frayed edge."""


def boxes(maps: Sequence[Map]) -> list[tuple[Rect, float] | None]:
    """For each map the box of its strongest region, in shares of the picture, and how sure that is, from 0 to 1: the
    share of all that is felt above the map's middle level which lies in the box.

    Maps compete: what another one feels more strongly at a place is not this one's. None for a map that is flat.
    """
    smooth = [_smoothed(m) for m in maps]
    level = [_leveled(m) for m in smooth]
    found: list[tuple[Rect, float] | None] = []
    for i, own in enumerate(level):
        others = [m for j, m in enumerate(level) if j != i]
        left = [
            [max(0.0, value - max((m[y][x] for m in others), default=0.0)) for x, value in enumerate(row)]
            for y, row in enumerate(own)
        ]
        region = _strongest_region(left)
        if not region:
            found.append(None)
            continue
        box = _box(region, len(own[0]), len(own))
        inside = sum(
            value
            for y, row in enumerate(own)
            for x, value in enumerate(row)
            if box.contains(Rect((x + 0.5) / len(row), (y + 0.5) / len(own), 0.0, 0.0))
        )
        found.append((box, inside / sum(map(sum, own))))
    return found


def _smoothed(values: Map) -> list[list[float]]:
    """Each cell as a weighted mean of its neighbours (1 2 1 each way)."""
    rows = [
        [(row[max(0, x - 1)] + 2 * v + row[min(len(row) - 1, x + 1)]) / 4 for x, v in enumerate(row)] for row in values
    ]
    last = len(rows) - 1
    return [
        [(a + 2 * b + c) / 4 for a, b, c in zip(rows[max(0, y - 1)], row, rows[min(last, y + 1)], strict=True)]
        for y, row in enumerate(rows)
    ]


def _leveled(values: list[list[float]]) -> list[list[float]]:
    """What is above the middle level, all maps equally strong in all."""
    middle = median(value for row in values for value in row)
    above = [[max(0.0, value - middle) for value in row] for row in values]
    whole = sum(map(sum, above))
    return [[value / whole for value in row] for row in above] if whole > 0 else above


def _strongest_region(values: list[list[float]]) -> dict[tuple[int, int], float]:
    """The connected cells that together are felt most, each with its value."""
    ranked = sorted(value for row in values for value in row)
    least = STRONG * ranked[int(0.99 * (len(ranked) - 1))]
    open_ = {(x, y): v for y, row in enumerate(values) for x, v in enumerate(row) if v > least}
    best: dict[tuple[int, int], float] = {}
    while open_:
        first = next(iter(open_))
        region = {first: open_.pop(first)}
        edge = [first]
        while edge:
            x, y = edge.pop()
            for near in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
                if near in open_:
                    region[near] = open_.pop(near)
                    edge.append(near)
        if sum(region.values()) > sum(best.values()):
            best = region
    return best


def _box(region: dict[tuple[int, int], float], columns: int, rows: int) -> Rect:
    across, down = [0.0] * columns, [0.0] * rows
    for (x, y), value in region.items():
        across[x] += value
        down[y] += value
    left, right = _span(across)
    top, bottom = _span(down)
    return Rect(left / columns, top / rows, (right - left) / columns, (bottom - top) / rows)


def _span(sums: list[float]) -> tuple[int, int]:
    """The cells from the first to after the last, without the frayed ends."""
    whole = sum(sums)
    so_far, start, end = 0.0, 0, len(sums)
    for i, value in enumerate(sums):
        if so_far <= TAIL * whole:
            start = i
        so_far += value
        if so_far >= (1 - TAIL) * whole:
            end = i + 1
            break
    return start, end
