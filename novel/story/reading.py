"""One file being read: where its mistakes are collected, and what every kind of value has in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Protocol

from novel.errors import Diagnostic
from novel.story.source import SourceText
from novel.story.tree import Broken, Mapping, Node, Scalar, Sequence, compose, shown


class Bad:
    """The value of what was wrong and has been reported."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = Bad()

Schema = dict[str, Any]


MAX_ERRORS = 200
"""After so many the reading stops: then the file is most likely not what it is taken for."""
_MOST_ALIKE = 20


class Enough(Exception):
    """There are more mistakes than anyone wants to read; caught by ``load``."""


class Reading:
    """One file being read: where its mistakes are collected.

    ``supplied``: keys that come from elsewhere, so that the file may leave them out.
    """

    def __init__(self, source: SourceText, diagnostics: list[Diagnostic], supplied: tuple[str, ...] = ()) -> None:
        self.source = source
        self.supplied = supplied
        self.diagnostics = diagnostics
        composed = compose(source, diagnostics.append)
        self.root = composed.root
        self.faithful = composed.faithful
        """False where something was lost to a syntax error: then what seems to be missing may only be unread."""
        self._slipped = composed.slipped
        self._warned: dict[str, list[Diagnostic]] = {}

    def error(self, at: Node | int, code: str, message: str, hint: str = "", *, exit_code: int = 3) -> Bad:
        """Reports an error at a node or offset; returns ``BAD`` for the caller to return."""
        diagnostic = self._diagnostic(at, code, message, hint, exit_code=exit_code)
        if diagnostic.line not in self._slipped:
            self.diagnostics.append(diagnostic)
            if len(self.diagnostics) >= MAX_ERRORS:
                raise Enough
        return BAD

    def warn(self, at: Node | int, code: str, message: str, hint: str = "") -> None:
        """Reports something doubtful."""
        alike = self._warned.setdefault(code, [])
        alike.append(self._diagnostic(at, code, message, hint, severity="warning"))

    def warnings(self) -> list[Diagnostic]:
        """What was doubtful; where there is much of a kind, the first few and how many more."""
        shown: list[Diagnostic] = []
        for code, alike in self._warned.items():
            shown += alike[:_MOST_ALIKE]
            if len(alike) > _MOST_ALIKE:
                first = alike[_MOST_ALIKE]
                message = f"and {len(alike) - _MOST_ALIKE} more from here on: {first.message}"
                shown.append(replace(first, code=code, message=message))
        return shown

    def _diagnostic(self, at: Node | int, code: str, message: str, hint: str, **kind: Any) -> Diagnostic:
        return self.source.diagnostic(at if isinstance(at, int) else at.start, code, message, hint, **kind)


class Kind(Protocol):
    """A kind of value."""

    def read(self, node: Node, name: str, reading: Reading) -> Any:
        """The node's value, or ``BAD`` after reporting. ``name`` is the field, for messages."""

    def schema(self) -> Schema:
        """The JSON Schema (draft 7) of what may be written."""


def listing(words: list[str] | tuple[str, ...], limit: int = 12) -> str:
    """Words as a message lists them: ``a, b or c``."""
    if len(words) > limit:
        return ", ".join(words[:limit]) + ", …"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else ""


def what_is(node: Node) -> str:
    """A node as a message names it."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Scalar) and node.value == "":
        return "nothing"
    return f"`{shown(node.value, 40)}`" if isinstance(node, Scalar) else "this"


def scalar(node: Node, name: str, wanted: str, reading: Reading) -> str | Bad:
    """A scalar's text as it is compared or counted: without space around it."""
    if isinstance(node, Broken):
        return BAD
    if not isinstance(node, Scalar) or not node.value.strip():
        return reading.error(node, "wrong-type", f"`{name}` must be {wanted}, not {what_is(node)}")
    return node.value.strip()
