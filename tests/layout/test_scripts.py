"""Scripts beyond Latin, Greek and Cyrillic: directions, breaks, sizes, and what is said where a font is missing."""

from __future__ import annotations

import subprocess
import sys
from itertools import accumulate, combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from bidi import get_display
from fontTools.ttLib import TTFont
from hypothesis import example, given, settings
from hypothesis import strategies as st
from system_fonts import need_font, need_font_for

from novel.layout import breaks
from novel.layout.balloon import profile
from novel.layout.bidi import embedding
from novel.layout.fonts import FAMILIES, GREATEST_SCALE, FontSet, face, matched_scale
from novel.layout.letter import check_lettering
from novel.layout.line import set_line
from novel.layout.page import TextItem
from novel.layout.scripts import SCRIPTS, script_of, system_files
from novel.layout.segment import break_points, phrase_ends, simple
from novel.layout.text import Paragraph, compose
from novel.layout.wording import Span, dressed, word_count

JAPANESE = "すごく難しかったけど、とても面白かった！「拡散モデル」のほうがきっとうまくいくよ。"
CHINESE = "当然！我一个晚上就把整篇论文读完了，真的太精彩了。"
KOREAN = "물론이지! 하룻밤 만에 논문을 다 읽었는데 정말 굉장하더라."
THAI = "เธอเคยได้ยินเกี่ยวกับโมเดลที่นักวิจัยเผยแพร่ไหม"
ARABIC = "نعم! لقد قرأتُ البحث كلَّه في ليلةٍ واحدة"
HEBREW = "קראתי את כל המאמר בלילה אחד"


def composed(text: str, language: str, *, caps: bool = True, rtl: bool = False, **more: Any) -> Paragraph:
    need_font_for(text, language)
    return compose(
        dressed(text, caps=caps, language=language), FontSet("comic-neue", language=language), rtl=rtl, **more
    )


def set_at(paragraph: Paragraph, size: float = 10.0) -> list[TextItem]:
    return set_line(
        paragraph.words, size=size, x=0, baseline=0, color="#000000", role="speech", block="b", level=paragraph.level
    )


# Directions


def reordered(text: str, levels: list[int]) -> str:
    """The characters from left to right (rule L2)."""
    order = list(range(len(text)))
    for level in range(max(levels, default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[at:end] = reversed(order[at:end])
            at = max(end, at + 1)
    return "".join(text[i] for i in order)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text("aב1ع٢ .,-+%()[]\u064b", max_size=14), st.booleans())
@example("ב a(b) ב", True)
@example("ע٢[בa]1", False)
@example("ב ([a) ב]", True)
def test_characters_are_ordered_as_another_implementation_orders_them(text: str, right: bool) -> None:
    base, levels = embedding(text, right)
    assert len(levels) == len(text)
    # The other one breaks off a mark that stands alone, and turns it with its bracket.
    if "\u064b" not in text:
        assert reordered(text, levels) == get_display(text, base_dir="R" if base else "L")


@pytest.mark.parametrize(
    ("text", "rtl", "base"),
    [
        ("DDPM هو نموذج", True, 1),
        ("DDPM هو نموذج", False, 0),
        ("هو DDPM", False, 1),
        ("Hello!", True, 0),
        ("...", True, 1),
        ("...", False, 0),
    ],
)
def test_a_paragraph_runs_as_its_book_and_its_letters_say(text: str, rtl: bool, base: int) -> None:
    assert embedding(text, rtl)[0] == base


def test_a_joiner_does_not_lose_the_directions_of_its_paragraph() -> None:
    text = "می\u200cخواهم DDPM را"
    _, levels = embedding(text, True)
    assert [levels[text.index(c)] for c in ("م", "\u200c", "D", "ر")] == [1, 1, 2, 1]


def test_marks_of_direction_tell_it_and_then_vanish() -> None:
    need_font_for(HEBREW)
    plain = compose((Span("אבג!"),), FontSet("comic-neue"))
    marked = compose((Span("אבג!\u200e"),), FontSet("comic-neue"))
    assert "".join(w.text for w in marked.words) == "אבג!"
    levels = [[p.level for w in paragraph.words for p in w.pieces] for paragraph in (plain, marked)]
    assert levels == [[1, 1], [1, 1]] or levels[0] == [1]
    two = compose((Span("אבג C++\u200e דהו"),), FontSet("comic-neue"))
    plus = next(p for w in two.words for p in w.pieces if "+" in p.text)
    assert plus.level == 2


def test_brackets_face_what_they_hold_in_both_directions() -> None:
    paragraph = composed("שמעת (על זה) DDPM (a) כן", "he", rtl=True)
    items = set_at(paragraph)
    for item in items:
        if not item.glyphs:
            continue
        font = face(item.font.path).font
        for char, (glyph, *_) in zip(item.text[::-1], item.glyphs, strict=True):
            if char in "()":
                assert glyph == font.get_nominal_glyph(ord(")("["()".index(char)]))


def test_arabic_joins_across_its_marks_and_keeps_them_on_their_letters() -> None:
    paragraph = composed("كلَّه حقًّا", "ar", rtl=True)
    (item,) = set_at(paragraph)
    assert item.text == "كلَّه حقًّا"
    font = face(item.font.path, item.size / 10).font
    drawn = {glyph for glyph, *_ in item.glyphs}
    # The letters take other forms than alone: initial kaf, medial lam, final heh.
    assert font.get_nominal_glyph(ord("ك")) not in drawn
    assert font.get_nominal_glyph(ord("ل")) not in drawn
    still = [glyph for glyph in item.glyphs if glyph[1] == 0]
    assert still, "marks take no width"
    assert all(dx or dy for _, _, dx, dy in still), "and stand off the pen"


# Breaks

OPENING = "「『（［【〈《“‘([{"
CLOSING = "」』）］】〉》”’)]}、。，．！？：；ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々・"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.text("私本学語のはがだモデルーっょ「」（）、。！？々ー", min_size=1, max_size=24),
    st.sampled_from(["ja", "zh", "en"]),
)
def test_no_line_begins_with_a_closing_mark_nor_ends_with_an_opening_one(text: str, language: str) -> None:
    points = break_points(text)
    assert points[-1] == len(text)
    for at in points[:-1]:
        assert text[at] not in CLOSING
        assert text[at - 1] not in OPENING
    ends = phrase_ends(text, language)
    assert ends is None or all(0 < end <= len(text) for end in ends)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.text("私がはッぁー々、。「」“”…―・！ 가나ab-1%$(/\u00a0\u3000ｱ\u3099ㄱ\u1100", min_size=1, max_size=16))
@example("“私”が “私” が「 私")
def test_the_breaks_are_those_of_unicodes_rules(text: str) -> None:
    from uniseg.linebreak import line_break_units

    if not simple(text):
        assert break_points(text) == list(accumulate(len(unit) for unit in line_break_units(text)))


@pytest.mark.parametrize(("text", "parts"), [("هل سمعت، نعم", 3), ("בית־ספר טוב", 3), ("قال-أنا هنا", 3)])
def test_arabic_and_hebrew_break_at_spaces_and_hyphens(text: str, parts: int) -> None:
    assert len(break_points(text)) == parts


@pytest.mark.parametrize(
    ("text", "language", "phrases"),
    [
        ("昨日は学校で友達と", "ja", ["昨日は", "学校で", "友達と"]),
        ("昨日は学校で友達と", "en", ["昨日は", "学校で", "友達と"]),
        ("我们一起去公园散步", "zh", ["我们", "一起", "去", "公园", "散步"]),
        ("我們一起去公園散步", "zh-TW", ["我們", "一起去", "公園", "散步"]),
        ("논문을 다 읽었다", "ko", ["논문을 ", "다 ", "읽었다"]),
    ],
)
def test_phrases_end_where_readers_pause(text: str, language: str, phrases: list[str]) -> None:
    ends = phrase_ends(text, language)
    assert ends is not None
    points = [0, *(p for p in break_points(text) if p in ends or p == len(text))]
    assert [text[a:b] for a, b in pairwise(points)] == phrases


def test_ideographs_in_a_book_of_another_language_have_no_known_phrases() -> None:
    assert phrase_ends("我们一起去", "en") is None
    assert phrase_ends("Καλημέρα", "el") is None


def test_thai_breaks_between_words_and_never_inside_a_syllable() -> None:
    points = break_points(THAI)
    assert len(points) > 8
    assert all("\u0e01" <= THAI[p] <= "\u0e2e" or "\u0e40" <= THAI[p] <= "\u0e44" for p in points[:-1])
    assert not any("\u0e40" <= THAI[p - 1] <= "\u0e44" for p in points)


@pytest.mark.parametrize(("text", "language"), [(JAPANESE, "ja"), (CHINESE, "zh"), (KOREAN, "ko"), (THAI, "th")])
@pytest.mark.parametrize("rows", [2, 3, 4])
def test_balloons_break_between_phrases(text: str, language: str, rows: int) -> None:
    paragraph = composed(text, language)
    broken = breaks.shaped(paragraph, profile(rows))
    assert broken is not None
    for _, stop in broken.lines[:-1]:
        last = paragraph.words[stop - 1]
        assert last.phrase or last.space, [w.text for w in paragraph.words[:stop]]
    assert max(broken.widths) < 2.2 * min(broken.widths) or rows > 2


def test_running_text_fills_its_column_in_a_script_without_spaces() -> None:
    paragraph = composed(JAPANESE * 3, "ja")
    lines = breaks.column(paragraph, 16.0)
    widths = [paragraph.width(a, b) for a, b in lines]
    assert max(widths) <= 16.0
    assert min(widths[:-1]) > 12.0


def test_breaking_models_are_read_only_for_text_that_needs_them() -> None:
    code = (
        "import sys\n"
        "from novel.layout.fonts import FontSet\n"
        "from novel.layout.text import compose\n"
        "from novel.layout.wording import dressed\n"
        "compose(dressed('Plain words—and Ελληνικά, Привет…', caps=True), FontSet('comic-neue'))\n"
        "print(*(m for m in ('budoux', 'uniseg', 'bidi') if m in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


WORDS = st.lists(
    st.sampled_from("a the so it was night, Night well-known extraordinary I bird birds".split()), min_size=2
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(WORDS.filter(lambda words: len(words) <= 10), st.integers(2, 5))
def test_the_lines_are_the_cheapest_of_all(words: list[str], rows: int) -> None:
    paragraph = compose((Span(" ".join(words)),), FontSet("comic-neue"))
    count = len(paragraph.words)
    broken = breaks.shaped(paragraph, profile(rows))
    if rows > count:
        assert broken is None
        return
    lengths = breaks._Lengths(paragraph, profile(rows), float("inf"))

    def price(lines: tuple[tuple[int, int], ...]) -> float:
        cost = lengths.stacked * breaks._stacks(lengths.keys, lines)
        for row, (start, stop) in enumerate(lines):
            ideal, most, alone = lengths.row(row)
            width = lengths.width(start, stop)
            if width > (alone if stop == start + 1 else most):
                return float("inf")
            cost += ((width - ideal) / lengths.unit) ** 2 + lengths.opening[start] + lengths.closing(start, stop)
        return cost / rows

    ways = (tuple(pairwise((0, *cuts, count))) for cuts in combinations(range(1, count), rows - 1))
    least = min(map(price, ways))
    if broken is None:
        assert least == float("inf")
    else:
        assert broken.cost == pytest.approx(least)
        assert broken.cost == pytest.approx(price(broken.lines))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from("so it was in here that and then him her not all".split()), min_size=9, max_size=16),
    st.integers(3, 4),
)
def test_no_word_stands_on_itself_and_none_alone_at_the_end_where_words_are_short(words: list[str], rows: int) -> None:
    paragraph = compose(dressed(" ".join(words), caps=True), FontSet("comic-neue"))
    broken = breaks.shaped(paragraph, profile(rows))
    assert broken is not None
    keys = [w.text for w in paragraph.words]
    if len(set(keys)) > 6:
        for (a, b), (c, d) in pairwise(broken.lines):
            assert keys[a] != keys[c]
            assert keys[b - 1] != keys[d - 1]
    assert broken.lines[-1][1] - broken.lines[-1][0] > 1


# Sizes


@pytest.mark.parametrize(
    ("text", "language"),
    [(ARABIC, "ar"), (HEBREW, "he"), (JAPANESE, "ja"), (CHINESE, "zh"), (KOREAN, "ko"), (THAI, "th"), ("अरे वाह", "hi")],
)
def test_a_face_that_stands_in_looks_as_large_as_the_one_it_stands_beside(text: str, language: str) -> None:
    paragraph = composed(text, language)
    script = script_of(text[0])
    assert script is not None
    leader = FAMILIES["novel-lettering"].nearest(False, False)
    used = paragraph.words[0].pieces[0].face
    wanted = script.share * leader.cap_height
    assert used.height(script.letter) == pytest.approx(wanted, rel=0.02) or used.scale in (0.85, GREATEST_SCALE)
    for item in set_at(paragraph, 9.0):
        scale = item.size / 9.0
        assert face(item.font.path).height("A") * item.size == pytest.approx(
            face(item.font.path, scale).height("A") * 9.0
        )
        assert sum(item.advances) == pytest.approx(item.width)
        if item.glyphs:
            assert sum(g[1] for g in item.glyphs) == pytest.approx(item.width)
        # The advances are the font's own at the size that is written into the file.
        raw = face(item.font.path).font
        if not item.glyphs:
            own = sum(raw.get_glyph_h_advance(raw.get_nominal_glyph(ord(c))) for c in item.text)
            assert own * item.size / raw.face.upem == pytest.approx(item.width, rel=0.03)


def test_capitals_of_a_borrowed_cut_are_as_tall_as_the_hands_own() -> None:
    paragraph = compose(dressed("so *BOLD* here", caps=True), FontSet("comic-relief"))
    heights = {w.text: w.pieces[0].face.height("H") for w in paragraph.words}
    assert heights["BOLD"] == pytest.approx(heights["HERE"], rel=0.015)
    sizes = {i.text.strip(): i.size for i in set_at(paragraph)}
    assert sizes["SO"] == sizes["HERE"] == 10.0
    assert sizes["BOLD"] > 10.3


def test_a_face_of_the_same_height_keeps_the_size_that_was_asked_for() -> None:
    hand = FAMILIES["novel-lettering"].nearest(False, False)
    assert matched_scale(FAMILIES["comic-neue"].nearest(True, True), hand, None) == 1.0
    items = set_at(compose(dressed("I *am* here", caps=True), FontSet("comic-neue")))
    assert {item.size for item in items} == {10.0}


def test_scripts_without_a_bold_cut_are_still_emphasised() -> None:
    paragraph = composed("きっと*うまくいく*よ", "ja")
    items = {i.text: i for i in set_at(paragraph)}
    strong = items["うまくいく"]
    bold = "bold" in strong.font.name.lower()
    assert bold or (strong.outline == strong.color and 0 < strong.outline_width < 0.06 * strong.size)
    assert items["よ"].outline is None
    need_font_for(ARABIC)
    arabic = {i.text.strip(): i for i in set_at(composed("هو *رائع* حقا", "ar", rtl=True))}
    assert arabic["رائع"].font.name.endswith("Bold") or arabic["رائع"].outline
    assert not arabic["هو"].font.name.endswith("Bold")


def test_the_lines_extent_holds_all_its_ink() -> None:
    for text, language in ((ARABIC, "ar"), (THAI, "th"), (JAPANESE, "ja")):
        paragraph = composed(text, language)
        for word in paragraph.words:
            for piece in word.pieces:
                for glyph, _, _, rise in piece.glyphs:
                    extents = piece.face.font.get_glyph_extents(glyph)
                    top = extents.y_bearing / piece.face.units + rise
                    foot = (extents.y_bearing + extents.height) / piece.face.units + rise
                    assert top <= paragraph.ascent + 1e-9
                    assert -foot <= paragraph.descent + 1e-9


def test_a_fallback_of_the_style_comes_before_the_systems_fonts_with_its_bold_cut(made: Any, tmp_path: Path) -> None:
    need_font("NotoNaskhArabic-Regular.ttf")
    for cut in ("Regular", "Bold"):
        file = f"NotoNaskhArabic-{cut}.ttf"
        need_font(file)
        (tmp_path / f"Mine-{cut}.ttf").write_bytes(system_files()[file].read_bytes())
    panels = [{"id": "p", "prompt": "x", "say": [{"ann": "هو *رائع* حقا 10"}]}]
    document = made(panels, style={"lettering": {"fallback": ["Mine-Regular.ttf"]}}, language="ar").letter()
    items = [i for page in document.pages for i in page.items if isinstance(i, TextItem) and i.role == "speech"]
    used = {i.text.strip(): i.font.path.name for i in items}
    assert used["رائع"] == "Mine-Bold.ttf"
    assert used["هو"] == "Mine-Regular.ttf"
    assert used["10"].startswith("NovelLettering")
    # Naskh is small on its body: it is set larger, beside figures of the size that was asked for.
    sizes = {i.text.strip(): i.size for i in items}
    assert sizes["10"] == 8.5 < sizes["هو"] <= 8.5 * GREATEST_SCALE


def test_running_text_takes_the_scripts_text_face() -> None:
    need_font("NotoNaskhArabic-Regular.ttf")
    paragraph = compose((Span("كان الليل هادئا"),), FontSet("comic-neue", language="ar"), "prose", capitals=False)
    assert paragraph.words[0].pieces[0].face.path.name == "NotoNaskhArabic-Regular.ttf"


def test_ideographs_follow_the_language_of_the_book() -> None:
    script = script_of("直")
    assert script is not None
    assert script.files_for("ja")[0] == "NotoSansJP-Regular.ttf"
    assert script.files_for("zh-CN")[0] == "NotoSansSC-Regular.ttf"
    assert set(script.files_for("zh")) >= set(script.files_for("fr"))
    assert next(s for s in SCRIPTS if s.name == "Arabic").files_for("ar", text=True)[0] == "NotoNaskhArabic-Regular.ttf"


def has(font: Path, mark: str) -> bool:
    """Whether a font file has a glyph for a character; of a collection, its first font."""
    return ord(mark) in TTFont(font, fontNumber=0).getBestCmap()


def test_marks_that_two_fonts_have_take_the_side_of_the_ideographs() -> None:
    need_font_for(CHINESE, "zh")
    script = script_of("真")
    assert script is not None
    side = script.files_for("zh")
    fonts = FontSet("comic-neue", language="zh")
    for spans in ((Span("真的"), Span("太好", emphasis=True), Span("……")), (Span("……真的"),)):
        paragraph = compose(spans, fonts)
        pieces = [p for w in paragraph.words for p in w.pieces]
        (ideographs,) = {p.face.path for p in pieces if "真" in p.text}
        (marks,) = {p.face.path for p in pieces if "…" in p.text}
        # Some systems' only Chinese font has no ellipsis: then another one of the script's has it, not the hand.
        assert marks == ideographs if has(ideographs, "…") else marks.name in side
    latin = compose((Span("真的 don’t"),), fonts)
    assert latin.words[-1].pieces[0].face.embedded.name.startswith("NovelLettering")


# Words as typed


@pytest.mark.parametrize(
    ("text", "language"), [("そうか……", "ja"), ("——等一下", "zh"), ("글쎄…", "ko"), ("そう――", "en"), ("…", "ja")]
)
def test_east_asian_dashes_and_ellipses_stay(text: str, language: str) -> None:
    assert "".join(s.text for s in dressed(text, caps=True, language=language)) == text


def test_the_style_decides_about_dashes_and_ellipses(made: Any) -> None:
    panels = [{"id": "p", "prompt": "x", "say": [{"ann": "Wait—what…?"}], "caption": "Then – silence…"}]
    shown = {}
    for name, lettering in (("comic", {}), ("typed", {"punctuation": "typed"})):
        document = made(panels, style={"lettering": lettering}).letter()
        items = [i for page in document.pages for i in page.items if isinstance(i, TextItem)]
        shown[name] = {role: "".join(i.text for i in items if i.role == role) for role in ("speech", "caption")}
        # What is heard is what was written.
        assert any(b.text == "Wait—what…?" for page in document.pages for b in page.blocks)
    assert shown["comic"] == {"speech": "WAIT--WHAT...?", "caption": "THEN -- SILENCE..."}
    assert shown["typed"] == {"speech": "WAIT—WHAT…?", "caption": "THEN – SILENCE…"}


def test_words_are_counted_where_no_spaces_tell_them() -> None:
    assert word_count("I have two words, or six.") == 6
    assert word_count(KOREAN) == 8
    assert word_count("昨日は学校で、GANの論文を") == 1 + 5
    assert 8 <= word_count(THAI) <= 14
    assert word_count("......") == 1
    assert word_count("Hi 🙂") == 2
    assert word_count(ARABIC) == len(ARABIC.split())


def test_too_many_words_are_warned_of_in_a_script_without_spaces(made: Any) -> None:
    need_font_for(JAPANESE)
    short = made([{"id": "p", "prompt": "x", "say": [{"ann": JAPANESE}]}], language="ja")
    assert not [d for d in check_lettering(short.book, short.plan) if d.code == "words"]
    long = made([{"id": "p", "prompt": "x", "say": [{"ann": JAPANESE * 2}]}], language="ja")
    assert [d for d in check_lettering(long.book, long.plan) if d.code == "words"]


# No font


@pytest.mark.parametrize(
    ("text", "code", "package"),
    [
        ("قال مرحبا", "U+0642", "fonts-noto-core"),
        ("שלום", "U+05E9", "fonts-noto-core"),
        ("今天", "U+4ECA", "fonts-droid-fallback"),
        ("ひらがな", "U+3072", "fonts-ipaexfont-gothic"),
        ("안녕", "U+C548", "fonts-nanum"),
        ("สวัสดี", "U+0E2A", "fonts-noto-core"),
        ("Hi \U0001f600!", "U+1F600", "fonts-symbola"),
    ],
)
def test_a_missing_font_is_named_with_the_line_and_the_package(
    made: Any, monkeypatch: pytest.MonkeyPatch, text: str, code: str, package: str
) -> None:
    monkeypatch.setattr("novel.layout.fonts.system_files", dict)
    panels = [{"id": "p", "prompt": "x", "say": [{"ann": "Fine."}, {"bob": text}], "prose": text}]
    book = made(panels)
    faults = [d for d in check_lettering(book.book, book.plan) if d.severity == "error"]
    assert {d.code for d in faults} == {"glyph"}
    lines = (book.book.file).read_text(encoding="utf-8").splitlines()
    for fault in faults:
        assert code in fault.message
        assert f"apt install {package}" in fault.hint
        assert "lettering.fallback" in fault.hint
        assert text in lines[fault.line - 1]
    assert len(faults) == 2
    # Each points at its own place.
    assert len({(d.line, d.column) for d in faults}) == 2
