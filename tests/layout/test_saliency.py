"""Where the eye goes: what the grid says of any rectangle, and that balloons and sound words keep off it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_placement import person, shapes

from novel.geometry import Point, Rect
from novel.layout import sound
from novel.layout.fonts import FontSet
from novel.layout.people import Person
from novel.layout.picture import Picture, crop
from novel.layout.place import place
from novel.layout.saliency import Saliency
from novel.layout.tail import Voice
from novel.layout.text import compose
from novel.layout.wording import dressed
from novel.request import GRID

COLUMNS, ROWS = GRID
PANEL = Rect(30, 40, 420, 210)
WHOLE = Rect(0, 0, 1, 1)
FONTS = FontSet("comic-neue")


def grid(left: float, top: float, right: float, bottom: float, value: int = 255) -> bytes:
    """A grid that is 0 but for a rectangle in shares of the picture."""
    return bytes(
        value if left <= (x + 0.5) / COLUMNS < right and top <= (y + 0.5) / ROWS < bottom else 0
        for y, x in product(range(ROWS), range(COLUMNS))
    )


def slow_mean(saliency: Saliency, rect: Rect) -> float:
    """The mean as it is defined: every cell by the area that it shares with the rectangle."""
    s, p = saliency.source, saliency.rect
    covered = 0.0
    for index, value in enumerate(saliency.cells):
        y, x = divmod(index, COLUMNS)
        cell = Rect(
            p.x + (x / COLUMNS - s.x) / s.width * p.width,
            p.y + (y / ROWS - s.y) / s.height * p.height,
            p.width / s.width / COLUMNS,
            p.height / s.height / ROWS,
        )
        covered += value / 255 * cell.overlap(rect)
    return covered / rect.area


@settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(
    cells=st.binary(min_size=COLUMNS * ROWS, max_size=COLUMNS * ROWS),
    size=st.tuples(st.integers(200, 900), st.integers(200, 900)),
    part=st.sampled_from(("whole", "left", "right")),
    at=st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0.05, 1)),
)
def test_the_mean_under_a_rectangle_is_that_of_the_cells_it_covers(
    cells: bytes, size: tuple[int, int], part: str, at: tuple[float, float, float, float]
) -> None:
    picture = Picture("0" * 64, *size, saliency=cells)
    saliency = Saliency.of(picture, crop(picture, PANEL.width, PANEL.height, part), PANEL)  # type: ignore[arg-type]
    assert saliency is not None
    x, y, w, h = at
    rect = Rect(PANEL.x + x * PANEL.width, PANEL.y + y * PANEL.height, w * PANEL.width, h * PANEL.height)
    shown = rect.intersection(PANEL)
    assert shown is not None
    assert saliency.mean(shown) == pytest.approx(slow_mean(saliency, shown), abs=1e-6)


def test_a_picture_of_which_nothing_is_known_has_none() -> None:
    assert Saliency.of(None, WHOLE, PANEL) is None
    assert Saliency.of(Picture("0" * 64, 512, 256), WHOLE, PANEL) is None
    assert Saliency.of(Picture("0" * 64, 512, 256, saliency=b"\x01"), WHOLE, PANEL) is None


def test_a_crop_shows_only_its_own_cells_in_their_places() -> None:
    saliency = Saliency(grid(0.75, 0, 1, 1), Rect(0.5, 0.25, 0.5, 0.5), PANEL)
    cells = list(saliency.shown())
    assert len(cells) == COLUMNS // 2 * (ROWS // 2)
    assert sum(c.area for c, _ in cells) == pytest.approx(PANEL.area)
    for cell, value in cells:
        assert PANEL.contains(cell)
        assert value == (1.0 if cell.center.x > PANEL.center.x else 0.0)


@pytest.mark.parametrize("salient", ["left", "right", "top"])
def test_a_balloon_keeps_off_what_draws_the_eye(salient: str) -> None:
    box = {"left": (0, 0, 0.5, 1), "right": (0.5, 0, 1, 1), "top": (0.3, 0, 0.7, 0.5)}[salient]
    saliency = Saliency(grid(*box), WHOLE, PANEL)
    voices = [Voice(shapes(7), Point(PANEL.center.x, PANEL.bottom - 30), speaker="a")]
    placed = place(voices, PANEL, PANEL.inset(4), [], saliency=saliency)
    assert placed is not None
    blind = place(voices, PANEL, PANEL.inset(4), [])
    assert blind is not None
    assert saliency.mean(placed[0].rect) < 0.1
    assert saliency.mean(placed[0].rect) < saliency.mean(blind[0].rect)


def test_what_draws_the_eye_is_never_dearer_than_a_head() -> None:
    people = [person("a", 100, 120)]
    # All but the head draws the eye.
    head = people[0].head
    blank = Saliency(bytes(COLUMNS * ROWS), WHOLE, PANEL)
    cells = bytes(0 if head.contains(cell.center) else 255 for cell, _ in blank.shown())
    placed = place([Voice(shapes(3), people[0].mouth, speaker="a")], PANEL, PANEL.inset(4), people,
                   saliency=Saliency(cells, WHOLE, PANEL))  # fmt: skip
    assert placed is not None
    assert placed[0].rect.overlap(head) == 0


def boom(taken: list[Rect], people: list[Person], saliency: Saliency | None = None) -> sound.SoundWord:
    paragraph = compose(dressed("KABOOM!", caps=True), FONTS, "display", bold=True)
    word = sound.fit(paragraph, PANEL, PANEL.inset(4), taken, [], people, saliency, floor=8.5)
    assert word is not None
    return word


@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(
    xs=st.lists(st.floats(PANEL.x + 20, PANEL.right - 20), min_size=1, max_size=4),
    y=st.floats(PANEL.y + 40, PANEL.y + 120),
    cells=st.binary(min_size=COLUMNS * ROWS, max_size=COLUMNS * ROWS),
)
def test_a_sound_word_covers_no_head_and_nothing_that_is_taken(xs: list[float], y: float, cells: bytes) -> None:
    people = [person(f"p{i}", x, y) for i, x in enumerate(xs)]
    taken = [Rect(PANEL.x + 10, PANEL.y + 5, 150, 40), Rect(PANEL.x + 200, PANEL.y + 5, 120, 30)]
    word = boom(taken, people, Saliency(cells, WHOLE, PANEL))
    assert PANEL.contains(word.rect)
    assert all(word.rect.overlap(p.head) == 0 for p in people)
    assert all(word.rect.overlap(r) == 0 for r in taken)


def test_a_sound_word_covers_nobody_where_there_is_room_beside_them() -> None:
    for x in (90, 150, 330, 400):
        word = boom([], [person("a", x, 110)])
        assert word.rect.overlap(person("a", x, 110).figure) == 0
        assert word.size > 25


def test_a_sound_word_stands_where_the_eye_does_not_go() -> None:
    for left in (0.0, 0.5):
        saliency = Saliency(grid(left, 0, left + 0.5, 1), WHOLE, PANEL)
        assert saliency.mean(boom([], [], saliency).rect) < 0.25
