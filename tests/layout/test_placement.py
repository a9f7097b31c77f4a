"""Where balloons stand: apart, in reading order, their tails at their own speakers, always the same."""

from __future__ import annotations

from math import dist

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from novel.geometry import Point, Rect
from novel.layout import tail
from novel.layout.balloon import PADDING, Shape, Shaper
from novel.layout.costs import Ground, crosses, meet
from novel.layout.fonts import FontSet
from novel.layout.grid import drafts_of
from novel.layout.people import Person
from novel.layout.place import Placed, _option, place, shelves
from novel.layout.reading import gap, precedes, reading_order
from novel.layout.saliency import Saliency
from novel.layout.tail import Voice
from novel.layout.text import compose
from novel.layout.wording import dressed
from novel.request import GRID

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
            assert ax == bx or all(one.tip.distance(m) > own for m in others)
        if not voices[i].speaker:
            assert one.tip is None
    assert placed == arranged(voices, panel, area, people, rtl)


def arranged(voices: list[Voice], panel: Rect, area: Rect, people: list[Person], rtl: bool) -> list[Placed]:
    found = place(voices, panel, area, people, rtl=rtl, spacing=3.5)
    found = found or shelves(voices, panel, area, people, rtl=rtl, spacing=3.5)
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


NAMES = ("a", "b", "c", "d")


@settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(
    at=st.lists(st.tuples(st.integers(40, 430), st.integers(70, 190)), min_size=2, max_size=4, unique=True),
    said=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=8),
    rtl=st.booleans(),
    framed=st.booleans(),
    salient=st.booleans(),
)
def test_every_tail_ends_nearer_to_its_own_speaker_than_to_any_other(
    at: list[tuple[int, int]], said: list[tuple[int, int]], rtl: bool, framed: bool, salient: bool
) -> None:
    panel = Rect(20, 30, 432, 230)
    people = [person(NAMES[i], x, y) for i, (x, y) in enumerate(at)]
    speakers = [people[i % len(people)] for i, _ in said]
    voices = [
        Voice(shapes(words), who.mouth, speaker=who.character, linked=i > 0 and speakers[i - 1] is who)
        for i, (who, (_, words)) in enumerate(zip(speakers, said, strict=True))
    ]
    saliency = Saliency(bytes(i % 256 for i in range(GRID[0] * GRID[1])), Rect(0, 0, 1, 1), panel)
    placed = place(voices, panel, panel.inset(4), people, rtl=rtl, spacing=3.5, frame=panel if framed else None,
                   saliency=saliency if salient else None)  # fmt: skip
    placed = placed or shelves(voices, panel, panel.inset(4), people, rtl=rtl, spacing=3.5)
    assert placed is not None
    assert reading_order([p.rect for p in placed], rtl=rtl) == list(range(len(placed)))
    for spot, who in zip(placed, speakers, strict=True):
        assert panel.contains(spot.rect, slack=1e-3)
        if spot.tip is None:
            continue
        others = [p for p in people if p is not who]
        assert all(spot.tip.distance(p.mouth) > spot.tip.distance(who.mouth) for p in others)
        root = Point(*tail.edge(spot.shape, spot.center.x, spot.center.y, spot.tip.x, spot.tip.y))
        for other in others:
            if other.head.overlap(who.head) == 0:
                h = other.head
                assert not crosses((root.x, root.y), (spot.tip.x, spot.tip.y), (h.x, h.y, h.right, h.bottom))
        # It points at its own mouth, or is turned from it a little.
        bearing = (spot.tip.x - root.x) * (who.mouth.x - root.x) + (spot.tip.y - root.y) * (who.mouth.y - root.y)
        assert bearing > 0.8 * root.distance(spot.tip) * root.distance(who.mouth)


def test_people_far_enough_apart_all_get_their_tails() -> None:
    panel = Rect(20, 30, 432, 230)
    people = [person(name, x, 150) for name, x in zip(NAMES, (70, 180, 290, 400), strict=True)]
    for order in ("abcd", "badc", "dcba"):
        speakers = [next(p for p in people if p.character == name) for name in order]
        voices = [Voice(shapes(3), who.mouth, speaker=who.character) for who in speakers]
        placed = place(voices, panel, panel.inset(4), people, frame=panel)
        assert placed is not None
        assert all(p.tip is not None for p in placed), order


@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(
    xs=st.tuples(st.integers(60, 130), st.integers(180, 250), st.integers(310, 400)),
    ys=st.tuples(*[st.integers(130, 190)] * 3),
    order=st.permutations(range(3)),
    words=st.tuples(*[st.integers(1, 9)] * 3),
)
def test_whoever_speaks_gets_a_tail_where_there_is_room_for_one(
    xs: tuple[int, ...], ys: tuple[int, ...], order: list[int], words: tuple[int, ...]
) -> None:
    panel = Rect(20, 30, 432, 230)
    people = [person(name, x, y) for name, x, y in zip(NAMES, xs, ys, strict=False)]
    voices = [Voice(shapes(words[i]), people[i].mouth, speaker=people[i].character) for i in order]
    placed = place(voices, panel, panel.inset(4), people, spacing=3.5, frame=panel)
    assert placed is not None
    assert all(spot.tip is not None for spot in placed)


def test_a_tail_is_lengthened_or_turned_rather_than_left_to_point_at_somebody_else() -> None:
    (shape, *_) = shapes(3)
    panel = Rect(0, 0, 432, 230)
    voice = Voice((shape,), Point(380, 120), speaker="a")
    x, y = 60.0, 40.0
    alone = tail.tip(shape, x, y, voice, panel)
    longer = tail.tip(shape, x, y, voice, panel, [(130.0, 150.0)])
    assert alone is not None
    assert longer is not None
    assert longer[0] > alone[0] + 10
    assert tail.own(longer, (380, 120), [(130.0, 150.0)])
    # Whoever stands farther off changes nothing.
    assert tail.tip(shape, x, y, voice, panel, [(20.0, 200.0), (130.0, 150.0), (60.0, 220.0)]) == longer
    # The rival stands in the way: whatever the tail's length, it would end nearer to them.
    assert tail.tip(shape, x, y, voice, panel, [(370.0, 118.0)]) is None
    # Beside the way, a little turn is enough.
    turned = tail.tip(shape, 380, 30, voice, panel, [(352.0, 82.0)])
    assert turned is not None
    assert turned[0] > 380
    assert tail.own(turned, (380, 120), [(352.0, 82.0)])


@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(said=VOICES, x=st.floats(60, 380), y=st.floats(90, 170), rtl=st.booleans())
def test_what_the_border_cuts_keeps_its_words_padding_and_leaves_no_sliver(
    said: list[tuple[str, int, str]], x: float, y: float, rtl: bool
) -> None:
    panel = Rect(20, 30, 432, 260)
    frame = panel.inset(0.2)
    people = [person("", x, y)]
    voices = [
        Voice(shapes(words, kind if who else "caption"), people[0].mouth if who == "a" else None, who in ("b", "off"))
        for who, words, kind in said
    ]
    placed = place(voices, panel, panel.inset(4), people, rtl=rtl, spacing=3.5, frame=frame)
    for spot in placed or []:
        shape, center = spot.shape, spot.center
        assert frame.contains(spot.rect)
        gaps = (spot.rect.x - frame.x, frame.right - spot.rect.right,
                spot.rect.y - frame.y, frame.bottom - spot.rect.bottom)  # fmt: skip
        if spot.frame is None:
            assert min(gaps) > (0.79 * shape.size if shape.kind == "caption" else 3.5)
            continue
        assert spot.frame == frame
        assert shape.kind in ("speech", "whisper", "caption")
        assert min(gaps) < 1e-6
        half = max(shape.broken.widths) * shape.size / 2
        words = Rect(center.x - half, center.y - shape.text_height / 2, 2 * half, shape.text_height)
        assert frame.inset(PADDING * shape.size).contains(words)
        assert spot.tip is None or frame.contains(spot.tip) or spot.shape.kind != "caption"


def test_captions_stand_in_the_corner_and_nothing_is_anchored_where_there_is_no_border() -> None:
    panel = Rect(20, 30, 432, 260)
    voices = [Voice(shapes(6, "caption")), Voice(shapes(4), Point(300, 200), speaker="a")]
    for rtl, corner in ((False, panel.x), (True, panel.right)):
        placed = place(voices, panel, panel.inset(4), [], rtl=rtl, frame=panel)
        assert placed is not None
        assert (placed[0].rect.right if rtl else placed[0].rect.x) == pytest.approx(corner)
        assert placed[0].rect.y == pytest.approx(panel.y)
    free = place(voices, panel, panel.inset(4), [])
    assert free is not None
    assert all(p.frame is None and panel.inset(4).contains(p.rect) for p in free)


def test_the_search_finds_what_pricing_every_place_in_full_finds() -> None:
    panel = Rect(20, 30, 432, 260)
    saliency = Saliency(bytes((7 * i) % 256 for i in range(GRID[0] * GRID[1])), Rect(0, 0, 1, 1), panel)
    people = [person("a", 120, 150), person("b", 310, 140)]
    ground = Ground.of(panel, people, rtl=False, spacing=3.5, frame=panel, saliency=saliency)
    for who, words in zip("abab", (2, 5, 9, 14), strict=True):
        mouth = next(p.mouth for p in people if p.character == who)
        voice = Voice(shapes(words), mouth, speaker=who)
        rivals = [(p.mouth.x, p.mouth.y) for p in people if p.character != who]
        drafts = list(drafts_of(voice, 0.0, panel.inset(4), ground))
        options = [_option(voice, draft, rivals, ground) for draft in drafts]
        assert all(option.cost >= draft.cost - 1e-9 for option, draft in zip(options, drafts, strict=True))
        best = min(options, key=lambda o: (o.cost, o.order))
        placed = place([voice], panel, panel.inset(4), people, spacing=3.5, frame=panel, saliency=saliency)
        assert placed is not None
        assert (placed[0].center, placed[0].shape) == (Point(best.x, best.y), best.shape)


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
