"""Tiers and prose onto pages: the best of all ways to break a chapter, by dynamic programming.

A page holds as many tiers as its live area takes at the height that gives a full-width panel the aspect ``WIDE``.
Tiers may give or take a little of their height so that pages fill; the picture, whose size follows from the nominal
height alone, is then cropped a little. What a page costs is stated in ``page_cost``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from novel.geometry import Rect
from novel.plan.flow import Flow, ProseRow, Segment, Tier, prose_columns
from novel.plan.model import PanelSlot, ProseSlot, Slot

WIDE = 2.06
"""The aspect that a full-width panel has where the page lets it choose: three to a US comic page."""
SHRINK, STRETCH = 0.8, 1.2
"""How far a tier's height may leave the nominal one."""
SHRINK_BY_HAND = 0.45
"""The same, for a page that the writer has set by hand."""
HEADING = 58.0
"""The least height of a chapter's heading, in points."""
KEEP_TOGETHER = 2
"""Rows of prose that stay together at the top and the foot of a page: no widows, no orphans."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The measures of one page: its live area, the gutter, the tiers it takes and their nominal height."""

    live: Rect
    gutter: float
    rows: int
    tier: float
    leading: float

    @classmethod
    def of(cls, live: Rect, gutter: float, leading: float) -> Grid:
        """The grid of a live area: as many tiers as come nearest to ``WIDE``."""
        rows = max(1, round((live.height + gutter) / (live.width / WIDE + gutter)))
        return cls(live, gutter, rows, (live.height - (rows - 1) * gutter) / rows, leading)


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on one page: the atoms, the tiers' height, the heading's (0 without one), what stays empty."""

    atoms: tuple[Flow, ...]
    tier: float
    heading: float
    blank: float


def break_pages(segment: Segment, grid: Grid, *, heading: bool, parity: int | None = None) -> list[Page]:
    """The cheapest pages for a segment. ``parity``: the number of pages wanted modulo 2; it is met where it can be."""
    atoms = segment.atoms
    n = len(atoms)
    # best[i][p]: the least cost of the first i atoms on a number of pages that is p modulo 2, and the last page's start
    best: list[list[tuple[float, int, Page | None] | None]] = [[None, None] for _ in range(n + 1)]
    best[0][0] = (0.0, 0, None)
    for i in range(n):
        if best[i] == [None, None] or not _may_break(atoms, i):
            continue
        for j in range(i + 1, n + 1):
            page = fill(atoms[i:j], grid, heading=heading and i == 0, by_hand=segment.by_hand)
            if page is None:
                # One atom always gets a page, so that every chapter can be set.
                if j > i + 1:
                    break
                page = Page(atoms[i:j], grid.tier * SHRINK, HEADING if heading and i == 0 else 0.0, 0.0)
            if j < n and not _may_break(atoms, j):
                continue
            cost = page_cost(page, grid, last=j == n)
            for p in (0, 1):
                before = best[i][p]
                if before is None:
                    continue
                reached = best[j][1 - p]
                if reached is None or before[0] + cost < reached[0] - 1e-9:
                    best[j][1 - p] = (before[0] + cost, i, page)
    ends = [p for p in (0, 1) if best[n][p] is not None]
    p = parity if parity in ends else min(ends, key=lambda e: best[n][e][0])  # type: ignore[index]
    pages: list[Page] = []
    at = n
    while at:
        entry = best[at][p]
        assert entry is not None
        assert entry[2] is not None
        pages.append(entry[2])
        at, p = entry[1], 1 - p
    return pages[::-1]


def fill(atoms: tuple[Flow, ...], grid: Grid, *, heading: bool, by_hand: bool) -> Page | None:
    """The atoms on one page, or None where they don't fit."""
    count = sum(isinstance(a, Tier) for a in atoms)
    rows = len(atoms) - count
    fixed = rows * grid.leading + _gaps(atoms, grid) + ((HEADING + grid.gutter) if heading else 0.0)
    room = grid.live.height - fixed
    if room < -1e-6:
        return None
    if not count:
        return Page(atoms, 0.0, HEADING if heading else 0.0, room)
    shrink = SHRINK_BY_HAND if by_hand else SHRINK
    if room < count * grid.tier * shrink - 1e-6:
        return None
    tier = min(room / count, grid.tier * STRETCH)
    blank = room - count * tier
    if heading and rows == 0:
        # What the tiers leave, an opening gives to its heading.
        return Page(atoms, tier, HEADING + blank, 0.0)
    return Page(atoms, tier, HEADING if heading else 0.0, blank)


def page_cost(page: Page, grid: Grid, *, last: bool) -> float:
    """What a page costs: for being there, for tiers that leave their height, for empty paper (less at a chapter's
    end), for a heading that takes more than it needs, and for a tier left alone."""
    height = grid.live.height
    cost = 0.3
    tiers = sum(isinstance(a, Tier) for a in page.atoms)
    if tiers:
        cost += 4 * (page.tier / grid.tier - 1) ** 2
    cost += (2 if last else 12) * (page.blank / height) ** 2
    if page.heading:
        cost += 3 * ((page.heading - HEADING) / height) ** 2
    if tiers == 1 and len(page.atoms) == 1 and grid.rows > 1 and not page.heading:
        cost += 0.5
    return cost


def place(page: Page, grid: Grid) -> list[Slot]:
    """Rectangles for a page's atoms, from the top."""
    slots: list[Slot] = []
    y = grid.live.y + (page.heading + grid.gutter if page.heading else 0.0)
    i = 0
    while i < len(page.atoms):
        atom = page.atoms[i]
        if i:
            y += _gap(page.atoms[i - 1], atom, grid)
        if isinstance(atom, Tier):
            x = grid.live.x
            inner = grid.live.width - grid.gutter * (len(atom.panels) - 1)
            for panel, share in zip(atom.panels, atom.shares, strict=True):
                slots.append(PanelSlot(panel, Rect(x, y, inner * share, page.tier)))
                x += inner * share + grid.gutter
            y += page.tier
            i += 1
            continue
        end = i
        while end < len(page.atoms) and _same_prose(page.atoms[end], atom):
            end += 1
        slots += _prose_slots(atom, end - i, y, grid)
        y += (end - i) * grid.leading
        i = end
    return slots


def _prose_slots(first: ProseRow, rows: int, y: float, grid: Grid) -> list[ProseSlot]:
    columns, width = prose_columns(grid.live.width, grid.gutter)
    line = first.index * columns
    slots = []
    for column in range(columns):
        end = min(first.lines, line + rows)
        if end > line:
            x = grid.live.x + column * (width + 2 * grid.gutter)
            slots.append(ProseSlot(first.panel, Rect(x, y, width, rows * grid.leading), line, end))
        line = end
    return slots


def _may_break(atoms: tuple[Flow, ...], i: int) -> bool:
    """Whether a page may end before atom ``i``: not within a widow's or an orphan's reach."""
    atom = atoms[i] if i < len(atoms) else None
    if not isinstance(atom, ProseRow) or atom.index == 0:
        return True
    return KEEP_TOGETHER <= atom.index <= atom.rows - KEEP_TOGETHER


def _same_prose(a: Flow, b: ProseRow) -> bool:
    return isinstance(a, ProseRow) and a.panel == b.panel


def _gap(a: Flow, b: Flow, grid: Grid) -> float:
    if isinstance(a, Tier) and isinstance(b, Tier):
        return grid.gutter
    if isinstance(a, ProseRow) and _same_prose(b, a):
        return 0.0
    return max(1.5 * grid.gutter, grid.leading)


def _gaps(atoms: tuple[Flow, ...], grid: Grid) -> float:
    return sum(_gap(a, b, grid) for a, b in pairwise(atoms))
