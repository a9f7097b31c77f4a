"""What lies outside of a mask ends as the source's own latents, whatever the pipeline's layout of them."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from novel.render.backend import PanelFailed, Stencil
from novel.render.family_table import FAMILIES
from novel.render.keeping import Keeping

SIDE = 32
LEFT = Stencil(SIDE, SIDE, bytes(([255] * 16 + [0] * 16) * SIDE))


def qwen_image() -> tuple[Any, dict[str, Any]]:
    """Packs four cells to a token, of latents that have a dimension for time."""
    from diffusers import (
        AutoencoderKLQwenImage,
        FlowMatchEulerDiscreteScheduler,
        QwenImageImg2ImgPipeline,
        QwenImageTransformer2DModel,
    )

    transformer = QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=16,
        out_channels=4,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=3,
        joint_attention_dim=16,
        guidance_embeds=False,
        axes_dims_rope=(8, 4, 4),
    )
    autoencoder = AutoencoderKLQwenImage(
        base_dim=24,
        z_dim=4,
        dim_mult=[1, 2, 4],
        num_res_blocks=1,
        temperal_downsample=[False, True],
        latents_mean=[0.3] * 4,
        latents_std=[0.7] * 4,
    )
    pipe = QwenImageImg2ImgPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder,
        text_encoder=None,
        tokenizer=None,
        transformer=transformer,
    )
    mask = torch.ones(1, 7, dtype=torch.long)
    return pipe, {"prompt_embeds": torch.randn(1, 7, 16), "prompt_embeds_mask": mask}


def z_image() -> tuple[Any, dict[str, Any]]:
    """Leaves its latents in rows and columns."""
    from diffusers import (
        AutoencoderKL,
        FlowMatchEulerDiscreteScheduler,
        ZImageImg2ImgPipeline,
        ZImageTransformer2DModel,
    )

    transformer = ZImageTransformer2DModel(
        all_patch_size=(2,),
        all_f_patch_size=(1,),
        in_channels=4,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        norm_eps=1e-5,
        qk_norm=True,
        cap_feat_dim=16,
        rope_theta=256.0,
        t_scale=1000.0,
        axes_dims=[8, 4, 4],
        axes_lens=[256, 32, 32],
    )
    for token in (transformer.x_pad_token, transformer.cap_pad_token):
        torch.nn.init.normal_(token)  # They are made of whatever the memory held.
    autoencoder = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 8),
        latent_channels=4,
        norm_num_groups=4,
        sample_size=SIDE,
        scaling_factor=0.4,
        shift_factor=0.1,
    )
    pipe = ZImageImg2ImgPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=autoencoder,
        text_encoder=None,
        tokenizer=None,
        transformer=transformer,
    )
    return pipe, {"prompt_embeds": [torch.randn(7, 16)], "guidance_scale": 0.0}


@pytest.mark.parametrize("strength", [0.6, 1.0])
@pytest.mark.parametrize("make", [qwen_image, z_image])
def test_transformers_keep_what_lies_outside(make: Any, strength: float) -> None:
    torch.manual_seed(0)
    pipe, arguments = make()
    assert any(f.image_to_image == type(pipe).__name__ and f.masks for f in FAMILIES.values())
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
    keeping = Keeping(LEFT, pipe.scheduler)
    after: list[torch.Tensor] = []

    def at_step_end(pipe: Any, index: int, timestep: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        after.append(keeping.put_back(pipe, index, kwargs["latents"]))
        return {"latents": after[-1]}

    picture = numpy.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), numpy.uint8)
    with torch.inference_mode():
        pipe(
            image=Image.fromarray(picture),
            strength=strength,
            num_inference_steps=5,
            width=SIDE,
            height=SIDE,
            output_type="np",
            generator=torch.Generator().manual_seed(1),
            callback_on_step_end=at_step_end,
            **arguments,
        )
    source = keeping._source
    assert len(after) == pipe.num_timesteps == 5 * strength

    def halves(latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if latents.shape != source.shape:
            latents = pipe._unpack_latents(latents, SIDE, SIDE, pipe.vae_scale_factor)
        plain = latents.reshape(-1, *latents.shape[-2:])
        half = plain.shape[-1] // 2
        return plain[..., :half], plain[..., half:]

    (left, right), (old_left, old_right) = halves(after[-1]), halves(source)
    assert torch.equal(right, old_right)
    assert (left - old_left).abs().mean() > 0.05
    # Before the end the source stands there with noise, less of it at each step.
    noise = [(halves(latents)[1] - old_right).abs().mean() for latents in after]
    assert noise == sorted(noise, reverse=True)
    assert noise[0] > 0.05


def test_a_cell_that_the_mask_only_touches_is_drawn_anew() -> None:
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler()
    data = bytearray(SIDE * SIDE)
    data[9 * SIDE + 17] = 1
    keeping = Keeping(Stencil(SIDE, SIDE, bytes(data)), scheduler)
    scheduler.add_noise(torch.zeros(1, 4, 4, 4), torch.ones(1, 4, 4, 4), torch.tensor([999]))
    cells = keeping._mask_cells()
    assert cells.shape == (1, 4, 4, 4)
    assert cells[0, 2].nonzero().tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("name", "config"),
    [("EulerDiscreteScheduler", {}), ("DDIMScheduler", {"clip_sample": False}), ("DPMSolverMultistepScheduler", {})],
)
def test_the_noise_is_the_samplers_own_for_the_coming_step(name: str, config: dict[str, Any]) -> None:
    import diffusers

    sampler = getattr(diffusers, name)(**config)
    keeping = Keeping(LEFT, sampler)
    sampler.set_timesteps(4)
    if hasattr(sampler, "set_begin_index"):
        sampler.set_begin_index(0)
    torch.manual_seed(0)
    source, noise = torch.randn(2, 1, 4, 4, 4)
    latents = sampler.add_noise(source, noise, sampler.timesteps[:1])
    for index, step in enumerate(sampler.timesteps):
        # A model that knows the source tells the very noise; so the sampler itself goes the way that is put back.
        given = sampler.scale_model_input(latents, step)
        assert given.shape == latents.shape
        latents = sampler.step(noise, step, latents).prev_sample
        kept = keeping._kept(3 - index)
        assert torch.allclose(kept, latents, atol=1e-3), index


def test_a_pipeline_that_never_mixes_a_picture_is_told_apart() -> None:
    from diffusers import DDIMScheduler

    keeping = Keeping(LEFT, DDIMScheduler())
    with pytest.raises(PanelFailed, match="can't keep a part of a picture"):
        keeping.put_back(object(), 0, torch.zeros(1, 4, 4, 4))
