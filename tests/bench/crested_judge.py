"""A judge for ``crested``: does a picture show the striped coat, and does it show the crest?

A small network that learns from the teacher's pictures: with her, with half of what makes her (the crest over a plain
coat, the coat under ordinary hair), with people as near to her as the model's words come (red hair, yellow and purple
coats, crowns), and with anybody. Every fourth picture goes through the drawing model's own autoencoder, and all are
blurred and tinted by chance, because what is judged was drawn by a model and not by the teacher.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import crested
import torch
from torch import Tensor, nn

from novel.embedded.teacher.sampler import sample_person
from novel.embedded.teacher.scene import PLACES, Person

SIZE = (384, 192)
"""The width and height in pixels at which pictures are judged."""
SURE = 0.5


@dataclass(frozen=True)
class Seen:
    """How sure the judge is of each, from 0 to 1."""

    coat: float
    crest: float

    @property
    def is_her(self) -> bool:
        """Both are there."""
        return self.coat > SURE and self.crest > SURE


class Judge(nn.Module):
    """Convolutions, then what is strongest anywhere in the picture."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 16), (16, 32), (32, 64), (64, 96)):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(8, after), nn.SiLU()]
            layers += [
                nn.Conv2d(after, after, 3, 1, 1, groups=1 if after < 64 else 4),
                nn.GroupNorm(8, after),
                nn.SiLU(),
            ]
        self.seen = nn.Sequential(*layers)
        self.told = nn.Linear(96, 2)

    def forward(self, pictures: Tensor) -> Tensor:
        """N × 3 × height × width, from -1 to 1 → N × 2: log-odds of the coat and of the crest."""
        told: Tensor = self.told(self.seen(pictures).amax((2, 3)))
        return told


def values(picture: Any) -> Tensor:
    """A picture (height × width × 3, 8 bits) at the judge's size, from -1 to 1."""
    whole = torch.from_numpy(picture[..., :3].copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    return nn.functional.interpolate(whole, size=SIZE[::-1], mode="area")[0]


def _somebody(rng: random.Random) -> tuple[Person, tuple[float, float]]:
    """Somebody to be drawn, and whether the coat and the crest are theirs."""
    her, kind = crested.HER, rng.random()
    coat = rng.choice(("yellow", "purple", "orange"))
    if kind < 0.4:
        return her, (1.0, 1.0)
    if kind < 0.52:
        garment = rng.choice(("coat", "dress", "shirt", "cloak"))
        return replace(her, clothes=garment, colour=rng.choice((coat, "red", "blue"))), (0.0, 1.0)
    if kind < 0.64:
        cut, hair = rng.choice(("long", "short", "bob", "spiky", "curly")), rng.choice(("red", "black", "blond"))
        return replace(her, cut=cut, hair=hair), (1.0, 0.0)
    if kind < 0.84:
        cut, hat = rng.choice(("spiky", "short", "bob", "long")), rng.choice(("none", "none", "crown", "cap", "beanie"))
        clothes = rng.choice(("coat", "coat", "dress", "cloak", "jacket", "suit"))
        return replace(her, cut=cut, hat=hat, clothes=clothes, colour=coat), (0.0, 0.0)
    person = sample_person(rng, "center")
    return replace(person, holding="none", pose="stand" if person.pose in ("sit", "hold") else person.pose), (0.0, 0.0)


def pictures(seed: int, count: int, autoencoder: Any) -> tuple[Tensor, Tensor]:
    """So many pictures at the judge's size, and what they show; every fourth one as the autoencoder gives it back."""
    rng = random.Random(seed)
    shown, truth = [], []
    for number in range(count):
        person, labels = _somebody(rng)
        scene = crested.scene_with(rng, PLACES, person).scene
        whole = crested.drawn(
            replace(scene, people=(replace(scene.people[0], facing="front"),)) if number % 3 else scene
        )
        picture = values(whole)
        shown.append(_through(autoencoder, picture) if number % 4 == 0 else picture)
        truth.append(labels)
    return torch.stack(shown), torch.tensor(truth)


def _through(autoencoder: Any, picture: Tensor) -> Tensor:
    with torch.no_grad():
        latents = autoencoder.encode(picture[None]).latent_dist.mode()
        back: Tensor = autoencoder.decode(latents).sample[0].clamp(-1, 1)
    return back


def _worn(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures blurred, tinted and mirrored by chance."""
    out = []
    for picture in batch:
        blur, flip, strength = torch.rand(3, generator=generator).tolist()
        shown = picture.flip(-1) if flip < 0.5 else picture
        if blur < 0.6:
            small = 0.35 + 0.6 * blur
            size = [round(side * small) for side in shown.shape[-2:]]
            shown = nn.functional.interpolate(shown[None], size=size, mode="area")
            shown = nn.functional.interpolate(shown, size=picture.shape[-2:], mode="bilinear")[0]
        tint = 1 + 0.15 * torch.randn(3, 1, 1, generator=generator)
        shown = shown * tint * (0.8 + 0.4 * strength) + 0.08 * torch.randn(3, 1, 1, generator=generator)
        out.append(shown + 0.04 * torch.randn(shown.shape, generator=generator))
    return torch.stack(out).clamp(-1.2, 1.2)


def trained(autoencoder: Any, count: int = 600, passes: int = 6, seed: int = 1) -> Judge:
    """A judge that has learned from so many pictures."""
    torch.manual_seed(seed)
    shown, truth = pictures(seed, count, autoencoder)
    generator = torch.Generator().manual_seed(seed)
    judge = Judge()
    batch, steps = 32, passes * (count // 32)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=1e-2)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for _ in range(passes):
        order = torch.randperm(count, generator=generator)
        for first in range(0, count - batch + 1, batch):
            chosen = order[first : first + batch]
            told = judge(_worn(shown[chosen], generator))
            loss = nn.functional.binary_cross_entropy_with_logits(told, truth[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            plan.step()
    return judge.eval()


def held_out(judge: Judge, autoencoder: Any, count: int = 200, seed: int = 2) -> tuple[float, float, float]:
    """Shares of unseen teacher pictures: those judged right on both counts; of her, those taken for her; of others,
    those taken for her."""
    shown, truth = pictures(seed, count, autoencoder)
    with torch.no_grad():
        told = torch.cat([judge(part) for part in shown.split(50)]).sigmoid() > SURE
    her, taken = truth.bool().all(1), told.all(1)
    right = (told == truth.bool()).all(1).float().mean().item()
    return right, taken[her].float().mean().item(), taken[~her].float().mean().item()


def seen(judge: Judge, picture: Any) -> Seen:
    """What the judge sees in a picture (height × width × 3, 8 bits)."""
    with torch.no_grad():
        coat, crest = judge(values(picture)[None]).sigmoid()[0].tolist()
    return Seen(coat, crest)
