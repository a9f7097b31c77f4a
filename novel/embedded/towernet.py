"""The networks of the image tower: one that reads a panel, one that knows a person again. Imports torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded.teacher import scene as names
from novel.embedded.teacher.facts import THING_NAMES

#: What the reader sees: width and height in pixels, half a wide panel's.
SIZE = (384, 192)
#: The side of a person's crop.
CROP = 96
#: The reader answers once for so many pixels each way.
CELL = 16

#: What holds for the whole picture: head → names.
WHOLE: dict[str, tuple[str, ...]] = {
    "style": names.STYLES,
    "shot": names.SHOTS,
    "place": names.PLACES,
    "time": names.TIMES,
    "weather": names.WEATHERS,
}
#: What is read of each person: head → names.
PERSON: dict[str, tuple[str, ...]] = {
    "kind": names.KINDS,
    "skin": names.SKINS,
    "build": names.BUILDS,
    "cut": names.HAIR_CUTS,
    "hair": names.HAIR_COLOURS,
    "glasses": ("no", "yes"),
    "beard": ("no", "yes"),
    "hat": names.HATS,
    "clothes": names.CLOTHES,
    "colour": names.COLOURS,
    "pose": names.POSES,
    "facing": ("front", "left", "right", "back"),
    "expression": names.EXPRESSIONS,
}
STYLE_WIDTH, PERSON_WIDTH = 16, 64


def _step(before: int, after: int, stride: int, size: int = 3) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(before, after, size, stride, size // 2, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )


class _Again(nn.Module):
    """A step at the same size and width, added to what came in (He et al., 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return fn.relu(x + self.norm(self.conv(x)))


class Reader(nn.Module):
    """Convolutions down to a 32nd of the size, and back to a 16th, where each cell says whether a person or a thing has
    its middle there, and which; what holds for the whole picture is read off the mean and the peaks of the deepest."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(_step(3, 48, 4, 7), _step(48, 96, 2), _Again(96))
        self.middle = nn.Sequential(_step(96, 160, 2), _Again(160), _Again(160))
        self.deep = nn.Sequential(_step(160, 224, 2), _Again(224), _Again(224))
        self.up, self.across = nn.Conv2d(224, 128, 1), nn.Conv2d(160, 128, 1)
        # What is small is best seen before it is reduced.
        self.near = nn.Conv2d(96, 128, 2, 2)
        self.join = nn.Sequential(nn.ReLU(inplace=True), _step(128, 160, 1))
        self.people = nn.Conv2d(160, 1 + sum(map(len, PERSON.values())), 1)
        self.things = nn.Conv2d(160, 1 + len(THING_NAMES), 1)
        self.whole = nn.ModuleDict({head: nn.Linear(896, len(options)) for head, options in WHOLE.items()})
        self.manner = nn.Linear(192, STYLE_WIDTH)

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """``pixels`` are n × 3 × 192 × 384 in −1 … 1. Logits of the whole picture's heads; ``people`` and ``things``,
        n × channels × 12 × 24, the first channel whether there is one; ``manner``, unit vectors."""
        fine = self.fine(pixels)
        middle = self.middle(fine)
        deep = self.deep(middle)
        wide = fn.interpolate(self.up(deep), size=middle.shape[-2:], mode="nearest")
        cells = self.join(wide + self.across(middle) + self.near(fine))
        # The upper and the lower half apart: a sky and a floor say more than their mean.
        upper, lower = deep[..., :3, :].mean((2, 3)), deep[..., 3:, :].mean((2, 3))
        pooled = torch.cat([upper, lower, deep.amax((2, 3)), deep.std((2, 3))], 1)
        manner = torch.cat([fine.mean((2, 3)), fine.std((2, 3))], 1)
        out = {head: layer(pooled) for head, layer in self.whole.items()}
        out["people"], out["things"] = self.people(cells), self.things(cells)
        out["manner"] = fn.normalize(self.manner(manner), dim=1)
        return out


class Knower(nn.Module):
    """A person's crop as a unit vector; two crops of one person are near, whatever they do and however it is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            _step(3, 16, 2, 5), _step(16, 32, 2), _step(32, 56, 2), _step(56, 56, 1), _step(56, 80, 2)
        )
        # Pooled in four bands from head to foot: hair and collar are of one colour in one person, not in the next.
        self.out = nn.Linear(80 * 4 + 80, PERSON_WIDTH)

    def forward(self, pixels: Tensor) -> Tensor:
        """n × 3 × 96 × 96 in −1 … 1 → n × 64."""
        f = self.trunk(pixels)
        bands = fn.adaptive_avg_pool2d(f, (4, 1)).flatten(1)
        return fn.normalize(self.out(torch.cat([bands, f.amax((2, 3))], 1)), dim=1)


def split_people(cells: Tensor) -> dict[str, Tensor]:
    """The channels of a person's cell after the first, head by head (the channels are the last dimension)."""
    parts = torch.split(cells, [len(options) for options in PERSON.values()], -1)
    return dict(zip(PERSON, parts, strict=True))
