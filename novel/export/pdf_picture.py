"""A picture inside a PDF: its PNG rows pasted as they are, fetched only while the file is written."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from reportlab.pdfbase import pdfdoc

from novel.errors import OutputError
from novel.export.png import GRAY, PALETTE, Png, read_png

if TYPE_CHECKING:
    from novel.export import Pictures


class PictureObject(pdfdoc.PDFObject):  # type: ignore[misc]
    """An image XObject that asks for its picture when it is written and keeps nothing.

    A PNG's zlib stream of filtered rows is what a PDF calls FlateDecode with predictor 15 (ISO 32000-1, 7.4.4.4), so
    a PNG without alpha and interlace goes in verbatim. Any other is decoded once and packed again without loss, its
    alpha as a soft mask.
    """

    __RefOnly__ = 1

    def __init__(self, sha256: str, pictures: Pictures) -> None:
        self._sha256 = sha256
        self._pictures = pictures

    def format(self, document: Any) -> bytes:
        """The object's bytes. Raises OutputError where the picture is damaged."""
        data = self._pictures.png(self._sha256)
        name = self._sha256[:12]
        png = read_png(data, name)
        if png.plain:
            return _image(png)
        image, alpha = _repack(data, name)
        if alpha is None:
            return _image(image)
        mask = document.Reference(_Written(_image(alpha)))
        return _image(image, b"/SMask " + mask.format(document))


class _Written(pdfdoc.PDFObject):  # type: ignore[misc]
    """An object whose bytes are known."""

    __RefOnly__ = 1

    def __init__(self, data: bytes) -> None:
        self._data = data

    def format(self, document: Any) -> bytes:
        return self._data


def _image(png: Png, more: bytes = b"") -> bytes:
    if png.color == PALETTE:
        entries = len(png.palette) // 3
        space = b"[ /Indexed /DeviceRGB %d <%s> ]" % (entries - 1, png.palette[: entries * 3].hex().encode())
    else:
        space = b"/DeviceGray" if png.color == GRAY else b"/DeviceRGB"
    colors = 1 if png.color in (GRAY, PALETTE) else 3
    head = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent %d /ColorSpace %s "
        b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors %d /BitsPerComponent %d /Columns %d >> "
        b"/Length %d %s >>"
    ) % (png.width, png.height, png.depth, space, colors, png.depth, png.width, len(png.pixels), more)
    return b"".join((head, b"\nstream\n", png.pixels, b"\nendstream\n"))


def _repack(data: bytes, name: str) -> tuple[Png, Png | None]:
    """The colours and, where any pixel is not opaque, the alpha of a picture, each as a plain PNG."""
    from PIL import Image  # noqa: PLC0415 - rarely needed

    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as opened:
            rgba = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise OutputError(f"The picture {name} can't be read: {error}", "Render its panel again.") from error
    alpha = rgba.getchannel("A")
    opaque = alpha.getextrema() == (255, 255)
    return _packed(rgba.convert("RGB"), name), None if opaque else _packed(alpha, name)


def _packed(image: Any, name: str) -> Png:
    packed = io.BytesIO()
    image.save(packed, "PNG", compress_level=6)
    return read_png(packed.getvalue(), name)
