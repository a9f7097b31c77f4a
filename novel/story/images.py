"""Whether a file is the whole picture that it claims to be, by its bytes and without decoding a pixel.

Formats: PNG (W3C PNG, third edition, section 5), JPEG (ITU-T T.81, annex B), WebP (RFC 9649, section 2).
"""

from __future__ import annotations

import re
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO

from novel.story.faults import AssetFault

MAX_PIXELS = 64_000_000
"""The most pixels a picture may have; an A4 page at 600 dpi has 35 million."""
MAX_IMAGE_BYTES = 256_000_000
IMAGE_SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WebP"}

_PNG = b"\x89PNG\r\n\x1a\n"
_MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|!--|svg|html)", re.IGNORECASE)
# A marker inside entropy-coded data: not a stuffed zero, not a restart, not fill (T.81, B.1.1.5).
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_SOF = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def check_image(file: BinaryIO, name: str) -> tuple[int, int]:
    """A picture's width and height in pixels; raises ``AssetFault`` where it is not whole, not true or too large."""
    data = file.read(MAX_IMAGE_BYTES + 1)
    if len(data) > MAX_IMAGE_BYTES:
        limit = MAX_IMAGE_BYTES // 1_000_000
        raise AssetFault("image-too-large", f"`{name}` is larger than {limit} MB", "Save a smaller copy.", 7)
    kind = _kind(data)
    if kind == "markup":
        raise AssetFault(
            "unsafe-image", f"`{name}` is an SVG or HTML text, which can hold scripts", "Save it as PNG.", 7
        )
    if not data:
        raise AssetFault("bad-image", f"`{name}` is empty", "Save the picture again.")
    claimed = IMAGE_SUFFIXES[PurePosixPath(name).suffix.lower()]
    if kind is None:
        raise AssetFault("bad-image", f"`{name}` holds no {claimed} picture", "Save the picture again as PNG.")
    if kind != claimed:
        suffix = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp"}[kind]
        raise AssetFault(
            "bad-image", f"`{name}` is named {claimed} but holds a {kind}", f"Rename it to end in {suffix}."
        )
    try:
        width, height = {"PNG": _png, "JPEG": _jpeg, "WebP": _webp}[kind](data, name)
    except IndexError:
        raise _cut(name) from None
    if width == 0 or height == 0:
        raise AssetFault("bad-image", f"`{name}` is {width} x {height} pixels: there is nothing in it")
    return width, height


def _kind(data: bytes) -> str | None:
    if data.startswith(_PNG):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return "markup" if _MARKUP.match(data[:1024]) or b"<svg" in data[:1024].lower() else None


def _cut(name: str) -> AssetFault:
    return AssetFault("bad-image", f"`{name}` is cut off: its end is missing", "Copy or save the picture again.")


def _damaged(name: str, what: str) -> AssetFault:
    return AssetFault("bad-image", f"`{name}` is damaged: {what}", "Copy or save the picture again.")


def _within_cap(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise AssetFault(
            "image-too-large",
            f"`{name}` has {width} x {height} = {width * height / 1e6:.0f} megapixels; "
            f"the limit is {MAX_PIXELS // 1_000_000}",
            "Save a smaller copy.",
            7,
        )


def _number(data: bytes, at: int, size: int, order: str = "big") -> int:
    part = data[at : at + size]
    if len(part) < size:
        raise IndexError
    return int.from_bytes(part, "big" if order == "big" else "little")


def _png(data: bytes, name: str) -> tuple[int, int]:
    at, size, pixels = len(_PNG), (0, 0), False
    view = memoryview(data)
    while True:
        length, kind = _number(data, at, 4), data[at + 4 : at + 8]
        end = at + 8 + length
        if at == len(_PNG):
            if kind != b"IHDR" or length != 13:
                raise _damaged(name, "it doesn't begin with a header")
            size = _number(data, at + 8, 4), _number(data, at + 12, 4)
            _within_cap(*size, name)
        if _number(data, end, 4) != zlib.crc32(view[at + 4 : end]):
            raise _damaged(name, f"the checksum of its part {kind.decode('latin-1')!r} is wrong")
        pixels = pixels or kind == b"IDAT"
        if kind == b"IEND":
            if not pixels:
                raise _damaged(name, "it holds no pixels")
            return size
        at = end + 4


def _jpeg(data: bytes, name: str) -> tuple[int, int]:
    at, size = 2, None
    while True:
        if _number(data, at, 1) != 0xFF:
            raise _damaged(name, "a marker is missing")
        marker = _number(data, at + 1, 1)
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker == 0xD9:
            if size is None:
                raise _damaged(name, "it holds no picture")
            return size
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        length = _number(data, at + 2, 2)
        if length < 2:
            raise _damaged(name, "a part has no length")
        if marker in _SOF:
            size = _number(data, at + 7, 2), _number(data, at + 5, 2)
            _within_cap(*size, name)
        at += 2 + length
        if marker == 0xDA:
            found = _JPEG_MARKER.search(data, at)
            if found is None:
                raise _cut(name)
            at = found.start()


def _webp(data: bytes, name: str) -> tuple[int, int]:
    end = 8 + _number(data, 4, 4, "little")
    if end > len(data):
        raise _cut(name)
    at, size, pixels = 12, None, False
    while at < end:
        kind, length = data[at : at + 4], _number(data, at + 4, 4, "little")
        body = at + 8
        if body + length > end:
            raise _damaged(name, "a part is longer than the file says")
        found = None
        if kind == b"VP8X":
            found = _number(data, body + 4, 3, "little") + 1, _number(data, body + 7, 3, "little") + 1
        elif kind == b"VP8 ":
            found = _number(data, body + 6, 2, "little") & 0x3FFF, _number(data, body + 8, 2, "little") & 0x3FFF
        elif kind == b"VP8L":
            bits = _number(data, body + 1, 4, "little")
            found = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        if found:
            _within_cap(*found, name)
            size = size or found
        pixels = pixels or kind in (b"VP8 ", b"VP8L", b"ANMF")
        at = body + length + length % 2
    if size is None or not pixels:
        raise _damaged(name, "it holds no picture")
    return size
