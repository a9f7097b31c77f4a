"""Fonts inside a PDF: which code of which subset shows a character or a glyph, and what it is read as."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from reportlab.pdfbase.ttfonts import TTFont

from novel.errors import OutputError
from novel.layout.page import FontFace, TextItem

_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
"""Brackets as they look in a run from right to left (Unicode, BidiMirroring)."""
_PRIVATE = 0xF0000
"""Where the codes begin for glyphs that no character names: Unicode's first private plane."""

Code = tuple[str, int, float] | None
"""The resource name of a font's subset, a code in it, and its glyph's own advance in points; None shows nothing."""


class Fonts:
    """The document's fonts, each embedded as subsets of the glyphs that are drawn."""

    def __init__(self, document: Any, language: str) -> None:
        self._document = document
        self._language = language
        self._fonts: dict[FontFace, TTFont] = {}
        self._names: set[bytes] = set()
        self._private: dict[tuple[FontFace, int, str], int] = {}
        self._meanings: dict[int, str] = {}
        self._shapers: dict[FontFace, Any] = {}

    def font(self, face: FontFace) -> TTFont:
        """The font for a face. Raises OutputError where its file is no TrueType font."""
        font = self._fonts.get(face)
        if font is None:
            try:
                font = TTFont(f"{face.name} {len(self._fonts)}", str(face.path), asciiReadable=False, shapable=False)
            except Exception as error:  # reportlab raises many kinds for a malformed file.
                raise OutputError(
                    f"The font {face.name} can't be embedded: {error}", "Choose a TrueType font (.ttf)."
                ) from error
            # Two files with one PostScript name would be taken for each other.
            while font.face.name in self._names:
                font.face.name += b"-2"
            self._names.add(font.face.name)
            self._fonts[face] = font
        return font

    def codes(self, item: TextItem) -> list[Code]:
        """What shows each character of a run; None for one that nothing shows (a joiner, a selector).

        Raises OutputError for a character that the font doesn't have.
        """
        face = self.font(item.font).face
        characters: list[int | None] = []
        missing: set[str] = set()
        for char in item.text.translate(_MIRRORED) if item.rtl else item.text:
            # reportlab shows a no-break space as a space.
            code = 32 if char == "\u00a0" else ord(char)
            if code not in face.charToGlyph:
                category = unicodedata.category(char)
                if category == "Zs" and 32 in face.charToGlyph:
                    code = 32
                elif category in ("Zs", "Cf", "Cc") or 0xFE00 <= code <= 0xFE0F:
                    characters.append(None)
                    continue
                else:
                    missing.add(char)
            characters.append(code)
        if missing:
            names = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in sorted(missing))
            raise OutputError(
                f"The font {item.font.name} has no glyph for {names}.",
                f"Change the words {item.text.strip()!r} or choose another font.",
            )
        return self._assign(item, characters)

    def glyph_codes(self, item: TextItem) -> list[tuple[Code, bool]]:
        """What shows each glyph of a shaped run, and whether it tells a letter (a mark is told by its letter). A glyph
        that no character names gets a private code, whose meaning is noted for the font's map to Unicode."""
        face = self.font(item.font).face
        characters: list[int | None] = []
        said = self._said(item)
        for (glyph, *_), meaning in zip(item.glyphs, said, strict=True):
            named = face.glyphToChar.get(glyph, ())
            if len(meaning) == 1 and ord(meaning) in named:
                characters.append(ord(meaning))
                continue
            key = (item.font, glyph, meaning)
            if key not in self._private:
                self._private[key] = _PRIVATE + len(self._private)
                face.charToGlyph[self._private[key]] = glyph
                face.charWidths[self._private[key]] = self._glyph_width(item.font, glyph)
                self._meanings[self._private[key]] = meaning
            characters.append(self._private[key])
        return list(zip(self._assign(item, characters), map(bool, said), strict=True))

    def embed(self) -> None:
        """Put the subsets into the document, once all pages are drawn, each with a map to Unicode."""
        for font in self._document.delayedFonts:
            font.addObjects(self._document)
        # Mend reportlab's maps: private codes mean what their glyphs stand for, and characters beyond the basic plane
        # are named by their UTF-16 halves.
        for name in [n for n in self._document.idToObject if n.startswith("toUnicodeCMap:")]:
            stream = self._document.idToObject[name]
            stream.content = "\n".join(self._mended(line) for line in stream.content.split("\n"))

    def _mended(self, line: str) -> str:
        code, between, value = line.partition("> <")
        if not between or len(value) <= 5:
            return line
        point = int(value[:-1], 16)
        text = self._meanings.get(point, chr(point)) or "\u200d"  # A glyph that adds nothing: a joiner.
        return f"{code}> <{text.encode('utf-16-be').hex().upper()}>"

    def _said(self, item: TextItem) -> list[str]:
        """The characters that each glyph of a shaped run stands for: those of its letter, marks included, told by the
        letter's widest glyph. A mark of its own would stand on another line to readers that go by places.

        From right to left they are told backwards, since readers turn round all that they find on such a line.
        """
        import uharfbuzz  # noqa: PLC0415 - only shaped scripts need it

        buffer = uharfbuzz.Buffer()
        buffer.add_str(item.text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if item.rtl else "ltr"
        buffer.language = self._language
        buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_GRAPHEMES
        uharfbuzz.shape(self._shaper(item.font), buffer)
        infos = buffer.glyph_infos
        if [info.codepoint for info in infos] != [glyph for glyph, *_ in item.glyphs]:
            # Shaped in pieces that don't add up to the whole: the first glyph tells all.
            unknown = [""] * len(item.glyphs)
            unknown[-1 if item.rtl else 0] = item.text[::-1] if item.rtl else item.text
            return unknown
        starts = sorted({info.cluster for info in infos})
        ends = dict(zip(starts, [*starts[1:], len(item.text)], strict=True))
        tellers: dict[int, int] = {}
        for i, (info, glyph) in enumerate(zip(infos, item.glyphs, strict=True)):
            teller = tellers.setdefault(info.cluster, i)
            if glyph[1] > item.glyphs[teller][1]:
                tellers[info.cluster] = i
        said = [""] * len(infos)
        for start, teller in tellers.items():
            meaning = item.text[start : ends[start]]
            said[teller] = meaning[::-1] if item.rtl else meaning
        return said

    def _assign(self, item: TextItem, characters: Sequence[int | None]) -> list[Code]:
        font = self.font(item.font)
        shown = "".join(chr(code) for code in characters if code is not None)
        codes: list[tuple[str, int]] = []
        for subset, chars in font.splitString(shown, self._document):
            name = font.getSubsetInternalName(subset, self._document)
            codes += [(name, code) for code in chars]
        rest = iter(codes)
        scale = item.size / 1000
        return [None if c is None else (*next(rest), font.face.getCharWidth(c) * scale) for c in characters]

    def _shaper(self, face: FontFace) -> Any:
        import uharfbuzz  # noqa: PLC0415 - only shaped scripts need it

        if face not in self._shapers:
            self._shapers[face] = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(face.path))))
        return self._shapers[face]

    def _glyph_width(self, face: FontFace, glyph: int) -> float:
        shaper = self._shaper(face)
        return float(shaper.get_glyph_h_advance(glyph)) * 1000 / float(shaper.face.upem)
