"""Pictures of the teacher as a denoiser might leave them, so that what learns from them also reads drawn ones."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as fn


def worn(x: Tensor, rng: torch.Generator) -> Tensor:
    """Pictures as a denoiser might leave them: softened, noisy, in other tones."""

    def draw() -> float:
        return float(torch.rand((), generator=rng))

    n = len(x)
    contrast = 1 + 0.16 * (torch.rand((n, 1, 1, 1), generator=rng) - 0.5)
    x = torch.addcmul(0.06 * (torch.rand((n, 3, 1, 1), generator=rng) - 0.5), x, contrast)
    soft = draw()
    if soft < 0.35:
        x = fn.interpolate(fn.avg_pool2d(x, 2), size=x.shape[-2:], mode="bilinear")
    elif soft < 0.45:
        x = fn.interpolate(fn.avg_pool2d(x, 3), size=x.shape[-2:], mode="bilinear")
    if draw() < 0.4:
        x = x + 0.12 * draw() * torch.randn(x[:1].shape, generator=rng)
    return x
