"""The teacher: captioned comic panels, drawn by code. The public entry to :mod:`novel.embedded.teacher`.

Picture number *i* of a split is a function of (version, split, i) alone, so a corpus needs no files:
any process on any machine draws the same one.
"""

from __future__ import annotations

import hashlib
import random

import numpy as np
import numpy.typing as npt

from novel.embedded.teacher.captions import Caption, caption
from novel.embedded.teacher.framing import Box, boxes
from novel.embedded.teacher.sampler import SIZES, sample_full_scene, sample_scene
from novel.embedded.teacher.scene import VERSION, Person, Scene, Thing

__all__ = [
    "FULL",
    "SIZES",
    "VERSION",
    "Box",
    "Caption",
    "Person",
    "Scene",
    "Thing",
    "boxes",
    "caption",
    "draw",
    "sample_scene",
    "scene_number",
    "seed_of",
]


#: The split whose scenes show as many things as there is room for: three, or two beside a person.
FULL = "full"


def seed_of(split: str, index: int, what: str = "scene") -> int:
    """A seed that differs by split, number and purpose, the same everywhere."""
    return int.from_bytes(hashlib.sha256(f"{what}/{split}/{index}".encode()).digest()[:8], "big")


def scene_number(split: str, index: int, size: tuple[int, int] | None = None) -> Scene:
    """Scene ``index`` of a split (``train``, ``test``, :data:`FULL` …); ``size`` forces its width and height."""
    sample = sample_full_scene if split == FULL else sample_scene
    return sample(random.Random(seed_of(split, index)), size)


def draw(scene: Scene) -> npt.NDArray[np.uint8]:
    """The picture of a scene: height × width × 3, 8 bits. Needs ``skia-python`` (the extra ``train``)."""
    from novel.embedded.teacher.compose import draw as draw_

    return draw_(scene)
