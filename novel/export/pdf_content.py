"""A page's content stream: pictures, outlines and runs of text as PDF operators (ISO 32000-1, 8 and 9).

PDF's y grows upward from the foot of the media box; the page's grows downward from the top of the trim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, radians, sin

from novel.export.outline import number, outline_text
from novel.export.pdf_fonts import Fonts
from novel.layout.page import Color, ImageItem, PageLayout, PathItem, TextItem

_FORMS = {"M": "%.2f %.2f m", "L": "%.2f %.2f l", "C": "%.2f %.2f %.2f %.2f %.2f %.2f c", "Z": "h"}
"""Segments as PDF's path operators."""
_SLACK = 0.0005
"""Points by which a glyph may stand off before it is moved into place: below what any device shows."""


class Content:
    """Collects a page's operators."""

    def __init__(self, page: PageLayout, fonts: Fonts, picture: Callable[[str], str]) -> None:
        self._bleed = page.bleed
        self._height = page.trim.height + page.bleed
        self._fonts = fonts
        self._picture = picture
        self._parts: list[str] = []
        width, height = page.trim.width + 2 * page.bleed, page.trim.height + 2 * page.bleed
        self.begin("/Artifact BMC")
        self._parts.append(f"q {_rgb(page.background)} rg {_row(0, 0, width, height)} re f Q")
        self.end()

    def begin(self, tag: str) -> None:
        """Open a marked-content sequence."""
        self._parts.append(tag)

    def end(self) -> None:
        """Close the marked-content sequence."""
        self._parts.append("EMC")

    def text(self) -> str:
        """The whole content stream."""
        return "\n".join(self._parts) + "\n"

    def _x(self, x: float) -> float:
        return x + self._bleed

    def _y(self, y: float) -> float:
        return self._height - y

    def image(self, item: ImageItem) -> None:
        """Draw a picture: the whole is placed so that its ``source`` fills the rectangle, which clips it."""
        name = self._picture(item.sha256)
        rect, source = item.rect, item.source
        width, height = rect.width / source.width, rect.height / source.height
        left, bottom = rect.x - source.x * width, rect.y + (1 - source.y) * height
        clip = _row(self._x(rect.x), self._y(rect.bottom), rect.width, rect.height)
        place = _row(width, 0, 0, height, self._x(left), self._y(bottom))
        self._parts.append(f"q {clip} re W n {place} cm /{name} Do Q")

    def path(self, item: PathItem) -> None:
        """Fill and stroke an outline, with round joins."""
        stroked = item.stroke is not None and item.stroke_width > 0
        if item.fill is None and not stroked:
            return
        parts = ["q"]
        if item.fill is not None:
            parts.append(f"{_rgb(item.fill)} rg")
        if stroked and item.stroke is not None:
            parts.append(f"{_rgb(item.stroke)} RG {number(item.stroke_width)} w 1 j")
            if item.dash:
                parts.append(f"[{_row(*item.dash)}] 0 d")
        # The page's own coordinates, y downward.
        parts.append(f"{_row(1, 0, 0, -1, self._bleed, self._height)} cm")
        parts.append(outline_text(item.segments, _FORMS))
        parts.append("B" if item.fill is not None and stroked else "f" if item.fill is not None else "S")
        parts.append("Q")
        self._parts.append(" ".join(parts))

    def _glyphs(self, item: TextItem) -> list[_Glyph]:
        """Each glyph with its place, in the order in which they stand from left to right."""
        placed: list[_Glyph] = []
        at = 0.0
        if item.glyphs:
            for (shaped, tells), (_, advance, dx, dy) in zip(self._fonts.glyph_codes(item), item.glyphs, strict=True):
                if shaped is not None:
                    # A run from left to right tells its text as a whole.
                    placed.append((*shaped, at + dx, dy, tells or not item.rtl))
                at += advance
            return placed
        for code, advance in zip(self._fonts.codes(item), item.advances, strict=True):
            if item.rtl:
                at -= advance
            if code is not None:
                placed.append((*code, at + item.width if item.rtl else at, 0.0, True))
            if not item.rtl:
                at += advance
        return placed[::-1] if item.rtl else placed

    def run(self, item: TextItem) -> None:
        """Show a run of text, each glyph at its place; its outline, if any, is stroked beneath it first."""
        if not item.text:
            return
        if len(item.advances) != len(item.text):
            raise ValueError(f"{len(item.advances)} advances for {len(item.text)} characters: {item.text!r}")
        angle = radians(item.angle)
        c, s = cos(angle), sin(angle)
        turn = " ".join(number(v, 6) for v in (c, -s, s, c))
        matrix = f"{turn} {_row(self._x(item.x), self._y(item.baseline))} Tm"
        shown = _show(self._glyphs(item), item.size)
        if item.outline is not None and item.outline_width > 0:
            # Said to be no text, so that what is copied or read aloud comes once, from the fill.
            stroke = f"{_rgb(item.outline)} RG {number(item.outline_width)} w 1 j 1 Tr"
            self._parts.append(f"/Span << /ActualText () >> BDC q {stroke} BT {matrix} {shown} ET Q EMC")
        fill = f"BT {_rgb(item.color)} rg {matrix} {shown} ET"
        if item.angle % 90 or (item.glyphs and not item.rtl):
            # Readers collect letters into words along the page's axes; a slanted word is told to them in whole. So is
            # a script whose glyphs stand in another order than its letters. From right to left it would be turned
            # round by readers that take all they find to be in visual order; there the glyphs tell their letters.
            fill = f"/Span << /ActualText <{_utf16(item.text)}> >> BDC {fill} EMC"
        self._parts.append(fill)


_Glyph = tuple[str, int, float, float, float, bool]
"""Subset, code, the glyph's own advance, where it stands from the run's left end, how far above the baseline, and
whether it tells a letter of the text."""


def _show(glyphs: Sequence[_Glyph], size: float) -> str:
    """Operators that select the subsets and show the glyphs; TJ moves the pen wherever a glyph's own advance is off."""
    parts: list[str] = []
    array: list[str] = []
    text = bytearray()
    selected = ""
    raised = "0"
    pen = 0.0

    def flush_text() -> None:
        if text:
            array.append(f"<{text.hex()}>")
            text.clear()

    def flush() -> None:
        flush_text()
        if array:
            parts.append(f"[{''.join(array)}] TJ")
            array.clear()

    for name, code, own, at, rise, tells in glyphs:
        if name != selected:
            flush()
            parts.append(f"{name} {number(size)} Tf")
            selected = name
        if number(rise) != raised:
            flush()
            raised = number(rise)
            parts.append(f"{raised} Ts")
        if abs(pen - at) > _SLACK:
            flush_text()
            move = number((pen - at) / size * 1000, 2)
            array.append(f" {move} ")
            pen -= float(move) * size / 1000
        if tells:
            text.append(code)
        else:
            # A mark above or below its letter would be a line of its own to readers that go by places.
            flush()
            parts.append(f"/Span << /ActualText () >> BDC <{code:02x}> Tj EMC")
        pen += own
    flush()
    if raised != "0":
        parts.append("0 Ts")
    return " ".join(parts)


def _row(*values: float) -> str:
    return " ".join(number(value) for value in values)


def _utf16(text: str) -> str:
    return f"FEFF{text.encode('utf-16-be').hex().upper()}"


def _rgb(color: Color) -> str:
    return " ".join(number(int(color[i : i + 2], 16) / 255, 4) for i in (1, 3, 5))
