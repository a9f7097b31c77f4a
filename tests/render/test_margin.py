"""A reference picture's plain margin goes; nothing else does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from novel.render.margin import without_margin


def canvas(colour: tuple[int, int, int] = (250, 245, 235)) -> np.ndarray:
    return np.full((120, 200, 3), colour, np.uint8)


def test_the_figure_is_left_with_a_little_around_it() -> None:
    picture = canvas()
    picture[20:100, 60:110] = (30, 90, 90)
    assert without_margin(picture).shape == (80 + 2 * 3, 50 + 2 * 2, 3)


def test_grain_and_a_soft_shadow_belong_to_the_margin() -> None:
    picture = canvas().astype(np.int16) + np.random.default_rng(0).integers(-8, 9, (120, 200, 3))
    picture[90:110, 40:150] -= 10
    picture[20:100, 60:110] = (30, 90, 90)
    assert without_margin(picture.clip(0, 255).astype(np.uint8)).shape == (86, 54, 3)


def test_a_picture_without_a_plain_margin_stays_whole() -> None:
    scene = canvas()
    scene[:60] = (90, 140, 220)  # Sky over ground: two colours along the edges.
    assert without_margin(scene) is scene
    assert without_margin(canvas()).shape == (120, 200, 3)  # Nothing in it.


@given(st.integers(0, 99), st.integers(0, 179), st.integers(1, 20), st.integers(1, 20))
def test_what_is_there_is_never_cut(top: int, left: int, height: int, width: int) -> None:
    picture = canvas()
    picture[top : top + height, left : left + width] = (200, 10, 10)
    red = (picture == (200, 10, 10)).all(2).sum()
    assert ((without_margin(picture)) == (200, 10, 10)).all(2).sum() == red
