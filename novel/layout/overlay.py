"""A document with its layout drawn over it, to see why everything stands where it does.

Over each page: the live area (dashed), who is thought to be where (heads, figures and mouths; known ones in full lines,
guessed ones dashed), where the eye goes (a square in each cell of the picture's saliency, the larger the more), each
block's extent, and the reader's way from block to block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from novel.geometry import Point, Rect
from novel.layout.curve import bounds
from novel.layout.outline import ellipse, rectangle
from novel.layout.page import Color, Document, Item, PageLayout, PathItem, Segment, TextItem
from novel.layout.people import people
from novel.layout.picture import Picture, crop
from novel.layout.saliency import Saliency
from novel.plan.model import PagePlan, PanelSlot, Plan
from novel.story.model import Panel, Story

SAFE, PERSON, BLOCK, WAY, SALIENT = "#00a0ff", "#ff2d95", "#00b050", "#ff7a00", "#8a2be2"
LARGEST = 0.55
"""The side of the square that stands for the most salient cell, in shares of the cell's smaller side."""


def annotated(document: Document, story: Story, plan: Plan, pictures: Mapping[str, Picture] | None = None) -> Document:
    """The same document with its boxes, people and reading order drawn on top."""
    panels = {panel.id: panel for panel in story.panels()}
    pages = [
        _annotated(page, planned, panels, pictures or {}, rtl=story.direction == "rtl")
        for page, planned in zip(document.pages, plan.pages, strict=True)
    ]
    return replace(document, pages=tuple(pages))


def _annotated(
    page: PageLayout, planned: PagePlan, panels: Mapping[str, Panel], pictures: Mapping[str, Picture], *, rtl: bool
) -> PageLayout:
    items: list[Item] = list(page.items)
    items.append(_path(rectangle(planned.safe), SAFE, dashed=True))
    for slot in planned.slots:
        if not isinstance(slot, PanelSlot):
            continue
        picture = pictures.get(slot.panel)
        source = crop(picture, slot.rect.width, slot.rect.height, slot.part)
        saliency = Saliency.of(picture, source, slot.rect)
        if saliency is not None:
            items += _squares(saliency)
        for person in people(panels[slot.panel], slot.rect, source, picture, rtl=rtl):
            items.append(_path(rectangle(person.figure), PERSON, dashed=True, width=0.4))
            items.append(_path(rectangle(person.head), PERSON, dashed=not person.known))
            items.append(_path(ellipse(person.mouth, 2, 2), PERSON))
    for box in page.panels:
        extents = [_extent(page, block) for block in box.blocks]
        for extent in extents:
            items.append(_path(rectangle(extent), BLOCK, width=0.4))
        items += _way([extent.center for extent in extents])
    return replace(page, items=tuple(items))


def _squares(saliency: Saliency) -> list[Item]:
    """A square in each cell, the larger the more it draws the eye; together one path."""
    segments: list[Segment] = []
    for cell, value in saliency.shown():
        side = LARGEST * value * min(cell.width, cell.height)
        if side > 0.3:
            at = cell.center
            segments += rectangle(Rect(at.x - side / 2, at.y - side / 2, side, side))
    if not segments:
        return []
    return [_path(tuple(segments), SALIENT, width=0.0, fill=SALIENT)]


def _extent(page: PageLayout, block: str) -> Rect:
    rects = [item.rect for item in page.items if isinstance(item, TextItem) and item.block == block]
    left, top = min(r.x for r in rects), min(r.y for r in rects)
    return Rect(left, top, max(r.right for r in rects) - left, max(r.bottom for r in rects) - top)


def _way(stops: Sequence[Point]) -> list[Item]:
    items: list[Item] = [_path(ellipse(stop, 2.4, 2.4), WAY, fill=WAY) for stop in stops[:1]]
    for start, end in pairwise(stops):
        length = start.distance(end) or 1.0
        dx, dy = (end.x - start.x) / length, (end.y - start.y) / length
        head = Point(end.x - 6 * dx, end.y - 6 * dy)
        arrow: tuple[Segment, ...] = (
            ("M", start.x, start.y),
            ("L", end.x, end.y),
            ("L", head.x - 3 * dy, head.y + 3 * dx),
            ("M", end.x, end.y),
            ("L", head.x + 3 * dy, head.y - 3 * dx),
        )
        items.append(_path(arrow, WAY))
    return items


def _path(
    segments: tuple[Segment, ...], color: Color, *, dashed: bool = False, width: float = 0.8, fill: Color | None = None
) -> PathItem:
    return PathItem(
        rect=bounds(segments, width),
        role="overlay",
        segments=segments,
        fill=fill,
        stroke=color if width else None,
        stroke_width=width,
        dash=(4.0, 3.0) if dashed else (),
    )
