"""Skies, weather and ground: what is behind and in front of every outdoor place."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour, mix
from novel.embedded.teacher.scene import Scene

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

GREY: Colour = (150, 158, 170)


def _mattes(scene: Scene, c: Colour) -> Colour:
    amount = {"clear": 0.0, "cloudy": 0.35, "rain": 0.55, "snow": 0.4, "fog": 0.5, "storm": 0.65}[scene.weather]
    grey = (56, 58, 82) if scene.weather == "storm" or scene.time in ("night", "dusk") else GREY
    return mix(c, grey, amount)


def draw_sky(pen: Pen, scene: Scene, rng: random.Random, aspect: float, horizon: float) -> None:
    """The sky down to the horizon (fractions of the height), with sun, moon, stars and clouds."""
    light = pen.light
    pen.sky(_mattes(scene, light.top), _mattes(scene, light.horizon), 0, horizon + 0.02)
    clear = scene.weather in ("clear", "snow")
    x = aspect * (0.16 if rng.random() < 0.5 else 0.84) + rng.uniform(-0.04, 0.04)
    with pen.mood(tint=0.0):
        if scene.time == "night" and clear:
            for k in range(26):
                a, b = (k * 0.618034) % 1.0, (k * 0.381966 * 1.7) % 1.0
                pen.oval(a * aspect, b * horizon * 0.85, 0.005, 0.005, (250, 246, 220), ink=0.0)
            pen.glow(x, 0.19, 0.3, (220, 226, 255), 90)
            pen.oval(x, 0.19, 0.085, 0.085, (250, 246, 222), ink=0.8)
            pen.oval(x - 0.02, 0.175, 0.02, 0.02, (222, 216, 190), ink=0.0)
            pen.oval(x + 0.03, 0.215, 0.014, 0.014, (222, 216, 190), ink=0.0)
        elif clear and scene.time in ("day", "golden"):
            pen.glow(x, 0.17, 0.32, (255, 244, 190), 120)
            pen.oval(x, 0.17, 0.075, 0.075, (255, 226, 90), ink=0.8)
        elif clear and scene.time in ("sunset", "dawn"):
            y = horizon - 0.09
            pen.glow(x, y, 0.42, (255, 226, 150), 130)
            pen.oval(x, y, 0.12, 0.12, (255, 232, 130) if scene.time == "dawn" else (255, 214, 84), ink=0.8)
        elif clear and scene.time == "dusk":
            for k in range(8):
                a, b = (k * 0.618034) % 1.0, (k * 0.381966 * 1.7) % 1.0
                pen.oval(a * aspect, b * horizon * 0.4, 0.005, 0.005, (250, 236, 220), ink=0.0)
    if scene.weather in ("cloudy", "rain", "storm"):
        tone = {"cloudy": (244, 246, 250), "rain": (150, 158, 174), "storm": (70, 74, 96)}[scene.weather]
        for k in range(5):
            _cloud(pen, aspect * (0.08 + 0.22 * k), 0.10 + 0.07 * (k % 2), 0.2, tone)
    elif scene.time in ("day", "dawn", "sunset", "golden") and scene.weather == "clear":
        for fx, y in ((0.38, 0.14), (0.64, 0.22)):
            _cloud(pen, aspect * (fx + rng.uniform(-0.03, 0.03)), y, 0.13, (255, 255, 255))


def _cloud(pen: Pen, x: float, y: float, s: float, c: Colour) -> None:
    with pen.mood(tint=0.75):
        pen.blob(
            [
                (x - s, y + 0.3 * s),
                (x - 0.85 * s, y - 0.05 * s),
                (x - 0.4 * s, y - 0.15 * s),
                (x - 0.1 * s, y - 0.5 * s),
                (x + 0.4 * s, y - 0.4 * s),
                (x + 0.55 * s, y - 0.05 * s),
                (x + 0.95 * s, y),
                (x + s, y + 0.3 * s),
                (x, y + 0.38 * s),
            ],
            c,
            ink=0.6,
            shade=0.12 * s,
        )


def draw_weather(pen: Pen, scene: Scene, rng: random.Random, aspect: float) -> None:
    """What falls or drifts in front of the scene."""
    if scene.weather in ("rain", "storm"):
        with pen.mood(tint=0.0):
            for k in range(54):
                x, y = (k * 0.618034 * aspect) % aspect, (k * 0.754877) % 1.0
                pen.line([(x + 0.03, y - 0.05), (x, y + 0.05)], 2.0, (206, 222, 244))
    if scene.weather == "storm":
        x = aspect * rng.uniform(0.35, 0.65)
        with pen.mood(tint=0.0):
            pen.poly(
                [
                    (x, 0.0),
                    (x + 0.06, 0.0),
                    (x + 0.01, 0.16),
                    (x + 0.07, 0.15),
                    (x - 0.05, 0.42),
                    (x - 0.01, 0.22),
                    (x - 0.07, 0.23),
                ],
                (255, 244, 150),
                ink=0.8,
            )
    if scene.weather == "snow":
        with pen.mood(tint=0.0, inked=0.0):
            for k in range(46):
                x, y = (k * 0.618034 * aspect) % aspect, (k * 0.754877) % 1.0
                r = 0.007 + 0.004 * (k % 3)
                pen.oval(x, y, r, r, (255, 255, 255))
    if scene.weather == "fog":
        dark = scene.time in ("night", "dusk")
        tone: Colour = (110, 118, 146) if dark else (226, 230, 234)
        for y0, a in ((0.30, 60), (0.45, 80), (0.60, 60)):
            with pen.at(0, 0):
                pen.veil(tone, a, y0, y0 + 0.28)
