"""The files that a recipe knows by their hashes alone: where they are, and how a new story beside them names them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from novel.editor.show import Picture
from novel.errors import FileError

ADAPTERS = (".safetensors",)
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_SEARCHED = 300
"""How many files are looked into, at most, for an adapter or a picture that no story names."""


class Files:
    """The files that a recipe knows by their hashes, found and named as the new story must name them."""

    def __init__(self, picture: Picture, folder: Path) -> None:
        self._picture, self._folder = picture, folder
        self.notes: list[str] = []

    def written(self, sha256: str, suffixes: tuple[str, ...], what: str, otherwise: str) -> str:
        """The path to write: the file's own where that is inside of the folder, else the name that it must get."""
        path = self.found(sha256, suffixes)
        if path is None:
            self._note(f"{what} with the sha256 {sha256} was not found: put it beside the story as {otherwise}.")
            return otherwise
        within = inside(path, self._folder)
        if within is None:
            self._note(f"{what} is {path}: copy it beside the story, as {path.name}.")
            return path.name
        return within

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def found(self, sha256: str, suffixes: tuple[str, ...]) -> Path | None:
        """The file with that hash; None where it is in none of the places that are looked at."""
        if self._picture.made is not None and sha256 in self._picture.made.plan.assets:
            return self._picture.made.plan.assets[sha256]
        for path in _candidates((self._folder, self._picture.path.parent, Path.cwd()), suffixes):
            try:
                if self._picture.store.sha256_of_file(path) == sha256:
                    return path
            except FileError:
                continue
        return None


def _candidates(folders: Iterable[Path], suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Ordinary files with one of the suffixes, in the folders and in those just below them; not too many."""
    seen: dict[str, None] = {}
    for folder in folders:
        try:
            names = sorted(entry.path for entry in os.scandir(folder) if not entry.name.startswith("."))
        except OSError:
            continue
        for name in [str(folder), *names]:
            seen.setdefault(os.path.realpath(name))
    count = 0
    for place in list(seen):
        inner = [place] if os.path.isfile(place) else _listed(place)
        for name in inner:
            if name.lower().endswith(suffixes) and os.path.isfile(name):
                count += 1
                if count > _SEARCHED:
                    return
                yield Path(name)


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.path.join(folder, name) for name in os.listdir(folder))
    except OSError:
        return []


def inside(path: Path, folder: Path) -> str | None:
    """The path from a folder, links followed; None where it leads out of it."""
    real, base = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    return real.relative_to(base).as_posix() if real.is_relative_to(base) else None
