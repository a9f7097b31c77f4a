"""The probe: a small image network that reads a panel's facts back out of its pixels.

It is trained on the teacher's pictures alone, never on the model's, and is only used to measure.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded import scenes
from novel.embedded.teacher import scene as names
from novel.embedded.teacher.facts import THING_NAMES
from novel.embedded.training import corpus

#: What the probe sees: half a wide panel's size.
SIZE = (384, 192)
_THING_SIDES = ("left", "center", "right")

#: head → how many classes; 0 means nobody or nothing there for the sides' heads.
HEADS: dict[str, int] = {
    "style": len(names.STYLES),
    "shot": len(names.SHOTS),
    "place": len(names.PLACES),
    "time": len(names.TIMES),
    "weather": len(names.WEATHERS),
    "count": 5,
    **{f"{s}-kind": len(names.KINDS) + 1 for s in names.SIDES},
    **{f"{s}-colour": len(names.COLOURS) + 1 for s in names.SIDES},
    **{f"{s}-thing": len(THING_NAMES) + 1 for s in _THING_SIDES},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of training."""

    folder: Path
    seconds: float
    device: str = "cpu"
    workers: int = 2
    pictures: int = 12000
    batch: int = 32
    rate: float = 1.5e-3
    seed: int = 0
    half: bool = False


def truth(scene: scenes.Scene) -> list[int]:
    """What there is to read in a scene, one class a head. -1 where it can't be seen: no colours in manga."""
    people = {p.side: p for p in scene.people}
    things = {t.side: t for t in scene.things}
    out = [
        names.STYLES.index(scene.style),
        names.SHOTS.index(scene.shot),
        names.PLACES.index(scene.place),
        names.TIMES.index(scene.time),
        names.WEATHERS.index(scene.weather),
        len(scene.people),
    ]
    out += [names.KINDS.index(people[s].kind) + 1 if s in people else 0 for s in names.SIDES]
    out += [_colour(people[s], scene.style) if s in people else 0 for s in names.SIDES]
    out += [THING_NAMES.index(things[s].name) + 1 if s in things else 0 for s in _THING_SIDES]
    return out


def _colour(person: scenes.Person, style: str) -> int:
    if style == "manga" or person.clothes == "labcoat":
        return -1
    return names.COLOURS.index(person.colour) + 1


class Probe(nn.Module):
    """Convolutions, a few learned maps that pool over the panel, and one linear layer a head."""

    def __init__(self, width: int = 32, maps: int = 10) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for k, out in enumerate((width, 2 * width, 3 * width, 5 * width)):
            layers += [
                nn.Conv2d(channels, out, 5 if k == 0 else 3, 2, 2 if k == 0 else 1),
                nn.BatchNorm2d(out),
                nn.ReLU(),
            ]
            layers += [nn.Conv2d(out, out, 3, 1, 1), nn.BatchNorm2d(out), nn.ReLU()]
            channels = out
        self.trunk = nn.Sequential(*layers)
        self.maps = nn.Parameter(torch.randn(maps, SIZE[1] // 16, SIZE[0] // 16) * 0.5)
        self.mix = nn.Sequential(nn.Linear(2 * maps * channels, 384), nn.ReLU(), nn.Dropout(0.1))
        self.heads = nn.ModuleDict({head: nn.Linear(384, n) for head, n in HEADS.items()})

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """Logits of each head; ``pixels`` are n × 3 × 192 × 384 in −1 … 1."""
        f = self.trunk(pixels)
        share = self.maps.flatten(1).softmax(1)
        pooled = torch.einsum("nci,mi->nmc", f.flatten(2), share).flatten(1)
        # The strongest answer under each map finds small things that an average drowns.
        peak = torch.stack([(f * (m / m.amax())).amax((2, 3)) for m in share.view_as(self.maps)], 1).flatten(1)
        h = self.mix(torch.cat([pooled, peak], 1))
        return {head: layer(h) for head, layer in self.heads.items()}


def shrink(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Pictures (n × 384 × 768 × 3) at the probe's size, each pixel the mean of four."""
    n, h, w, _ = pictures.shape
    out: npt.NDArray[np.uint8] = pictures.reshape(n, h // 2, 2, w // 2, 2, 3).mean((2, 4)).round().astype(np.uint8)
    return out


def pixels_of(pictures: npt.NDArray[np.uint8], device: str | torch.device = "cpu") -> Tensor:
    """The probe's input for pictures of its own size."""
    return torch.from_numpy(np.array(pictures)).to(device).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def _small(job: corpus.Job) -> npt.NDArray[np.uint8]:
    out: npt.NDArray[np.uint8] = shrink(corpus.draw_job(job)[None])[0]
    return out


def small_pictures(folder: Path, split: str, count: int, workers: int) -> npt.NDArray[np.uint8]:
    """The first wide pictures of a split at the probe's size, drawn once and memory-mapped afterwards."""
    path = folder / f"probe-v{scenes.VERSION}-{split}-{count}.npy"
    if not path.exists():
        part = path.with_suffix(".part")
        array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(count, SIZE[1], SIZE[0], 3))
        for i, picture in enumerate(corpus.each(_small, split, range(count), (768, 384), workers)):
            array[i] = picture
        array.flush()
        del array
        part.rename(path)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def _blurred(x: Tensor, rng: torch.Generator) -> Tensor:
    """Half of the batches a little softened or noisy: a drawn picture is not as crisp as the teacher's."""
    draw = float(torch.rand((), generator=rng))
    if draw < 0.3:
        return fn.interpolate(fn.avg_pool2d(x, 2), size=x.shape[-2:], mode="bilinear")
    if draw < 0.5:
        return x + 0.1 * torch.randn(x.shape, generator=rng).to(x.device)
    return x


def _rows(count: int, batch: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    while True:
        order = rng.permutation(count)
        for k in range(0, count - batch + 1, batch):
            yield np.sort(order[k : k + batch])


def train(settings: Settings, check_on: int = 600) -> dict[str, float]:
    """Train anew for a while, save ``folder/probe.pt``; returns the shares read right on held-out teacher pictures."""
    torch.manual_seed(settings.seed)
    corpus.manifest(settings.folder)
    data = small_pictures(settings.folder, "probe", settings.pictures, settings.workers)
    labels = torch.tensor([truth(scenes.scene_number("probe", i, (768, 384))) for i in range(settings.pictures)])
    device = torch.device(settings.device)
    model = Probe().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=0.02)
    feed = _rows(settings.pictures, settings.batch, np.random.default_rng(settings.seed))
    rng = torch.Generator().manual_seed(settings.seed)
    start, step = time.time(), 0
    while (gone := (time.time() - start) / settings.seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * gone))
        rows = next(feed)
        x = _blurred(pixels_of(data[rows], device), rng)
        y = labels[torch.from_numpy(rows)].to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.half):
            logits = model(x)
        losses = []
        for k, out in enumerate(logits.values()):
            seen = y[:, k] >= 0
            if seen.any():
                losses.append(fn.cross_entropy(out.float()[seen], y[seen, k]))
        loss = torch.stack(losses).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        if step % 50 == 0:
            print(
                json.dumps(
                    {"step": step, "seconds": round(time.time() - start), "loss": round(float(loss.detach()), 4)}
                ),
                flush=True,
            )
    figures = check(model.eval(), settings.folder, settings.workers, check_on)
    torch.save(
        {"model": model.state_dict(), "figures": figures, "teacher": scenes.VERSION}, settings.folder / "probe.pt"
    )
    return figures


@torch.no_grad()
def check(model: Probe, folder: Path, workers: int, count: int = 600) -> dict[str, float]:
    """Shares read right on unseen teacher pictures, by head; people and things only where there are any."""
    device = next(model.parameters()).device
    data = small_pictures(folder, "probe-test", count, workers)
    labels = torch.tensor([truth(scenes.scene_number("probe-test", i, (768, 384))) for i in range(count)])
    right: dict[str, list[bool]] = {}
    for k in range(0, count, 100):
        logits = model(pixels_of(data[k : k + 100], device))
        for j, (head, out) in enumerate(logits.items()):
            want, got = labels[k : k + 100, j], out.argmax(1).cpu()
            side = head.partition("-")[2]
            keep = want > 0 if side else want >= 0
            right.setdefault(side or head, []).extend((want == got)[keep].tolist())
    return {head: round(sum(r) / max(1, len(r)), 4) for head, r in right.items()}


def load(path: Path, device: str = "cpu") -> tuple[Probe, dict[str, float]]:
    """A trained probe and the figures of its own check. Raises ValueError if it is of another teacher."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["teacher"] != scenes.VERSION:
        raise ValueError(f"{path} was trained on teacher {state['teacher']}; this is {scenes.VERSION}")
    model = Probe()
    model.load_state_dict(state["model"])
    return model.to(device).eval(), state["figures"]


@torch.no_grad()
def read(model: Probe, pictures: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.int64]]:
    """The classes that the probe reads in pictures of its own size, head by head."""
    device = next(model.parameters()).device
    parts = [model(pixels_of(pictures[k : k + 50], device)) for k in range(0, len(pictures), 50)]
    return {head: np.concatenate([p[head].argmax(1).cpu().numpy() for p in parts]) for head in HEADS}
