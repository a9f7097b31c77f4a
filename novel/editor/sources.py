"""The files that a book follows from, and whether any of them says something new."""

from __future__ import annotations

import hashlib
from pathlib import Path

from novel.errors import NovelError, RefusedError
from novel.story import styles
from novel.story.assets import is_font_path
from novel.story.load import Book, load_story
from novel.story.model import Character, Place
from novel.story.takes import takes_file
from novel.story.takes_form import load_takes

_READ_UP_TO = 8_000_000
"""Bytes: a larger file (an adapter) counts as changed when its size or its time is."""


def sources(story: Path, style: str | None = None) -> set[Path]:
    """The story, its style, what stands beside it, and every file that they name.

    Where they can't be read, what they name is not known: then every style and the folders around the story, in which
    whatever is missing may yet appear.
    """
    found = {story, takes_file(story), story.with_name(f"{story.stem}.lock.yaml")}
    try:
        book = load_story(story, style=style)
    except NovelError:
        home = story.absolute().parent
        found |= {file for folder in styles.folders(story) for file in (folder, *folder.glob("*.yaml"))}
        return found | {home, *(folder for folder in home.glob("*/") if not folder.name.startswith("."))}
    found.add(book.style_file)
    found |= _named(book)
    try:
        takes = load_takes(story, book.story)
        found |= {
            takes.mask(redo.mask) for take in takes.panels.values() for redo in take.redo if redo.mask is not None
        }
    except NovelError:
        pass
    return found


def _named(book: Book) -> set[Path]:
    story, art, lettering = book.story, book.style.art, book.style.lettering
    people: list[Character | Place] = [*story.characters.values(), *story.places.values()]
    of_story = [one.adapter.path for one in people if one.adapter is not None]
    of_story += [path for one in people for path in one.references]
    of_story += [panel.image for panel in story.panels() if panel.image is not None]
    of_style = [adapter.path for adapter in art.adapters]
    of_style += [art.anchor.image] if art.anchor is not None else []
    of_style += [font for font in (lettering.font, lettering.prose, *lettering.fallback) if is_font_path(font)]
    found = set()
    for resolve, written in ((book.story_asset, of_story), (book.style_asset, of_style)):
        for path in written:
            try:
                found.add(resolve(path))
            except RefusedError:
                continue
    return found


class Watched:
    """The state of some files: a look at the folder tells whether it may have changed, their content whether it has."""

    def __init__(self, files: set[Path]) -> None:
        self._files = sorted(files)
        self._looks = {path: _look(path) for path in self._files}
        self._contents = {path: _content(path, look) for path, look in self._looks.items()}

    @property
    def files(self) -> set[Path]:
        """The files that are looked at."""
        return set(self._files)

    def changed(self) -> bool:
        """Whether a file says something else than when this was made."""
        for path in self._files:
            look = _look(path)
            if look == self._looks[path]:
                continue
            content = _content(path, look)
            if content == self._contents[path]:
                self._looks[path] = look
                continue
            return True
        return False


def settled(files: set[Path]) -> tuple[object, ...]:
    """Something that stays the same from one look to the next when nobody is writing."""
    return tuple(_look(path) for path in sorted(files))


def _look(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _content(path: Path, look: tuple[int, int, int] | None) -> object:
    if look is None or look[1] > _READ_UP_TO:
        return look
    try:
        if path.is_dir():
            return sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
