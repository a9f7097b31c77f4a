"""The hour's light where little sky shows it: in rooms, in woods and caves, on the moon and under water.

A room without a window would look the same at dawn and at noon; what falls in from somewhere out of the picture tells
them apart, as it does in printed comics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from novel.embedded.teacher.palette import Colour
from novel.embedded.teacher.scene import INDOORS, Scene

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

#: What each hour lays over a room, and how thickly (0 to 255): over all of it, and where its light falls. By day it
#: lays nothing: walls and floors are painted as they look by day.
_LAID: dict[str, tuple[Colour, int, int]] = {
    "dawn": ((255, 150, 172), 48, 80),
    "golden": ((255, 206, 62), 52, 90),
    "sunset": ((255, 104, 40), 52, 90),
    "dusk": ((124, 66, 196), 52, 64),
    "night": ((36, 58, 168), 44, 44),
}
#: Where little or no sky is seen.
_SKYLESS = INDOORS | {"forest", "cave", "moon", "underwater"}
#: Where light falls from a high window on the left: from where to where at the top, and at the bottom, in shares of the
#: width.
_SHAFTS = ((0.06, 0.20, 0.34, 0.60), (0.25, 0.32, 0.68, 0.82))


def draw_daylight(pen: Pen, scene: Scene, aspect: float) -> None:
    """Lay the hour's light over such a background, before anyone stands in it."""
    if scene.place not in _SKYLESS or scene.style == "manga" or scene.time not in _LAID:
        return
    colour, over_all, falling = _LAID[scene.time]
    pen.veil(colour, over_all, -0.1, 1.1)
    if scene.place not in INDOORS:
        return
    from_left = scene.seed % 2 == 0
    for top0, top1, bottom0, bottom1 in _SHAFTS:
        across = [(top0, -0.1), (top1, -0.1), (bottom1, 1.1), (bottom0, 1.1)]
        pen.wash([(aspect * (x if from_left else 1 - x), y) for x, y in across], colour, falling)
