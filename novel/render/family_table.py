"""The families of models that novel draws with. Facts only.

A *family* is a pipeline class of diffusers with what a renderer must know of it. The figures are the makers' (model
cards) and diffusers' own defaults. ``checkpoint_table`` has what is published of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNET_SAMPLERS = ("euler", "euler-a", "ddim", "dpm++", "unipc", "lcm")
FLOW_SAMPLERS = ("flow", "euler")

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Family:
    """What all models of one pipeline class have in common.

    ``text_to_image``, ``image_to_image``, ``inpaint``, ``edit``: diffusers' pipelines; ``edit`` is the one that takes
    reference pictures by itself. ``indexes``: the pipelines that a model's index may name (none: ``text_to_image``).
    ``starts``: whether a picture can start from another one, by a pipeline or by the latents that ``edit`` takes;
    ``masks``: whether a part of a picture can be drawn anew. ``reference_adapter``: whether diffusers has IP-Adapters
    for it. ``most_references``: how many pictures it looks at (None: as many as fit the memory); ``stitched``: whether
    several are put side by side into one.

    ``guidance_by``: the pipeline's argument that scales classifier-free guidance (empty: it has none, ``guidance`` is a
    condition that the model was distilled with). ``guidance_range``: what gives sensible pictures. ``guided_above``:
    the guidance from which on the negative prompt is used.

    ``size_factor``: what sizes must divide by, beside the VAE's factor (None: as the U-Net shrinks). ``prompt_tokens``:
    the limit where the tokenizer's window isn't it. ``chunked``: whether a longer prompt is encoded in pieces (CLIP
    alone reads it), rather than cut.
    """

    name: str
    text_to_image: str
    image_to_image: str | None = None
    inpaint: str | None = None
    edit: str | None = None
    indexes: tuple[str, ...] = ()
    denoiser: Literal["unet", "transformer"] = "transformer"
    samplers: tuple[str, ...] = FLOW_SAMPLERS
    sampler: str = "flow"
    steps: int = 28
    guidance: float = 4.0
    guidance_range: Range = (2.0, 7.0)
    guidance_by: str = "guidance_scale"
    guided_above: float = 1.0
    guidance_rescale: bool = False
    negative: bool = True
    size_factor: int | None = 2
    pixels: int = 1024 * 1024
    prompt_tokens: int | None = 512
    chunked: bool = False
    adapters: bool = True
    reference_adapter: bool = False
    most_references: int | None = None
    stitched: bool = False
    starts: bool = True
    masks: bool = True

    @property
    def references(self) -> Literal["", "edit", "adapter"]:
        """How it takes pictures of how people and places look: by itself, through an IP-Adapter, or not at all."""
        return "edit" if self.edit is not None else "adapter" if self.reference_adapter else ""

    @property
    def finds_people(self) -> bool:
        """Whether people can be found in its pictures by what it would draw without them (render/contrast.py)."""
        return self.denoiser == "unet"

    @property
    def guidance_means(self) -> str:
        """What a style's ``guidance`` does, in a few words."""
        return "classifier-free" if self.guidance_by else "distilled"


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
    guidance_range=(3.0, 14.0),
    guidance_rescale=True,
    size_factor=None,
    pixels=512 * 512,
    prompt_tokens=None,
    chunked=True,
    reference_adapter=True,
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
    guidance_range=(3.0, 12.0),
    guidance_rescale=True,
    size_factor=None,
    prompt_tokens=None,
    chunked=True,
    reference_adapter=True,
)
STABLE_DIFFUSION_3 = Family(
    "Stable Diffusion 3.5",
    "StableDiffusion3Pipeline",
    "StableDiffusion3Img2ImgPipeline",
    "StableDiffusion3InpaintPipeline",
    guidance=4.5,
    guidance_range=(2.5, 7.5),
    prompt_tokens=256,
    reference_adapter=True,
    most_references=1,
    stitched=True,
)
FLUX_1 = Family(
    "FLUX.1",
    "FluxPipeline",
    "FluxImg2ImgPipeline",
    "FluxInpaintPipeline",
    guidance=3.5,
    guidance_range=(1.5, 6.0),
    guidance_by="",
    negative=False,
    reference_adapter=True,
)
FLUX_1_KONTEXT = Family(
    "FLUX.1 Kontext",
    "FluxKontextPipeline",
    "FluxImg2ImgPipeline",
    "FluxKontextInpaintPipeline",
    "FluxKontextPipeline",
    guidance=2.5,
    guidance_range=(1.5, 5.0),
    guidance_by="",
    negative=False,
    most_references=1,
    stitched=True,
)
FLUX_2_KLEIN = Family(
    "FLUX.2 klein",
    "Flux2KleinPipeline",
    inpaint="Flux2KleinInpaintPipeline",
    edit="Flux2KleinPipeline",
    steps=50,
    guidance=4.0,
    guidance_range=(2.0, 6.0),
    most_references=4,
)
QWEN_IMAGE = Family(
    "Qwen-Image",
    "QwenImagePipeline",
    "QwenImageImg2ImgPipeline",
    "QwenImageInpaintPipeline",
    steps=50,
    guidance=4.0,
    guidance_by="true_cfg_scale",
    pixels=1328 * 1328,
    prompt_tokens=1024,
)
QWEN_IMAGE_EDIT = Family(
    "Qwen-Image-Edit",
    "QwenImagePipeline",
    "QwenImageImg2ImgPipeline",
    "QwenImageEditInpaintPipeline",
    "QwenImageEditPlusPipeline",
    indexes=("QwenImageEditPlusPipeline", "QwenImageEditPipeline"),
    steps=40,
    guidance=4.0,
    guidance_by="true_cfg_scale",
    pixels=1024 * 1024,
    prompt_tokens=1024,
    most_references=3,
)
Z_IMAGE = Family(
    "Z-Image",
    "ZImagePipeline",
    "ZImageImg2ImgPipeline",
    "ZImageInpaintPipeline",
    steps=50,
    guidance=4.0,
    guidance_range=(2.5, 6.0),
    guided_above=0.0,
)

FAMILIES: dict[str, Family] = {
    index: family
    for family in (
        STABLE_DIFFUSION,
        STABLE_DIFFUSION_XL,
        STABLE_DIFFUSION_3,
        FLUX_1,
        FLUX_1_KONTEXT,
        FLUX_2_KLEIN,
        QWEN_IMAGE,
        QWEN_IMAGE_EDIT,
        Z_IMAGE,
    )
    for index in family.indexes or (family.text_to_image,)
}
"""Family by the pipeline class that a model's index names."""
