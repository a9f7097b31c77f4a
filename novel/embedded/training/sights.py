"""What is to be seen in a scene, and where: what the reader of panels learns, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as fn

from novel.embedded.teacher.facts import THING_NAMES
from novel.embedded.teacher.framing import boxes, standing
from novel.embedded.teacher.people import figure_height
from novel.embedded.teacher.scene import Person, Scene
from novel.embedded.towernet import CELL, PERSON, SIZE, WHOLE

COLUMNS, ROWS = SIZE[0] // CELL, SIZE[1] // CELL
#: The most people and things of a scene.
MOST = 4


def anchor(scene: Scene, person: Person) -> tuple[float, float]:
    """Where a person is looked for: the upper chest, in shares of the picture; the face is above, the clothes below."""
    at, size, feet = standing(scene)
    height = 0.62 if person.kind == "robot" else 0.68
    return at[person.side], min(0.97, feet - height * size * figure_height(person))


def person_classes(person: Person, style: str) -> list[int]:
    """One class a head of :data:`PERSON`; -1 where it can't be seen."""
    out = dict.fromkeys(PERSON, -1)
    grey, robot, back = style == "manga", person.kind == "robot", person.facing == "back"
    out["kind"] = PERSON["kind"].index(person.kind)
    out["facing"] = PERSON["facing"].index(person.facing)
    if not back:
        out["expression"] = PERSON["expression"].index(person.expression)
    if person.pose in PERSON["pose"]:
        out["pose"] = PERSON["pose"].index(person.pose)
    if not grey and person.clothes != "labcoat":
        out["colour"] = PERSON["colour"].index(person.colour)
    if robot:
        return list(out.values())
    out["clothes"] = PERSON["clothes"].index(person.clothes)
    out["build"] = PERSON["build"].index(person.build)
    out["hat"] = PERSON["hat"].index(person.hat)
    if person.hat not in ("helmet", "beanie", "wizardhat"):
        out["cut"] = PERSON["cut"].index(person.cut)
        if not grey and person.cut != "bald":
            out["hair"] = PERSON["hair"].index(person.hair)
    if not grey:
        out["skin"] = PERSON["skin"].index(person.skin)
    if not back:
        out["glasses"], out["beard"] = int(person.glasses), int(person.beard)
    return list(out.values())


@dataclass(frozen=True, slots=True)
class Truths:
    """What is true of pictures, row by row: the whole's classes, -1 where one can't be seen; people and things as x, y
    (shares) and classes, absent ones at x = -1."""

    whole: Tensor
    people: Tensor
    people_at: Tensor
    things: Tensor
    things_at: Tensor

    def rows(self, rows: Tensor) -> Truths:
        """Those of some pictures."""
        return Truths(*(getattr(self, name)[rows] for name in self.__slots__))


def _whole_class(scene: Scene, head: str) -> int:
    # Greys show no light's colour, and hours by little else.
    hidden = head == "time" and scene.style == "manga"
    return -1 if hidden else WHOLE[head].index(getattr(scene, head))


def truths(shown: Sequence[Scene]) -> Truths:
    """The truths of scenes."""
    n = len(shown)
    whole = torch.tensor([[_whole_class(s, head) for head in WHOLE] for s in shown])
    people = torch.full((n, MOST, len(PERSON)), -1)
    things = torch.full((n, MOST), -1)
    people_at, things_at = torch.full((n, MOST, 2), -1.0), torch.full((n, MOST, 2), -1.0)
    for i, scene in enumerate(shown):
        for k, person in enumerate(scene.people):
            people[i, k] = torch.tensor(person_classes(person, scene.style))
            people_at[i, k] = torch.tensor(anchor(scene, person))
        seen = [b for b in boxes(scene) if b.what != "person" and b.right - b.left > 0.01 and b.bottom - b.top > 0.01]
        for k, box in enumerate(seen[:MOST]):
            things[i, k] = THING_NAMES.index(box.what)
            things_at[i, k] = torch.tensor([(box.left + box.right) / 2, (box.top + box.bottom) / 2])
    return Truths(whole, people, people_at, things, things_at)


_LEFT, _RIGHT = PERSON["facing"].index("left"), PERSON["facing"].index("right")


def mirrored(x: Tensor, t: Truths) -> tuple[Tensor, Truths]:
    """Pictures and truths the other way round. Whoever looks left then looks right."""

    def other(at: Tensor) -> Tensor:
        return torch.where(at < 0, at, torch.stack([1 - at[..., 0], at[..., 1]], -1))

    people, head = t.people.clone(), list(PERSON).index("facing")
    facing = people[..., head]
    people[..., head] = torch.where(facing == _LEFT, _RIGHT, torch.where(facing == _RIGHT, _LEFT, facing))
    return x.flip(3), Truths(t.whole, people, other(t.people_at), t.things, other(t.things_at))


def moved(x: Tensor, t: Truths, rng: torch.Generator) -> tuple[Tensor, Truths]:
    """A batch shifted by up to half a cell each way; its edges are repeated."""
    dx, dy = (int(v) for v in torch.randint(-8, 9, (2,), generator=rng))
    x = fn.pad(x, (8, 8, 8, 8), mode="replicate")[..., 8 - dy : 8 - dy + SIZE[1], 8 - dx : 8 - dx + SIZE[0]]
    step = torch.tensor([dx / SIZE[0], dy / SIZE[1]])

    def shifted(at: Tensor) -> Tensor:
        return torch.where(at < 0, at, (at + step).clamp(0, 0.999))

    return x, Truths(t.whole, t.people, shifted(t.people_at), t.things, shifted(t.things_at))


def cells_of(at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The row, in the batch, of each that is there; and its cell's column and line."""
    there = at[..., 0] >= 0
    which = there.nonzero()[:, 0]
    x = (at[there][:, 0] * COLUMNS).long().clamp(0, COLUMNS - 1)
    y = (at[there][:, 1] * ROWS).long().clamp(0, ROWS - 1)
    return which, x, y


def heat_of(at: Tensor) -> Tensor:
    """1 in the cell of each that is there, less around it (n × rows × columns)."""
    xs, ys = torch.arange(COLUMNS) + 0.5, torch.arange(ROWS) + 0.5
    dx = xs[None, None, None, :] - at[..., 0, None, None] * COLUMNS
    dy = ys[None, None, :, None] - at[..., 1, None, None] * ROWS
    heat = torch.exp(-(dx.square() + dy.square()) / 1.2) * (at[..., 0] >= 0)[..., None, None]
    out = heat.amax(1)
    which, x, y = cells_of(at)
    out[which, y, x] = 1.0
    return out
