"""The fonts and colours that a book's style asks for, and what is wrong with what it asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from novel.errors import Diagnostic
from novel.layout.color import contrast, mix, vivid
from novel.layout.fonts import FAMILIES, Face, FontSet, face, named_font
from novel.layout.page import Color
from novel.layout.prose import SIZE_RATIO, ProseSetter
from novel.story.color import hex_of
from novel.story.load import Book
from novel.story.model import PageProfile, Story
from novel.story.style import Style

LEAST_CONTRAST = 4.5
"""The least contrast of words and their ground (WCAG 2, level AA, for text of this size)."""
SCREEN_WIDTH = 600.0
"""The width of a landscape page, in points, from which on its letters grow with it."""
PHONE_WIDTH = 330.0
"""The same for a strip: about the width of a phone's screen in CSS pixels, with points for pixels."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a book's pages."""

    ink: Color
    balloon: Color
    caption: Color
    page: Color
    page_ink: Color
    """What is written on the bare page: ink, or its opposite where ink would not show."""
    sfx: Color
    """Sound words: the captions' hue, stronger."""


def palette(style: Style) -> Palette:
    """The colours of a style; what is no colour is taken as black on white (``style_faults`` tells)."""
    lettering = style.lettering
    ink = hex_of(lettering.ink) or "#000000"
    balloon = hex_of(lettering.balloon) or "#ffffff"
    page = hex_of(style.page.background) or "#ffffff"
    # A caption is told from a balloon by its tint as well as by its corners.
    tint = mix(balloon, "#ffd24d", 0.22) if contrast(balloon, "#000000") > 10 else mix(balloon, "#ffffff", 0.12)
    caption = (hex_of(lettering.caption) if lettering.caption else None) or tint
    page_ink = (
        ink if contrast(ink, page) >= LEAST_CONTRAST else max("#111111", "#f4f4f4", key=lambda c: contrast(c, page))
    )
    return Palette(ink, balloon, caption, page, page_ink, sfx=vivid(caption, 1.6))


def lettering_size(style: Style, page: PageProfile) -> float:
    """The size of dialogue on a page, in points: the style's own on paper, which is held in the hand.

    A screen's page is seen whole from farther away, and a strip on a phone, far smaller than its nominal width: there
    the letters keep the share of the width that they have on a comic book's or a phone's.
    """
    size = style.lettering.size
    if page.strip:
        return size * max(1.0, page.width / PHONE_WIDTH)
    if page.bleed == 0 and page.width > page.height:
        return size * max(1.0, page.width / SCREEN_WIDTH)
    return size


def font_set(style: Style, folder: Path, language: str = "en") -> FontSet:
    """The fonts of a style whose file lies in ``folder``, for a book in ``language`` (BCP 47).

    What can't be found gives way to the bundled default.
    """
    lettering = style.lettering
    fallback = [path for name in lettering.fallback if (path := named_font(name, folder)) and _usable(path)]
    font = _font(lettering.font, folder) or "comic-neue"
    prose = _font(lettering.prose, folder) if lettering.prose else None
    return FontSet(font, prose or "", caps=lettering.caps, fallback=tuple(fallback), language=language)


def measure_prose(style: Style, story: Story, folder: Path | None = None) -> ProseSetter:
    """What the planner measures running text with. ``folder``: where the style's file lies, for fonts named by path.

    A character that no font has doesn't stop it: ``letter.check_lettering`` names each one with its place.
    """
    return _prose(style, story, font_set(style, folder or Path(), story.language), lenient=True)


def prose_setter(style: Style, story: Story, fonts: FontSet) -> ProseSetter:
    """What running text is set with: the same lines as were measured. Raises ``NoGlyphError`` as it goes."""
    return _prose(style, story, fonts, lenient=False)


def _prose(style: Style, story: Story, fonts: FontSet, *, lenient: bool) -> ProseSetter:
    size = round(lettering_size(style, story.page) * SIZE_RATIO, 2)
    return ProseSetter(fonts, max(size, 7.0), story.language, story.direction == "rtl", lenient)


def _font(name: str, folder: Path) -> str | Path | None:
    if name in FAMILIES:
        return name
    path = named_font(name, folder)
    return path if path is not None and _usable(path) else None


def _usable(path: Path) -> bool:
    loaded = _load(path)
    return loaded is not None and loaded.sound and loaded.outlines


def _load(path: Path) -> Face | None:
    try:
        return face(path)
    except Exception:  # HarfBuzz has errors of its own for a file that it can't open
        return None


def style_faults(book: Book) -> list[Diagnostic]:
    """What the lettering of a style asks for and can't have."""
    lettering, folder = book.style.lettering, book.style_file.parent
    faults: list[Diagnostic] = []
    wanted: list[tuple[tuple[str | int, ...], str]] = [(("lettering", "font"), lettering.font)]
    if lettering.prose:
        wanted.append((("lettering", "prose"), lettering.prose))
    wanted += [(("lettering", "fallback", i), name) for i, name in enumerate(lettering.fallback)]
    for path, name in wanted:
        if name in FAMILIES:
            continue
        file = named_font(name, folder)
        loaded = _load(file) if file is not None else None
        if file is None:
            message = f"there is no font `{name}`"
            known = ", ".join(sorted(FAMILIES))
            hint = f"Bundled fonts: {known}. Or name a TrueType file beside the style, or one that the system has."
        elif loaded is None or not loaded.sound:
            message, hint = f"`{name}` is not a font that can be read", "Name a TrueType font."
        elif not loaded.outlines:
            message = f"the font `{name}` has no TrueType outlines, so that a PDF can't embed it"
            hint = "Name a TrueType font (.ttf with a glyf table); most families are published in both forms."
        else:
            continue
        faults.append(book.style_at(*path, message=message, code="font", hint=hint, exit_code=4))
    colors = palette(book.style)
    for ground, key in ((colors.balloon, "balloon"), (colors.caption, "caption")):
        ratio = contrast(colors.ink, ground)
        if ratio < LEAST_CONTRAST:
            faults.append(
                book.style_at(
                    "lettering", key if key == "balloon" or lettering.caption else "ink",
                    message=f"words in {colors.ink} on {ground} are hard to read: their contrast is {ratio:.1f} to 1",
                    code="contrast", hint=f"Take colours with a contrast of at least {LEAST_CONTRAST} to 1.",
                    severity="warning",
                )
            )  # fmt: skip
    return faults
