"""Where the eye goes first in a picture, as a coarse grid: what a balloon should rather not cover.

Two things draw the eye: a place whose colour stands out from the whole (frequency-tuned saliency, Achanta et al. 2009:
the distance of a place's colour from the picture's mean, in Lab), and a place full of lines. Half of each. No model is
asked; the same pixels give the same bytes.
"""

from __future__ import annotations

from novel.render.backend import Pixels
from novel.render.resize import as_image
from novel.request import GRID

Lab = tuple[float, float, float]


def saliency(picture: Pixels) -> bytes:
    """A byte for each cell of ``GRID``, row by row from the top left. A flat picture gives zeros."""
    from PIL import Image, ImageFilter

    image = as_image(picture)
    columns, rows = GRID
    small = image.resize(GRID, Image.Resampling.BOX)
    colors = [_lab(*rgb) for rgb in zip(*(small.getchannel(c).tobytes() for c in "RGB"), strict=True)]
    mean = tuple(sum(c[i] for c in colors) / len(colors) for i in range(3))
    distinct = [sum((c[i] - mean[i]) ** 2 for i in range(3)) ** 0.5 for c in colors]
    # Lines, at a size where those of a drawing count and its grain doesn't. The filter leaves the outermost rows alone.
    fine = image.convert("L").resize((8 * columns, 8 * rows), Image.Resampling.BOX)
    edges = fine.filter(ImageFilter.FIND_EDGES).crop((1, 1, 8 * columns - 1, 8 * rows - 1))
    lines = list(edges.resize(GRID, Image.Resampling.BOX).tobytes())
    return bytes(round(255 * (a + b) / 2) for a, b in zip(_spread(_calm(distinct)), _spread(_calm(lines)), strict=True))


def _calm(values: list[float] | list[int]) -> list[float]:
    """Each cell with a share of its neighbours: the eye doesn't stop at a cell's border."""
    columns, rows = GRID
    out = []
    for y in range(rows):
        for x in range(columns):
            near = [
                values[v * columns + u]
                for v in range(max(0, y - 1), min(rows, y + 2))
                for u in range(max(0, x - 1), min(columns, x + 2))
            ]
            out.append((values[y * columns + x] + sum(near) / len(near)) / 2)
    return out


def _spread(values: list[float]) -> list[float]:
    """From 0 for the calmest tenth to 1 for the strongest twentieth."""
    ranked = sorted(values)
    low, high = ranked[len(ranked) // 10], ranked[len(ranked) * 19 // 20]
    if high - low < 1e-6:
        return [0.0] * len(values)
    return [min(1.0, max(0.0, (value - low) / (high - low))) for value in values]


def _lab(red: int, green: int, blue: int) -> Lab:
    """CIE Lab of an sRGB colour under D65 (IEC 61966-2-1; CIE 15)."""
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red / 255, green / 255, blue / 255)
    )
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
