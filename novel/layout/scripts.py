"""The scripts that no bundled font has: their characters, the system's fonts that hold them, and their visual size."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Script:
    """A script that no bundled font has: its code points, the fonts that usually hold it, and Debian's package.

    ``letter`` is a typical letter of it, and ``share`` how tall that letter stands beside a Latin capital where both
    look equally large. Both are empty where a font's own capitals tell (``matched_scale`` in ``fonts``).
    """

    name: str
    ranges: tuple[tuple[int, int], ...]
    files: tuple[str, ...]
    package: str
    letter: str = ""
    share: float = 1.0
    sample: str = ""
    """Letters that reach as high and as low as the script usually does."""

    def holds(self, char: str) -> bool:
        """Whether a character belongs to the script."""
        return any(first <= ord(char) <= last for first, last in self.ranges)

    def package_for(self, char: str, language: str) -> str:
        """Debian's package with a font for a character of the script in a text of this language."""
        primary = "ja" if "\u3041" <= char <= "\u30ff" else language.lower().split("-")[0]
        return _PACKAGES.get((self.name, primary), self.package)

    def files_for(self, language: str, *, text: bool = False) -> tuple[str, ...]:
        """The font files to look for, those first that draw the script as readers of ``language`` write it.

        ``text``: for running text, which takes the script's text face where there is one.
        """
        primary = language.lower().split("-")[0]
        bookish = _TEXT.get((self.name, primary), _TEXT.get((self.name, ""), ())) if text else ()
        first = _FIRST.get((self.name, primary), ())
        return tuple(dict.fromkeys((*bookish, *first, *self.files)))


def _noto(
    name: str,
    *ranges: tuple[int, int],
    faces: tuple[str, ...] = (),
    letter: str = "",
    share: float = 1.0,
    sample: str = "",
) -> Script:
    return Script(name, ranges, faces or (f"NotoSans{name}-Regular.ttf",), "fonts-noto-core", letter, share, sample)


SCRIPTS = (
    _noto(
        "Arabic",
        (0x600, 0x6FF),
        (0x750, 0x77F),
        (0x8A0, 0x8FF),
        (0xFB50, 0xFDFF),
        (0xFE70, 0xFEFF),
        faces=("NotoSansArabic-Regular.ttf", "NotoSansArabicUI-Regular.ttf", "NotoNaskhArabic-Regular.ttf"),
        # Its teeth are far lower than its alef, so that alefs as tall as capitals would make small letters.
        letter="\u0627",
        share=1.15,
        sample="\u0627\u0644\u0643\u062c\u0639\u0645\u0649",
    ),
    _noto(
        "Hebrew", (0x590, 0x5FF), (0xFB1D, 0xFB4F), letter="\u05d4", share=0.94, sample="\u05d4\u05dc\u05e7\u05da\u05e5"
    ),
    _noto("Armenian", (0x530, 0x58F)),
    _noto("Georgian", (0x10A0, 0x10FF), (0x1C90, 0x1CBF)),
    _noto("Devanagari", (0x900, 0x97F), letter="\u0915", share=0.95, sample="\u0915\u0940\u0942\u0948"),
    _noto("Bengali", (0x980, 0x9FF)),
    _noto("Gurmukhi", (0xA00, 0xA7F)),
    _noto("Gujarati", (0xA80, 0xAFF)),
    _noto("Tamil", (0xB80, 0xBFF)),
    _noto("Telugu", (0xC00, 0xC7F)),
    _noto("Kannada", (0xC80, 0xCFF)),
    _noto("Malayalam", (0xD00, 0xD7F)),
    _noto("Thai", (0xE00, 0xE7F), letter="\u0e01", share=0.86, sample="\u0e1b\u0e0e\u0e01\u0e37\u0e49"),
    _noto("Ethiopic", (0x1200, 0x137F)),
    _noto("Khmer", (0x1780, 0x17FF)),
    # Debian's fonts-noto-cjk has no TrueType outlines; these have.
    Script(
        "Hangul",
        ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF)),
        ("NotoSansKR-Regular.ttf", "NanumGothic.ttf", "UnDotum.ttf", "malgun.ttf", "DroidSansFallbackFull.ttf"),
        "fonts-nanum",
        letter="\ud55c",
        share=1.22,
        sample="\ud55c\uae00\ubdc1",
    ),
    Script(
        "Han and Kana",
        ((0x2E80, 0x312F), (0x3190, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF)),
        (
            "NotoSansJP-Regular.ttf",
            "ipaexg.ttf",
            "ipag.ttf",
            "DroidSansFallbackFull.ttf",
            "wqy-microhei.ttc",
            "msgothic.ttc",
        ),
        "fonts-droid-fallback",
        letter="\u56fd",
        share=1.24,
        sample="\u56fd\u6c38\u8a9e",
    ),
    # Coloured emoji are pictures, not outlines; these draw them in ink, as lettering does.
    Script(
        "emoji",
        ((0x1F000, 0x1FAFF),),
        ("NotoEmoji-Regular.ttf", "Symbola_hint.ttf", "Symbola.ttf", "NotoSansSymbols2-Regular.ttf", "DejaVuSans.ttf"),
        "fonts-symbola",
    ),
    Script(
        "signs and symbols",
        ((0x2000, 0x2BFF),),
        ("NotoSansSymbols2-Regular.ttf", "NotoSansSymbols-Regular.ttf", "NotoSansMath-Regular.ttf", "DejaVuSans.ttf"),
        "fonts-noto-core",
    ),
)

_FIRST = {
    ("Han and Kana", "zh"): ("NotoSansSC-Regular.ttf", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf"),
    ("Han and Kana", "ko"): ("NotoSansKR-Regular.ttf", "NanumGothic.ttf"),
    ("Arabic", "ur"): ("NotoNastaliqUrdu-Regular.ttf",),
}
"""Ideographs differ between languages, and so does the hand that a language is written in."""


_PACKAGES = {("Han and Kana", "ja"): "fonts-ipaexfont-gothic"}
"""Better fonts for one language than the script's usual ones."""

_TEXT = {
    ("Arabic", ""): ("NotoNaskhArabic-Regular.ttf",),
    ("Arabic", "ur"): ("NotoNastaliqUrdu-Regular.ttf",),
    ("Hebrew", ""): ("NotoSerifHebrew-Regular.ttf",),
    ("Hangul", ""): ("NotoSerifKR-Regular.ttf", "NanumMyeongjo.ttf"),
    ("Han and Kana", ""): ("NotoSerifJP-Regular.ttf", "ipaexm.ttf", "ipam.ttf"),
    ("Han and Kana", "zh"): ("NotoSerifSC-Regular.ttf",),
    ("Han and Kana", "ko"): ("NotoSerifKR-Regular.ttf", "NanumMyeongjo.ttf"),
}
"""The faces of running text."""


def script_of(char: str) -> Script | None:
    """The script with a system font to look for, if any."""
    return next((s for s in SCRIPTS if s.holds(char)), None)


def script_in(text: str) -> Script | None:
    """The script of the first letter in a text that belongs to one; signs count only where nothing else does."""
    found = None
    for char in text:
        script = script_of(char) if ord(char) > 0x52F else None
        if script is not None and (found is None or found is SCRIPTS[-1]):
            found = script
            if script is not SCRIPTS[-1]:
                break
    return found


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


def bold_file(path: Path) -> Path | None:
    """The bold cut beside a regular font file, if there is one (``X-Regular.ttf``, ``X.ttf``)."""
    stem = path.stem.removesuffix("-Regular")
    for name in (f"{stem}-Bold", f"{stem}Bold"):
        beside = path.with_name(f"{name}{path.suffix}")
        if beside != path and beside.is_file():
            return beside
    return None
