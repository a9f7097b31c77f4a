"""Text from files that anybody may have written, made fit to be printed and to be written into YAML and JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable

_JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian words and emoji are spelled."""
# Nothing but these categories is looked at one by one; most texts have none of them.
_SUSPECT = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\xad\\u0600-\\u0605\\u061c-\\U0010ffff]")


def _moves_the_terminal(char: str) -> bool:
    """Whether a character does something else than to stand there: controls, turns of direction, line ends, halves of
    characters, and what is no character."""
    return char not in _JOINERS and (unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"))


def printable(text: str) -> str:
    """The text with every character that could move a terminal's cursor or turn its direction written as an escape.

    Line breaks stay.
    """

    def escaped(char: str) -> str:
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return _visible(text, escaped)


def in_yaml(text: str) -> str:
    """The text in double quotes as YAML reads it, with all that isn't plainly visible as an escape."""

    def escaped(char: str) -> str:
        # YAML has an escape of eight digits where JSON has two halves of a character.
        return json.dumps(char)[1:-1] if ord(char) < 0x10000 else f"\\U{ord(char):08x}"

    return _visible(json.dumps(text, ensure_ascii=False), escaped)


def as_json(data: object) -> str:
    """Data as indented JSON that can be printed safely."""
    return _visible(json.dumps(data, ensure_ascii=False, indent=2), lambda char: json.dumps(char)[1:-1])


def _visible(text: str, escaped: Callable[[str], str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        char = match[0]
        return escaped(char) if char != "\n" and _moves_the_terminal(char) else char

    return _SUSPECT.sub(replaced, text)
