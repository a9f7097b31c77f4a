"""The figures of consistency, from vectors of length 1 alone.

After ViStoryBench (CVPR 2026, "CIDS" and "CSD"): *cross* is the mean cosine of crops to reference pictures, *self* the
mean over all pairs of crops. Three things are done otherwise, because there each of them flatters:

- one crop alone has no self-consistency (there: 1.0)
- panels that show the same picture count once
- beside each figure stands how alike the crops are to those of *others*: a measure to which everything looks alike, or
  a style that makes it so, gives high figures that say nothing

Its count of people ("OCCM", On-stage Character Count Matching) is 100·exp(−|found − cast| / (ε + cast)) a panel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

STRAY = 2.5
"""So many robust deviations below the middle, a value is an outlier."""
LEAST_STRAY = 0.15
"""And by at least so much of what lies between the likeness to others and 1: where all are nearly alike, nobody is out
of line, and how near that is differs from one measure to the next."""
USUAL_OTHERS = 0.6
"""Where nobody else is there to compare with: CLIP's cosine of crops that have little in common."""
LEAST_CROPS = 4
"""Of fewer it can't be told which one is out of line."""
NEARER = 0.05
"""By so much of what lies between the likeness to others and 1 a crop is more alike to another's than to its own."""
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Consistency:
    """Cosines, −1 to 1; None where there is nothing to compare.

    ``fits``: each crop's mean cosine to the others of its group; ``to_references``: to the references.
    """

    cross: float | None
    self: float | None
    fits: tuple[float | None, ...]
    to_references: tuple[float | None, ...]


def consistency(crops: Vectors, references: Vectors, own: Sequence[int] = ()) -> Consistency:
    """The figures of one group of crops. ``own``: the crops that are references themselves and so aren't compared with
    them (a first picture, where there are no others)."""
    count = len(crops)
    pairs = crops @ crops.T if count else None
    fits: list[float | None] = [None] * count
    mean_of_pairs = None
    if pairs is not None and count > 1:
        sums = pairs.sum(1) - pairs.diagonal()
        fits = [float(value) / (count - 1) for value in sums]
        mean_of_pairs = float(sums.sum()) / (count * (count - 1))
    to_references: list[float | None] = [None] * count
    if count and len(references):
        means = (crops @ references.T).mean(1)
        to_references = [None if i in own else float(value) for i, value in enumerate(means)]
    return Consistency(mean(to_references), mean_of_pairs, tuple(fits), tuple(to_references))


def between(crops: Vectors, others: Vectors) -> float | None:
    """The mean cosine over all pairs of two groups; None where one is empty."""
    return float((crops @ others.T).mean()) if len(crops) and len(others) else None


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of those that are known; None where none is."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def room(others: float | None) -> float:
    """What lies between the likeness to others and 1: the measure's own scale."""
    return 1 - min(0.999, USUAL_OTHERS if others is None else others)


def strays(values: Sequence[float | None], others: float | None = None) -> list[int]:
    """The places of the values that lie far below the middle: ``STRAY`` deviations, estimated as 1.4826 times the
    median distance from the median (Rousseeuw and Croux 1993), which an outlier doesn't move, and ``LEAST_STRAY`` of
    the ``room`` above ``others``."""
    known = sorted(value for value in values if value is not None)
    if len(known) < LEAST_CROPS:
        return []
    middle = _median(known)
    deviation = 1.4826 * _median(sorted(abs(value - middle) for value in known))
    edge = middle - max(STRAY * deviation, LEAST_STRAY * room(others))
    return [i for i, value in enumerate(values) if value is not None and value < edge]


def count_match(found: int, cast: int) -> float:
    """How well the number of people in a panel is that of its cast, 0 to 100: ViStoryBench's OCCM."""
    return 100 * math.exp(-abs(found - cast) / (_EPSILON + cast))


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
