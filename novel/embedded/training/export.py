"""The trained parts as an ordinary diffusers folder: safetensors, half precision, nothing to run but stock classes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from novel.embedded.training import autoencoder, denoiser, language, latents, text


def export(folder: Path, out: Path, shard: int = 0) -> dict[str, float]:
    """Write ``out`` anew; returns the size in megabytes and the parameters of each part in millions.

    With ``shard`` no file of weights is larger than that many megabytes.
    """
    vae = autoencoder.load(folder)
    vae.register_to_config(scaling_factor=latents.scale(folder))
    unet, tuned = denoiser.load(folder)
    encoder = text.load(folder)
    if tuned is not None:
        encoder.load_state_dict(tuned)
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    for name, model in (("vae", vae), ("unet", unet), ("text_encoder", encoder)):
        model.to(torch.float16).save_pretrained(part / name, max_shard_size=f"{shard or 1000}MB")
    denoiser.scheduler().save_pretrained(part / "scheduler")
    language.save(part / "tokenizer")
    (part / "model_index.json").write_text(
        json.dumps(
            {
                "_class_name": "StableDiffusionPipeline",
                "_diffusers_version": "0.42.1",
                "feature_extractor": [None, None],
                "image_encoder": [None, None],
                "requires_safety_checker": False,
                "safety_checker": [None, None],
                "scheduler": ["diffusers", "DDIMScheduler"],
                "text_encoder": ["transformers", "CLIPTextModel"],
                "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
                "unet": ["diffusers", "UNet2DConditionModel"],
                "vae": ["diffusers", "AutoencoderKL"],
            },
            indent=2,
        )
        + "\n"
    )
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    megabytes = sum(f.stat().st_size for f in out.rglob("*") if f.is_file()) / 1e6
    return {
        "megabytes": round(megabytes, 1),
        **{
            name: round(sum(p.numel() for p in m.parameters()) / 1e6, 2)
            for name, m in (("vae", vae), ("unet", unet), ("text_encoder", encoder))
        },
    }
