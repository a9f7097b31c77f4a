"""The kinds of value a story is made of: how each is read from the tree, and how a schema describes it.

Each kind reads a node and gives a plain value, or reports what is wrong and gives ``BAD``, so that one mistake never
hides the next. The tables in ``story_form`` and ``style_form`` are built from these.
"""
# ruff: noqa: D102 - read and schema are documented once, in Kind

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from novel.story.color import NAMES, hex_of
from novel.story.paper import UNITS
from novel.story.reading import BAD, Bad, Kind, Reading, Schema, listing, scalar, what_is
from novel.story.spelling import did_you_mean
from novel.story.tree import Broken, Mapping, Node, Scalar, Sequence

# An unquoted text ends at a space and a #.
COMMENT = re.compile(r"[ \t]+(#[^\s#])")


@dataclass(eq=False, repr=False)
class Text:
    """Words, kept as they were written. ``filled``: they may not be empty."""

    filled: bool = False
    wanted: str = "a text"

    def read(self, node: Node, name: str, reading: Reading) -> str | Bad:
        if isinstance(node, Scalar):
            # A block text's last line break is YAML's, not the writer's.
            value = node.value.rstrip("\n") if node.block else node.value
            if node.plain:
                self._watch_for_comment(node, name, reading)
            if self.filled and not value.strip():
                return reading.error(node, "empty-text", f"`{name}` is empty", f"Write {self.wanted} after `{name}:`.")
            return value
        if isinstance(node, Broken):
            return BAD
        hint = ""
        if isinstance(node, Mapping) and node.pairs:
            hint = "Put the text in quotes if it holds a colon or braces."
        elif isinstance(node, Sequence):
            hint = "Put the text in quotes if it starts with [ or -; one text is wanted here."
        return reading.error(node, "wrong-type", f"`{name}` must be {self.wanted}, not {what_is(node)}", hint)

    @staticmethod
    def _watch_for_comment(node: Scalar, name: str, reading: Reading) -> None:
        cut = COMMENT.match(reading.source.text, node.end)
        if cut:
            reading.warn(
                cut.start(1), "cut-by-comment", f"`{name}` ends here: a # after a space starts a comment",
                "Put the whole text in quotes; or leave a space after the # of a true comment.",
            )  # fmt: skip

    def schema(self) -> Schema:
        # Editors take 2020 for a number and `no` for a truth value; here both stay text.
        return {"type": ["string", "number", "boolean"]}


@dataclass(eq=False, repr=False)
class Texts:
    """One text or a list of texts; read as a tuple."""

    item: Kind = Text(filled=True)  # noqa: RUF009 - it holds no state

    def read(self, node: Node, name: str, reading: Reading) -> tuple[Any, ...] | Bad:
        items = node.items if isinstance(node, Sequence) else [node]
        if isinstance(node, Mapping):
            return reading.error(
                node, "wrong-type", f"`{name}` must be a text or a list of texts, not a mapping",
                "Put the text in quotes if it holds a colon.",
            )  # fmt: skip
        values = [self.item.read(item, name, reading) for item in items]
        return tuple(v for v in values if v is not BAD)

    def schema(self) -> Schema:
        one = self.item.schema()
        return {"anyOf": [one, {"type": "array", "items": one}]}


_LONGEST_NAME = 100


@dataclass(eq=False, repr=False)
class Name:
    """A text of a given form."""

    pattern: str
    wanted: str
    hint: str = ""
    suggest: Callable[[str], str] | None = None

    def read(self, node: Node, name: str, reading: Reading) -> str | Bad:
        text = scalar(node, name, self.wanted, reading)
        if isinstance(text, str) and (len(text) > _LONGEST_NAME or not re.fullmatch(self.pattern, text)):
            better = self.suggest(text)[:_LONGEST_NAME] if self.suggest else ""
            hint = f"Write `{better}`. {self.hint}".strip() if better else self.hint
            return reading.error(node, "bad-name", f"`{name}` must be {self.wanted}, not {what_is(node)}", hint)
        return text

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"], "maxLength": _LONGEST_NAME, "pattern": f"^(?:{self.pattern})$"}


@dataclass(eq=False, repr=False)
class Choice:
    """One of several words."""

    words: tuple[str, ...]

    def read(self, node: Node, name: str, reading: Reading) -> str | Bad:
        text = scalar(node, name, listing(self.words), reading)
        if isinstance(text, str) and text not in self.words:
            hint = did_you_mean(text, self.words)
            return reading.error(
                node, "bad-choice", f"`{name}` can't be {what_is(node)}; it is {listing(self.words)}", hint
            )
        return text

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.words)}


_WHOLE = re.compile(r"[+-]?[0-9]{1,25}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,25}(?:\.[0-9]{0,25})?|\.[0-9]{1,25})(?:[eE][+-]?[0-9]{1,2})?")


@dataclass(eq=False, repr=False)
class Number:
    """A number in a range, both ends included. ``whole``: without a fraction."""

    low: float
    high: float
    whole: bool = False

    @property
    def wanted(self) -> str:
        """The range in words."""
        kind = "a whole number" if self.whole else "a number"
        if self.high >= 2**53:
            return f"{kind}, {self.low:g} or more"
        return f"{kind} from {self.low:g} to {self.high:g}"

    def read(self, node: Node, name: str, reading: Reading) -> float | int | Bad:
        text = scalar(node, name, self.wanted, reading)
        if not isinstance(text, str):
            return BAD
        if (_WHOLE if self.whole else _NUMBER).fullmatch(text):
            value = int(text) if self.whole else float(text)
            if self.low <= value <= self.high:
                return value
        hint = ""
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?\s*%", text) and not self.whole and self.high == 1:
            hint = f"Write `{float(text.rstrip('% ')) / 100:g}`."
        elif re.fullmatch(r"[0-9]+,[0-9]+", text):
            hint = f"Write `{text.replace(',', '.')}`, with a point."
        return reading.error(node, "bad-number", f"`{name}` must be {self.wanted}, not {what_is(node)}", hint)

    def schema(self) -> Schema:
        schema: Schema = {"type": "integer" if self.whole else "number", "minimum": self.low}
        return schema if self.high >= 2**53 else {**schema, "maximum": self.high}


_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


@dataclass(eq=False, repr=False)
class Truth:
    """True or false, in the words YAML 1.1 had for them."""

    def read(self, node: Node, name: str, reading: Reading) -> bool | Bad:
        text = scalar(node, name, "true or false", reading)
        if not isinstance(text, str):
            return BAD
        if text.lower() in _TRUE + _FALSE:
            return text.lower() in _TRUE
        return reading.error(node, "bad-truth", f"`{name}` must be true or false, not {what_is(node)}")

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": [*_TRUE, *_FALSE]}]}


_LENGTH_PATTERN = r"[0-9]+(?:\.[0-9]+)?\s*(?:pt|in|mm|cm|px)?"
_LENGTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-zA-Z\"″]*)")


@dataclass(eq=False, repr=False)
class Length:
    """A length with its unit; a plain number is in points. Read as points."""

    low: float = 0.0
    high: float = 14_400.0

    def read(self, node: Node, name: str, reading: Reading) -> float | Bad:
        wanted = "a length such as 9pt, 3mm, 0.125in or 800px"
        text = scalar(node, name, wanted, reading)
        if not isinstance(text, str):
            return BAD
        match = _LENGTH.fullmatch(text)
        unit = match[2] or "pt" if match else ""
        if match is None or unit not in UNITS:
            hint = f"There is no unit `{match[2]}`; {listing(tuple(UNITS))} are known." if match else ""
            return reading.error(node, "bad-length", f"`{name}` must be {wanted}, not {what_is(node)}", hint)
        points = float(match[1]) * UNITS[unit]
        if not self.low <= points <= self.high:
            same = "" if unit == "pt" else f" ({points:.4g}pt)"
            message = f"`{name}` must be from {self.low:g}pt to {self.high:g}pt, not {what_is(node)}{same}"
            hint = "" if match[2] else f"A plain number is in points; write `{text}in` or `{text}mm`."
            return reading.error(node, "bad-length", message, hint)
        return points

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^{_LENGTH_PATTERN}$"}]}


@dataclass(eq=False, repr=False)
class Color:
    """A colour by name or as #rrggbb."""

    def read(self, node: Node, name: str, reading: Reading) -> str | Bad:
        text = scalar(node, name, "a colour", reading)
        if not isinstance(text, str):
            return BAD
        if hex_of(text) is None:
            return reading.error(
                node, "bad-color", f"`{name}` must be a colour such as white or \"#1a2b3c\", not {what_is(node)}",
                did_you_mean(text, tuple(NAMES)),
            )  # fmt: skip
        return text.lower()

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^(?:[a-zA-Z]+|#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6})$"}


@dataclass(eq=False, repr=False)
class ListOf:
    """A list; read as a tuple."""

    item: Kind
    wanted: str
    filled: bool = False

    def read(self, node: Node, name: str, reading: Reading) -> tuple[Any, ...] | Bad:
        if isinstance(node, Broken):
            return BAD
        if not isinstance(node, Sequence):
            hint = "Start each item on a line of its own with `- `, or put them in [ ]."
            return reading.error(node, "wrong-type", f"`{name}` must be {self.wanted}, not {what_is(node)}", hint)
        if self.filled and not node.items:
            return reading.error(node, "empty-list", f"`{name}` is empty", f"It holds {self.wanted}.")
        values = [self.item.read(item, name, reading) for item in node.items]
        return tuple(v for v in values if v is not BAD)

    def schema(self) -> Schema:
        schema: Schema = {"type": "array", "items": self.item.schema()}
        return {**schema, "minItems": 1} if self.filled else schema


_SIZE = re.compile(r"([0-9]{2,5})\s*[x×]\s*([0-9]{2,5})")
_MOST_PIXELS = 64_000_000


class PixelSize:
    """A width and a height in pixels, as ``384x192``."""

    def read(self, node: Node, name: str, reading: Reading) -> tuple[int, int] | Bad:
        wanted = "a size in pixels, as 384x192"
        text = scalar(node, name, wanted, reading)
        if not isinstance(text, str):
            return BAD
        match = _SIZE.fullmatch(text)
        if match is None:
            return reading.error(node, "bad-size", f"`{name}` must be {wanted}, not {what_is(node)}")
        width, height = int(match[1]), int(match[2])
        if width * height > _MOST_PIXELS:
            return reading.error(
                node, "bad-size", f"`{name}` is {width * height:,} pixels in all; {_MOST_PIXELS:,} is the limit"
            )
        return width, height

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_SIZE.pattern}$"}
