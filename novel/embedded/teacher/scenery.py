"""What several outdoor places are made of: ground, hills, air, and things set into the landscape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour, mix
from novel.embedded.teacher.things import draw_thing

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen


def far(p: Pen, c: Colour, t: float) -> Colour:
    """A colour seen through air: nearer to that of the horizon."""
    return mix(c, (200, 214, 230), t)


def put(p: Pen, name: str, x: float, y: float, s: float) -> None:
    """A thing with its foot at (x, y), ``s`` high."""
    with p.at(x, y, s):
        draw_thing(p, name)


def ground(p: Pen, a: float, h: float, c: Colour, ink: float = 0.8) -> None:
    """Flat ground from the horizon down."""
    p.rect(-0.1, h, a + 0.1, 1.1, c, ink=ink)


def hills(
    p: Pen, a: float, h: float, c: Colour, top: float, n: int = 3, shade: float = 0.0, phase: float = 0.0
) -> None:
    """A chain of ``n`` rounded hills, ``top`` high."""
    pts = [(-0.2, h + 0.1)]
    for k in range(2 * n + 1):
        y = h - (top if k % 2 else top * 0.35)
        pts.append((a * (k / (2 * n)) * 1.2 - 0.1 * a + phase * a * 0.1, y))
    pts.append((a + 0.2, h + 0.1))
    p.blob(pts, c, ink=0.8, shade=shade)
