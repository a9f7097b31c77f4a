"""The book as one HTML file that asks nobody for anything: pictures, fonts, styles and script are inside.

On a desk it shows the PDF's pages. On a phone, where a page's lettering would be too small to read, it shows panel
after panel with its words as text beneath. With the script it also walks through the pages panel by panel.
"""

from __future__ import annotations

import base64
import hashlib
import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from novel.export.web_lettering import Lettering
from novel.export.web_page import page_views, papers, repeated_pictures
from novel.layout.page import Document
from novel.store import write_atomically

if TYPE_CHECKING:
    from novel.export import Pictures

_TEMPLATES = Path(__file__).parent.parent / "data" / "templates"


def write_html(document: Document, pictures: Pictures, path: Path) -> None:
    """Write the book to ``path``. Raises OutputError (a font that can't be embedded) and FileError."""
    write_atomically(path, html_bytes(document, pictures))


def html_bytes(document: Document, pictures: Pictures) -> bytes:
    """The HTML file. The same document and pictures give the same bytes."""

    def asset(name: str) -> Markup:
        return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))

    def picture(sha256: str) -> Markup:
        data = base64.b64encode(pictures.png(sha256)).decode("ascii")
        return Markup("data:image/png;base64,") + Markup(data)

    script = asset("reader.js")
    lettering = Lettering(document)
    repeated = repeated_pictures(document)
    size = document.pages[0].trim if document.pages else None
    stream = (
        _environment()
        .get_template("book.html.j2")
        .generate(
            document=document,
            pages=page_views(document, lettering),
            lettering=lettering,
            repeated=repeated,
            picture=picture,
            asset=asset,
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(str(script).encode()).digest()).decode("ascii"),
            size=size,
            papers=papers(document),
            shape=_shape(document),
        )
    )
    # Piece by piece, so that the pictures are never all in memory twice.
    data = io.BytesIO()
    for piece in stream:
        data.write(piece.encode())
    return data.getvalue()


@cache
def _environment() -> Environment:
    # Kept: reading the template takes longer than filling it in.
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),  # The package's own folder, never a story's.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _shape(document: Document) -> str:
    """How pages stand on a wide screen: ``facing`` as in an open book, ``single`` beneath one another, or without gaps,
    as a ``strip``, where they differ in length."""
    sizes = {page.trim for page in document.pages}
    if len(sizes) > 1:
        return "strip"
    upright = all(size.height > size.width for size in sizes)
    return "facing" if upright and len(document.pages) > 2 else "single"
