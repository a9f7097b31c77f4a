"""Draws with any model in diffusers format that a family of ours covers.

A picture here is a function of its request and of the stack alone. Each is drawn in a batch of its own, from a
generator of its own on the CPU, by a fresh sampler; prompts are encoded one by one; adapters are switched on for it and
off again.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from novel.errors import MissingError
from novel.geometry import Rect
from novel.plan.left_out import FEW_STEPS
from novel.render import adapters, families, model_folder, reference_pictures
from novel.render.backend import BackendSpec, PanelFailed, Pixels, Stencil, Step, Warn
from novel.render.family_table import QWEN_IMAGE_EDIT
from novel.render.loading import first_line, import_quietly, load_pipeline, move_in_turn, sharing, without_gradients
from novel.render.resize import as_image, fitted
from novel.request import RenderRequest

if TYPE_CHECKING:
    from PIL import Image

    from novel.render.ip_adapter import ImageAdapter
    from novel.render.keeping import Keeping
    from novel.render.prompts import PromptEncoder

_import_quietly = import_quietly

FLAT_WITHIN = 2
"""A picture none of whose channels varies by more than this (of 255) is a failure of the arithmetic, not a picture."""


class DiffusersBackend:
    """Loads its model when the first requests come; then draws one picture at a time."""

    def __init__(self, spec: BackendSpec, warn: Warn) -> None:
        if spec.source.folder is None:
            raise MissingError("The model's folder is not known.", "Resolve the model's name first.")
        self._spec, self._warn = spec, warn
        self._folder = model_folder.read(spec.source.folder)
        self._family = families.family_of(self._folder)
        self._pipe: Any = None
        self._pipes: dict[str, Any] = {}
        self._prompts: PromptEncoder | None = None
        self._attached: set[str] = set()
        self._image_adapters: dict[str, ImageAdapter] = {}
        self._pictures: dict[str, Image.Image] = {}
        self._offload = spec.offload
        import_quietly()
        from novel.render.device import place

        self._place = place(spec.device)

    @property
    def recipe(self) -> Mapping[str, str]:
        """The libraries' versions, the device and the precision."""
        import diffusers
        import torch
        import transformers

        return {
            "backend": "diffusers",
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
            "device": self._place.name,
            "precision": str(self._place.dtype).removeprefix("torch."),
        }

    def prepare(self, requests: Sequence[RenderRequest]) -> None:
        """Check that the model and the adapters can do what is asked, load them, and encode the prompts."""

        families.check_requests(requests, self._spec.source)
        for sha256, model in sorted({(use.sha256, request.model) for request in requests for use in request.adapters}):
            file = adapters.file_of(sha256, self._spec.assets)
            adapters.check(file, self._folder)
            if note := adapters.trained_elsewhere(file, model, self._spec.source.hub_id or self._folder.path.name):
                self._warn(note)
        self._load()
        # By adapter sets, so that switching is rare.
        for request in sorted(requests, key=lambda r: [(a.sha256, a.weight) for a in r.adapters]):
            self._with_adapters(request)
            if self._family is QWEN_IMAGE_EDIT and self._shown(request):
                continue  # Its words are read beside its pictures.
            with without_gradients(self._pipe):
                self._embeddings(request)
        self._without_adapters()

    def render(
        self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
    ) -> Pixels:
        """Draw one picture. Raises PanelFailed for one that comes out broken or doesn't fit the memory."""
        import torch

        self._load()
        try:
            return self._drawn(request, init, step, mask)
        except torch.OutOfMemoryError:
            self._make_room()
        try:
            return self._drawn(request, init, step, mask)
        except torch.OutOfMemoryError as error:
            raise PanelFailed(
                f"{request.width} × {request.height} pixels don't fit this device's memory, even with the model's "
                "parts moved in turn; take a smaller model or another device"
            ) from error

    def locate(
        self, request: RenderRequest, picture: Pixels, words: Sequence[str]
    ) -> Sequence[tuple[Rect, float] | None]:
        """Where the words' people are, by what the model would see without them (U-Nets only)."""

        from novel.render import contrast, regions
        from novel.render.encoding import most_likely_latents

        if self._family.denoiser != "unet":
            return [None] * len(words)
        said = [contrast.without(request.prompt, word, words[:i].count(word)) for i, word in enumerate(words)]
        prompts = [prompt for prompt in said if prompt is not None]
        if not prompts:
            return [None] * len(words)
        self._load()
        assert self._prompts is not None
        encoder = self._prompts
        uses = tuple((a.sha256, a.weight) for a in request.adapters)
        pipe = self._pipeline(self._family.image_to_image)
        self._with_adapters(request)
        try:
            with without_gradients(self._pipe), most_likely_latents(pipe.vae):
                maps = contrast.differences(
                    pipe, self._scheduler, request, picture, prompts, lambda text: encoder.encode(text, None, uses)
                )
        except (RuntimeError, ValueError, TypeError, IndexError) as error:  # Among them: no memory left.
            raise PanelFailed(first_line(error)) from error
        finally:
            self._without_adapters()
        found = iter(regions.boxes(maps))
        return [None if prompt is None else next(found) for prompt in said]

    def close(self) -> None:
        """Let go of the model."""
        self._pipe = self._prompts = None
        self._pipes.clear()
        self._attached.clear()
        self._image_adapters.clear()
        self._pictures.clear()
        if self._place.device.type == "cuda":
            import torch

            torch.cuda.empty_cache()

    def _load(self) -> None:
        if self._pipe is not None:
            return
        from novel.render.prompts import PromptEncoder

        self._pipe = load_pipeline(self._folder, self._place, self._offload, self._warn)
        self._scheduler = self._pipe.scheduler
        encoding = self._pipeline(self._family.text_to_image)
        self._prompts = PromptEncoder(encoding, self._family, self._place.device, self._warn)

    def _drawn(self, request: RenderRequest, init: Pixels | None, step: Step | None, mask: Stencil | None) -> Pixels:
        import torch

        from novel.render.encoding import most_likely_latents
        from novel.render.guidance import rescaled_guidance
        from novel.render.keeping import Keeping
        from novel.render.samplers import make_sampler

        start = None if init is None else fitted(init, request.width, request.height)
        if start is not None and request.init is not None and request.init.strength <= 0:
            return start
        shown = self._shown(request)
        pipe = self._pipeline_for(start, shown)
        takes = inspect.signature(pipe.__call__).parameters
        rescale_here = 0.0 if "guidance_rescale" in takes else request.guidance_rescale
        pipe.scheduler = make_sampler(request.sampler, self._scheduler, few_steps=_few_steps(request))
        keeping = None if mask is None or start is None else Keeping(mask, pipe.scheduler)
        # Attached outside of inference mode: what is made within can't be switched off and on again.
        self._with_adapters(request)
        try:
            looking = self._with_image_adapter(request)
            with (
                without_gradients(self._pipe),
                most_likely_latents(pipe.vae),
                rescaled_guidance(pipe, request.guidance, rescale_here),
            ):
                arguments = self._arguments(request, takes) | looking
                if shown and not request.reference_adapter:
                    arguments["image"] = shown if self._takes_several(pipe) else shown[0]
                if start is not None:
                    arguments |= self._beginning(request, start, pipe, arguments["generator"])
                if step is not None or keeping is not None:
                    arguments["callback_on_step_end"] = _at_step_end(step, keeping)
                    arguments["callback_on_step_end_tensor_inputs"] = [] if keeping is None else ["latents"]
                values = pipe(**arguments, **self._words(request, pipe, bool(shown))).images[0]
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise PanelFailed(first_line(error)) from error
        finally:
            self._without_adapters()
            for adapter in self._image_adapters.values():
                adapter.detach()
        return _checked(values, self._place.dtype)

    def _arguments(self, request: RenderRequest, takes: Collection[str]) -> dict[str, Any]:
        """What the pipeline is called with, beside words and pictures. ``takes``: the arguments that it knows."""
        import torch

        arguments: dict[str, Any] = {
            "num_inference_steps": request.steps,
            "generator": torch.Generator("cpu").manual_seed(request.seed),
            "output_type": "np",
            self._family.guidance_by or "guidance_scale": request.guidance,
        }
        if "width" in takes:
            arguments |= {"width": request.width, "height": request.height}
        if "max_area" in takes:
            arguments["max_area"] = request.width * request.height  # Else Kontext draws at a size of its own.
        if "guidance_rescale" in takes:
            arguments["guidance_rescale"] = request.guidance_rescale
        return arguments

    def _beginning(self, request: RenderRequest, start: Pixels, pipe: Any, generator: Any) -> dict[str, Any]:
        """The arguments that let a pipeline start from a picture."""
        assert request.init is not None
        # At least one step; diffusers rounds steps × strength down.
        strength = max(request.init.strength, min(1.0, 1 / request.steps + 1e-6))
        if "strength" in inspect.signature(pipe.__call__).parameters:
            return {"image": as_image(start), "strength": strength}
        from novel.render.flow_start import started

        return started(pipe, start, request.steps, strength, generator, self._place.device)

    def _shown(self, request: RenderRequest) -> list[Image.Image]:
        """The reference pictures that the pipeline itself is to look at; none where an IP-Adapter does. Raises
        PanelFailed where one can't be had."""
        if self._family.edit is None or request.reference_adapter:
            return []
        # How strongly is nothing that an edit pipeline could be told; but none at all is plain.
        pictures = [self._reference(one.sha256) for one in request.references if one.weight > 0]
        return [reference_pictures.side_by_side(pictures)] if pictures and self._family.stitched else pictures

    def _reference(self, sha256: str) -> Image.Image:
        if sha256 not in self._pictures:
            self._pictures[sha256] = reference_pictures.opened(sha256, self._spec.assets)
        return self._pictures[sha256]

    def _pipeline_for(self, start: Pixels | None, shown: Sequence[Image.Image]) -> Any:
        """The pipeline that draws from such a beginning and such reference pictures."""
        family = self._family
        if shown or (start is not None and family.image_to_image is None):
            edits = self._folder.pipeline if self._folder.pipeline in family.indexes else family.edit
            if edits is None:
                raise PanelFailed(f"{family.name} can't start from a picture")
            return self._pipeline(edits)
        return self._pipeline(family.text_to_image if start is None else family.image_to_image)

    def _takes_several(self, pipe: Any) -> bool:
        """Whether a pipeline looks at a list of pictures; those for one take a batch of one each."""
        return not self._family.stitched and type(pipe).__name__ != "QwenImageEditPipeline"

    def _with_image_adapter(self, request: RenderRequest) -> dict[str, Any]:
        """Put the request's IP-Adapter to work, if it has one; what the pipeline is called with for it."""
        sha256 = request.reference_adapter
        if not sha256 or not request.references:
            return {}
        from novel.render.ip_adapter import ImageAdapter, Look

        if sha256 not in self._image_adapters:
            file = self._spec.assets.get(sha256)
            if file is None:
                raise PanelFailed(f"the IP-Adapter {sha256[:12]}… is not among the story's files")
            near = self._offload not in ("model", "sequential")
            self._image_adapters[sha256] = ImageAdapter(
                self._pipe, self._family, file, self._place, keep_encoder_near=near
            )
        looks = [Look(one.sha256, self._reference(one.sha256), one.weight) for one in request.references]
        unguided = hasattr(self._pipe, "unet") and self._pipe.unet.config.time_cond_proj_dim is not None
        guided = request.guidance > self._family.guided_above and not unguided
        return self._image_adapters[sha256].attach(looks, guided=guided)

    def _words(self, request: RenderRequest, pipe: Any, shown: bool) -> dict[str, Any]:
        """The request's prompts as the pipeline takes them."""
        if shown and self._family is QWEN_IMAGE_EDIT:
            # Its encoder reads the words beside the pictures, so that they can't be encoded by themselves.
            guided = request.guidance > self._family.guided_above
            return {"prompt": request.prompt or " ", "negative_prompt": (request.negative or " ") if guided else None}
        return self._embeddings(request)

    def _embeddings(self, request: RenderRequest) -> dict[str, Any]:
        """The request's prompts, encoded; its adapters are at work already."""
        assert self._prompts is not None
        guided = self._family.negative and request.guidance > self._family.guided_above
        uses = tuple((a.sha256, a.weight) for a in request.adapters)
        return self._prompts.encode(request.prompt, request.negative if guided else None, uses)

    def _pipeline(self, name: str | None) -> Any:
        """A pipeline by the name of its class; all of them share the weights of the one that was loaded."""
        assert name is not None
        if name == self._folder.pipeline:
            return self._pipe
        if name not in self._pipes:
            self._pipes[name] = sharing(self._pipe, name, self._place)
        return self._pipes[name]

    def _with_adapters(self, request: RenderRequest) -> None:
        """Switch on just this request's adapters; load those that come for the first time."""
        if not request.adapters:
            self._without_adapters()
            return
        for use in request.adapters:
            name = adapters.name_of(use.sha256)
            if name not in self._attached:
                file = adapters.file_of(use.sha256, self._spec.assets)
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")  # peft warns of a second adapter, which is what is wanted.
                        renamed = adapters.with_plain_names(file, self._folder)
                        self._pipe.load_lora_weights(
                            str(file.parent) if renamed is None else renamed,
                            weight_name=file.name,
                            adapter_name=name,
                            use_safetensors=True,
                            local_files_only=True,
                        )
                except (RuntimeError, ValueError, KeyError, OSError) as error:
                    raise adapters.wrong_base(file, self._folder, first_line(error)) from error
                adapters.check_attached(self._pipe, name, file, self._folder)
                self._attached.add(name)
        self._pipe.enable_lora()
        self._pipe.set_adapters(
            [adapters.name_of(a.sha256) for a in request.adapters], [a.weight for a in request.adapters]
        )

    def _without_adapters(self) -> None:
        """Switch all adapters off. What remains computes with the base's own layers, bit for bit."""
        if self._attached:
            self._pipe.disable_lora()

    def _make_room(self) -> None:
        """After the memory ran out: keep on the device only the part of the model that is at work, if that is let."""
        if self._place.device.type == "cuda" and self._offload == "auto":
            self._warn(
                "The device's memory is full; from here on the model's parts are moved in and out, which is slower."
            )
            self._offload = "model"
            self._pipes.clear()
            move_in_turn(self._pipe, self._place)


def _few_steps(request: RenderRequest) -> bool:
    """Whether a request is for a model or an adapter that was distilled for few steps without guidance."""
    return request.steps <= FEW_STEPS and request.guidance <= 1.0


def _at_step_end(step: Step | None, keeping: Keeping | None) -> Any:
    def at_step_end(pipe: Any, index: int, timestep: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        if step is not None:
            step(index + 1, pipe.num_timesteps)
        return {} if keeping is None else {"latents": keeping.put_back(pipe, index, kwargs["latents"])}

    return at_step_end


def _checked(values: Any, dtype: Any) -> Pixels:
    """The pixels of a pipeline's picture (values from 0 to 1). Raises PanelFailed for one that is no picture."""
    import numpy

    if not numpy.isfinite(values).all():
        raise PanelFailed(f"the arithmetic overflowed in {dtype}: the picture holds values that are no numbers")
    pixels = (values * 255).round().astype("uint8")
    if (pixels.max(axis=(0, 1)).astype(int) - pixels.min(axis=(0, 1))).max() <= FLAT_WITHIN:
        raise PanelFailed("the picture came out as one flat colour")
    return Pixels(pixels.shape[1], pixels.shape[0], pixels.tobytes())
