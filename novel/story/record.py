"""Mappings: those with known keys (``Record``) and those from ids to things (``Named``)."""
# ruff: noqa: D102 - read and schema are documented once, in Kind

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from novel.story.kinds import COMMENT
from novel.story.reading import BAD, Bad, Kind, Reading, Schema, listing, what_is
from novel.story.spelling import closest
from novel.story.tree import Broken, Mapping, Node, Scalar, Sequence, shown


@dataclass(eq=False, repr=False)
class Entry:
    """A named value of a ``Named`` mapping, with the node of its key."""

    id: str
    key: Scalar
    value: Any


@dataclass(eq=False, repr=False)
class Named:
    """A mapping from ids to values; read as a tuple of ``Entry``."""

    item: Kind
    pattern: str
    wanted: str
    reserved: tuple[str, ...] = ()

    def read(self, node: Node, name: str, reading: Reading) -> tuple[Entry, ...] | Bad:
        if isinstance(node, Broken):
            return BAD
        if not isinstance(node, Mapping):
            hint = "Write each as `id:` with its fields indented under it."
            return reading.error(node, "wrong-type", f"`{name}` must be {self.wanted}, not {what_is(node)}", hint)
        entries = []
        for key, value in node.pairs:
            if key.value in self.reserved:
                reading.error(
                    key, "reserved-name", f"`{key.value}` can't be an id here: it has a meaning of its own in `say`",
                    f"Choose another id, such as `{key.value}-1`, and keep `name: {key.value}`.",
                )  # fmt: skip
            elif not re.fullmatch(self.pattern, key.value):
                reading.error(
                    key, "bad-name", f"`{shown(key.value)}` can't be an id: use letters, digits and hyphens",
                    "The full name goes into `name`.",
                )  # fmt: skip
            entries.append(Entry(key.value, key, self.item.read(value, key.value, reading)))
        return tuple(entries)

    def schema(self) -> Schema:
        names: Schema = {"pattern": f"^(?:{self.pattern})$"}
        if self.reserved:
            names["not"] = {"enum": list(self.reserved)}
        return {"type": "object", "additionalProperties": self.item.schema(), "propertyNames": names}


@dataclass(eq=False, repr=False)
class Field:
    """A key of a record: its kind of value and its meaning, as editors show it."""

    kind: Kind
    doc: str
    required: bool = False
    default: str = ""


class Values(dict[str, Any]):
    """A record that was read: the good values by key, and where everything stands."""

    __slots__ = ("nodes", "where")

    def __init__(self, where: Node) -> None:
        super().__init__()
        self.where = where
        self.nodes: dict[str, tuple[Scalar, Node]] = {}

    def node(self, key: str) -> Node:
        """Where a key's value stands; the record itself where the key was left out."""
        return self.nodes[key][1] if key in self.nodes else self.where


@dataclass(eq=False, repr=False)
class Record:
    """A mapping with known keys; read as ``Values``.

    ``inline``: a mapping that holds prose and is often written in braces, where a comma may be part of the text.
    ``elsewhere``: keys that writers look for here, and what to do instead. ``check`` looks at the whole.
    """

    name: str
    fields: Map[str, Field]
    doc: str = ""
    inline: bool = False
    elsewhere: Map[str, str] = field(default_factory=dict)
    check: Callable[[Values, Reading], None] | None = None
    one_of: tuple[str, ...] = ()
    """Keys of which at least one must be there."""

    def read(self, node: Node, name: str, reading: Reading) -> Values | Bad:
        if isinstance(node, Broken):
            return BAD
        if not isinstance(node, Mapping):
            hint = f"Its keys are {listing(tuple(self.fields))}."
            return reading.error(node, "wrong-type", f"{self.name} must be a mapping, not {what_is(node)}", hint)
        values = Values(node)
        for key, value in node.pairs:
            entry = self.fields.get(key.value)
            if entry is None:
                self._unknown(key, value, reading)
                continue
            values.nodes[key.value] = (key, value)
            if isinstance(value, Scalar) and value.is_null and not (entry.required and value.value):
                self._left_out(key, value, entry, values, reading)
                continue
            read = entry.kind.read(value, key.value, reading)
            if read is not BAD:
                values[key.value] = read
        if reading.faithful:
            self._missing(values, reading)
        if self.check is not None:
            self.check(values, reading)
        return values

    def _missing(self, values: Values, reading: Reading) -> None:
        keys = [key for key, entry in self.fields.items() if entry.required and key not in reading.supplied]
        if self.one_of and not any(key in values.nodes for key in self.one_of):
            keys.append(self.one_of[0])
        for key in keys:
            if key not in values.nodes:
                hint = f"Add `{key}:`. {self.fields[key].doc}"
                reading.error(values.where, "missing-key", f"{self.name} has no `{key}`", hint)

    @staticmethod
    def _left_out(key: Scalar, value: Scalar, entry: Field, values: Values, reading: Reading) -> None:
        cut = COMMENT.match(reading.source.text, key.end + 1) if not value.value else None
        if cut:
            reading.error(
                cut.start(1),
                "cut-by-comment",
                f"`{key.value}` is empty: a # starts a comment",
                "Put the value in quotes.",
            )
        elif entry.required:
            reading.error(value, "empty-value", f"`{key.value}` is empty", entry.doc)
        else:
            del values.nodes[key.value]

    def _unknown(self, key: Scalar, value: Node, reading: Reading) -> None:
        if key.value in self.elsewhere:
            hint = self.elsewhere[key.value]
        elif isinstance(value, Scalar) and value.is_null and " " in key.value.strip():
            hint = "Put a text that holds a comma or colon in quotes."
        else:
            near = closest(key.value, (*self.fields, *self.elsewhere))
            hint = f"Did you mean `{near}`?" if near else f"The keys here are {listing(tuple(self.fields), 30)}."
            if near is not None and near in self.elsewhere:
                hint += f" {self.elsewhere[near]}"
        reading.error(key, "unknown-key", f"{self.name} has no key `{shown(key.value)}`", hint)

    def schema(self) -> Schema:
        properties: Schema = {}
        for key, entry in self.fields.items():
            kind = entry.kind.schema() if entry.required else _or_null(entry.kind.schema())
            properties[key] = {"description": entry.doc, **kind}
        schema: Schema = {
            "type": "object",
            "properties": properties,
            # In braces, the words after a comma are a key without a value to YAML.
            "additionalProperties": {"type": "null"} if self.inline else False,
        }
        if self.doc:
            schema["description"] = self.doc
        required = [key for key, entry in self.fields.items() if entry.required]
        if required:
            schema["required"] = required
        if self.one_of:
            schema["anyOf"] = [{"required": [key]} for key in self.one_of]
        return schema


def text_nodes(node: Node) -> list[Scalar]:
    """Where each text stands that was read of one text or a list of texts."""
    items = node.items if isinstance(node, Sequence) else [node]
    return [item for item in items if isinstance(item, Scalar) and item.value.strip()]


def _or_null(schema: Schema) -> Schema:
    """The schema of a field that may also be left empty."""
    if "enum" in schema:
        types: Schema = {"type": ["string", "null"]} if "type" in schema else {}
        return {**schema, **types, "enum": [*schema["enum"], None]}
    if "type" in schema:
        written = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return {**schema, "type": [*written, "null"]}
    if "anyOf" in schema and "properties" not in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema
