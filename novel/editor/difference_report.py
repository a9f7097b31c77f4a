"""The differences of two books told for people: in groups, panels with the same change in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, TextIO

from novel.editor.diff import Change, Changed, Differences, Moved, Place
from novel.editor.safe_text import printable

_LONGEST = 100
"""Of a text in a line, so many characters are shown."""
_MOST_PANELS = 8
_MOST_WORDS = 400
"""Longer changes are not looked into word by word: that takes the cube of their length, at worst."""
_APART = 0.6
"""Two texts that share less are shown whole."""
_MOST_PIECES = 5
_BOOK_NAMES = {"panel_style": "panels", "pages": "number of pages"}
_HASH = re.compile(r"[0-9a-f]{40,64}")
_TITLE, _OLD, _NEW = "1", "31", "32"


def report(found: Differences, out: TextIO) -> None:
    """Write the differences; in colour where ``out`` is a terminal and the user wants it so."""
    colour = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for line in _Told(found, colour).lines():
        print(line, file=out)


class _Told:
    def __init__(self, found: Differences, colour: bool) -> None:
        self._found, self._colour = found, colour

    def lines(self) -> Iterator[str]:
        found = self._found
        if found.none:
            yield "Nothing differs." if not found.not_told else "Nothing differs in what both sides tell."
        yield from self._group("Book", list(self._book()), counted=False)
        count = len(found.new.record.panels)
        picture = self._panels(found.picture, count, self._pictured)
        yield from self._group("Pictures that change", picture, len(found.picture))
        redrawn = self._panels(found.redrawn, count, self._redrawn)
        yield from self._group("Pictures asked for alike that are other files", redrawn, len(found.redrawn))
        words = self._panels(found.words, count, self._worded)
        words += [f"chapter {printable(c.what)}: {self._chapter(c)}" for c in found.chapters]
        yield from self._group("Words that change", words, len(found.words) + len(found.chapters))
        moved = self._joined([(m.panel, _move(m)) for m in found.moved], count)
        yield from self._group("Moved", moved, len(found.moved))
        pages = found.new.record.panels, found.old.record.panels
        for title, ids, side, paint in (
            ("Added", found.added, pages[0], _NEW),
            ("Removed", found.removed, pages[1], _OLD),
        ):
            lines = self._joined([(i, _page(side[i].page)) for i in ids], len(side), paint)
            yield from self._group(title, lines, len(ids))
        renamed = [
            f"{printable(r.old)} → {printable(r.new)}{'' if r.picture else ', with the same picture'}"
            for r in found.renamed
        ]
        yield from self._group("Renamed", renamed, len(renamed))
        if not found.none and not found.picture and not found.redrawn:
            yield "No other picture changes." if found.added or found.removed else "No picture changes."
        for note in found.not_told:
            yield f"note: {printable(note)}"

    def _book(self) -> Iterator[str]:
        """A line for each thing of the book, and one for all that changes of the paper or of a part of the style."""
        parts: dict[str, list[str]] = {}
        for change in self._found.book:
            whole, dot, part = change.what.partition(".")
            told = f"{printable(part)} {self._change(change)}" if dot else self._change(change)
            parts.setdefault(_BOOK_NAMES.get(whole, whole) + (":" if dot else ""), []).append(told)
        yield from (f"{name} {', '.join(told)}" for name, told in parts.items())

    def _group(self, title: str, lines: Sequence[str], count: int = 0, *, counted: bool = True) -> Iterator[str]:
        if lines:
            yield self._paint(f"{title} ({count})" if counted else title, _TITLE)
            yield from (f"  {line}" for line in lines)

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def _panels(self, changed: Iterable[Changed], count: int, told: Any) -> list[str]:
        return self._joined([(entry.panel, "; ".join(told(entry))) for entry in changed], count)

    def _joined(self, told: Iterable[tuple[str, str]], count: int, paint: str = "") -> list[str]:
        """A line for each thing told, with all the panels of which it is."""
        panels: dict[str, list[str]] = {}
        for panel, text in told:
            panels.setdefault(text, []).append(printable(panel))
        lines = []
        for text, ids in panels.items():
            names = ", ".join(ids[:_MOST_PANELS])
            if len(ids) == count and count > _MOST_PANELS:
                names = f"all {count} panels"
            elif len(ids) > _MOST_PANELS:
                names += f" and {len(ids) - _MOST_PANELS} more"
            names = self._paint(names, paint) if paint else names
            lines.append(f"{names}: {text}" if text else names)
        return lines

    def _pictured(self, entry: Changed) -> Iterator[str]:
        for change in entry.changes:
            old, new = change.old, change.new
            if change.what == "size":
                yield f"size {_pixels(old)} → {_pixels(new)}"
            elif change.what == "key":
                yield "by something that isn’t told"
            elif change.what == "source":
                yield f"{_source(old)} → {_source(new)}"
            elif change.what == "adapters":
                yield f"adapters {self._arrow(_adapters(old), _adapters(new))}"
            elif change.what.startswith("init"):
                yield self._start(change)
            else:
                yield f"{self._name(change.what)} {self._change(change)}"

    def _start(self, change: Change) -> str:
        if change.what == "init":
            return "starts from no picture any more" if change.new is None else "starts from a picture now"
        if change.what == "init.source":
            return (
                f"the picture it starts from ({printable(change.panel)}) changes"
                if change.panel
                else "starts from another picture"
            )
        if change.what == "init.strength":
            return f"strength {self._change(change)}"
        return (
            "another part of it is drawn anew" if change.what == "init.mask" else "starts from another kind of picture"
        )

    def _redrawn(self, entry: Changed) -> Iterator[str]:
        versions = [c for c in entry.changes if c.what != "sha256"]
        yield from (f"{self._name(c.what)} {self._change(c)}" for c in versions)
        if not versions:
            yield "drawn at another time"

    def _worded(self, entry: Changed) -> Iterator[str]:
        for change in entry.changes:
            yield f"{change.what} {self._wording(change.old, change.new)}"

    def _chapter(self, change: Change) -> str:
        if change.old is None or change.new is None:
            return f"{'new' if change.old is None else 'gone'}, {_quoted(change.new or change.old)}"
        return f"title {self._change(change)}"

    def _change(self, change: Change) -> str:
        if isinstance(change.old, str) and isinstance(change.new, str) and " " in change.old + change.new:
            return self._wording(change.old, change.new)
        return self._arrow(_value(change.old), _value(change.new))

    def _arrow(self, old: str, new: str) -> str:
        return f"{self._paint(old, _OLD)} → {self._paint(new, _NEW)}"

    @staticmethod
    def _name(what: str) -> str:
        return printable(what).replace("_", " ")

    def _wording(self, old: Any, new: Any) -> str:
        """What changes between two texts, or two lists of lines."""
        if isinstance(old, str) and isinstance(new, str):
            one, other = old.split(), new.split()
            steps = _steps(one, other)
            apart = sum(len(gone) + len(come) for gone, come in steps)
            if old and new and apart > _APART * (len(one) + len(other)):
                return self._arrow(_quoted(old), _quoted(new))
            parts = [self._step(" ".join(gone), " ".join(come)) for gone, come in steps]
            # Only the blanks between the words may differ.
            return ", ".join(_first(parts)) or self._arrow(_quoted(repr(old)), _quoted(repr(new)))
        lines, others = ([_line(line) for line in side] for side in (old, new))
        parts = []
        for gone, come in _steps(lines, others):
            shared = min(len(gone), len(come))
            parts += [self._step(x, y) for x, y in zip(gone[:shared], come[:shared], strict=True)]
            parts += [self._step(x, "") for x in gone[shared:]] + [self._step("", y) for y in come[shared:]]
        return ", ".join(_first(parts))

    def _step(self, old: str, new: str) -> str:
        if old and new:
            return self._arrow(_quoted(old), _quoted(new))
        return self._paint(f"+ {_quoted(new)}", _NEW) if new else self._paint(f"− {_quoted(old)}", _OLD)


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[Sequence[str], Sequence[str]]]:
    """What goes and what comes in its place, from the first to the last."""
    shorter = min(len(old), len(new))
    start = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    left = shorter - start
    end = next((i for i in range(left) if old[-1 - i] != new[-1 - i]), left)
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    if len(gone) + len(come) > _MOST_WORDS:
        return [(gone, come)]
    steps = SequenceMatcher(None, gone, come, False).get_opcodes()
    return [(gone[a:b], come[c:d]) for kind, a, b, c, d in steps if kind != "equal"]


def _first(parts: list[str]) -> list[str]:
    more = len(parts) - _MOST_PIECES + 1
    return parts if more <= 1 else [*parts[: _MOST_PIECES - 1], f"and {more} more"]


def _line(line: Any) -> str:
    """A caption, a sound word or a balloon as one line."""
    if not isinstance(line, dict):
        return str(line)
    kind = f" ({line['kind']})" if line["kind"] != "speech" else ""
    side = f" [{line['at']}]" if line["at"] is not None else ""
    return f"{line['speaker']}{kind}{side}: {line['text']}"


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return f"“{printable(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…')}”"


def _value(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    text = _HASH.sub(lambda match: match[0][:10], f"{value:g}" if isinstance(value, float) else str(value))
    return printable(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _pixels(size: Any) -> str:
    return "×".join(map(_value, size))


def _adapters(uses: Any) -> str:
    if not isinstance(uses, list):
        return _value(uses)
    told = [
        f"{_value(u.get('sha256'))} at {_value(u.get('weight'))}" if isinstance(u, dict) else _value(u) for u in uses
    ]
    return ", ".join(told) or "none"


def _source(source: dict[str, Any]) -> str:
    if "approved" in source:
        return f"an approved picture ({_value(source['approved'])})"
    if "image" in source:
        return f"the writer’s own {_value(source['image']) if source['image'] else 'picture'}"
    return "drawn"


def _page(page: int | None) -> str:
    return "" if page is None else f"page {page}"


def _move(moved: Moved) -> str:
    old, new = moved.old, moved.new
    where = f"page {old.page} → {new.page}" if old.page != new.page else f"page {new.page}, elsewhere on it"
    if _extent(old) != _extent(new):
        size = f"{_extent(old)} → {_extent(new)} points"
        return f"{where}, {size}" if old.page != new.page else f"page {new.page}, {size}"
    return where


def _extent(place: Place) -> str:
    return f"{place.rect[2]:.0f}×{place.rect[3]:.0f}"
