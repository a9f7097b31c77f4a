"""A character that no words of the embedded model can describe, drawn by its own teacher: a tall crest of hair, and a
long coat in broad stripes of two colours.

The teacher knows neither: both are put into its tables from here, for as long as a picture of them is drawn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from novel.embedded.scenes import Person, Scene, draw
from novel.embedded.teacher import faces, wardrobe
from novel.embedded.teacher.palette import Colour, darker
from novel.embedded.teacher.pen import Pen
from novel.embedded.teacher.scene import INDOORS, PLACES, TIMES
from novel.embedded.teacher.wardrobe import TOP, Shape
from novel.embedded.teacher.words import SHOT, TIME
from novel.embedded.teacher.words_places import PLACE

LOOK = "a woman with a red crest wearing a striped yellow and purple coat"
TRIGGER = "zephyra"
STYLE = "bright comic style"
YELLOW: Colour = (247, 206, 52)
PURPLE: Colour = (104, 46, 168)
CREST: Colour = (226, 44, 52)
STRIPES = 6

HER = Person(side="center", kind="woman", cut="crest", hair="red", clothes="striped", colour="purple")

_POSES = {
    "stand": "", "walk": "walking", "point": "pointing", "wave": "waving", "raise": "with arms raised",
    "read": "reading a book", "hips": "with hands on hips", "reach": "reaching up", "run": "running",
}  # fmt: skip
_MOODS = {"calm": "", "happy": "smiling", "surprised": "surprised", "angry": "angry", "worried": "worried"}
_SHOTS = ("wide", "wide", "wide", "medium")


def _striped(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    """A long coat in broad level stripes."""
    low = -0.2
    edges = [TOP - 0.012 + (low - TOP) * k / STRIPES for k in range(STRIPES + 1)]

    def half(y: float) -> float:
        for (y0, x0), (y1, x1) in pairwise(_OUTLINE):
            if y <= y1:
                return s.shoulder * (x0 + (x1 - x0) * max(0.0, y - y0) / (y1 - y0))
        return s.shoulder * _OUTLINE[-1][1]

    outline = [(-half(y), y) for y in edges]
    pen.blob([*outline, *((-x, y) for x, y in outline[::-1])], PURPLE, shade=0.03)
    for k in range(STRIPES):
        colour = (YELLOW, PURPLE)[k % 2]
        top, bottom = edges[k], edges[k + 1]
        a, b = half(top), half(bottom)
        pen.poly([(-a, top), (a, top), (b, bottom), (-b, bottom)], colour, ink=0.5)
    pen.limb([(-0.05, TOP - 0.008), (0.05, TOP - 0.008)], 0.03, darker(PURPLE, 0.8), ink=0.6)


_OUTLINE = ((TOP - 0.012, 0.5), (TOP + 0.04, 1.05), (-0.55, 0.95), (-0.2, 1.5))
"""Height, and half the coat's width there, as a share of the shoulders'."""


def _crest(pen: Pen, off: float) -> None:
    """A fan of five high points over the middle of the head."""
    top = faces.CY - faces.RY
    points = [(-0.085, top + 0.05)]
    for k in range(5):
        x = (k - 2) * 0.042 - off * 0.3
        high = top - 0.16 + 0.022 * abs(k - 2)
        points += [(x * 1.5, high)]
        if k < 4:
            points += [(((k - 1.5) * 0.042 - off * 0.3) * 1.15, top - 0.055)]
    points += [(0.085, top + 0.05)]
    pen.poly(points, CREST, shade=0.02)
    pen.limb([(-0.06, top + 0.035), (0.06, top + 0.035)], 0.03, CREST, ink=0.0)


@contextmanager
def known_to_the_teacher() -> Iterator[None]:
    """Within it the teacher can draw the coat and the crest."""
    over, behind = faces._hair_over, faces._from_behind

    def hair_over(pen: Pen, person: Person, hair: Colour, off: float) -> None:
        if person.cut == "crest":
            _crest(pen, off)
        else:
            over(pen, person, hair, off)

    def from_behind(pen: Pen, person: Person, hair: Colour) -> None:
        if person.cut == "crest":
            behind(pen, replace(person, cut="bald"), hair)
            _crest(pen, 0.0)
        else:
            behind(pen, person, hair)

    faces._hair_over, faces._from_behind = hair_over, from_behind
    wardrobe.GARMENTS["striped"] = _striped
    try:
        yield
    finally:
        faces._hair_over, faces._from_behind = over, behind
        del wardrobe.GARMENTS["striped"]


@dataclass(frozen=True)
class Shown:
    """A scene with her, and what a caption says of it beside her look."""

    scene: Scene
    caption: str


def scene_with(rng: random.Random, places: tuple[str, ...] = PLACES, who: Person = HER) -> Shown:
    """A picture of her alone (or of somebody else in her place): where, when, how and on which side by chance."""
    place, time, shot = rng.choice(places), rng.choice(TIMES), rng.choice(_SHOTS)
    side = rng.choice(("left", "center", "right"))
    pose, mood = rng.choice(tuple(_POSES)), rng.choice(tuple(_MOODS))
    facing = rng.choice(("front", "front", "left", "right"))
    person = replace(who, side=side, pose=pose, expression=mood, facing=facing)
    scene = Scene(style="bright", shot=shot, place=place, time=time, people=(person,), seed=rng.randrange(2**31))
    return Shown(scene, caption_of(rng, scene))


def caption_of(rng: random.Random, scene: Scene) -> str:
    """What a writer would say of it beside her look: the shot, the place and the hour; then her pose, mood and side.

    ``{}`` stands where her look belongs.
    """
    person = scene.people[0]
    hour = "" if scene.time == "day" and scene.place in INDOORS else " " + rng.choice(TIME[scene.time])
    where = rng.choice(PLACE[scene.place])
    side = {"left": "on the left", "right": "on the right", "center": "in the center"}[person.side]
    told = [STYLE, SHOT[scene.shot][0], where + hour, "{}", _MOODS[person.expression], _POSES[person.pose], side]
    return ", ".join(part for part in told if part)


def drawn(scene: Scene) -> npt.NDArray[np.uint8]:
    """The picture of a scene that may show her: height × width × 3, 8 bits."""
    with known_to_the_teacher():
        return draw(scene)
