"""Words as letterers set them: capitals, emphasis, dashes, the pronoun, breaks, fonts and directions."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from system_fonts import need_font_for

from novel.layout import breaks
from novel.layout.fonts import FAMILIES, FOLDER, Chain, FontSet, NoGlyphError, face
from novel.layout.line import set_line
from novel.layout.text import Word, break_points, compose
from novel.layout.wording import Span, capitals, dressed, plain

FONTS = FontSet("comic-neue")


def said(text: str, **more: object) -> str:
    return "".join(s.text for s in dressed(text, **{"caps": True, **more}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Wait—what?", "WAIT--WHAT?"),
        ("1914–18", "1914-18"),
        ("Well…", "WELL..."),
        ("  two\n lines ", "TWO LINES"),
        ("I <3 you & <b>", "I <3 YOU & <B>"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("a *b c* d", "A B C D"),
        ("Straße", "STRASSE"),
        ("e\u0301tude", "ÉTUDE"),
    ],
)
def test_words_in_capitals(text: str, shown: str) -> None:
    assert said(text) == shown


def test_mixed_case_keeps_its_case_and_may_keep_its_dashes() -> None:
    assert said("Wait—what?", caps=False) == "Wait--what?"
    assert said("Wait—what?", caps=False, craft=False) == "Wait—what?"


def test_emphasis_marks_are_taken_out_of_what_is_heard() -> None:
    assert plain("Everyone is *betting* on GANs*.") == "Everyone is betting on GANs*."
    spans = dressed("a *b* c", caps=False)
    assert spans == (Span("a "), Span("b", emphasis=True), Span(" c"))


@pytest.mark.parametrize(
    ("text", "language", "barred"),
    [
        ("I think I'll go, said Ivy in Italy.", "en", 2),
        ("i know i'm small", "en-GB", 2),
        ("the F.B.I. agent", "en", 1),
        ("I bambini", "it", 0),
        ("AI is it", "en", 0),
    ],
)
def test_only_the_pronoun_is_barred(text: str, language: str, barred: int) -> None:
    assert sum(s.barred for s in dressed(text, caps=True, language=language)) == barred


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("istanbul ılık", "tr", "İSTANBUL ILIK"),
        ("καλημέρα, μαΐου", "el", "ΚΑΛΗΜΕΡΑ, ΜΑΪΟΥ"),
        ("élève", "fr", "ÉLÈVE"),
        ("йод", "ru", "ЙОД"),
    ],
)
def test_capitals_follow_the_language(text: str, language: str, shown: str) -> None:
    assert capitals(text, language) == shown


def test_breaks_fall_after_spaces_hyphens_and_dashes_only() -> None:
    text = "well-known words--and 'quoted' 3-4 things"
    points = break_points(text)
    parts = [text[a:b] for a, b in zip([0, *points], points, strict=False)]
    assert parts == ["well-", "known ", "words--", "and ", "'quoted' ", "3-4 ", "things"]


def test_other_scripts_break_by_unicodes_rules() -> None:
    text = "日本語の文、です。"
    points = break_points(text)
    assert len(points) > 4
    # No line begins with a comma or a full stop.
    assert all(text[p] not in "、。" for p in points if p < len(text))


def test_shaped_lines_follow_their_profile_and_avoid_a_lone_last_word() -> None:
    paragraph = compose(dressed("one two three four five six seven eight nine ten", caps=True), FONTS)
    for rows in range(2, 6):
        broken = breaks.shaped(paragraph, [1.0] * rows)
        assert broken is not None
        assert len(broken.lines) == rows
        assert broken.lines[0][0] == 0
        assert broken.lines[-1][1] == len(paragraph.words)
        assert all(a[1] == b[0] for a, b in zip(broken.lines, broken.lines[1:], strict=False))
        start, stop = broken.lines[-1]
        assert stop - start > 1


def test_the_same_word_is_not_stacked_on_itself() -> None:
    paragraph = compose(dressed("so it was so it was so it was so it", caps=True), FONTS)
    broken = breaks.shaped(paragraph, [1.0] * 3)
    assert broken is not None
    firsts = [paragraph.words[a].text for a, _ in broken.lines]
    assert all(a != b for a, b in pairwise(firsts))


def test_ideographs_without_known_phrases_break_after_punctuation_and_kana_where_they_can() -> None:
    def word(text: str) -> Word:
        return Word((), 1.0, None, text)

    def cost(before: str, after: str) -> float:
        return breaks._joint_cost(word(before), word(after))

    assert cost("、", "み") == 0.0
    assert cost("を", "作") < cost("作", "る") < cost("モ", "デ")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.text("abcdefghij", min_size=1, max_size=9), min_size=1, max_size=60), st.floats(8, 40))
def test_columns_hold_every_word_once_and_no_line_is_too_long(words: list[str], width: float) -> None:
    paragraph = compose((Span(" ".join(words)),), FONTS, "prose", capitals=False)
    lines = breaks.column(paragraph, width, 1.1)
    assert [i for a, b in lines for i in range(a, b)] == list(range(len(words)))
    for row, (a, b) in enumerate(lines):
        room = width - (1.1 if row == 0 else 0.0)
        assert paragraph.width(a, b) <= room + 1e-9 or b == a + 1


def test_a_character_without_a_font_is_an_error_with_its_name_and_a_cure() -> None:
    with pytest.raises(NoGlyphError) as missing:
        compose((Span("smile \U00012345"),), FONTS)
    assert "U+12345" in missing.value.message
    assert "lettering.fallback" in missing.value.hint
    with pytest.raises(NoGlyphError) as missing:
        Chain((face(FOLDER / "bangers/Bangers-Regular.ttf"),)).pick("\ue001")
    assert "U+E001" in missing.value.message


def test_greek_cyrillic_and_vietnamese_need_no_further_font_and_words_are_set_in_one() -> None:
    for text in ("Καλημέρα κόσμε", "Привет мир", "Tiếng Việt rất đẹp", "Zażółć gęślą jaźń", "♪ ♥"):
        for caps in (True, False):
            paragraph = compose(dressed(text, caps=caps), FONTS)
            for word in paragraph.words:
                assert len(word.pieces) == 1, word.text
                assert FOLDER in word.pieces[0].face.path.parents


def test_emphasis_and_the_barred_i_have_cuts_of_their_own() -> None:
    paragraph = compose(dressed("I *am*", caps=True), FONTS)
    names = [w.pieces[0].face.embedded.name for w in paragraph.words]
    assert names == ["ComicNeue-Regular", "NovelLettering-BoldItalic"]


def test_every_bundled_font_is_sound_embeddable_and_has_its_licence() -> None:
    for family in FAMILIES.values():
        for _, _, file in family.cuts:
            loaded = face(FOLDER / file)
            assert loaded.sound
            assert loaded.outlines
            assert "SIL OPEN FONT LICENSE" in (FOLDER / file).with_name("OFL.txt").read_text(encoding="utf-8").upper()
    assert sum(f.stat().st_size for f in FOLDER.rglob("*.ttf")) < 2_000_000


def test_the_plain_i_is_narrower_than_the_barred_one_and_still_an_i() -> None:
    lettering, barred = (
        face(FOLDER / "novel-lettering/NovelLettering-Regular.ttf"),
        face(FOLDER / "comic-neue/ComicNeue-Regular.ttf"),
    )
    widths = [f.font.get_glyph_h_advance(f.font.get_nominal_glyph(ord("I"))) for f in (lettering, barred)]
    assert widths[0] < 0.7 * widths[1]


def test_a_right_to_left_line_is_reordered_and_its_runs_stay_in_reading_order() -> None:
    # Hebrew needs no joining; any font that has it will do. None is bundled, so that one of the system's is asked for.
    need_font_for("שלום")
    paragraph = compose((Span("שלום DDPM עולם"),), FONTS)
    assert paragraph.level == 1
    items = set_line(
        paragraph.words, size=10, x=0, baseline=0, color="#000000", role="speech", block="b", level=paragraph.level
    )
    assert "".join(i.text for i in items).split() == ["שלום", "DDPM", "עולם"]
    by_x = [i.text.strip() for i in sorted(items, key=lambda i: i.x) if i.text.strip()]
    assert by_x == ["עולם", "DDPM", "שלום"]
    assert [i.rtl for i in items if i.text.strip() == "DDPM"] == [False]
    assert all(i.rtl for i in items if i.text.strip() not in ("DDPM", ""))
    right = max(i.x + i.width for i in items)
    assert abs(right - sum(i.width for i in items)) < 1e-6


def test_arabic_is_shaped_and_carries_its_glyphs() -> None:
    need_font_for("مرحبا")
    paragraph = compose((Span("مرحبا بالعالم"),), FONTS)
    items = set_line(paragraph.words, size=10, x=0, baseline=0, color="#000000", role="speech", block="b", level=1)
    assert len(items) == 1
    (item,) = items
    assert item.rtl
    assert item.text == "مرحبا بالعالم"
    assert item.glyphs
    assert abs(sum(g[1] for g in item.glyphs) - item.width) < 1e-6
    nominal = [face(item.font.path).font.get_nominal_glyph(ord(c)) for c in item.text]
    assert [g[0] for g in item.glyphs] != nominal[::-1]


def test_nothing_that_shows_nothing_reaches_the_page() -> None:
    paragraph = compose((Span("soft\u00adhyphen zero\u200bwidth text\ufe0f bom\ufeff nb\u00a0sp thin\u2009sp"),), FONTS)
    shown = " ".join(w.text for w in paragraph.words)
    assert shown == "softhyphen zerowidth text bom nb\u00a0sp thin\u00a0sp"


def test_a_hyphen_that_does_not_break_looks_like_one_that_does() -> None:
    paragraph = compose((Span("twenty\u2011one and-two"),), FONTS)
    assert [w.text for w in paragraph.words] == ["twenty-one", "and-", "two"]


def test_fonts_by_name_and_by_path(tmp_path: Path) -> None:
    from novel.layout.fonts import named_font

    copy = tmp_path / "mine.ttf"
    copy.write_bytes((FOLDER / "patrick-hand/PatrickHand-Regular.ttf").read_bytes())
    assert named_font("mine.ttf", tmp_path) == copy
    assert named_font("comic-relief", tmp_path) == FOLDER / "comic-relief/ComicRelief-Regular.ttf"
    assert named_font("No Such Font", tmp_path) is None
    fonts = FontSet(copy)
    assert compose((Span("hello"),), fonts).words[0].pieces[0].face.path == copy
