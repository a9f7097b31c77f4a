"""Pixel sizes: of the model's multiple, near its area and the asked aspect."""

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
