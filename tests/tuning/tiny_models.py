"""Model folders of random weights, made of the real classes: what learns here learns in a moment."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

TOKENIZER = Path(__file__).parent.parent / "render" / "tokenizer"
TEXT: dict[str, int] = {
    "vocab_size": 61,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "max_position_embeddings": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}


def _autoencoder() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=32,
    )


def _denoiser(**config: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        norm_num_groups=8,
        **config,
    )


def _tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(TOKENIZER)


def stable_diffusion(root: Path) -> Path:
    """A Stable Diffusion that, as the shipped one, predicts v down to pure noise and has an oblong size."""
    import torch
    from diffusers import DDIMScheduler, StableDiffusionPipeline
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    return _saved(
        StableDiffusionPipeline(
            vae=_autoencoder(),
            text_encoder=CLIPTextModel(CLIPTextConfig(**TEXT)),
            tokenizer=_tokenizer(),
            unet=_denoiser(sample_size=[8, 16], cross_attention_dim=16, attention_head_dim=8),
            scheduler=DDIMScheduler(
                beta_start=0.00085,
                beta_end=0.012,
                beta_schedule="scaled_linear",
                clip_sample=False,
                prediction_type="v_prediction",
                rescale_betas_zero_snr=True,
                timestep_spacing="trailing",
                steps_offset=1,
            ),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        ),
        root,
    )


def stable_diffusion_xl(root: Path) -> Path:
    """An SDXL that predicts noise, with both of its text encoders and its size embedding."""
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(0)
    return _saved(
        StableDiffusionXLPipeline(
            vae=_autoencoder(),
            text_encoder=CLIPTextModel(CLIPTextConfig(**TEXT, projection_dim=16)),
            text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**TEXT, projection_dim=16)),
            tokenizer=_tokenizer(),
            tokenizer_2=_tokenizer(),
            unet=_denoiser(
                sample_size=16,
                cross_attention_dim=32,
                attention_head_dim=(2, 4),
                addition_embed_type="text_time",
                addition_time_embed_dim=8,
                projection_class_embeddings_input_dim=8 * 6 + 16,
                use_linear_projection=True,
            ),
            scheduler=EulerDiscreteScheduler(
                beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="leading"
            ),
        ),
        root,
    )


def _saved(pipe: Any, root: Path) -> Path:
    pipe.save_pretrained(root)
    for name in ("tokenizer", "tokenizer_2"):
        if (root / name).is_dir() and not (root / name / "tokenizer.json").exists():
            shutil.copytree(TOKENIZER, root / name, dirs_exist_ok=True)
    return root
