"""Families beside Stable Diffusion 1 and 2, each as a tiny pipeline of random weights, made of its real classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from render_samples import request_for

from novel.geometry import Rect
from novel.render import masking
from novel.render.backend import BackendSpec, ModelSource, Pixels
from novel.render.diffusers_backend import DiffusersBackend
from novel.render.families import resolve
from novel.request import Init, MaskBox, RenderRequest

Text = dict[str, int]
TEXT: Text = {
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


def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(Path(__file__).parent / "tokenizer")


def clip(projected: bool) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(**TEXT, projection_dim=16)
    return CLIPTextModelWithProjection(config) if projected else CLIPTextModel(config)


def t5() -> Any:
    from transformers import T5Config, T5EncoderModel

    config = T5Config(vocab_size=61, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=2, decoder_start_token_id=0)
    return T5EncoderModel(config)


def vae(channels: int, **config: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=32,
        **config,
    )


def stable_diffusion_xl() -> Any:
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel

    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=64,
        cross_attention_dim=32,
        norm_num_groups=8,
    )
    return StableDiffusionXLPipeline(
        vae=vae(4),
        text_encoder=clip(False),
        text_encoder_2=clip(True),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1),
    )


def stable_diffusion_3() -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    transformer = SD3Transformer2DModel(
        sample_size=16,
        patch_size=1,
        in_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=32,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        out_channels=4,
    )
    return StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(4, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(True),
        text_encoder_2=clip(True),
        text_encoder_3=t5(),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        tokenizer_3=tokenizer(),
    )


def flux_1() -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=16,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )
    return FluxPipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae(1, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(False),
        text_encoder_2=t5(),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
    )


MAKERS: dict[str, Callable[[], Any]] = {
    "sdxl": stable_diffusion_xl,
    "sd3": stable_diffusion_3,
    "flux1": flux_1,
}


@pytest.fixture(scope="module", params=MAKERS)
def drawing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, DiffusersBackend, str]:
    """A family's plain pipeline, our backend on the same files, and the family's own sampler."""
    from diffusers import DiffusionPipeline

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp(request.param) / "model"
    MAKERS[request.param]().save_pretrained(folder)
    _, source = resolve(str(folder))
    pipe = DiffusionPipeline.from_pretrained(folder)
    pipe.set_progress_bar_config(disable=True)
    sampler = "euler" if request.param == "sdxl" else "flow"
    return pipe, DiffusersBackend(BackendSpec("diffusers", ModelSource(folder=source.folder), "cpu"), print), sampler


def ask(prompt: str = "a red cat", **fields: Any) -> Any:
    return request_for(prompt, **{"backend": "diffusers", "width": 32, "height": 32, "guidance_rescale": 0.0, **fields})


def difference(ours: Pixels, theirs: Any) -> int:
    one = numpy.frombuffer(ours.data, numpy.uint8).astype(int)
    two = (theirs * 255).round().astype(int).reshape(-1)
    return int(abs(one - two).max())


@pytest.mark.parametrize("negative", ["", "a blue cat"])
def test_it_is_what_the_plain_pipeline_draws(drawing: tuple[Any, DiffusersBackend, str], negative: str) -> None:
    pipe, backend, sampler = drawing
    arguments = {"negative_prompt": negative or None} if "Flux" not in type(pipe).__name__ else {}
    theirs = pipe(
        "a red cat",
        width=32,
        height=32,
        num_inference_steps=2,
        guidance_scale=5.0,
        output_type="np",
        generator=torch.Generator().manual_seed(1),
        **arguments,
    ).images[0]
    ours = backend.render(ask(negative=negative, sampler=sampler), None)
    assert difference(ours, theirs) <= 1
    assert backend.render(ask(negative=negative, sampler=sampler), None) == ours


def test_it_continues_a_picture(drawing: tuple[Any, DiffusersBackend, str]) -> None:
    _, backend, sampler = drawing
    base = backend.render(ask(sampler=sampler), None)
    seen: list[tuple[int, int]] = []
    request = ask("a blue cat", sampler=sampler, steps=4, init=Init(kind="asset", source="0", strength=0.5))
    pixels = backend.render(request, base, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    assert (pixels.width, pixels.height) == (32, 32)
    assert pixels != base
    assert backend.render(request, base) == pixels


def test_it_draws_a_part_of_a_picture_anew(drawing: tuple[Any, DiffusersBackend, str]) -> None:
    _, backend, sampler = drawing
    base = backend.render(ask(sampler=sampler), None)
    mask = MaskBox(box=(0, 0, 16, 32))
    init = Init(kind="asset", source="0", strength=0.9, mask=mask)
    request = ask("a blue cat", sampler=sampler, steps=4, seed=3, init=init)
    assert backend._family.masks

    def redone(request: RenderRequest) -> Pixels:
        return masking.draw(backend, request, base, None, lambda sha256: Path())

    pixels = redone(request)
    rows = [numpy.frombuffer(p.data, numpy.uint8).reshape(32, 32, 3) for p in (base, pixels)]
    assert (rows[0][:, 16:] == rows[1][:, 16:]).all()
    assert (rows[0][:, :12] != rows[1][:, :12]).any()
    assert redone(request) == pixels


def test_the_end_of_a_long_prompt_counts(drawing: tuple[Any, DiffusersBackend, str]) -> None:
    _, backend, sampler = drawing
    long = "a red cat, " * 25
    one = backend.render(ask(f"{long} noir style", sampler=sampler), None)
    assert one != backend.render(ask(f"{long} watercolor style", sampler=sampler), None)


def test_every_sampler_of_the_family_draws(drawing: tuple[Any, DiffusersBackend, str]) -> None:
    _, backend, _ = drawing
    base = backend.render(ask(sampler="euler"), None)
    for sampler in backend._family.samplers:
        backend.render(ask(sampler=sampler), None)
        backend.render(ask(sampler=sampler, init=Init(kind="asset", source="0", strength=0.6), steps=3), base)


def test_a_prompt_that_is_cut_is_said(drawing: tuple[Any, DiffusersBackend, str]) -> None:
    pipe, backend, sampler = drawing
    if hasattr(pipe, "unet"):
        pytest.skip("reads any length in pieces")
    heard: list[str] = []
    assert backend._prompts is not None
    backend._prompts._warn = heard.append
    for _ in range(2):
        backend.render(ask("a red cat, " * 200, sampler=sampler), None)
    assert len(heard) == 1
    assert "the end is lost" in heard[0]


def test_a_u_net_is_asked_where_words_are_and_draws_the_same_afterwards(
    drawing: tuple[Any, DiffusersBackend, str],
) -> None:
    pipe, backend, sampler = drawing
    request = ask("a red cat, a blue dog, a red cat", sampler=sampler, width=64)
    before = backend.render(request, None)
    words = ["a blue dog", "a red cat", "a red cat", "a ghost"]
    found = backend.locate(request, before, words)
    assert len(found) == 4
    assert found[3] is None
    if "XL" not in type(pipe).__name__:
        assert found == [None] * 4  # No U-Net: nobody is asked.
    else:
        assert any(found[:3])
        for box, sure in filter(None, found):
            assert Rect(0, 0, 1, 1).contains(box, slack=1e-9)
            assert box.area > 0
            assert 0 < sure <= 1
    assert backend.locate(request, before, words) == found
    # Any picture can be asked about, also one of another size.
    own = Pixels(96, 40, bytes(range(256)) * 45)
    assert len(backend.locate(request, own, words)) == 4
    assert backend.render(request, None) == before
