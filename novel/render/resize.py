"""Pixels at another size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novel.render.backend import Pixels

if TYPE_CHECKING:
    from PIL import Image


def as_image(pixels: Pixels) -> Image.Image:
    """The pixels as Pillow's image."""
    from PIL import Image

    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.data)


def fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture at a size: what sticks out of that size's aspect is cut off evenly, the rest resampled (Lanczos)."""
    if (pixels.width, pixels.height) == (width, height):
        return pixels
    from PIL import Image, ImageOps

    resized = ImageOps.fit(as_image(pixels), (width, height), Image.Resampling.LANCZOS)
    return Pixels(width, height, resized.tobytes())
