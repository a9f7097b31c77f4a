"""The pages around the story and what stands on every page: title, cover, colophon, chapter headings, folios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from novel.geometry import Point, Rect, Size
from novel.layout import breaks
from novel.layout.color import mix
from novel.layout.fonts import FontSet
from novel.layout.line import set_line
from novel.layout.outline import ellipse, rectangle
from novel.layout.page import BlockKind, Color, Item, PathItem, Segment, TextBlock, TextItem
from novel.layout.people import Person
from novel.layout.prose import ProseSetter, paragraphs
from novel.layout.text import Paragraph, compose
from novel.layout.typeface import Palette
from novel.layout.wording import dressed, plain

FLOOR = 7.0
FOLIO = 0.94
"""A page number's size, in shares of the dialogue's."""
KEEP_ONE = 0.68
"""How much smaller than asked for a display text is set to keep it on one line."""


@dataclass(slots=True)
class Matter:
    """What was set: items in z-order, blocks in reading order. ``fits`` is False where some of it found no room."""

    items: list[Item] = field(default_factory=list)
    blocks: list[TextBlock] = field(default_factory=list)
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Furnisher:
    """Sets the pages' furniture in one book's style."""

    fonts: FontSet
    palette: Palette
    language: str
    rtl: bool
    size: float
    """The size of dialogue, in points, which small furniture goes by."""

    def display(self, text: str) -> Paragraph:
        """A text in the face of titles. Raises ``NoGlyphError``."""
        spans = dressed(text, caps=True, craft=False, language=self.language)
        return compose(spans, self.fonts, "display", rtl=self.rtl, bold=True)

    def hand(self, text: str, *, bold: bool = False) -> Paragraph:
        """A text in the face of dialogue, in capitals. Raises ``NoGlyphError``."""
        spans = dressed(text, caps=True, craft=False, language=self.language)
        return compose(spans, self.fonts, "hand", rtl=self.rtl, bold=bold)

    def title_page(self, size: Size, safe: Rect, bleed: float, title: str, authors: Sequence[str]) -> Matter:
        """The title in large letters over a field of dots, the authors below a rule."""
        made = Matter()
        palette = self.palette
        made.items.append(
            _halftone(Rect(0, 0, size.width, size.height).inset(-bleed), mix(palette.page, palette.page_ink, 0.14))
        )
        frame = Rect(safe.x, safe.y + 0.14 * safe.height, safe.width, 0.42 * safe.height)
        block, low = _stacked(
            self.display(title), frame, 0.19 * safe.width, "title", "title", palette.page_ink, None, 0.0, anchor=1.0
        )
        made.items += block
        made.fits = bool(block)
        made.blocks.append(TextBlock("title", "title", plain(title)))
        rule = Rect(safe.center.x - 0.09 * safe.width, low + 0.045 * safe.height, 0.18 * safe.width, 2.2)
        made.items.append(_filled(rule, palette.page_ink))
        if authors:
            self._authors(made, authors, Rect(safe.x, rule.bottom, safe.width, safe.bottom - rule.bottom), safe)
        return made

    def _authors(self, made: Matter, authors: Sequence[str], room: Rect, safe: Rect) -> None:
        text = ", ".join(authors)
        frame = Rect(room.x, room.y + 0.04 * safe.height, room.width, 0.2 * safe.height)
        items, _ = _stacked(
            self.hand(text),
            frame,
            0.036 * safe.width + 4,
            "title",
            "author",
            self.palette.page_ink,
            None,
            0.0,
            anchor=0.0,
        )
        made.items += items
        made.blocks.append(TextBlock("author", "title", text))

    def cover(
        self, page: Rect, safe: Rect, title: str, authors: Sequence[str], people: Sequence[Person]
    ) -> tuple[Matter, Rect]:
        """The title and the authors over the cover's picture; also the room that is left for other words."""
        made = Matter()
        fill, ink = self.palette.balloon, self.palette.ink
        tall = 0.3 * safe.height
        top = Rect(safe.x, safe.y, safe.width, tall)
        bottom = Rect(safe.x, safe.bottom - tall, safe.width, tall)
        covered = [sum(band.overlap(p.head) for p in people) for band in (top, bottom)]
        above = covered[0] <= covered[1] or not any(p.known for p in people)
        paragraph = self.display(title)
        frame = top if above else bottom
        items, low = _stacked(
            paragraph, frame, 0.24 * safe.width, "title", "title", fill, ink, 0.0, anchor=0.0 if above else 1.0
        )
        made.items += items
        made.fits = bool(items)
        made.blocks.append(TextBlock("title", "title", plain(title)))
        room = (
            Rect(safe.x, low + 8, safe.width, safe.bottom - low - 8)
            if above
            else Rect(safe.x, safe.y, safe.width, safe.height - tall)
        )
        if authors:
            text = ", ".join(authors)
            line = Rect(safe.x, safe.bottom - 0.07 * safe.height, safe.width, 0.07 * safe.height)
            if not above:
                line = Rect(safe.x, safe.y, safe.width, 0.07 * safe.height)
            items, _ = _stacked(
                self.display(text), line, 0.045 * safe.width, "title", "author", fill, ink, 0.0,
                anchor=1.0 if above else 0.0,
            )  # fmt: skip
            made.items += items
            made.blocks.append(TextBlock("author", "title", text))
            height = room.height - line.height - 4
            room = Rect(room.x, room.y if above else line.bottom + 4, room.width, height)
        return made, room

    def heading(self, rect: Rect, chapter: str, title: str) -> Matter:
        """A chapter's title between two fine rules."""
        made = Matter()
        paragraph = self.display(title)
        # A tall heading is a chapter's sink: the words stand low in it, near what they head.
        tall = min(rect.height, 80.0)
        inner = Rect(rect.x, rect.bottom - tall, rect.width, tall)
        items, _ = _stacked(
            paragraph, Rect(inner.x + 0.08 * inner.width, inner.y + 0.07 * tall, 0.84 * inner.width, 0.86 * tall),
            0.62 * inner.height, "heading", f"{chapter}.heading", self.palette.page_ink, None, 0.0, anchor=0.5,
        )  # fmt: skip
        made.items += items
        made.fits = bool(items)
        made.blocks.append(TextBlock(f"{chapter}.heading", "heading", plain(title)))
        texts = [item.rect for item in items]
        if texts and len({round(t.y) for t in texts}) == 1:
            left, right = min(t.x for t in texts) - 9, max(t.right for t in texts) + 9
            for start, end in ((inner.x, left), (right, inner.right)):
                if end - start > 12:
                    made.items.append(
                        _filled(Rect(start, inner.center.y - 0.5, end - start, 1.0), self.palette.page_ink)
                    )
        return made

    def folio(self, page: Size, safe: Rect, number: int) -> Matter:
        """The page's number in the middle of the lower margin; none where the margin is too small for it."""
        made = Matter()
        size = max(FLOOR, FOLIO * self.size)
        margin = page.height - safe.bottom
        if margin < size + 12:
            return made
        paragraph = self.hand(str(number))
        width = paragraph.width(0, len(paragraph.words)) * size
        baseline = safe.bottom + min(0.5 * margin, 20.0) + 0.5 * paragraph.ascent * size
        made.items += set_line(
            paragraph.words, size=size, x=page.width / 2 - width / 2, baseline=baseline,
            color=mix(self.palette.page_ink, self.palette.page, 0.25), role="folio", block=f"folio.{number}",
        )  # fmt: skip
        made.blocks.append(TextBlock(f"folio.{number}", "folio", str(number)))
        return made

    def colophon(self, safe: Rect, lines: Sequence[str], prose: ProseSetter) -> Matter:
        """Notes at the foot of a page of their own, in the text face, as small as they must be to fit."""
        texts = [part for line in lines for part in paragraphs(line)]
        size = prose.size * 0.9
        while True:
            setter = ProseSetter(self.fonts, max(FLOOR, size), self.language, self.rtl, prose.lenient)
            width = min(safe.width, 36 * setter.size)
            heights = [setter.prose_lines(text, width) * setter.prose_leading for text in texts]
            gap = 0.55 * setter.prose_leading
            height = sum(heights) + gap * (len(texts) - 1)
            if height <= safe.height or size <= FLOOR:
                break
            size *= 0.95
        made = Matter(fits=height <= safe.height)
        y = safe.y + max(0.0, 0.62 * (safe.height - height))
        x = safe.center.x - width / 2
        for number, (text, tall) in enumerate(zip(texts, heights, strict=True), 1):
            lines_count = setter.prose_lines(text, width)
            block = f"colophon.{number}"
            for _, item in setter.set(text, Rect(x, y, width, tall), 0, lines_count, self.palette.page_ink, block):
                made.items.append(_as(item, block))
            made.blocks.append(TextBlock(block, "colophon", plain(text)))
            y += tall + gap
        return made


def _as(item: TextItem, block: str) -> TextItem:
    return replace(item, role="colophon", block=block)


def _stacked(
    paragraph: Paragraph,
    frame: Rect,
    size: float,
    role: BlockKind,
    block: str,
    color: Color,
    outline: Color | None,
    outline_width: float,
    *,
    anchor: float,
) -> tuple[list[Item], float]:
    """A display text on centred, balanced lines, as large as fits into a frame but no larger than ``size``.

    ``anchor`` 0 hangs it from the frame's top, 1 stands it on the frame's foot. Also gives the y of its lower edge.
    """
    # Scripts without capitals reach below the line, and farther above it.
    reach = paragraph.ascent + paragraph.descent
    leading = max(1.02, 1.06 * reach) if paragraph.descent else 1.02
    alone = frame.width / paragraph.width(0, len(paragraph.words)) if paragraph.words else 0.0
    if KEEP_ONE * size <= alone < size:
        # Somewhat smaller letters on one line look better than two lines.
        size = alone * 0.999
    while size >= FLOOR:
        broken = breaks.even(paragraph, frame.width / size)
        if broken is not None:
            height = ((len(broken.lines) - 1) * leading + reach) * size
            if height <= frame.height:
                break
        size *= 0.95
    else:
        return [], frame.bottom
    top = frame.y + anchor * (frame.height - height)
    items: list[Item] = []
    for row, ((first, last), width) in enumerate(zip(broken.lines, broken.widths, strict=True)):
        items += set_line(
            paragraph.words[first:last],
            size=size,
            x=frame.center.x - width * size / 2,
            baseline=top + (paragraph.ascent + row * leading) * size,
            color=color,
            role=role,
            block=block,
            level=paragraph.level,
            outline=outline,
            outline_width=outline_width or (max(1.5, 0.09 * size) if outline else 0.0),
        )
    return items, top + height


def _filled(rect: Rect, color: Color) -> PathItem:
    return PathItem(rect=rect, role="rule", segments=rectangle(rect), fill=color)


def _halftone(page: Rect, color: Color) -> PathItem:
    """A field of dots that grow toward the page's foot, on a grid turned by 45 degrees, as printers screen a tint."""
    pitch = page.width / 26
    segments: list[Segment] = []
    top = page.y + 0.66 * page.height
    row = 0
    y = page.bottom
    while y > top:
        share = (y - top) / (page.bottom - top)
        radius = 0.5 * pitch * sqrt(share) * 0.92
        x = page.x + (pitch / 2 if row % 2 else 0.0)
        while x <= page.right + 1e-6 and radius > 0.4:
            segments += ellipse(Point(x, y), radius, radius)
            x += pitch
        y -= pitch / 2
        row += 1
    return PathItem(rect=page, role="ornament", segments=tuple(segments), fill=color)
