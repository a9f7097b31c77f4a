"""Model folders made on the spot: some of a few bytes that nothing could load, one that draws, of random weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from render_samples import ATTENTION, write_json, write_safetensors

from novel.render.backend import ModelSource

TOKENIZER = Path(__file__).parent / "tokenizer"
"""A list of 58 words, each a token: all that the tiny models read."""


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Writes a Stable Diffusion folder that is whole, safe and of a few bytes."""

    def make(name: str = "model", **unet: Any) -> Path:
        root = tmp_path / name
        index = {
            "_class_name": "StableDiffusionPipeline",
            "_diffusers_version": "0.42.1",
            "requires_safety_checker": False,
            "safety_checker": [None, None],
            "scheduler": ["diffusers", "DDIMScheduler"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
        }
        write_json(root / "model_index.json", index)
        write_json(root / "scheduler/scheduler_config.json", {"prediction_type": "epsilon"})
        write_json(root / "tokenizer/tokenizer_config.json", {"model_max_length": 77})
        write_json(root / "tokenizer/vocab.json", {})
        (root / "tokenizer/merges.txt").touch()
        write_json(root / "text_encoder/config.json", {"max_position_embeddings": 77})
        write_json(root / "vae/config.json", {"block_out_channels": [1, 1, 1, 1]})
        config = {"sample_size": 64, "down_block_types": ["a", "b", "c", "d"], "layers_per_block": 2, **unet}
        write_json(root / "unet/config.json", config)
        layers = {f"{ATTENTION}.{n}.weight": (8, 8) for n in ("to_q", "to_k", "to_v", "to_out.0")}
        write_safetensors(root / "unet/diffusion_pytorch_model.safetensors", {**layers, "conv_in.weight": (8, 4, 3, 3)})
        write_safetensors(root / "vae/diffusion_pytorch_model.safetensors", {"a": (2,)})
        text = {"text_model.encoder.layers.0.self_attn.q_proj.weight": (6, 6)}
        write_safetensors(root / "text_encoder/model.safetensors", text)
        return root

    return make


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion folder of random weights, made of the real classes; it draws a picture in a moment.

    As the shipped model it predicts v, has a terminal signal-to-noise ratio of zero and an oblong sample size.
    """
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import AutoTokenizer, CLIPTextConfig, CLIPTextModel

    root = tmp_path_factory.mktemp("tiny") / "model"
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=[8, 16],
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=8,
        norm_num_groups=8,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=32,
    )
    text = CLIPTextConfig(
        vocab_size=61,
        hidden_size=16,
        intermediate_size=32,
        num_attention_heads=2,
        num_hidden_layers=2,
        max_position_embeddings=64,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        steps_offset=1,
    )
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text),
        tokenizer=AutoTokenizer.from_pretrained(TOKENIZER),
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(root)
    if not (root / "tokenizer" / "tokenizer.json").exists():
        shutil.copytree(TOKENIZER, root / "tokenizer", dirs_exist_ok=True)
    return root


@pytest.fixture(scope="session")
def tiny_source(tiny_model: Path) -> ModelSource:
    return ModelSource(folder=tiny_model)
