"""A YAML file's text, with every place in it named by line and column.

Places are kept as character offsets; lines and columns are worked out only when something is to be said about them.
Lines end where an editor ends them (LF, CRLF or CR), not where YAML 1.1 would (it also counts NEL, LS and PS).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path
from typing import Literal

from novel.errors import Diagnostic

_LINE_END = re.compile(r"\r\n|\n|\r")


class SourceText:
    """A file's text. ``name`` is the file as messages call it.

    ``readable`` is what the YAML reader is given: the text, with whatever no reader could make sense of written over by
    as many harmless characters, so that every place stays where it was.
    """

    __slots__ = ("_lines", "_starts", "name", "path", "readable", "text")

    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.readable = text
        self.path = path
        self.name = str(path)
        self._starts: list[int] | None = None
        self._lines: dict[int, str] = {}

    @property
    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(m.end() for m in _LINE_END.finditer(self.text))]
        return self._starts

    def place(self, index: int) -> tuple[int, int]:
        """The line and column, both from 1, of a character offset."""
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """A line's text, without its end, by its number from 1."""
        if number not in self._lines:
            start = self._line_starts[number - 1]
            end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
            # Kept, so that many mistakes on one long line share one copy of it.
            self._lines[number] = self.text[start:end].rstrip("\r\n")
        return self._lines[number]

    def diagnostic(
        self,
        index: int,
        code: str,
        message: str,
        hint: str = "",
        *,
        severity: Literal["error", "warning"] = "error",
        exit_code: int = 3,
    ) -> Diagnostic:
        """A diagnostic that points at a character offset."""
        line, column = self.place(index)
        return Diagnostic(self.name, line, column, code, message, hint, self.line(line), severity, exit_code)

    def whole(self, code: str, message: str, hint: str = "", *, exit_code: int = 3) -> Diagnostic:
        """A diagnostic about the whole file."""
        return Diagnostic(self.name, 0, 0, code, message, hint, exit_code=exit_code)
