"""Contact sheets: a panel's candidates side by side with the picture in the book, as PNG and as HTML."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import novel
from novel.editor.candidates import Candidates
from novel.prepare import Prepared, own_picture
from novel.store import Entry, write_atomically

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

_CELL, _GAP, _COLUMNS = 480, 24, 3
"""Pixels: a picture's width on the sheet, and the room between; pictures beside each other."""
_INK, _FAINT, _PAPER, _NOW = "#1c1b22", "#6b6875", "#f6f4ef", "#c8482f"
_TITLE_SIZE, _LABEL_SIZE = 26, 19
_LABEL_LINES = 3


@dataclass(frozen=True, slots=True)
class _Shown:
    """One picture on the sheet. ``file``: from the sheet's folder; empty where it stands nowhere but in the book."""

    number: str
    png: bytes
    change: str
    file: str


def write_sheets(made: Prepared, candidates: Candidates) -> tuple[Path, Path]:
    """Write ``sheet.png`` and ``sheet.html`` beside a panel's candidates."""
    now = _now(made, candidates.panel)
    shown = [] if now is None else [_Shown("", now.payload, "in the book now", f"../../panels/{candidates.panel}.png")]
    shown += [
        _Shown(str(c.number), (candidates.folder / c.file).read_bytes(), c.change, c.file) for c in candidates.all
    ]
    png, html = candidates.folder / "sheet.png", candidates.folder / "sheet.html"
    write_atomically(png, _png(candidates.panel, shown))
    write_atomically(html, _html(made, candidates, shown).encode())
    return png, html


def _now(made: Prepared, panel: str) -> Entry | None:
    if panel in made.plan.images:
        return own_picture(made.store, made.plan.images[panel])
    request = made.plan.requests.get(panel)
    return made.store.get(made.plan.kept[panel] if request is None else request.key)


def _png(panel: str, shown: list[_Shown]) -> bytes:
    from PIL import Image, ImageDraw

    pictures = [_fitted(one.png) for one in shown]
    columns = min(_COLUMNS, len(shown))
    text = _LABEL_LINES * (_LABEL_SIZE + 5) + 10
    row = max(picture.height for picture in pictures) + text + _GAP
    rows = -(-len(shown) // columns)
    top = 2 * _GAP + _TITLE_SIZE
    sheet = Image.new("RGB", (columns * (_CELL + _GAP) + _GAP, top + rows * row), _PAPER)
    draw = ImageDraw.Draw(sheet)
    title, label, bold = _face(_TITLE_SIZE, bold=True), _face(_LABEL_SIZE), _face(_LABEL_SIZE, bold=True)
    draw.text((_GAP, _GAP), panel, _INK, title)
    for index, (one, picture) in enumerate(zip(shown, pictures, strict=True)):
        x, y = _GAP + index % columns * (_CELL + _GAP), top + index // columns * row
        sheet.paste(picture, (x + (_CELL - picture.width) // 2, y))
        under = y + picture.height + 8
        head = f"{one.number} " if one.number else ""
        draw.text((x, under), head, _NOW, bold)
        indent = draw.textlength(head, bold)
        for number, line in enumerate(_wrapped(draw, one.change, label, _CELL - indent)):
            draw.text((x + indent, under + number * (_LABEL_SIZE + 5)), line, _INK if one.number else _FAINT, label)
    file = io.BytesIO()
    sheet.save(file, "PNG", compress_level=6)
    return file.getvalue()


def _fitted(png: bytes) -> Image.Image:
    """A picture at the sheet's width, or at the width at which it is not higher than that."""
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        share = min(_CELL / image.width, _CELL / image.height)
        size = max(1, round(image.width * share)), max(1, round(image.height * share))
        return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _face(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    from novel.layout.fonts import FAMILIES

    return ImageFont.truetype(str(FAMILIES["comic-neue"].nearest(bold, False).path), size)


def _wrapped(draw: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """A text in the few lines under a picture; what is too long ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, face) <= width:
            lines[-1] = longer
        elif len(lines) == _LABEL_LINES:
            lines[-1] = f"{lines[-1]} …"
            break
        else:
            lines.append(word)
    return lines


def _html(made: Prepared, candidates: Candidates, shown: list[_Shown]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(novel.__file__).parent / "data" / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("takes.html.j2")
    story = made.book.story
    return template.render(
        language=story.language, title=story.title, panel=candidates.panel, story=made.book.file.name, shown=shown
    )
