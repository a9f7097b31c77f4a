"""Candidates of a panel's picture: numbered PNGs in ``takes/PANEL/`` beside the book, and what each was made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from novel.errors import FileError, UsageError
from novel.request import RenderRequest
from novel.store import sha256_of, write_atomically
from novel.story.takes import Take, takes_file

_INDEX = "takes.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate. ``take``: what the takes file will say if it is picked; ``masks``: masks that this take names, by
    that name, as file names in the folder. ``change``: what tells it from the picture in the book, in words."""

    number: int
    key: str
    take: Take
    asked: Mapping[str, Any]
    change: str
    masks: Mapping[str, str] = field(default_factory=dict)

    @property
    def request(self) -> RenderRequest:
        """What it was drawn from; made of ``asked`` only when somebody looks."""
        return RenderRequest.model_validate(self.asked)

    @property
    def file(self) -> str:
        """The name of its PNG."""
        return f"{self.number}.png"


@dataclass(frozen=True, slots=True)
class Candidates:
    """All candidates of one panel. ``made_from``: the sha256 of each file that they follow from, by its role."""

    folder: Path
    panel: str
    made_from: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)
    all: tuple[Candidate, ...] = ()

    def __getitem__(self, number: int) -> Candidate:
        for candidate in self.all:
            if candidate.number == number:
                return candidate
        if not self.all:
            raise UsageError(f"{self.panel} has no takes.", f"Draw some with: novel retake STORY {self.panel}")
        nearest = min(self.all, key=lambda c: abs(c.number - number)).number
        numbers = ", ".join(str(c.number) for c in self.all)
        raise UsageError(f"{self.panel} has no take {number}.", f"Did you mean {nearest}? Takes: {numbers}.")


def folder_of(book_folder: Path, panel: str) -> Path:
    """Where a panel's candidates stand."""
    return book_folder / "takes" / panel


def read(book_folder: Path, panel: str) -> Candidates:
    """A panel's candidates; none where none were drawn. Raises FileError where their list can't be read."""
    folder = folder_of(book_folder, panel)
    file = folder / _INDEX
    try:
        data = json.loads(file.read_bytes())
        candidates = tuple(
            Candidate(
                number=one["number"],
                key=one["key"],
                take=Take.model_validate(one["take"]),
                asked=one["request"],
                change=one["change"],
                masks=one["masks"],
            )
            for one in data["takes"]
        )
        return Candidates(folder, panel, data["made_from"], data["choices"], candidates)
    except FileNotFoundError:
        return Candidates(folder, panel)
    except OSError as error:
        raise FileError(f"{file} can't be read: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(
            f"{file} is damaged or of another version.", f"Delete {folder} and draw the takes again."
        ) from error


def panels_with_candidates(book_folder: Path) -> Iterator[str]:
    """The panels that candidates were drawn for, by name."""
    folder = book_folder / "takes"
    if folder.is_dir():
        yield from sorted(path.parent.name for path in folder.glob(f"*/{_INDEX}"))


def write(candidates: Candidates) -> None:
    """Write the list; the pictures are there already."""
    data = {
        "novel": 1,
        "panel": candidates.panel,
        "made_from": dict(candidates.made_from),
        "choices": dict(candidates.choices),
        "takes": [
            {
                "number": one.number,
                "key": one.key,
                "take": one.take.model_dump(mode="json", exclude_none=True),
                "request": dict(one.asked),
                "change": one.change,
                "masks": dict(one.masks),
            }
            for one in candidates.all
        ],
    }
    write_atomically(candidates.folder / _INDEX, json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n")


def made_from(story: Path, style: Path) -> dict[str, str]:
    """The sha256 of the files that a story's requests follow from, as far as words decide them, by role, and the
    style's path; a file that isn't there has none."""
    roles = {"story": story, "style": style, "takes": takes_file(story)}
    hashes = {role: sha256_of(path.read_bytes()) for role, path in roles.items() if path.is_file()}
    return {**hashes, "style file": str(style)}
