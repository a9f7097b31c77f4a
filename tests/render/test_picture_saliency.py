"""The grid of where the eye goes: a lone thing draws it, a plain ground doesn't, and the bytes are always the same."""

from __future__ import annotations

from PIL import Image, ImageDraw

from novel.render.backend import Pixels
from novel.render.saliency import saliency
from novel.request import GRID

COLUMNS, ROWS = GRID


def pixels(image: Image.Image) -> Pixels:
    return Pixels(image.width, image.height, image.tobytes())


def painted(size: tuple[int, int] = (768, 384)) -> Image.Image:
    """A red, lined figure in the right half of a sky."""
    image = Image.new("RGB", size, (150, 190, 240))
    draw = ImageDraw.Draw(image)
    w, h = size
    draw.rectangle((0.65 * w, 0.3 * h, 0.8 * w, 0.9 * h), fill=(200, 40, 30), outline=(0, 0, 0), width=4)
    for i in range(8):
        draw.line((0.65 * w, (0.35 + 0.06 * i) * h, 0.8 * w, (0.38 + 0.06 * i) * h), fill=(0, 0, 0), width=3)
    return image


def mean(grid: bytes, left: float, top: float, right: float, bottom: float) -> float:
    cells = [
        grid[y * COLUMNS + x]
        for y in range(round(top * ROWS), round(bottom * ROWS))
        for x in range(round(left * COLUMNS), round(right * COLUMNS))
    ]
    return sum(cells) / len(cells)


def test_the_eye_goes_to_the_lone_figure_and_not_to_the_sky() -> None:
    grid = saliency(pixels(painted()))
    assert len(grid) == COLUMNS * ROWS
    assert mean(grid, 0.65, 0.35, 0.8, 0.9) > 180
    assert mean(grid, 0.0, 0.0, 0.5, 1.0) < 20


def test_the_same_pixels_give_the_same_bytes_and_the_size_hardly_matters() -> None:
    grid = saliency(pixels(painted()))
    assert grid == saliency(pixels(painted()))
    small = saliency(pixels(painted((384, 192))))
    assert sum(abs(a - b) for a, b in zip(grid, small, strict=True)) / len(grid) < 12


def test_a_flat_picture_has_nothing_to_see() -> None:
    assert saliency(pixels(Image.new("RGB", (64, 48), (90, 90, 90)))) == bytes(COLUMNS * ROWS)
