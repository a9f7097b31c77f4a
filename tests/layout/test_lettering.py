"""Whole pages: every line once and in order, nothing overlapping, nothing outside, legible or refused by name."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from laid_pages import PEOPLE, away, ink, inside, meet, outlines, texts, write_book

from novel.errors import DiagnosticsError
from novel.geometry import Point, Rect
from novel.layout.curve import flattened
from novel.layout.letter import check_lettering
from novel.layout.page import PathItem, TextItem
from novel.layout.picture import Picture
from novel.layout.wording import dressed, plain
from novel.plan.model import PanelSlot
from novel.request import Subject

WORDS = st.sampled_from(
    "a I the noise it's really? well-known wait... *never* (so) picture static Überraschung naïve ready! one".split()
) | st.text("abcdefghijklmnopqrstuvwxyzäöüéñçß", min_size=1, max_size=14)
TEXTS = st.lists(WORDS, min_size=1, max_size=16).map(" ".join)
LINES = st.builds(
    lambda who, text, kind, at: {who: text, "kind": kind} | ({"at": at} if at else {}),
    st.sampled_from(PEOPLE),
    TEXTS,
    st.sampled_from(("speech", "speech", "thought", "whisper", "shout", "radio")),
    st.sampled_from((None, None, "left", "right")),
)
PANELS = st.builds(
    lambda cast, say, caption, sfx, shot, size: {
        "prompt": "a room", "cast": cast, "say": say, "caption": caption, "sfx": sfx, "shot": shot, "size": size,
    },
    st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3),
    st.lists(LINES, max_size=12),
    st.lists(TEXTS, max_size=2),
    st.lists(st.sampled_from(("FLASH", "KA-BOOM!", "tick tick")), max_size=1),
    st.sampled_from(("wide", "medium", "close-up")),
    st.sampled_from(("wide", "wide", "half", "third", "splash")),
)  # fmt: skip


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(
    panels=st.lists(PANELS, min_size=1, max_size=3),
    page=st.sampled_from(("us-comic", "wide-screen", "digest", "manga-a5", "webtoon", "album")),
    direction=st.sampled_from(("ltr", "rtl")),
    caps=st.booleans(),
)
def test_any_words_are_set_once_in_order_apart_and_inside_or_refused(
    panels: list[dict[str, Any]], page: str, direction: str, caps: bool
) -> None:
    for number, panel in enumerate(panels):
        panel["id"] = f"p{number}"
    with tempfile.TemporaryDirectory() as folder:
        made = write_book(Path(folder), panels, style={"lettering": {"caps": caps}}, page=page, direction=direction)
    faults = [d for d in check_lettering(made.book, made.plan) if d.severity == "error"]
    if faults:
        with pytest.raises(DiagnosticsError) as refused:
            made.letter()
        assert refused.value.exit_code == 8
        for fault in faults:
            assert fault.code == "overflow"
            assert fault.line > 0
            crowded = next(p for p in panels if f"`{p['id']}`" in fault.message)
            count = sum(
                len(str(w).split()) for w in (*crowded["caption"], *(next(iter(s.values())) for s in crowded["say"]))
            )
            # Nobody is sent away with a handful of words.
            assert count > 20 or crowded["sfx"] or max(map(len, str(crowded).split())) > 12, fault.message
        return
    document = made.letter()
    assert document == made.letter()
    for laid, planned in zip(document.pages, made.pages, strict=True):
        slots = [s for s in planned.slots if isinstance(s, PanelSlot)]
        for slot in slots:
            panel = next(p for p in panels if p["id"] == slot.panel)
            _check_panel(panel, slot.rect, laid, planned.safe, caps)
        balloons = outlines(laid)
        for i, one in enumerate(balloons):
            for other in balloons[i + 1 :]:
                if one.panel == other.panel:
                    assert not meet(one, other), (one.block, other.block)


def _check_panel(panel: dict[str, Any], rect: Rect, laid: Any, safe: Rect, caps: bool) -> None:
    said = [(f"{panel['id']}.caption.{i + 1}", t) for i, t in enumerate(panel["caption"])]
    said += [(f"{panel['id']}.say.{i + 1}", next(iter(s.values()))) for i, s in enumerate(panel["say"])]
    said += [(f"{panel['id']}.sfx.{i + 1}", t) for i, t in enumerate(panel["sfx"])]
    box = next(b for b in laid.panels if b.panel == panel["id"])
    assert list(box.blocks) == [name for name, _ in said]
    blocks = [b for b in laid.blocks if b.panel == panel["id"]]
    assert [(b.id, b.text) for b in blocks] == [(name, plain(text)) for name, text in said]
    polygons: list[list[Point]] = []
    for path in laid.items:
        if isinstance(path, PathItem) and path.block and path.panel == panel["id"]:
            polygons.append(max(flattened(path.segments), key=len))
    for name, text in said:
        items = texts(laid, name)
        sound = ".sfx." in name
        shown = "".join(s.text for s in dressed(text, caps=caps or sound))
        assert "".join(i.text for i in items).replace(" ", "") == shown.replace(" ", "")
        for item in items:
            assert item.size >= 7.0
            assert abs(sum(item.advances) - item.width) < 1e-6
            assert len(item.advances) == len(item.text)
            if sound:
                continue
            area = ink(item)
            assert rect.contains(area), name
            assert safe.contains(area), name
            corners = [Point(x, y) for x in (area.x, area.right) for y in (area.y, area.bottom)]
            home = [p for p in polygons if all(inside(c, p) for c in corners)]
            assert len(home) == 1, (name, item.text)
            assert min(away(c, home[0]) for c in corners) > 0.3 * item.size, (name, item.text)


def test_a_panel_with_too_many_words_is_named_with_its_line(made: Any) -> None:
    words = "antidisestablishmentarianism and so on and so forth " * 60
    book = made([{"id": "fine", "prompt": "x", "say": [{"ann": "Hello."}]},
                 {"id": "full", "prompt": "x", "size": "third", "say": [{"ann": words}, {"bob": words}]}])  # fmt: skip
    with pytest.raises(DiagnosticsError) as refused:
        book.letter()
    assert refused.value.exit_code == 8
    (fault,) = refused.value.diagnostics
    assert "`full`" in fault.message
    assert fault.line > 0
    assert fault.hint
    assert [d.message for d in check_lettering(book.book, book.plan) if d.severity == "error"] == [fault.message]


def test_wordy_balloons_panels_and_pages_are_warned_of_but_set(made: Any) -> None:
    book = made([{"id": "wordy", "prompt": "x", "say": [{"ann": "word " * 26}, {"bob": "word " * 12}]}])
    found = check_lettering(book.book, book.plan)
    assert {d.severity for d in found} == {"warning"}
    assert [d.message.split(";")[0] for d in found] == ["26 words in one balloon", "38 words in one panel"]
    book.letter()


def test_a_missing_glyph_is_named_with_its_line_and_a_cure(made: Any) -> None:
    book = made(
        [{"id": "smile", "prompt": "x", "say": [{"ann": "Fine."}, {"bob": "Odd \U00012345"}], "prose": "\U00012346"}]
    )
    with pytest.raises(DiagnosticsError) as refused:
        book.letter()
    assert refused.value.exit_code == 3
    messages = [d.message for d in refused.value.diagnostics]
    assert len(messages) == 2
    assert "U+12345 CUNEIFORM SIGN" in messages[0]
    assert "U+12346" in messages[1]
    assert all("lettering.fallback" in d.hint for d in refused.value.diagnostics)


def test_tails_point_at_the_people_that_the_picture_shows(made: Any) -> None:
    # The picture shows ann on the right, though the cast names her first.
    book = made([{"id": "p", "prompt": "x", "cast": ["ann", "bob"], "say": [{"ann": "Me, here."}, {"bob": "And me."}]}])
    seen = (
        Subject(character="ann", x=0.7, y=0.3, width=0.2, height=0.6, confidence=0.9),
        Subject(character="bob", x=0.1, y=0.3, width=0.2, height=0.6, confidence=0.9),
    )
    page = next(p for p in book.letter({"p": Picture("0" * 64, 512, 256, seen)}).pages if p.panels)
    rect = page.panels[0].rect
    ann, bob = outlines(page)
    tip = {
        item.block: max((pt for poly in flattened(item.segments) for pt in poly), key=lambda p: p.y)
        for item in (ann, bob)
    }
    assert tip["p.say.1"].x > rect.center.x
    assert tip["p.say.2"].x < rect.center.x


def test_an_off_panel_speaker_gets_a_tail_to_the_edge(made: Any) -> None:
    book = made([{"id": "p", "prompt": "x", "say": [{"ann": "From outside.", "at": "left"}]}])
    page = next(p for p in book.letter().pages if p.panels)
    (balloon,) = outlines(page)
    # Not farther out than its own stroke (a miter reaches beyond the curve that it follows).
    assert abs(balloon.rect.x - page.panels[0].rect.x) < 1.0


def test_one_speaker_going_on_is_one_joined_balloon_with_one_outline(made: Any) -> None:
    book = made([{"id": "p", "prompt": "x", "cast": ["ann"], "say": [{"ann": "First this."}, {"ann": "Then that."}]}])
    page = next(p for p in book.letter().pages if p.panels)
    assert len(outlines(page)) == 1
    assert [b.text for b in page.blocks if b.panel == "p"] == ["First this.", "Then that."]


def test_the_pronoun_is_barred_and_no_other_i(made: Any) -> None:
    book = made([{"id": "p", "prompt": "x", "say": [{"ann": "I think IT is mine, I'm sure."}]}])
    page = next(p for p in book.letter().pages if p.panels)
    barred = [i for i in page.items if isinstance(i, TextItem) and i.font.name.startswith("ComicNeue")]
    assert [i.text.strip() for i in barred] == ["I", "I"]
    plain_items = [i for i in texts(page, "p.say.1") if i.font.name.startswith("NovelLettering")]
    assert "".join("".join(i.text for i in plain_items).split()) == "THINKITISMINE,'MSURE."


def test_pages_without_pictures_measure_like_pages_with_them(made: Any) -> None:
    book = made([{"id": "p", "prompt": "x", "cast": ["ann"], "say": [{"ann": "Hello there."}]}])
    without, with_picture = book.letter(), book.letter({"p": Picture("a" * 64, 640, 320)})
    assert [p.blocks for p in without.pages] == [p.blocks for p in with_picture.pages]


def test_cover_title_headings_folios_and_colophon_are_set(made: Any) -> None:
    book = made(
        [{"id": "p", "prompt": "x"}],
        cover={"prompt": "a robot", "cast": ["ann"]},
        title="The *Very* Long Way Home",
        author=["Ann Author", "Bob Writer"],
    )
    document = book.letter(colophon=["Model: embedded.", "The pictures are AI-generated.\n\nThanks to all."])
    kinds = [[b.kind for b in page.blocks] for page in document.pages]
    assert kinds == [["title", "title"], ["title", "title"], ["heading", "folio"], ["colophon"] * 3]
    assert document.pages[0].blocks[0].text == "The Very Long Way Home"
    assert document.outline[0].page == 2
    ids = [b.id for page in document.pages for b in page.blocks]
    assert len(ids) == len(set(ids))
    for page, planned in zip(document.pages, book.pages, strict=True):
        for item in page.items:
            if isinstance(item, TextItem) and item.role != "folio":
                assert planned.safe.inset(-1.0).contains(ink(item)), (item.role, item.text)


def test_prose_is_told_once_however_many_columns_and_pages_it_takes(made: Any) -> None:
    text = "\n\n".join(f"Paragraph {i}. " + "It goes on and on about *nothing* in particular. " * 30 for i in range(8))
    book = made([{"id": "p", "prompt": "x", "prose": text}])
    document = book.letter()
    blocks = [b for page in document.pages for b in page.blocks if b.kind == "prose"]
    assert [b.text for b in blocks] == [plain(part) for part in text.split("\n\n")]
    set_words = " ".join(
        i.text.strip() for page in document.pages for i in page.items if isinstance(i, TextItem) and i.role == "prose"
    )
    assert set_words.split() == " ".join(b.text for b in blocks).replace("*", "").split()
    for page, planned in zip(document.pages, book.pages, strict=True):
        for item in page.items:
            if isinstance(item, TextItem) and item.role == "prose":
                assert planned.safe.inset(-0.5).contains(ink(item))
