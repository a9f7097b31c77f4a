"""Font files: what they cover, their measures, and which one sets which character.

Fonts are read with HarfBuzz alone. A face is loaded once per process. Which face sets a character is decided by a
chain: the style's own face, the faces that the style names as fallbacks, the bundled ones, then the system's fonts for
the scripts that no bundled font has. A face that stands in for another is set at the size at which both look equally
large.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import uharfbuzz as hb

from novel.layout.page import FontFace
from novel.layout.scripts import Script, bold_file, script_in, script_of, system_files

FOLDER = Path(__file__).parent.parent / "data" / "fonts"


LEAST_SCALE, GREATEST_SCALE = 0.85, 1.35
"""How far a face's size may be changed to look as large as another: beyond that its strokes look thin or heavy."""


class Face:
    """A font file with its measures. Lengths are shares of the em of the face that leads: multiply by the size.

    ``scale`` is the face's own em in shares of that: its glyphs are drawn at ``scale`` times the size, and every
    measure here has it in it. ``thickened``: it stands in for a bold face that is not there, and gets a stroke in the
    text's own colour.
    """

    def __init__(self, path: Path, scale: float = 1.0, thickened: bool = False) -> None:
        face = hb.Face(hb.Blob.from_file_path(str(path)), 0)
        self.path = path
        self.scale = scale
        self.thickened = thickened
        self.font = hb.Font(face)
        self.units = face.upem / scale
        """Font units in an em of the face that leads."""
        name = face.get_name(hb.OTNameIdPredefined.POSTSCRIPT_NAME) or path.stem
        self.embedded = FontFace(name, path)
        self.outlines = "glyf" in face.table_tags
        """Whether it has TrueType outlines, the only ones that are embedded in a PDF."""
        self.sound = face.glyph_count > 0 and "cmap" in face.table_tags
        """Whether it is a font at all."""
        extents = self.font.get_font_extents("ltr")
        self.ascent = extents.ascender / self.units
        self.descent = -extents.descender / self.units
        self.cap_height = self._metric(hb.OTMetricsTag.CAP_HEIGHT, "H")
        self.x_height = self._metric(hb.OTMetricsTag.X_HEIGHT, "x")
        self._glyphs: dict[str, bool] = {}
        self.shaped: dict[tuple[str, int, str], object] = {}
        """Shaped strings, kept by ``text``; a face lives as long as the process, and words recur."""

    def _metric(self, tag: hb.OTMetricsTag, letter: str) -> float:
        value = self.font.get_metric_position(tag)
        if value:
            return float(value / self.units)
        return self.height(letter) or 0.7 * self.scale

    def height(self, letter: str) -> float:
        """How high a letter reaches above the baseline; 0 where the font doesn't have it."""
        glyph = self.font.get_nominal_glyph(ord(letter))
        extents = self.font.get_glyph_extents(glyph) if glyph else None
        return float(extents.y_bearing / self.units) if extents else 0.0

    def has(self, char: str) -> bool:
        """Whether the font can set a character. What no font shows (joiners, selectors) is never missing."""
        known = self._glyphs.get(char)
        if known is None:
            known = bool(self.font.get_nominal_glyph(ord(char))) or unicodedata.category(char) in ("Cf", "Zs", "Cc")
            known = known or 0xFE00 <= ord(char) <= 0xFE0F
            self._glyphs[char] = known
        return known


@cache
def face(path: Path, scale: float = 1.0, thickened: bool = False) -> Face:
    """The face of a file at a scale, loaded once."""
    return Face(path, scale, thickened)


def matched_scale(candidate: Face, leader: Face, script: Script | None) -> float:
    """The scale at which ``candidate`` looks as large as ``leader``.

    Their capitals become equally tall; in a script without capitals a typical letter gets its share of the leader's
    capital, or its height in the leader where that has the script too.
    """
    if script is not None and script.letter and (own := candidate.height(script.letter)):
        wanted = leader.height(script.letter) or script.share * leader.cap_height
    else:
        # Drawn capitals tell more truly than what a font says of itself.
        own, wanted = (f.height("H") or f.cap_height for f in (candidate, leader))
    # Hundredths, so that two faces that differ by less than anyone sees keep the size that was asked for.
    return round(min(GREATEST_SCALE, max(LEAST_SCALE, wanted / own)), 2)


@dataclass(frozen=True, slots=True)
class Family:
    """The cuts of a bundled family: file stems by (bold, italic). A cut that is not there gives way to its nearest."""

    name: str
    cuts: tuple[tuple[bool, bool, str], ...]

    def cut(self, bold: bool, italic: bool) -> Face | None:
        """The face of exactly this cut."""
        for b, i, file in self.cuts:
            if (b, i) == (bold, italic):
                return face(FOLDER / file)
        return None

    def nearest(self, bold: bool, italic: bool) -> Face:
        """The face that comes nearest to this cut: a wrong slant before a wrong weight."""
        _, file = min(((b != bold) * 2 + (i != italic), file) for b, i, file in self.cuts)
        return face(FOLDER / file)


def _four(folder: str, name: str) -> tuple[tuple[bool, bool, str], ...]:
    cuts = ((False, False, "Regular"), (False, True, "Italic"), (True, False, "Bold"), (True, True, "BoldItalic"))
    return tuple((b, i, f"{folder}/{name}-{cut}.ttf") for b, i, cut in cuts)


FAMILIES = {
    family.name: family
    for family in (
        Family("comic-neue", _four("comic-neue", "ComicNeue")),
        Family("novel-lettering", _four("novel-lettering", "NovelLettering")),
        Family(
            "comic-relief",
            (
                (False, False, "comic-relief/ComicRelief-Regular.ttf"),
                (True, False, "comic-relief/ComicRelief-Bold.ttf"),
            ),
        ),
        Family("patrick-hand", ((False, False, "patrick-hand/PatrickHand-Regular.ttf"),)),
        Family("bangers", ((True, False, "bangers/Bangers-Regular.ttf"),)),
        Family(
            "source-serif-4",
            (
                (False, False, "source-serif-4/SourceSerif4-Regular.ttf"),
                (False, True, "source-serif-4/SourceSerif4-Italic.ttf"),
                (True, False, "source-serif-4/SourceSerif4-Bold.ttf"),
            ),
        ),
    )
}


def named_font(name: str, folder: Path) -> Path | None:
    """The file that a style means by a fallback's name: a file beside the style, a bundled family, or a system font by
    its file name or its family's (``Noto Sans Arabic``)."""
    if name in FAMILIES:
        return FAMILIES[name].nearest(False, False).path
    beside = folder / name
    if beside.is_file():
        return beside
    squeezed = name.replace(" ", "")
    for file in (name, f"{squeezed}-Regular.ttf", f"{squeezed}.ttf", f"{squeezed}-Regular.otf", f"{squeezed}.ttc"):
        if file in system_files():
            return system_files()[file]
    return None


class NoGlyphError(Exception):
    """No font has a character."""

    def __init__(self, char: str, language: str = "") -> None:
        super().__init__(char)
        self.char = char
        self.language = language

    @property
    def message(self) -> str:
        """What is wrong, with the code point and its name."""
        name = unicodedata.name(self.char, "a character without a name")
        return f"no font has U+{ord(self.char):04X} {name} ({self.char})"

    @property
    def hint(self) -> str:
        """The cure: a package where one is known to help, else a fallback font of the writer's own."""
        script = script_of(self.char)
        name = "ame a TrueType font that has it in the style's lettering.fallback."
        if script is None:
            return f"N{name}"
        package = script.package_for(self.char, self.language)
        return f"Install a font that has it (Debian: apt install {package}), or n{name}"


@dataclass(slots=True)
class Chain:
    """Faces in the order in which they are asked for a character.

    ``leader`` is the face that all others are to look as large as (None: the first). ``bold``, ``text`` (for running
    text) and ``language`` tell which of the system's fonts are looked for.
    """

    faces: tuple[Face, ...]
    leader: Face | None = None
    bold: bool = False
    text: bool = False
    language: str = ""
    _found: dict[str, Face] = field(default_factory=dict)

    def pick(self, cluster: str) -> Face:
        """The first face that has every character of a cluster (a letter and its marks).

        Raises ``NoGlyphError`` where neither the chain nor the system has one.
        """
        found = self._found.get(cluster)
        if found is None:
            found = self._search(cluster)
            self._found[cluster] = found
        return found

    def _search(self, cluster: str) -> Face:
        for candidate in self.faces:
            if all(candidate.has(c) for c in cluster):
                return self._matched(candidate, cluster)
        lacking = next((c for c in cluster if not any(f.has(c) for f in self.faces)), cluster[0])
        script = script_of(lacking)
        for file in script.files_for(self.language, text=self.text) if script else ():
            path = system_files().get(file)
            if path is None:
                continue
            for candidate in (face((self.bold and bold_file(path)) or path), face(path)):
                if candidate.outlines and all(candidate.has(c) for c in cluster):
                    return self._matched(candidate, cluster)
        raise NoGlyphError(lacking, self.language)

    def _matched(self, candidate: Face, cluster: str) -> Face:
        """The face at the scale at which the cluster looks as large as the leader's letters."""
        leader = self.leader or self.faces[0]
        if candidate is leader:
            return candidate
        bundled = FOLDER in candidate.path.parents
        thickened = self.bold and not bundled and "bold" not in candidate.embedded.name.lower()
        return face(candidate.path, matched_scale(candidate, leader, script_in(cluster)), thickened)


_AFTER = ("novel-lettering", "comic-relief", "patrick-hand", "source-serif-4")
"""The bundled families that stand in for one another, in this order."""


def _family(font: str | Path) -> Family:
    return Family(str(font), ((False, False, str(font)),)) if isinstance(font, Path) else FAMILIES[font]


class FontSet:
    """The chains of faces that a style sets its words in. Fonts are bundled families by name, or files."""

    def __init__(
        self,
        font: str | Path,
        prose: str | Path = "",
        *,
        caps: bool = True,
        fallback: tuple[Path, ...] = (),
        language: str = "en",
    ) -> None:
        self.language = language
        """The book's language (BCP 47), which decides between fonts, between forms of a letter, and where lines end."""
        hand = "novel-lettering" if font == "comic-neue" and caps else font
        self.barred = hand == "novel-lettering"
        """Whether the dialogue's face has a plain I, and the barred one of the pronoun comes from another."""
        self._first = {
            "hand": _family(hand),
            "barred": FAMILIES["comic-neue"],
            "prose": _family(prose or "source-serif-4"),
            "display": FAMILIES["bangers"],
        }
        self._further = fallback
        self._chains: dict[tuple[str, bool, bool], Chain] = {}

    def chain(self, role: str, bold: bool = False, italic: bool = False) -> Chain:
        """The chain for a role: ``hand`` (dialogue), ``barred`` (the pronoun I), ``prose``, ``display``."""
        key = (role, bold, italic)
        if key not in self._chains:
            first = self._first[role]
            order = ("source-serif-4", "comic-relief", "patrick-hand") if role == "prose" else _AFTER
            faces: list[Face] = []
            if exact := first.cut(bold, italic):
                faces.append(exact)
            elif role == "hand" and (bold or italic):
                # A hand with one weight borrows the emphasis of one that has it; it must stand out above all.
                faces.append(FAMILIES["novel-lettering" if self.barred else "comic-neue"].nearest(bold, italic))
            faces.append(first.nearest(bold, italic))
            faces += [face((bold and bold_file(path)) or path) for path in self._further]
            faces += [FAMILIES[name].nearest(bold, italic) for name in order if name != first.name]
            leader = self._first["hand" if role == "barred" else role].nearest(bold, italic)
            self._chains[key] = Chain(tuple(dict.fromkeys(faces)), leader, bold, role == "prose", self.language)
        return self._chains[key]
