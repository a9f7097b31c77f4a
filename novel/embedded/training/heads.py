"""A small image network that finds heads in pictures of the teacher's kind: a judge of where balloons stand.

As the probe it is trained on the teacher's pictures alone and only measures; nothing that makes a book asks it.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded import scenes
from novel.embedded.teacher.framing import heads
from novel.embedded.training import corpus
from novel.embedded.training.probe import SIZE, pixels_of, small_pictures
from novel.geometry import Rect

CELL = 4
"""The network answers once for so many pixels each way: is this within a head?"""
SURE = 0.85
"""From this on a cell counts: on unseen teacher pictures as many heads are missed as wrong ones found."""
LEAST = 12
"""Fewer cells together are no head."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of training."""

    folder: Path
    seconds: float
    workers: int = 1
    pictures: int = 3000
    batch: int = 8
    rate: float = 2e-3
    seed: int = 0


class Finder(nn.Module):
    """Convolutions down to an eighth of the size, and back up to a quarter with what was seen there before."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.one = _block(3, width, 2)
        self.two = _block(width, 2 * width, 2)
        self.three = _block(2 * width, 4 * width, 2)
        self.four = nn.Sequential(_block(4 * width, 4 * width, 2), _block(4 * width, 4 * width, 1))
        self.out = nn.Sequential(_block(10 * width, 2 * width, 1), nn.Conv2d(2 * width, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits for each cell, n × rows × columns; ``pixels`` are n × 3 × 192 × 384 in −1 … 1."""
        two = self.two(self.one(pixels))
        three = self.three(two)
        four = self.four(three)
        size = two.shape[-2:]
        wide = [fn.interpolate(x, size=size, mode="bilinear") for x in (three, four)]
        found: Tensor = self.out(torch.cat([two, *wide], 1))[:, 0]
        return found


def _block(before: int, after: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1), nn.BatchNorm2d(after), nn.ReLU())


def truth(scene: scenes.Scene) -> npt.NDArray[np.float32]:
    """Which cells lie within a head, 1 or 0, by rows."""
    columns, rows = SIZE[0] // CELL, SIZE[1] // CELL
    cells = np.zeros((rows, columns), np.float32)
    for box in heads(scene):
        left, right = round(box.left * columns), round(box.right * columns)
        top, bottom = round(box.top * rows), round(box.bottom * rows)
        cells[top:bottom, left:right] = 1
    return cells


def train(settings: Settings) -> dict[str, float]:
    """Train anew for a while, save ``folder/heads.pt``; returns how well held-out teacher pictures are read."""
    torch.manual_seed(settings.seed)
    corpus.manifest(settings.folder)
    data = small_pictures(settings.folder, "probe", settings.pictures, settings.workers)
    cells = np.stack([truth(scenes.scene_number("probe", i, (768, 384))) for i in range(settings.pictures)])
    model = Finder()
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=0.01)
    rng = np.random.default_rng(settings.seed)
    start, step = time.time(), 0
    while (gone := (time.time() - start) / settings.seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * min(1.0, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * gone))
        rows = np.sort(rng.choice(settings.pictures, settings.batch, replace=False))
        x, y = _worn(pixels_of(data[rows]), rng), torch.from_numpy(cells[rows])
        if rng.random() < 0.5:
            x, y = x.flip(3), y.flip(2)
        loss = fn.binary_cross_entropy_with_logits(model(x), y, pos_weight=torch.tensor(3.0))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
        if step % 50 == 0:
            told = {"step": step, "seconds": round(time.time() - start), "loss": round(float(loss.detach()), 4)}
            print(json.dumps(told), flush=True)
    figures = check(model.eval(), settings.folder, settings.workers)
    saved = {"model": model.state_dict(), "figures": figures, "teacher": scenes.VERSION}
    torch.save(saved, settings.folder / "heads.pt")
    return figures


def _worn(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Most batches softened, noisy or faded: a drawn picture is not as crisp as the teacher's."""
    softer = int(rng.integers(1, 5))
    if softer > 1:
        x = fn.interpolate(fn.avg_pool2d(x, softer), size=x.shape[-2:], mode="bilinear")
    x = x * float(rng.uniform(0.6, 1.1)) + float(rng.uniform(-0.15, 0.15))
    return x + float(rng.uniform(0, 0.15)) * torch.randn(x.shape)


def check(model: Finder, folder: Path, workers: int, count: int = 300) -> dict[str, float]:
    """On unseen teacher pictures: the share of heads that are found (half of the box shared), and the share of what is
    found that is a head."""
    data = small_pictures(folder, "probe-test", count, workers)
    there = found_ones = matched = right = 0
    for i in range(count):
        boxes = [
            Rect(b.left, b.top, b.right - b.left, b.bottom - b.top)
            for b in heads(scenes.scene_number("probe-test", i, (768, 384)))
            if b.bottom - b.top > 0.06
        ]
        found = find(model, data[i])
        there += len(boxes)
        found_ones += len(found)
        matched += sum(any(_alike(box, one) >= 0.4 for one in found) for box in boxes)
        right += sum(any(_alike(box, one) >= 0.4 for box in boxes) for one in found)
    return {"found": round(matched / max(1, there), 4), "heads": round(right / max(1, found_ones), 4)}


def _alike(a: Rect, b: Rect) -> float:
    shared = a.overlap(b)
    return shared / (a.area + b.area - shared)


def load(path: Path) -> tuple[Finder, dict[str, float]]:
    """A trained finder and the figures of its own check. Raises ValueError if it is of another teacher."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["teacher"] != scenes.VERSION:
        raise ValueError(f"{path} was trained on teacher {state['teacher']}; this is {scenes.VERSION}")
    model = Finder()
    model.load_state_dict(state["model"])
    return model.eval(), state["figures"]


@torch.no_grad()
def find(model: Finder, picture: npt.NDArray[np.uint8]) -> list[Rect]:
    """The heads in a picture of the probe's size, as boxes in shares of it, the surest first."""
    felt = model(pixels_of(picture[None]))[0].sigmoid().numpy()
    rows, columns = felt.shape
    open_ = {(int(x), int(y)) for y, x in zip(*np.nonzero(felt > SURE), strict=True)}
    found: list[tuple[float, Rect]] = []
    while open_:
        edge = [min(open_)]
        open_.remove(edge[0])
        region = list(edge)
        while edge:
            x, y = edge.pop()
            for near in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
                if near in open_:
                    open_.remove(near)
                    region.append(near)
                    edge.append(near)
        if len(region) < LEAST:
            continue
        xs, ys = [x for x, _ in region], [y for _, y in region]
        left, top = min(xs) / columns, min(ys) / rows
        box = Rect(left, top, (max(xs) + 1) / columns - left, (max(ys) + 1) / rows - top)
        found.append((float(np.mean([felt[y, x] for x, y in region])), box))
    found.sort(key=lambda pair: -pair[0])
    return [box for _, box in found]
