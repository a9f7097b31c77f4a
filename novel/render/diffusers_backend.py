"""Draws with any model in diffusers format that a family of ours covers.

A picture here is a function of its request and of the stack alone. Each is drawn in a batch of its own, from a
generator of its own on the CPU, by a fresh sampler; prompts are encoded one by one; adapters are switched on for it and
off again.
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from novel.errors import MissingError
from novel.geometry import Rect
from novel.render import adapters, families, model_folder
from novel.render.backend import BackendSpec, PanelFailed, Pixels, Stencil, Step, Warn
from novel.render.resize import as_image, fitted
from novel.request import RenderRequest

if TYPE_CHECKING:
    from novel.render.keeping import Keeping
    from novel.render.prompts import PromptEncoder

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
        self._from_image: Any = None
        self._prompts: PromptEncoder | None = None
        self._attached: set[str] = set()
        _import_quietly()
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
        import torch

        families.check_requests(requests, self._spec.source)
        for sha256 in sorted({use.sha256 for request in requests for use in request.adapters}):
            adapters.check(adapters.file_of(sha256, self._spec.assets), self._folder)
        self._load()
        # By adapter sets, so that switching is rare.
        for request in sorted(requests, key=lambda r: [(a.sha256, a.weight) for a in r.adapters]):
            # Attached outside of inference mode: what is made within can't be switched off and on again.
            self._with_adapters(request)
            with torch.inference_mode():
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
        import torch

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
        pipe = self._image_pipe()
        self._with_adapters(request)
        try:
            with torch.inference_mode(), most_likely_latents(pipe.vae):
                maps = contrast.differences(
                    pipe, self._scheduler, request, picture, prompts, lambda text: encoder.encode(text, None, uses)
                )
        except (RuntimeError, ValueError, TypeError, IndexError) as error:  # Among them: no memory left.
            raise PanelFailed(_first_line(error)) from error
        finally:
            self._without_adapters()
        found = iter(regions.boxes(maps))
        return [None if prompt is None else next(found) for prompt in said]

    def close(self) -> None:
        """Let go of the model."""
        self._pipe = self._from_image = self._prompts = None
        self._attached.clear()
        if self._place.device.type == "cuda":
            import torch

            torch.cuda.empty_cache()

    def _load(self) -> None:
        if self._pipe is not None:
            return
        import diffusers
        import torch

        from novel.render.prompts import PromptEncoder

        pipeline = getattr(diffusers, self._folder.pipeline)
        takes = inspect.signature(pipeline.__init__).parameters
        unused = {name: None for name in sorted(model_folder.NOT_LOADED) if name in takes}
        if "requires_safety_checker" in takes:
            unused["requires_safety_checker"] = False  # type: ignore[assignment]
        try:
            pipe = pipeline.from_pretrained(
                str(self._folder.path),
                local_files_only=True,
                use_safetensors=True,
                dtype=self._place.dtype,
                variant=self._folder.variant or None,
                **unused,
            )
        except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
            raise MissingError(
                f"The model in {self._folder.path} can't be loaded: {_first_line(error)}.",
                "Fetch it again from its source, or take another model.",
            ) from error
        pipe.set_progress_bar_config(disable=True)
        pipe.to(self._place.device)
        for part in (getattr(pipe, "unet", None), pipe.vae):
            if part is not None:
                part.to(
                    memory_format=torch.channels_last
                )  # The convolutions' own order; saves them a tenth of the time.
        if hasattr(pipe.vae, "enable_slicing"):
            pipe.vae.enable_slicing()  # A sliced decode has the bits of a single one; a batched one doesn't.
        self._pipe = pipe
        self._scheduler = pipe.scheduler
        self._prompts = PromptEncoder(pipe, self._family, self._place.device, self._warn)

    def _drawn(self, request: RenderRequest, init: Pixels | None, step: Step | None, mask: Stencil | None) -> Pixels:
        import torch

        from novel.render.encoding import most_likely_latents
        from novel.render.guidance import rescaled_guidance
        from novel.render.keeping import Keeping
        from novel.render.samplers import make_sampler

        start = None if init is None else fitted(init, request.width, request.height)
        if start is not None and request.init is not None and request.init.strength <= 0:
            return start
        pipe = self._pipe if start is None else self._image_pipe()
        takes = inspect.signature(pipe.__call__).parameters
        arguments = self._arguments(request, start, takes)
        rescale_here = 0.0 if "guidance_rescale" in takes else request.guidance_rescale
        pipe.scheduler = make_sampler(request.sampler, self._scheduler)
        keeping = None if mask is None or start is None else Keeping(mask, pipe.scheduler)
        if step is not None or keeping is not None:
            arguments["callback_on_step_end"] = _at_step_end(step, keeping)
            arguments["callback_on_step_end_tensor_inputs"] = [] if keeping is None else ["latents"]
        self._with_adapters(request)
        try:
            with (
                torch.inference_mode(),
                most_likely_latents(pipe.vae),
                rescaled_guidance(pipe, request.guidance, rescale_here),
            ):
                values = pipe(**arguments, **self._embeddings(request)).images[0]
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise PanelFailed(_first_line(error)) from error
        finally:
            self._without_adapters()
        return _checked(values, self._place.dtype)

    def _arguments(self, request: RenderRequest, start: Pixels | None, takes: Collection[str]) -> dict[str, Any]:
        """What the pipeline is called with, beside the prompts. ``takes``: the names of the arguments that it knows."""
        import torch

        arguments: dict[str, Any] = {
            "num_inference_steps": request.steps,
            "generator": torch.Generator("cpu").manual_seed(request.seed),
            "output_type": "np",
            self._family.guidance_by or "guidance_scale": request.guidance,
        }
        if "width" in takes:
            arguments |= {"width": request.width, "height": request.height}
        if "guidance_rescale" in takes:
            arguments["guidance_rescale"] = request.guidance_rescale
        if start is not None and request.init is not None:
            # At least one step; diffusers rounds steps × strength down.
            strength = max(request.init.strength, min(1.0, 1 / request.steps + 1e-6))
            arguments |= {"image": as_image(start), "strength": strength}
        return arguments

    def _embeddings(self, request: RenderRequest) -> dict[str, Any]:
        """The request's prompts, encoded; its adapters are at work already."""
        assert self._prompts is not None
        guided = self._family.negative and request.guidance > self._family.guided_above
        uses = tuple((a.sha256, a.weight) for a in request.adapters)
        return self._prompts.encode(request.prompt, request.negative if guided else None, uses)

    def _image_pipe(self) -> Any:
        """The pipeline that starts from a picture; it shares all weights with the other one."""
        if self._from_image is None:
            import diffusers

            if self._family.image_to_image is None:
                raise PanelFailed(f"{self._family.name} can't start from a picture")
            pipeline = getattr(diffusers, self._family.image_to_image)
            with _whole_sample_size(getattr(self._pipe, "unet", None)):
                self._from_image = pipeline.from_pipe(self._pipe, dtype=self._place.dtype)
            self._from_image.set_progress_bar_config(disable=True)
        return self._from_image

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
                        self._pipe.load_lora_weights(
                            str(file.parent),
                            weight_name=file.name,
                            adapter_name=name,
                            use_safetensors=True,
                            local_files_only=True,
                        )
                except (RuntimeError, ValueError, KeyError, OSError) as error:
                    raise adapters.wrong_base(file, self._folder, _first_line(error)) from error
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
        """After the memory ran out: keep on the device only the part of the model that is at work."""
        import torch

        if self._place.device.type == "cuda":
            torch.cuda.empty_cache()
            self._warn(
                "The device's memory is full; from here on the model's parts are moved in and out, which is slower."
            )
            self._from_image = None
            self._pipe.enable_model_cpu_offload(device=self._place.device)


def _import_quietly() -> None:
    """Import the libraries with their own chatter, bars and networking off. Nothing here asks the hub for anything."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    # Threads that wait for one another sleep instead of spinning: where other programs are at work too, spinning ones
    # take a core each from those that they wait for, and a picture took ten times as long. Read when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import diffusers
            import transformers
        except ImportError as error:
            raise MissingError(
                f"A library that draws pictures can't be imported: {_first_line(error)}.",
                "Install novel anew: pip install novel",
            ) from error
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


@contextmanager
def _whole_sample_size(unet: Any) -> Iterator[None]:
    """Within it, a U-Net's oblong ``sample_size`` is one number: diffusers' image-to-image pipeline compares it with
    one when it is made, and never looks at it again."""
    size = unet.config.sample_size if unet is not None else None
    if not isinstance(size, (list, tuple)):
        yield
        return
    unet.register_to_config(sample_size=max(size))
    try:
        yield
    finally:
        unet.register_to_config(sample_size=size)


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


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
