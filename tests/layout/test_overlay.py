"""The view that shows why everything stands where it does."""

from __future__ import annotations

from typing import Any

from novel.layout.overlay import BLOCK, PERSON, SAFE, WAY, annotated
from novel.layout.page import PathItem


def test_the_overlay_adds_boxes_and_ways_and_changes_nothing_else(made: Any) -> None:
    book = made([{"id": "p", "prompt": "x", "cast": ["ann"], "say": [{"ann": "One."}, {"bob": "Two."}]}])
    document = book.letter()
    shown = annotated(document, book.book.story, book.plan)
    for before, after in zip(document.pages, shown.pages, strict=True):
        assert after.items[: len(before.items)] == before.items
        assert (after.blocks, after.panels) == (before.blocks, before.panels)
    page = next(p for p in shown.pages if p.panels)
    overlay = [i for i in page.items if isinstance(i, PathItem) and i.role == "overlay"]
    colors = [i.stroke for i in overlay]
    assert colors.count(SAFE) == 1
    assert colors.count(PERSON) == 3
    assert colors.count(BLOCK) == 2
    assert colors.count(WAY) == 2
