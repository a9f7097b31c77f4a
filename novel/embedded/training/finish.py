"""The decoder's finish: crisp ink out of the latents that the denoiser really hands it.

Trained on true latents alone, a decoder answers doubt with blur, and never meets what a denoiser makes. Here it learns
from both: from true latents, whose pictures it has to give back, and from drawn ones. To those there is no true
picture, so its broad tones have to stay those of the decoder that it began as. A critic says where either is not drawn
like the teacher's pictures. The encoder stays as it is, and so do all latents.

Styles that are printed in dots are left to the plain loss. Their grid is finer than a cell of the latents, which is the
same all over an even area; the decoder repeats and convolves, so what is even stays even, and it draws their mean grey.
"""

from __future__ import annotations

import copy
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor
from torch.nn import functional as fn

from novel.embedded import GUIDANCE, RESCALE, STEPS, scenes
from novel.embedded.teacher.captions import caption
from novel.embedded.teacher.styles import STYLES
from novel.embedded.training import autoencoder, corpus, critic, export, latents, parallel

SIZE = (768, 384)
#: Noise on latents, as the autoencoder has it.
NOISE = 0.06
#: Steps before the decoder listens to the critic, which has to learn something first.
WARM = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """One run; ``pictures`` of the teacher and ``drawn`` ones of the denoiser, ``batch`` pieces of each a step in each
    process, ``crop`` pixels square; ``critic`` is how hard that pulls, 1 for as hard as all else."""

    folder: Path
    seconds: float
    device: str = "cpu"
    pictures: int = 3000
    drawn: int = 400
    workers: int = 2
    crop: int = 128
    batch: int = 4
    rate: float = 3e-4
    seed: int = 0
    half: bool = False
    layers: int = 2
    critic: float = 0.2


def train(settings: Settings) -> None:
    """Train for a while and go on later: ``folder/autoencoder.pt`` and ``folder/critic.pt``.

    The rate holds for three fifths of the run and falls to nothing after that. Raises ValueError if pieces of ``crop``
    pixels don't lie on the latents' grid or are as high as the pictures.
    """
    if settings.crop % autoencoder.FACTOR or not 0 < settings.crop < SIZE[1]:
        raise ValueError(f"--crop {settings.crop}: a multiple of {autoencoder.FACTOR}, below {SIZE[1]}")
    corpus.manifest(settings.folder)
    corpus.cache(settings.folder, "train", settings.pictures, SIZE, settings.workers)
    drawn(settings)
    parallel.launch(settings.workers if settings.device == "cpu" else 1, partial(_run, settings))


def drawn(settings: Settings) -> npt.NDArray[np.float16]:
    """Latents that the denoiser draws from prompts that it may have learned from, n × channels × 24 × 48, unscaled.

    Kept as long as the denoiser stays where it is.
    """
    state = torch.load(settings.folder / "denoiser.pt", map_location="cpu", weights_only=True, mmap=True)
    path = settings.folder / f"drawn-v{scenes.VERSION}-{state['step']}-{settings.drawn}.npy"
    if not path.exists():
        pipe, factor = _pipeline(settings), latents.scale(settings.folder)
        out: list[Tensor] = []
        index = 0
        while len(out) < settings.drawn:
            scene = scenes.scene_number("train", index, SIZE)
            index += 1
            if STYLES[scene.style].dots:
                continue
            told = caption(scene, random.Random(scenes.seed_of("train", index, "finish"))).text
            noise = torch.Generator().manual_seed(index)
            out.append(pipe(told, generator=noise).images[0].float().cpu() / factor)
            if len(out) % 25 == 0:
                print(json.dumps({"drawn": len(out), "of": settings.drawn}), flush=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, torch.stack(out).numpy().astype(np.float16))
        part.rename(path)
    return np.load(path)  # type: ignore[no-any-return]


def _pipeline(settings: Settings) -> Callable[..., Any]:
    """The model as far as it is trained, at its default steps and guidance; it gives latents."""
    with tempfile.TemporaryDirectory() as where:
        export.export(settings.folder, Path(where) / "model")
        pipe = StableDiffusionPipeline.from_pretrained(
            Path(where) / "model", torch_dtype=torch.float32, local_files_only=True, safety_checker=None
        ).to(settings.device)
    pipe.set_progress_bar_config(disable=True)
    return partial(
        pipe,
        width=SIZE[0],
        height=SIZE[1],
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        guidance_rescale=RESCALE,
        output_type="latent",
    )


def anchor(got: Tensor, began: Tensor) -> Tensor:
    """How far drawn pictures have left those of the decoder that it began as: in areas of 4 and 8 pixels, and a little
    in each."""
    d = got - began
    return fn.avg_pool2d(d, 4).abs().mean() + 2 * fn.avg_pool2d(d, 8).abs().mean() + 0.3 * d.abs().mean()


def _pieces(pool: npt.NDArray[np.float16], settings: Settings, rng: np.random.Generator) -> Tensor:
    side = settings.crop // autoencoder.FACTOR
    out = []
    for _ in range(settings.batch):
        i = rng.integers(len(pool))
        y, x = (rng.integers(n - side + 1) for n in pool.shape[2:])
        out.append(pool[i, :, y : y + side, x : x + side])
    return torch.from_numpy(np.stack(out)).float()


def true_pieces(
    data: corpus.Pixels, dotted: list[bool], settings: Settings, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Pieces of the teacher's pictures, and which of them have no dots: one at least, for the critic to see.

    Raises ValueError if there is none to be had.
    """
    if all(dotted):
        raise ValueError(f"each of the first {len(data)} pictures is printed in dots; ask for more with --pictures")
    while True:
        x, chosen = autoencoder.crops(data, settings.crop, settings.batch, rng)
        if not all(dotted[i] for i in chosen):
            return x, torch.tensor([not dotted[i] for i in chosen])


class _Course:
    """One process's run: the decoder and its critic, their optimisers, and the decoder as it was."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.device = torch.device(settings.device)
        torch.manual_seed(settings.seed)
        stand = autoencoder.stored(settings.folder)
        if stand.reduce != 1:
            raise ValueError("the finish is the last stage of an autoencoder of full size: train it without --reduce")
        self.stand = replace(stand, vae=autoencoder.deepened(stand.vae, settings.layers))
        self.vae = self.stand.vae.to(self.device)
        self.vae.encoder.requires_grad_(False)
        self.maker, self.times = autoencoder.encoder(settings.folder, settings.device)
        self.began = copy.deepcopy(self.vae.decoder).eval().requires_grad_(False)
        self.average = copy.deepcopy(self.vae.decoder).eval().requires_grad_(False)
        self.params = list(self.vae.decoder.parameters())
        self.critic = critic.build().to(self.device)
        self.path = settings.folder / "critic.pt"
        if self.path.exists():
            self.critic.load_state_dict(torch.load(self.path, map_location="cpu", weights_only=True))
        self.warm = 0 if self.path.exists() else WARM
        self.decoding = torch.optim.AdamW(self.params, settings.rate, betas=(0.5, 0.95), weight_decay=1e-4)
        self.judging = torch.optim.AdamW(self.critic.parameters(), 2 * settings.rate, betas=(0.5, 0.95))
        self.fresh = 0

    def learn(self, x: Tensor, plain: Tensor, pool: Tensor, gone: float, workers: int) -> tuple[float, float]:
        """One step; the loss of true pictures and how far the drawn ones have moved. ``plain`` says of each true piece
        whether the critic may see it."""
        fall = min(1.0, (self.fresh + 1) / 60) * min(1.0, max(0.03, (1 - gone) / 0.4))
        for optimizer, k in ((self.decoding, 1.0), (self.judging, 2.0)):
            for group in optimizer.param_groups:
                group["lr"] = k * self.settings.rate * fall
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.half):
            with torch.no_grad():
                true = autoencoder.mean_of(self.maker, autoencoder.reduced(x, self.times))
                before = self.began(pool).float()
            z = torch.cat([true, pool])
            got = self.vae.decoder(z + NOISE * torch.randn_like(z)).float()
            again, new = got[: len(x)], got[len(x) :]
            ours = torch.cat([again[plain], new])
            hinge = critic.hinge(self.critic(x[plain]).float(), self.critic(ours.detach()).float())
        self.judging.zero_grad(set_to_none=True)
        hinge.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients(self.critic.parameters(), workers)
        self.judging.step()
        likeness, moved = autoencoder.loss_of(again, x), anchor(new, before)
        loss = likeness + moved
        if self.fresh >= self.warm:
            self.critic.requires_grad_(False)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.half):
                opinion = -self.critic(ours).float().mean()
            self.critic.requires_grad_(True)
            share = critic.weight(loss, opinion, self.vae.decoder.conv_out.weight) * self.settings.critic
            loss = loss + share * opinion
        self.decoding.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients(self.params, workers)
        torch.nn.utils.clip_grad_norm_(self.params, 1.0)
        self.decoding.step()
        self.fresh += 1
        keep = min(0.998, (1 + self.fresh) / (20 + self.fresh))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), self.params, 1 - keep)
        return float(likeness.detach()), float(moved.detach())

    def save(self) -> None:
        """Write the averaged decoder with its encoder, and the critic."""
        vae = copy.deepcopy(self.vae).cpu()
        vae.decoder.load_state_dict(self.average.state_dict())
        replace(self.stand, vae=vae, step=self.stand.step + self.fresh).write(self.settings.folder)
        part = self.path.with_suffix(".part")
        torch.save({k: v.cpu() for k, v in self.critic.state_dict().items()}, part)
        part.rename(self.path)


def _run(settings: Settings, rank: int, workers: int) -> None:
    course = _Course(settings)
    data = corpus.cache(settings.folder, "train", settings.pictures, SIZE, settings.workers)
    dotted = [STYLES[scenes.scene_number("train", i, SIZE).style].dots for i in range(len(data))]
    pool = drawn(settings)
    seed = settings.seed + course.stand.step + 7919 * rank
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    start = saved = time.time()
    shown: list[tuple[float, float]] = []
    while parallel.agree(time.time() - start < settings.seconds, workers):
        x, plain = true_pieces(data, dotted, settings, rng)
        pieces = _pieces(pool, settings, rng).to(course.device)
        gone = (time.time() - start) / settings.seconds
        shown.append(course.learn(x.to(course.device), plain.to(course.device), pieces, gone, workers))
        if rank == 0 and course.fresh % 50 == 0:
            likeness, moved = (round(float(v), 4) for v in np.mean(shown[-50:], 0))
            line = {"step": course.fresh, "seconds": round(time.time() - start), "loss": likeness, "moved": moved}
            print(json.dumps(line), flush=True)
        if rank == 0 and time.time() - saved > 240:
            saved = time.time()
            course.save()
    if rank == 0:
        course.save()
