"""Heads: hair, face, expression, glasses, beard and hats, in the figure's own units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import HAIR, SKIN, Colour, darker
from novel.embedded.teacher.scene import Person

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

CY, RX, RY = -0.865, 0.092, 0.108
INK: Colour = (28, 20, 34)


def draw_head(pen: Pen, person: Person, turn: float, big: bool, part: str) -> None:
    """Draw the hair that hangs behind the body (``part="back"``) or the head itself (``"front"``)."""
    grow = 1.22 if big else 1.0
    with pen.at(0, -0.76 * (1 - grow), 1.0), pen.at(0, 0, grow):
        hair = HAIR[person.hair]
        if part == "back":
            _hair_behind(pen, person, hair)
        elif person.facing == "back":
            _from_behind(pen, person, hair)
        else:
            _front(pen, person, hair, turn)


def _hair_behind(pen: Pen, person: Person, hair: Colour) -> None:
    if person.cut == "long":
        pen.blob(
            [
                (-RX * 1.15, CY),
                (-RX * 0.8, CY - RY * 1.1),
                (RX * 0.8, CY - RY * 1.1),
                (RX * 1.15, CY),
                (RX * 1.3, CY + 0.17),
                (RX * 0.6, CY + 0.21),
                (-RX * 0.6, CY + 0.21),
                (-RX * 1.3, CY + 0.17),
            ],
            hair,
            shade=0.025,
        )
    else:
        pen.blob(
            [
                (-RX * 0.7, CY - 0.05),
                (-RX * 1.6, CY - 0.06),
                (-RX * 2.0, CY + 0.06),
                (-RX * 1.75, CY + 0.2),
                (-RX * 1.4, CY + 0.1),
                (-RX * 0.9, CY + 0.02),
            ],
            hair,
            shade=0.02,
        )


def _from_behind(pen: Pen, person: Person, hair: Colour) -> None:
    skin = SKIN[person.skin]
    pen.oval(0, CY, RX, RY, skin)
    if person.cut == "bald":
        pen.oval(0, CY, RX, RY, skin, shade=0.03)
    elif person.cut == "long":
        _hair_behind(pen, person, hair)
    else:
        pen.oval(0, CY - 0.012, RX * 1.08, RY * 0.98, hair, shade=0.03)
        if person.cut == "bun":
            pen.oval(0, CY - RY * 1.1, 0.045, 0.042, hair, shade=0.015)
        if person.cut == "ponytail":
            pen.blob(
                [(-0.03, CY - 0.03), (0.03, CY - 0.03), (0.04, CY + 0.14), (0, CY + 0.2), (-0.04, CY + 0.14)], hair
            )
    _hat(pen, person)


def _front(pen: Pen, person: Person, hair: Colour, turn: float) -> None:
    skin = SKIN[person.skin]
    off = 0.3 * RX * turn
    if person.cut == "bob":
        pen.blob(
            [
                (-RX * 1.2, CY),
                (-RX * 0.8, CY - RY * 1.12),
                (RX * 0.8, CY - RY * 1.12),
                (RX * 1.2, CY),
                (RX * 1.28, CY + 0.09),
                (RX * 0.9, CY + 0.115),
                (-RX * 0.9, CY + 0.115),
                (-RX * 1.28, CY + 0.09),
            ],
            hair,
            shade=0.02,
        )
    if person.cut == "curly":
        for i in range(9):
            a = math.pi * (0.92 + 1.16 * i / 8)
            pen.oval(math.cos(a) * RX * 1.12, CY - 0.015 + math.sin(a) * RY * 1.05, 0.047, 0.047, hair)
    if person.cut == "bun":
        pen.oval(-off * 0.7, CY - RY * 1.25, 0.05, 0.046, hair, shade=0.015)
    ears = (-1,) if turn else (-1, 1)
    for e in ears:
        pen.oval(e * RX * 0.98 + (off * 0.3), CY + 0.012, 0.02, 0.026, skin)
    jaw = [
        (-RX, CY - 0.02),
        (-RX * 0.86, CY - RY * 0.75),
        (0, CY - RY),
        (RX * 0.86, CY - RY * 0.75),
        (RX, CY - 0.02),
        (RX * 0.82 + off * 0.25, CY + RY * 0.62),
        (off * 0.6, CY + RY),
        (-RX * 0.82 + off * 0.25, CY + RY * 0.62),
    ]
    pen.blob(jaw, skin, shade=0.02)
    if person.beard:
        pen.blob(
            [
                (-RX * 0.97, CY + 0.01),
                (-RX * 0.6 + off, CY + 0.038),
                (off, CY + 0.03),
                (RX * 0.6 + off, CY + 0.038),
                (RX * 0.97, CY + 0.01),
                (RX * 0.9 + off * 0.3, CY + RY * 0.75),
                (off * 0.6, CY + RY * 1.2),
                (-RX * 0.9 + off * 0.3, CY + RY * 0.75),
            ],
            hair,
        )
    _features(pen, person, off, skin)
    _hair_over(pen, person, hair, off)
    if person.glasses:
        for e in (-1, 1):
            x = off + e * 0.037
            with pen.at(x, CY + 0.0):
                _ring(pen, 0.031)
        pen.line([(off - 0.008, CY), (off + 0.008, CY)], 2.6)
        pen.line([(off - 0.066, CY), (-RX * 0.95, CY - 0.008)], 2.2)
        if not turn:
            pen.line([(off + 0.066, CY), (RX * 0.95, CY - 0.008)], 2.2)
    _hat(pen, person)


def _ring(pen: Pen, r: float) -> None:
    pen.line([(r * math.cos(k * math.pi / 8), r * math.sin(k * math.pi / 8)) for k in range(17)], 2.8)


def _features(pen: Pen, person: Person, off: float, skin: Colour) -> None:
    with pen.mood(inked=0.0):
        _eyes(pen, person, off, skin)
        pen.line([(off + 0.002, CY + 0.01), (off + 0.012, CY + 0.034), (off, CY + 0.037)], 1.8, darker(skin, 0.55))
        _mouth(pen, person, off)
        if person.kind.startswith("old"):
            for e in (-1, 1):
                pen.line([(off + e * 0.05, CY + 0.03), (off + e * 0.045, CY + 0.058)], 1.4, darker(skin, 0.6))
            pen.line([(off - 0.025, CY - 0.062), (off + 0.025, CY - 0.062)], 1.4, darker(skin, 0.6))


def _eyes(pen: Pen, person: Person, off: float, skin: Colour) -> None:
    mood = person.expression
    ey, dx = CY, 0.037
    blush = (236, 120, 110) if person.skin in ("light", "tan") else darker(skin, 0.85)
    for e in (-1, 1):
        x = off + e * dx
        if mood in ("laughing", "asleep"):
            bend = -0.014 if mood == "laughing" else 0.012
            pen.line([(x - 0.018, ey), (x, ey + bend), (x + 0.018, ey)], 2.6, INK, curved=True)
        else:
            tall = 0.026 if mood == "surprised" else 0.020
            pen.oval(x, ey, 0.0185, tall, (255, 255, 255))
            pen.oval(x + off * 0.12, ey + 0.002, 0.0115, 0.0145, INK)
            pen.line(
                [(x - 0.019, ey - tall * 0.75), (x, ey - tall * 1.05), (x + 0.019, ey - tall * 0.75)],
                2.0,
                INK,
                curved=True,
            )
            if person.kind in ("woman", "girl", "oldwoman"):
                pen.line([(x + e * 0.018, ey - tall * 0.7), (x + e * 0.029, ey - tall * 1.2)], 2.2, INK)
        inner, outer = {
            "angry": (0.014, -0.012),
            "worried": (-0.014, 0.008),
            "sad": (-0.012, 0.01),
            "surprised": (-0.014, -0.014),
        }.get(mood, (0.0, 0.002))
        pen.line(
            [(x - e * 0.02, ey - 0.036 + inner), (x + e * 0.022, ey - 0.038 + outer)],
            3.0,
            darker(HAIR[person.hair], 0.75),
        )
        if mood in ("happy", "laughing"):
            pen.oval(off + e * 0.058, CY + 0.036, 0.014, 0.009, blush)


def _mouth(pen: Pen, person: Person, off: float) -> None:
    my = CY + 0.062
    lip = (196, 60, 70) if person.kind in ("woman", "girl", "oldwoman") else INK
    match person.expression:
        case "happy":
            pen.line([(off - 0.034, my - 0.008), (off, my + 0.012), (off + 0.034, my - 0.008)], 3.0, lip, curved=True)
        case "laughing":
            pen.blob(
                [
                    (off - 0.036, my - 0.014),
                    (off + 0.036, my - 0.014),
                    (off + 0.02, my + 0.018),
                    (off - 0.02, my + 0.018),
                ],
                (120, 26, 36),
            )
            pen.line([(off - 0.03, my - 0.011), (off + 0.03, my - 0.011)], 3.2, (255, 255, 255))
        case "surprised":
            pen.oval(off, my + 0.003, 0.015, 0.019, (90, 24, 34))
        case "sad":
            pen.line([(off - 0.028, my + 0.008), (off, my - 0.008), (off + 0.028, my + 0.008)], 3.0, lip, curved=True)
            pen.oval(off - 0.044, CY + 0.045, 0.008, 0.013, (110, 190, 250))
        case "angry":
            pen.line([(off - 0.03, my + 0.006), (off, my - 0.004), (off + 0.03, my + 0.006)], 3.4, lip)
        case "worried":
            pen.line(
                [(off - 0.026, my), (off - 0.01, my - 0.006), (off + 0.01, my + 0.005), (off + 0.026, my)],
                2.8,
                lip,
                curved=True,
            )
        case "asleep":
            pen.oval(off, my, 0.009, 0.007, (120, 40, 50))
        case _:
            pen.line([(off - 0.024, my), (off + 0.024, my - 0.001)], 2.8, lip)


def _hair_over(pen: Pen, person: Person, hair: Colour, off: float) -> None:
    top = CY - RY
    match person.cut:
        case "bald":
            pen.line([(-0.03, top + 0.035), (-0.01, top + 0.022)], 2.4, (255, 255, 255))
        case "spiky":
            pen.poly(
                [
                    (-RX * 1.02, CY - 0.02),
                    (-RX * 1.3, CY - 0.09),
                    (-RX * 0.85, CY - 0.085),
                    (-RX * 0.95, top - 0.05),
                    (-RX * 0.35, top - 0.005),
                    (-RX * 0.1, top - 0.075),
                    (RX * 0.3, top - 0.01),
                    (RX * 0.8, top - 0.06),
                    (RX * 0.82, CY - 0.09),
                    (RX * 1.3, CY - 0.085),
                    (RX * 1.02, CY - 0.02),
                    (RX * 0.7 + off, CY - 0.052),
                    (off, CY - 0.045),
                    (-RX * 0.7 + off * 0.6, CY - 0.052),
                ],
                hair,
                shade=0.02,
            )
        case "long" | "bob" | "bun" | "ponytail":
            pen.blob(
                [
                    (-RX * 1.06, CY + 0.03),
                    (-RX * 1.08, CY - 0.06),
                    (-RX * 0.6, top - 0.022),
                    (RX * 0.6, top - 0.022),
                    (RX * 1.08, CY - 0.06),
                    (RX * 1.06, CY + 0.03),
                    (RX * 0.86, CY - 0.035),
                    (RX * 0.2 + off, CY - 0.068),
                    (-RX * 0.5 + off, CY - 0.05),
                    (-RX * 0.9, CY - 0.01),
                ],
                hair,
                shade=0.02,
            )
        case "curly":
            for k in (-0.8, -0.27, 0.27, 0.8):
                pen.oval(k * RX + off * 0.4, top + 0.022, 0.04, 0.036, hair, ink=0.7)
        case _:
            pen.blob(
                [
                    (-RX * 1.05, CY - 0.004),
                    (-RX * 1.04, CY - 0.07),
                    (-RX * 0.55, top - 0.02),
                    (RX * 0.5, top - 0.024),
                    (RX * 1.05, CY - 0.06),
                    (RX * 1.04, CY - 0.004),
                    (RX * 0.82, CY - 0.05),
                    (RX * 0.1 + off, CY - 0.058),
                    (-RX * 0.6 + off * 0.5, CY - 0.066),
                    (-RX * 0.88, CY - 0.045),
                ],
                hair,
                shade=0.02,
            )


def _hat(pen: Pen, person: Person) -> None:
    top = CY - RY
    match person.hat:
        case "hat":
            pen.blob(
                [(-0.085, top + 0.04), (-0.075, top - 0.05), (0, top - 0.04), (0.075, top - 0.05), (0.085, top + 0.04)],
                (112, 78, 52),
                shade=0.02,
            )
            pen.limb([(-0.135, top + 0.045), (0.135, top + 0.045)], 0.026, (112, 78, 52))
            pen.limb([(-0.075, top + 0.018), (0.075, top + 0.018)], 0.02, (52, 36, 34), ink=0.3)
        case "cap":
            pen.blob(
                [(-0.1, top + 0.055), (-0.085, top - 0.015), (0, top - 0.04), (0.085, top - 0.015), (0.1, top + 0.055)],
                (210, 50, 50),
                shade=0.02,
            )
            pen.limb([(0.03, top + 0.05), (0.145, top + 0.058)], 0.024, (160, 34, 38))
        case "beanie":
            pen.blob(
                [(-0.1, top + 0.05), (-0.085, top - 0.02), (0, top - 0.045), (0.085, top - 0.02), (0.1, top + 0.05)],
                (60, 120, 150),
                shade=0.02,
            )
            pen.limb([(-0.085, top + 0.048), (0.085, top + 0.048)], 0.034, (44, 90, 120))
        case "crown":
            pen.poly(
                [
                    (-0.08, top + 0.04),
                    (-0.095, top - 0.055),
                    (-0.045, top - 0.01),
                    (0, top - 0.075),
                    (0.045, top - 0.01),
                    (0.095, top - 0.055),
                    (0.08, top + 0.04),
                ],
                (250, 206, 52),
                shade=0.015,
            )
            pen.oval(0, top + 0.01, 0.014, 0.014, (220, 40, 60), ink=0.5)
        case "helmet":
            pen.blob(
                [
                    (-0.115, CY + 0.02),
                    (-0.11, top + 0.03),
                    (0, top - 0.05),
                    (0.11, top + 0.03),
                    (0.115, CY + 0.02),
                    (0.095, CY - 0.045),
                    (-0.095, CY - 0.045),
                ],
                (186, 192, 204),
                shade=0.025,
            )
            pen.line([(0, top - 0.045), (0, CY - 0.05)], 2.2)
        case "wizardhat":
            pen.blob(
                [(-0.1, top + 0.05), (-0.05, top - 0.07), (0.04, top - 0.2), (0.055, top - 0.07), (0.1, top + 0.05)],
                (74, 58, 150),
                shade=0.02,
            )
            pen.limb([(-0.14, top + 0.055), (0.14, top + 0.055)], 0.03, (74, 58, 150))
            pen.oval(0.01, top - 0.05, 0.014, 0.014, (250, 220, 90), ink=0.0)
        case _:
            pass
