from __future__ import annotations

from sample_book import TRIM, run

from novel.export.reading import Figure, block_rects, reading_order
from novel.geometry import Rect
from novel.layout.page import PageLayout, PanelBox, TextBlock


def page(panels: tuple[PanelBox, ...], blocks: tuple[TextBlock, ...], tops: dict[str, float]) -> PageLayout:
    items = tuple(run("x", block, 50, top) for block, top in tops.items())
    return PageLayout(1, "1", TRIM, 0.0, "#ffffff", items, panels, blocks)


def read(layout: PageLayout) -> list[str]:
    return [
        f"{e.box.panel}:{'+'.join(b.id for b in e.blocks)}" if isinstance(e, Figure) else e.id
        for e in reading_order(layout)
    ]


def box(panel: str, y: float) -> PanelBox:
    return PanelBox(panel, Rect(20, y, 430, 100), f"alt {panel}")


def test_words_are_read_with_their_figure_and_prose_after_it() -> None:
    layout = page(
        (box("a", 50), box("b", 200)),
        (
            TextBlock("head", "heading", "One"),
            TextBlock("a1", "caption", "Late.", "a"),
            TextBlock("a2", "speech", "Hello?", "a", "Ana"),
            TextBlock("a3", "prose", "It was late.", "a"),
            TextBlock("b1", "sfx", "BANG", "b"),
            TextBlock("no", "folio", "1"),
        ),
        {"head": 30, "a1": 60, "a2": 80, "a3": 170, "b1": 250, "no": 720},
    )
    assert read(layout) == ["head", "a:a1+a2", "a3", "b:b1", "no"]


def test_a_silent_panel_is_read_where_it_stands() -> None:
    layout = page(
        (box("silent", 40), box("b", 300)),
        (TextBlock("head", "heading", "Two"), TextBlock("b1", "speech", "Oh.", "b")),
        {"head": 200, "b1": 320},
    )
    assert read(layout) == ["silent:", "head", "b:b1"]


def test_silent_panels_between_and_after_speaking_ones_keep_their_order() -> None:
    layout = page(
        (box("a", 40), box("b", 200), box("c", 350), box("d", 500)),
        (TextBlock("c1", "speech", "Oh.", "c"),),
        {"c1": 360},
    )
    assert read(layout) == ["a:", "b:", "c:c1", "d:"]


def test_prose_that_goes_on_on_the_next_page_stands_alone() -> None:
    layout = page((box("b", 300),), (TextBlock("p", "prose", "… and so on.", "a"),), {"p": 60})
    assert read(layout) == ["p", "b:"]


def test_a_block_s_rectangle_holds_all_its_runs() -> None:
    items = (run("one", "a", 50, 100), run("two", "a", 200, 150))
    layout = PageLayout(1, "1", TRIM, 0.0, "#ffffff", items, (), (TextBlock("a", "prose", "one two"),))
    rect = block_rects(layout)["a"]
    assert all(rect.contains(item.rect) for item in items)
