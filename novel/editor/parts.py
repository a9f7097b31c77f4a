"""Which part of a picture an editor means: a half, a box, or where somebody is."""

from __future__ import annotations

import re
from difflib import get_close_matches

from novel.errors import UsageError
from novel.geometry import Rect
from novel.layout.people import people
from novel.layout.picture import Picture
from novel.story.model import Panel, Story
from novel.story.takes import Extension, Region, extension

_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(%?)")
_AROUND = 0.08
"""How far the region of somebody reaches beyond them, in shares of their width and height: hair and hands stick out."""


def region_of(text: str, story: Story, panel: Panel, picture: Picture) -> Region:
    """``left``, ``right``, ``x,y,w,h`` (pixels, percent, or shares where none is above 1), or a character's id.

    Raises UsageError for anything else, with what it could be.
    """
    asked = text.strip()
    if asked in ("left", "right"):
        return asked  # type: ignore[return-value]
    if "," in asked:
        return _box(asked, picture)
    cast = [member.id for member in panel.cast]
    if asked not in cast:
        near = get_close_matches(asked, [*cast, "left", "right"], 1)
        who = f"In {panel.id}: {', '.join(cast)}." if cast else f"Nobody is cast in {panel.id}."
        known = f"{asked} is not in its cast. {who}" if asked in story.characters else who
        raise UsageError(
            f"There is no region {text!r} in {panel.id}.",
            f"{f'Did you mean {near[0]!r}? ' if near else ''}{known} Or give left, right, or x,y,w,h.",
        )
    whole = Rect(0, 0, picture.width, picture.height)
    somebody = next(
        (
            p
            for p in people(panel, whole, Rect(0, 0, 1, 1), picture, rtl=story.direction == "rtl")
            if p.character == asked
        ),
        None,
    )
    if somebody is None:
        raise UsageError(f"{asked} isn't to be found in the picture of {panel.id}.", "Give a box: x,y,w,h in pixels.")
    box = somebody.figure
    x0, y0 = box.x - _AROUND * box.width, box.y - _AROUND * box.height
    x1, y1 = box.right + _AROUND * box.width, box.bottom + _AROUND * box.height
    return _shares(x0, y0, x1 - x0, y1 - y0, picture)


def _box(text: str, picture: Picture) -> Region:
    parts = [_NUMBER.fullmatch(part.strip()) for part in text.split(",")]
    wrong = UsageError(
        f"{text!r} is no region.", "Four numbers: x,y,width,height in pixels, or in percent as 50%,0%,50%,100%."
    )
    if len(parts) != 4 or not all(parts):
        raise wrong
    values = [float(match[1]) / (100 if match[2] else 1) for match in parts if match]
    percent = [bool(match[2]) for match in parts if match]
    if any(percent) and not all(percent):
        raise wrong
    if all(percent) or max(values) <= 1:
        x, w = values[0] * picture.width, values[2] * picture.width
        y, h = values[1] * picture.height, values[3] * picture.height
    else:
        x, y, w, h = values
    if w <= 0 or h <= 0 or x >= picture.width or y >= picture.height:
        raise UsageError(
            f"The region {text!r} holds nothing of a picture of {picture.width} × {picture.height} pixels.",
            "x and y are its upper left corner.",
        )
    return _shares(x, y, w, h, picture)


def _shares(x: float, y: float, w: float, h: float, picture: Picture) -> Region:
    left, top = max(0.0, x / picture.width), max(0.0, y / picture.height)
    right, bottom = min(1.0, (x + w) / picture.width), min(1.0, (y + h) / picture.height)
    # Six digits: a hundredth of a pixel in the largest picture, and short enough to be read in the takes file.
    return round(left, 6), round(top, 6), round(right - left, 6), round(bottom - top, 6)


def extension_of(side: str, share: str) -> Extension:
    """``left`` or ``right`` and a share of the width such as ``25%``. Raises UsageError."""
    found = extension(f"{side} {share}" if share.strip().endswith("%") else f"{side} {share}%")
    if found is None:
        raise UsageError(f"A picture can't be extended by {side!r} {share!r}.", "As in: --extend right 25%")
    return found
