"""Where balloons stand: apart, in reading order, their tails at their own speakers, always the same."""

from __future__ import annotations

from math import dist

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from novel.geometry import Point, Rect
from novel.layout import tail
from novel.layout.balloon import Shape, Shaper
from novel.layout.costs import crosses, meet
from novel.layout.fonts import FontSet
from novel.layout.people import Person
from novel.layout.place import Placed, place, shelves
from novel.layout.reading import gap, precedes, reading_order
from novel.layout.tail import Voice
from novel.layout.text import compose
from novel.layout.wording import dressed

FONTS = FontSet("comic-neue")
SAMPLE = "it was a long and noisy night for everybody who had come to see the picture that nobody had painted".split()


def shapes(words: int, kind: str = "speech", size: float = 8.5, width: float = 220.0) -> tuple[Shape, ...]:
    paragraph = compose(dressed(" ".join(SAMPLE[:words]), caps=True), FONTS)
    return tuple(Shaper(paragraph, kind, caps=True).shapes(size, width, 200.0))  # type: ignore[arg-type]


def person(name: str, x: float, y: float) -> Person:
    head = Rect(x - 15, y - 22, 30, 40)
    return Person(name, head, Point(x, y), Rect(x - 25, y - 22, 50, 100), True)


VOICES = st.lists(
    st.tuples(
        st.sampled_from(("a", "b", "off", "")),
        st.integers(1, 14),
        st.sampled_from(("speech", "thought", "whisper", "shout", "radio")),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(
    said=VOICES,
    ax=st.floats(60, 380),
    bx=st.floats(60, 380),
    y=st.floats(80, 150),
    rtl=st.booleans(),
)
def test_any_voices_stand_apart_in_order_with_tails_at_their_own_speakers(
    said: list[tuple[str, int, str]], ax: float, bx: float, y: float, rtl: bool
) -> None:
    panel = Rect(20, 30, 432, 210)
    area = panel.inset(4)
    people = [person("a", ax, y), person("b", bx, y)]
    mouths = {p.character: p.mouth for p in people}
    voices = []
    for i, (who, words, kind) in enumerate(said):
        linked = i > 0 and kind == "speech" and (who, kind) == (said[i - 1][0], said[i - 1][2]) and bool(who)
        side = ("left", "right", None)[i % 3] if who == "off" else None
        shown = shapes(words, kind if who else "caption")
        voices.append(Voice(shown, mouths.get(who), who == "off", side, who, linked))  # type: ignore[arg-type]
    placed = arranged(voices, panel, area, people, rtl)
    rects = [p.rect for p in placed]
    assert reading_order(rects, rtl=rtl) == list(range(len(rects)))
    for i, one in enumerate(placed):
        assert area.contains(one.rect, slack=1e-3)
        for j, other in enumerate(placed):
            if i != j:
                assert gap(rects[i], rects[j]) > 3.4
                _tails_clear(one, other)
        if one.tip is not None and voices[i].mouth is not None:
            own = one.tip.distance(voices[i].mouth)
            root = tail.edge(one.shape, one.center.x, one.center.y, one.tip.x, one.tip.y)
            whole = dist(root, (voices[i].mouth.x, voices[i].mouth.y))
            assert dist(root, (one.tip.x, one.tip.y)) <= 0.601 * whole
            others = [m for name, m in mouths.items() if name != voices[i].speaker]
            if abs(ax - bx) > 120 and len(said) <= 3:
                assert all(one.tip.distance(m) > own for m in others)
        if not voices[i].speaker:
            assert one.tip is None
    assert placed == arranged(voices, panel, area, people, rtl)


def arranged(voices: list[Voice], panel: Rect, area: Rect, people: list[Person], rtl: bool) -> list[Placed]:
    found = place(voices, panel, area, people, rtl=rtl, spacing=3.5)
    found = found or shelves(voices, panel, area, rtl=rtl, spacing=3.5)
    assert found is not None
    return found


def _tails_clear(one: Placed, other: Placed) -> None:
    if one.tip is None:
        return
    root = tail.edge(one.shape, one.center.x, one.center.y, one.tip.x, one.tip.y)
    tip = (one.tip.x, one.tip.y)
    r = other.rect
    assert not crosses(root, tip, (r.x, r.y, r.right, r.bottom))
    if other.tip is not None:
        other_root = tail.edge(other.shape, other.center.x, other.center.y, other.tip.x, other.tip.y)
        assert not meet(root, tip, other_root, (other.tip.x, other.tip.y))


def test_two_speakers_get_their_balloons_on_their_own_sides_and_no_head_is_covered() -> None:
    panel = Rect(0, 0, 432, 210)
    people = [person("a", 100, 90), person("b", 330, 90)]
    voices = [Voice(shapes(8), p.mouth, speaker=p.character) for p in people]
    placed = place(voices, panel, panel.inset(4), people)
    assert placed is not None
    assert placed[0].center.x < 216 < placed[1].center.x
    for spot in placed:
        assert spot.tip is not None
        assert all(spot.rect.overlap(p.head) == 0 for p in people)


def test_one_speaker_who_goes_on_is_joined_and_keeps_one_tail() -> None:
    panel = Rect(0, 0, 432, 210)
    people = [person("a", 200, 120)]
    voices = [
        Voice(shapes(4), people[0].mouth, speaker="a"),
        Voice(shapes(6), people[0].mouth, speaker="a", linked=True),
    ]
    placed = place(voices, panel, panel.inset(4), people)
    assert placed is not None
    assert placed[0].joined
    assert [p.tip is not None for p in placed].count(True) == 1


@pytest.mark.parametrize(("side", "x"), [("left", 0.0), ("right", 432.0)])
def test_an_unseen_speakers_tail_reaches_the_side_asked_for(side: str, x: float) -> None:
    panel = Rect(0, 0, 432, 210)
    voices = [Voice(shapes(5), None, True, side, "z")]  # type: ignore[arg-type]
    placed = place(voices, panel, panel.inset(4), [])
    assert placed is not None
    assert placed[0].tip is not None
    assert abs(placed[0].tip.x - x) < 1e-6


def test_too_many_voices_have_no_place() -> None:
    panel = Rect(0, 0, 100, 60)
    voices = [Voice(shapes(12, width=92.0), None, True, None, "z") for _ in range(4)]
    assert place(voices, panel, panel.inset(4), []) is None
    assert shelves(voices, panel, panel.inset(4)) is None


def test_a_row_is_read_from_the_side_where_reading_starts_and_a_higher_row_first() -> None:
    left, right, low = Rect(0, 0, 50, 20), Rect(60, 5, 50, 20), Rect(0, 40, 50, 20)
    assert reading_order([right, low, left]) == [2, 0, 1]
    assert reading_order([right, low, left], rtl=True) == [0, 2, 1]
    assert precedes(left, low)
    assert not precedes(low, left)


def test_blocks_that_each_stand_before_another_have_no_order() -> None:
    # Each shares a row with the next, so that left of it and above it disagree in a circle.
    a, b, c = Rect(40, 0, 30, 30), Rect(75, 14, 30, 40), Rect(0, 24, 35, 28)
    assert precedes(a, b)
    assert precedes(c, b)
    assert precedes(a, c)
    assert reading_order([a, b, c]) == [0, 2, 1]
