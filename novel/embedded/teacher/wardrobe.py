"""Clothes: one drawing for each garment, on a torso whose unit is the figure's height."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour, darker, lighter
from novel.embedded.teacher.scene import Person

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

TOP, HEM = -0.735, -0.42
LINEN: Colour = (248, 249, 250)


@dataclass(frozen=True, slots=True)
class Shape:
    """Half widths of a torso, and the width of a limb."""

    shoulder: float
    waist: float
    hip: float
    limb: float


def shape_of(person: Person) -> Shape:
    """The build of a figure."""
    k = {"slim": 0.88, "average": 1.0, "big": 1.28}[person.build]
    if person.kind in ("woman", "girl", "oldwoman"):
        return Shape(0.112 * k, 0.078 * k, 0.10 * k, 0.064 * (0.5 + 0.5 * k))
    return Shape(0.134 * k, 0.104 * k, 0.10 * k, 0.072 * (0.5 + 0.5 * k))


def _body(pen: Pen, s: Shape, cloth: Colour, shade: float = 0.035) -> None:
    half = [(0.05, TOP - 0.012), (s.shoulder, TOP + 0.04), (s.waist, -0.57), (s.hip, HEM)]
    pen.blob([*((-x, y) for x, y in half), (0, HEM + 0.008), *half[::-1]], cloth, shade=shade)


def _shirt(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    _body(pen, s, cloth)
    pen.line([(-0.05, TOP - 0.008), (0, TOP + 0.03), (0.05, TOP - 0.008)], 1.8, curved=True)


def _sweater(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    dark = darker(cloth, 0.7)
    _body(pen, s, cloth)
    pen.limb([(-0.045, TOP - 0.005), (0.045, TOP - 0.005)], 0.026, dark, ink=0.6)
    pen.limb([(-s.hip * 0.9, HEM), (s.hip * 0.9, HEM)], 0.022, dark, ink=0.6)


def _hoodie(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    dark = darker(cloth, 0.7)
    hood = [(-0.1, TOP + 0.03), (-0.11, TOP - 0.05), (0, TOP - 0.075), (0.11, TOP - 0.05), (0.1, TOP + 0.03)]
    pen.blob(hood, dark)
    pen.limb([(0, -0.79), (0, -0.75)], 0.062, skin, ink=0.0)
    _body(pen, s, cloth)
    pen.poly([(-0.06, -0.53), (0.06, -0.53), (0.078, -0.45), (-0.078, -0.45)], dark, ink=0.6)
    pen.line([(-0.022, TOP), (-0.026, TOP + 0.09)], 1.8, (250, 250, 250))
    pen.line([(0.022, TOP), (0.026, TOP + 0.09)], 1.8, (250, 250, 250))


def _jacket(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    dark = darker(cloth, 0.7)
    _body(pen, s, cloth)
    pen.poly([(-0.036, TOP), (0.036, TOP), (0.026, HEM + 0.006), (-0.026, HEM + 0.006)], (244, 244, 240), ink=0.7)
    pen.poly([(-0.05, TOP - 0.01), (-0.085, TOP + 0.05), (-0.03, TOP + 0.10)], dark, ink=0.7)
    pen.poly([(0.05, TOP - 0.01), (0.085, TOP + 0.05), (0.03, TOP + 0.10)], dark, ink=0.7)


def _suit(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    _body(pen, s, cloth)
    pen.poly([(-0.045, TOP - 0.005), (0.045, TOP - 0.005), (0, -0.58)], LINEN, ink=0.8)
    tie = [(-0.012, TOP + 0.008), (0.012, TOP + 0.008), (0.016, -0.62), (0, -0.59), (-0.016, -0.62)]
    pen.poly(tie, (170, 36, 44), ink=0.5)
    pen.line([(0, -0.58), (0, HEM)], 1.6)


def _long(pen: Pen, s: Shape, outer: Colour, inner: Colour) -> None:
    half = [(0.05, TOP - 0.012), (s.shoulder, TOP + 0.04), (s.waist * 1.05, -0.57), (s.hip * 1.35, -0.24)]
    pen.blob([*((-x, y) for x, y in half), (0, -0.225), *half[::-1]], outer, shade=0.04)
    pen.poly([(-0.045, TOP - 0.005), (0.045, TOP - 0.005), (0, -0.55)], inner, ink=0.8)
    pen.line([(0, -0.55), (0, -0.23)], 1.8)
    for y in (-0.5, -0.42, -0.34):
        pen.oval(0.025, y, 0.008, 0.008, (70, 66, 80), ink=0.0)


def _coat(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    _long(pen, s, cloth, lighter(cloth, 0.55))


def _labcoat(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    _long(pen, s, LINEN, cloth)


def _dress(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    half = [(0.045, TOP - 0.005), (s.shoulder, TOP + 0.03), (s.waist * 0.85, -0.56), (s.hip * 1.75, -0.22)]
    pen.blob([*((-x, y) for x, y in half), (0, -0.205), *half[::-1]], cloth, shade=0.04)
    pen.limb([(-s.waist * 0.8, -0.565), (s.waist * 0.8, -0.565)], 0.018, darker(cloth, 0.7), ink=0.4)


def _spacesuit(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    _body(pen, s, cloth)
    pen.limb([(-0.07, TOP), (0.07, TOP)], 0.035, (205, 210, 220))
    pen.rect(-0.055, -0.66, 0.055, -0.57, (216, 220, 228), r=0.012)
    pen.oval(-0.025, -0.615, 0.013, 0.013, (230, 70, 60), ink=0.4)
    pen.oval(0.022, -0.615, 0.013, 0.013, (70, 200, 120), ink=0.4)
    pen.limb([(-s.hip, -0.45), (s.hip, -0.45)], 0.03, darker(cloth, 0.75), ink=0.7)


def _armour(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    _body(pen, s, cloth, 0.05)
    pen.line([(0, TOP + 0.02), (0, -0.46)], 2.0)
    for y in (-0.56, -0.51):
        pen.line([(-s.waist, y), (s.waist, y)], 1.6)
    for side in (-1, 1):
        pen.oval(side * s.shoulder, TOP + 0.035, 0.05, 0.045, lighter(cloth, 0.3), shade=0.02)
    pen.limb([(-s.hip, -0.45), (s.hip, -0.45)], 0.03, (110, 72, 44))


def _cloak(pen: Pen, s: Shape, skin: Colour, cloth: Colour) -> None:
    half = [(0.05, TOP - 0.02), (s.shoulder * 1.05, TOP + 0.03), (s.hip * 1.5, -0.45), (s.hip * 2.0, -0.09)]
    pen.blob([*((-x, y) for x, y in half), (0, -0.07), *half[::-1]], cloth, shade=0.045)
    pen.line([(0, TOP + 0.01), (-0.015, -0.08)], 2.0)
    pen.oval(0, TOP + 0.012, 0.018, 0.018, (244, 204, 60), ink=0.7)


GARMENTS: dict[str, Callable[[Pen, Shape, Colour, Colour], None]] = {
    "shirt": _shirt,
    "hoodie": _hoodie,
    "sweater": _sweater,
    "jacket": _jacket,
    "coat": _coat,
    "labcoat": _labcoat,
    "suit": _suit,
    "dress": _dress,
    "spacesuit": _spacesuit,
    "armour": _armour,
    "cloak": _cloak,
}


def draw_torso(pen: Pen, person: Person, s: Shape, skin: Colour, cloth: Colour) -> None:
    """The neck, and the garment over the torso."""
    pen.limb([(0, -0.79), (0, -0.73)], 0.062, skin)
    GARMENTS[person.clothes](pen, s, skin, cloth)
