"""The figures of consistency, against sums done by hand and against what must hold for all vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novel.review import figures

NONE = np.zeros((0, 2), np.float32)


def at(*degrees: float) -> np.ndarray:
    """Vectors of length 1 at these angles."""
    return np.float32([[math.cos(math.radians(d)), math.sin(math.radians(d))] for d in degrees])


def test_self_is_the_mean_over_all_pairs() -> None:
    found = figures.consistency(at(0, 60, 90), NONE)
    cosines = math.cos(math.pi / 3), math.cos(math.pi / 2), math.cos(math.pi / 6)
    assert found.self == pytest.approx(sum(cosines) / 3, abs=1e-6)
    assert found.fits == pytest.approx([(0.5 + 0) / 2, (0.5 + cosines[2]) / 2, cosines[2] / 2], abs=1e-6)
    assert found.cross is None
    assert found.to_references == (None, None, None)


def test_cross_is_the_mean_over_crops_and_references() -> None:
    found = figures.consistency(at(0, 60), at(60, 120))
    assert found.to_references == pytest.approx([(0.5 - 0.5) / 2, (1 + 0.5) / 2], abs=1e-6)
    assert found.cross == pytest.approx(0.375, abs=1e-6)


def test_a_first_picture_is_not_compared_with_itself() -> None:
    crops = at(0, 60, 90)
    found = figures.consistency(crops, crops[:1], own=(0,))
    assert found.to_references[0] is None
    assert found.cross == pytest.approx(0.25, abs=1e-6)


def test_one_crop_alone_is_no_consistency() -> None:
    found = figures.consistency(at(10), NONE)
    assert found.self is None
    assert found.fits == (None,)
    assert figures.consistency(NONE, at(0)).self is None
    assert figures.between(NONE, at(0)) is None


@given(st.lists(st.floats(0, 360), min_size=2, max_size=12), st.lists(st.floats(0, 360), min_size=1, max_size=4))
def test_figures_stay_within_bounds_and_no_order_matters(crops: list[float], references: list[float]) -> None:
    one = figures.consistency(at(*crops), at(*references))
    other = figures.consistency(at(*reversed(crops)), at(*reversed(references)))
    assert one.self == pytest.approx(other.self, abs=1e-5)
    assert one.cross == pytest.approx(other.cross, abs=1e-5)
    assert -1.0001 <= (one.self or 0) <= 1.0001
    assert -1.0001 <= (one.cross or 0) <= 1.0001
    assert one.self == pytest.approx(np.mean(one.fits), abs=1e-5)


def test_strays_are_far_below_the_middle_only() -> None:
    assert figures.strays([0.8, 0.81, 0.79, 0.8, 0.4, None]) == [4]
    assert figures.strays([0.8, 0.81, 0.79, 0.8, 0.99]) == []  # Better than the others is no fault.
    assert figures.strays([0.9, 0.9, 0.9, 0.9, 0.86]) == []  # Nearly alike.
    assert figures.strays([0.9, 0.2, 0.9]) == []  # Too few to tell.
    assert figures.strays([]) == []
    # What is near depends on how alike the measure finds others.
    close = [0.99, 0.991, 0.989, 0.99, 0.98]
    assert figures.strays(close) == []
    assert figures.strays(close, others=0.95) == [4]
    assert figures.strays(close, others=0.2) == []


@given(st.lists(st.floats(-1, 1), max_size=30))
def test_strays_are_fewer_than_half(values: list[float]) -> None:
    found = figures.strays(values)
    assert len(found) <= len(values) / 2
    assert all(values[i] < sorted(values)[len(values) // 2] for i in found)


def test_count_match() -> None:
    assert figures.count_match(2, 2) == 100
    assert figures.count_match(1, 2) == pytest.approx(100 * math.exp(-0.5), abs=1e-3)
    assert figures.count_match(0, 1) == pytest.approx(100 / math.e, abs=1e-3)
