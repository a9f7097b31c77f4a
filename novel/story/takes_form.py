"""What may stand in a takes file, and how it is read: all of its mistakes at once, each at its place."""
# ruff: noqa: D102 - read and schema are documented once, in Kind

from __future__ import annotations

from pathlib import Path
from typing import Any

from novel.errors import DiagnosticsError
from novel.story import assets
from novel.story.adapter_form import SHARE
from novel.story.faults import AssetFault
from novel.story.kinds import ListOf, Name, Number, PixelSize, Text, Truth
from novel.story.model import Story
from novel.story.reading import BAD, Bad, Reading, Schema, scalar, what_is
from novel.story.record import Entry, Field, Named, Record, Values
from novel.story.spelling import did_you_mean
from novel.story.story_form import ID, MAX_SEED, Version
from novel.story.takes import EXTEND, MOST_EXTENDED, Extension, Redo, Region, Take, Takes, extension, takes_file
from novel.story.textfile import read_source
from novel.story.tree import Mapping, Node, Sequence


class RegionKind:
    """``left``, ``right``, or x, y, width and height in shares of the picture."""

    def read(self, node: Node, name: str, reading: Reading) -> Region | Bad:
        wanted = "left, right, or [x, y, width, height] in shares of the picture"
        if isinstance(node, Sequence):
            read = [SHARE.read(item, name, reading) for item in node.items]
            if any(isinstance(value, Bad) for value in read):
                return BAD
            box = tuple(float(value) for value in read if not isinstance(value, Bad))
            if len(box) == 4 and box[2] > 0 and box[3] > 0 and box[0] < 1 and box[1] < 1:
                return box
            return reading.error(node, "bad-region", f"`{name}` must be {wanted}", "As in `[0.5, 0, 0.5, 1]`.")
        text = scalar(node, name, wanted, reading)
        if isinstance(text, str) and text not in ("left", "right"):
            return reading.error(node, "bad-region", f"`{name}` must be {wanted}, not {what_is(node)}")
        return text  # type: ignore[return-value]

    def schema(self) -> Schema:
        box = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 4, "maxItems": 4}
        return {"anyOf": [{"enum": ["left", "right"]}, box]}


class ExtensionKind:
    """A side and a share of the width, as ``right 25%``."""

    def read(self, node: Node, name: str, reading: Reading) -> Extension | Bad:
        text = scalar(node, name, "a side and a share of the width, as `right 25%`", reading)
        if not isinstance(text, str):
            return BAD
        found = extension(text)
        if found is None:
            return reading.error(
                node,
                "bad-extend",
                f"`{name}` must be a side and a share, not {what_is(node)}",
                f"Write `right 25%` or `left 100%`; {MOST_EXTENDED}% is the most.",
            )
        return found

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{EXTEND.pattern}$"}


_PICTURE_FIELDS = {
    "seed": Field(Number(0, MAX_SEED, whole=True), "The seed."),
    "prompt": Field(Text(filled=True), "What the picture shows, in place of the panel's own words."),
    "negative": Field(Text(), "What the picture must not show."),
    "strength": Field(SHARE, "How much of the picture that it starts from is changed, 0 to 1."),
    "steps": Field(Number(1, 500, whole=True), "The number of steps."),
    "guidance": Field(Number(0, 50), "How closely the prompt is followed."),
}
_PARTS = {
    "mask": Field(Text(filled=True), "A picture of the same size, relative to this file: white is drawn anew."),
    "region": Field(RegionKind(), "The part that is drawn anew: left, right, or [x, y, width, height] in shares."),
    "extend": Field(ExtensionKind(), "Room added beside the picture, as `right 25%` of its width."),
}


def _check_parts(values: Values, reading: Reading) -> None:
    parts = [key for key in _PARTS if key in values.nodes]
    if len(parts) > 1:
        reading.error(
            values.node(parts[1]),
            "redo",
            f"a redo has one of {', '.join(_PARTS)}, not two of them",
            "Write two redos, one after the other.",
        )


def _check_redo(values: Values, reading: Reading) -> None:
    _check_parts(values, reading)
    if reading.faithful and "strength" not in values.nodes and not any(key in values.nodes for key in _PARTS):
        reading.error(
            values.where,
            "redo",
            "a redo without mask, region or extend needs `strength`",
            "`strength: 0.2` is a small variation.",
        )


REDO = Record(
    "a redo",
    {**_PICTURE_FIELDS, "seed": Field(_PICTURE_FIELDS["seed"].kind, "The seed.", required=True), **_PARTS},
    "One step from a finished picture to the next.",
    check=_check_redo,
)

TAKE = Record(
    "a take",
    {
        **_PICTURE_FIELDS,
        "model": Field(Text(filled=True), "The model that draws this panel alone."),
        "pixels": Field(PixelSize(), "The picture's size, in place of the one that follows from the page."),
        **_PARTS,
        "redo": Field(ListOf(REDO, "a list of redos"), "What was done to the finished picture, in order."),
        "approved": Field(Truth(), "The picture stays, whatever else changes."),
        "picture": Field(Name(r"[0-9a-f]{64}", "a picture's key"), "The chosen picture; written by the tool."),
    },
    "What was decided about one panel.",
    check=_check_parts,
)

TAKES = Record(
    "the takes file",
    {
        "novel": Field(Version(), "The version of this format: 1.", required=True),
        "panels": Field(Named(TAKE, ID, "a mapping of takes by panel id"), "The decisions, by panel id."),
    },
    "What editors have decided about a story's panels; written by `novel pick`, read by `novel build`.",
)


def load_takes(story_file: Path, story: Story) -> Takes:
    """The takes beside a story; none where there is no such file.

    Raises ``DiagnosticsError`` with all that is wrong in it, ``FileError`` where it can't be read.
    """
    file = takes_file(story_file)
    if not file.exists():
        return Takes(file)
    reading = Reading(*read_source(file, "takes"))
    panels: dict[str, Take] = {}
    values = TAKES.read(reading.root, "takes", reading) if isinstance(reading.root, Mapping) else None
    if values is None and not reading.diagnostics:
        reading.diagnostics.append(
            reading.source.whole("wrong-type", "the takes file must be a mapping", "Its first line is `novel: 1`.")
        )
    if isinstance(values, Values):
        known = {panel.id for panel in story.panels()}
        for entry in values.get("panels", ()):
            if isinstance(entry.value, Values):
                panels[entry.id] = _take(entry, file.parent, reading)
            if entry.id not in known:
                reading.warn(
                    entry.key,
                    "unknown-panel",
                    f"there is no panel `{entry.id}` in {story_file.name}",
                    did_you_mean(entry.id, sorted(known)) or "Its take waits for it, or can be taken out.",
                )
    if any(d.severity == "error" for d in reading.diagnostics):
        raise DiagnosticsError([*reading.diagnostics, *reading.warnings()])
    return Takes(file, panels, tuple(reading.warnings()))


def _take(entry: Entry, folder: Path, reading: Reading) -> Take:
    fields: dict[str, Any] = dict(entry.value)
    redos = [_redo(values, folder, reading) for values in fields.pop("redo", ())]
    if any(key in fields for key in _PARTS):
        # A part beside the other fields: all of them say how that part of the story's own picture is drawn anew.
        if "seed" not in fields:
            reading.error(entry.key, "redo", "a part that is drawn anew needs a `seed`", "Any whole number will do.")
        moved = {k: fields.pop(k) for k in (*_PICTURE_FIELDS, *_PARTS) if k in fields}
        redos.insert(0, _redo(moved | {"seed": moved.get("seed", 0)}, folder, reading, entry.value))
    return Take.model_construct(**fields, redo=tuple(redos))


def _redo(values: dict[str, Any], folder: Path, reading: Reading, where: Values | None = None) -> Redo:
    nodes = values if isinstance(values, Values) else where
    if "mask" in values and nodes is not None:
        try:
            assets.image(folder, values["mask"])
        except AssetFault as fault:
            reading.error(nodes.node("mask"), fault.code, fault.message, fault.hint, exit_code=fault.exit_code)
    return Redo.model_construct(**values)
