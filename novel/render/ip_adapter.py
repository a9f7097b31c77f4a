"""An IP-Adapter at work: its layers beside the model's own attention, for one picture, and away again for the next."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.errors import MissingError
from novel.render.family_table import STABLE_DIFFUSION_3, Family
from novel.render.loading import first_line, without_gradients
from novel.render.reference_pictures import side_by_side, squared
from novel.render.references import LAYERS, PROJECTION, encoder_of

if TYPE_CHECKING:
    from PIL import Image

    from novel.render.device import Placement


@dataclass(frozen=True, slots=True)
class Look:
    """A picture that is looked at, and how strongly (0 to 1)."""

    sha256: str
    picture: Image.Image
    weight: float


@dataclass(frozen=True, slots=True)
class _Layers:
    """What the denoiser computes its attention with."""

    processors: dict[str, Any]
    projection: Any


class ImageAdapter:
    """One IP-Adapter for one pipeline. Pictures that are looked at equally strongly share its layers; for each other
    strength there is a copy of them, because the strength belongs to the layers."""

    def __init__(self, pipe: Any, family: Family, weights: Path, placed: Placement, *, keep_encoder_near: bool) -> None:
        self._pipe, self._family, self._weights, self._placed = pipe, family, weights, placed
        self._near = keep_encoder_near
        self._denoiser = pipe.unet if family.denoiser == "unet" else pipe.transformer
        self._own = _Layers(dict(self._denoiser.attn_processors), None)
        self._copies: dict[int, _Layers] = {}
        self._encodings: dict[tuple[Any, ...], Any] = {}
        try:
            self._state = _state(weights)
            self._load_encoder(encoder_of(weights))
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise MissingError(
                f"The IP-Adapter {weights.name} can't be loaded: {first_line(error)}.",
                "Fetch it again from its source.",
            ) from error

    def attach(self, looks: Sequence[Look], *, guided: bool) -> dict[str, Any]:
        """Put the layers to work; return the arguments for the pipeline's call. ``guided``: whether it draws with
        classifier-free guidance."""
        import torch

        if self._family.stitched:
            looks = [Look("+".join(k.sha256 for k in looks), side_by_side([k.picture for k in looks]), looks[0].weight)]
        strengths = sorted({look.weight for look in looks})
        self._switch(self._layers(len(strengths)))
        self._pipe.set_ip_adapter_scale(strengths[0] if self._family.stitched else strengths)
        groups = [[squared(look.picture) for look in looks if look.weight == weight] for weight in strengths]
        key = (tuple((look.sha256, look.weight) for look in looks), guided)
        if key not in self._encodings:
            with without_gradients(self._pipe):
                self._encodings[key] = self._encoded(groups, guided)
        encodings = self._encodings[key]
        arguments: dict[str, Any] = {"ip_adapter_image_embeds": encodings}
        if "negative_ip_adapter_image_embeds" in inspect.signature(self._pipe.__call__).parameters:
            arguments["negative_ip_adapter_image_embeds"] = [torch.zeros_like(encoding) for encoding in encodings]
        return arguments

    def detach(self) -> None:
        """Take the layers away. What remains computes with the model's own, bit for bit."""
        self._switch(self._own)

    def _layers(self, copies: int) -> _Layers:
        if copies not in self._copies:
            import torch

            self.detach()
            states: Any = self._state if self._family is STABLE_DIFFUSION_3 else [self._state] * copies
            try:
                with torch.inference_mode(False):
                    self._denoiser._load_ip_adapter_weights(states)
            except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
                self.detach()
                raise MissingError(
                    f"The IP-Adapter {self._weights.name} does not fit the model: {first_line(error)}.",
                    "Take one that was made for this model.",
                ) from error
            projection = getattr(self._denoiser, self._projection_name)
            processors = {name: self._denoiser.attn_processors[name] for name in self._own.processors}
            for part in (projection, *processors.values()):
                if not isinstance(part, torch.nn.Module):
                    continue
                if any(parameter.is_meta for parameter in part.parameters()):
                    self.detach()
                    raise MissingError(
                        f"The IP-Adapter {self._weights.name} is not whole: it lacks weights of its layers.",
                        "Fetch it again from its source.",
                    )
                part.to(device=self._placed.device, dtype=self._placed.dtype)
            self._copies[copies] = _Layers(processors, projection)
        return self._copies[copies]

    @property
    def _projection_name(self) -> str:
        return "image_proj" if self._family is STABLE_DIFFUSION_3 else "encoder_hid_proj"

    def _switch(self, layers: _Layers) -> None:
        # In this order: a projection may have attention of its own, which would be counted with the denoiser's.
        setattr(self._denoiser, self._projection_name, None)
        self._denoiser.set_attn_processor(dict(layers.processors))
        setattr(self._denoiser, self._projection_name, layers.projection)
        if self._family is not STABLE_DIFFUSION_3:
            self._denoiser.config.encoder_hid_dim_type = None if layers.projection is None else "ip_image_proj"

    def _encoded(self, groups: list[list[Image.Image]], guided: bool) -> Any:
        pipe, device = self._pipe, self._placed.device
        pipe.image_encoder.to(device)
        arguments: dict[str, Any] = {"ip_adapter_image_embeds": None, "device": device, "num_images_per_prompt": 1}
        if "do_classifier_free_guidance" in inspect.signature(pipe.prepare_ip_adapter_image_embeds).parameters:
            arguments["do_classifier_free_guidance"] = guided
        pictures: Any = groups[0] if self._family is STABLE_DIFFUSION_3 else groups
        encodings = pipe.prepare_ip_adapter_image_embeds(ip_adapter_image=pictures, **arguments)
        if not self._near:
            pipe.image_encoder.to("cpu")
        return encodings

    def _load_encoder(self, folder: Path) -> None:
        import transformers

        siglip = self._family is STABLE_DIFFUSION_3
        encoder_class = transformers.SiglipVisionModel if siglip else transformers.CLIPVisionModelWithProjection
        encoder = encoder_class.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, dtype=self._placed.dtype
        )
        encoder.eval().requires_grad_(False)
        side = encoder.config.image_size
        # Not those that compute with torchvision: a picture must not depend on whether that is installed.
        extractor_class = transformers.SiglipImageProcessorPil if siglip else transformers.CLIPImageProcessorPil
        extractor: Any
        if (folder / "preprocessor_config.json").is_file():
            extractor = extractor_class.from_pretrained(str(folder), local_files_only=True)
        elif siglip:
            extractor = extractor_class(size={"height": side, "width": side})
        else:
            extractor = extractor_class(size=side, crop_size=side)
        self._pipe.register_modules(image_encoder=encoder, feature_extractor=extractor)


def _state(weights: Path) -> dict[str, dict[str, Any]]:
    """The weights in the two groups that diffusers loads, by its own names for them."""
    from safetensors.torch import load_file

    state: dict[str, dict[str, Any]] = {"image_proj": {}, "ip_adapter": {}}
    for key, value in load_file(str(weights)).items():
        prefix, _, rest = key.partition(".")
        if f"{prefix}." in PROJECTION:
            state["image_proj"][rest] = value
        elif f"{prefix}." in LAYERS:
            rest = rest.replace("processor.", "").replace("ip_adapter_double_stream_k_proj", "to_k_ip")
            state["ip_adapter"][rest.replace("ip_adapter_double_stream_v_proj", "to_v_ip")] = value
    return state
