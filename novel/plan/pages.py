"""The book's pages in order: cover, title, the chapters' pages, colophon; mirrored for right-to-left reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from novel.geometry import Rect, Size
from novel.plan.flow import FullPage, ProseRow, segments
from novel.plan.grid import HEADING, SHRINK, WIDE, Grid, Page, break_pages, place
from novel.plan.model import HeadingSlot, PagePlan, PanelSlot, Part, ProseMeasure, Slot
from novel.story.model import Chapter, Story
from novel.story.style import PageStyle

STRIP_LIMIT = 14000.0
"""The greatest height of a strip's page in points; PDF readers stop at 14,400."""
STRIP_GAP = 187.5
"""The distance between the panels of a strip, in points: 250 pixels of a page 800 wide, as the makers of strips advise;
a reader scrolls, so that it is also a pause."""
STRIP_SPLASH = 0.8
"""The aspect of a splash, a cover and a title in a strip, which has no page to fill."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One story's paper: the page with its live area for words and the area that the panels fill."""

    size: Size
    bleed: float
    safe: Rect
    grid: Grid
    strip: bool

    @classmethod
    def of(cls, story: Story, page: PageStyle, leading: float) -> Paper:
        """The paper of a story in a style."""
        profile = story.page
        size = Size(profile.width, profile.height)
        safe = Rect(profile.safe_x, profile.safe_y, size.width - 2 * profile.safe_x, size.height - 2 * profile.safe_y)
        live = safe if page.margin is None else Rect(0, 0, size.width, size.height).inset(page.margin)
        if profile.strip:
            # A strip has no height of its own; one tier of it is a full-width panel.
            live = Rect(live.x, live.y, live.width, live.width / WIDE)
        return cls(size, profile.bleed, safe, Grid.of(live, page.gutter, leading), profile.strip)

    @property
    def full(self) -> Rect:
        """The whole page and its bleed."""
        return Rect(0, 0, self.size.width, self.size.height).inset(-self.bleed)

    @property
    def landscape(self) -> bool:
        """Whether the page is wider than high: a screen, where a spread is one page."""
        return self.size.width > self.size.height


def paginate(story: Story, style: PageStyle, measure: ProseMeasure) -> tuple[PagePlan, ...]:
    """Every page of the book. A splash bleeds; a spread begins on an even page, so that both halves face each other."""
    paper = Paper.of(story, style, measure.prose_leading)
    front: list[PagePlan] = []
    if story.cover is not None:
        front.append(_page(paper, "cover", [PanelSlot(story.cover.id, _cover_rect(paper))]))
    front.append(_page(paper, "title", []))
    body: list[list[Slot]] = []
    for chapter in story.chapters:
        if paper.strip:
            body += _strip(chapter, paper, measure)
        else:
            body += _chapter(chapter, paper, measure, first=len(front) + len(body) + 1)
    pages = [*front, *(_page(paper, "story", slots) for slots in body), _page(paper, "colophon", [])]
    numbered = [replace(page, number=i) for i, page in enumerate(pages, 1)]
    return tuple(_mirrored(p) for p in numbered) if story.direction == "rtl" else tuple(numbered)


def _chapter(chapter: Chapter, paper: Paper, measure: ProseMeasure, first: int) -> list[list[Slot]]:
    grid = paper.grid
    pages: list[list[Slot]] = []
    parts = list(segments(chapter, measure, grid.live.width, grid.gutter))
    for i, part in enumerate(parts):
        heading = i == 0
        if isinstance(part, FullPage):
            pages += _full_page(part, chapter, paper, heading=heading, number=first + len(pages))
            continue
        after = parts[i + 1] if i + 1 < len(parts) else None
        parity = None
        if isinstance(after, FullPage) and after.spread and not paper.landscape:
            # The spread's first half must come to stand on an even page.
            parity = (first + len(pages)) % 2
        for page in break_pages(part, grid, heading=heading, parity=parity):
            slots = place(page, grid)
            if page.heading:
                slots.insert(0, HeadingSlot(chapter.id, _with_height(grid.live, page.heading)))
            pages.append(slots)
    return pages


def _full_page(part: FullPage, chapter: Chapter, paper: Paper, *, heading: bool, number: int) -> list[list[Slot]]:
    live = paper.grid.live
    if part.spread and not paper.landscape:
        left, right = PanelSlot(part.panel, paper.full, "left"), PanelSlot(part.panel, paper.full, "right")
        pages: list[list[Slot]] = [[left], [right]]
        if heading or number % 2:
            opening: list[Slot] = [HeadingSlot(chapter.id, live)] if heading else []
            pages.insert(0, opening)
            if heading and number % 2 == 0:
                pages.insert(0, [])
        return pages
    if heading:
        top = HEADING + paper.grid.gutter
        rect = Rect(live.x, live.y + top, live.width, live.height - top)
        return [[HeadingSlot(chapter.id, _with_height(live, HEADING)), PanelSlot(part.panel, rect)]]
    return [[PanelSlot(part.panel, paper.full)]]


def _strip(chapter: Chapter, paper: Paper, measure: ProseMeasure) -> list[list[Slot]]:
    """A chapter as a strip, cut only where it would pass what a PDF page can be."""
    live = paper.grid.live
    pages: list[list[Slot]] = [[HeadingSlot(chapter.id, _with_height(live, HEADING))]]
    y = live.y + HEADING + STRIP_GAP
    for slots in _strip_blocks(chapter, paper, measure):
        height = max(slot.rect.bottom for slot in slots) - live.y
        if y + height > STRIP_LIMIT:
            pages.append([])
            y = live.y
        pages[-1] += [replace(slot, rect=slot.rect.moved(0, y - live.y)) for slot in slots]
        y += height + STRIP_GAP
    return pages


def _strip_blocks(chapter: Chapter, paper: Paper, measure: ProseMeasure) -> Iterator[list[Slot]]:
    """What is never cut: a tier, a panel's prose, a splash; each placed at the top of the live area."""
    grid = paper.grid
    for part in segments(chapter, measure, grid.live.width, grid.gutter):
        if isinstance(part, FullPage):
            yield [PanelSlot(part.panel, _with_height(grid.live, grid.live.width / STRIP_SPLASH))]
            continue
        for _, block in groupby(part.atoms, key=lambda a: a.panel if isinstance(a, ProseRow) else a):
            yield place(Page(tuple(block), grid.tier, 0.0, 0.0), grid)


def _page(paper: Paper, kind: Literal["cover", "title", "story", "colophon"], slots: Sequence[Slot]) -> PagePlan:
    if not paper.strip:
        return PagePlan(0, kind, paper.size, paper.bleed, paper.safe, tuple(slots))
    low = max((slot.rect.bottom for slot in slots), default=paper.size.width / STRIP_SPLASH)
    height = low + (0 if kind == "cover" else STRIP_GAP)
    return PagePlan(0, kind, Size(paper.size.width, height), 0.0, _with_height(paper.safe, height), tuple(slots))


def _cover_rect(paper: Paper) -> Rect:
    return _with_height(paper.full, paper.full.width / STRIP_SPLASH) if paper.strip else paper.full


def _mirrored(page: PagePlan) -> PagePlan:
    """The page for right-to-left reading. A spread's first half is then its right one."""
    other: dict[str, Part] = {"left": "right", "right": "left", "whole": "whole"}
    slots: list[Slot] = []
    for slot in page.slots:
        turned = replace(slot, rect=slot.rect.mirrored(page.size.width))
        slots.append(replace(turned, part=other[turned.part]) if isinstance(turned, PanelSlot) else turned)
    return replace(page, slots=tuple(slots))


def aspects(story: Story, style: PageStyle, pages: Sequence[PagePlan], leading: float) -> dict[str, float]:
    """The width over height that each panel's picture is drawn at.

    A panel in a tier has its width over the nominal tier height, so that a tier that gives or takes a little on its
    page changes no picture; only where a page set by hand squeezes its tiers hard does the picture follow.
    """
    paper = Paper.of(story, style, leading)
    sizes = {panel.id: panel.size for panel in story.panels()}
    drawn: dict[str, float] = {}
    for page in pages:
        for slot in page.slots:
            if not isinstance(slot, PanelSlot):
                continue
            size = sizes[slot.panel]
            if page.kind == "cover" or (size in ("splash", "spread") and not paper.strip):
                spread = 2 if slot.part != "whole" else 1
                drawn[slot.panel] = spread * paper.full.width / paper.full.height
            elif size in ("splash", "spread"):
                drawn[slot.panel] = STRIP_SPLASH
            else:
                squeezed = slot.rect.height < SHRINK * paper.grid.tier - 1e-6
                drawn[slot.panel] = slot.rect.width / (slot.rect.height if squeezed else paper.grid.tier)
    return drawn


def _with_height(rect: Rect, height: float) -> Rect:
    return Rect(rect.x, rect.y, rect.width, height)
