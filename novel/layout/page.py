"""The laid-out page: what every exporter reads, and all that it reads. Plain data in points.

Coordinates are those of ``novel.geometry``: the origin at the trim's top left corner, y downward. A page's items stand
in z-order, the lowest first. An exporter converts units and writes bytes; it decides no position.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from novel.geometry import Rect, Size

Color = str
"""``#rrggbb``, lower case."""

Segment = tuple[str, *tuple[float, ...]]
"""``("M", x, y)``, ``("L", x, y)``, ``("C", x1, y1, x2, y2, x, y)`` or ``("Z",)``, as in SVG, absolute."""

Glyph = tuple[int, float, float, float]
"""A glyph of a shaped run: its number in the font, its advance, and its shift to the right and upward, in points."""

BlockKind = Literal[
    "speech", "thought", "whisper", "shout", "radio", "caption", "sfx", "prose", "heading", "title", "colophon", "folio"
]


@dataclass(frozen=True, slots=True)
class FontFace:
    """A font file that is to be embedded. ``name`` is its PostScript name; ``path`` a TrueType file."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class ImageItem:
    """A picture, clipped to ``rect``. ``source`` is the part of the picture that fills it, in shares of its size."""

    rect: Rect
    panel: str
    sha256: str
    source: Rect
    alt: str
    role: str = "picture"


@dataclass(frozen=True, slots=True)
class PathItem:
    """A filled and/or stroked outline. ``rect`` bounds it; ``dash`` is lengths on and off."""

    rect: Rect
    role: str
    segments: tuple[Segment, ...]
    fill: Color | None = None
    stroke: Color | None = None
    stroke_width: float = 0.0
    dash: tuple[float, ...] = ()
    panel: str = ""
    block: str = ""
    """The text block that this outline belongs to (a balloon, a caption's box), or empty."""


@dataclass(frozen=True, slots=True)
class TextItem:
    """One run of text in one font on one baseline.

    ``text`` is in logical order. ``x`` is the left end of the run and ``baseline`` its y before it is turned by
    ``angle`` (degrees, clockwise as seen) about that point. ``advances`` holds, for each character of ``text``, the
    distance to the next in points, kerning included; their sum is ``width``. ``rect`` bounds ascent to descent.
    ``outline`` draws a stroke of that colour and width under the fill (sound words).
    """

    rect: Rect
    role: str
    text: str
    font: FontFace
    size: float
    color: Color
    x: float
    baseline: float
    width: float
    advances: tuple[float, ...]
    block: str
    angle: float = 0.0
    outline: Color | None = None
    outline_width: float = 0.0
    rtl: bool = False
    glyphs: tuple[Glyph, ...] = ()
    """The shaped glyphs in visual order, from left to right; empty where each character of ``text`` is simply its
    font's own glyph for it. Where they are given, characters drawn one by one would come out wrong (Arabic)."""


Item = ImageItem | PathItem | TextItem


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A unit of reading: a balloon, a caption, a paragraph. ``text`` is the whole text as the reader should hear it
    (original case, emphasis marks taken out); the ``TextItem``s that set it carry its ``id``."""

    id: str
    kind: BlockKind
    text: str
    panel: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class PanelBox:
    """A panel on the page: the figure that reading software sees. Blocks are in reading order."""

    panel: str
    rect: Rect
    alt: str
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page, ready to be written. ``panels`` and ``blocks`` are in reading order; a block with a
    ``panel`` is read with that panel's figure (its prose: after it), the others where they stand."""

    number: int
    label: str
    trim: Size
    bleed: float
    background: Color
    items: tuple[Item, ...]
    panels: tuple[PanelBox, ...]
    blocks: tuple[TextBlock, ...]
    chapter: str = ""


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A line of the table of contents: a title and the index (from 0) of the page it leads to."""

    title: str
    page: int


@dataclass(frozen=True, slots=True)
class Document:
    """A whole book for the exporters."""

    title: str
    authors: tuple[str, ...]
    language: str
    direction: Literal["ltr", "rtl"]
    pages: tuple[PageLayout, ...]
    outline: tuple[OutlineEntry, ...]
    generator: str
    """Names the tool, its version and the model, for the file's metadata."""
