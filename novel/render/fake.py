"""A backend that draws flat pictures at once: for tests, and to see a layout before a model is at hand.

Chosen by the model name ``fake``. It needs neither torch nor numpy, and its name is in the key of every picture, so
that none of them ever answers for a real one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from novel.render.backend import Pixels, Stencil, Step
from novel.render.resize import fitted
from novel.request import RenderRequest


class FakeBackend:
    """A sky, a ground and a block standing on it, in colours and at a place derived from the request's key.

    A starting picture shows through by as much as the request leaves of it.
    """

    @property
    def recipe(self) -> Mapping[str, str]:
        """The edition of the drawing."""
        return {"backend": "fake 1"}

    def prepare(self, requests: Sequence[RenderRequest]) -> None:
        """Nothing is shared."""

    def render(
        self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
    ) -> Pixels:
        """Draw one picture; a mask makes no difference."""
        width, height = request.width, request.height
        digest = hashlib.sha256(request.key.encode()).digest()
        sky, ground, block = digest[0:3], digest[3:6], digest[6:9]
        horizon = height * (40 + digest[9] % 40) // 100
        left = width * (10 + digest[10] % 60) // 100
        right = min(width, left + max(1, width // 6))
        top = max(0, horizon - height // 3)
        plain, foot = sky * width, ground * width
        middle = sky * left + block * (right - left) + sky * (width - right)
        rows = [plain] * top + [middle] * (horizon - top) + [foot] * (height - horizon)
        data = b"".join(rows)
        if init is not None and request.init is not None:
            data = _blend(fitted(init, width, height).data, data, request.init.strength)
        for done in range(1, request.steps + 1):
            if step:
                step(done, request.steps)
        return Pixels(width, height, data)

    def locate(self, request: RenderRequest, picture: Pixels, words: Sequence[str]) -> Sequence[None]:
        """Nobody is in a flat picture."""
        return [None] * len(words)

    def close(self) -> None:
        """Nothing is held."""


def _blend(old: bytes, new: bytes, share: float) -> bytes:
    """Every byte between the two, ``share`` of the way to the new one, rounded down."""
    weight = round(share * 256)
    return bytes((a * (256 - weight) + b * weight) >> 8 for a, b in zip(old, new, strict=True))
