"""Balloons as shapes around set lines: how large each kind must be, and the inner space that it keeps.

A balloon's shape is decided before its place: half-axes about its centre and lines centred on it. Its outline, tail
included, is drawn by ``outline`` once both ends of the tail are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from novel.layout import breaks
from novel.layout.breaks import Broken
from novel.layout.page import BlockKind
from novel.layout.text import Paragraph

MOST_ROWS = 24
"""More lines than these no balloon holds."""
LEADING = 1.12
"""Baseline to baseline, in shares of the size; lettering in capitals is set tight (8 on 9)."""
MIXED_LEADING = 1.24
"""The same for mixed case, whose descenders need the room."""
PADDING = 0.62
"""The distance of words from their outline, in shares of the size: the same in every box, and in every round balloon at
its sides, its top and its foot."""
CORNER = 0.45
"""The least distance of a line's corners from a round outline, which passes them aslant, in shares of the size."""
EXPONENT = 2.35
"""The superellipse's exponent of a speech balloon: 2 is an ellipse; hand-drawn balloons are a little squarer."""
OUTER = {"thought": 0.5, "shout": 0.62, "radio": 0.24}
"""How far a kind's bumps or spikes reach beyond the body, in shares of the size."""


def handle(exponent: float) -> float:
    """The control handle, as a share of the half-axis, with which a quarter's cubic Bézier passes through the
    superellipse's diagonal point: ``(3c + 4) / 8 = 2 ** (-1 / p)``."""
    return float((8 * 2 ** (-1 / exponent) - 4) / 3)


@dataclass(frozen=True, slots=True)
class Shape:
    """A balloon or box of one size. Lengths in points; the text's block is centred on the shape's centre.

    ``half_width`` and ``half_height`` are those of the body; ``outer`` is how far spikes and bumps reach beyond it.
    ``cost`` tells shapes of one text apart: lower reads better.
    """

    kind: BlockKind
    paragraph: Paragraph
    broken: Broken
    size: float
    leading: float
    half_width: float
    half_height: float
    outer: float
    cost: float

    def scaled(self, size: float) -> Shape:
        """A shape of one point's size at another size."""
        return Shape(
            self.kind,
            self.paragraph,
            self.broken,
            size,
            self.leading * size,
            self.half_width * size,
            self.half_height * size,
            self.outer * size,
            self.cost,
        )

    @property
    def square(self) -> bool:
        """Whether the body is a box with corners, not a superellipse."""
        return self.kind in ("caption", "radio")

    @property
    def round(self) -> bool:
        """Whether the outline is the body's own smooth curve, which can be joined to another."""
        return self.kind in ("speech", "whisper")

    @property
    def reach_x(self) -> float:
        """Half the width of everything drawn, the stroke apart."""
        return self.half_width + self.outer

    @property
    def reach_y(self) -> float:
        """Half the height of everything drawn, the stroke apart."""
        return self.half_height + self.outer

    @property
    def text_height(self) -> float:
        """From the top of the first line's capitals to the foot of the last line."""
        p = self.paragraph
        return (len(self.broken.lines) - 1) * self.leading + (p.ascent + p.descent) * self.size

    def baselines(self) -> list[float]:
        """Each line's baseline, from the shape's centre downward."""
        first = -self.text_height / 2 + self.paragraph.ascent * self.size
        return [first + i * self.leading for i in range(len(self.broken.lines))]


@cache
def profile(rows: int) -> tuple[float, ...]:
    """The shares of the full width that the lines of a round balloon get, each at its line's outer edge."""
    if rows <= 2:
        return (1.0,) * rows
    # The text's block fills about 72 % of the balloon's height; a line's room is that at its outer edge.
    fill = 0.72
    room = []
    for row in range(rows):
        edge = max(abs(2 * row / rows - 1), abs(2 * (row + 1) / rows - 1)) * fill
        room.append((1 - edge**EXPONENT) ** (1 / EXPONENT))
    top = max(room)
    return tuple(r / top for r in room)


class Shaper:
    """Finds the shapes of one text in one kind of balloon. What it finds holds for every size, and is kept."""

    def __init__(self, paragraph: Paragraph, kind: BlockKind, *, caps: bool) -> None:
        self._paragraph = paragraph
        self._kind = kind
        leading = LEADING if caps and paragraph.descent == 0.0 else MIXED_LEADING
        if paragraph.descent and paragraph.ascent > 0.75:
            leading = max(MIXED_LEADING, 1.05 * (paragraph.ascent + paragraph.descent))
        self._leading = leading
        self._rows: dict[int, Shape | None] = {}

    def shapes(self, size: float, max_width: float, max_height: float, keep: int = 3) -> list[Shape]:
        """The best few shapes at a size in points, the most pleasing first; none where nothing fits into the space."""
        found: list[Shape] = []
        least = float("inf")
        worse = 0
        for rows in range(1, min(len(self._paragraph.words), MOST_ROWS) + 1):
            unit = self._at(rows)
            if unit is None:
                continue
            if 2 * unit.reach_y * size > max_height:
                break
            if 2 * unit.reach_x * size > max_width:
                continue
            found.append(unit.scaled(size))
            # The costs fall to the best number of lines and rise after it: two clearly worse ones end the search.
            worse = worse + 1 if unit.cost > 1.9 * least else 0
            least = min(least, unit.cost)
            if worse > 1 and keep <= 3:
                break
        if not found:
            return []
        # The flattest that is not ugly goes along: it is the one that fits above a head.
        flattest = next(s for s in found if s.cost <= 2.2 * least)
        found.sort(key=lambda s: s.cost)
        best = found[:keep]
        return best if flattest in best else [*best[: keep - 1], flattest]

    def _at(self, rows: int) -> Shape | None:
        """The shape in so many lines at a size of one point; None where the words don't make so many."""
        if rows not in self._rows:
            square = self._kind in ("caption", "radio")
            lengths = (1.0,) * rows if square else profile(rows)
            broken = breaks.shaped(self._paragraph, lengths)
            self._rows[rows] = _fit(self._paragraph, broken, self._kind, self._leading) if broken else None
        return self._rows[rows]


def _fit(paragraph: Paragraph, broken: Broken, kind: BlockKind, leading: float) -> Shape:
    """The shape of set lines at a size of one point."""
    line = paragraph.ascent + paragraph.descent
    height = (len(broken.lines) - 1) * leading + line
    square = kind in ("caption", "radio")
    if square:
        pad = PADDING * (1.15 if kind == "radio" else 1.0)
        half_width, half_height = max(broken.widths) / 2 + pad, height / 2 + pad
    else:
        half_width, half_height = _superellipse(broken.widths, height, leading, line)
    aspect = half_width / half_height
    lowest, highest = (1.8, 6.0) if square else (1.45, 2.4)
    # Too tall looks like a column, too wide like a ribbon; either is worse than a somewhat larger balloon.
    shapely = max(0.0, lowest - aspect) * 1.6 + max(0.0, aspect - highest) * 0.35
    least = max(1e-6, sum(broken.widths) * leading)
    cost = 1.4 * half_width * half_height / least + shapely + 2.0 * broken.cost
    return Shape(kind, paragraph, broken, 1.0, leading, half_width, half_height, OUTER.get(kind, 0.0), cost)


def _superellipse(widths: Sequence[float], height: float, leading: float, line: float) -> tuple[float, float]:
    """The half-axes, in shares of the size, of the superellipse of least area (with a bias to shapely ones) that holds
    every line's corners. Each corner is moved out by the padding, more across than down: there the outline is steeper.
    """
    corners: list[tuple[float, float]] = []
    for i, width in enumerate(widths):
        y = -height / 2 + i * leading
        corners.append((width / 2 + 1.0 * PADDING, max(abs(y), abs(y + line)) + 0.6 * PADDING))
    widest = max(c[0] for c in corners) + 0.35 * PADDING
    tallest = max(c[1] for c in corners) + 0.45 * PADDING
    powers = [(x**EXPONENT, y**EXPONENT) for x, y in corners]
    best: tuple[float, float, float] | None = None
    for ratio, power in _RATIOS:
        a = max(max(x + y * power for x, y in powers) ** (1 / EXPONENT), widest)
        b = max(a * ratio, tallest)
        score = a * b * (1 + 0.06 * max(0.0, b / a - 0.85) + 0.03 * max(0.0, a / b - 2.2))
        if best is None or score < best[0]:
            best = (score, a, b)
    assert best is not None
    return best[1], best[2]


_RATIOS = tuple((ratio, ratio**-EXPONENT) for ratio in (0.28 * 1.12**i for i in range(18)))
"""Heights over widths that are tried, and their powers."""
