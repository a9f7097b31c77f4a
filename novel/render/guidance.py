"""Rescaled guidance for pipelines that don't offer it themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def rescaled_guidance(pipe: Any, guidance: float, rescale: float) -> Iterator[None]:
    """Within it, a U-Net's guided prediction is pulled back to the unguided one's contrast by ``rescale`` (0 to 1).

    Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps are Flawed", section 3.4. diffusers'
    image-to-image pipeline for Stable Diffusion has no argument for it, so it is done where the prediction leaves the
    U-Net: both halves of the guided batch become the finished prediction p, and the pipeline's own p + guidance · (p −
    p) leaves it as it is.
    """
    unet = getattr(pipe, "unet", None)
    if rescale <= 0 or guidance <= 1 or unet is None:
        yield
        return
    import torch
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

    def finish(module: Any, inputs: Any, output: Any) -> Any:
        unguided, prompted = output[0].chunk(2)
        guided = unguided + guidance * (prompted - unguided)
        finished = rescale_noise_cfg(guided, prompted, guidance_rescale=rescale)
        return (torch.cat([finished, finished]), *output[1:])

    handle = unet.register_forward_hook(finish)
    try:
        yield
    finally:
        handle.remove()
