"""Words shaped and measured: spans become words of font runs, words become lines.

All measures are shares of the em, until a line is set at a size (``line.py``). Shaping is HarfBuzz's; a piece of text
is one font in one direction. Where a script needs more than a glyph for each character (Arabic), the piece
carries its glyphs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import uharfbuzz as hb

from novel.layout.bidi import embedding
from novel.layout.fonts import Chain, Face, FontSet, NoGlyphError
from novel.layout.page import Glyph
from novel.layout.scripts import script_in
from novel.layout.segment import SIMPLE_LIMIT, WIDE, break_points, phrase_ends
from novel.layout.wording import Span

_PLAIN_FEATURES = {"liga": False, "clig": False, "calt": False, "kern": True}
_EITHER = frozenset("\u2014\u2015\u2018\u2019\u201c\u201d\u2025\u2026\u22ef\u00b7")
"""Marks that Latin and East Asian fonts both have, and draw differently: a dash, quotes, an ellipsis, a dot."""
_MARKS = "\u200e\u200f\u061c"
"""Invisible marks that only tell a direction."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters in one font and one direction. ``glyphs`` stand in visual order; ``plain`` says that each character is
    its font's nominal glyph, so that a writer of files may draw characters."""

    text: str
    face: Face
    advances: tuple[float, ...]
    width: float
    level: int
    glyphs: tuple[Glyph, ...]
    plain: bool


@dataclass(frozen=True, slots=True)
class Word:
    """What no line break divides, and the space that follows it on a line (None: it abuts on the next word).

    ``phrase``: whether a phrase ends with it (a line may well end here) or goes on; None where nothing tells.
    """

    pieces: tuple[Piece, ...]
    width: float
    space: Piece | None
    text: str
    phrase: bool | None = None

    @property
    def gap(self) -> float:
        """The width of the space after it."""
        return self.space.width if self.space else 0.0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text ready to be broken. ``level`` is the direction of the whole: 0 left to right, 1 right to left."""

    words: tuple[Word, ...]
    level: int
    ascent: float
    """The height of its capitals (or of its tall letters), the top of the line as the eye sees it."""
    descent: float
    """How far it reaches below the baseline as the eye sees it: 0 in capitals."""
    bounds: tuple[float, float]
    """The fonts' ascent and descent: where marks may reach."""

    def width(self, first: int, last: int) -> float:
        """The width of a line that holds the words from ``first`` to ``last`` (exclusive)."""
        return sum(w.width + w.gap for w in self.words[first:last]) - self.words[last - 1].gap


def shape(text: str, face: Face, level: int, language: str = "en") -> Piece:
    """A text in one face, shaped as its language writes it. Known ones come from the face's memory."""
    key = (text, level, language)
    known = face.shaped.get(key)
    if isinstance(known, Piece):
        return known
    simple = all(ord(c) < SIMPLE_LIMIT or 0x2000 <= ord(c) < 0x2190 for c in text)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level & 1 else "ltr"
    # Left to itself HarfBuzz takes the language of whoever runs the program.
    buffer.language = language
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
    hb.shape(face.font, buffer, _PLAIN_FEATURES if simple else None)
    unit = 1 / face.units
    advances = [0.0] * len(text)
    glyphs: list[Glyph] = []
    plain = len(buffer.glyph_infos) == len(text)
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        advances[info.cluster] += position.x_advance * unit
        glyphs.append((info.codepoint, position.x_advance * unit, position.x_offset * unit, position.y_offset * unit))
        if (
            position.x_offset
            or position.y_offset
            or info.codepoint != face.font.get_nominal_glyph(ord(text[info.cluster]))
        ):
            plain = False
    piece = Piece(text, face, tuple(advances), sum(advances), level, tuple(glyphs), plain)
    face.shaped[key] = piece
    return piece


def compose(
    spans: Sequence[Span],
    fonts: FontSet,
    role: str = "hand",
    *,
    rtl: bool = False,
    bold: bool = False,
    italic: bool = False,
    capitals: bool = True,
) -> Paragraph:
    """The words of some spans, shaped. Emphasis is bold italic, in running text italic (roman where all is italic).

    ``rtl`` is the direction where no character decides it. Raises ``fonts.NoGlyphError``.
    """
    text, styles, level, levels = _directed(*_cleaned(spans), rtl)
    chains: dict[tuple[bool, bool], Chain] = {}
    for style in dict.fromkeys(styles):
        emphasis, barred = style
        if role == "prose":
            slant, weight = italic != emphasis, bold
        else:
            slant, weight = italic or emphasis, bold or emphasis
        chains[style] = fonts.chain("barred" if barred and fonts.barred and role == "hand" else role, weight, slant)
    words = tuple(_words(text, styles, levels, level, chains, fonts.language))
    pieces = [piece for word in words for piece in word.pieces]
    faces = [p.face for p in pieces] or [fonts.chain(role, bold, italic).faces[0]]
    extents = [_extent(p, capitals, fonts.language) for p in pieces] or [(faces[0].cap_height, 0.0)]
    ascent, descent = (max(side) for side in zip(*extents, strict=True))
    bounds = (max(f.ascent for f in faces), max(f.descent for f in faces))
    return Paragraph(words, level, ascent, descent, bounds)


def _extent(piece: Piece, capitals: bool, language: str) -> tuple[float, float]:
    """How far a piece reaches above and below the baseline as the eye sees it: in Latin, Greek and Cyrillic by the
    face's capitals and descenders; in other scripts, which have none, by ink: its own, and what the script's usual
    letters have, so that all lines of a book stand alike."""
    if not _other(piece.text):
        return piece.face.cap_height, 0.0 if capitals else 0.5 * piece.face.descent
    top, foot = _ink(piece)
    script = script_in(piece.text)
    if script is not None and script.sample:
        usual = _usual(piece.face, script.sample, piece.level, language)
        top, foot = max(top, usual[0]), max(foot, usual[1])
    return top, foot


@cache
def _usual(face: Face, sample: str, level: int, language: str) -> tuple[float, float]:
    if not all(face.has(c) for c in sample):
        return 0.0, 0.0
    return _ink(shape(sample, face, level, language))


def _ink(piece: Piece) -> tuple[float, float]:
    """How far the glyphs of a piece reach above and below the baseline."""
    unit = 1 / piece.face.units
    top = foot = 0.0
    for glyph, _, _, rise in piece.glyphs:
        extents = piece.face.font.get_glyph_extents(glyph)
        if extents is not None:
            top = max(top, extents.y_bearing * unit + rise)
            foot = max(foot, -(extents.y_bearing + extents.height) * unit - rise)
    return top, foot


def _other(text: str) -> bool:
    """Whether any of a text is beyond Latin, Greek and Cyrillic and their punctuation."""
    return any(ord(c) >= SIMPLE_LIMIT and not 0x2000 <= ord(c) < 0x2190 for c in text)


def _cleaned(spans: Sequence[Span]) -> tuple[str, list[tuple[bool, bool]]]:
    """The characters with their styles, without those that show nothing; fixed spaces as no-break spaces. Marks of
    direction stay until they have told it."""
    joins = _other("".join(span.text for span in spans))
    chars: list[str] = []
    styles: list[tuple[bool, bool]] = []
    for span in spans:
        for char in span.text:
            category = unicodedata.category(char)
            if category in ("Cc", "Cf") and not (joins and char in ("\u200c", "\u200d")) and char not in _MARKS:
                continue
            if 0xFE00 <= ord(char) <= 0xFE0F:
                continue
            chars.append("\u00a0" if category == "Zs" and char not in " \u3000" else char)
            styles.append((span.emphasis, span.barred))
    return "".join(chars), styles


def _directed(
    text: str, styles: list[tuple[bool, bool]], rtl: bool
) -> tuple[str, list[tuple[bool, bool]], int, list[int]]:
    """The paragraph's level and each character's, and the text without the marks that told them."""
    level, levels = embedding(text, rtl)
    if not any(mark in text for mark in _MARKS):
        return text, styles, level, levels
    kept = [i for i, char in enumerate(text) if char not in _MARKS]
    return "".join(text[i] for i in kept), [styles[i] for i in kept], level, [levels[i] for i in kept]


def _words(
    text: str,
    styles: list[tuple[bool, bool]],
    levels: list[int],
    base: int,
    chains: dict[tuple[bool, bool], Chain],
    language: str,
) -> Iterator[Word]:
    start = 0
    points = break_points(text)
    phrases = phrase_ends(text, language)
    wide = next((c for c in text if c >= WIDE), "")
    # The hyphen that doesn't break has done its work, and few fonts have it.
    text = text.replace("\u2011", "-")
    for end in points:
        stop = end
        while stop > start and text[stop - 1] == " ":
            stop -= 1
        if stop == start:
            start = end
            continue
        pieces: list[Piece] = []
        for (chosen, level), group in groupby(
            _faces(text, start, stop, styles, levels, chains, wide), key=lambda r: r[:2]
        ):
            pieces.append(shape("".join(run[2] for run in group), chosen, level, language))
        space = None
        if end > stop:
            # The space of the font that it follows, so that a run goes on over it.
            before = pieces[-1].face
            chosen = before if before.has(" ") else chains[styles[stop]].pick(" ")
            space = shape(" ", chosen, levels[stop] if end < len(text) else base, language)
        phrase = None if phrases is None else end in phrases
        yield Word(tuple(pieces), sum(p.width for p in pieces), space, text[start:stop], phrase)
        start = end


def _faces(
    text: str,
    start: int,
    stop: int,
    styles: list[tuple[bool, bool]],
    levels: list[int],
    chains: dict[tuple[bool, bool], Chain],
    wide: str,
) -> list[tuple[Face, int, str]]:
    """The face and level of each cluster of a word: one face for all of it in one style where any has it all; else
    each its own, but punctuation that of the letters beside it, or of the ideographs or kana in the text (``wide``)."""
    word = text[start:stop]
    if not wide or any(c.isascii() and c.isalpha() for c in word) or _EITHER.isdisjoint(word):
        wide = ""
    if len(set(styles[start:stop])) == 1 and len(set(levels[start:stop])) == 1:
        # Nearly every word: one style, one direction, one font.
        with suppress(NoGlyphError):
            return [(chains[styles[start]].pick(wide + word), levels[start], word)]
    clusters = list(_clusters(text, start, stop))
    whole: dict[tuple[bool, bool], Face | None] = {}
    for style in dict.fromkeys(styles[start:stop]):
        try:
            whole[style] = chains[style].pick(wide + "".join(c for c, at in clusters if styles[at] == style))
        except NoGlyphError:
            whole[style] = None
    faces: list[Face | None] = []
    for cluster, at in clusters:
        chosen = whole[styles[at]]
        if chosen is None and cluster[0].isalnum():
            chosen = chains[styles[at]].pick(cluster)
        faces.append(chosen)
    for i, (cluster, at) in enumerate(clusters):
        if faces[i] is None:
            beside = faces[i - 1] if i else next((f for f in faces if f is not None), None)
            fits = beside is not None and all(beside.has(c) for c in cluster)
            faces[i] = beside if fits else chains[styles[at]].pick(cluster)
    return [(f, levels[at], c) for f, (c, at) in zip(faces, clusters, strict=True) if f is not None]


def _clusters(text: str, start: int, stop: int) -> Iterator[tuple[str, int]]:
    """Each character with the marks and joiners that belong to it."""
    at = start
    while at < stop:
        end = at + 1
        while end < stop and (
            unicodedata.combining(text[end]) or unicodedata.category(text[end]) in ("Mn", "Mc", "Cf")
        ):
            end += 1
        yield text[at:end], at
        at = end
