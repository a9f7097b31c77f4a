"""Starting from a picture in pipelines that look at reference pictures: diffusers has no image-to-image for these.

They take the latents and the noise levels to begin with, and that is all that image-to-image is: the picture's latents,
mixed with as much noise as there is at the level where ``strength`` lets it begin (SDEdit, Meng et al. 2022).
"""

from __future__ import annotations

import sys
from typing import Any

from novel.render.backend import Pixels
from novel.render.resize import as_image


def started(pipe: Any, picture: Pixels, steps: int, strength: float, generator: Any, device: Any) -> dict[str, Any]:
    """The arguments with which a flow-matching pipeline goes on from ``picture``, which has the size that it draws at.

    ``pipe.scheduler`` is that picture's own; its levels are set as the pipeline itself will set them.
    """
    import numpy
    import torch
    from diffusers.utils.torch_utils import randn_tensor

    autoencoder = pipe.vae
    image = pipe.image_processor.preprocess(as_image(picture), height=picture.height, width=picture.width)
    image = image.to(device=device, dtype=autoencoder.dtype)
    film = any(parameter.dim() == 5 for parameter in autoencoder.parameters())
    # Autoencoders for films see one frame; their latents' frame then stands before the channels.
    source = pipe._encode_vae_image(image=image.unsqueeze(2) if film else image, generator=generator)
    source = source.transpose(1, 2) if film else source
    noise = randn_tensor(source.shape, generator=generator, device=device, dtype=source.dtype)
    takes_squares = not hasattr(pipe, "_patchify_latents")  # Else each latent is a token, and the pipeline packs them.
    tokens = source.shape[-1] * source.shape[-2] // (4 if takes_squares else 1)
    first = steps - min(steps, max(1, int(steps * strength)))
    sigmas = numpy.linspace(1.0, 1 / steps, steps)[first:]
    pipe.scheduler.set_timesteps(sigmas=sigmas, mu=_shift(pipe, tokens, steps), device=device)
    mixed = pipe.scheduler.scale_noise(source, pipe.scheduler.timesteps[:1], noise)
    if takes_squares:
        mixed = pipe._pack_latents(mixed, mixed.shape[0], *mixed.shape[-3:])
    assert isinstance(mixed, torch.Tensor)
    return {"latents": mixed, "sigmas": sigmas.tolist()}


def _shift(pipe: Any, tokens: int, steps: int) -> float:
    """How far the noise levels are shifted for a picture of so many tokens, by the pipeline's own rule."""
    own = sys.modules[type(pipe).__module__]
    if hasattr(own, "compute_empirical_mu"):
        return float(own.compute_empirical_mu(image_seq_len=tokens, num_steps=steps))
    config = pipe.scheduler.config
    return float(
        own.calculate_shift(
            tokens,
            config.get("base_image_seq_len", 256),
            config.get("max_image_seq_len", 4096),
            config.get("base_shift", 0.5),
            config.get("max_shift", 1.15),
        )
    )
