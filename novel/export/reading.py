"""The order in which a page is read: its figures, each with its words, and the texts that stand on their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from novel.geometry import Rect
from novel.layout.page import PageLayout, PanelBox, TextBlock, TextItem


@dataclass(frozen=True, slots=True)
class Figure:
    """A panel and the texts that are read with it: captions, balloons, sounds."""

    box: PanelBox
    blocks: tuple[TextBlock, ...]


def reading_order(page: PageLayout) -> list[Figure | TextBlock]:
    """A page's figures and free texts, as they are to be read.

    A panel's prose follows its figure. A panel without words has no place among the blocks: it is read in the order of
    ``page.panels``, and before a free text that begins below it.
    """
    boxes = {box.panel: box for box in page.panels}
    within = {box.panel: [b for b in page.blocks if b.panel == box.panel and b.kind != "prose"] for box in page.panels}
    tops = {block: rect.y for block, rect in block_rects(page).items()}
    waiting = [box.panel for box in page.panels]
    order: list[Figure | TextBlock] = []

    def read_panels(until: str) -> None:
        while waiting and until in waiting:
            panel = waiting.pop(0)
            order.append(Figure(boxes[panel], tuple(within[panel])))

    for block in page.blocks:
        if block.panel in boxes:
            read_panels(block.panel)
            if block.kind == "prose":
                order.append(block)
            continue
        top = tops.get(block.id, 0.0)
        while waiting and not within[waiting[0]] and boxes[waiting[0]].rect.bottom <= top:
            read_panels(waiting[0])
        order.append(block)
    if waiting:
        read_panels(waiting[-1])
    return order


def reading_blocks(order: list[Figure | TextBlock]) -> Iterator[TextBlock]:
    """All texts of a page in reading order."""
    for entry in order:
        if isinstance(entry, Figure):
            yield from entry.blocks
        else:
            yield entry


def block_rects(page: PageLayout) -> dict[str, Rect]:
    """Block id → the rectangle around all runs of text that set it."""
    rects: dict[str, Rect] = {}
    for item in page.items:
        if isinstance(item, TextItem):
            known = rects.get(item.block)
            rects[item.block] = union(known, item.rect) if known else item.rect
    return rects


def union(a: Rect, b: Rect) -> Rect:
    """The smallest rectangle around two."""
    x, y = min(a.x, b.x), min(a.y, b.y)
    return Rect(x, y, max(a.right, b.right) - x, max(a.bottom, b.bottom) - y)
