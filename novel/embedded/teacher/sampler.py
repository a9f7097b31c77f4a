"""Draws scenes at random, as stories would ask for them: people and their clothes more often than anything else."""

from __future__ import annotations

import random
from dataclasses import replace

from novel.embedded.teacher.scene import (
    BUILDS,
    CLOTHES,
    COLOURS,
    EXPRESSIONS,
    HAIR_COLOURS,
    HAIR_CUTS,
    INDOORS,
    KINDS,
    NO_WEATHER,
    PLACES,
    POSES,
    SHOTS,
    SKINS,
    STYLES,
    TIMES,
    WEATHERS,
    Person,
    Scene,
    Thing,
)
from novel.embedded.teacher.things import HELD, THINGS

SIZES: tuple[tuple[int, int], ...] = ((768, 384), (544, 544), (448, 672))

_LAND_ONLY = (
    "tree",
    "pine",
    "palm",
    "rock",
    "campfire",
    "tent",
    "house",
    "tower",
    "bridge",
    "fountain",
    "whale",
    "rainbow",
    "cloud",
    "moon",
    "airplane",
    "balloon",
    "ship",
    "boat",
    "car",
    "bus",
    "train",
    "bicycle",
    "motorcycle",
    "streetlamp",
    "horse",
)
_OUTDOOR_NOT = ("window", "painting", "poster", "clock", "whiteboard")


def _pick(rng: random.Random, names: tuple[str, ...], weights: tuple[float, ...]) -> str:
    return rng.choices(names, weights)[0]


def sample_person(rng: random.Random, side: str, facing: tuple[str, ...] = ("front", "left", "right")) -> Person:
    """One figure with everything settled."""
    kind = _pick(rng, KINDS, (0.32, 0.32, 0.06, 0.06, 0.05, 0.06, 0.13))
    female = kind in ("woman", "girl", "oldwoman")
    if kind.startswith("old"):
        hair = _pick(rng, ("grey", "white"), (0.6, 0.4))
    else:
        hair = _pick(rng, HAIR_COLOURS, (0.26, 0.24, 0.2, 0.16, 0.04, 0.04, 0.03, 0.03))
    cut_weights = (
        (0.06, 0.34, 0.12, 0.04, 0.18, 0.12, 0.14, 0.0) if female else (0.58, 0.07, 0.14, 0.12, 0.0, 0.01, 0.01, 0.07)
    )
    clothes = _pick(rng, CLOTHES, (0.24, 0.13, 0.11, 0.12, 0.1, 0.07, 0.06, 0.11 if female else 0.0, 0.03, 0.02, 0.03))
    colour = rng.choice(COLOURS)
    if clothes == "spacesuit":
        colour = rng.choice(("white", "orange", "blue", "grey", "red"))
    elif clothes == "armour":
        colour = rng.choice(("grey", "black", "yellow", "blue"))
    if kind == "robot":
        return _sample_robot(rng, side, facing)
    pose = _pick(rng, POSES, (0.30, 0.09, 0.07, 0.08, 0.09, 0.09, 0.06, 0.03, 0.06, 0.04, 0.03, 0.10))
    return Person(
        side=side,
        kind=kind,
        skin=_pick(rng, SKINS, (0.5, 0.14, 0.18, 0.18)),
        build=_pick(rng, BUILDS, (0.84, 0.08, 0.08)),
        cut=_pick(rng, HAIR_CUTS, cut_weights),
        hair=hair,
        clothes=clothes,
        colour=colour,
        pose=pose,
        facing=rng.choice(facing) if rng.random() < 0.96 else "back",
        expression=_pick(rng, EXPRESSIONS, (0.36, 0.24, 0.07, 0.08, 0.08, 0.09, 0.06, 0.02)),
        glasses=rng.random() < 0.18,
        beard=not female and kind != "boy" and rng.random() < 0.16,
        hat=rng.choice(("hat", "cap", "beanie", "crown", "helmet", "wizardhat")) if rng.random() < 0.12 else "none",
        holding=rng.choice(HELD) if pose == "hold" or (pose == "raise" and rng.random() < 0.3) else "none",
    )


def _sample_robot(rng: random.Random, side: str, facing: tuple[str, ...]) -> Person:
    pose = _pick(
        rng, ("stand", "wave", "point", "raise", "hold", "walk", "read"), (0.4, 0.2, 0.14, 0.08, 0.08, 0.05, 0.05)
    )
    return Person(
        side=side,
        kind="robot",
        clothes="shirt",
        colour="grey" if rng.random() < 0.6 else rng.choice(COLOURS),
        pose=pose,
        facing=rng.choice(facing),
        expression=_pick(rng, EXPRESSIONS, (0.45, 0.25, 0.04, 0.08, 0.05, 0.07, 0.04, 0.02)),
        holding=rng.choice(HELD) if pose == "hold" else "none",
    )


def _people(rng: random.Random, shot: str) -> tuple[Person, ...]:
    weights = {
        "close": (0.0, 0.82, 0.18, 0.0, 0.0),
        "medium": (0.03, 0.55, 0.36, 0.06, 0.0),
        "extreme": (0.25, 0.4, 0.2, 0.1, 0.05),
        "shoulder": (0.0, 0.8, 0.2, 0.0, 0.0),
    }.get(shot, (0.10, 0.34, 0.36, 0.12, 0.08))
    n = rng.choices(range(5), weights)[0]
    if n == 1:
        sides: tuple[str, ...] = (_pick(rng, ("center", "left", "right"), (0.5, 0.25, 0.25)),)
        if shot == "shoulder":
            sides = (rng.choice(("center", "right")),)
    elif n == 2:
        sides = ("left", "right") if shot != "shoulder" else ("center", "right")
    else:
        sides = ("left", "center", "right") if n == 3 else ("left", "center", "fourth", "right")
    people = []
    for s in sides[:n]:
        facing = (
            ("front", "right")
            if s in ("left", "center") and n > 1
            else ("front", "left")
            if n > 1
            else ("front", "left", "right")
        )
        person = sample_person(rng, s, facing)
        if shot == "close" and person.pose not in ("hold", "read") and rng.random() < 0.7:
            person = replace(person, pose="stand", holding="none")  # a raised arm would hide the faces
        people.append(person)
    return tuple(people)


def _fitting(place: str) -> list[str]:
    """The things that a place may hold."""
    inside = place in INDOORS
    return [n for n in THINGS if n not in (_LAND_ONLY if inside else _OUTDOOR_NOT)]


def _things(rng: random.Random, place: str, shot: str, people: tuple[Person, ...]) -> tuple[Thing, ...]:
    taken = {p.side for p in people}
    free = [s for s in ("left", "center", "right") if s not in taken]
    if len(people) == 4 or (shot == "close" and len(people) == 2):
        return ()
    names = _fitting(place)
    count = rng.choices((0, 1, 2), (0.34, 0.46, 0.20))[0] if people else rng.choices((0, 1, 2), (0.2, 0.45, 0.35))[0]
    out = []
    rng.shuffle(free)
    for s in free[:count]:
        out.append(Thing(s, rng.choice(names)))
    if people and len(people) < 3 and shot in ("wide", "medium", "extreme") and rng.random() < 0.08:
        big = [n for n in names if THINGS[n].size >= 0.7 and THINGS[n].where == "ground"]
        out = [t for t in out if t.side != people[0].side]
        out.append(Thing(people[0].side, rng.choice(big), behind=True))
    return tuple(sorted(out, key=lambda t: ("left", "center", "right").index(t.side)))


def sample_scene(rng: random.Random, size: tuple[int, int] | None = None) -> Scene:
    """A scene with everything settled; ``size`` in pixels, else mostly wide. All else is the same at any size."""
    drawn = rng.choices(SIZES, (0.8, 0.1, 0.1))[0]
    size = drawn if size is None else size
    shot = _pick(rng, SHOTS, (0.56, 0.16, 0.12, 0.08, 0.04, 0.04))
    place = rng.choice(PLACES)
    weather = "clear"
    if place not in NO_WEATHER and rng.random() < 0.3:
        weather = rng.choice(WEATHERS[1:])
    people = _people(rng, shot)
    return Scene(
        style=_pick(rng, STYLES, (0.4, 0.18, 0.18, 0.12, 0.12)),
        shot=shot,
        place=place,
        time=_pick(rng, TIMES, (0.34, 0.11, 0.11, 0.14, 0.1, 0.2)),
        weather=weather,
        people=people,
        things=_things(rng, place, shot, people),
        width=size[0],
        height=size[1],
        seed=rng.randrange(2**31),
    )


def sample_full_scene(rng: random.Random, size: tuple[int, int] | None = None) -> Scene:
    """A scene as :func:`sample_scene` gives, but with at most one person, and a thing on each side that is left."""
    scene = sample_scene(rng, size)
    alone = scene.people[:1] if scene.shot != "close" and rng.random() < 0.35 else ()
    free = [s for s in ("left", "center", "right") if s not in {p.side for p in alone}]
    things = map(Thing, free, rng.sample(_fitting(scene.place), len(free)))
    return replace(scene, people=alone, things=tuple(things))
