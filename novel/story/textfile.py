"""From a file's bytes to its text: size, encoding, control characters, and the traces of a git merge."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from novel.errors import Diagnostic, DiagnosticsError, FileError, RefusedError
from novel.story.source import SourceText
from novel.story.spelling import closest

MAX_BYTES = 5_000_000
"""A story file may be this large; a thousand-panel story with long prose is a tenth of it."""

_MOST_SHOWN = 10
# What YAML 1.2 calls no printable character (production 1), apart from those above the control characters.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NO_CHARACTERS = "\ufffe\uffff"
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?:[ \t]([^\r\n]*))?\r?$", re.MULTILINE)
_NO_LINE_END = re.compile(r"[^\r\n]")


def read_source(path: Path, what: str) -> tuple[SourceText, list[Diagnostic]]:
    """Reads a story or style (``what`` names it in messages) and says what about its bytes is no text.

    Raises ``FileError`` where the file can't be read, ``RefusedError`` where it is no ordinary file,
    ``DiagnosticsError`` where it is empty, too large or UTF-16, and nothing more can be said of it.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise FileError(f"{path}: there is no such {what} file", _nearest_file(path)) from error
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: can't be read ({_reason(error)})") from error
    if stat.S_ISDIR(status.st_mode):
        raise FileError(
            f"{path}: is a folder, not a {what} file", f"Name the file in it, such as {path / 'story.yaml'}."
        )
    if not stat.S_ISREG(status.st_mode):
        raise RefusedError(f"{path}: is no ordinary file (a pipe or a device)", f"Give a {what} file, ending in .yaml.")
    if status.st_size > MAX_BYTES:
        raise DiagnosticsError([_too_large(path, status.st_size, what)])
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path}: can't be read ({_reason(error)})") from error
    if len(data) > MAX_BYTES:
        raise DiagnosticsError([_too_large(path, len(data), what)])
    return decode(data, path, what)


def decode(data: bytes, path: Path, what: str) -> tuple[SourceText, list[Diagnostic]]:
    """Turns a file's bytes into text; says what about them is no text. Raises as ``read_source`` does."""
    body = data.removeprefix(b"\xef\xbb\xbf")
    offset = len(data) - len(body)
    errors: list[Diagnostic] = []
    try:
        source = SourceText(body.decode("utf-8"), path)
    except UnicodeDecodeError as error:
        source = SourceText(body.decode("utf-8", "replace"), path)
        errors.append(_undecodable(source, data, body, offset, error))
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise DiagnosticsError(errors) from None
    if not source.text.strip():
        hint = f"`novel init` writes a first {what} to start from."
        raise DiagnosticsError([source.whole("empty", f"the {what} file is empty", hint)])
    errors += _unprintables(source, offset)
    errors += _conflicts(source)
    return source, errors


def _undecodable(source: SourceText, data: bytes, body: bytes, offset: int, error: UnicodeDecodeError) -> Diagnostic:
    at = len(body[: error.start].decode("utf-8"))
    bad = body[error.start]
    byte = f"byte {error.start + offset} (0x{bad:02x})"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = f"the file is UTF-16, not UTF-8: {byte} can't stand in UTF-8"
    else:
        message = f"the file is not UTF-8: {byte} can't stand there"
    # Below 0xa0 Latin-1 has control characters, and nobody meant those.
    guess = f" In Latin-1 it would be `{bytes([bad]).decode('latin-1')}`." if bad >= 0xA0 else ""
    return source.diagnostic(
        at, "encoding", message, f"Save the file as UTF-8 (in most editors: Save with encoding).{guess}"
    )


def _unprintables(source: SourceText, offset: int) -> Iterator[Diagnostic]:
    places = [match.start() for match in islice(_CONTROL.finditer(source.text), _MOST_SHOWN)]
    places += [at for at in (source.text.find(c) for c in _NO_CHARACTERS) if at != -1]
    if places:
        source.readable = _CONTROL.sub("?", source.readable)
        for char in _NO_CHARACTERS:
            source.readable = source.readable.replace(char, "?")
    for at in sorted(places):
        byte = len(source.text[:at].encode()) + offset
        char = source.text[at]
        name = "a NUL" if char == "\0" else f"the control character U+{ord(char):04X}"
        yield source.diagnostic(
            at, "control-character", f"{name} at byte {byte} can't stand in a text file", "Take it out."
        )


def _conflicts(source: SourceText) -> Iterator[Diagnostic]:
    """Reports each conflict, and leaves the reader the first of its versions."""
    opened: int | None = None
    dropped = 0
    for match in _CONFLICT.finditer(source.text):
        mark, label = match[1][0], (match[2] or "").strip()
        if mark == "<" and opened is None:
            opened = dropped = match.start()
            _blank(source, match.start(), match.end())
            of = f" with `{label[:60]}`" if label else ""
            yield source.diagnostic(
                match.start(), "merge-conflict",
                f"a git merge conflict starts here{of}: both versions stand in the file",
                "Keep the lines that you want and take out the others, with the lines of <<<<<<<, ======= and >>>>>>>.",
            )  # fmt: skip
        elif mark in "|=" and opened is not None and dropped == opened:
            dropped = match.start()
        elif mark == ">":
            if opened is None:
                yield source.diagnostic(
                    match.start(), "merge-conflict", "a line of a git merge conflict was left over", "Take it out."
                )
            _blank(source, dropped if opened is not None else match.start(), match.end())
            opened = None


def _blank(source: SourceText, start: int, end: int) -> None:
    blank = _NO_LINE_END.sub(" ", source.readable[start:end])
    source.readable = source.readable[:start] + blank + source.readable[end:]


def _too_large(path: Path, size: int, what: str) -> Diagnostic:
    return Diagnostic(
        str(path),
        0,
        0,
        "too-large",
        f"the {what} file has {size / 1e6:.1f} MB; the limit is {MAX_BYTES // 1_000_000} MB",
        "Split the story into several files, or check that this is the file you meant.",
    )


def _nearest_file(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix in {".yaml", ".yml"})
    except OSError:
        return f"There is no folder {path.parent} either." if path.parent.name else ""
    near = closest(path.name, names, 0.5)
    return f"Did you mean {path.parent / near}?" if near else ""


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
