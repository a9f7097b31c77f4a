"""The view that shows why everything stands where it does."""

from __future__ import annotations

from typing import Any

from novel.layout.curve import flattened
from novel.layout.overlay import BLOCK, PERSON, SAFE, SALIENT, WAY, annotated
from novel.layout.page import PathItem
from novel.layout.picture import Picture
from novel.request import GRID


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


def test_the_overlay_shows_where_the_eye_goes_by_the_size_of_squares_under_the_boxes(made: Any) -> None:
    book = made([{"id": "p", "prompt": "x", "cast": ["ann"], "say": [{"ann": "One."}]}])
    columns, rows = GRID
    cells = bytes(
        0 if x < columns / 2 else 255 if x < columns * 3 / 4 else 128 for _ in range(rows) for x in range(columns)
    )
    plain = next(p for p in book.letter().pages if p.panels).panels[0].rect
    # A picture of its panel's own shape is shown whole.
    pictures = {"p": Picture("0" * 64, round(100 * plain.width), round(100 * plain.height), saliency=cells)}
    page = next(p for p in annotated(book.letter(pictures), book.book.story, book.plan, pictures).pages if p.panels)
    overlay = [i for i in page.items if isinstance(i, PathItem) and i.role == "overlay"]
    at = next(n for n, i in enumerate(overlay) if i.fill == SALIENT)
    assert overlay[at].stroke is None
    assert not [i for i in overlay[:at] if i.stroke in (PERSON, BLOCK)]
    rect = page.panels[0].rect
    sides: dict[int, set[float]] = {}
    for square in flattened(overlay[at].segments):
        middle = (square[0].x + square[2].x) / 2
        assert rect.contains(square[0])
        sides.setdefault(int(4 * (middle - rect.x) / rect.width), set()).add(round(square[1].x - square[0].x, 3))
    assert sorted(sides) == [2, 3]
    assert min(sides[2]) > 1.5 * max(sides[3])
