"""A scene drawn: the camera, the layers from back to front, and where everyone stands."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt

from novel.embedded.teacher.daylight import draw_daylight
from novel.embedded.teacher.framing import CAMERAS, Camera, standing, thing_at
from novel.embedded.teacher.palette import LIGHTS, Colour
from novel.embedded.teacher.pen import Pen
from novel.embedded.teacher.people import draw_desk, draw_person
from novel.embedded.teacher.places_indoor import INDOOR
from novel.embedded.teacher.places_town import TOWN
from novel.embedded.teacher.places_wild import WILD
from novel.embedded.teacher.scene import INDOORS, Person, Scene, Thing
from novel.embedded.teacher.sky import draw_sky, draw_weather
from novel.embedded.teacher.styles import STYLES
from novel.embedded.teacher.things import THINGS, draw_thing


def draw(scene: Scene) -> npt.NDArray[np.uint8]:
    """The picture of a scene: height × width × 3, 8 bits."""
    rng = random.Random(scene.seed)
    pen = Pen(scene.width, scene.height, STYLES[scene.style], LIGHTS[scene.time])
    camera = CAMERAS[scene.shot]
    aspect = scene.width / scene.height
    h = float(scene.height)
    with pen.at(0, 0, h):
        _background(pen, scene, rng, aspect, camera)
        _figures(pen, scene, aspect)
        if scene.place not in INDOORS:
            draw_weather(pen, scene, rng, aspect)
        if scene.shot == "shoulder":
            _shoulder(pen, aspect)
    pen.finish()
    return pen.pixels()


def _background(pen: Pen, scene: Scene, rng: random.Random, aspect: float, camera: Camera) -> None:
    zoom = camera.zoom
    sway = rng.uniform(-0.03, 0.03) * aspect
    indoors = scene.place in INDOORS
    horizon = camera.horizon
    if not indoors:
        draw_sky(pen, scene, rng, aspect, max(horizon, 0.3) + 0.05)
    with pen.at(aspect / 2 + sway, horizon, zoom), pen.at(-aspect / 2, -horizon):
        if zoom < 1.0:
            wide = aspect / zoom
            with pen.at(-(wide - aspect) / 2, 0):
                _place(pen, scene, wide, horizon, rng)
        else:
            _place(pen, scene, aspect, horizon, rng)
    draw_daylight(pen, scene, aspect)
    if scene.shot in ("close", "medium") and scene.style != "manga":
        haze: Colour = (255, 255, 255) if scene.time in ("day", "dawn", "golden") else (30, 26, 60)
        pen.veil(haze, 46 if scene.shot == "close" else 20, -0.1, 1.1)


def _place(pen: Pen, scene: Scene, aspect: float, horizon: float, rng: random.Random) -> None:
    (INDOOR | TOWN | WILD)[scene.place](pen, aspect, horizon, rng)


def _figures(pen: Pen, scene: Scene, aspect: float) -> None:
    at, size, feet = standing(scene)
    for back in (True, False):
        for thing in scene.things:
            if back == (thing.behind or THINGS[thing.name].where in ("air", "wall")):
                _thing(pen, scene, thing, at[thing.side] * aspect, feet, size)
    for person in scene.people:
        _stand(pen, person, at[person.side] * aspect, feet, size)


def _stand(pen: Pen, person: Person, x: float, feet: float, size: float) -> None:
    with pen.mood(near=True):
        if feet <= 1.02:
            pen.path_shadow(x, feet, 0.17 * size)
    if person.pose == "sit":
        draw_person(pen, person, x, feet + 0.07 * size, size)
        draw_desk(pen, x, feet + 0.01, size)
    else:
        draw_person(pen, person, x, feet, size)


def _thing(pen: Pen, scene: Scene, thing: Thing, x: float, feet: float, size: float) -> None:
    kind = THINGS[thing.name]
    s, x, y = thing_at(scene, thing, x, feet, size)
    with pen.mood(tint=0.4, near=True):
        if kind.where == "table":
            with pen.at(x, y, 0.34 * size):
                draw_thing(pen, "table")
            y -= 0.265 * size
        elif kind.where == "ground" and y <= 1.02:
            pen.path_shadow(x, y, 0.4 * s)
        with pen.at(x, y, s):
            draw_thing(pen, thing.name)


def _shoulder(pen: Pen, aspect: float) -> None:
    """Someone's dark back in the near corner, over whose shoulder we look."""
    c: Colour = (44, 38, 58)
    with pen.mood(tint=0.0, near=True):
        pen.blob([(-0.2, 1.2), (-0.15, 0.66), (0.12, 0.56), (0.34, 0.68), (0.46, 1.2)], c)
        pen.oval(0.12, 0.40, 0.15, 0.19, c)
