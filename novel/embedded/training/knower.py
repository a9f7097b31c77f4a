"""Trains the image tower's knower of people: crops of one person near, of others far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded.teacher.framing import boxes
from novel.embedded.teacher.scene import Scene
from novel.embedded.towernet import CROP, PERSON, SIZE, Knower
from novel.embedded.training import cast
from novel.embedded.training.stand import Stand
from novel.embedded.training.wear import worn

#: The side of a person's cut-out, with a margin that the training's windows move in.
CUT = 128
_MARGIN = 0.25


#: The file of a folder that it goes on from.
STAND = "tower-knower.pt"


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of training."""

    folder: Path
    seconds: float
    pictures: int = 8000
    people: int = 32
    views: int = 3
    rate: float = 2.5e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Cuts:
    """People cut out of pictures with a margin, n × CUT × CUT × 3, and who each is."""

    pixels: npt.NDArray[np.uint8]
    who: npt.NDArray[np.int64]
    looks: tuple[cast.Look, ...]


def cut_people(pictures: npt.NDArray[np.uint8], shown: Sequence[Scene]) -> Cuts:
    """Everyone who is seen well enough, in pictures of people in colour."""
    cuts, who = [], []
    number: dict[cast.Look, int] = {}
    for i, scene in enumerate(shown):
        for person, box in zip(scene.people, (b for b in boxes(scene) if b.what == "person"), strict=True):
            wide, tall = box.right - box.left, box.bottom - box.top
            if wide * SIZE[0] < 20 or tall * SIZE[1] < 40 or scene.style == "manga":
                continue
            cuts.append(_cut(pictures[i], box.left - _MARGIN * wide, box.top - _MARGIN * tall, wide, tall))
            look = cast.look_of(person)
            who.append(number.setdefault(look, len(number)))
    return Cuts(np.stack(cuts), np.array(who, np.int64), tuple(number))


def _cut(picture: npt.NDArray[np.uint8], left: float, top: float, wide: float, tall: float) -> npt.NDArray[np.uint8]:
    """A window of a picture, its left and top corner and its size without the margin in shares, as CUT × CUT."""
    grow = 1 + 2 * _MARGIN
    x = (torch.arange(CUT) + 0.5) / CUT * grow * wide + left
    y = (torch.arange(CUT) + 0.5) / CUT * grow * tall + top
    grid = torch.stack(torch.meshgrid(2 * y - 1, 2 * x - 1, indexing="ij")[::-1], -1)[None]
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
    out = fn.grid_sample(pixels, grid, padding_mode="border", align_corners=False)[0]
    array: npt.NDArray[np.uint8] = out.permute(1, 2, 0).round().clamp(0, 255).byte().numpy()
    return array


def windows(cuts: Tensor, rng: torch.Generator | None) -> Tensor:
    """Cut-outs (n × 3 × CUT × CUT) as the knower sees them: the box itself, or one that is off by up to a sixth of it,
    now and then the upper half alone."""
    n, plain = len(cuts), 1 / (1 + 2 * _MARGIN)
    if rng is None:
        scale, shift = torch.full((n, 2), plain), torch.zeros(n, 2)
    else:
        scale = plain * (1 + 0.3 * (torch.rand((n, 2), generator=rng) - 0.4))
        shift = 0.22 * (torch.rand((n, 2), generator=rng) - 0.5)
        upper = torch.rand(n, generator=rng) < 0.3
        scale[upper, 1] *= 0.6
        shift[upper, 1] -= 0.26
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = scale[:, 0], scale[:, 1], shift
    if rng is not None:
        theta[:, 0, 0] *= torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    grid = fn.affine_grid(theta, [n, 3, CROP, CROP], align_corners=False)
    return fn.grid_sample(cuts, grid, padding_mode="border", align_corners=False)


def alike_loss(vectors: Tensor, who: Tensor) -> Tensor:
    """Crops of one person near, of others far (supervised contrastive; Khosla et al., 2020)."""
    n = len(who)
    own = torch.eye(n, dtype=torch.bool)
    scores = (vectors @ vectors.T / 0.1).masked_fill(own, -1e4)
    same = (who[:, None] == who[None, :]) & ~own
    logs = scores - scores.logsumexp(1, keepdim=True)
    return -((logs * same).sum(1) / same.sum(1).clamp(1)).mean()


#: A person's looks, as numbers to tell by: what the crops' vectors must also hold.
_TOLD = ("kind", "skin", "build", "cut", "hair", "clothes", "colour", "glasses", "beard", "hat")


def told(looks: Sequence[cast.Look]) -> Tensor:
    """One class a head of :data:`_TOLD` for each look; -1 where there is none."""
    out = torch.full((len(looks), len(_TOLD)), -1)
    for i, look in enumerate(looks):
        if look[0] == "robot":
            out[i, _TOLD.index("kind")] = PERSON["kind"].index("robot")
            out[i, _TOLD.index("colour")] = PERSON["colour"].index(str(look[1]))
            continue
        for k, (head, value) in enumerate(zip(_TOLD, look, strict=True)):
            if isinstance(value, bool):
                out[i, k] = int(value)
            elif value and not (head == "colour" and "labcoat" in look):
                out[i, k] = PERSON[head].index(str(value))
    return out


def train(settings: Settings) -> Knower:
    """Train the knower for a while; goes on from ``folder/tower-knower.pt`` until its seconds are spent."""
    torch.manual_seed(settings.seed)
    data = cast.pictures(settings.folder, "cast", settings.pictures)
    cuts = cut_people(data, [cast.scene_at("cast", i) for i in range(settings.pictures)])
    classes, members = told(cuts.looks), [np.flatnonzero(cuts.who == k) for k in range(len(cuts.looks))]
    often = np.array([k for k, m in enumerate(members) if len(m) > 1])
    model = Knower()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    tell = nn.ModuleDict({head: nn.Linear(model.out.out_features, len(PERSON[head])) for head in _TOLD})
    params = [*model.parameters(), *tell.parameters()]
    optimizer = torch.optim.AdamW(params, lr=settings.rate, weight_decay=0.02)
    stand = Stand(settings.folder / STAND, settings.seconds)
    stand.resume(model, optimizer, *(p for p in tell.parameters()))
    rng = torch.Generator().manual_seed(settings.seed + stand.step)
    pick = np.random.default_rng(settings.seed + stand.step)
    while stand.gone < 1:
        people = pick.choice(often, min(settings.people, len(often)), replace=False)
        rows = np.concatenate([pick.choice(members[k], settings.views) for k in people])
        x = torch.from_numpy(cuts.pixels[rows]).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
        x = worn(windows(x, rng), rng)
        who = torch.from_numpy(cuts.who[rows])
        vectors = model(x.contiguous(memory_format=torch.channels_last))
        loss = alike_loss(vectors, who)
        for k, layer in enumerate(tell.values()):
            loss = loss + 0.15 * fn.cross_entropy(layer(4 * vectors), classes[who][:, k], ignore_index=-1)
        stand.learn(loss, optimizer, params, settings.rate)
        if stand.due():
            stand.save(model, optimizer, *(p for p in tell.parameters()))
    stand.save(model, optimizer, *(p for p in tell.parameters()))
    return model.eval()
