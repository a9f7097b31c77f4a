"""A model between two: one that was trained on, brought back part of the way to what it began as.

A short training on new pictures gains something and forgets something; the mean of the weights before and after keeps
most of both (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from novel.embedded.training import language


def blend(before: Path, after: Path, share: float, out: Path, text_share: float | None = None) -> None:
    """Write ``out`` anew: of each weight, ``share`` (0 to 1) from ``after`` and the rest from ``before``, two diffusers
    folders whose files of weights are of one make and whose autoencoder is the same. ``text_share`` is that of the
    text encoder, where it is another. A denoiser that got its summary of the words in between had a silent one before.

    Raises ValueError if the two aren't of one make, or of two autoencoders: their latents would not be the same.
    """
    shares = {"unet": share, "text_encoder": share if text_share is None else text_share}
    for given in shares.values():
        if not 0 <= given <= 1:
            raise ValueError(f"a share is from 0 to 1, not {given}")
    if out.resolve() in (before.resolve(), after.resolve()):
        raise ValueError(f"{out} is one of the two models; write to another folder")
    if language.words_of(before / "tokenizer") != language.words_of(after / "tokenizer"):
        raise ValueError(f"{before} and {after} know different words")
    old, new = _weights(before, "vae"), _weights(after, "vae")
    if old.keys() != new.keys() or any(not torch.equal(tensor, new[name]) for name, tensor in old.items()):
        raise ValueError(f"{before} and {after} have different autoencoders, so their latents differ")
    blended = {}
    for part, given in shares.items():
        old, new = _weights(before, part), _weights(after, part)
        blended[part] = _between(_silent(new) | old, new, given, part)
    part_out = out.with_name(out.name + ".part")
    shutil.rmtree(part_out, ignore_errors=True)
    shutil.copytree(after, part_out)
    for part, weights in blended.items():
        _rewrite(part_out / part, weights)
    shutil.rmtree(out, ignore_errors=True)
    part_out.rename(out)


def _weights(model: Path, part: str) -> dict[str, Tensor]:
    files = sorted((model / part).glob("*.safetensors"))
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


def _silent(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A denoiser's summary of the words, of no weight."""
    return {
        name: torch.zeros_like(tensor) if name.startswith("add_embedding.norm2.") else tensor
        for name, tensor in weights.items()
        if name.startswith("add_embedding.")
    }


def _between(old: dict[str, Tensor], new: dict[str, Tensor], share: float, part: str) -> dict[str, Tensor]:
    if {k: v.shape for k, v in old.items()} != {k: v.shape for k, v in new.items()}:
        raise ValueError(f"the two models' {part} are not of one make")
    return {
        name: ((1 - share) * tensor.float() + share * new[name].float()).to(tensor.dtype)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in old.items()
    }


def _rewrite(folder: Path, weights: dict[str, Tensor]) -> None:
    """Put other values into the same files."""
    for file in sorted(folder.glob("*.safetensors")):
        save_file({name: weights[name].contiguous() for name in load_file(file)}, file, metadata={"format": "pt"})
