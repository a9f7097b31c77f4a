"""Changing the takes file in place: what others wrote, comments and order, stays byte for byte.

The file holds a comment with each panel's id, in the story's order, and a panel's take stands under its comment. So two
editors who decide about different panels change lines that lie apart, and git merges them by itself: lines that no one
touches stand between any two takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from novel.errors import FileError
from novel.store import write_atomically
from novel.story.model import Story
from novel.story.source import SourceText
from novel.story.takes import Take, fields_of, takes_file
from novel.story.textfile import read_source
from novel.story.tree import Mapping, Node, Scalar, compose

_HEAD = """\
# What editors decided about the pictures of {story}: written by `novel pick` and `novel approve`, obeyed by
# `novel build`, and yours to edit. A panel's take stands under the comment with its id.
novel: 1
panels:
"""
_ANCHOR = re.compile(r"[ \t]*#[ \t]*([a-z0-9-]+)[ \t]*\r?")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _./()'-]*[A-Za-z0-9.)']")
_LIKE_A_NUMBER = re.compile(r"[0-9_]+(?:e[0-9]+)?")
_WORDS_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def write_take(story_file: Path, story: Story, panel: str, take: Take | None) -> bool:
    """Make the takes file say ``take`` about a panel (None: nothing). False where it did already.

    Raises FileError where the file can't be changed without touching what others wrote, or can't be written; what
    stood there then still stands.
    """
    file = takes_file(story_file)
    if not file.exists():
        if take is None:
            return False
        text = _HEAD.format(story=story_file.name) + "".join(f"  # {p.id}\n" for p in story.panels())
    else:
        text = read_source(file, "takes")[0].text
    changed = with_take(text, [p.id for p in story.panels()], panel, take, file)
    if changed == text and file.exists():
        return False
    return write_atomically(file, changed.encode())


def with_take(text: str, order: Sequence[str], panel: str, take: Take | None, file: Path) -> str:
    """The takes file's text with another take for one panel. ``order``: the story's panels."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    place = _find(text, panel, file)
    new = [] if take is None else [line + end for line in written(panel, take, place.indent)]
    if place.block is not None:
        first, last = place.block
        if take is not None and place.keys is not None:
            new = _merged(lines, place, new, panel, take, end)
        lines[first:last] = new
    elif new:
        at = _room_for(lines, place, order, panel)
        if at is None:
            at = place.end
            new.insert(0, f"{' ' * place.indent}# {panel}{end}")
        lines[at:at] = new
    result = "".join(lines)
    _check(result, panel, take, file)
    return result


@dataclass(frozen=True, slots=True)
class _Place:
    """Where takes stand in the lines of a file: the lines of one panel's take, if it has one (from, to), and of each of
    its keys; the lines of every take; and the line after the last."""

    block: tuple[int, int] | None
    keys: dict[str, tuple[int, int]] | None
    takes: dict[str, tuple[int, int]]
    first: int
    end: int
    indent: int


def _find(text: str, panel: str, file: Path) -> _Place:
    source = SourceText(text, file)
    root = compose(source, lambda diagnostic: None).root
    lines = text.splitlines()
    top = _pairs(root)
    found = next(((key, value) for key, value in top if key.value == "panels"), None)
    if found is None:
        raise FileError(f"{file} has no `panels:`", "Add a line `panels:` to it.")
    key, value = found
    line = source.place(key.start)[0] - 1
    after = [source.place(k.start)[0] - 1 for k, _ in top if k.start > key.start]
    end = min(after, default=len(lines))
    if isinstance(value, Scalar) and value.is_null:
        return _Place(None, None, {}, line + 1, _trimmed(lines, line + 1, end, 0, keep_anchors=True), 2)
    if not isinstance(value, Mapping) or not value.pairs or source.place(value.start)[0] - 1 == line:
        raise FileError(f"{file}: `panels` is written in braces", "Write each panel on a line of its own under it.")
    indent = source.place(value.pairs[0][0].start)[1] - 1
    spans = _spans(source, lines, value, end)
    block = spans.get(panel)
    keys = None
    inner = value.get(panel)
    if block is not None and isinstance(inner, Mapping) and inner.pairs:
        at = source.place(inner.pairs[0][0].start)
        if at[0] - 1 > block[0]:
            keys = _spans(source, lines, inner, block[1])
    last = _trimmed(lines, max(to for _, to in spans.values()), end, 0, keep_anchors=True)
    return _Place(block, keys, spans, line + 1, last, indent)


def _pairs(node: Node | None) -> list[tuple[Scalar, Node]]:
    return node.pairs if isinstance(node, Mapping) else []


def _spans(source: SourceText, lines: list[str], mapping: Mapping, end: int) -> dict[str, tuple[int, int]]:
    """The lines of each key with its value; comments and blanks that stand between them belong to no one."""
    starts = [(key.value, *source.place(key.start)) for key, _ in mapping.pairs]
    spans = {}
    for (key, line, column), following in zip(starts, [*(s[1] for s in starts[1:]), end + 1], strict=True):
        spans[key] = (line - 1, _trimmed(lines, line, following - 1, column))
    return spans


def _trimmed(lines: list[str], first: int, end: int, column: int, keep_anchors: bool = False) -> int:
    """``end`` moved up over blank lines and over comments that stand no deeper than ``column`` (from 1)."""
    while end > first:
        line = lines[end - 1]
        bare = line.lstrip()
        if keep_anchors and _ANCHOR.fullmatch(line):
            break
        if bare and not (bare.startswith("#") and len(line) - len(bare) < max(column, 1)):
            break
        end -= 1
    return end


def _room_for(lines: list[str], place: _Place, order: Sequence[str], panel: str) -> int | None:
    """The line under the panel's comment; None where there is no such comment."""
    anchors = {
        match[1]: number
        for number in range(place.first, place.end)
        if (match := _ANCHOR.fullmatch(lines[number].rstrip("\n"))) and match[1] in order
    }
    return anchors[panel] + 1 if panel in anchors else None


def _merged(lines: list[str], place: _Place, new: list[str], panel: str, take: Take, end: str) -> list[str]:
    """A take's lines where only the keys that change are written anew, so that its comments stay."""
    assert place.block is not None
    assert place.keys is not None
    first, last = place.block
    wanted = dict(_blocks(new))
    out = [lines[first]]
    at = first + 1
    for key, (start, stop) in place.keys.items():
        out += lines[at:start]  # comments and blanks before it
        fresh = wanted.pop(key, None)
        old = lines[start:stop]
        out += old if fresh is not None and _same(old, fresh) else fresh or []
        at = stop
    out += lines[at:last]
    for fresh in wanted.values():
        out += fresh
    return out


def _blocks(lines: list[str]) -> Iterable[tuple[str, list[str]]]:
    """The lines of a written take by key; its first line is the panel's."""
    indent = len(lines[1]) - len(lines[1].lstrip()) if len(lines) > 1 else 0
    key = ""
    held: list[str] = []
    for line in lines[1:]:
        if not line[indent].isspace() and line[indent] != "-":
            if key:
                yield key, held
            key, held = line.strip().partition(":")[0], []
        held.append(line)
    if key:
        yield key, held


def _same(old: list[str], new: list[str]) -> bool:
    """Whether two writings of a key say the same, a comment beside the old one aside."""
    return bool(_value("".join(old)) == _value("".join(new)))


def _value(text: str) -> Any:
    root = compose(SourceText(text, Path("take")), lambda diagnostic: None).root
    return _plain(root)


def _plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {key.value: _plain(value) for key, value in node.pairs}
    if isinstance(node, Scalar):
        return node.value
    return [_plain(item) for item in getattr(node, "items", [])]


def written(panel: str, take: Take, indent: int = 2) -> list[str]:
    """A take as lines of YAML, without line ends."""
    pad = " " * indent
    lines = [f"{pad}{panel}:"]
    for key, value in fields_of(take):
        if key != "redo":
            lines.append(f"{pad}  {key}: {_scalar(key, value)}")
            continue
        lines.append(f"{pad}  redo:")
        for redo in value:
            items = [f"{k}: {_scalar(k, v)}" for k, v in fields_of(redo)]
            lines += [f"{pad}    {'- ' if number == 0 else '  '}{item}" for number, item in enumerate(items)]
    return lines


def _scalar(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if key == "pixels":
        return f"{value[0]}x{value[1]}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_number, value))}]"
    if isinstance(value, int | float):
        return _number(value)
    text = str(value)
    if key == "picture" or (_PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML):
        return f'"{text}"' if _LIKE_A_NUMBER.fullmatch(text) else text
    return json.dumps(text, ensure_ascii=False)  # YAML reads every JSON string.


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")  # Every digit counts: the picture's key follows from it.


def _check(text: str, panel: str, take: Take | None, file: Path) -> None:
    """That the changed text says what was meant. Raises FileError: better no change than a wrong one."""
    source = SourceText(text, file)
    found: list[object] = []
    root = compose(source, found.append).root
    panels = root.get("panels") if isinstance(root, Mapping) else None
    node = panels.get(panel) if isinstance(panels, Mapping) else None
    meant = _value("\n".join(written("x", take))) if take is not None else None
    if found or (_plain(node) if node is not None else None) != (meant["x"] if meant else None):
        raise FileError(
            f"{file} can't be changed safely: the take of {panel} is written in an unusual way",
            "Write the panel's take on lines of its own, each `key: value`.",
        )
