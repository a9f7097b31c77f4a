"""Pixel sizes: of the model's multiple, near its area and the asked aspect."""

from dataclasses import replace
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novel.plan.model import ModelSpec
from novel.plan.pixels import pixel_size


def spec(multiple: int, pixels: int) -> ModelSpec:
    return ModelSpec("m", "fake", "sha256:0", multiple, pixels, 20, 5.0, 0.0, "ddim")


@pytest.mark.parametrize(
    ("multiple", "pixels", "aspect", "size"),
    [
        (32, 384 * 192, 2.06, (384, 192)),
        (32, 384 * 192, 1.0, (256, 288)),
        (8, 512 * 512, 2.06, (736, 360)),
        (64, 1024 * 1024, 2.06, (1472, 704)),
        (16, 1024 * 1024, 0.65, (832, 1280)),
    ],
)
def test_known_sizes(multiple: int, pixels: int, aspect: float, size: tuple[int, int]) -> None:
    width, height = pixel_size(aspect, spec(multiple, pixels))
    assert abs(width - size[0]) <= multiple
    assert abs(height - size[1]) <= multiple


@given(st.sampled_from([8, 16, 32, 64]), st.integers(200, 1500), st.floats(0.3, 4.0))
def test_any_aspect_comes_near(multiple: int, side: int, aspect: float) -> None:
    width, height = pixel_size(aspect, spec(multiple, side * side))
    assert width % multiple == 0
    assert height % multiple == 0
    coarse = multiple / side * 2
    assert abs(log(width / height / aspect)) < 0.15 + coarse
    assert abs(log(width * height / side**2)) < 0.25 + coarse


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(2.0, (768, 384)), (2.3, (896, 384)), (5.0, (1024, 384)), (1.6, (640, 384)), (1.0, (512, 384)), (0.6, (512, 384))],
)
def test_a_model_of_one_oblong_size_keeps_its_shorter_side(aspect: float, size: tuple[int, int]) -> None:
    own = replace(spec(64, 768 * 384), own_size=(768, 384))
    assert pixel_size(aspect, own) == size
    upright = replace(own, own_size=(384, 768))
    assert pixel_size(1 / aspect, upright) == size[::-1]
