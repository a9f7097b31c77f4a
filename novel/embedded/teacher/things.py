"""The things that scenes hold, by name. Each is drawn in a unit box: x from -0.5 to 0.5, y from -1 to 0 (its foot)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from novel.embedded.teacher import things_made, things_nature, things_sky, things_story, things_street

if TYPE_CHECKING:
    from novel.embedded.teacher.pen import Pen

Draw = Callable[["Pen"], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a thing stands in a picture.

    ``size`` is its height relative to a grown figure; ``where`` is ``ground``, ``air``, ``table`` (small: set
    on a stand, or held) or ``wall``; ``hand`` says that a figure can hold it.
    """

    draw: Draw
    size: float
    where: str = "ground"
    hand: bool = False


THINGS: dict[str, Kind] = {
    **{k: Kind(*v) for k, v in things_made.TABLE.items()},
    **{k: Kind(*v) for k, v in things_nature.TABLE.items()},
    **{k: Kind(*v) for k, v in things_story.TABLE.items()},
    **{k: Kind(*v) for k, v in things_street.TABLE.items()},
    **{k: Kind(*v) for k, v in things_sky.TABLE.items()},
}
HELD = tuple(k for k, v in THINGS.items() if v.hand)


def draw_thing(pen: Pen, name: str) -> None:
    """Draw a thing in the current frame."""
    THINGS[name].draw(pen)
