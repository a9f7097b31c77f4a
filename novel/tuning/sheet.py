"""A character sheet: pictures of the character by their look alone, for the writer to choose from by deleting.

A model draws somebody else each time that it is told the same words. Among a dozen some are alike and as the writer
means them; those become what the model is taught.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from novel.errors import FileError
from novel.request import key_of
from novel.store import write_atomically
from novel.tuning.words import panel_prompt
from novel.tuning.workplace import Workplace

if TYPE_CHECKING:
    from PIL import Image

    from novel.render.progress import Progress

PICTURES = 12
"""In a first sheet: enough that a third of them may be kept."""
_CELL, _GAP, _COLUMNS, _LABEL = 360, 16, 3, 18
_INK, _PAPER = "#1c1b22", "#f6f4ef"
_NUMBERED = re.compile(r"(\d+)\.png")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet on disk: its folder, its pictures' names, and the file that shows them side by side."""

    folder: Path
    pictures: tuple[str, ...]
    overview: Path


def sheet_at(work: Workplace) -> Sheet:
    """The sheet as it is now; without pictures where none was drawn, or all were deleted."""
    folder = work.folder / "sheet"
    try:
        names = sorted(p.name for p in folder.iterdir() if _NUMBERED.fullmatch(p.name)) if folder.is_dir() else []
    except OSError as error:
        raise FileError(f"{folder} can't be read: {(error.strerror or str(error)).lower()}") from error
    return Sheet(folder, tuple(names), work.folder / "sheet.png")


def draw_sheet(work: Workplace, count: int, seed: int, progress: Progress, say: Callable[[str], None]) -> Sheet:
    """Draw so many pictures more, each with its prompt in a text file beside it; those that are there stay.

    Numbers go on after the highest that was ever given, so that a picture which was deleted does not come back.
    """
    sheet = sheet_at(work)
    first = _last_number(sheet) + 1
    requests = {}
    for number in range(first, first + count):
        prompt = panel_prompt(work.book, work.character, number - 1)
        chance = key_of({"sheet": work.character, "seed": seed, "number": number})
        requests[f"{number:02}"] = work.request(prompt, int(chance[:8], 16) >> 1)
    pictures = work.drawn(requests, progress, say)
    for name, png in pictures.items():
        write_atomically(sheet.folder / f"{name}.png", png)
        write_atomically(sheet.folder / f"{name}.txt", f"{requests[name].prompt}\n".encode())
    _remember(sheet, first + count - 1)
    made = sheet_at(work)
    shown = {name.removesuffix(".png"): (made.folder / name).read_bytes() for name in made.pictures}
    write_atomically(made.overview, side_by_side(shown, _COLUMNS))
    return made


def _last_number(sheet: Sheet) -> int:
    try:
        return int((sheet.folder / ".last").read_text())
    except (OSError, ValueError):
        return max((int(name.removesuffix(".png")) for name in sheet.pictures), default=0)


def _remember(sheet: Sheet, number: int) -> None:
    write_atomically(sheet.folder / ".last", str(number).encode())


def side_by_side(pictures: Mapping[str, bytes], columns: int) -> bytes:
    """PNG files in rows, each with its name under it, as one PNG."""
    from PIL import Image, ImageDraw, ImageFont

    from novel.layout.fonts import FAMILIES

    small = {name: _small(png) for name, png in pictures.items()}
    columns = max(1, min(columns, len(small)))
    row = max(picture.height for picture in small.values()) + _LABEL + _GAP + 6
    rows = -(-len(small) // columns)
    whole = Image.new("RGB", (columns * (_CELL + _GAP) + _GAP, rows * row + _GAP), _PAPER)
    draw = ImageDraw.Draw(whole)
    face = ImageFont.truetype(str(FAMILIES["comic-neue"].nearest(False, False).path), _LABEL)
    for index, (name, picture) in enumerate(small.items()):
        x, y = _GAP + index % columns * (_CELL + _GAP), _GAP + index // columns * row
        whole.paste(picture, (x, y))
        draw.text((x, y + picture.height + 2), name, _INK, face)
    file = io.BytesIO()
    whole.save(file, "PNG", compress_level=6)
    return file.getvalue()


def _small(png: bytes) -> Image.Image:
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        share = min(_CELL / image.width, _CELL / image.height)
        size = max(1, round(image.width * share)), max(1, round(image.height * share))
        return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
