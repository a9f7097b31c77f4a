"""A small book laid out by hand, with everything an exporter may meet: what the layout would hand over."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uharfbuzz
from PIL import Image, ImageDraw

import novel
from novel.geometry import Rect, Size
from novel.layout.page import (
    Document,
    FontFace,
    ImageItem,
    Item,
    OutlineEntry,
    PageLayout,
    PanelBox,
    PathItem,
    Segment,
    TextBlock,
    TextItem,
)

FONTS = Path(novel.__file__).parent / "data" / "fonts"
BODY = FontFace("ComicNeue-Regular", FONTS / "comic-neue" / "ComicNeue-Regular.ttf")
BOLD = FontFace("ComicNeue-BoldItalic", FONTS / "comic-neue" / "ComicNeue-BoldItalic.ttf")
SOUND = FontFace("Bangers-Regular", FONTS / "bangers" / "Bangers-Regular.ttf")
PROSE = FontFace("SourceSerif4-Regular", FONTS / "source-serif-4" / "SourceSerif4-Regular.ttf")

TRIM = Size(477.0, 738.0)
HOSTILE = 'I <3 you & <b> </script> "so" {{ 7 * 7 }} \\ (a) %'


@dataclass
class Album:
    """Pictures in memory. Counts how often each was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def add(self, image: Image.Image, **options: object) -> str:
        data = io.BytesIO()
        image.save(data, "PNG", **options)
        sha256 = hashlib.sha256(data.getvalue()).hexdigest()
        self.files[sha256] = data.getvalue()
        return sha256

    def scene(self, number: int, size: tuple[int, int] = (768, 384), mode: str = "RGB") -> str:
        image = Image.linear_gradient("L").resize(size).convert("RGB")
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, size[0] // 2, size[1] // 2), fill=((37 * number) % 256, 120, 200))
        draw.ellipse((size[0] // 3, size[1] // 4, size[0] * 2 // 3, size[1] * 3 // 4), fill=(240, 180, 40))
        return self.add(image.convert(mode))

    def png(self, sha256: str) -> bytes:
        self.asked[sha256] = self.asked.get(sha256, 0) + 1
        return self.files[sha256]


def advances(text: str, face: FontFace, size: float) -> tuple[float, ...]:
    """Each character's advance with kerning, as HarfBuzz measures it."""
    if not text:
        return ()
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(face.path))))
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "ltr"
    uharfbuzz.shape(font, buffer, {"liga": False, "clig": False})
    assert len(buffer.glyph_infos) == len(text)
    return tuple(p.x_advance * size / font.face.upem for p in buffer.glyph_positions)


def run(
    text: str, block: str, x: float, baseline: float, face: FontFace = BODY, size: float = 8.5, **more: object
) -> TextItem:
    """A run of text from a left end and a baseline."""
    widths = advances(text, face, size)
    rect = Rect(x, baseline - size * 0.8, sum(widths), size)
    return TextItem(rect, "text", text, face, size, "#101010", x, baseline, sum(widths), widths, block, **more)  # type: ignore[arg-type]


def balloon(rect: Rect, block: str, panel: str, fill: str = "#ffffff", dash: tuple[float, ...] = ()) -> PathItem:
    """A rounded outline of four curves."""
    x, y, r, b = rect.x, rect.y, rect.right, rect.bottom
    cx, cy = rect.center.x, rect.center.y
    segments: tuple[Segment, ...] = (
        ("M", cx, y),
        ("C", r, y, r, y, r, cy),
        ("C", r, b, r, b, cx, b),
        ("C", x, b, x, b, x, cy),
        ("C", x, y, x, y, cx, y),
        ("Z",),
    )
    return PathItem(rect, "balloon", segments, fill, "#101010", 1.0, dash, panel, block)


def frame(rect: Rect, panel: str) -> PathItem:
    segments: tuple[Segment, ...] = (
        ("M", rect.x, rect.y),
        ("L", rect.right, rect.y),
        ("L", rect.right, rect.bottom),
        ("L", rect.x, rect.bottom),
        ("Z",),
    )
    return PathItem(rect, "border", segments, None, "#101010", 1.2, (), panel)


WHOLE = Rect(0.0, 0.0, 1.0, 1.0)


def story_page(album: Album, number: int, words: tuple[str, str, str], **more: object) -> PageLayout:
    """Three wide panels, one with two balloons, one with a sound, one silent; a page number."""
    items: list[Item] = []
    panels: list[PanelBox] = []
    blocks: list[TextBlock] = []
    for tier, word in enumerate(words):
        panel = f"p{number}-{tier}"
        rect = Rect(22.5, 45.0 + tier * 219.0, 432.0, 210.0)
        sha256 = album.scene(number * 3 + tier)
        items += [
            ImageItem(rect, panel, sha256, Rect(0.0, 0.0139, 1.0, 0.9722), f"Scene {number}.{tier}"),
            frame(rect, panel),
        ]
        own: list[str] = []
        if tier == 0:
            first, second = f"{panel}-a", f"{panel}-b"
            blocks.append(TextBlock(first, "speech", word, panel, "Ana Ruiz"))
            blocks.append(TextBlock(second, "whisper", "No, it can't be. AVATAR!", panel, "Ben"))
            items.append(balloon(Rect(60, rect.y + 15, 150, 40), first, panel))
            items += [run(word[:12], first, 80, rect.y + 32), run(word[12:], first, 80, rect.y + 43, BOLD)]
            items.append(balloon(Rect(280, rect.y + 60, 150, 34), second, panel, dash=(3, 2)))
            items.append(run("NO, IT CAN’T BE. AVATAR!", second, 295, rect.y + 80))
            own = [first, second]
        elif tier == 1:
            own = [f"{panel}-sfx"]
            blocks.append(TextBlock(own[0], "sfx", word, panel))
            items.append(
                run(word, own[0], 120, rect.y + 150, SOUND, 44.0, angle=-12.0, outline="#ffffff", outline_width=3.0)
            )
        panels.append(PanelBox(panel, rect, f"Scene {number}.{tier}", tuple(own)))
    blocks.append(TextBlock(f"folio-{number}", "folio", str(number)))
    items.append(run(str(number), f"folio-{number}", 235, 722))
    page = PageLayout(number, str(number), TRIM, 9.0, "#ffffff", tuple(items), tuple(panels), tuple(blocks), "One")
    return page if not more else type(page)(**{**{k: getattr(page, k) for k in page.__slots__}, **more})


def title_page(title: str) -> PageLayout:
    blocks = (TextBlock("title", "title", title), TextBlock("credits", "title", "Written by Zoë O’Hara & Søren"))
    items = (
        run(title, "title", 40, 200, SOUND, 30.0),
        run("Written by Zoë O’Hara & Søren", "credits", 60, 300, PROSE, 10.0),
    )
    return PageLayout(1, "i", TRIM, 9.0, "#fff8e8", items, (), blocks)


def make_book(album: Album, **more: object) -> Document:
    """A title page and two pages of story."""
    pages = (
        title_page("The <script>alert(1)</script> Night"),
        story_page(album, 2, (HOSTILE, "KRAK!", "")),
        story_page(album, 3, ("Again and again, and then?", "BOOM", "")),
    )
    document = Document(
        "The <script>alert(1)</script> Night",
        ("Zoë O’Hara", "Søren & Sons"),
        "en-GB",
        "ltr",
        pages,
        (OutlineEntry("The <script>alert(1)</script> Night", 0), OutlineEntry("Chapter & verse", 1)),
        "novel 0.1.0, with the model <embedded>",
    )
    return document if not more else Document(**{**{k: getattr(document, k) for k in document.__slots__}, **more})  # type: ignore[arg-type]


def need(program: str) -> str:
    """The path of a system program. Its tests are skipped where it is missing, but never in continuous integration."""
    found = shutil.which(program)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is not installed, and CI must have it")
        pytest.skip(f"{program} is not installed")
    return found
