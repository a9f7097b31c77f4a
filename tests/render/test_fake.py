"""The fake backend draws the same for the same request, and something else for any other."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from render_samples import request_for

from novel.render.backend import Pixels
from novel.render.fake import FakeBackend
from novel.request import Init


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**64 - 1))
def test_any_size_is_filled(width: int, height: int, seed: int) -> None:
    request = request_for(width=width, height=height, seed=seed)
    pixels = FakeBackend().render(request, None)
    assert len(pixels.data) == 3 * width * height
    assert pixels == FakeBackend().render(request, None)


def test_requests_are_told_apart() -> None:
    pictures = {FakeBackend().render(request_for(seed=n), None).data for n in range(50)}
    assert len(pictures) == 50


def test_the_starting_picture_shows_through_by_its_share() -> None:
    start = Pixels(8, 4, bytes([255]) * 96)
    own = FakeBackend().render(request_for(), None).data

    def mean(strength: float) -> float:
        request = request_for(init=Init(kind="asset", source="0", strength=strength))
        data = FakeBackend().render(request, start).data
        assert len(data) == len(own)
        return sum(data) / len(data)

    assert mean(0.0) == 255
    assert mean(0.0) > mean(0.5) > mean(1.0)
