"""A hub model's commit written into a style file, with every other character left as it was."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from novel.store import write_atomically
from novel.story.source import SourceText
from novel.story.tree import Mapping, Node, Scalar, Sequence, compose

_BOM = b"\xef\xbb\xbf"
# Forty digits, or digits about one e, would be a number to other readers of YAML.
_LIKE_A_NUMBER = re.compile(r"[0-9]+(?:e[0-9]+)?")


class NotSafe(Exception):
    """The file can't be changed without the risk of changing more; ``line`` is what to add by hand."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


def write_revision(style_file: Path, commit: str) -> bool:
    """Set ``art: revision`` where it is empty or left out. False where it says so already.

    Raises NotSafe where the file is written in a way that this can't be sure of, FileError where it can't be written.
    """
    path = Path(os.path.realpath(style_file))  # A link stays a link.
    data = path.read_bytes()
    text = data.removeprefix(_BOM).decode("utf-8")
    changed = with_revision(text, commit)
    if changed == text:
        return False
    write_atomically(path, (_BOM if data.startswith(_BOM) else b"") + changed.encode())
    return True


def with_revision(text: str, commit: str) -> str:
    """The style's text with that revision. Raises NotSafe."""
    written = f'"{commit}"' if _LIKE_A_NUMBER.fullmatch(commit) else commit
    refusal = NotSafe(f"revision: {written}")
    source, root = _read(text)
    art = root.get("art") if isinstance(root, Mapping) else None
    if not isinstance(art, Mapping):
        raise refusal
    key, value = next(((k, v) for k, v in art.pairs if k.value == "revision"), (None, None))
    if key is not None:
        if not isinstance(value, Scalar):
            raise refusal
        if value.value == commit:
            return text
        if not value.is_null:
            raise refusal
        changed = _in_place(text, key, value, written)
    else:
        changed = _added(text, source, art, written)
    before, after = _plain(root), _plain(_read(changed or "")[1])
    if changed is None or not isinstance(after, dict):
        raise refusal
    meant = {**before, "art": {**before["art"], "revision": commit}}
    if after != meant:
        raise refusal
    return changed


def _in_place(text: str, key: Scalar, value: Scalar, written: str) -> str | None:
    if value.value:  # null or ~
        return text[: value.start] + written + text[value.end :]
    colon = text.find(":", key.end)
    if colon < 0 or text[key.end : colon].strip():
        return None
    return f"{text[: colon + 1]} {written}{text[colon + 1 :]}"


def _added(text: str, source: SourceText, art: Mapping, written: str) -> str | None:
    """A line of its own under the model's; in braces, an entry after it."""
    key, value = next(((k, v) for k, v in art.pairs if k.value == "model"), (None, None))
    if key is None or not isinstance(value, Scalar) or value.block:
        return None
    if text[art.start] == "{":
        return f"{text[: value.end]}, revision: {written}{text[value.end :]}"
    line, column = source.place(key.start)
    if source.place(value.end)[0] != line or source.line(line)[: column - 1].strip():
        return None
    end = re.compile(r"\r\n|\n|\r|\Z").search(text, value.end)
    assert end is not None, "every text ends"
    indent = source.line(line)[: column - 1]
    line_end = end[0] or ("\r\n" if "\r\n" in text else "\n")
    return f"{text[: end.start()]}{line_end}{indent}revision: {written}{text[end.start() :]}"


def _read(text: str) -> tuple[SourceText, Node | None]:
    source = SourceText(text, Path("style"))
    faults: list[object] = []
    composed = compose(source, faults.append) if text.strip() else None
    return source, composed.root if composed is not None and not faults else None


def _plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {key.value: _plain(value) for key, value in node.pairs}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None
