"""How a LoRA is trained: the figures that a run follows, and which ones suit a model of which size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from novel.render.model_folder import ModelFolder
from novel.render.safetensors_header import read_header

SMALL = 100_000_000
"""Up to so many weights a denoiser counts as small: it learns in few steps, at a high rate, and fits any processor."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The figures of one run.

    ``rate``: AdamW's learning rate at its height; it climbs over the first twentieth of the steps and falls to nothing
    at the end. ``batch``: pictures in a step. ``prior_share``: of the pictures that a step sees, the share that shows
    what the model must go on drawing as before; ``priors``: how many of these there are. ``layers``: the endings of
    the names of the layers that get a LoRA.
    """

    steps: int
    rank: int
    batch: int
    rate: float
    seed: int
    layers: tuple[str, ...]
    prior_share: float = 0.25
    priors: int = 12

    def rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        climb = max(1, self.steps // 20)
        fall = (self.steps - step) / max(1, self.steps - climb)
        return self.rate * min((step + 1) / climb, fall, 1.0)


ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
"""The layers that DreamBooth's LoRA scripts train (diffusers, ``train_dreambooth_lora.py``)."""
RESIDUAL = ("conv1", "conv2")
"""The convolutions of a U-Net's residual blocks. A small U-Net has no attention where its picture is finest, so that a
pattern of cloth can be learned only here."""


def suited(folder: ModelFolder) -> Recipe:
    """What suits a model. For large ones: the customary figures of DreamBooth with LoRA at a single GPU's batch; for
    small ones (ours): measured, see ``tests/bench/bench_train.py``."""
    if denoiser_weights(folder) <= SMALL:
        return Recipe(steps=320, rank=8, batch=4, rate=6e-3, seed=0, layers=(*ATTENTION, *RESIDUAL))
    return Recipe(steps=800, rank=16, batch=1, rate=1e-4, seed=0, layers=ATTENTION, priors=24)


def with_choices(recipe: Recipe, steps: int | None, rank: int | None, seed: int) -> Recipe:
    """The recipe with what the caller has chosen."""
    return replace(recipe, steps=steps or recipe.steps, rank=rank or recipe.rank, seed=seed)


def denoiser_weights(folder: ModelFolder) -> int:
    """How many weights a model's U-Net has, read from its files' headers."""
    return sum(math.prod(shape) for path in folder.weights("unet") for shape in read_header(path).shapes.values())
