"""Fonts for a web page: each cut down to the characters that the page shows, as a data URI."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import uharfbuzz

from novel.errors import OutputError
from novel.layout.page import FontFace


def font_uri(face: FontFace, characters: Iterable[str]) -> str:
    """A ``data:`` URI of the face with the glyphs for ``characters`` (those that it has), its kerning kept.

    Raises OutputError where the file is no font.
    """
    try:
        font = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(face.path)))
        wanted = uharfbuzz.SubsetInput()
        wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING
        wanted.unicode_set.clear()
        wanted.unicode_set.update(sorted({ord(c) for c in characters}))
        data = uharfbuzz.subset(font, wanted).blob.data
    except (OSError, RuntimeError, ValueError, uharfbuzz.HarfBuzzError) as error:
        raise OutputError(
            f"The font {face.name} can't be embedded: {error}", "Choose a TrueType font (.ttf)."
        ) from error
    return f"data:font/ttf;base64,{base64.b64encode(data).decode('ascii')}"
