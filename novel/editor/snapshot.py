"""A book as it stands: read from what a build wrote down, or planned from its story. Nothing is drawn for it."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from novel.errors import FileError, RefusedError, UsageError
from novel.prepare import Choices

RECORD = "build.json"
BYTE_LIMIT = 64 << 20
"""The largest record that is read; that of a thousand panels has four megabytes."""


class _Told(BaseModel):
    """Part of a record. What later versions add is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Said(_Told):
    """A line as the record holds it: only what is not as usual beside speaker and text."""

    speaker: str
    text: str
    kind: str = "speech"
    at: str | None = None


class Words(_Told):
    """What is read at a panel."""

    caption: tuple[str, ...] = ()
    say: tuple[Said, ...] = ()
    sfx: tuple[str, ...] = ()
    prose: str = ""
    alt: str = ""


class PanelRecord(_Told):
    """A panel of a record. What older versions didn't write, and a story's plan can't know, is None."""

    key: str
    sha256: str | None = None
    recipe: dict[str, JsonValue] = {}
    request: dict[str, JsonValue] | None = None
    image: str | None = None
    approved: bool = False
    chapter: str | None = None
    page: int | None = None
    rect: tuple[float, float, float, float] | None = None
    words: Words | None = None


class ChapterRecord(_Told):
    """A chapter and its title."""

    id: str
    title: str


class BookRecord(_Told):
    """What holds for the whole book."""

    title: str
    authors: tuple[str, ...] = ()
    language: str = ""
    direction: str = ""
    colophon: str = ""
    page: dict[str, JsonValue]
    pages: int
    characters: dict[str, str] = {}
    chapters: tuple[ChapterRecord, ...] = ()
    lettering: dict[str, JsonValue] = {}
    panel_style: dict[str, JsonValue] = {}


class FileRecord(_Told):
    """A file by its content."""

    sha256: str


class StyleRecord(FileRecord):
    """A style by its name and its file's content."""

    name: str


class ModelRecord(_Told):
    """A model by its name and by what its weights are known."""

    name: str
    identity: str


class Record(_Told):
    """What ``build.json`` says. ``book`` is None where an older version wrote it."""

    story: FileRecord
    style: StyleRecord
    model: ModelRecord
    book: BookRecord | None = None
    panels: dict[str, PanelRecord]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A book as it stands. ``built``: whether a build wrote it down, and not a story's plan."""

    file: Path
    built: bool
    record: Record


def snapshots(old: Path, new: Path, choices: Choices) -> tuple[Snapshot, Snapshot]:
    """Both sides of a comparison: each a story file, a book's folder or its ``build.json``.

    ``choices`` count for story files alone: raises UsageError where a model, style or number of steps is chosen and
    neither is one. Raises FileError for what isn't there or is no record, and all that is wrong with a story.
    """
    if records := [_record_of(side) for side in (old, new)]:
        chosen = [f"--{name}" for name in ("model", "style", "steps") if getattr(choices, name) is not None]
        if chosen and None not in records:
            raise UsageError(
                f"{chosen[0]} counts for story files, and neither {old} nor {new} is one.", "Leave it out."
            )
    return tuple(  # type: ignore[return-value]
        _planned(side, choices) if record is None else Snapshot(record, built=True, record=_read(record))
        for side, record in zip((old, new), records, strict=True)
    )


def _record_of(side: Path) -> Path | None:
    """The record that is meant, or None for a story file. Raises FileError for a folder without one."""
    if not side.is_dir():
        return side if side.suffix.lower() == ".json" else None
    record = side / RECORD
    if record.exists():
        return record
    inner = sorted(path.parent for path in side.glob(f"*/{RECORD}"))
    hint = f"Did you mean {inner[0]}?" if inner else "`novel build STORY` writes one; a story file can be named too."
    raise FileError(f"{side} holds no {RECORD}.", hint)


def _planned(story: Path, choices: Choices) -> Snapshot:
    from novel.build_record import book_record
    from novel.prepare import prepare

    made = prepare(story, choices)
    return Snapshot(story, built=False, record=Record.model_validate(book_record(made, story)))


def _read(path: Path) -> Record:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError(f"{path} is not an ordinary file.", f"Name a {RECORD}.")
        if status.st_size > BYTE_LIMIT:
            raise RefusedError(f"{path} has {status.st_size:,} bytes; {BYTE_LIMIT:,} is the limit.", "Is it a record?")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise FileError(f"{path}: there is no such file.", "`novel build STORY` writes one.") from error
    except OSError as error:
        raise FileError(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from error
    try:
        read: Any = json.loads(data, parse_constant=_no_number)
        return Record.model_validate(read)
    except (ValidationError, ValueError, RecursionError) as error:
        raise FileError(
            f"{path} is no record of a build, or it is damaged.",
            f"Name a {RECORD} as `novel build` wrote it, its folder, or a story file.",
        ) from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
