"""Pictures into a model's latents, without chance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def most_likely_latents(autoencoder: Any) -> Iterator[None]:
    """Within it, a picture becomes the most likely of its latents.

    An autoencoder gives a mean and a spread for each value, and diffusers' image-to-image pipelines draw from these. In
    published models the spread is next to nothing. Where it was never trained (the decoder saw only means) it is as
    large as the picture itself, and what starts from a picture comes out mottled. The random numbers are drawn all the
    same, so that those that follow stay what they were.
    """
    encode = autoencoder.encode

    def steady(*args: Any, **kwargs: Any) -> Any:
        encoded = encode(*args, **kwargs)
        spread = getattr(encoded, "latent_dist", None)
        if spread is not None:
            spread.std = spread.std * 0
        return encoded

    autoencoder.encode = steady
    try:
        yield
    finally:
        del autoencoder.encode
