"""Outlines and numbers as text. A page may hold tens of thousands of numbers, so a whole outline is written at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from novel.layout.page import Segment

_NEEDLESS = re.compile(r"\.00(?!\d)|(?<=\.\d)0(?!\d)")


def outline_text(segments: Sequence[Segment], forms: Mapping[str, str]) -> str:
    """Segments as text, to at most two decimals. ``forms``: a segment's letter → its form, ``%.2f`` for each number."""
    numbers = [coordinate for segment in segments for coordinate in segment[1:]]
    return _NEEDLESS.sub("", " ".join([forms[segment[0]] for segment in segments]) % tuple(numbers))


def number(value: float, digits: int = 3) -> str:
    """A number without exponent, needless zeros and minus zero."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
