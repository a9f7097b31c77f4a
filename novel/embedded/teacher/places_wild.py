# ruff: noqa: D103 -- a drawing is named after what it draws; a sentence would only repeat it
"""Nature, and the moon, drawn over a sky that is already there. Same frame as the rooms; ``h`` is the horizon."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour, darker, mix
from novel.embedded.teacher.scenery import far, ground, hills, put
from novel.embedded.teacher.things import draw_thing

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

Place = Callable[["Pen", float, float, random.Random], None]


def forest(p: Pen, a: float, h: float, rng: random.Random) -> None:
    p.rect(-0.1, 0.0, a + 0.1, h, far(p, (96, 156, 120), 0.3), ink=0.0)
    for k in range(14):
        x = a * (k + 0.5 * (k % 2)) / 13
        p.rect(x - 0.016, -0.1, x + 0.016, h + 0.01, far(p, (90, 110, 92), 0.2), ink=0.5)
    for k in range(9):
        put(p, "pine", a * (k + 0.5) / 9, h + 0.03 + 0.02 * (k % 2), 0.52 + 0.08 * (k % 3))
    ground(p, a, h + 0.02, (84, 132, 70))
    for f in (0.02, 0.985):
        p.poly(
            [(a * f - 0.07, -0.1), (a * f + 0.07, -0.1), (a * f + 0.10, 0.95), (a * f - 0.10, 0.95)],
            (92, 62, 44),
            shade=0.03,
        )
    for k in range(10):
        x = a * (k + 0.4) / 10
        y = 0.80 + 0.1 * (k % 3) / 2
        p.line([(x - 0.02, y - 0.03), (x, y), (x + 0.02, y - 0.035)], 3.0, (50, 98, 50))


def field(p: Pen, a: float, h: float, rng: random.Random) -> None:
    hills(p, a, h, far(p, (120, 170, 110), 0.35), 0.16, 2)
    put(p, "tree", a * 0.8, h + 0.03, 0.24)
    put(p, "house", a * 0.2, h + 0.02, 0.13)
    ground(p, a, h, (236, 200, 90))
    for k in range(-8, 9):
        p.line([(a / 2 + k * a * 0.05, h), (a / 2 + k * a * 0.22, 1.05)], 2.2, (200, 158, 60))
    for k in range(14):
        x = a * (k + 0.5) / 14
        p.line([(x, 1.02), (x + 0.01, 0.92), (x + 0.03, 0.89)], 3.0, (182, 134, 44))


def river(p: Pen, a: float, h: float, rng: random.Random) -> None:
    hills(p, a, h, far(p, (100, 150, 130), 0.4), 0.26, 2, shade=0.04)
    for k in range(6):
        put(p, "pine", a * (0.04 + 0.05 * k), h + 0.03, 0.26 + 0.03 * (k % 2))
        put(p, "pine", a * (0.96 - 0.05 * k), h + 0.03, 0.26 + 0.03 * (k % 2))
    ground(p, a, h, (122, 180, 96))
    p.blob(
        [
            (a * 0.47, h),
            (a * 0.53, h),
            (a * 0.62, h + 0.12),
            (a * 0.5, h + 0.22),
            (a * 0.86, 1.1),
            (a * 0.1, 1.1),
            (a * 0.3, h + 0.22),
            (a * 0.46, h + 0.1),
        ],
        (70, 150, 216),
    )
    for k in range(6):
        y = h + 0.08 + 0.05 * k
        x = a * (0.45 - 0.012 * k)
        p.line([(x, y), (x + 0.05 + 0.03 * k, y)], 2.6, (206, 232, 248))
    for f in (0.24, 0.74):
        put(p, "rock", a * f, h + 0.24, 0.1)


def beach(p: Pen, a: float, h: float, rng: random.Random) -> None:
    p.rect(-0.1, h - 0.05, a + 0.1, 1.1, (40, 150, 200), ink=0.7)
    for k in range(5):
        p.line(
            [(a * ((k * 0.41) % 0.8), h + 0.01 * k), (a * ((k * 0.41) % 0.8) + 0.25, h + 0.01 * k)],
            2.2,
            (176, 226, 240),
        )
    p.blob(
        [(-0.2, h + 0.06), (a * 0.3, h + 0.1), (a * 0.6, h + 0.06), (a + 0.2, h + 0.11), (a + 0.2, 1.1), (-0.2, 1.1)],
        (255, 255, 255),
        ink=0.5,
    )
    p.blob(
        [
            (-0.2, h + 0.09),
            (a * 0.3, h + 0.13),
            (a * 0.6, h + 0.09),
            (a + 0.2, h + 0.14),
            (a + 0.2, 1.15),
            (-0.2, 1.15),
        ],
        (246, 216, 150),
        ink=0.5,
    )
    put(p, "palm", a * 0.08, h + 0.2, 0.62)
    put(p, "palm", a * 0.93, h + 0.18, 0.54)
    p.oval(a * 0.7, 0.9, 0.03, 0.02, (240, 130, 120), ink=0.7)


def sea(p: Pen, a: float, h: float, rng: random.Random) -> None:
    p.rect(-0.1, h - 0.02, a + 0.1, 1.1, (36, 100, 170), ink=0.8)
    put(p, "ship", a * (0.5 + rng.uniform(-0.06, 0.06)), h + 0.06, 0.5)
    for r in range(4):
        y = h + 0.05 + 0.10 * r
        pts: list[tuple[float, float]] = [(-0.2, 1.2)]
        n = 9 - r
        for k in range(2 * n + 1):
            pts.append((-0.1 + (a + 0.2) * k / (2 * n), y + (0.0 if k % 2 else 0.035 + 0.008 * r)))
        pts.append((a + 0.2, 1.2))
        p.blob(pts, mix((36, 100, 170), (96, 180, 220), r / 4), ink=0.8)


def mountains(p: Pen, a: float, h: float, rng: random.Random) -> None:
    c: Colour = far(p, (110, 124, 160), 0.25)
    for f, t, w in ((0.22, 0.42, 0.40), (0.80, 0.46, 0.44), (0.52, 0.54, 0.46)):
        x = a * f
        p.poly(
            [
                (x - w, h + 0.02),
                (x - w * 0.4, h - t * 0.62),
                (x, h - t),
                (x + w * 0.45, h - t * 0.55),
                (x + w, h + 0.02),
            ],
            c,
            shade=0.12,
        )
        p.poly(
            [
                (x, h - t),
                (x + w * 0.27, h - t * 0.73),
                (x + w * 0.1, h - t * 0.76),
                (x, h - t * 0.66),
                (x - w * 0.12, h - t * 0.77),
                (x - w * 0.24, h - t * 0.77),
            ],
            (248, 250, 255),
            ink=0.7,
        )
    hills(p, a, h + 0.04, (96, 146, 96), 0.08, 3)
    ground(p, a, h + 0.03, (126, 174, 100))
    for f in (0.04, 0.12, 0.9, 0.97):
        put(p, "pine", a * f, h + 0.12, 0.3)
    put(p, "rock", a * 0.7, h + 0.16, 0.1)


def desert(p: Pen, a: float, h: float, rng: random.Random) -> None:
    for f, t, w in ((0.2, 0.2, 0.22), (0.72, 0.26, 0.26)):
        x = a * f
        p.poly(
            [(x - w, h + 0.02), (x - w * 0.8, h - t), (x + w * 0.7, h - t), (x + w, h + 0.02)],
            far(p, (206, 116, 76), 0.15),
            shade=0.06,
        )
    hills(p, a, h + 0.06, (240, 190, 110), 0.09, 2, phase=0.6)
    ground(p, a, h + 0.05, (246, 204, 124), ink=0.0)
    p.line([(0, h + 0.22), (a * 0.3, h + 0.18), (a * 0.6, h + 0.24), (a, h + 0.19)], 2.4, (214, 160, 84), curved=True)
    for f, s in ((0.08, 0.3), (0.92, 0.36)):
        x, y = a * f, h + 0.16
        g: Colour = (76, 146, 88)
        p.limb([(x, y), (x, y - s)], 0.05, g)
        p.limb([(x, y - s * 0.4), (x + 0.08, y - s * 0.42), (x + 0.085, y - s * 0.75)], 0.034, g)
        p.limb([(x, y - s * 0.3), (x - 0.075, y - s * 0.34), (x - 0.08, y - s * 0.6)], 0.034, g)


def snow(p: Pen, a: float, h: float, rng: random.Random) -> None:
    hills(p, a, h, (216, 228, 244), 0.22, 2, shade=0.06)
    for k in range(5):
        for f in (0.03 + 0.055 * k, 0.97 - 0.055 * k):
            s = 0.34 - 0.03 * (k % 2)
            put(p, "pine", a * f, h + 0.05, s)
            with p.at(a * f, h + 0.05, s):
                p.poly([(-0.1, -0.84), (0.1, -0.84), (0, -1.02)], (255, 255, 255), ink=0.5)
                p.blob([(-0.22, -0.48), (0.22, -0.48), (0.1, -0.62), (-0.1, -0.62)], (255, 255, 255), ink=0.4)
    ground(p, a, h + 0.03, (242, 247, 255))
    p.line([(0, h + 0.2), (a * 0.35, h + 0.15), (a * 0.7, h + 0.21), (a, h + 0.17)], 2.4, (176, 198, 226), curved=True)


def cave(p: Pen, a: float, h: float, rng: random.Random) -> None:
    p.rect(-0.1, -0.1, a + 0.1, 1.1, (74, 66, 84), ink=0.0)
    m = a * 0.5
    light = p.light
    with p.mood(tint=0.0):
        p.blob(
            [
                (m - 0.30, h + 0.04),
                (m - 0.34, h - 0.24),
                (m - 0.1, h - 0.44),
                (m + 0.16, h - 0.42),
                (m + 0.34, h - 0.2),
                (m + 0.3, h + 0.04),
            ],
            light.horizon,
        )
        p.blob(
            [
                (m - 0.22, h + 0.04),
                (m - 0.24, h - 0.18),
                (m - 0.05, h - 0.32),
                (m + 0.12, h - 0.3),
                (m + 0.24, h - 0.16),
                (m + 0.2, h + 0.04),
            ],
            mix(light.horizon, (255, 255, 255), 0.3),
            ink=0.0,
        )
    ground(p, a, h + 0.02, (112, 98, 108))
    for k in range(11):
        x = a * (k + 0.5) / 11
        t = 0.10 + 0.07 * ((k * 7) % 4) + 0.1 * abs(x - m) / a
        p.poly([(x - 0.07, -0.1), (x + 0.07, -0.1), (x, t)], (56, 48, 66), shade=0.02)
    for f, t in ((0.03, 0.4), (0.13, 0.24), (0.88, 0.28), (0.98, 0.44)):
        p.poly([(a * f - 0.12, h + 0.14), (a * f, h + 0.1 - t), (a * f + 0.12, h + 0.14)], (86, 76, 96), shade=0.03)
    with p.mood(tint=0.0):
        put(p, "crystal", a * 0.22, h + 0.12, 0.14)
        put(p, "crystal", a * 0.78, h + 0.12, 0.12)


def lunar(p: Pen, a: float, h: float, rng: random.Random) -> None:
    with p.mood(tint=0.0):
        p.rect(-0.1, -0.1, a + 0.1, h + 0.05, mix((8, 8, 24), p.light.top, 0.22), ink=0.0)
        for k in range(34):
            p.oval(a * ((k * 0.618) % 1), h * ((k * 0.7549) % 1), 0.005, 0.005, (255, 252, 236), ink=0.0)
        x = a * (0.2 if rng.random() < 0.5 else 0.8)
        p.oval(x, 0.22, 0.14, 0.14, (64, 132, 226), shade=0.05)
        p.blob([(x - 0.08, 0.16), (x, 0.12), (x + 0.03, 0.2), (x - 0.04, 0.27)], (96, 180, 104), ink=0.4)
        p.blob([(x + 0.04, 0.25), (x + 0.1, 0.23), (x + 0.06, 0.31)], (96, 180, 104), ink=0.4)
    hills(p, a, h + 0.04, (150, 150, 164), 0.1, 3, shade=0.03)
    ground(p, a, h + 0.03, (182, 182, 192), ink=0.0)
    for f, y, r in ((0.1, 0.16, 0.09), (0.42, 0.11, 0.06), (0.72, 0.2, 0.1), (0.92, 0.12, 0.06), (0.28, 0.3, 0.11)):
        p.oval(a * f, h + y, r, r * 0.32, (140, 140, 154), ink=0.9)


def underwater(p: Pen, a: float, h: float, rng: random.Random) -> None:
    tone = mix((20, 110, 180), p.light.top, 0.2)
    for k in range(6):
        p.rect(
            -0.1, -0.1 + k * h / 5, a + 0.1, h, mix(mix(tone, (130, 220, 240), 0.5), darker(tone, 0.6), k / 5), ink=0.0
        )
    for f in (0.25, 0.5, 0.75):
        p.path_beam(a * f, a * f + 0.1, h)
    ground(p, a, h + 0.10, (214, 196, 150))
    for k in range(7):
        x = a * (k + 0.3) / 7
        t = 0.16 + 0.1 * ((k * 5) % 3)
        p.limb(
            [(x, h + 0.2), (x + 0.03, h + 0.2 - t * 0.4), (x - 0.02, h + 0.2 - t * 0.75), (x + 0.02, h + 0.2 - t)],
            0.032,
            (50, 150, 96),
        )
    for f, c in ((0.06, (240, 100, 120)), (0.47, (250, 160, 80)), (0.93, (190, 100, 210))):
        for j in (-1, 0, 1):
            p.limb([(a * f, h + 0.2), (a * f + 0.05 * j, h + 0.06)], 0.04, c)
    for k in range(9):
        p.oval(a * ((k * 0.618 + 0.07) % 1), h * ((k * 0.7549) % 1), 0.014, 0.014, (206, 240, 250), ink=0.7)
    put(p, "fish", a * 0.16, 0.26, 0.13)
    with p.at(a * 0.83, 0.36, 0.12, flip=True):
        draw_thing(p, "fish")


WILD: dict[str, Place] = {
    "forest": forest,
    "field": field,
    "river": river,
    "beach": beach,
    "sea": sea,
    "mountains": mountains,
    "desert": desert,
    "snow": snow,
    "cave": cave,
    "moon": lunar,
    "underwater": underwater,
}
