# ruff: noqa: D103 -- a drawing is named after what it draws; a sentence would only repeat it
"""Where people have built, drawn over a sky that is already there. Same frame as the rooms; ``h`` is the horizon."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour, darker
from novel.embedded.teacher.scenery import far, ground, hills, put

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

Place = Callable[["Pen", float, float, random.Random], None]


def _building(p: Pen, x: float, w: float, top: float, h: float, c: Colour, rows: int, cols: int, glass: Colour) -> None:
    p.rect(x, top, x + w, h, c, ink=0.9, shade=w * 0.12)
    with p.mood(tint=0.0 if p.light.dark else 0.8):
        for r in range(rows):
            for k in range(cols):
                lit = (r * 3 + k * 5 + int(x * 20)) % 4 != 0
                g = glass if lit or not p.light.dark else (50, 56, 90)
                wx, wy = x + w * (k + 0.28) / cols, top + (h - top) * (r + 0.35) / (rows + 0.4)
                p.rect(wx, wy, wx + w * 0.48 / cols, wy + (h - top) * 0.42 / rows, g, ink=0.4)


def street(p: Pen, a: float, h: float, rng: random.Random) -> None:
    tones: tuple[Colour, ...] = (
        (196, 104, 82),
        (226, 190, 130),
        (120, 142, 180),
        (176, 120, 150),
        (140, 176, 160),
        (214, 150, 100),
    )
    g = p.light.window
    k0 = rng.randrange(6)
    n = 7
    for k in range(n):
        w = a * 1.1 / n
        x = -0.05 * a + k * w
        top = 0.06 + 0.09 * ((k * 5) % 4) + (0.16 if k == 3 else 0.0)
        _building(p, x, w, top, h, tones[(k + k0) % 6], 4, 2, g)
        p.rect(x + w * 0.2, h - 0.10, x + w * 0.8, h, darker(tones[(k + k0) % 6], 0.6), ink=0.7)
        p.poly(
            [(x + w * 0.1, h - 0.09), (x + w * 0.9, h - 0.09), (x + w * 0.82, h - 0.14), (x + w * 0.18, h - 0.14)],
            ((220, 60, 60), (60, 120, 200), (250, 200, 80))[k % 3],
            ink=0.7,
        )
    ground(p, a, h, (176, 176, 182))
    p.rect(-0.1, h + 0.12, a + 0.1, 1.1, (90, 94, 108), ink=0.8)
    for k in range(6):
        x = a * (k + 0.3) / 6
        p.poly(
            [(x, h + 0.27), (x + a * 0.08, h + 0.27), (x + a * 0.075, h + 0.295), (x - 0.01, h + 0.295)],
            (246, 240, 220),
            ink=0.3,
        )


def rooftop(p: Pen, a: float, h: float, rng: random.Random) -> None:
    for k in range(13):
        w = a / 12
        x = -0.03 + k * w
        top = h - 0.12 - 0.075 * ((k * 7) % 5)
        _building(
            p,
            x,
            w * 0.98,
            top,
            h + 0.05,
            far(p, ((110, 124, 160), (130, 112, 150), (96, 130, 150))[k % 3], 0.25),
            4,
            2,
            p.light.window,
        )
    ground(p, a, h + 0.10, (136, 124, 128))
    p.rect(-0.1, h + 0.02, a + 0.1, h + 0.14, (176, 104, 84), ink=1.0)
    p.rect(-0.1, h - 0.01, a + 0.1, h + 0.03, (206, 190, 176), ink=0.8)
    x = a * 0.86
    for s in (-1, 1):
        p.line([(x + s * 0.07, h - 0.14), (x + s * 0.09, h + 0.16)], 4.5)
    p.rect(x - 0.11, h - 0.36, x + 0.11, h - 0.12, (150, 100, 70), shade=0.03)
    p.poly([(x - 0.13, h - 0.36), (x + 0.13, h - 0.36), (x, h - 0.48)], (96, 84, 96))


def market(p: Pen, a: float, h: float, rng: random.Random) -> None:
    for k in range(6):
        _building(
            p,
            a * k / 6,
            a / 6,
            0.16 + 0.05 * (k % 3),
            h,
            ((236, 208, 160), (226, 170, 130), (240, 220, 190))[k % 3],
            2,
            2,
            p.light.window,
        )
    ground(p, a, h, (204, 176, 140))
    n = 4
    for k in range(n):
        x, w = a * (k + 0.08) / n, a * 0.84 / n
        p.rect(x + 0.02, h - 0.06, x + w - 0.02, h + 0.10, (156, 104, 62))
        for j in range(6):
            p.oval(
                x + w * (j + 0.6) / 6.2,
                h - 0.07,
                0.024,
                0.024,
                ((226, 60, 50), (246, 170, 40), (110, 180, 70), (150, 70, 160))[(j // 2 + k) % 4],
                ink=0.7,
            )
        for s in (0.03, 0.97):
            p.line([(x + w * s, h - 0.30), (x + w * s, h + 0.1)], 4.0)
        c = ((226, 64, 60), (60, 120, 200), (240, 180, 60), (80, 160, 100))[k]
        for j in range(6):
            x0, x1 = x + w * j / 6, x + w * (j + 1) / 6
            p.poly(
                [(x0, h - 0.38), (x1, h - 0.38), (x1, h - 0.26), ((x0 + x1) / 2, h - 0.235), (x0, h - 0.26)],
                c if j % 2 == 0 else (250, 248, 240),
                ink=0.8,
            )


def village(p: Pen, a: float, h: float, rng: random.Random) -> None:
    hills(p, a, h, far(p, (110, 170, 110), 0.3), 0.24)
    for f, s in ((0.08, 0.34), (0.27, 0.28), (0.52, 0.26), (0.74, 0.30), (0.93, 0.36)):
        put(p, "house", a * f, h + 0.03, s)
    put(p, "tree", a * 0.40, h + 0.02, 0.3)
    put(p, "tree", a * 0.63, h + 0.02, 0.26)
    ground(p, a, h + 0.02, (128, 186, 96))
    p.blob(
        [
            (a * 0.46, h + 0.02),
            (a * 0.54, h + 0.02),
            (a * 0.6, h + 0.18),
            (a * 0.82, 1.1),
            (a * 0.2, 1.1),
            (a * 0.42, h + 0.18),
        ],
        (222, 196, 146),
        ink=0.8,
    )


def castle(p: Pen, a: float, h: float, rng: random.Random) -> None:
    hills(p, a, h, far(p, (96, 150, 110), 0.3), 0.2, phase=0.4)
    c: Colour = (172, 170, 182)
    m = a / 2
    p.rect(m - 0.42, h - 0.28, m + 0.42, h + 0.02, c, shade=0.04)
    for k in range(9):
        p.rect(m - 0.42 + 0.098 * k, h - 0.32, m - 0.37 + 0.098 * k, h - 0.27, c, ink=0.8)
    for x, t, w in ((m - 0.45, 0.46, 0.10), (m + 0.45, 0.46, 0.10), (m - 0.16, 0.52, 0.085), (m + 0.16, 0.52, 0.085)):
        p.rect(x - w, h - t, x + w, h + 0.02, c, shade=0.03)
        p.poly([(x - w * 1.25, h - t), (x + w * 1.25, h - t), (x, h - t - 0.17)], (76, 84, 160), shade=0.03)
        p.rect(x - 0.02, h - t + 0.07, x + 0.02, h - t + 0.15, p.light.window if p.light.dark else (60, 56, 72), r=0.02)
    p.blob(
        [(m - 0.08, h + 0.03), (m - 0.08, h - 0.14), (m, h - 0.2), (m + 0.08, h - 0.14), (m + 0.08, h + 0.03)],
        (84, 54, 40),
    )
    ground(p, a, h + 0.02, (112, 168, 92))
    p.blob(
        [
            (m - 0.07, h + 0.02),
            (m + 0.07, h + 0.02),
            (m + 0.2, h + 0.2),
            (m + 0.5, 1.1),
            (m - 0.5, 1.1),
            (m - 0.2, h + 0.2),
        ],
        (214, 194, 156),
        ink=0.8,
    )


def harbour(p: Pen, a: float, h: float, rng: random.Random) -> None:
    p.rect(-0.1, h, a + 0.1, 1.1, (60, 130, 176), ink=0.7)
    for k in range(6):
        y = h + 0.05 + 0.035 * k
        p.line([(a * ((k * 0.37) % 0.8), y), (a * ((k * 0.37) % 0.8) + 0.2, y)], 2.6, (190, 224, 240))
    for f, n, s in ((0.14, "boat", 0.34), (0.5, "ship", 0.46), (0.84, "boat", 0.38)):
        put(p, n, a * f, h + 0.08, s)
    p.rect(-0.1, h + 0.20, a + 0.1, 1.1, (160, 112, 72), ink=1.0)
    for k in range(12):
        p.line([(a * k / 11, h + 0.20), (a / 2 + (a * k / 11 - a / 2) * 1.6, 1.05)], 1.8, (120, 80, 52))
    for f in (0.06, 0.35, 0.65, 0.94):
        p.rect(a * f - 0.025, h + 0.12, a * f + 0.025, h + 0.26, (110, 72, 48))


def park(p: Pen, a: float, h: float, rng: random.Random) -> None:
    for k in range(9):
        p.blob(
            [
                (a * k / 8 - 0.2, h + 0.05),
                (a * k / 8 - 0.17, h - 0.15),
                (a * k / 8, h - 0.22 - 0.03 * (k % 3)),
                (a * k / 8 + 0.17, h - 0.15),
                (a * k / 8 + 0.2, h + 0.05),
            ],
            far(p, (80, 160, 96), 0.25),
            ink=0.7,
        )
    ground(p, a, h, (130, 196, 92))
    p.blob(
        [
            (-0.2, 0.86),
            (a * 0.3, 0.79),
            (a * 0.7, 0.83),
            (a + 0.2, 0.78),
            (a + 0.2, 0.9),
            (a * 0.7, 0.95),
            (a * 0.3, 0.91),
            (-0.2, 0.98),
        ],
        (228, 206, 160),
        ink=0.8,
    )
    put(p, "tree", a * 0.1, h + 0.08, 0.56)
    put(p, "tree", a * 0.92, h + 0.08, 0.6)
    put(p, "bench", a * 0.34, h + 0.08, 0.17)
    put(p, "streetlamp", a * 0.66, h + 0.08, 0.5)
    for k in range(7):
        x, y = a * (0.08 + 0.14 * k), h + 0.12 + 0.02 * (k % 2)
        p.oval(x, y, 0.012, 0.012, ((240, 90, 110), (255, 220, 90), (250, 250, 250))[k % 3], ink=0.4)


TOWN: dict[str, Place] = {
    "street": street,
    "rooftop": rooftop,
    "market": market,
    "village": village,
    "castle": castle,
    "harbour": harbour,
    "park": park,
}
