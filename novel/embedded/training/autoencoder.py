"""The autoencoder: 16 times smaller in each direction, a few channels, sharp lines kept."""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded.training import corpus, parallel

FACTOR = 16
#: The channels of the levels, outermost first; the inner four are those of the first weights that shipped.
WIDTHS = (16, 16, 32, 64, 64)
CHANNELS = 8


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
    keep_latents: bool = False
    start: Path | None = None
    channels: int = CHANNELS
    widths: tuple[int, ...] = WIDTHS


def build(
    reduce: int = 1, channels: int = CHANNELS, widths: tuple[int, ...] = WIDTHS, layers: int = 1
) -> AutoencoderKL:
    """A fresh autoencoder for pictures made ``reduce`` (1, 2 or 4) times smaller: the inner levels of the whole one.

    ``layers`` residual blocks a level in the encoder, one more in the decoder. Its log-variance is fixed at next to
    nothing: sampling equals the mean."""
    widths = tuple(widths)[{1: 0, 2: 1, 4: 2}[reduce] :]
    blocks = len(widths)
    vae = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=widths,
        layers_per_block=layers,
        latent_channels=channels,
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
    channels = vae.config["latent_channels"]
    with torch.no_grad():
        vae.encoder.conv_out.weight[channels:] = 0
        vae.encoder.conv_out.bias[channels:] = -20.0


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


def deepened(vae: AutoencoderKL, layers: int) -> AutoencoderKL:
    """The same autoencoder with more residual blocks a level; the new ones pass on what they get, so that latents and
    pictures stay exactly as they are. One that is as deep already is returned as it is."""
    if int(vae.config["layers_per_block"]) >= layers:
        return vae
    deep = build(1, int(vae.config["latent_channels"]), tuple(vae.config["block_out_channels"]), layers)
    deep.load_state_dict(vae.state_dict(), strict=False)
    return deep


def mean_of(vae: AutoencoderKL, pixels: Tensor) -> Tensor:
    """The latents of pictures in −1 … 1, unscaled."""
    return vae.encoder(pixels)[:, : vae.config["latent_channels"]]  # type: ignore[no-any-return]


@torch.no_grad()
def start_from(folder: Path, vae: AutoencoderKL) -> None:
    """Take over a saved autoencoder of the same levels; its 1 × 1 convolutions at the latents are folded into their
    neighbours (exactly so except at the picture's border, where the padding comes in between).

    Raises ValueError if the levels or channels differ.
    """
    old = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True)
    for key in ("block_out_channels", "latent_channels", "layers_per_block"):
        if list(np.atleast_1d(old.config[key])) != list(np.atleast_1d(vae.config[key])):
            raise ValueError(f"{folder} has {key} {old.config[key]}; here it is {vae.config[key]}")
    own = {k: v for k, v in old.state_dict().items() if not k.startswith(("quant_conv.", "post_quant_conv."))}
    if old.quant_conv is not None:
        weight = old.quant_conv.weight[:, :, 0, 0]
        own["encoder.conv_out.weight"] = torch.einsum("oi,ikhw->okhw", weight, own["encoder.conv_out.weight"])
        own["encoder.conv_out.bias"] = weight @ own["encoder.conv_out.bias"] + old.quant_conv.bias
    if old.post_quant_conv is not None:
        weight, first = old.post_quant_conv.weight[:, :, 0, 0], own["decoder.conv_in.weight"]
        own["decoder.conv_in.weight"] = torch.einsum("okhw,ki->oihw", first, weight)
        own["decoder.conv_in.bias"] = own["decoder.conv_in.bias"] + first.sum((2, 3)) @ old.post_quant_conv.bias
    vae.load_state_dict(own)
    fix_variance(vae)


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


def crops(data: corpus.Pixels, side: int, count: int, rng: np.random.Generator) -> tuple[Tensor, list[int]]:
    """Pieces of pictures chosen at random, in −1 … 1, and the numbers of those pictures.

    They lie on the latents' grid and are ``side`` pixels square, or twice as wide where that is the pictures' height.
    """
    height, width = data.shape[1:3]
    c = min(side, height)
    wide = min(2 * c, width) if c == height else c
    out = np.empty((count, c, wide, 3), np.uint8)
    chosen = []
    for k in range(count):
        i = int(rng.integers(len(data)))
        y = FACTOR * rng.integers((height - c) // FACTOR + 1)
        x = FACTOR * rng.integers((width - wide) // FACTOR + 1)
        out[k] = data[i, y : y + c, x : x + wide]
        chosen.append(i)
    return torch.from_numpy(out).permute(0, 3, 1, 2).float() / 127.5 - 1, chosen


def _crops(data: corpus.Pixels, settings: Settings, rng: np.random.Generator) -> Tensor:
    pieces, _ = crops(data, settings.crop * settings.reduce, settings.batch, rng)
    return reduced(pieces, settings.reduce)


def reduced(pixels: Tensor, times: int) -> Tensor:
    """Pictures made smaller by averaging."""
    return fn.avg_pool2d(pixels, times) if times > 1 else pixels


def train(settings: Settings) -> None:
    """Train for a while and go on later: everything lies in ``folder/autoencoder.pt``.

    The learning rate falls to nothing along this run's ``seconds``; each run starts it anew.
    """
    corpus.manifest(settings.folder)
    corpus.cache(settings.folder, "train", settings.pictures, (768, 384), settings.workers)
    parallel.launch(settings.workers if settings.device == "cpu" else 1, partial(_run, settings))


@dataclass(slots=True)
class Checkpoint:
    """Where the training stands: the autoencoder; the smaller one whose latents it keeps, if so; the step."""

    vae: AutoencoderKL
    inner: AutoencoderKL | None
    reduce: int
    inner_reduce: int
    step: int
    widths: tuple[int, ...]

    def write(self, folder: Path) -> None:
        """Keep it as ``folder/autoencoder.pt``."""
        state = {
            "model": self.vae.state_dict(),
            "inner": None if self.inner is None else self.inner.state_dict(),
            "step": self.step,
            "reduce": self.reduce,
            "inner_reduce": self.inner_reduce,
            "channels": int(self.vae.config["latent_channels"]),
            "widths": list(self.widths),
            "layers": int(self.vae.config["layers_per_block"]),
            "inner_layers": 1 if self.inner is None else int(self.inner.config["layers_per_block"]),
        }
        path = folder / "autoencoder.pt"
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.rename(path)


def stored(folder: Path) -> Checkpoint:
    """What :meth:`Checkpoint.write` kept; FileNotFoundError if it didn't."""
    state = torch.load(folder / "autoencoder.pt", map_location="cpu", weights_only=True)
    shape = (int(state["channels"]), tuple(state["widths"]))
    # checkpoints from before there was a choice have one layer
    vae = build(state["reduce"], *shape, state.get("layers", 1))
    vae.load_state_dict(state["model"])
    inner = None
    if state["inner"] is not None:
        inner = build(state["inner_reduce"], *shape, state.get("inner_layers", 1))
        inner.load_state_dict(state["inner"])
    return Checkpoint(vae, inner, int(state["reduce"]), int(state["inner_reduce"]), int(state["step"]), shape[1])


def _resume(settings: Settings) -> Checkpoint:
    """The autoencoder of this stage, grown from a smaller one where that is what there is, and its step."""
    torch.manual_seed(settings.seed)
    path = settings.folder / "autoencoder.pt"
    if not path.exists():
        vae = build(settings.reduce, settings.channels, settings.widths)
        if settings.start is not None:
            start_from(settings.start, vae)
        return Checkpoint(vae, None, settings.reduce, settings.reduce, 0, settings.widths)
    there = stored(settings.folder)
    if there.reduce < settings.reduce:
        raise ValueError(f"{path} has outgrown --reduce {settings.reduce}")
    if there.reduce > settings.reduce:
        shape = (int(there.vae.config["latent_channels"]), there.widths, int(there.vae.config["layers_per_block"]))
        vae = build(settings.reduce, *shape)
        grow(there.vae.state_dict(), vae)
        inner, inner_reduce = None, settings.reduce
        if settings.keep_latents:
            inner, inner_reduce = there.inner or there.vae, there.inner_reduce
        return Checkpoint(vae, inner, settings.reduce, inner_reduce, there.step, there.widths)
    if not settings.keep_latents and not settings.decoder_only:
        there.inner, there.inner_reduce = None, there.reduce  # the latents are free to move again
    return there


def _learn(stand: Checkpoint, x: Tensor, half: bool) -> tuple[Tensor, float, float]:
    """The loss of a batch, the mean difference of its pixels, and the spread of its latents."""
    vae = stand.vae
    with torch.autocast(x.device.type, torch.bfloat16, enabled=half):
        z = mean_of(vae, x)
        if stand.inner is None:
            kept = z
        else:
            with torch.no_grad():
                kept = mean_of(stand.inner, reduced(x, stand.inner_reduce // stand.reduce))
        y = vae.decoder(kept + 0.06 * torch.randn_like(kept))  # noise in place of a KL term: neighbours decode alike
    y, z = y.float(), z.float()
    if stand.inner is None:
        pull = 0.05 * (z.mean((0, 2, 3)).square() + (z.std((0, 2, 3)) - 1).square()).mean()
    else:
        pull = (z - kept.float()).square().mean()
    return loss_of(y, x) + pull, float((y - x).detach().abs().mean()), float(z.detach().std())


def _run(settings: Settings, rank: int, workers: int) -> None:
    device = torch.device(settings.device)
    data = corpus.cache(settings.folder, "train", settings.pictures, (768, 384), settings.workers)
    stand = _resume(settings)
    layout = torch.channels_last if device.type == "cuda" else torch.contiguous_format  # what is faster there
    vae, step = stand.vae.to(device, memory_format=layout), stand.step
    if stand.inner is not None:
        stand.inner = stand.inner.to(device, memory_format=layout).eval().requires_grad_(False)
    vae.encoder.requires_grad_(not settings.decoder_only)
    ema = copy.deepcopy(vae).eval()
    params = [p for p in vae.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(params, lr=settings.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    torch.manual_seed(settings.seed + step + 7919 * rank)
    rng = np.random.default_rng(settings.seed + step + 7919 * rank)
    start = saved = time.time()
    first, shown = step, [0.0]
    while parallel.agree(time.time() - start < settings.seconds, workers):
        gone = (time.time() - start) / settings.seconds
        rate = settings.rate * min(1.0, (step - first + 1) / 60) * 0.5 * (1 + math.cos(math.pi * min(1.0, gone)))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 1e-5)
        loss, l1, spread = _learn(stand, _crops(data, settings, rng).to(device, memory_format=layout), settings.half)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients(params, workers)
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimizer.step()
        fix_variance(vae)
        step += 1
        keep = min(0.998, (1 + step - first) / (20 + step - first))
        with torch.no_grad():
            torch._foreach_lerp_(list(ema.parameters()), list(vae.parameters()), 1 - keep)
        shown.append(l1)
        if rank == 0 and step % 50 == 0:
            line = {"step": step, "seconds": round(time.time() - start), "l1": round(float(np.mean(shown[-50:])), 4)}
            print(json.dumps(line | {"std": round(spread, 3)}), flush=True)
        if rank == 0 and time.time() - saved > 120:
            saved = time.time()
            replace(stand, vae=ema, step=step).write(settings.folder)
    if rank == 0:
        replace(stand, vae=ema, step=step).write(settings.folder)


def begin(folder: Path, start: Path) -> None:
    """Write ``folder/autoencoder.pt`` out of a saved autoencoder of full size, in its own widths."""
    config = json.loads((start / "config.json").read_text())
    widths = tuple(int(w) for w in config["block_out_channels"])
    vae = build(1, int(config["latent_channels"]), widths, int(config["layers_per_block"]))
    start_from(start, vae)
    Checkpoint(vae, None, 1, 1, 0, widths).write(folder)


def load(folder: Path, device: str = "cpu") -> AutoencoderKL:
    """The autoencoder as far as it is trained; FileNotFoundError if it isn't."""
    return stored(folder).vae.to(device).eval()


def encoder(folder: Path, device: str = "cpu") -> tuple[AutoencoderKL, int]:
    """The autoencoder whose latents the denoiser learns, and how many times smaller it takes the pictures.

    While the whole one keeps the latents of a smaller one (``keep_latents``) that one makes them: cheaply, and alike
    from the first picture of a corpus to the last.
    """
    stand = stored(folder)
    if stand.inner is not None:
        return stand.inner.to(device).eval(), stand.inner_reduce
    return stand.vae.to(device).eval(), stand.reduce
