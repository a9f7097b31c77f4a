"""What a style asks of fonts and colours: found, or named with its place and a cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from novel.errors import DiagnosticsError
from novel.layout.color import contrast, mix, vivid
from novel.layout.fonts import FOLDER
from novel.layout.letter import check_lettering
from novel.layout.page import PathItem, TextItem
from novel.layout.typeface import lettering_size, palette
from novel.story.model import PageProfile
from novel.story.style import Lettering, PageStyle, Style

ONE = [{"id": "p", "prompt": "x", "say": [{"ann": "Hello *you* there."}], "caption": "Now."}]


def test_an_unknown_font_is_named_in_the_style_and_exits_as_missing(made: Any) -> None:
    book = made(ONE, style={"lettering": {"font": "comic-nuee", "fallback": ["Nowhere Sans"]}})
    with pytest.raises(DiagnosticsError) as refused:
        book.letter()
    assert refused.value.exit_code == 4
    first, second = refused.value.diagnostics
    assert "comic-nuee" in first.message
    assert "comic-neue" in first.hint
    assert first.file.endswith("plain.yaml")
    assert "Nowhere Sans" in second.message


def test_a_file_that_is_no_font_is_refused(made: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"\x00\x01\x00\x00" + b"junk" * 40)
    book = made(ONE, style={"lettering": {"font": "broken.ttf"}})
    faults = [d for d in check_lettering(book.book, book.plan) if d.severity == "error"]
    assert ["broken.ttf" in d.message for d in faults] == [True]
    assert faults[0].exit_code == 4


def test_a_font_of_the_writers_own_sets_the_dialogue(made: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.ttf").write_bytes((FOLDER / "patrick-hand/PatrickHand-Regular.ttf").read_bytes())
    book = made(ONE, style={"lettering": {"font": "mine.ttf"}})
    page = next(p for p in book.letter().pages if p.panels)
    names = {i.font.path.name for i in page.items if isinstance(i, TextItem) and i.role == "speech"}
    # Its emphasis comes from the bundled hand, since it has no bold italic of its own.
    assert names == {"mine.ttf", "ComicNeue-BoldItalic.ttf"}


def test_words_that_do_not_stand_out_are_warned_of(made: Any) -> None:
    book = made(ONE, style={"lettering": {"ink": "#999999", "balloon": "white"}})
    found = check_lettering(book.book, book.plan)
    assert {d.severity for d in found} == {"warning"}
    assert any("contrast" in d.message for d in found)


def test_colours_of_the_style_reach_the_page(made: Any) -> None:
    style = {"lettering": {"balloon": "ivory", "ink": "navy", "caption": "#fed"}, "page": {"background": "black"}}
    document = made(ONE, style=style).letter()
    page = next(p for p in document.pages if p.panels)
    fills = {i.role: i.fill for i in page.items if isinstance(i, PathItem) and i.block}
    assert fills == {"speech": "#fffff0", "caption": "#ffeedd"}
    assert {i.color for i in page.items if isinstance(i, TextItem) and i.role == "speech"} == {"#000080"}
    assert page.background == "#000000"
    # Navy would not show on black: what stands on the bare page is light.
    heading = next(i for i in page.items if isinstance(i, TextItem) and i.role == "heading")
    assert contrast(heading.color, page.background) > 10


def test_dark_balloons_get_captions_of_their_own_tint() -> None:
    colors = palette(Style(name="n", lettering=Lettering(balloon="#111111", ink="white"), page=PageStyle()))
    assert colors.caption != colors.balloon
    assert contrast(colors.ink, colors.caption) > 4.5


def test_mixing_and_contrast() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert vivid("#808080", 3) == "#808080"
    assert vivid("#fff1b8", 1.6) != "#fff1b8"


def test_letters_keep_their_size_on_paper_and_grow_on_screens() -> None:
    style = Style(name="n")
    assert lettering_size(style, PageProfile(name="a4", width=595, height=842, bleed=8.5)) == 8.5
    assert lettering_size(style, PageProfile(name="wide", width=960, height=540)) == pytest.approx(13.6)
    assert lettering_size(style, PageProfile(name="strip", width=600, height=960, strip=True)) > 14
