"""From maps to boxes: the strongest region, what competes for it, and how sure that is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from novel.geometry import Rect
from novel.render.regions import boxes

COLUMNS, ROWS = 24, 12


def bump(
    left: int, top: int, right: int, bottom: int, *, strength: float = 1.0, ground: float = 0.05
) -> list[list[float]]:
    """A map that is strong within some cells, and weakly uneven elsewhere."""
    return [
        [
            strength if left <= x < right and top <= y < bottom else ground * ((3 * x + 5 * y) % 4) / 4
            for x in range(COLUMNS)
        ]
        for y in range(ROWS)
    ]


def overlap(a: Rect, b: Rect) -> float:
    shared = a.overlap(b)
    return shared / (a.area + b.area - shared)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    left=st.integers(0, 17), top=st.integers(0, 5), width=st.integers(5, 7), height=st.integers(5, 7),
)  # fmt: skip
def test_the_box_is_that_of_what_is_felt_most(left: int, top: int, width: int, height: int) -> None:
    (found,) = boxes([bump(left, top, left + width, top + height)])
    assert found is not None
    box, sure = found
    assert overlap(box, Rect(left / COLUMNS, top / ROWS, width / COLUMNS, height / ROWS)) > 0.5
    assert sure > 0.6


def test_one_strong_place_beats_a_weaker_one_and_the_doubt_is_told() -> None:
    clear = bump(2, 2, 7, 10)
    doubtful = [
        [max(a, 0.7 * b) for a, b in zip(*rows, strict=True)] for rows in zip(clear, bump(16, 2, 21, 10), strict=True)
    ]
    (sure,), (unsure,) = boxes([clear]), boxes([doubtful])
    assert sure is not None
    assert unsure is not None
    assert unsure[0].center.x < 0.4
    assert unsure[1] < sure[1] - 0.2


def test_maps_compete_for_a_place_that_both_feel() -> None:
    # Both people's words are at work on the left; only one of them is also felt on the right.
    left, right = bump(2, 2, 7, 10), bump(16, 2, 21, 10)
    both = [[0.6 * a + b for a, b in zip(*rows, strict=True)] for rows in zip(left, right, strict=True)]
    first, second = boxes([left, both])
    assert first is not None
    assert second is not None
    assert first[0].center.x < 0.4
    assert second[0].center.x > 0.6


def test_a_flat_map_has_no_box() -> None:
    flat = [[0.3] * COLUMNS for _ in range(ROWS)]
    assert boxes([flat, bump(2, 2, 8, 10)])[0] is None
    assert boxes([[[0.0] * COLUMNS for _ in range(ROWS)]]) == [None]
