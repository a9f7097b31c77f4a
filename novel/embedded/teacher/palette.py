"""Colours of the teacher's world, and the light of each time of day."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

Colour = tuple[int, int, int]

CLOTHES: dict[str, Colour] = {
    "red": (214, 48, 49),
    "blue": (46, 98, 214),
    "green": (46, 160, 67),
    "yellow": (247, 206, 52),
    "orange": (242, 130, 33),
    "purple": (126, 66, 186),
    "pink": (243, 130, 178),
    "teal": (24, 168, 170),
    "brown": (128, 82, 48),
    "black": (40, 38, 48),
    "white": (244, 244, 240),
    "grey": (140, 146, 156),
}

HAIR: dict[str, Colour] = {
    "black": (36, 32, 42),
    "brown": (104, 64, 36),
    "blond": (240, 200, 92),
    "red": (196, 72, 30),
    "grey": (158, 160, 168),
    "white": (236, 236, 236),
    "blue": (60, 110, 220),
    "pink": (240, 120, 180),
}

SKIN: dict[str, Colour] = {
    "light": (250, 214, 188),
    "tan": (222, 168, 124),
    "brown": (164, 108, 72),
    "dark": (104, 66, 46),
}


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a time of day: sky from top to horizon, and the tint it lays on things."""

    top: Colour
    horizon: Colour
    tint: tuple[float, float, float]
    window: Colour  # what an unlit window looks like from outside
    dark: bool = False


LIGHTS: dict[str, Light] = {
    "day": Light((74, 160, 240), (190, 228, 250), (1.0, 1.0, 1.0), (120, 170, 205)),
    "dawn": Light((150, 196, 226), (255, 196, 190), (1.0, 0.86, 0.88), (170, 150, 180)),
    "golden": Light((246, 206, 110), (255, 240, 190), (1.0, 0.92, 0.68), (200, 160, 100)),
    "sunset": Light((196, 62, 88), (255, 162, 62), (1.0, 0.72, 0.62), (130, 60, 80)),
    "dusk": Light((72, 50, 130), (206, 118, 176), (0.72, 0.60, 0.88), (255, 214, 120), True),
    "night": Light((14, 18, 54), (40, 56, 112), (0.42, 0.47, 0.74), (255, 214, 120), True),
}


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """The colour a share ``t`` of the way from ``a`` to ``b``."""
    return (
        round(a[0] + (b[0] - a[0]) * t),
        round(a[1] + (b[1] - a[1]) * t),
        round(a[2] + (b[2] - a[2]) * t),
    )


def times(a: Colour, k: tuple[float, float, float]) -> Colour:
    """The colour under a light of relative strength ``k`` in red, green and blue."""
    return (min(255, round(a[0] * k[0])), min(255, round(a[1] * k[1])), min(255, round(a[2] * k[2])))


def luma(a: Colour) -> float:
    """Perceived brightness, 0 to 1."""
    return (0.299 * a[0] + 0.587 * a[1] + 0.114 * a[2]) / 255


def saturate(a: Colour, k: float) -> Colour:
    """The colour with its saturation multiplied by ``k``."""
    h, s, v = colorsys.rgb_to_hsv(a[0] / 255, a[1] / 255, a[2] / 255)
    r, g, b = colorsys.hsv_to_rgb(h, min(1.0, s * k), v)
    return (round(r * 255), round(g * 255), round(b * 255))


def darker(a: Colour, k: float = 0.72) -> Colour:
    """The shadow tone of a flat colour: darker and a little bluer."""
    return (round(a[0] * k * 0.96), round(a[1] * k * 0.96), min(255, round(a[2] * k * 1.06)))


def lighter(a: Colour, t: float = 0.35) -> Colour:
    """The lit tone of a flat colour."""
    return mix(a, (255, 255, 255), t)
