"""The autoencoder: 16 times smaller in each direction, 16 channels, sharp lines kept."""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded.training import corpus, parallel

LATENT_CHANNELS = 16
FACTOR = 16


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of training; times in seconds, ``crop`` in pixels."""

    folder: Path
    seconds: float
    device: str = "cpu"
    pictures: int = 2400
    workers: int = 2
    crop: int = 128
    batch: int = 8
    rate: float = 2e-3
    seed: int = 0
    decoder_only: bool = False
    reduce: int = 1
    half: bool = False


WIDTHS = (16, 16, 32, 64, 128)


def build(reduce: int = 1) -> AutoencoderKL:
    """A fresh autoencoder for pictures made ``reduce`` (1, 2 or 4) times smaller: the inner levels of the whole one.

    Its log-variance is fixed at next to nothing: sampling equals the mean."""
    widths = WIDTHS[{1: 0, 2: 1, 4: 2}[reduce] :]
    blocks = len(widths)
    vae = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=widths,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=4,
        mid_block_add_attention=False,
        sample_size=384,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    _open_the_way(vae)
    fix_variance(vae)
    return vae


@torch.no_grad()
def _open_the_way(vae: AutoencoderKL) -> None:
    """Start as a blurry but true copy: residual blocks do nothing, the way through is averaging and repeating.

    With the usual start each of a dozen convolutions halves the signal and adds a random constant.
    """
    for name, module in vae.named_modules():
        if not isinstance(module, nn.Conv2d):
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
        out, wide = module.weight.shape[0], module.weight[0].numel()
        if name.endswith("conv2"):
            nn.init.zeros_(module.weight)
        elif name.endswith("conv_shortcut"):
            nn.init.orthogonal_(module.weight)
        elif name.endswith("downsamplers.0.conv"):
            nn.init.normal_(module.weight, std=0.3 / wide**0.5)
            module.weight[range(out), range(out), :2, :2] += 0.25  # the mean of each four pixels
        elif name.endswith("upsamplers.0.conv"):
            nn.init.normal_(module.weight, std=0.3 / wide**0.5)
            module.weight[range(out), range(out), 1, 1] += 1.0
        else:
            nn.init.normal_(module.weight, std=1 / wide**0.5)


def fix_variance(vae: AutoencoderKL) -> None:
    """Make the encoder's log-variance a constant −20."""
    with torch.no_grad():
        vae.encoder.conv_out.weight[LATENT_CHANNELS:] = 0
        vae.encoder.conv_out.bias[LATENT_CHANNELS:] = -20.0


def grow(small: dict[str, Tensor], large: AutoencoderKL) -> int:
    """Start a larger autoencoder from one with fewer outer levels; returns how many tensors were taken over.

    The inner levels see the same content at the same grain, so what they learned cheaply on reduced pictures holds.
    """
    own = large.state_dict()
    shift = len(large.config["block_out_channels"]) - sum(
        1 for k in small if k.startswith("encoder.down_blocks.") and k.endswith("resnets.0.conv1.weight")
    )
    taken = 0
    for name, tensor in small.items():
        parts = name.split(".")
        if parts[1] == "down_blocks":
            parts[2] = str(int(parts[2]) + shift)
        there = ".".join(parts)
        if there in own and own[there].shape == tensor.shape:
            own[there] = tensor
            taken += 1
    large.load_state_dict(own)
    fix_variance(large)
    return taken


def mean_of(vae: AutoencoderKL, pixels: Tensor) -> Tensor:
    """The latents of pictures in −1 … 1, unscaled."""
    return vae.encoder(pixels)[:, :LATENT_CHANNELS]  # type: ignore[no-any-return]


def loss_of(a: Tensor, b: Tensor) -> Tensor:
    """Difference of two batches in −1 … 1: tones, edges, and colour apart from brightness.

    Brightness is learned first whatever one does; the coarse colour term has a gradient from the start, so that
    colour need not wait for it.
    """
    d = a - b
    chroma = d - d.mean(1, keepdim=True)
    edges = (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()
    tones = 0.5 * d.abs().mean() + 2 * d.square().mean() + fn.avg_pool2d(d, 4).abs().mean()
    colours = 4 * chroma.square().mean() + 3 * fn.avg_pool2d(chroma, 4).abs().mean()
    return tones + colours + 0.3 * edges


def _crops(data: corpus.Pixels, settings: Settings, rng: np.random.Generator) -> Tensor:
    c = settings.crop * settings.reduce
    out = np.empty((settings.batch, c, c, 3), np.uint8)
    height, width = data.shape[1:3]
    for k in range(settings.batch):
        i = rng.integers(len(data))
        y = 16 * rng.integers((height - c) // 16 + 1)
        x = 16 * rng.integers((width - c) // 16 + 1)
        out[k] = data[i, y : y + c, x : x + c]
    t = torch.from_numpy(out).permute(0, 3, 1, 2).float() / 127.5 - 1
    if settings.reduce > 1:
        t = fn.avg_pool2d(t, settings.reduce)
    return t.contiguous(memory_format=torch.channels_last)


def train(settings: Settings) -> None:
    """Train for a while and go on later: everything lies in ``folder/autoencoder.pt``.

    The learning rate falls to nothing along this run's ``seconds``; each run starts it anew.
    """
    corpus.manifest(settings.folder)
    corpus.cache(settings.folder, "train", settings.pictures, (768, 384), settings.workers)
    parallel.launch(settings.workers if settings.device == "cpu" else 1, partial(_run, settings))


def _resume(settings: Settings) -> tuple[AutoencoderKL, int]:
    """The autoencoder of this stage, grown from a smaller one where that is what there is, and its step."""
    torch.manual_seed(settings.seed)
    vae = build(settings.reduce)
    path = settings.folder / "autoencoder.pt"
    if not path.exists():
        return vae, 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["reduce"] < settings.reduce:
        raise ValueError(f"{path} has outgrown --reduce {settings.reduce}")
    if state["reduce"] == settings.reduce:
        vae.load_state_dict(state["model"])
    else:
        grow(state["model"], vae)
    return vae, int(state["step"])


def _learn(vae: AutoencoderKL, x: Tensor, half: bool) -> tuple[Tensor, float, float]:
    """The loss of a batch, the mean difference of its pixels, and the spread of its latents."""
    with torch.autocast(x.device.type, torch.bfloat16, enabled=half):
        z = mean_of(vae, x)
        y = vae.decoder(z + 0.06 * torch.randn_like(z))  # noise in place of a KL term: neighbours decode alike
    y, z = y.float(), z.float()
    pull = (z.mean((0, 2, 3)).square() + (z.std((0, 2, 3)) - 1).square()).mean()
    loss = loss_of(y, x) + 0.05 * pull
    return loss, float((y - x).detach().abs().mean()), float(z.detach().std())


def _run(settings: Settings, rank: int, workers: int) -> None:
    device = torch.device(settings.device)
    data = corpus.cache(settings.folder, "train", settings.pictures, (768, 384), settings.workers)
    vae, first = _resume(settings)
    vae = vae.to(device, memory_format=torch.channels_last)
    vae.encoder.requires_grad_(not settings.decoder_only)
    ema = copy.deepcopy(vae).eval()
    params = [p for p in vae.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(params, lr=settings.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    torch.manual_seed(settings.seed + first + 7919 * rank)
    rng = np.random.default_rng(settings.seed + first + 7919 * rank)
    path = settings.folder / "autoencoder.pt"
    start = saved = time.time()
    step, shown = first, [0.0]
    while parallel.agree(time.time() - start < settings.seconds, workers):
        gone = (time.time() - start) / settings.seconds
        rate = settings.rate * min(1.0, (step - first + 1) / 60) * 0.5 * (1 + math.cos(math.pi * min(1.0, gone)))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 1e-5)
        loss, l1, spread = _learn(vae, _crops(data, settings, rng).to(device), settings.half)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients(params, workers)
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimizer.step()
        fix_variance(vae)
        step += 1
        keep = min(0.998, (1 + step) / (20 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(ema.parameters()), list(vae.parameters()), 1 - keep)
        shown.append(l1)
        if rank == 0 and step % 50 == 0:
            line = {"step": step, "seconds": round(time.time() - start), "l1": round(float(np.mean(shown[-50:])), 4)}
            print(json.dumps(line | {"std": round(spread, 3)}), flush=True)
        if rank == 0 and time.time() - saved > 120:
            saved = time.time()
            _save(path, ema, step, settings.reduce)
    if rank == 0:
        _save(path, ema, step, settings.reduce)


def _save(path: Path, vae: AutoencoderKL, step: int, reduce: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({"model": vae.state_dict(), "step": step, "reduce": reduce}, part)
    part.rename(path)


def load(folder: Path, device: str = "cpu") -> AutoencoderKL:
    """The autoencoder as far as it is trained; FileNotFoundError if it isn't."""
    state = torch.load(folder / "autoencoder.pt", map_location="cpu", weights_only=True)
    vae = build(state["reduce"])
    vae.load_state_dict(state["model"])
    return vae.to(device, memory_format=torch.channels_last).eval()
