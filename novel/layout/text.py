"""Words shaped and measured: spans become words of font runs, words become lines, lines become text items.

All measures are shares of the em until a line is set at a size. Shaping is HarfBuzz's; a piece of text is one font in
one direction. Where a script needs more than a glyph for each character (Arabic), the piece
carries its glyphs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

import uharfbuzz as hb

from novel.geometry import Rect
from novel.layout.fonts import Chain, Face, FontSet, NoGlyphError
from novel.layout.page import Color, Glyph, TextItem
from novel.layout.wording import Span

SIMPLE_LIMIT = 0x590
"""Below it (Latin, Greek, Cyrillic, Armenian) text runs left to right and breaks at spaces, hyphens and dashes."""
_PLAIN_FEATURES = {"liga": False, "clig": False, "calt": False, "kern": True}
_BREAK_AFTER = re.compile(r"(?<=[^\W\d])-(?=[^\W\d])|--+(?=\w)|(?<=\w)/(?=\w{3})")


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
    """What no line break divides, and the space that follows it on a line (None: it abuts on the next word)."""

    pieces: tuple[Piece, ...]
    width: float
    space: Piece | None
    text: str

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


def shape(text: str, face: Face, level: int) -> Piece:
    """A text in one face, shaped. Known ones come from the face's memory."""
    key = (text, bool(level & 1), False)
    known = face.shaped.get(key)
    if isinstance(known, Piece) and known.level == level:
        return known
    simple = all(ord(c) < SIMPLE_LIMIT or 0x2000 <= ord(c) < 0x2190 for c in text)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level & 1 else "ltr"
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
    text, styles = _cleaned(spans)
    level, levels = _levels(text, rtl)
    chains: dict[tuple[bool, bool], Chain] = {}
    for style in set(styles):
        emphasis, barred = style
        if role == "prose":
            slant, weight = italic != emphasis, bold
        else:
            slant, weight = italic or emphasis, bold or emphasis
        chains[style] = fonts.chain("barred" if barred and fonts.barred and role == "hand" else role, weight, slant)
    words = tuple(_words(text, styles, levels, level, chains))
    faces = {id(p.face): p.face for w in words for p in w.pieces}
    used = list(faces.values()) or [fonts.chain(role, bold, italic).faces[0]]
    ascent = max(f.cap_height for f in used)
    if any(ord(c) >= SIMPLE_LIMIT and not 0x2000 <= ord(c) < 0x2190 for c in text):
        # Scripts without capitals fill more of the em than a Latin capital does.
        ascent = max(ascent, *(0.8 * f.ascent for f in used))
        descent = max(0.6 * f.descent for f in used)
    else:
        descent = 0.0 if capitals else 0.5 * max(f.descent for f in used)
    bounds = (max(f.ascent for f in used), max(f.descent for f in used))
    return Paragraph(words, level, ascent, descent, bounds)


def _cleaned(spans: Sequence[Span]) -> tuple[str, list[tuple[bool, bool]]]:
    """The characters with their styles, without those that show nothing; fixed spaces as no-break spaces."""
    whole = "".join(span.text for span in spans)
    joins = any(ord(c) >= SIMPLE_LIMIT and not 0x2000 <= ord(c) < 0x2190 for c in whole)
    chars: list[str] = []
    styles: list[tuple[bool, bool]] = []
    for span in spans:
        for char in span.text:
            category = unicodedata.category(char)
            if category in ("Cc", "Cf") and not (joins and char in "\u200c\u200d"):
                continue
            if 0xFE00 <= ord(char) <= 0xFE0F:
                continue
            chars.append("\u00a0" if category == "Zs" and char not in " \u3000" else char)
            styles.append((span.emphasis, span.barred))
    return "".join(chars), styles


def _levels(text: str, rtl: bool) -> tuple[int, list[int]]:
    """The paragraph's level and each character's, by the Unicode bidirectional algorithm."""
    if not rtl and not any(ord(c) >= SIMPLE_LIMIT and unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text):
        return 0, [0] * len(text)
    strong = (unicodedata.bidirectional(c) for c in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "R" if rtl else "L")
    base = int(first != "L")
    if not base and not any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text):
        return 0, [0] * len(text)
    from bidi import algorithm  # noqa: PLC0415 - only right-to-left text needs it

    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, ("L", "R")[base]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    levels = [char["level"] for char in storage["chars"]]
    return base, levels if len(levels) == len(text) else [base] * len(text)


def break_points(text: str) -> list[int]:
    """Where a line may end: the indices after the last character of each unbreakable stretch, its space included.

    Text that is Latin, Greek or Cyrillic breaks after spaces, hyphens between letters and dashes; any other by
    Unicode's line breaking rules (UAX 14).
    """
    if all(ord(c) < SIMPLE_LIMIT or 0x2010 <= ord(c) <= 0x2044 or c == "\u20ac" for c in text):
        points = {m.end() for m in re.finditer(r" +", text)} | {m.end() for m in _BREAK_AFTER.finditer(text)}
        points = {p for p in points if 0 < p < len(text)}
    else:
        from uniseg.linebreak import line_break_units  # noqa: PLC0415 - heavy, and only other scripts need it

        points, at = set(), 0
        for unit in line_break_units(text):
            at += len(unit)
            points.add(at)
    return [*sorted(points - {len(text)}), len(text)] if text else []


def _words(
    text: str,
    styles: list[tuple[bool, bool]],
    levels: list[int],
    base: int,
    chains: dict[tuple[bool, bool], Chain],
) -> Iterator[Word]:
    start = 0
    points = break_points(text)
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
        for (chosen, level), group in groupby(_faces(text, start, stop, styles, levels, chains), key=lambda r: r[:2]):
            pieces.append(shape("".join(run[2] for run in group), chosen, level))
        space = None
        if end > stop:
            # The space of the font that it follows, so that a run goes on over it.
            before = pieces[-1].face
            chosen = before if before.has(" ") else chains[styles[stop]].pick(" ")
            space = shape(" ", chosen, levels[stop] if end < len(text) else base)
        yield Word(tuple(pieces), sum(p.width for p in pieces), space, text[start:stop])
        start = end


def _faces(
    text: str,
    start: int,
    stop: int,
    styles: list[tuple[bool, bool]],
    levels: list[int],
    chains: dict[tuple[bool, bool], Chain],
) -> list[tuple[Face, int, str]]:
    """The face and level of each cluster of a word: one face for all of it in one style where any has it all; else
    each its own, but punctuation that of the letters beside it."""
    word = text[start:stop]
    if len(set(styles[start:stop])) == 1 and len(set(levels[start:stop])) == 1:
        # Nearly every word: one style, one direction, one font.
        with suppress(NoGlyphError):
            return [(chains[styles[start]].pick(word), levels[start], word)]
    clusters = list(_clusters(text, start, stop))
    whole: dict[tuple[bool, bool], Face | None] = {}
    for style in dict.fromkeys(styles[start:stop]):
        try:
            whole[style] = chains[style].pick("".join(c for c, at in clusters if styles[at] == style))
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


def set_line(
    words: Sequence[Word],
    *,
    size: float,
    x: float,
    baseline: float,
    color: Color,
    role: str,
    block: str,
    level: int = 0,
    stretch: float = 0.0,
    angle: float = 0.0,
    outline: Color | None = None,
    outline_width: float = 0.0,
) -> list[TextItem]:
    """The text items of one line whose left end is at ``x``. ``stretch`` (points) is added to every space of it."""
    pieces: list[tuple[Piece, float]] = []
    for i, word in enumerate(words):
        pieces += [(piece, 0.0) for piece in word.pieces]
        if word.space and i < len(words) - 1:
            pieces.append((word.space, stretch))
    items: list[TextItem] = []
    for run in _runs(_visual(pieces)):
        item = _item(run, size, x, baseline, color, role, block, angle, outline, outline_width)
        items.append(item)
        x += item.width
    if level & 1 or any(piece.level for piece, _ in pieces):
        # Files hold the runs as they are read, wherever they stand on the line.
        order = {id(piece): i for i, (piece, _) in enumerate(pieces)}
        firsts = [min(order[id(p)] for p, _ in run) for run in _runs(_visual(pieces))]
        items = [item for _, item in sorted(zip(firsts, items, strict=True), key=lambda pair: pair[0])]
    return items


def _visual(pieces: list[tuple[Piece, float]]) -> list[tuple[Piece, float]]:
    """Reordered from left to right (rule L2 of the bidirectional algorithm)."""
    highest = max((piece.level for piece, _ in pieces), default=0)
    out = list(pieces)
    for level in range(highest, 0, -1):
        at = 0
        while at < len(out):
            end = at
            while end < len(out) and out[end][0].level >= level:
                end += 1
            out[at:end] = reversed(out[at:end])
            at = max(end, at + 1)
    return out


def _runs(pieces: list[tuple[Piece, float]]) -> list[list[tuple[Piece, float]]]:
    runs: list[list[tuple[Piece, float]]] = []
    for piece, extra in pieces:
        if runs and runs[-1][-1][0].face is piece.face and runs[-1][-1][0].level == piece.level:
            runs[-1].append((piece, extra))
        else:
            runs.append([(piece, extra)])
    return runs


def _item(
    run: list[tuple[Piece, float]],
    size: float,
    x: float,
    baseline: float,
    color: Color,
    role: str,
    block: str,
    angle: float,
    outline: Color | None,
    outline_width: float,
) -> TextItem:
    face = run[0][0].face
    rtl = bool(run[0][0].level & 1)
    advances: list[float] = []
    for piece, extra in reversed(run) if rtl else run:
        scaled = [advance * size for advance in piece.advances]
        scaled[-1] += extra
        advances += scaled
    glyphs: tuple[Glyph, ...] = ()
    if not all(piece.plain for piece, _ in run):
        glyphs = tuple(
            (gid, advance * size + (extra if i == len(piece.glyphs) - 1 else 0.0), dx * size, dy * size)
            for piece, extra in run
            for i, (gid, advance, dx, dy) in enumerate(piece.glyphs)
        )
    width = sum(advances)
    text = "".join(piece.text for piece, _ in (reversed(run) if rtl else run))
    top = baseline - face.ascent * size
    rect = Rect(x, top, width, (face.ascent + face.descent) * size)
    return TextItem(
        rect=rect,
        role=role,
        text=text,
        font=face.embedded,
        size=size,
        color=color,
        x=x,
        baseline=baseline,
        width=width,
        advances=tuple(advances),
        block=block,
        angle=angle,
        outline=outline,
        outline_width=outline_width,
        rtl=rtl,
        glyphs=glyphs,
    )
