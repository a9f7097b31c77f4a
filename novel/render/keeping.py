"""Keeping the part outside of a mask while a picture is drawn from another one.

After every step the latents outside of the mask are put back to the source picture's, with as much of one and the same
noise as the picture has at that point, so that what is drawn inside grows into its surroundings (the way of RePaint,
Lugmayr et al. 2022, and of diffusers' pipelines for inpainting, which take models of four latent channels only).
"""

from __future__ import annotations

import inspect
from typing import Any

from novel.render.backend import PanelFailed, Stencil


class Keeping:
    """For one picture: learns the source's latents and the noise from the pipeline's own first mixing of both.

    ``scheduler`` is that picture's own, fresh one.
    """

    def __init__(self, mask: Stencil, scheduler: Any) -> None:
        self._mask, self._scheduler = mask, scheduler
        self._source: Any = None
        self._noise: Any = None
        self._cells: Any = None
        self._flow = hasattr(scheduler, "scale_noise")
        name = "scale_noise" if self._flow else "add_noise"
        self._mix = getattr(scheduler, name)
        setattr(scheduler, name, self._first_mix)

    def _first_mix(self, source: Any, second: Any, third: Any) -> Any:
        """The scheduler's own mixing of picture and noise, which the pipeline asks for once, at the start."""
        if self._source is None:
            self._source, self._noise = source, third if self._flow else second
        return self._mix(source, second, third)

    def put_back(self, pipe: Any, index: int, latents: Any) -> Any:
        """The latents after step ``index``, with those outside of the mask put back."""
        import torch

        if self._source is None:
            raise PanelFailed(f"{type(pipe).__name__} can't keep a part of a picture")
        if self._cells is None:
            self._cells = _packed(pipe, self._mask_cells(), latents)
        kept = _packed(pipe, self._kept(pipe.num_timesteps - index - 1), latents)
        return torch.where(self._cells, latents, kept.to(latents.dtype))

    def _kept(self, left: int) -> Any:
        """The source's latents with the noise that they have when so many steps are left."""
        if left == 0:
            return self._source
        if self._flow:
            sigma = self._scheduler.sigmas[self._scheduler.step_index].to(self._source)
            return (1 - sigma) * self._source + sigma * self._noise
        steps = self._scheduler.timesteps
        return self._mix(self._source, self._noise, steps[len(steps) - left : len(steps) - left + 1])

    def _mask_cells(self) -> Any:
        """For each latent cell, whether the mask touches it; of the source latents' shape."""
        import torch

        height, width = self._source.shape[-2:]
        pixels = torch.frombuffer(bytearray(self._mask.data), dtype=torch.uint8)
        pixels = pixels.view(1, 1, self._mask.height, self._mask.width).float()
        cells = torch.nn.functional.adaptive_max_pool2d(pixels, (height, width)) > 0
        return cells.to(self._source.device).expand(self._source.shape)


def _packed(pipe: Any, latents: Any, like: Any) -> Any:
    """In the order in which the model has its latents: some transformers' stand in a row, four cells to a token."""
    if latents.shape == like.shape:
        return latents
    if len(inspect.signature(pipe._pack_latents).parameters) == 1:
        return pipe._pack_latents(latents)  # FLUX.2: a latent is a token as it is.
    return pipe._pack_latents(latents, latents.shape[0], *latents.shape[-3:])
