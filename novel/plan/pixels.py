"""Pixel sizes from rectangles.

A size is snapped to the model's multiple near the area the model was trained at; the layout crops the small rest. It
follows from a panel's size class and the paper alone, so that moving a gutter or a tier rarely renders anything anew.
"""

from __future__ import annotations

from math import log, sqrt

from novel.plan.model import ModelSpec

AREA_WEIGHT = 0.4
"""How much leaving the trained area costs beside leaving the asked aspect (both as logarithms of ratios)."""
STRETCH = (2 / 3, 4 / 3)
"""How far a picture's longer side may leave the one size that a model was trained at. Seen with the embedded model: at
its own height it draws from five quarters as wide on; narrower, people are lost, and higher, they stand on one another.
"""


def pixel_size(aspect: float, spec: ModelSpec) -> tuple[int, int]:
    """The width and height in pixels that come nearest to ``aspect`` (width / height) for a model.

    A model that was trained at one oblong size keeps to its shorter side; the layout crops what a panel can't show.
    """
    step = spec.multiple
    if spec.own_size is not None:
        width, height = spec.own_size
        if width > height:
            return _stretched(width, height * aspect, step), height
        return width, _stretched(height, width / aspect, step)
    ideal = sqrt(spec.pixels * aspect)
    best: tuple[float, int, int] | None = None
    nearest = max(1, round(ideal / step))
    for columns in range(max(1, nearest - 3), nearest + 4):
        width = columns * step
        for rows in {max(1, int(width / aspect / step)), max(1, int(width / aspect / step) + 1)}:
            height = rows * step
            cost = abs(log(width / height / aspect)) + AREA_WEIGHT * abs(log(width * height / spec.pixels))
            if best is None or (cost, width, height) < best:
                best = (cost, width, height)
    assert best is not None
    return best[1], best[2]


def _stretched(own: int, wanted: float, step: int) -> int:
    """The side nearest to what is wanted that a model's own side may be stretched to."""
    least, most = (max(1, round(share * own / step)) for share in STRETCH)
    return min(max(round(wanted / step), least), most) * step
