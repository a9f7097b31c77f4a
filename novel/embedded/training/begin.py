"""A training folder out of a finished model and the image tower, so that training goes on from what ships with nothing
else kept."""

from __future__ import annotations

import json
from pathlib import Path

from novel.embedded import tower
from novel.embedded.training import autoencoder, corpus, denoiser, latents, text
from novel.embedded.training import tower as judge

#: What the stages go on from.
FILES = ("autoencoder.pt", "text.pt", "denoiser.pt", latents.SCALE, *judge.STANDS.values())


def begin(weights: Path, folder: Path) -> None:
    """Write :data:`FILES` into ``folder``: every weight that draws as in ``weights``, a folder that ``export`` wrote,
    and the image tower that ships.

    The optimisers begin anew, and so do the layers by which the text encoder's slots and the tower's vectors were
    taught.

    Raises FileExistsError if the folder holds one of the files, so that no training is lost, and ValueError if the
    model is of another make than the stages'.
    """
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise FileExistsError(f"{folder} already holds {', '.join(there)}; training goes on from there without this")
    corpus.manifest(folder)
    autoencoder.begin(folder, weights / "vae")
    text.begin(folder, weights)
    config = json.loads((weights / "vae/config.json").read_text())
    denoiser.begin(folder, weights / "unet", int(config["latent_channels"]))
    (folder / latents.SCALE).write_text(json.dumps({"scale": float(config["scaling_factor"])}))
    judge.begin(folder, tower.FILE)
