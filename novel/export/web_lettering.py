"""How a book's text is set on a web page: a CSS class for each style of run, a font for each face."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from novel.export.web_fonts import font_uri
from novel.layout.page import BlockKind, Color, Document, FontFace, TextItem

BALLOONS: tuple[BlockKind, ...] = ("speech", "thought", "whisper", "shout", "radio")

_FLOWS: dict[str, tuple[BlockKind, ...]] = {
    "speech": BALLOONS,
    "caption": ("caption",),
    "prose": ("prose", "colophon"),
    "title": ("title", "heading"),
    "sound": ("sfx",),
}
"""Flowing text of one sort → the kinds of block that it sets."""


@dataclass(frozen=True, slots=True)
class RunStyle:
    """What runs of text have in common. Sizes in points; ``outline_width`` is 0 where there is no outline."""

    face: FontFace
    size: float
    color: Color
    outline: Color
    outline_width: float


def run_style(item: TextItem) -> RunStyle:
    """The style of a run."""
    if item.outline is None or item.outline_width <= 0:
        return RunStyle(item.font, item.size, item.color, "", 0.0)
    return RunStyle(item.font, item.size, item.color, item.outline, item.outline_width)


class Lettering:
    """The styles and fonts of a whole document, in the order in which they first occur."""

    def __init__(self, document: Document) -> None:
        self.classes: dict[RunStyle, str] = {}
        self.families: dict[FontFace, str] = {}
        self.flows: dict[str, str] = {}
        """A sort of flowing text → the family that sets it: the one that sets most of it on the pages."""
        self._characters: dict[FontFace, set[str]] = {}
        sizes: Counter[float] = Counter()
        flowing: dict[str, Counter[FontFace]] = {flow: Counter() for flow in _FLOWS}
        for page in document.pages:
            kinds = {block.id: block.kind for block in page.blocks}
            for item in page.items:
                if not isinstance(item, TextItem):
                    continue
                self.classes.setdefault(run_style(item), f"t{len(self.classes)}")
                self._add(item.font, item.text)
                kind = kinds.get(item.block)
                for flow, members in _FLOWS.items():
                    if kind in members:
                        flowing[flow][item.font] += len(item.text)
                if kind in BALLOONS:
                    sizes[item.size] += len(item.text)
        texts = "".join(sorted({c for page in document.pages for b in page.blocks for c in b.text + b.speaker}))
        for flow, counted in flowing.items():
            if counted:
                face = _mixed_case(max(counted, key=lambda f: (counted[f], f.name)))
                self._add(face, texts)
                self.flows[flow] = self.families[face]
        self.dialogue_size = min(sizes, key=lambda s: (-sizes[s], s)) if sizes else 0.0
        """The usual size of dialogue, in points; 0 where nobody speaks."""

    def _add(self, face: FontFace, text: str) -> None:
        self.families.setdefault(face, f"f{len(self.families)}")
        self._characters.setdefault(face, set()).update(text)

    def fonts(self) -> Iterator[tuple[str, str]]:
        """Each font's family and its data URI. Raises OutputError where a font can't be embedded."""
        for face, family in self.families.items():
            yield family, font_uri(face, self._characters[face])


def _mixed_case(face: FontFace) -> FontFace:
    """The face for words in their own case: the lettering face for capitals has an I that reads like an l."""
    if face.name.startswith("NovelLettering-"):
        name = face.name.replace("NovelLettering-", "ComicNeue-")
        path = face.path.parent.parent / "comic-neue" / f"{name}.ttf"
        if path.is_file():
            return FontFace(name, path)
    return face
