"""Figures: a body in parts, its clothes and its pose. The unit is the height of a grown figure, feet at 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novel.embedded.teacher.faces import draw_head
from novel.embedded.teacher.palette import CLOTHES, SKIN, Colour, darker, mix
from novel.embedded.teacher.scene import Person
from novel.embedded.teacher.things import draw_thing
from novel.embedded.teacher.wardrobe import Shape, draw_torso, shape_of

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

TROUSERS: Colour = (58, 62, 88)
SHOES: Colour = (52, 40, 40)

Point = tuple[float, float]
_ARM = tuple[Point, Point]

# (elbow, hand) of the arm in front and of the other, for a figure that faces right; x forward, y up negative.
_ARMS: dict[str, tuple[_ARM, _ARM]] = {
    "stand": (((0.165, -0.56), (0.155, -0.41)), ((-0.165, -0.56), (-0.155, -0.41))),
    "walk": (((0.17, -0.57), (0.25, -0.46)), ((-0.17, -0.57), (-0.21, -0.42))),
    "run": (((0.16, -0.57), (0.29, -0.64)), ((-0.21, -0.62), (-0.21, -0.48))),
    "sit": (((0.17, -0.55), (0.20, -0.50)), ((-0.15, -0.55), (-0.06, -0.50))),
    "point": (((0.26, -0.69), (0.41, -0.72)), ((-0.165, -0.56), (-0.155, -0.41))),
    "wave": (((0.24, -0.66), (0.27, -0.90)), ((-0.165, -0.56), (-0.155, -0.41))),
    "read": (((0.19, -0.57), (0.10, -0.55)), ((-0.19, -0.57), (-0.08, -0.55))),
    "reach": (((0.23, -0.78), (0.36, -0.90)), ((-0.165, -0.56), (-0.155, -0.41))),
    "raise": (((0.22, -0.80), (0.19, -1.02)), ((-0.22, -0.80), (-0.19, -1.02))),
    "think": (((0.17, -0.57), (0.06, -0.735)), ((-0.16, -0.57), (0.07, -0.55))),
    "hips": (((0.24, -0.58), (0.10, -0.47)), ((-0.24, -0.58), (-0.10, -0.47))),
    "hold": (((0.17, -0.57), (0.25, -0.56)), ((-0.165, -0.56), (-0.155, -0.41))),
}
_LEGS: dict[str, tuple[tuple[Point, Point], tuple[Point, Point]]] = {
    "stand": (((0.055, -0.23), (0.06, -0.02)), ((-0.055, -0.23), (-0.06, -0.02))),
    "walk": (((0.10, -0.24), (0.14, -0.02)), ((-0.05, -0.23), (-0.14, -0.03))),
    "run": (((0.18, -0.30), (0.19, -0.06)), ((-0.08, -0.24), (-0.26, -0.20))),
}


def figure_height(person: Person) -> float:
    """How tall the figure is, relative to a grown one."""
    if person.kind == "robot":
        return 0.82
    return 0.78 if person.kind in ("boy", "girl") else 0.95 if person.kind.startswith("old") else 1.0


def _legs(pen: Pen, person: Person, s: Shape, skin: Colour, cloth: Colour) -> None:
    legs = _LEGS.get(person.pose, _LEGS["stand"])
    colour = TROUSERS
    if person.clothes in ("suit", "spacesuit", "armour"):
        colour = darker(cloth, 0.86)
    elif person.clothes == "dress":
        colour = skin
    elif person.colour in ("black", "blue") and person.clothes != "labcoat":
        colour = (112, 112, 128)
    for (knee, foot), side in zip(legs[::-1], (-1, 1), strict=True):
        hip = (side * s.hip * 0.55, -0.44)
        pen.limb([hip, knee, foot], s.limb * 1.22, colour)
        pen.rect(foot[0] - 0.035, foot[1] - 0.025, foot[0] + 0.07, 0.022 + foot[1], SHOES, r=0.02)


def _arm(pen: Pen, person: Person, s: Shape, arm: _ARM, side: int, skin: Colour, cloth: Colour) -> Point:
    shoulder = (side * (s.shoulder - 0.022), -0.695)
    elbow, hand = arm
    width = s.limb
    sleeve = (248, 249, 250) if person.clothes == "labcoat" else cloth
    if person.clothes in ("shirt", "dress"):
        middle = (shoulder[0] + (elbow[0] - shoulder[0]) * 0.8, shoulder[1] + (elbow[1] - shoulder[1]) * 0.8)
        pen.limb([shoulder, elbow, hand], width * 0.82, skin)
        pen.limb([shoulder, middle], width * 1.1, cloth)
    else:
        pen.limb([shoulder, elbow, hand], width, sleeve)
    glove = (225, 228, 235) if person.clothes == "spacesuit" else skin
    pen.oval(hand[0], hand[1], 0.034, 0.034, glove)
    if person.pose == "point" and side > 0:
        pen.limb([hand, (hand[0] + 0.06, hand[1] - 0.008)], 0.018, skin, ink=0.8)
    if person.pose in ("wave", "raise", "reach") and (side > 0 or person.pose == "raise"):
        for dx in (-0.022, 0.0, 0.022):
            pen.limb([(hand[0] + dx, hand[1] - 0.02), (hand[0] + dx * 1.5, hand[1] - 0.055)], 0.013, skin, ink=0.7)
        pen.oval(hand[0], hand[1], 0.03, 0.03, skin, ink=0.0)
    return hand


def _robot(pen: Pen, person: Person) -> None:
    """A small robot in a figure's place: big head, round eyes, arms that follow the pose."""
    body = CLOTHES[person.colour]
    dark = darker(body, 0.68)
    screen: Colour = (34, 38, 58)
    for side in (-1, 1):
        pen.limb([(side * 0.09, -0.3), (side * 0.10, -0.05)], 0.075, dark)
        pen.rect(side * 0.10 - 0.085, -0.06, side * 0.10 + 0.085, 0.0, dark, r=0.03)
    front, back = _ARMS[person.pose]
    low = 0.10
    _robot_arm(pen, back, -1, low, body, dark)
    pen.rect(-0.19, -0.60, 0.19, -0.24, body, r=0.06, shade=0.04)
    pen.oval(0.0, -0.42, 0.06, 0.06, (250, 120, 60))
    pen.limb([(0, -0.62), (0, -0.60)], 0.08, dark)
    pen.line([(0, -0.98), (0, -1.06)], 3.4)
    pen.oval(0, -1.07, 0.03, 0.03, (240, 70, 70))
    pen.rect(-0.23, -0.98, 0.23, -0.635, body, r=0.10, shade=0.04)
    for side in (-1, 1):
        pen.rect(side * 0.25 - 0.025, -0.86, side * 0.25 + 0.025, -0.74, dark, r=0.02)
    if person.facing != "back":
        off = 0.04 if person.facing != "front" else 0.0
        pen.rect(-0.175 + off, -0.92, 0.175 + off, -0.69, screen, r=0.07, ink=0.7)
        with pen.mood(tint=0.0):
            for side in (-1, 1):
                _robot_eye(pen, person.expression, off + side * 0.075, -0.82)
    if person.holding != "none" and person.pose == "hold":
        hand = front[1]
        with pen.at(hand[0] + 0.03, hand[1] + low + 0.10, 0.26):
            draw_thing(pen, person.holding)
    if person.pose == "read":
        with pen.at(0.01, -0.40, 0.24):
            draw_thing(pen, "book")
    _robot_arm(pen, front, 1, low, body, dark)


def _robot_arm(pen: Pen, arm: _ARM, side: int, low: float, body: Colour, dark: Colour) -> None:
    elbow, hand = arm
    out = 0.06 * side
    pen.limb(
        [(side * 0.19, -0.56), (elbow[0] + out, elbow[1] + low), (hand[0] + out * 0.5, hand[1] + low)], 0.055, dark
    )
    pen.oval(hand[0] + out * 0.5, hand[1] + low, 0.045, 0.045, body)


def _robot_eye(pen: Pen, mood: str, x: float, y: float) -> None:
    cyan: Colour = (96, 236, 246)
    match mood:
        case "happy" | "laughing":
            pen.line([(x - 0.035, y + 0.02), (x, y - 0.03), (x + 0.035, y + 0.02)], 5.0, cyan, curved=True)
        case "sad" | "worried":
            pen.line([(x - 0.035, y - 0.01), (x, y + 0.03), (x + 0.035, y - 0.01)], 5.0, (110, 160, 255), curved=True)
        case "angry":
            pen.oval(x, y, 0.04, 0.035, (255, 90, 80), ink=0.0)
        case "asleep":
            pen.line([(x - 0.035, y), (x + 0.035, y)], 5.0, cyan)
        case "surprised":
            pen.oval(x, y, 0.055, 0.062, cyan, ink=0.0)
        case _:
            pen.oval(x, y, 0.042, 0.042, cyan, ink=0.0)


def draw_person(pen: Pen, person: Person, x: float, ground: float, height: float) -> None:
    """Draw a figure with its feet at (x, ground); ``height`` is that of a grown figure, in pixels."""
    skin = SKIN[person.skin]
    cloth = CLOTHES[person.colour]
    s = shape_of(person)
    flip = person.facing == "left"
    child = person.kind in ("boy", "girl")
    with pen.mood(tint=0.34, near=True), pen.at(x, ground, height * figure_height(person), flip=flip):
        if person.kind == "robot":
            _robot(pen, person)
            return
        front, back = _ARMS[person.pose]
        turn = 0.0 if person.facing in ("front", "back") else 1.0
        lean = 6.0 if person.pose == "run" else 0.0
        with pen.at(0, 0, turn=lean):
            if person.pose != "sit":
                _legs(pen, person, s, skin, cloth)
            behind = person.pose not in ("read", "hips", "raise", "think", "sit")
            if behind:
                _arm(pen, person, s, back, -1, skin, cloth)
            if person.cut in ("long", "ponytail") and person.facing != "back":
                draw_head(pen, person, turn, big=child, part="back")
            draw_torso(pen, person, s, skin, cloth)
            draw_head(pen, person, turn, big=child, part="front")
            if not behind:
                _arm(pen, person, s, back, -1, skin, cloth)
            if person.holding != "none" and person.pose in ("hold", "raise", "point", "wave", "stand", "walk", "run"):
                hand = front[1]
                with pen.at(hand[0] + 0.01, hand[1] + 0.10, 0.24):
                    draw_thing(pen, person.holding)
            elif person.pose == "read":
                with pen.at(0.01, -0.50, 0.22):
                    draw_thing(pen, person.holding if person.holding != "none" else "book")
            _arm(pen, person, s, front, 1, skin, cloth)


def draw_desk(pen: Pen, x: float, ground: float, height: float) -> None:
    """The desk that hides the legs of someone who sits."""
    wood = (168, 112, 66)
    with pen.mood(tint=0.5, near=True), pen.at(x, ground, height):
        for side in (-1, 1):
            pen.rect(side * 0.27 - 0.018, -0.36, side * 0.27 + 0.018, 0.0, darker(wood, 0.7))
        pen.rect(-0.25, -0.35, 0.25, -0.16, mix(wood, (90, 56, 30), 0.4), shade=0.03)
        pen.rect(-0.33, -0.405, 0.33, -0.355, wood, r=0.008)
