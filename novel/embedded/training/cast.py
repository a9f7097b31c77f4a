"""Scenes in which the same people and the same rooms come back: what a measure of sameness learns from.

Picture *i* of a split is a function of (version, split, *i*) alone, as the plain corpus is; only who is there and which
room it is come from a pool that the split's scenes share.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from novel.embedded import scenes
from novel.embedded.teacher.sampler import sample_person
from novel.embedded.teacher.scene import Person, Scene
from novel.embedded.training import corpus
from novel.embedded.training.probe import SIZE, shrink

WIDE = (768, 384)
LOOKS = 1500
"""How many people's looks a split's scenes share."""
ROOMS = 30
"""How many of each place."""

Look = tuple[object, ...]


def look_of(person: Person) -> Look:
    """What stays the same about someone from panel to panel; robots differ by their colour alone."""
    if person.kind == "robot":
        return ("robot", person.colour)
    hair = "" if person.cut == "bald" else person.hair
    return (
        person.kind, person.skin, person.build, person.cut, hair, person.clothes, person.colour, person.glasses,
        person.beard, person.hat,
    )  # fmt: skip


def room_of(scene: Scene) -> tuple[str, int]:
    """Which room or spot it is: the place and the seed that settles what stands in it."""
    return scene.place, scene.seed


def scene_at(split: str, number: int) -> Scene:
    """Scene ``number``: two in three of them the one of two that holds more things, for things are many and small."""
    options = [scenes.scene_number(split, 2 * number + k, WIDE) for k in range(2)]
    plain = max(options, key=lambda s: len(s.things)) if number % 3 else options[0]
    rng = random.Random(scenes.seed_of(split, number, "cast"))
    people = tuple(p if p.kind == "robot" else _recast(split, p, rng) for p in plain.people)
    seed = scenes.seed_of(split, rng.randrange(ROOMS), f"room-{plain.place}") % 2**31
    return replace(plain, people=people, seed=seed)


def _recast(split: str, person: Person, rng: random.Random) -> Person:
    while True:
        look = sample_person(random.Random(scenes.seed_of(split, rng.randrange(LOOKS), "look")), person.side)
        if look.kind != "robot":
            break
    kept = {k: getattr(person, k) for k in ("side", "pose", "facing", "expression", "holding")}
    return replace(look, **kept)


def _picture(job: corpus.Job) -> npt.NDArray[np.uint8]:
    split, number, _ = job
    out: npt.NDArray[np.uint8] = shrink(scenes.draw(scene_at(split, number))[None])[0]
    return out


def pictures(folder: Path, split: str, count: int, workers: int = 1) -> npt.NDArray[np.uint8]:
    """The first pictures of a split at the probe's size, memory-mapped; drawn where they are not there yet, by
    ``workers`` processes, and what is drawn stays when it is stopped."""
    corpus.manifest(folder)
    path = folder / f"cast-v{scenes.VERSION}-{split}-{count}.npy"
    done_path = path.with_suffix(".json")
    done = json.loads(done_path.read_text())["count"] if done_path.exists() else 0
    if done < count:
        mode = "r+" if done else "w+"
        array = np.lib.format.open_memmap(path, mode=mode, dtype=np.uint8, shape=(count, SIZE[1], SIZE[0], 3))
        todo = range(done, count)
        for i, picture in zip(todo, corpus.each(_picture, split, todo, None, workers), strict=True):
            array[i] = picture
            if (i + 1) % 250 == 0 or i + 1 == count:
                array.flush()
                done_path.write_text(json.dumps({"count": i + 1}))
        del array
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]
