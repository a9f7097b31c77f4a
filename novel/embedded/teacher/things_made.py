# ruff: noqa: D103 -- a drawing is named after what it draws; a sentence would only repeat it
"""Things of work, home and street."""

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


def _noise(p: Pen, x0: float, y0: float, x1: float, y1: float) -> None:
    tones: tuple[Colour, ...] = (
        (240, 80, 90),
        (70, 200, 230),
        (250, 214, 90),
        (60, 60, 80),
        (240, 240, 245),
        (120, 90, 210),
    )
    n, m = 8, 6
    with p.mood(tint=0.0, inked=0.0):
        for j in range(m):
            for i in range(n):
                c = tones[(i * 7 + j * 5 + (i * j) % 4) % 6]
                x, y = x0 + (x1 - x0) * i / n, y0 + (y1 - y0) * j / m
                p.rect(x, y, x + (x1 - x0) / n, y + (y1 - y0) / m, c)


def _glass(p: Pen, x0: float, y0: float, x1: float, y1: float, c: Colour = CYAN) -> None:
    with p.mood(tint=0.0):
        p.rect(x0, y0, x1, y1, c, r=0.02)


def screen(p: Pen) -> None:
    p.rect(-0.06, -0.25, 0.06, -0.04, DARK)
    p.rect(-0.22, -0.06, 0.22, 0.0, DARK, r=0.02)
    p.rect(-0.5, -0.98, 0.5, -0.22, DARK, r=0.04)
    _glass(p, -0.44, -0.92, 0.44, -0.28)
    for k, w in enumerate((0.5, 0.3, 0.6, 0.4)):
        p.line([(-0.36, -0.82 + 0.14 * k), (-0.36 + w, -0.82 + 0.14 * k)], 3.0, (20, 70, 110))


def noise_screen(p: Pen) -> None:
    p.rect(-0.06, -0.25, 0.06, -0.04, DARK)
    p.rect(-0.22, -0.06, 0.22, 0.0, DARK, r=0.02)
    p.rect(-0.5, -0.98, 0.5, -0.22, DARK, r=0.04)
    _noise(p, -0.44, -0.92, 0.44, -0.28)


def laptop(p: Pen) -> None:
    p.rect(-0.36, -0.68, 0.36, -0.14, DARK, r=0.04)
    _glass(p, -0.3, -0.62, 0.3, -0.2)
    p.poly([(-0.36, -0.14), (0.36, -0.14), (0.48, 0.0), (-0.48, 0.0)], STEEL)
    p.line([(-0.3, -0.08), (0.3, -0.08)], 2.4)


def book(p: Pen) -> None:
    p.poly([(0, -0.12), (-0.5, -0.24), (-0.5, -0.82), (0, -0.70)], (196, 54, 60))
    p.poly([(0, -0.12), (0.5, -0.24), (0.5, -0.82), (0, -0.70)], (196, 54, 60))
    p.poly([(0, -0.2), (-0.44, -0.3), (-0.44, -0.84), (0, -0.74)], PAPER)
    p.poly([(0, -0.2), (0.44, -0.3), (0.44, -0.84), (0, -0.74)], PAPER)


def books(p: Pen) -> None:
    for k, (c, dx) in enumerate(
        (((200, 60, 60), 0.0), ((60, 110, 200), -0.05), ((240, 190, 60), 0.04), ((70, 160, 90), -0.02))
    ):
        p.rect(-0.42 + dx, -0.22 * (k + 1), 0.42 + dx, -0.22 * k, c, r=0.03, shade=0.05)
        p.rect(0.3 + dx, -0.22 * (k + 1) + 0.05, 0.42 + dx, -0.22 * k - 0.05, PAPER, ink=0.5)


def servers(p: Pen) -> None:
    p.rect(-0.34, -1.0, 0.34, 0.0, DARK, shade=0.07, r=0.02)
    for k in range(6):
        y = -0.93 + 0.15 * k
        p.rect(-0.27, y, 0.27, y + 0.1, (82, 88, 110), ink=0.6)
        with p.mood(tint=0.0):
            p.oval(-0.2, y + 0.05, 0.025, 0.025, (90, 240, 140), ink=0.0)
            p.oval(-0.12, y + 0.05, 0.025, 0.025, (80, 210, 255) if k % 2 else (255, 190, 60), ink=0.0)


def telescope(p: Pen) -> None:
    for x in (-0.28, 0.0, 0.28):
        p.limb([(0, -0.5), (x, -0.02)], 0.04, WOOD)
    with p.at(0, -0.55, turn=-32):
        p.rect(-0.36, -0.1, 0.3, 0.1, (66, 94, 160), shade=0.05, r=0.02)
        p.rect(0.3, -0.13, 0.46, 0.13, (230, 190, 80), r=0.02)
        p.rect(-0.46, -0.05, -0.36, 0.05, (230, 190, 80))


def lamp(p: Pen) -> None:
    with p.mood(tint=0.0):
        p.glow(0, -0.74, 0.6, (255, 226, 130), 120)
    p.rect(-0.2, -0.06, 0.2, 0.0, DARK, r=0.03)
    p.limb([(0, -0.05), (0, -0.62)], 0.04, STEEL)
    with p.mood(tint=0.2):
        p.poly([(-0.17, -0.95), (0.17, -0.95), (0.32, -0.58), (-0.32, -0.58)], (255, 206, 84), shade=0.06)


def desk(p: Pen) -> None:
    for s in (-1, 1):
        p.rect(s * 0.42 - 0.05, -0.75, s * 0.42 + 0.05, 0.0, darker(WOOD))
    p.rect(-0.5, -0.84, 0.5, -0.72, WOOD)


def table(p: Pen) -> None:
    p.limb([(0, -0.7), (0, -0.05)], 0.1, darker(WOOD))
    p.oval(0, -0.03, 0.26, 0.05, darker(WOOD))
    p.oval(0, -0.75, 0.5, 0.12, WOOD)


def chair(p: Pen) -> None:
    for x in (-0.26, 0.26):
        p.limb([(x, -0.45), (x * 1.1, 0.0)], 0.06, darker(WOOD))
    p.rect(-0.28, -1.0, 0.28, -0.5, (200, 70, 62), r=0.08, shade=0.06)
    p.rect(-0.34, -0.52, 0.34, -0.4, WOOD, r=0.04)


def sofa(p: Pen) -> None:
    c: Colour = (70, 120, 150)
    p.rect(-0.48, -0.9, 0.48, -0.3, c, r=0.1, shade=0.06)
    p.rect(-0.5, -0.5, 0.5, -0.1, darker(c, 0.86), r=0.08)
    for s in (-1, 1):
        p.rect(s * 0.5 - 0.1, -0.62, s * 0.5 + 0.1, -0.06, c, r=0.08)


def bed(p: Pen) -> None:
    p.rect(-0.5, -1.0, -0.42, 0.0, darker(WOOD))
    p.rect(-0.44, -0.5, 0.5, -0.1, (240, 240, 244), r=0.04)
    p.rect(-0.1, -0.54, 0.5, -0.12, (80, 130, 200), r=0.05, shade=0.05)
    p.oval(-0.28, -0.56, 0.14, 0.1, (255, 255, 255))


def door(p: Pen) -> None:
    p.rect(-0.32, -1.0, 0.32, 0.0, darker(WOOD, 0.6))
    p.rect(-0.26, -0.95, 0.26, 0.0, (164, 74, 50), shade=0.06)
    for y in (-0.85, -0.42):
        p.rect(-0.17, y, 0.17, y + 0.32, (136, 58, 40), ink=0.6)
    p.oval(0.19, -0.46, 0.03, 0.03, (250, 210, 80))


def clock(p: Pen) -> None:
    p.oval(0, -0.5, 0.46, 0.46, (196, 64, 54), shade=0.06)
    p.oval(0, -0.5, 0.36, 0.36, PAPER)
    p.line([(0, -0.5), (0, -0.76)], 4.0)
    p.line([(0, -0.5), (0.18, -0.42)], 4.0)


def window(p: Pen) -> None:
    p.rect(-0.4, -1.0, 0.4, 0.0, PAPER)
    _glass(p, -0.33, -0.93, 0.33, -0.07, (150, 210, 245))
    p.line([(0, -0.93), (0, -0.07)], 4.0, PAPER)
    p.line([(-0.33, -0.5), (0.33, -0.5)], 4.0, PAPER)


def painting(p: Pen) -> None:
    p.rect(-0.5, -0.95, 0.5, -0.1, (214, 164, 60), r=0.02)
    with p.mood(tint=0.3):
        p.rect(-0.41, -0.86, 0.41, -0.19, (130, 200, 240), ink=0.7)
        p.poly(
            [(-0.41, -0.19), (-0.41, -0.42), (-0.12, -0.7), (0.1, -0.4), (0.22, -0.52), (0.41, -0.36), (0.41, -0.19)],
            (90, 160, 90),
            ink=0.6,
        )
        p.oval(0.24, -0.72, 0.08, 0.08, (255, 220, 80), ink=0.5)


def easel(p: Pen) -> None:
    for x in (-0.34, 0.34):
        p.limb([(0, -1.0), (x, 0.0)], 0.05, WOOD)
    p.rect(-0.4, -0.88, 0.4, -0.3, PAPER)
    with p.mood(inked=0.0):
        for x, y, c in ((-0.15, -0.66, (230, 70, 70)), (0.12, -0.56, (70, 130, 220)), (-0.05, -0.45, (250, 200, 60))):
            p.oval(x, y, 0.12, 0.09, c)
    p.rect(-0.42, -0.31, 0.42, -0.25, darker(WOOD))


def whiteboard(p: Pen) -> None:
    p.rect(-0.7, -1.0, 0.7, -0.25, STEEL)
    p.rect(-0.66, -0.96, 0.66, -0.29, (252, 252, 252), ink=0.6)
    for k, w in enumerate((0.7, 0.5, 0.9)):
        p.line(
            [(-0.54 + 0.2 * j, -0.82 + 0.17 * k + (0.05 if j % 2 else 0)) for j in range(int(w * 6))],
            3.0,
            ((40, 80, 190), (200, 50, 60), (40, 140, 80))[k],
        )
    p.line([(-0.4, -0.25), (-0.46, 0.0)], 4.0)
    p.line([(0.4, -0.25), (0.46, 0.0)], 4.0)


def cup(p: Pen) -> None:
    p.limb([(0.26, -0.5), (0.42, -0.45), (0.4, -0.28), (0.26, -0.22)], 0.06, (250, 250, 246))
    p.rect(-0.3, -0.62, 0.28, -0.02, (250, 250, 246), r=0.08, shade=0.06)
    p.oval(-0.01, -0.6, 0.28, 0.07, (110, 68, 40))
    for x in (-0.1, 0.1):
        p.line([(x, -0.72), (x + 0.04, -0.82), (x, -0.92)], 3.0, (235, 235, 240), curved=True)


def globe(p: Pen) -> None:
    p.rect(-0.2, -0.06, 0.2, 0.0, darker(WOOD), r=0.03)
    p.limb([(0, -0.05), (0, -0.2)], 0.05, WOOD)
    p.oval(0, -0.56, 0.37, 0.37, (80, 160, 226), shade=0.07)
    p.blob([(-0.25, -0.72), (-0.02, -0.8), (0.02, -0.6), (-0.14, -0.42), (-0.26, -0.52)], (94, 180, 90), ink=0.6)
    p.blob([(0.1, -0.5), (0.28, -0.6), (0.3, -0.42), (0.16, -0.32)], (94, 180, 90), ink=0.6)


def poster(p: Pen) -> None:
    p.rect(-0.36, -1.0, 0.36, -0.05, (246, 222, 120))
    p.oval(0, -0.62, 0.2, 0.2, (226, 70, 60))
    for y in (-0.3, -0.2):
        p.line([(-0.22, y), (0.22, y)], 4.0, (50, 60, 120))


TABLE: dict[
    str,
    tuple[Callable[[Pen], None], float]
    | tuple[Callable[[Pen], None], float, str]
    | tuple[Callable[[Pen], None], float, str, bool],
] = {
    "screen": (screen, 0.42, "table"),
    "noise": (noise_screen, 0.42, "table"),
    "laptop": (laptop, 0.34, "table", True),
    "book": (book, 0.26, "table", True),
    "books": (books, 0.34, "table", True),
    "servers": (servers, 0.95),
    "telescope": (telescope, 0.8),
    "lamp": (lamp, 0.42, "table"),
    "desk": (desk, 0.45),
    "table": (table, 0.45),
    "chair": (chair, 0.55),
    "sofa": (sofa, 0.5),
    "bed": (bed, 0.5),
    "door": (door, 1.1),
    "clock": (clock, 0.36, "wall"),
    "window": (window, 0.5, "wall"),
    "painting": (painting, 0.46, "wall"),
    "easel": (easel, 0.85),
    "whiteboard": (whiteboard, 0.75),
    "cup": (cup, 0.24, "table", True),
    "globe": (globe, 0.38, "table", True),
    "poster": (poster, 0.45, "wall"),
}
