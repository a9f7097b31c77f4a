"""How pictures are cropped, and where people in them come to stand on the page."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novel.geometry import Rect
from novel.layout.page import ImageItem
from novel.layout.people import Person, people
from novel.layout.picture import Picture, crop
from novel.request import Subject
from novel.story.model import CastMember, Line, Panel


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(64, 2000), st.integers(64, 2000), st.floats(50, 900), st.floats(50, 900))
def test_a_crop_has_the_rectangles_aspect_and_lies_in_the_picture(w: int, h: int, width: float, height: float) -> None:
    source = crop(Picture("x", w, h), width, height)
    assert Rect(0, 0, 1, 1).contains(source)
    assert source.width * w / (source.height * h) == pytest.approx(width / height)
    assert source.width == pytest.approx(1) or source.height == pytest.approx(1)


def test_a_crop_takes_more_from_the_foot_than_from_the_head() -> None:
    source = crop(Picture("x", 100, 200), 100, 100)
    assert 0 < source.y < 1 - source.bottom


def test_a_crop_keeps_people_whole() -> None:
    at_left = Subject(character="a", x=0.02, y=0.3, width=0.2, height=0.5, confidence=1)
    assert crop(Picture("x", 400, 100, (at_left,)), 200, 100).x <= 0.02
    high = Subject(character="a", x=0.4, y=0.01, width=0.2, height=0.3, confidence=1)
    assert crop(Picture("x", 100, 200, (high,)), 100, 100).y <= 0.01


def test_a_spreads_halves_make_up_the_whole() -> None:
    picture = Picture("x", 400, 260)
    left, right = crop(picture, 100, 140, "left"), crop(picture, 100, 140, "right")
    assert left.right == pytest.approx(right.x)
    assert (left.y, left.width, left.height) == pytest.approx((right.y, right.width, right.height))
    assert (left.width * 2 * 400) / (left.height * 260) == pytest.approx(200 / 140)


def test_known_people_stand_where_the_picture_shows_them_after_its_crop() -> None:
    panel = Panel(id="p", cast=(CastMember(id="a"), CastMember(id="b")))
    subject = Subject(character="a", x=0.6, y=0.2, width=0.1, height=0.6, confidence=0.9)
    rect, source = Rect(100, 50, 200, 100), Rect(0.5, 0, 0.5, 1)
    a, b = people(panel, rect, source, Picture("x", 400, 100, (subject,)))
    assert a.known
    assert a.figure.x == pytest.approx(140)
    assert a.figure.contains(a.mouth)
    assert not b.known
    assert rect.contains(b.mouth)


def test_the_cast_stands_in_reading_order_and_where_at_says() -> None:
    cast = (CastMember(id="a"), CastMember(id="b"))
    rect, whole = Rect(0, 0, 300, 150), Rect(0, 0, 1, 1)
    a, b = people(Panel(id="p", cast=cast), rect, whole, None)
    assert a.mouth.x < b.mouth.x
    a, b = people(Panel(id="p", cast=cast), rect, whole, None, rtl=True)
    assert a.mouth.x > b.mouth.x
    panel = Panel(
        id="p", cast=cast, say=(Line(speaker="a", text="x", at="right"), Line(speaker="b", text="y", at="left"))
    )
    a, b = people(panel, rect, whole, None)
    assert a.mouth.x > b.mouth.x


def test_a_spread_shows_on_two_pages_and_says_every_line_once(made: Any) -> None:
    say = [{"ann": "One."}, {"bob": "Two."}, {"ann": "Three."}, {"bob": "Four."}]
    book = made([{"id": "s", "prompt": "x", "cast": ["ann", "bob"], "size": "spread", "say": say, "sfx": "BOOM"}])
    document = book.letter({"s": Picture("f" * 64, 800, 600)})
    pages = [p for p in document.pages if p.panels]
    assert len(pages) == 2
    sources = [i.source for p in pages for i in p.items if isinstance(i, ImageItem)]
    assert sources[0].right == pytest.approx(sources[1].x)
    said = [b.text for p in pages for b in p.blocks if b.panel == "s"]
    assert said == ["One.", "Two.", "Three.", "Four.", "BOOM"]
    ids = [b for p in pages for box in p.panels for b in box.blocks]
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.parametrize(
    ("words", "share"),
    [("waving on the left", 0.25), ("to the far right, angry", 0.75), ("in the middle", 0.5), ("left alone", 1 / 6)],
)
def test_the_words_that_tell_the_model_where_somebody_is_tell_the_letterer_too(words: str, share: float) -> None:
    panel = Panel(id="p", cast=(CastMember(id="a", words=words), CastMember(id="b"), CastMember(id="c")))
    first, *_, last = people(panel, Rect(0, 0, 100, 50), Rect(0, 0, 1, 1), None)
    assert first.mouth.x == pytest.approx(100 * share)
    assert last.mouth.x == pytest.approx(500 / 6)


def seen(words: str = "", **box: float) -> Person:
    """Somebody in a wide shot whom the picture shows in a box."""
    subject = Subject(character="a", confidence=0.9, **{"x": 0.6, "y": 0.24, "width": 0.15, "height": 0.7, **box})
    panel = Panel(id="p", shot="wide", cast=(CastMember(id="a", words=words),))
    (person,) = people(panel, Rect(0, 0, 200, 100), Rect(0, 0, 1, 1), Picture("x", 200, 100, (subject,)))
    return person


def test_a_box_on_the_wrong_side_was_somebody_elses() -> None:
    assert seen().known
    assert seen("on the right").known
    guessed = seen("on the left")
    assert not guessed.known
    assert guessed.mouth.x == pytest.approx(50)


def test_a_body_without_its_head_gets_one_where_the_shot_has_heads() -> None:
    whole, headless, far = seen(), seen(y=0.5, height=0.5), seen(y=0.6, height=0.15)
    assert headless.known
    assert headless.head.overlap(whole.head) > 0.8 * whole.head.area
    assert headless.mouth.y < 50
    # A small figure far away stands where it is seen.
    assert far.head.y == pytest.approx(60)
    assert far.figure.y == pytest.approx(60)


def test_what_is_kept_free_is_the_head_by_the_box_and_by_the_shot() -> None:
    high, low = seen(y=0.12, height=0.8), seen(y=0.36, height=0.6)
    assert high.head.y == pytest.approx(12)
    assert low.head.y < 25
    for person in (high, low):
        assert person.head.contains(Rect(person.mouth.x, person.mouth.y, 0, 0))
        assert person.figure.contains(person.head)
