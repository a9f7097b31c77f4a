# ruff: noqa: D103 -- a drawing is named after what it draws; a sentence would only repeat it
"""Rooms. The frame is the panel: x from 0 to its aspect, y from 0 (top) to 1; ``h`` is where the floor begins."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour, darker, mix
from novel.embedded.teacher.things import draw_thing

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

Room = Callable[["Pen", float, float, random.Random], None]


def _room(p: Pen, a: float, h: float, wall: Colour, floor: Colour, skirting: bool = True) -> None:
    p.rect(-0.1, -0.1, a + 0.1, h, wall, ink=0.0)
    p.rect(-0.1, h, a + 0.1, 1.1, floor, ink=0.0)
    if skirting:
        p.rect(-0.1, h - 0.03, a + 0.1, h, darker(wall, 0.7), ink=0.7)
    else:
        p.line([(-0.1, h), (a + 0.1, h)], 2.6)


def _boards(p: Pen, a: float, h: float, c: Colour) -> None:
    for k in range(-6, 7):
        p.line([(a / 2 + k * a * 0.09, h), (a / 2 + k * a * 0.24, 1.05)], 1.6, c)


def _pane(p: Pen, x: float, y: float, w: float, t: float, frame: Colour = (240, 240, 240), bars: int = 1) -> None:
    """A window through which the sky of the hour is seen."""
    light = p.light
    p.rect(x - 0.02, y - 0.02, x + w + 0.02, y + t + 0.02, frame)
    with p.mood(tint=0.0):
        for k in range(4):
            p.rect(x, y + t * k / 4, x + w, y + t * (k + 1) / 4, mix(light.top, light.horizon, k / 3), ink=0.0)
        if light.dark:
            p.oval(x + w * 0.72, y + t * 0.28, 0.035, 0.035, (250, 246, 222), ink=0.0)
    for k in range(1, bars + 1):
        p.line([(x + w * k / (bars + 1), y), (x + w * k / (bars + 1), y + t)], 4.5, frame)
    p.line([(x, y + t / 2), (x + w, y + t / 2)], 4.5, frame)
    p.line([(x, y), (x + w, y), (x + w, y + t), (x, y + t), (x, y)], 2.2)


def _lamps(p: Pen, a: float, c: Colour = (255, 226, 150)) -> None:
    """Hanging lamps, lit when it is dark outside."""
    for f in (0.25, 0.75):
        p.line([(a * f, -0.1), (a * f, 0.09)], 2.4)
        p.poly(
            [(a * f - 0.07, 0.16), (a * f + 0.07, 0.16), (a * f + 0.025, 0.08), (a * f - 0.025, 0.08)], (90, 92, 110)
        )
        if p.light.dark:
            p.glow(a * f, 0.2, 0.42, c, 110)


def lab(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (206, 226, 232), (150, 168, 182))
    for f in (0.06, 0.66):
        p.rect(a * f, 0.10, a * f + 0.5, 0.40, (60, 68, 92), r=0.01)
        with p.mood(tint=0.0):
            for k in range(3):
                p.rect(
                    a * f + 0.03 + 0.155 * k,
                    0.13,
                    a * f + 0.16 + 0.155 * k,
                    0.37,
                    ((70, 220, 240), (120, 240, 170), (90, 160, 250))[k],
                    ink=0.6,
                )
                p.line(
                    [(a * f + 0.045 + 0.155 * k + 0.016 * j, 0.28 - 0.05 * ((j * 5 + k) % 3)) for j in range(7)],
                    2.2,
                    (16, 40, 80),
                )
    p.rect(-0.1, h - 0.17, a + 0.1, h - 0.11, (236, 240, 244))
    p.rect(-0.1, h - 0.11, a + 0.1, h + 0.02, (112, 130, 152))
    for f, c in ((0.42, (80, 200, 120)), (0.47, (230, 90, 130)), (0.53, (80, 150, 240))):
        x = a * f
        p.blob(
            [
                (x - 0.012, h - 0.30),
                (x - 0.012, h - 0.25),
                (x - 0.045, h - 0.17),
                (x + 0.045, h - 0.17),
                (x + 0.012, h - 0.25),
                (x + 0.012, h - 0.30),
            ],
            c,
        )
    _lamps(p, a, (200, 240, 255))


def office(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (232, 226, 212), (124, 134, 156))
    _pane(p, a * 0.30, 0.08, a * 0.4, 0.36, bars=3)
    with p.mood(tint=0.5):
        for k in range(7):
            x, w = a * (0.31 + 0.054 * k), a * 0.04
            top = 0.44 - 0.07 - 0.05 * ((k * 3) % 4)
            p.rect(x, top, x + w, 0.44, (96, 112, 146), ink=0.5)
    for f in (0.04, 0.78):
        p.rect(a * f, h - 0.30, a * f + 0.36, h, (150, 158, 172), shade=0.02)
        for k in range(3):
            p.line([(a * f + 0.14, h - 0.25 + 0.1 * k), (a * f + 0.22, h - 0.25 + 0.1 * k)], 4.0)
        with p.at(a * f + 0.18, h - 0.30, 0.2):
            draw_thing(p, "plant")
    _lamps(p, a)


def library(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (112, 72, 48), (150, 92, 60))
    tones: tuple[Colour, ...] = (
        (190, 60, 56),
        (60, 110, 150),
        (220, 180, 80),
        (80, 130, 90),
        (130, 80, 130),
        (226, 214, 190),
    )
    for row in range(4):
        y1 = h - 0.04 - row * 0.16
        p.rect(-0.1, y1 - 0.145, a + 0.1, y1, (72, 44, 34), ink=0.0)
        x, k = -0.05, row * 7
        while x < a + 0.05:
            w = 0.032 + 0.012 * ((k * 5) % 3)
            t = 0.10 + 0.012 * ((k * 7) % 4)
            if k % 11 != 10:
                p.rect(x, y1 - t, x + w, y1, tones[(k * 5 + row) % 6], ink=0.5)
            x += w
            k += 1
        p.rect(-0.1, y1, a + 0.1, y1 + 0.016, (176, 116, 70), ink=0.6)
    for f in (0.0, 0.333, 0.667, 1.0):
        p.rect(a * f - 0.025, -0.1, a * f + 0.025, h, (156, 100, 62), ink=0.7)
    p.oval(a / 2, 0.93, a * 0.36, 0.09, (170, 50, 56))
    _lamps(p, a)


def classroom(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (244, 228, 190), (196, 150, 104))
    _boards(p, a, h, (168, 122, 82))
    p.rect(a * 0.22, 0.09, a * 0.78, 0.42, (160, 108, 66))
    p.rect(a * 0.22 + 0.02, 0.11, a * 0.78 - 0.02, 0.40, (44, 102, 80), ink=0.7)
    for k in range(3):
        p.line(
            [(a * 0.27 + 0.03 * j, 0.18 + 0.07 * k + 0.012 * (j % 2)) for j in range(int(a * (9 - 2 * k)))],
            2.6,
            (236, 244, 236),
        )
    p.oval(a * 0.68, 0.30, 0.055, 0.055, (44, 102, 80), ink=0.0)
    p.line([(a * 0.65, 0.34), (a * 0.68, 0.22), (a * 0.72, 0.34), (a * 0.65, 0.34)], 2.6, (250, 220, 120))
    _pane(p, a * 0.03, 0.12, a * 0.13, 0.3)
    _pane(p, a * 0.84, 0.12, a * 0.13, 0.3)
    for f in (0.10, 0.90):
        p.rect(a * f - 0.15, h - 0.02, a * f + 0.15, h + 0.03, (206, 156, 96))
        for s in (-1, 1):
            p.line([(a * f + s * 0.12, h + 0.03), (a * f + s * 0.13, h + 0.18)], 5.0)


def stage(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (46, 34, 78), (176, 112, 66), skirting=False)
    _boards(p, a, h, (146, 90, 54))
    with p.mood(tint=0.15):
        for f in (0.25, 0.5, 0.75):
            p.path_beam(a * f, a * (0.5 + (f - 0.5) * 0.5), h)
        for s, x0 in ((1, -0.1), (-1, a + 0.1)):
            for k in range(4):
                x = x0 + s * 0.075 * k * a / 2
                p.blob(
                    [
                        (x, -0.1),
                        (x + s * 0.11 * a / 2, -0.1),
                        (x + s * 0.1 * a / 2, h * 0.6),
                        (x + s * 0.07 * a / 2, h + 0.06),
                        (x - s * 0.02, h + 0.06),
                    ],
                    (196, 34, 52),
                    shade=0.02,
                )
        n = 9
        for k in range(n):
            x = a * (k + 0.5) / n
            p.blob(
                [(x - a * 0.06, -0.1), (x + a * 0.06, -0.1), (x + a * 0.055, 0.05), (x, 0.12), (x - a * 0.055, 0.05)],
                (214, 44, 60),
                shade=0.02,
            )


def apartment(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (238, 206, 170), (176, 124, 84))
    _boards(p, a, h, (150, 100, 66))
    _pane(p, a * 0.38, 0.09, a * 0.24, 0.34, bars=1)
    for s, x in ((1, a * 0.36), (-1, a * 0.64)):
        p.blob(
            [
                (x - 0.02 * s, 0.05),
                (x + 0.09 * s, 0.05),
                (x + 0.05 * s, 0.28),
                (x + 0.07 * s, 0.5),
                (x - 0.04 * s, 0.5),
            ],
            (206, 84, 74),
            shade=0.02,
        )
    with p.at(a * 0.17, h + 0.05, 0.46):
        draw_thing(p, "sofa")
    with p.at(a * 0.17, 0.34, 0.24):
        draw_thing(p, "painting")
    p.rect(a * 0.74, 0.22, a * 0.95, h, (146, 96, 62), shade=0.02)
    for k in range(3):
        y = 0.25 + (h - 0.27) * k / 3
        p.rect(a * 0.755, y, a * 0.935, y + (h - 0.3) / 3.4, (92, 58, 42), ink=0.6)
        for j in range(5):
            p.rect(
                a * 0.76 + 0.033 * j,
                y + 0.03,
                a * 0.76 + 0.028 + 0.033 * j,
                y + (h - 0.3) / 3.4,
                ((70, 130, 180), (220, 90, 70), (240, 200, 90))[(j + k) % 3],
                ink=0.4,
            )
    p.oval(a * 0.5, 0.90, a * 0.3, 0.07, (90, 140, 150))
    if p.light.dark:
        p.glow(a * 0.72, 0.3, 0.5, (255, 214, 130), 100)


def bedroom(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (186, 200, 236), (190, 150, 120))
    _pane(p, a * 0.10, 0.10, a * 0.22, 0.32, bars=1)
    p.rect(a * 0.46, h - 0.30, a * 0.5, h + 0.14, (150, 98, 62))
    p.rect(a * 0.48, h - 0.06, a * 0.99, h + 0.15, (246, 246, 250), r=0.03)
    p.rect(a * 0.64, h - 0.08, a * 1.0, h + 0.16, (226, 100, 110), r=0.03, shade=0.03)
    p.oval(a * 0.56, h - 0.08, 0.13, 0.06, (255, 255, 255))
    p.rect(a * 0.62, 0.12, a * 0.74, 0.34, (250, 224, 130))
    p.oval(a * 0.68, 0.23, 0.06, 0.06, (230, 110, 90))
    p.rect(a * 0.36, h - 0.18, a * 0.44, h + 0.02, (150, 98, 62))
    with p.at(a * 0.40, h - 0.18, 0.2):
        draw_thing(p, "lamp")
    p.oval(a * 0.3, 0.92, a * 0.2, 0.06, (240, 220, 170))


def cafe(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (158, 96, 70), (112, 78, 66))
    for y in range(5):
        for k in range(int(a * 7) + 1):
            if (k * 3 + y) % 4 == 0:
                p.rect(
                    k * 0.15 + (y % 2) * 0.07,
                    0.05 + y * 0.11,
                    k * 0.15 + 0.1 + (y % 2) * 0.07,
                    0.09 + y * 0.11,
                    (140, 80, 58),
                    ink=0.3,
                )
    _pane(p, a * 0.05, 0.12, a * 0.3, 0.36, frame=(70, 48, 42), bars=2)
    p.rect(a * 0.56, 0.08, a * 0.92, 0.32, (44, 44, 50), r=0.01)
    for k in range(3):
        p.line([(a * 0.60, 0.14 + 0.06 * k), (a * (0.78 + 0.03 * k), 0.14 + 0.06 * k)], 3.0, (244, 236, 210))
    p.rect(a * 0.52, h - 0.16, a * 1.05, h + 0.05, (96, 58, 44))
    p.rect(a * 0.50, h - 0.20, a * 1.05, h - 0.15, (206, 150, 96))
    for f in (0.58, 0.68, 0.86):
        with p.at(a * f, h - 0.20, 0.12):
            draw_thing(p, "cup")
    for k in range(4):
        x = a * (0.14 + 0.24 * k)
        p.line([(x, -0.1), (x, 0.06)], 2.0)
        with p.mood(tint=0.0):
            p.glow(x, 0.08, 0.2, (255, 220, 130), 130)
            p.oval(x, 0.075, 0.024, 0.03, (255, 228, 150), ink=0.6)


def gallery(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (244, 244, 240), (214, 190, 156))
    _boards(p, a, h, (190, 166, 132))
    arts: tuple[tuple[Colour, Colour], ...] = (
        ((70, 130, 210), (250, 200, 60)),
        ((230, 90, 80), (60, 60, 90)),
        ((90, 170, 110), (240, 150, 190)),
        ((250, 180, 70), (120, 70, 170)),
    )
    for k, (c, d) in enumerate(arts):
        x = a * (0.05 + 0.24 * k)
        w = a * 0.17
        p.rect(x, 0.12, x + w, 0.44, (60, 46, 40))
        with p.mood(tint=0.4):
            p.rect(x + 0.02, 0.145, x + w - 0.02, 0.415, c, ink=0.5)
            if k % 2:
                p.oval(x + w * 0.5, 0.28, 0.07, 0.07, d, ink=0.5)
            else:
                p.poly([(x + 0.02, 0.415), (x + w * 0.4, 0.22), (x + w - 0.02, 0.415)], d, ink=0.5)
        if p.light.dark:
            p.glow(x + w / 2, 0.1, 0.26, (255, 236, 190), 110)
    p.rect(-0.1, -0.1, a + 0.1, 0.035, (206, 206, 204), ink=0.6)


def datacentre(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (36, 46, 82), (58, 72, 112), skirting=False)
    with p.mood(tint=0.4):
        for s in (-1, 1):
            for k in range(4):
                x0, x1 = a * (0.5 + s * (0.56 - 0.115 * k)), a * (0.5 + s * (0.46 - 0.115 * k))
                t = 0.02 + 0.085 * k
                b = h + 0.26 - 0.085 * k
                p.poly([(x0, t), (x1, t + 0.05), (x1, b - 0.05), (x0, b)], (66, 76, 108))
                with p.mood(tint=0.0):
                    for j in range(6):
                        f = (j + 0.8) / 7
                        y0 = t + (b - t) * f
                        p.line(
                            [(x0 + (x1 - x0) * 0.2, y0), (x0 + (x1 - x0) * 0.8, y0 + (0.5 - f) * 0.04)],
                            3.4,
                            ((80, 230, 250), (110, 250, 150), (80, 160, 255))[(j + k) % 3],
                        )
        p.glow(a / 2, h - 0.16, 0.3, (110, 220, 255), 170)
        for k in range(-4, 5):
            p.line([(a / 2 + k * 0.05 * a, h), (a / 2 + k * a * 0.22, 1.05)], 1.6, (84, 110, 160))


def spacestation(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (122, 134, 160), (88, 98, 124))
    with p.mood(tint=0.0):
        p.rect(a * 0.16, 0.08, a * 0.84, h - 0.14, (56, 64, 92), r=0.12)
        p.rect(a * 0.18, 0.105, a * 0.82, h - 0.165, (10, 12, 40), r=0.1, ink=0.7)
        for k in range(22):
            p.oval(
                a * (0.2 + 0.6 * ((k * 0.618) % 1)),
                0.13 + (h - 0.33) * ((k * 0.7549) % 1),
                0.005,
                0.005,
                (250, 250, 240),
                ink=0.0,
            )
        p.oval(a * 0.6, h * 0.46, 0.13, 0.13, (70, 140, 230), ink=0.7, shade=0.04)
        p.blob(
            [(a * 0.6 - 0.07, h * 0.42), (a * 0.6, h * 0.38), (a * 0.6 + 0.02, h * 0.5), (a * 0.6 - 0.05, h * 0.53)],
            (90, 180, 100),
            ink=0.4,
        )
    for f in (0.02, 0.87):
        p.rect(a * f, 0.16, a * f + a * 0.11, h - 0.1, (90, 100, 126), r=0.02)
        with p.mood(tint=0.0):
            for k in range(3):
                p.oval(
                    a * f + a * 0.03 + a * 0.025 * k,
                    0.22,
                    0.014,
                    0.014,
                    ((255, 90, 80), (255, 210, 80), (90, 230, 130))[k],
                    ink=0.4,
                )
            p.rect(a * f + a * 0.02, 0.27, a * f + a * 0.09, 0.38, (90, 230, 250), ink=0.5)
    p.rect(-0.1, h - 0.10, a + 0.1, h, (66, 74, 100))
    for k in range(8):
        p.line([(a * (0.02 + 0.14 * k), h), (a * (0.02 + 0.14 * k) + (k - 3.5) * 0.06, 1.05)], 2.0)


def workshop(p: Pen, a: float, h: float, rng: random.Random) -> None:
    _room(p, a, h, (200, 160, 112), (134, 110, 96))
    for k in range(9):
        p.line([(a * k / 8, -0.1), (a * k / 8, h)], 1.6, (164, 124, 84))
    p.rect(a * 0.28, 0.10, a * 0.72, 0.36, (120, 84, 56))
    for k in range(7):
        x = a * (0.32 + 0.06 * k)
        p.limb([(x, 0.16), (x, 0.30)], 0.016, ((196, 204, 214), (220, 80, 60), (240, 190, 70))[k % 3], ink=0.8)
        p.rect(x - 0.022, 0.14, x + 0.022, 0.175, (120, 126, 140), ink=0.7)
    _pane(p, a * 0.06, 0.12, a * 0.15, 0.28)
    p.rect(-0.1, h - 0.17, a + 0.1, h - 0.11, (170, 112, 64))
    p.rect(-0.1, h - 0.11, a + 0.1, h + 0.02, (112, 74, 50))
    for f, n in ((0.80, "box"), (0.92, "globe")):
        with p.at(a * f, h - 0.17, 0.2):
            draw_thing(p, n)
    for k in range(2):
        x = a * (0.84 + 0.08 * k)
        p.oval(x, 0.22, 0.06 - 0.015 * k, 0.06 - 0.015 * k, (170, 150, 70), ink=0.9)
        p.oval(x, 0.22, 0.022, 0.022, (90, 70, 50), ink=0.6)
    _lamps(p, a)


INDOOR: dict[str, Room] = {
    "lab": lab,
    "office": office,
    "library": library,
    "classroom": classroom,
    "stage": stage,
    "apartment": apartment,
    "bedroom": bedroom,
    "cafe": cafe,
    "gallery": gallery,
    "datacentre": datacentre,
    "spacestation": spacestation,
    "workshop": workshop,
}
