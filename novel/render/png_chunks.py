"""PNG files as their chunks: texts read with limits, and changed without touching the picture.

Chunk by chunk after the PNG specification (w3.org/TR/png-3, section 5.3), with the standard library alone, so that
asking a picture how it was made decodes no picture.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"

TEXT_LIMIT = 1 << 20
"""The longest text that is read, in bytes after unpacking. A long chain of long prompts has some 100 kB."""
TEXTS_LIMIT = 64
"""How many texts of one file are read."""

_TEXTS = (b"tEXt", b"zTXt", b"iTXt")


class DamagedPng(ValueError):
    """The bytes are no PNG, or not a whole one; the message says what is wrong, to go on from "it "."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four letters, its data, and all of its bytes as they stand in the file."""

    kind: bytes
    data: bytes
    raw: bytes


def chunks(png: bytes) -> Iterator[Chunk]:
    """The chunks in order, up to the last. Raises DamagedPng where they don't hold together."""
    if not png.startswith(SIGNATURE):
        raise DamagedPng("is no PNG file")
    at = len(SIGNATURE)
    first = True
    while True:
        if at + 12 > len(png):
            raise DamagedPng("is cut off")
        (length,) = struct.unpack_from(">I", png, at)
        end = at + 12 + length
        if end > len(png):
            raise DamagedPng("is cut off")
        kind, data = png[at + 4 : at + 8], png[at + 8 : end - 4]
        if zlib.crc32(data, zlib.crc32(kind)) != struct.unpack_from(">I", png, end - 4)[0]:
            raise DamagedPng(f"is damaged: the checksum of its {kind.decode('latin-1')!r} chunk is wrong")
        if first and (kind != b"IHDR" or length != 13):
            raise DamagedPng("is damaged: it doesn't begin with its size")
        first = False
        yield Chunk(kind, data, png[at:end])
        if kind == b"IEND":
            return
        at = end


def size(png: bytes) -> tuple[int, int]:
    """The picture's width and height in pixels, as its header says. Raises DamagedPng."""
    width, height = struct.unpack_from(">II", next(chunks(png)).data)
    return width, height


def texts(png: bytes) -> dict[str, str]:
    """The texts by their keywords; of several under one keyword the first. Raises DamagedPng.

    A text that is too long or doesn't unpack is left out.
    """
    found: dict[str, str] = {}
    for chunk in chunks(png):
        if chunk.kind in _TEXTS and len(found) < TEXTS_LIMIT:
            keyword = keyword_of(chunk)
            text = _text(chunk)
            if text is not None:
                found.setdefault(keyword, text)
    return found


def keyword_of(chunk: Chunk) -> str:
    """The keyword of a text chunk."""
    return chunk.data.partition(b"\0")[0][:79].decode("latin-1")


def with_texts_changed(png: bytes, change: Callable[[str, str | None], str | None]) -> bytes:
    """The same file, byte for byte, but for its texts. ``change`` is called with the keyword and text of each (None for
    one that can't be read) and gives the text to put there; the same one to leave it, None to take it out.

    What follows the last chunk is left out. Raises DamagedPng.
    """
    out = [SIGNATURE]
    for chunk in chunks(png):
        if chunk.kind not in _TEXTS:
            out.append(chunk.raw)
            continue
        keyword, text = keyword_of(chunk), _text(chunk)
        changed = change(keyword, text)
        if changed is None:
            continue
        out.append(chunk.raw if changed == text else _international(keyword, changed))
    return b"".join(out)


def _text(chunk: Chunk) -> str | None:
    _, found, rest = chunk.data.partition(b"\0")
    if not found:
        return None
    if chunk.kind == b"tEXt":
        return rest.decode("latin-1") if len(rest) <= TEXT_LIMIT else None
    if chunk.kind == b"zTXt":
        data = _unpacked(rest[1:]) if rest[:1] == b"\0" else None
        return None if data is None else data.decode("latin-1")
    packed, method, rest = rest[:1], rest[1:2], rest[2:]
    parts = rest.split(b"\0", 2)  # The language, the keyword in that language, the text.
    if len(parts) != 3 or (packed == b"\1" and method != b"\0"):
        return None
    data = _unpacked(parts[2]) if packed == b"\1" else parts[2] if len(parts[2]) <= TEXT_LIMIT else None
    return None if data is None else data.decode("utf-8", "replace")


def _unpacked(data: bytes) -> bytes | None:
    """At most ``TEXT_LIMIT`` bytes; a text that unpacks to more is a bomb or no recipe, and isn't unpacked further."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, TEXT_LIMIT + 1)
    except zlib.error:
        return None
    return text if len(text) <= TEXT_LIMIT and unpacking.eof else None


def _international(keyword: str, text: str) -> bytes:
    data = keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(data)) + b"iTXt" + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(b"iTXt")))
