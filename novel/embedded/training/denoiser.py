"""The diffusion model: v-prediction on the autoencoder's latents, led by the text encoder's states."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded import scenes
from novel.embedded.training import autoencoder, language, latents, muon, naming, parallel, text


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of training; ``seconds`` of wall time, ``batch`` per process.

    ``full``: the share of a batch that shows as many things as there is room for; ``naming``: how much it counts that
    these can be told off the denoiser's features (:mod:`naming`).
    """

    folder: Path
    seconds: float
    device: str = "cpu"
    workers: int = 2
    batch: int = 8
    rate: float = 8e-4
    seed: int = 0
    half: bool = False
    joint: bool = False
    compile: bool = False
    decay: float = 0.999
    hold: float = 0.7
    widths: tuple[int, ...] = (64, 128, 192)
    layers: int = 1
    start: Path | None = None
    emphasis: float = 0.5
    broad: float = 4.0
    mix: latents.Mix = latents.AS_IT_IS
    full: float = 0.0
    naming: float = 0.05


def build(
    widths: tuple[int, ...] = (64, 128, 192), layers: int = 1, channels: int = autoencoder.CHANNELS
) -> UNet2DConditionModel:
    """A fresh denoiser; text is attended to on the two lower levels, where a cell is 32 and 64 pixels wide, and its
    summary goes to every block of all three."""
    model = UNet2DConditionModel(
        sample_size=(24, 48),
        in_channels=channels,
        out_channels=channels,
        layers_per_block=layers,
        block_out_channels=widths,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=text.WIDTH,
        attention_head_dim=tuple(max(1, w // 32) for w in widths),
        norm_num_groups=16,
        use_linear_projection=True,
        **SUMMARY,
    )
    return _silent(model)


#: What makes diffusers' denoiser add an attention-pooled summary of the words to the timestep's embedding.
SUMMARY: dict[str, Any] = {"addition_embed_type": "text", "addition_embed_type_num_heads": 16}


def _silent(model: UNet2DConditionModel) -> UNet2DConditionModel:
    """Let the summary be zero, in place, until it has learned something."""
    nn.init.zeros_(model.add_embedding.norm2.weight)
    nn.init.zeros_(model.add_embedding.norm2.bias)
    return model


def summing_up(model: UNet2DConditionModel) -> UNet2DConditionModel:
    """The same denoiser with a summary of the words in its timestep's embedding; it draws what it drew before.

    Words are attended to on the lower levels only. The light, the hour and the style are everywhere at once; a summary
    brings them to the uppermost level too. One that has a summary is returned as it is.
    """
    if model.config.addition_embed_type is not None:
        return model
    more = _silent(_made({**json.loads(model.to_json_string()), **SUMMARY}))
    more.load_state_dict(model.state_dict(), strict=False)
    return more


def scheduler() -> DDIMScheduler:
    """The noise schedule of training and the default sampler: v-prediction down to pure noise."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
    )


def start_from(folder: Path, channels: int) -> UNet2DConditionModel:
    """A saved denoiser to begin from, in its own make. Raises ValueError if latents or text are of other widths."""
    model = UNet2DConditionModel.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True)
    for key, here in (("in_channels", channels), ("cross_attention_dim", text.WIDTH)):
        if model.config[key] != here:
            raise ValueError(f"{folder} has {key} {model.config[key]}; here it is {here}")
    return model


def _made(config: dict[str, Any]) -> UNet2DConditionModel:
    return UNet2DConditionModel.from_config({k: v for k, v in config.items() if k != "_name_or_path"})


def _of(config: dict[str, Any], weights: dict[str, Tensor]) -> UNet2DConditionModel:
    model = _made(config)
    model.load_state_dict(weights)
    return model


def train(settings: Settings) -> None:
    """Train for a while; goes on from ``folder/denoiser.pt`` (model, average, optimiser, step).

    The rate warms up, holds for the share ``hold`` of this run, then falls linearly to nothing.
    """
    parallel.launch(settings.workers if settings.device == "cpu" else 1, partial(_run, settings))


#: From this share of all timesteps on, things are told by the words more than by what shows through the noise.
LATE = 0.3
#: The other pictures' timesteps are spread by this power: below 1, more of them are at the noisy end.
TOWARDS_NOISE = 0.7
#: The step of the layers that name things, whatever the denoiser's.
NAMING_RATE = 3e-3
#: The side of the areas whose mean colours are learned besides, in cells: 128 pixels.
AREA = 8


def broad_error(error: Tensor) -> Tensor:
    """The squared error of what is seen from afar, one number a picture: of areas' means and of the whole's.

    ``error``: n × channels × h × w; areas at the edges may be smaller.
    """
    areas = fn.avg_pool2d(error, AREA, ceil_mode=True).square().mean((1, 2, 3))
    return areas + error.mean((2, 3)).square().mean(1)


def _spread(n: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """``n`` numbers from 0 to 1, one by chance in each n-th part."""
    return (torch.arange(n, device=device) + torch.rand(n, generator=generator, device=device)) / n


def loss_of(
    model: Callable[..., Any],
    alphas: Tensor,
    z: Tensor,
    states: Tensor,
    weight: Tensor,
    generator: torch.Generator,
    broad: float = 0.0,
    late: int = 0,
) -> Tensor:
    """The weighted v-prediction loss of a batch; timesteps spread over the batch by :data:`TOWARDS_NOISE`, min-SNR-5
    weights.

    The last ``late`` pictures have their timesteps from :data:`LATE` on, and weights of 0.6 or more: there is decided
    what a thing is; where there is less noise, it is to be seen already.

    Those weights all but leave out the noisy end, where nothing but the words can tell the place and the composition;
    0.3 / (SNR + 1) on top gives it a voice. There the hour's light over the whole is decided too, yet it is lost among
    the cells' errors, most of which nothing can foresee; so :func:`broad_error`, ``broad`` / (SNR + 1) of it, is added.
    """
    n = len(z)
    plain = _spread(n - late, generator, z.device) ** TOWARDS_NOISE
    u = torch.cat([plain, LATE + (1 - LATE) * _spread(late, generator, z.device)])
    t = (u * 1000).long().clamp(0, 999)
    a = alphas[t].view(-1, 1, 1, 1)
    noise = torch.randn(z.shape, generator=generator, device=z.device)
    noisy = a.sqrt() * z + (1 - a).sqrt() * noise
    target = a.sqrt() * noise - (1 - a).sqrt() * z
    got = model(noisy, t, encoder_hidden_states=states).sample
    snr = alphas[t] / (1 - alphas[t]).clamp_min(1e-8)
    k = (snr.clamp(max=5.0) + 0.3) / (snr + 1)
    k[n - late :].clamp_(min=0.6)
    share = weight / weight.mean((1, 2), keepdim=True)
    error = got.float() - target
    each = (error.square().mean(1) * share).mean((1, 2)) * k
    if broad > 0:
        each = each + broad_error(error) * (broad / (snr + 1))
    out: Tensor = each.mean()
    return out


def _rate(settings: Settings, gone: float, fresh: int) -> float:
    fall = 1.0 if gone < settings.hold else max(0.0, (1 - gone) / (1 - settings.hold))
    return settings.rate * min(1.0, (fresh + 1) / 200) * max(fall, 0.01)


class _Course:
    """One process's run: the models, the optimiser, and where they stand."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.device = torch.device(settings.device)
        self.path = settings.folder / "denoiser.pt"
        torch.manual_seed(settings.seed)
        self.state = torch.load(self.path, map_location="cpu", weights_only=True) if self.path.exists() else None
        channels = latents.shards(settings.folder)[0].latents.shape[1]
        if self.state is not None:
            self.model = _of(self.state["config"], self.state["model"])
        elif settings.start is not None:
            self.model = start_from(settings.start, channels)
        else:
            self.model = build(settings.widths, settings.layers, channels)
        self.model = summing_up(self.model)
        #: what is faster there
        self.layout = torch.channels_last if self.device.type == "cuda" else torch.contiguous_format
        self.model = self.model.to(self.device, memory_format=self.layout).train()
        if self.device.type == "cpu":
            # plain products: PyTorch's fused attention goes backward slowly on CPUs, a quarter of a step with bfloat16
            self.model.set_attn_processor(AttnProcessor())
        self.encoder = text.load(settings.folder, settings.device)
        self.ema = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.namer: naming.Namer | None = None
        if settings.full > 0 and settings.naming > 0:
            self.namer = naming.Namer(self.model).to(self.device)
        self.params: list[Tensor] = list(self.model.parameters())
        inner, outer = muon.split(self.model)
        groups: list[dict[str, Any]] = [{"params": list(part), "k": k} for k, part in outer.items()]
        self.encoder.train(settings.joint).requires_grad_(settings.joint)
        if settings.joint:
            groups.append({"params": list(self.encoder.parameters()), "k": 0.1})
            self.params += list(self.encoder.parameters())
        adam = torch.optim.AdamW(groups, lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self.optimizers: list[torch.optim.Optimizer] = [muon.Muon(inner, lr=settings.rate), adam]
        #: what isn't the denoiser's, and learns at a rate of its own
        self.namers = [] if self.namer is None else list(self.namer.parameters())
        self.apart = [torch.optim.AdamW(self.namers, lr=NAMING_RATE, betas=(0.9, 0.98))] if self.namers else []
        self.step = self.fresh_from = 0
        if self.state is not None:
            self._resume(self.state)
            self.state = None

    def _resume(self, state: dict[str, Any]) -> None:
        self.ema.load_state_dict(summing_up(_of(state["config"], state["ema"])).state_dict())
        self.step = int(state["step"])
        if self.namer is not None and state.get("namer") is not None:
            self.namer.load_state_dict(state["namer"])
        if state["joint"] == self.settings.joint and isinstance(state["optimizer"], list):
            for optimizer, saved in zip(self.optimizers, state["optimizer"], strict=True):
                optimizer.load_state_dict(saved)
        else:
            self.fresh_from = self.step  # a new optimiser warms up again
        if state["encoder"] is not None:
            self.encoder.load_state_dict(state["encoder"])

    def save(self) -> None:
        """Write everything that going on needs."""
        s = self.settings
        part = self.path.with_suffix(".part")
        state = {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        state["namer"] = None if self.namer is None else self.namer.state_dict()
        state |= {"step": self.step, "joint": s.joint, "encoder": self.encoder.state_dict() if s.joint else None}
        config = json.loads(self.model.to_json_string())
        torch.save(state | {"config": config}, part)
        part.rename(self.path)

    def learn(self, loss: Tensor, rate: float, workers: int) -> None:
        """One step of the optimisers and of the average."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * group.get("k", 1.0)
            optimizer.zero_grad(set_to_none=True)
        for optimizer in self.apart:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients([*self.params, *self.namers], workers)
        nn.utils.clip_grad_norm_(self.params, 1.0)
        for optimizer in (*self.optimizers, *self.apart):
            optimizer.step()
        self.step += 1
        keep = min(self.settings.decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.ema.parameters()), list(self.model.parameters()), 1 - keep)


class _Feed:
    """Batches of a folder's corpus, and of its full scenes where these are asked for."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.emphasis = settings.emphasis
        self.full = round(settings.batch * settings.full)
        self.rest = latents.batches(latents.shards(settings.folder), settings.batch, seed, settings.mix)
        if not self.full:
            return
        parts = [naming.with_maps(part) for part in latents.shards(settings.folder, scenes.FULL)]
        if not parts:
            raise ValueError("no share of full scenes can be had: draw some with `latents --full`")
        self.maps = latents.batches(parts, self.full, seed + 1)
        self.silent = torch.from_numpy(language.encode([""])[0].astype(np.int64))

    def batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Latents, ids, cells' weights; and what the last of them show, which are the full scenes. There are none of
        these in a batch of another size than theirs."""
        z, ids, weight = next(self.rest)
        weight = weight**self.emphasis
        if self.full:
            full_z, full_ids, shown = next(self.maps)
            if full_z.shape[1:] == z.shape[1:]:
                n = len(z) - self.full
                parts = ((z, full_z), (ids, full_ids), (weight, naming.shares(shown)))
                z, ids, weight = (torch.cat([a[:n], b]) for a, b in parts)
                # no words, nothing to tell
                return z, ids, weight, shown * (full_ids != self.silent).any(1)[:, None, None]
        return z, ids, weight, weight[:0]


def _run(settings: Settings, rank: int, workers: int) -> None:
    course = _Course(settings)
    device, first = course.device, course.step
    model: Callable[..., Any] = torch.compile(course.model) if settings.compile else course.model
    alphas = scheduler().alphas_cumprod.to(device)
    factor = latents.scale(settings.folder)
    seed = settings.seed + first * 31 + rank * 7919
    feed = _Feed(settings, seed)
    generator = torch.Generator(device).manual_seed(seed)
    start = saved = time.time()
    losses: list[Tensor] = []
    while parallel.agree(time.time() - start < settings.seconds, workers):
        rate = _rate(settings, (time.time() - start) / settings.seconds, course.step - course.fresh_from)
        z, ids, weight, shown = (x.to(device, non_blocking=True) for x in feed.batch())
        z = (z * factor).contiguous(memory_format=course.layout)
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.half):
            with torch.set_grad_enabled(settings.joint):
                states = course.encoder(input_ids=ids).last_hidden_state
            loss = loss_of(model, alphas, z, states, weight, generator, settings.broad, late=len(shown))
        losses.append(loss.detach())
        if course.namer is not None:
            loss = loss + settings.naming * course.namer(shown)
        course.learn(loss, rate, workers)
        if rank == 0 and course.step % 100 == 0:
            mean = float(torch.stack(losses).mean())
            # in this run: earlier ones may have had other batches
            seen = (course.step - first) * settings.batch * workers
            line = {"step": course.step, "seen": seen, "seconds": round(time.time() - start), "loss": round(mean, 4)}
            print(json.dumps(line | {"rate": round(rate, 6)}), flush=True)
            losses = []
        if rank == 0 and time.time() - saved > 240:
            saved = time.time()
            course.save()
    if rank == 0:
        course.save()


def begin(folder: Path, start: Path, channels: int) -> None:
    """Write ``folder/denoiser.pt`` out of a saved denoiser, to go on from with a new optimiser."""
    model = start_from(start, channels)
    state = {"model": model.state_dict(), "ema": model.state_dict(), "optimizer": None, "step": 0}
    config = json.loads(model.to_json_string())
    torch.save(state | {"joint": False, "encoder": None, "config": config}, folder / "denoiser.pt")


def is_trained(folder: Path) -> bool:
    """Whether there is anything to export."""
    return (folder / "denoiser.pt").exists()


def load(folder: Path) -> tuple[UNet2DConditionModel, dict[str, Tensor] | None]:
    """The averaged denoiser, and the text encoder's weights where it was trained along with it."""
    state = torch.load(folder / "denoiser.pt", map_location="cpu", weights_only=True)
    return _of(state["config"], state["ema"]).eval(), state["encoder"]
