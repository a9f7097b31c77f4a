"""Noised latents, and what a model should have said of them (Ho et al. 2020; v: Salimans and Ho 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class NoiseSchedule:
    """A model's own: how much of a picture is left at each of its time steps, and what it predicts."""

    def __init__(self, scheduler: Any, device: torch.device) -> None:
        from diffusers import DDPMScheduler

        made = DDPMScheduler.from_config(scheduler.config)
        self._kept: torch.Tensor = made.alphas_cumprod.to(device)
        self._predicts: str = made.config.prediction_type
        self.count: int = made.config.num_train_timesteps

    def times(self, generator: torch.Generator, count: int) -> torch.Tensor:
        """So many time steps, one from each of as many equal stretches, so that no step of a run is all noise."""
        import torch

        within = (torch.arange(count) + torch.rand(count, generator=generator)) / count
        return (within * self.count).long().clamp(max=self.count - 1)

    def noised(self, latents: torch.Tensor, noise: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        """The latents with the noise of their time steps."""
        kept = self._kept[times].view(-1, 1, 1, 1)
        return kept.sqrt() * latents + (1 - kept).sqrt() * noise

    def target(self, latents: torch.Tensor, noise: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        """What the model should predict for ``noised(…)``."""
        kept = self._kept[times].view(-1, 1, 1, 1)
        if self._predicts == "v_prediction":
            return kept.sqrt() * noise - (1 - kept).sqrt() * latents
        return latents if self._predicts == "sample" else noise
