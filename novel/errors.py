"""The errors that a user can cause, each with its exit code and its cure.

::

    NovelError
    ├── UsageError          2   the command was called wrongly
    ├── DiagnosticsError    3   the story or style is wrong (or 4, 7, 8: the gravest of its diagnostics)
    ├── MissingError        4   a model, adapter, font, GPU or extra is missing
    ├── FileError           5   a file can't be read or written
    ├── RenderIncomplete    6   some panels did not render; the others are kept
    ├── RefusedError        7   refused for safety
    └── OutputError         8   the output failed its own validation

Anything else that escapes is a bug of ours: exit code 70, with its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

EXIT_DONE = 0
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One thing wrong (or doubtful) in a file, at a place a writer can find.

    ``line`` and ``column`` count from 1; 0 means that the whole file is meant. ``excerpt`` is the line itself.
    ``exit_code`` is what this error alone would end the program with (3 wrong, 4 missing, 7 refused, 8 unfit).
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    excerpt: str = ""
    severity: Literal["error", "warning"] = "error"
    exit_code: int = 3

    def __str__(self) -> str:
        """``file:line:column: message``, then the line with a caret under the column, then the cure."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        kind = "warning: " if self.severity == "warning" else ""
        parts = [f"{place}: {kind}{self.message}"]
        if self.excerpt:
            # A long line is shown around its column, so that the caret stays in sight.
            start = max(0, self.column - 61)
            shown = self.excerpt[start : start + 100]
            parts += [f"    {shown}", "    " + " " * max(0, self.column - 1 - start) + "^"]
        if self.hint:
            parts.append(f"    {self.hint}")
        return "\n".join(parts)


class NovelError(Exception):
    """The root of all errors that a user can cause. ``hint`` names the cure."""

    exit_code: ClassVar[int] = EXIT_BUG

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n    {self.hint}" if self.hint else self.message


class UsageError(NovelError):
    """The command was called wrongly."""

    exit_code = 2


class DiagnosticsError(NovelError):
    """A story or style has errors; it carries all of them, in the order of the file."""

    exit_code = 3

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        count = sum(d.severity == "error" for d in self.diagnostics)
        super().__init__(f"{count} error{'s' if count != 1 else ''}")
        # What was refused for safety outweighs what is missing, and that what is merely wrong.
        codes = {d.exit_code for d in self.diagnostics if d.severity == "error"}
        self.exit_code = next((c for c in (7, 3, 4, 8) if c in codes), 3)  # type: ignore[misc]

    def __str__(self) -> str:
        return "\n".join(str(d) for d in self.diagnostics)


class MissingError(NovelError):
    """A model, adapter, font, GPU or extra is missing; the hint says how to get it."""

    exit_code = 4


class FileError(NovelError):
    """A file can't be read or written."""

    exit_code = 5


class RenderIncomplete(NovelError):
    """Some panels did not render; the others are kept, and a new build goes on with the missing ones."""

    exit_code = 6


class RefusedError(NovelError):
    """Refused for safety: a path out of the story's folder, an unsafe format, a hostile file."""

    exit_code = 7


class OutputError(NovelError):
    """The output failed its own validation: a text that can't fit, a file that a reader would reject."""

    exit_code = 8
