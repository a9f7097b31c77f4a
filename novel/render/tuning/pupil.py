"""A model of a U-Net family with a LoRA to be trained on it: loaded, its pictures and words encoded once."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from novel.render import model_folder
from novel.render.backend import ModelSource, PanelFailed, Pixels
from novel.render.families import family_of
from novel.render.family_table import STABLE_DIFFUSION_XL
from novel.render.tuning.lesson import Example
from novel.render.tuning.noise import NoiseSchedule
from novel.render.tuning.recipe import Recipe
from novel.request import RenderRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

NAME = "character"
_CHECKPOINTED_FROM = 512 * 512
"""Pictures of so many pixels make activations that are computed twice rather than kept."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example as the denoiser sees it. ``pooled``: the second text encoder's view, where the family has one."""

    latents: torch.Tensor
    text: torch.Tensor
    pooled: torch.Tensor | None
    size: tuple[int, int]


class Pupil:
    """The model, with what a run of training needs of it."""

    def __init__(self, source: ModelSource, device: str, recipe: Recipe, note: Callable[[str], None]) -> None:
        import torch

        from novel.render.device import place
        from novel.render.loading import load_pipeline
        from novel.render.prompts import PromptEncoder

        assert source.folder is not None
        self._folder = model_folder.read(source.folder)
        self._family = family_of(self._folder)
        placed = place(device)
        self.device, self.device_name = placed.device, placed.name
        # Half precision only where it has the range of full: the gradients of float16 would have to be scaled.
        self.dtype = torch.bfloat16 if placed.dtype is torch.bfloat16 else torch.float32
        self._pipe = load_pipeline(self._folder, replace(placed, dtype=self.dtype), "none", note)
        self.unet = self._pipe.unet
        self.schedule = NoiseSchedule(self._pipe.scheduler, self.device)
        self._prompts = PromptEncoder(self._pipe, self._family, self.device, note)
        for part in self._pipe.components.values():
            if isinstance(part, torch.nn.Module):
                part.requires_grad_(False)
        self.weights = self._with_lora(recipe)

    def _with_lora(self, recipe: Recipe) -> list[torch.Tensor]:
        """Hang a LoRA into the U-Net; its weights, in float32, in the model's order."""
        import torch
        from peft import LoraConfig

        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(recipe.seed)
            # Alpha equal to the rank: the files hold no alpha, and every tool takes one without for a factor of 1.
            self.unet.add_adapter(
                LoraConfig(
                    r=recipe.rank,
                    lora_alpha=recipe.rank,
                    init_lora_weights="gaussian",
                    target_modules=list(recipe.layers),
                ),
                adapter_name=NAME,
            )
        weights = [w for w in self.unet.parameters() if w.requires_grad]
        for weight in weights:
            weight.data = weight.data.float()
        return weights

    def encode(self, examples: Sequence[Example]) -> list[Encoded]:
        """Pictures to latents, prompts to states. All prompts get as many windows as the longest one."""
        import torch

        longest = max((e.prompt for e in examples), key=len)
        vae = self._pipe.vae.float()  # Some autoencoders overflow in half precision.
        found = []
        with torch.no_grad():
            for example in examples:
                words = self._prompts.encode(example.prompt, longest, ())
                latents = vae.encode(_values(example.pixels).to(self.device)).latent_dist.mode()
                found.append(
                    Encoded(
                        self._scaled(latents).squeeze(0),
                        words["prompt_embeds"].squeeze(0),
                        pooled.squeeze(0) if (pooled := words.get("pooled_prompt_embeds")) is not None else None,
                        (example.pixels.width, example.pixels.height),
                    )
                )
        self._pipe.vae.to(self.dtype)
        if max(e.size[0] * e.size[1] for e in found) >= _CHECKPOINTED_FROM and self.device.type != "cpu":
            self.unet.enable_gradient_checkpointing()
        return found

    def _scaled(self, latents: torch.Tensor) -> torch.Tensor:
        config = self._pipe.vae.config
        if getattr(config, "latents_mean", None) is not None and getattr(config, "latents_std", None) is not None:
            mean = latents.new_tensor(config.latents_mean).view(1, -1, 1, 1)
            deviation = latents.new_tensor(config.latents_std).view(1, -1, 1, 1)
            return (latents - mean) / deviation * float(config.scaling_factor)
        return (latents - float(getattr(config, "shift_factor", None) or 0.0)) * float(config.scaling_factor)

    def predict(self, noised: torch.Tensor, times: torch.Tensor, told: Sequence[Encoded]) -> torch.Tensor:
        """What the denoiser says of noised latents of one size, in float32."""
        import torch

        extra: dict[str, Any] = {}
        if self._family is STABLE_DIFFUSION_XL:
            # The size that the picture had, the corner that was cut off, the size to draw: as in the renderer.
            sizes = [[height, width, 0, 0, height, width] for width, height in (e.size for e in told)]
            pooled = torch.stack([e.pooled for e in told if e.pooled is not None])
            time_ids = torch.tensor(sizes, device=self.device, dtype=pooled.dtype)
            extra["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": time_ids}
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32):
            said: torch.Tensor = self.unet(noised, times, torch.stack([e.text for e in told]), **extra).sample
        return said.float()

    @contextmanager
    def as_before(self) -> Iterator[None]:
        """Within it the model is the one that it was before it learned anything."""
        self.unet.disable_adapters()
        try:
            yield
        finally:
            self.unet.enable_adapters()

    def draw(self, request: RenderRequest) -> Pixels:
        """A picture with the LoRA as it is now. Raises PanelFailed where it comes to nothing."""
        import torch

        from novel.render.guidance import rescaled_guidance
        from novel.render.samplers import make_sampler

        guided = request.guidance > self._family.guided_above
        words = self._prompts.encode(request.prompt, request.negative if guided else None, ())
        own = self._pipe.scheduler
        takes = inspect.signature(self._pipe.__call__).parameters
        rescale = {"guidance_rescale": request.guidance_rescale} if "guidance_rescale" in takes else {}
        self._pipe.scheduler = make_sampler(request.sampler, own)
        self.unet.eval()
        try:
            with (
                torch.no_grad(),
                torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32),
                rescaled_guidance(self._pipe, request.guidance, 0.0 if rescale else request.guidance_rescale),
            ):
                values = self._pipe(
                    width=request.width,
                    height=request.height,
                    num_inference_steps=request.steps,
                    guidance_scale=request.guidance,
                    generator=torch.Generator("cpu").manual_seed(request.seed),
                    output_type="np",
                    **rescale,
                    **words,
                ).images[0]
        except (RuntimeError, ValueError) as error:
            raise PanelFailed(str(error)) from error
        finally:
            self.unet.train()
            self._pipe.scheduler = own
        pixels = (values.clip(0, 1) * 255).round().astype("uint8")
        return Pixels(pixels.shape[1], pixels.shape[0], pixels.tobytes())

    def lora(self) -> dict[str, torch.Tensor]:
        """The LoRA in half precision, by the names that peft and diffusers give its parts and that other tools read."""
        import torch
        from peft import get_peft_model_state_dict

        state = get_peft_model_state_dict(self.unet, adapter_name=NAME)
        return {f"unet.{name}": value.detach().to("cpu", torch.float16).contiguous() for name, value in state.items()}


def _values(pixels: Pixels) -> torch.Tensor:
    """A picture as an autoencoder takes it: 1 × 3 × height × width, from -1 to 1."""
    import numpy
    import torch

    rows = numpy.frombuffer(pixels.data, numpy.uint8).reshape(pixels.height, pixels.width, 3)
    return torch.from_numpy(rows.copy()).permute(2, 0, 1).unsqueeze(0).float() / 127.5 - 1
