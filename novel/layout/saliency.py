"""Where the eye goes first in a panel, so that balloons may keep off it.

The picture's grid is summed once (a summed-area table, Crow 1984); what lies under a rectangle then costs a few
additions, however large it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from novel.geometry import Rect
from novel.layout.picture import Picture
from novel.request import GRID

COLUMNS, ROWS = GRID
Level = tuple[int, float]
"""A height on the page as a row of the grid and the share of that row above it."""


@dataclass(frozen=True, slots=True)
class Saliency:
    """A picture's grid as its panel shows it: ``source`` of the picture, in shares of its size, fills ``rect``."""

    cells: bytes
    source: Rect
    rect: Rect

    @classmethod
    def of(cls, picture: Picture | None, source: Rect, rect: Rect) -> Saliency | None:
        """What is known of a panel's picture; None where nothing is."""
        if picture is None or len(picture.saliency) != COLUMNS * ROWS:
            return None
        return cls(picture.saliency, source, rect)

    def band(self, left: float, right: float) -> list[float]:
        """For a strip of the page between two x: the mean over its width (0 to 1), summed from the grid's top to each
        of its rows' edges. With ``level`` and ``between`` it tells the mean of any part of the strip."""
        sums = _sums(self.cells)
        (a, over_a), (b, over_b) = self._column(left), self._column(right)
        width = (b + over_b - a - over_a) * 255.0
        if width <= 0:
            return [0.0] * (ROWS + 1)
        rows = zip(sums[a], sums[a + 1], sums[b], sums[b + 1], strict=False)
        return [(f + over_b * (g - f) - p - over_a * (q - p)) / width for p, q, f, g in rows]

    def level(self, y: float) -> Level:
        """Where a y of the page lies among the rows."""
        row = (self.source.y + (y - self.rect.y) / self.rect.height * self.source.height) * ROWS
        row = min(max(row, 0.0), ROWS - 1e-9)
        return int(row), row - int(row)

    def _column(self, x: float) -> Level:
        column = (self.source.x + (x - self.rect.x) / self.rect.width * self.source.width) * COLUMNS
        column = min(max(column, 0.0), COLUMNS - 1e-9)
        return int(column), column - int(column)

    def mean(self, rect: Rect) -> float:
        """How salient what lies under a rectangle of the page is, on average: 0 to 1."""
        return between(self.band(rect.x, rect.right), self.level(rect.y), self.level(rect.bottom))

    def shown(self) -> Iterator[tuple[Rect, float]]:
        """The cells that the panel shows, as rectangles of the page, and how salient each is (0 to 1)."""
        width = self.rect.width / self.source.width / COLUMNS
        height = self.rect.height / self.source.height / ROWS
        left = self.rect.x - self.source.x * COLUMNS * width
        top = self.rect.y - self.source.y * ROWS * height
        for index, value in enumerate(self.cells):
            row, column = divmod(index, COLUMNS)
            cell = Rect(left + column * width, top + row * height, width, height)
            if self.rect.contains(cell.center):
                yield cell, value / 255.0


def between(band: Sequence[float], top: Level, bottom: Level) -> float:
    """The mean of a strip between two heights."""
    (a, over_a), (b, over_b) = top, bottom
    height = b + over_b - a - over_a
    if height <= 0:
        return 0.0
    return (band[b] + over_b * (band[b + 1] - band[b]) - band[a] - over_a * (band[a + 1] - band[a])) / height


@lru_cache(64)
def _sums(cells: bytes) -> tuple[tuple[float, ...], ...]:
    """For each column's left edge (and the last one's right): the sums of all cells to its left, from the top to each
    row's edge."""
    columns = [[0.0] * (ROWS + 1)]
    for column in range(COLUMNS):
        own = [0.0]
        for row in range(ROWS):
            own.append(own[-1] + cells[row * COLUMNS + column])
        columns.append([before + here for before, here in zip(columns[-1], own, strict=True)])
    return tuple(tuple(c) for c in columns)
