"""A finished picture as the layout knows it, and how it is cropped to its panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from novel.geometry import Rect
from novel.request import RenderedPanel, Subject

HEADROOM = 0.25
"""The share of a crop that is taken from the top; the rest goes at the bottom, since heads are up."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's file by its hash, its size in pixels, and who is seen where (in shares of the picture)."""

    sha256: str
    width: int
    height: int
    subjects: tuple[Subject, ...] = ()
    saliency: bytes = b""
    """Where the eye goes first: a byte for each cell of ``request.GRID``, row by row; empty where it isn't known."""

    @classmethod
    def of(cls, panel: RenderedPanel) -> Picture:
        """A finished picture's file."""
        return cls(panel.sha256, panel.width, panel.height, panel.subjects, bytes.fromhex(panel.saliency))


def crop(
    picture: Picture | None, width: float, height: float, part: Literal["whole", "left", "right"] = "whole"
) -> Rect:
    """The part of a picture, in shares of its size, that fills a rectangle of the given size.

    A spread's part is its half of what both rectangles show together. Without a picture the whole of it is meant.
    """
    across = 2 * width if part != "whole" else width
    source = Rect(0.0, 0.0, 1.0, 1.0)
    if picture is not None and picture.width and picture.height:
        wanted, given = across / height, picture.width / picture.height
        if given > wanted:
            share = wanted / given
            source = Rect(_kept(picture, share), 0.0, share, 1.0)
        elif given < wanted:
            share = given / wanted
            source = Rect(0.0, _kept_top(picture, share), 1.0, share)
    if part == "whole":
        return source
    half = source.width / 2
    return Rect(source.x + (half if part == "right" else 0.0), source.y, half, source.height)


def _kept(picture: Picture, share: float) -> float:
    """The left edge of a crop to ``share`` of the width: the middle, moved no further than people need."""
    left = (1 - share) / 2
    if picture.subjects:
        first = min(s.x for s in picture.subjects)
        last = max(s.x + s.width for s in picture.subjects)
        if last - first <= share:
            left = min(max(left, last - share), first)
    return min(max(left, 0.0), 1 - share)


def _kept_top(picture: Picture, share: float) -> float:
    top = HEADROOM * (1 - share)
    if picture.subjects:
        top = min(top, max(0.0, min(s.y for s in picture.subjects)))
    return min(max(top, 0.0), 1 - share)
