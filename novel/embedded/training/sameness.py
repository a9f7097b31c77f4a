"""How well the image tower tells the same person, place and style from another, on the teacher's unseen pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from novel.embedded.teacher.framing import boxes
from novel.embedded.teacher.scene import Scene
from novel.embedded.towernet import SIZE
from novel.embedded.training import cast

if TYPE_CHECKING:
    from novel.embedded.tower import Tower

Label = tuple[object, ...]
#: How many pairs of different ones are drawn for each pair of the same.
_OTHERS = 20


def people(shown: Sequence[Scene]) -> Iterator[tuple[int, slice, slice, cast.Look]]:
    """Picture, rows, columns and looks of everyone who is seen well enough, in pictures in colour."""
    for i, scene in enumerate(shown):
        if scene.style == "manga":
            continue
        for person, box in zip(scene.people, (b for b in boxes(scene) if b.what == "person"), strict=True):
            rows = slice(int(box.top * SIZE[1]), int(box.bottom * SIZE[1]))
            columns = slice(int(box.left * SIZE[0]), int(box.right * SIZE[0]))
            if rows.stop - rows.start >= 40 and columns.stop - columns.start >= 20:
                yield i, rows, columns, cast.look_of(person)


def check(tower: Tower, folder: Path, count: int = 800) -> dict[str, float]:
    """Shares of pairs told right, as many same as different ones counted, at the best threshold; and the area under the
    curve. People: of one's crops in different panels. ``likely``: the other differs in few looks (three at most).
    Places: whole pictures of one kind of place. ``room``: of the same room of a kind, against another of that kind."""
    data = cast.pictures(folder, "cast-test", count)
    shown = [cast.scene_at("cast-test", i) for i in range(count)]
    found = list(people(shown))
    looks = [look for *_, look in found]
    vectors = tower.crops([data[i][rows, columns] for i, rows, columns, _ in found], "person")
    out = _told("person", vectors, looks, lambda a, b: True)
    out |= _told("person likely", vectors, looks, _near)
    whole = [data[i] for i in range(count)]
    places = tower.crops(whole, "place")
    out |= _told("place", places, [(s.place,) for s in shown], lambda a, b: True)
    out |= _told("room", places, [cast.room_of(s) for s in shown], lambda a, b: a[0] == b[0])
    out |= _told("style", tower.crops(whole, "style"), [(s.style,) for s in shown], lambda a, b: True)
    return out


def _near(a: Label, b: Label) -> bool:
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 3


def _told(
    name: str, vectors: npt.NDArray[np.float32], labels: Sequence[Label], comparable: Callable[[Label, Label], bool]
) -> dict[str, float]:
    same, different = [], []
    alike = vectors @ vectors.T
    for i, j in combinations(range(len(labels)), 2):
        if labels[i] == labels[j]:
            same.append(alike[i, j])
        elif comparable(labels[i], labels[j]):
            different.append(alike[i, j])
    if not same or not different:
        return {f"{name} pairs": 0}
    step = max(1, len(different) // (_OTHERS * len(same)))
    yes, no = np.sort(np.array(same)), np.sort(np.array(different)[::step])
    cuts = np.concatenate([yes, no])
    right = (1 - np.searchsorted(yes, cuts) / len(yes) + np.searchsorted(no, cuts) / len(no)) / 2
    area = np.mean(np.searchsorted(no, yes, "left") + np.searchsorted(no, yes, "right")) / (2 * len(no))
    return {
        f"{name} pairs": len(yes),
        f"{name} right": round(float(right.max()), 4),
        f"{name} at": round(float(cuts[right.argmax()]), 3),
        f"{name} area": round(float(area), 4),
    }
