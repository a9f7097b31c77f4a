"""Reference pictures without the plain margin around whom they show, so that they compare with crops of panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from novel.render.likeness import Crop

NEAR = 24
"""How far a channel may be from the margin's colour (of 255) and still belong to it: paper grain, a soft shadow."""
PLAIN = 0.95
"""The share of a picture's outermost pixels that must be of one colour for it to have a margin at all."""
AROUND = 0.04
"""What is left of the margin, in shares of the figure's width and height."""


def without_margin(picture: Crop) -> Crop:
    """The part of a picture in which something is; the whole picture where it has no plain margin, or nothing in it."""
    import numpy as np

    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(np.int16)
    colour = np.median(edge, axis=0)
    if (np.abs(edge - colour).max(1) <= NEAR).mean() < PLAIN:
        return picture
    there = np.abs(picture.astype(np.int16) - colour).max(2) > NEAR
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    if not len(rows):
        return picture
    height, width = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    down, across = round(AROUND * height), round(AROUND * width)
    return picture[max(0, rows[0] - down) : rows[-1] + 1 + down, max(0, columns[0] - across) : columns[-1] + 1 + across]
