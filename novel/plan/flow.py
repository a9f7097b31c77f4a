"""A chapter as a flow of atoms: tiers of panels, rows of prose, and panels that take whole pages.

A tier is a row of panels that share the width. Panels marked ``half`` or ``third`` stand together while their shares
fit into one row; a row that stays short is widened to the full width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from novel.plan.model import ProseMeasure
from novel.story.model import Chapter, Panel

SHARES = {"wide": Fraction(1), "half": Fraction(1, 2), "third": Fraction(1, 3)}
MAX_MEASURE = 380.0
"""Running text wider than this, in points, is set in two columns: a line of 8.5 to 10 pt text longer than some 75
characters is hard to read."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A row of panels and their shares of its width, which add up to 1."""

    panels: tuple[str, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ProseRow:
    """Row ``index`` of ``rows`` of a panel's prose: one line in each column."""

    panel: str
    index: int
    rows: int
    lines: int
    columns: int


@dataclass(frozen=True, slots=True)
class FullPage:
    """A panel that takes a page (splash), or two facing ones (spread)."""

    panel: str
    spread: bool


Flow = Tier | ProseRow


@dataclass(frozen=True, slots=True)
class Segment:
    """Atoms that flow over pages by themselves, up to the next break. ``by_hand``: the writer set this page, so that
    its tiers are squeezed onto it as long as that is possible."""

    atoms: tuple[Flow, ...]
    by_hand: bool = False


def tiers(panels: list[Panel]) -> Iterator[tuple[Tier, Panel]]:
    """Tiers of consecutive panels, each with the last panel in it. A panel with prose or a forced break ends or begins
    a tier."""
    row: list[Panel] = []
    filled = Fraction(0)
    for panel in panels:
        share = SHARES[panel.size]
        if row and (filled + share > 1 or panel.page_break or row[-1].prose):
            yield _tier(row), row[-1]
            row, filled = [], Fraction(0)
        row.append(panel)
        filled += share
    if row:
        yield _tier(row), row[-1]


def _tier(row: list[Panel]) -> Tier:
    total = sum(SHARES[p.size] for p in row)
    return Tier(tuple(p.id for p in row), tuple(float(SHARES[p.size] / total) for p in row))


def prose_columns(width: float, gutter: float) -> tuple[int, float]:
    """How many columns running text gets on a live area of this width, and the width of one."""
    if width <= MAX_MEASURE:
        return 1, width
    gap = 2 * gutter
    columns = 2 if width <= 2 * MAX_MEASURE + gap else 3
    return columns, (width - gap * (columns - 1)) / columns


def segments(chapter: Chapter, measure: ProseMeasure, width: float, gutter: float) -> Iterator[Segment | FullPage]:
    """A chapter as what flows, cut where the writer breaks pages and where a panel takes a page of its own."""
    panels = {p.id: p for p in chapter.panels}
    by_hand = chapter.pages is not None
    groups = chapter.pages if chapter.pages is not None else (tuple(panels),)
    for group in groups:
        atoms: list[Flow] = []
        for run in _runs([panels[i] for i in group]):
            if run[0].size in ("splash", "spread"):
                if atoms:
                    yield Segment(tuple(atoms), by_hand)
                atoms = []
                yield FullPage(run[0].id, run[0].size == "spread")
                atoms += _prose(run[0], measure, width, gutter)
                continue
            for tier, last in tiers(run):
                if panels[tier.panels[0]].page_break and atoms:
                    yield Segment(tuple(atoms), by_hand)
                    atoms = []
                atoms += [tier, *_prose(last, measure, width, gutter)]
        if atoms:
            yield Segment(tuple(atoms), by_hand)


def _runs(panels: list[Panel]) -> Iterator[list[Panel]]:
    run: list[Panel] = []
    for panel in panels:
        if panel.size in ("splash", "spread"):
            if run:
                yield run
            run = []
            yield [panel]
        else:
            run.append(panel)
    if run:
        yield run


def _prose(panel: Panel, measure: ProseMeasure, width: float, gutter: float) -> list[ProseRow]:
    if not panel.prose:
        return []
    columns, column = prose_columns(width, gutter)
    lines = measure.prose_lines(panel.prose, column)
    rows = ceil(lines / columns)
    return [ProseRow(panel.id, i, rows, lines, columns) for i in range(rows)]
