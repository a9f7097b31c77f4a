"""Font files: what they cover, their measures, and which one sets which character.

Fonts are read with HarfBuzz alone. A face is loaded once per process. Which face sets a character is decided by a
chain: the style's own face, the faces that the style names as fallbacks, the bundled ones, then the system's fonts for
the scripts that no bundled font has.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import uharfbuzz as hb

from novel.layout.page import FontFace

FOLDER = Path(__file__).parent.parent / "data" / "fonts"


class Face:
    """A font file with its measures. Lengths are shares of the em: multiply by the size."""

    def __init__(self, path: Path, index: int = 0) -> None:
        face = hb.Face(hb.Blob.from_file_path(str(path)), index)
        self.path = path
        self.font = hb.Font(face)
        self.units = face.upem
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
        self.shaped: dict[tuple[str, bool, bool], object] = {}
        """Shaped strings, kept by ``text``; a face lives as long as the process, and words recur."""

    def _metric(self, tag: hb.OTMetricsTag, letter: str) -> float:
        value = self.font.get_metric_position(tag)
        if not value:
            glyph = self.font.get_nominal_glyph(ord(letter))
            extents = self.font.get_glyph_extents(glyph) if glyph else None
            value = extents.y_bearing if extents else 0.7 * self.units
        return float(value / self.units)

    def has(self, char: str) -> bool:
        """Whether the font can set a character. What no font shows (joiners, selectors) is never missing."""
        known = self._glyphs.get(char)
        if known is None:
            known = bool(self.font.get_nominal_glyph(ord(char))) or unicodedata.category(char) in ("Cf", "Zs", "Cc")
            known = known or 0xFE00 <= ord(char) <= 0xFE0F
            self._glyphs[char] = known
        return known


@cache
def face(path: Path) -> Face:
    """The face of a file, loaded once."""
    return Face(path)


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


@dataclass(frozen=True, slots=True)
class Script:
    """A script that no bundled font has: its code points, the fonts that usually hold it, and Debian's package."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    files: tuple[str, ...]
    package: str

    def holds(self, char: str) -> bool:
        """Whether a character belongs to the script."""
        return any(first <= ord(char) <= last for first, last in self.ranges)


def _noto(name: str, *ranges: tuple[int, int], faces: tuple[str, ...] = ()) -> Script:
    files = faces or (f"NotoSans{name}-Regular.ttf", f"NotoSans{name}-Bold.ttf")
    return Script(name, ranges, files, "fonts-noto-core")


SCRIPTS = (
    _noto(
        "Arabic",
        (0x600, 0x6FF),
        (0x750, 0x77F),
        (0x8A0, 0x8FF),
        (0xFB50, 0xFDFF),
        (0xFE70, 0xFEFF),
        faces=("NotoSansArabic-Regular.ttf", "NotoSansArabicUI-Regular.ttf", "NotoNaskhArabic-Regular.ttf"),
    ),
    _noto("Hebrew", (0x590, 0x5FF), (0xFB1D, 0xFB4F)),
    _noto("Armenian", (0x530, 0x58F)),
    _noto("Georgian", (0x10A0, 0x10FF), (0x1C90, 0x1CBF)),
    _noto("Devanagari", (0x900, 0x97F)),
    _noto("Bengali", (0x980, 0x9FF)),
    _noto("Gurmukhi", (0xA00, 0xA7F)),
    _noto("Gujarati", (0xA80, 0xAFF)),
    _noto("Tamil", (0xB80, 0xBFF)),
    _noto("Telugu", (0xC00, 0xC7F)),
    _noto("Kannada", (0xC80, 0xCFF)),
    _noto("Malayalam", (0xD00, 0xD7F)),
    _noto("Thai", (0xE00, 0xE7F)),
    _noto("Ethiopic", (0x1200, 0x137F)),
    _noto("Khmer", (0x1780, 0x17FF)),
    # Debian's fonts-noto-cjk has no TrueType outlines; these have.
    Script(
        "Hangul",
        ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF)),
        ("NotoSansKR-Regular.ttf", "NanumGothic.ttf", "UnDotum.ttf", "malgun.ttf"),
        "fonts-nanum",
    ),
    Script(
        "Han and Kana",
        ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF)),
        (
            "NotoSansJP-Regular.ttf",
            "ipaexg.ttf",
            "ipag.ttf",
            "DroidSansFallbackFull.ttf",
            "wqy-microhei.ttc",
            "msgothic.ttc",
        ),
        "fonts-droid-fallback",
    ),
    Script(
        "signs and symbols",
        ((0x2000, 0x2BFF), (0x1F000, 0x1FAFF)),
        ("NotoSansSymbols2-Regular.ttf", "NotoSansSymbols-Regular.ttf", "NotoSansMath-Regular.ttf", "DejaVuSans.ttf"),
        "fonts-noto-core",
    ),
)


@cache
def system_files() -> dict[str, Path]:
    """The system's TrueType and OpenType files by name, the usual folders in a fixed order."""
    home = Path.home()
    folders = [Path("/usr/local/share/fonts"), Path("/usr/share/fonts"), home / ".local/share/fonts", home / ".fonts"]
    if sys.platform == "darwin":
        folders = [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    elif sys.platform == "win32":
        folders = [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    found: dict[str, Path] = {}
    for folder in folders:
        for root, inner, files in os.walk(folder):
            inner.sort()
            for file in sorted(files):
                if file.lower().endswith((".ttf", ".ttc", ".otf")):
                    found.setdefault(file, Path(root) / file)
    return found


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


def script_of(char: str) -> Script | None:
    """The script with a system font to look for, if any."""
    return next((s for s in SCRIPTS if s.holds(char)), None)


class NoGlyphError(Exception):
    """No font has a character."""

    def __init__(self, char: str) -> None:
        super().__init__(char)
        self.char = char

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
        return (
            f"Install a font that has it (Debian: apt install {script.package}), or n{name}" if script else f"N{name}"
        )


@dataclass(slots=True)
class Chain:
    """Faces in the order in which they are asked for a character."""

    faces: tuple[Face, ...]
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
                return candidate
        lacking = next((c for c in cluster if not any(f.has(c) for f in self.faces)), cluster[0])
        script = script_of(lacking)
        for file in script.files if script else ():
            path = system_files().get(file)
            if path is None:
                continue
            candidate = face(path)
            if candidate.outlines and all(candidate.has(c) for c in cluster):
                return candidate
        raise NoGlyphError(lacking)


_AFTER = ("novel-lettering", "comic-relief", "patrick-hand", "source-serif-4")
"""The bundled families that stand in for one another, in this order."""


def _family(font: str | Path) -> Family:
    return Family(str(font), ((False, False, str(font)),)) if isinstance(font, Path) else FAMILIES[font]


class FontSet:
    """The chains of faces that a style sets its words in. Fonts are bundled families by name, or files."""

    def __init__(
        self, font: str | Path, prose: str | Path = "", *, caps: bool = True, fallback: tuple[Path, ...] = ()
    ) -> None:
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
            faces += [face(path) for path in self._further]
            faces += [FAMILIES[name].nearest(bold, italic) for name in order if name != first.name]
            self._chains[key] = Chain(tuple(dict.fromkeys(faces)))
        return self._chains[key]
