"""The camera: how a shot frames, where everyone stands, and the boxes that people and things fill."""

from __future__ import annotations

from dataclasses import dataclass

from novel.embedded.teacher.people import figure_height
from novel.embedded.teacher.scene import Scene, Thing
from novel.embedded.teacher.things import THINGS


@dataclass(frozen=True, slots=True)
class Camera:
    """How a shot frames: the height of a grown figure and where its feet are (fractions of the panel's
    height), the horizon, and how far the background is drawn in."""

    figure: float
    feet: float
    horizon: float
    zoom: float


CAMERAS: dict[str, Camera] = {
    "wide": Camera(0.76, 0.97, 0.66, 1.0),
    "medium": Camera(1.12, 1.24, 0.66, 1.25),
    "close": Camera(2.3, 2.45, 0.70, 1.7),
    "extreme": Camera(0.34, 0.90, 0.70, 0.88),
    "shoulder": Camera(0.92, 1.10, 0.66, 1.15),
    "overhead": Camera(0.46, 0.90, 0.26, 1.0),
}


def stands(scene: Scene) -> dict[str, float]:
    """Where each side is, as fractions of the width."""
    n = len(scene.people)
    if n == 4:
        return {"left": 0.13, "center": 0.375, "fourth": 0.625, "right": 0.87}
    if scene.shot == "close":
        return {"left": 0.28, "center": 0.5, "fourth": 0.6, "right": 0.72}
    if n == 3:
        return {"left": 0.18, "center": 0.5, "fourth": 0.6, "right": 0.82}
    return {"left": 0.25, "center": 0.5, "fourth": 0.6, "right": 0.75}


def figure_scale(scene: Scene) -> float:
    """The height of a grown figure as a fraction of the panel's height, shrunk where the panel is narrow."""
    camera = CAMERAS[scene.shot]
    aspect = scene.width / scene.height
    crowd = max(1, len(scene.people))
    limit = {1: 1.3, 2: 1.25, 3: 0.86, 4: 0.66}[crowd] * aspect * (camera.figure / 0.76)
    return min(camera.figure, max(limit, 0.2))


@dataclass(frozen=True, slots=True)
class Box:
    """Where a figure or a thing is, in fractions of the picture's width and height."""

    side: str
    what: str  # "person" or the thing's name
    left: float
    top: float
    right: float
    bottom: float


def boxes(scene: Scene) -> list[Box]:
    """The boxes of the people and things of a scene, cut at the picture's edge."""
    at, size, feet = standing(scene)
    aspect = scene.width / scene.height
    out = []
    for person in scene.people:
        tall = size * figure_height(person) * (1.12 if person.hat in ("wizardhat", "crown") else 1.02)
        half = 0.24 * size / aspect
        x = at[person.side]
        out.append(_cut(person.side, "person", x - half, feet - tall, x + half, feet))
    for thing in scene.things:
        kind = THINGS[thing.name]
        s, x, y = thing_at(scene, thing, at[thing.side] * aspect, feet, size)
        lift = 0.265 * size if kind.where == "table" else 0.0
        out.append(
            _cut(
                thing.side, thing.name, (x - s * 0.55) / aspect, y - lift - s * 1.05, (x + s * 0.55) / aspect, y - lift
            )
        )
    return out


def heads(scene: Scene) -> list[Box]:
    """The boxes of the heads of a scene's people, hair in and hats out, cut at the picture's edge; those wholly outside
    of it left out."""
    at, size, feet = standing(scene)
    aspect = scene.width / scene.height
    out = []
    for person in scene.people:
        tall = size * figure_height(person)
        feet_here = feet + 0.07 * size if person.pose == "sit" else feet
        if person.kind == "robot":
            half, top, bottom = 0.23, 0.98, 0.635
        else:
            # A child's head is larger, about its chin.
            grow = 1.22 if person.kind in ("boy", "girl") else 1.0
            half, top, bottom = 0.11 * grow, 0.76 + 0.225 * grow, 0.76 - 0.005 * grow
        x = at[person.side]
        if person.pose == "run" and person.kind != "robot":
            lean = 0.1 * top * tall / aspect
            x += -lean if person.facing == "left" else lean
        box = _cut(
            person.side, "head", x - half * tall / aspect, feet_here - top * tall, x + half * tall / aspect,
            feet_here - bottom * tall,
        )  # fmt: skip
        if box.right > box.left and box.bottom > box.top:
            out.append(box)
    return out


def _cut(side: str, what: str, left: float, top: float, right: float, bottom: float) -> Box:
    return Box(side, what, max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))


def standing(scene: Scene) -> tuple[dict[str, float], float, float]:
    """The sides, the height of a grown figure, and where its feet are."""
    camera = CAMERAS[scene.shot]
    size = figure_scale(scene)
    feet = (
        camera.feet if size == camera.figure else min(camera.feet, 0.95 + (camera.feet - 0.95) * size / camera.figure)
    )
    return stands(scene), size, feet


def thing_at(scene: Scene, thing: Thing, x: float, feet: float, size: float) -> tuple[float, float, float]:
    """The height of a thing and where its foot is, before it is put on a stand (in heights of the picture)."""
    kind = THINGS[thing.name]
    s = kind.size * size
    if scene.shot == "close":
        s *= 0.62
        feet = min(feet, 1.0 + 0.3 * s)
    elif scene.shot in ("medium", "shoulder"):
        s *= 0.85
        feet = min(feet, 1.0 + 0.1 * s)
    if kind.where in ("air", "wall"):
        top = 0.30 if scene.shot != "extreme" else 0.34
        return s, x, max(top + s / 2, s * 1.06)
    if thing.behind:
        return s, x + 0.24 * size, feet - 0.10 * size
    return s, x, feet
