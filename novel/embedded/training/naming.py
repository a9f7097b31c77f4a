"""Things named off the denoiser's own features: a lesson in passing on what the words say.

Where there is much noise the words alone tell a thing from another, and what they tell is a small part of all that the
denoiser has to foresee: of what it draws it learns slowly which of 96 things was meant. So whatever stands in a cell
must also be told off its features there, by one linear layer each at three depths. The layers are left behind when
training ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded import scenes
from novel.embedded.teacher.facts import THING_NAMES
from novel.embedded.training import autoencoder, latents

#: The share of a picture's loss that its things and people have between them, each as much as any other.
THINGS_SHARE = 0.65
#: The most that a cell counts, however small the thing in it; the mean of all is about 1.
MOST = 25.0
#: What marks the first person of a picture in a map; the next one has one less. Never named, yet they count.
PERSON = 255


def shown_map(scene: scenes.Scene) -> npt.NDArray[np.uint8]:
    """What each latent cell shows: a thing, as its place in ``THING_NAMES`` from 1 on, a person, from :data:`PERSON`
    down, or 0 for neither. The smaller of two is seen."""
    h, w = scene.height // autoencoder.FACTOR, scene.width // autoencoder.FACTOR
    out = np.zeros((h, w), np.uint8)
    people = itertools.count(PERSON, -1)
    marked = [
        (next(people) if box.what == "person" else THING_NAMES.index(box.what) + 1, box) for box in scenes.boxes(scene)
    ]
    for mark, box in sorted(marked, key=lambda m: (m[1].left - m[1].right) * (m[1].bottom - m[1].top)):
        x0, x1 = int(max(0.0, box.left) * w), max(int(box.left * w) + 1, round(box.right * w))
        y0, y1 = int(max(0.0, box.top) * h), max(int(box.top * h) + 1, round(box.bottom * h))
        out[y0:y1, x0:x1] = mark
    return out


def with_maps(part: latents.Shard) -> latents.Shard:
    """A shard that holds, in place of cells' weights, what they show."""
    shown = (scenes.scene_number(part.split, n, part.size) for n in part.number.tolist())
    return replace(part, weight=np.stack([shown_map(scene) for scene in shown]))


def shares(shown: Tensor) -> Tensor:
    """How much each cell counts (n × h × w), of maps of what is shown: every thing and person of a picture the same,
    whatever its size, and all :data:`THINGS_SHARE` of it."""
    out = torch.full(shown.shape, 1 - THINGS_SHARE, device=shown.device)
    for row, picture in zip(out, shown, strict=True):
        things = picture[picture > 0].unique()
        for thing in things:
            here = picture == thing
            row[here] += THINGS_SHARE * here.numel() / (len(things) * here.sum())
    return out.clamp(max=MOST)


class Namer(nn.Module):
    """Tells what is shown, cell by cell, off the last features that a denoiser has had."""

    def __init__(self, model: UNet2DConditionModel) -> None:
        super().__init__()
        self.seen: dict[str, Tensor] = {}
        widths = model.config.block_out_channels
        ups = model.up_blocks
        self.heads = nn.ModuleDict()
        for name, part, width in (
            ("mid", model.mid_block, widths[-1]),
            ("lowest", ups[0].attentions[-1], widths[-1]),
            ("middle", ups[1].attentions[-1], widths[-2]),
        ):
            part.register_forward_hook(self._keep(name))
            head = nn.Linear(width, len(THING_NAMES) + 1)
            # so that nothing is pulled anywhere before there is something to tell
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
            self.heads[name] = head

    def _keep(self, name: str) -> Callable[[Any, Any, Any], None]:
        def keep(_module: Any, _given: Any, made: Any) -> None:
            self.seen[name] = made[0] if isinstance(made, tuple) else made

        return keep

    def forward(self, shown: Tensor) -> Tensor:
        """The mean cross-entropy over all cells with a thing, of the three depths; 0, to be learned from all the same,
        if there are none.

        ``shown``: maps of the last pictures that the denoiser was given, n × h × w, whole numbers; those whose words
        tell nothing are to be 0 throughout.
        """
        losses = []
        for name, head in self.heads.items():
            features = self.seen[name]
            features = features[len(features) - len(shown) :].float().permute(0, 2, 3, 1)
            size = (features.shape[1], features.shape[2])
            there = fn.interpolate(shown[:, None].float(), size, mode="nearest-exact")[:, 0].long()
            named = (there > 0) & (there <= len(THING_NAMES))
            told = fn.cross_entropy(head(features[named]), there[named], reduction="sum")
            losses.append(told / named.sum().clamp_min(1))
        return torch.stack(losses).mean()
