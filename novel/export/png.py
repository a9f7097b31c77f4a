"""Reading a PNG's parts without decoding it, so that an exporter can pass its pixels on as they are.

The chunks are those of the PNG specification (ISO/IEC 15948, clause 11).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from novel.errors import OutputError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE = 0, 2, 3
"""Colour types without an alpha channel."""


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG's header and what a decoder needs. ``pixels``: the IDAT chunks joined, one zlib stream of filtered rows."""

    width: int
    height: int
    depth: int
    color: int
    interlaced: bool
    palette: bytes
    transparent: bool
    pixels: bytes

    @property
    def plain(self) -> bool:
        """Whether the rows can be shown by whoever knows zlib and PNG's row filters: no alpha, no interlace."""
        return self.color in (GRAY, RGB, PALETTE) and not self.transparent and not self.interlaced


def read_png(data: bytes, name: str) -> Png:
    """A PNG's parts. ``name`` is what an error calls it. Raises OutputError where it is cut short or no PNG."""
    if not data.startswith(_SIGNATURE):
        raise OutputError(f"The picture {name} is not a PNG.", "Render its panel again.")
    header = b""
    palette = b""
    transparent = False
    rows: list[bytes] = []
    at = len(_SIGNATURE)
    while True:
        if at + 12 > len(data):
            raise OutputError(f"The picture {name} is cut short.", "Render its panel again.")
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) < length:
            raise OutputError(f"The picture {name} is cut short.", "Render its panel again.")
        at += 12 + length
        if kind == b"IHDR":
            header = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"tRNS":
            transparent = True
        elif kind == b"IDAT":
            rows.append(body)
        elif kind == b"IEND":
            break
    if len(header) != 13 or not rows:
        raise OutputError(f"The picture {name} holds no pixels.", "Render its panel again.")
    width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", header)
    return Png(width, height, depth, color, bool(interlace), palette, transparent, b"".join(rows))
