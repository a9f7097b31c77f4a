"""Judges of random weights, made of the real classes; they see colours and shapes as differently as chance has it."""

from __future__ import annotations

import shutil
from pathlib import Path

TOKENIZER = Path(__file__).parent / "render" / "tokenizer"
"""A list of 58 words, each a token."""

_VISION = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 2, "num_hidden_layers": 2}


def write_judge(folder: Path, kind: str = "clip") -> Path:
    """A folder as transformers writes it, with a model of some kilobytes that really judges."""
    import torch
    from transformers import (
        CLIPConfig,
        CLIPModel,
        Dinov2Config,
        Dinov2Model,
        PreTrainedModel,
        SiglipConfig,
        SiglipModel,
    )

    torch.manual_seed(0)
    vision = {**_VISION, "image_size": 32, "patch_size": 8}
    text = {
        **_VISION,
        "vocab_size": 61,
        "max_position_embeddings": 64,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    model: PreTrainedModel
    if kind == "clip":
        model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24))
    elif kind == "siglip":
        model = SiglipModel(SiglipConfig(text_config={**text, "projection_size": 32}, vision_config=vision))
    else:
        model = Dinov2Model(Dinov2Config(**_VISION, image_size=28, patch_size=14, mlp_ratio=2))
    model.save_pretrained(folder)
    if kind != "dinov2":
        shutil.copytree(TOKENIZER, folder, dirs_exist_ok=True)
    return folder
