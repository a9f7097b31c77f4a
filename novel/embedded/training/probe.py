"""The probe: what the image tower reads in a panel, as the classes that the teacher knows of a scene; and how much of
it is right.

The tower was trained on the teacher's pictures alone, never on the model's, so it can judge them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from novel.embedded import scenes
from novel.embedded.teacher import scene as names
from novel.embedded.teacher.facts import THING_NAMES
from novel.embedded.towernet import SIZE
from novel.embedded.training import corpus

if TYPE_CHECKING:
    from novel.embedded.tower import Reading, Tower

__all__ = ["HEADS", "SIZE", "check", "classes", "pixels_of", "read", "shrink", "small_pictures", "truth"]
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

Classes = npt.NDArray[np.int64]


def truth(scene: scenes.Scene) -> list[int]:
    """What there is to read in a scene, one class a head. -1 where it can't be seen: in manga no colours, and so no
    hour either, for a dawn differs from an afternoon by its light's colour alone."""
    people = {p.side: p for p in scene.people}
    things = {t.side: t for t in scene.things}
    out = [
        names.STYLES.index(scene.style),
        names.SHOTS.index(scene.shot),
        names.PLACES.index(scene.place),
        -1 if scene.style == "manga" else names.TIMES.index(scene.time),
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


def classes(reading: Reading) -> dict[str, int]:
    """What the tower sees in one picture, as one class a head of :data:`HEADS`."""
    from novel.embedded.tower import sides

    out = {head: int(odds.argmax()) for head, odds in reading.whole.items()}
    out["count"] = min(len(reading.people), HEADS["count"] - 1)
    people, things = sides(reading.people), sides(reading.things, 3)
    for side in names.SIDES:
        for head in ("kind", "colour"):
            out[f"{side}-{head}"] = int(people[side].odds[head].argmax()) + 1 if side in people else 0
    for side in _THING_SIDES:
        out[f"{side}-thing"] = int(things[side].odds["thing"].argmax()) + 1 if side in things else 0
    return {head: out[head] for head in HEADS}


def read(tower: Tower, pictures: Sequence[npt.NDArray[np.uint8]] | npt.NDArray[np.uint8]) -> dict[str, Classes]:
    """The classes that the tower reads in pictures, head by head."""
    rows = [classes(reading) for reading in tower.read(list(pictures))]
    return {head: np.array([row[head] for row in rows], np.int64) for head in HEADS}


def check(tower: Tower, folder: Path, workers: int, count: int = 300) -> dict[str, float]:
    """Shares read right on unseen teacher pictures, by head. People's and things' heads count where there is one, so
    that what is missed is wrong; ``sides`` also counts who is seen where nobody is; ``thing-anywhere`` a thing that is
    read on another side too."""
    data = small_pictures(folder, "probe-test", count, workers)
    shown = [scenes.scene_number("probe-test", i, (768, 384)) for i in range(count)]
    labels = np.array([truth(scene) for scene in shown])
    got = read(tower, data)
    right: dict[str, list[bool]] = {}
    for j, head in enumerate(HEADS):
        part = head.partition("-")[2]
        want = labels[:, j]
        keep = want > 0 if part else want >= 0
        right.setdefault(part or head, []).extend((want == got[head])[keep].tolist())
    things = {side: got[f"{side}-thing"] for side in _THING_SIDES}
    for i, scene in enumerate(shown):
        here = {p.side for p in scene.people}
        right.setdefault("sides", []).append(all((got[f"{s}-kind"][i] > 0) == (s in here) for s in names.SIDES))
        for thing in scene.things:
            wanted = THING_NAMES.index(thing.name) + 1
            right.setdefault("thing-anywhere", []).append(any(read_[i] == wanted for read_ in things.values()))
    return {head: round(sum(r) / max(1, len(r)), 4) for head, r in right.items()}
