# ruff: noqa: D103 -- a drawing is named after what it draws; a sentence would only repeat it
"""What stands in the street and what drives there; instruments and other goods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour, darker

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

WOOD: Colour = (176, 118, 68)
STEEL: Colour = (150, 158, 172)
DARK: Colour = (52, 54, 70)
CYAN: Colour = (96, 226, 240)
PAPER: Colour = (250, 246, 232)


def _glass(p: Pen, x0: float, y0: float, x1: float, y1: float, c: Colour = CYAN) -> None:
    with p.mood(tint=0.0):
        p.rect(x0, y0, x1, y1, c, r=0.02)


def mic(p: Pen) -> None:
    p.rect(-0.16, -0.04, 0.16, 0.0, DARK, r=0.02)
    p.limb([(0, -0.04), (0, -0.72)], 0.045, STEEL)
    p.oval(0, -0.84, 0.12, 0.14, (90, 94, 110), shade=0.04)
    p.line([(-0.1, -0.8), (0.1, -0.8)], 2.6, (210, 214, 224))


def camera(p: Pen) -> None:
    p.rect(-0.2, -0.74, 0.12, -0.6, DARK)
    p.rect(-0.45, -0.64, 0.45, -0.06, (72, 76, 92), r=0.06, shade=0.05)
    p.oval(0.04, -0.34, 0.21, 0.21, STEEL)
    p.oval(0.04, -0.34, 0.13, 0.13, (60, 110, 190))


def phone(p: Pen) -> None:
    p.rect(-0.24, -0.95, 0.24, -0.05, DARK, r=0.07)
    _glass(p, -0.18, -0.86, 0.18, -0.17)


def umbrella(p: Pen) -> None:
    p.limb([(0, -0.7), (0, -0.02)], 0.03, DARK)
    p.blob(
        [
            (-0.5, -0.52),
            (-0.36, -0.82),
            (0, -1.0),
            (0.36, -0.82),
            (0.5, -0.52),
            (0.25, -0.58),
            (0, -0.53),
            (-0.25, -0.58),
        ],
        (222, 52, 60),
        shade=0.06,
    )


def box(p: Pen) -> None:
    c: Colour = (206, 156, 98)
    p.rect(-0.42, -0.66, 0.42, 0.0, c, shade=0.07)
    p.poly([(-0.42, -0.66), (-0.3, -0.84), (0.5, -0.84), (0.42, -0.66)], darker(c, 0.85))
    p.line([(0, -0.66), (0, -0.3)], 6.0, (240, 220, 180))


def piano(p: Pen) -> None:
    p.rect(-0.5, -0.95, 0.5, -0.4, (58, 40, 44), shade=0.06)
    p.rect(-0.5, -0.42, 0.5, -0.3, (250, 250, 246))
    for k in range(9):
        p.line([(-0.4 + 0.1 * k, -0.42), (-0.4 + 0.1 * k, -0.35)], 4.0)
    for s in (-1, 1):
        p.rect(s * 0.45 - 0.05, -0.3, s * 0.45 + 0.05, 0.0, (58, 40, 44))


def guitar(p: Pen) -> None:
    p.limb([(0, -0.45), (0, -0.94)], 0.06, (110, 66, 40))
    p.rect(-0.06, -1.02, 0.06, -0.9, DARK)
    p.blob(
        [
            (0, -0.58),
            (-0.16, -0.54),
            (-0.13, -0.38),
            (-0.24, -0.2),
            (-0.14, -0.02),
            (0.14, -0.02),
            (0.24, -0.2),
            (0.13, -0.38),
            (0.16, -0.54),
        ],
        (222, 134, 58),
        shade=0.05,
    )
    p.oval(0, -0.32, 0.07, 0.07, (60, 36, 30))


def car(p: Pen) -> None:
    c: Colour = (226, 58, 50)
    p.blob(
        [
            (-0.48, -0.28),
            (-0.44, -0.5),
            (-0.26, -0.56),
            (-0.1, -0.86),
            (0.18, -0.86),
            (0.3, -0.56),
            (0.46, -0.48),
            (0.49, -0.24),
            (0, -0.2),
        ],
        c,
        shade=0.05,
    )
    p.poly([(-0.17, -0.56), (-0.06, -0.78), (0.04, -0.78), (0.04, -0.56)], (176, 220, 240))
    p.poly([(0.08, -0.56), (0.08, -0.78), (0.16, -0.78), (0.24, -0.56)], (176, 220, 240))
    for x in (-0.27, 0.28):
        p.oval(x, -0.16, 0.12, 0.16, (44, 44, 54))
        p.oval(x, -0.16, 0.05, 0.07, (210, 214, 220), ink=0.0)
    with p.mood(tint=0.0):
        p.oval(0.45, -0.4, 0.03, 0.06, (255, 236, 150), ink=0.6)


def bus(p: Pen) -> None:
    p.rect(-0.5, -0.95, 0.5, -0.14, (246, 188, 46), r=0.06, shade=0.05)
    for k in range(4):
        p.rect(-0.44 + 0.23 * k, -0.84, -0.26 + 0.23 * k, -0.54, (176, 220, 240))
    p.line([(-0.5, -0.4), (0.5, -0.4)], 4.0)
    for x in (-0.28, 0.28):
        p.oval(x, -0.13, 0.085, 0.13, (44, 44, 54))


def train(p: Pen) -> None:
    p.rect(-0.5, -0.9, 0.5, -0.16, (62, 126, 190), r=0.1, shade=0.05)
    p.rect(-0.5, -0.42, 0.5, -0.3, (240, 240, 240), ink=0.5)
    for k in range(4):
        p.rect(-0.44 + 0.22 * k, -0.76, -0.28 + 0.22 * k, -0.5, (250, 236, 170), r=0.02)
    for x in (-0.34, -0.12, 0.12, 0.34):
        p.oval(x, -0.1, 0.07, 0.1, (44, 44, 54))


def bicycle(p: Pen) -> None:
    for x in (-0.3, 0.3):
        p.line(
            [
                (x + 0.2 * a, -0.3 + 0.28 * b)
                for a, b in (
                    (1, 0),
                    (0.7, 0.7),
                    (0, 1),
                    (-0.7, 0.7),
                    (-1, 0),
                    (-0.7, -0.7),
                    (0, -1),
                    (0.7, -0.7),
                    (1, 0),
                )
            ],
            5.0,
            (40, 40, 50),
            curved=True,
        )
    red: Colour = (216, 52, 52)
    for a, b in (
        ((-0.3, -0.3), (-0.1, -0.68)),
        ((-0.1, -0.68), (0.2, -0.68)),
        ((0.2, -0.68), (0, -0.28)),
        ((0, -0.28), (-0.1, -0.68)),
        ((0, -0.28), (-0.3, -0.3)),
        ((0.17, -0.8), (0.3, -0.3)),
    ):
        p.line([a, b], 5.5, red)
    p.limb([(-0.17, -0.74), (-0.03, -0.74)], 0.06, DARK)
    p.line([(0.1, -0.86), (0.17, -0.82), (0.26, -0.86)], 5.0)


def motorcycle(p: Pen) -> None:
    for x in (-0.3, 0.32):
        p.oval(x, -0.2, 0.18, 0.2, (44, 44, 54))
        p.oval(x, -0.2, 0.07, 0.08, STEEL)
    p.blob(
        [(-0.4, -0.42), (-0.1, -0.4), (0.1, -0.62), (0.28, -0.56), (0.2, -0.32), (-0.1, -0.22), (-0.24, -0.3)],
        (210, 46, 60),
        shade=0.05,
    )
    p.limb([(0.18, -0.6), (0.32, -0.22)], 0.05, STEEL)
    p.line([(0.06, -0.78), (0.18, -0.66), (0.26, -0.78)], 5.0)


def streetlamp(p: Pen) -> None:
    with p.mood(tint=0.0):
        p.glow(0, -0.88, 0.28, (255, 224, 130), 130)
    p.limb([(0, 0.0), (0, -0.8)], 0.025, DARK)
    p.rect(-0.06, -0.03, 0.06, 0.0, DARK)
    with p.mood(tint=0.0):
        p.poly([(-0.04, -0.8), (0.04, -0.8), (0.065, -0.93), (-0.065, -0.93)], (255, 228, 140))
    p.poly([(-0.08, -0.93), (0.08, -0.93), (0, -1.0)], DARK)


def bench(p: Pen) -> None:
    for x in (-0.36, 0.36):
        p.rect(x - 0.04, -0.5, x + 0.04, 0.0, DARK)
    p.rect(-0.5, -0.95, 0.5, -0.78, WOOD)
    p.rect(-0.5, -0.72, 0.5, -0.56, WOOD)
    p.rect(-0.5, -0.46, 0.5, -0.34, WOOD)


def sign(p: Pen) -> None:
    p.rect(-0.04, -0.6, 0.04, 0.0, darker(WOOD))
    p.poly([(-0.42, -0.95), (0.3, -0.95), (0.48, -0.75), (0.3, -0.55), (-0.42, -0.55)], WOOD, shade=0.05)
    p.line([(-0.3, -0.8), (0.2, -0.8)], 3.0)
    p.line([(-0.3, -0.69), (0.12, -0.69)], 3.0)


TABLE: dict[
    str,
    tuple[Callable[[Pen], None], float]
    | tuple[Callable[[Pen], None], float, str]
    | tuple[Callable[[Pen], None], float, str, bool],
] = {
    "microphone": (mic, 0.75),
    "camera": (camera, 0.26, "table", True),
    "phone": (phone, 0.28, "table", True),
    "umbrella": (umbrella, 0.5, "ground", True),
    "box": (box, 0.38, "ground", True),
    "piano": (piano, 0.65),
    "guitar": (guitar, 0.6, "ground", True),
    "car": (car, 0.5),
    "bus": (bus, 0.8),
    "train": (train, 0.75),
    "bicycle": (bicycle, 0.5),
    "motorcycle": (motorcycle, 0.5),
    "streetlamp": (streetlamp, 1.35),
    "bench": (bench, 0.4),
    "sign": (sign, 0.6),
}
