"""YAML as a tree of nodes that know where they stand; every scalar is text until a field asks for something else.

PyYAML's parser (libyaml, where it was built with it) gives events; the tree is built here, with limits, and with all
of YAML that a story doesn't need closed off: tags, anchors, aliases, merge keys, complex keys, further documents.
One addition: in braces, words after a comma that have no colon go on with the text before them, so that
``{jon: tired, rubbing his eyes}`` says what it seems to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from novel.errors import Diagnostic
from novel.story.source import SourceText
from novel.story.syntax import Last, explain

MAX_DEPTH = 32
"""How deep lists and mappings may stand in one another; the format itself needs nine."""
MAX_NODES = 200_000
"""How many values a file may hold; a thousand-panel story has about 30,000."""
# After a syntax error the whole text is read again, so large files get fewer tries.
_LEAST_REPAIRS, _MOST_REPAIRS, _REPAIRED_CHARACTERS = 5, 40, 5_000_000
_MOST_SHOWN = 200
_HOPELESS = 3000
_MAX_ALIASES_SHOWN = 10

_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")}
_NULLS = {"", "~", "null", "Null", "NULL"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(eq=False, repr=False, slots=True)
class Scalar:
    """A text. ``plain``: written without quotes; ``block``: written under ``|`` or ``>``."""

    value: str
    start: int
    end: int
    plain: bool = False
    block: bool = False

    @property
    def is_null(self) -> bool:
        """Whether nothing was written, or an unquoted ``null`` or ``~``."""
        return self.plain and self.value in _NULLS


@dataclass(eq=False, repr=False, slots=True)
class Sequence:
    """A list."""

    items: list[Node]
    start: int
    end: int


@dataclass(eq=False, repr=False, slots=True)
class Mapping:
    """A mapping; its pairs stand in the order of the file and no key comes twice."""

    pairs: list[tuple[Scalar, Node]]
    start: int
    end: int

    def get(self, key: str) -> Node | None:
        """The value under a key."""
        return next((value for k, value in self.pairs if k.value == key), None)


@dataclass(eq=False, repr=False, slots=True)
class Broken:
    """Something that was already reported and can't be read."""

    start: int
    end: int


Node = Scalar | Sequence | Mapping | Broken
Report = Callable[[Diagnostic], None]


@dataclass(eq=False, repr=False)
class Composed:
    """A file as a tree.

    ``root`` is None where nothing sensible can be read. ``faithful``: nothing was lost; after some syntax errors the
    reading goes on with a repaired copy that lacks something. ``slipped``: the lines of syntax errors; whatever else
    seems to be wrong on them is most likely an echo.
    """

    root: Node | None
    faithful: bool
    slipped: set[int]


class _Stop(Exception):
    """The tree is past a limit."""


def compose(source: SourceText, report: Report) -> Composed:
    """Reads a source into a tree; reports every mistake of form."""
    text, restored = _shielded(source.readable)
    result = Composed(None, True, set())
    repairs = max(_LEAST_REPAIRS, min(_MOST_REPAIRS, _REPAIRED_CHARACTERS // len(text)))
    while True:
        found: list[Diagnostic] = []
        composer = _Composer(source, text, restored, found.append)
        repair: tuple[int, str] | None = None
        try:
            result.root = composer.document()
        except _Stop:
            result.faithful = False
        except yaml.YAMLError as error:
            slip = explain(error, text, composer.last)
            line = source.place(slip.index)[0]
            if line not in result.slipped and (result.faithful or not slip.follows):
                report(source.diagnostic(slip.index, slip.code, slip.message, slip.hint))
            repair = slip.repair if repairs and text[slip.index : slip.index + 1] else None
            result.slipped.add(line)
            result.faithful = result.faithful and not slip.lossy and repair is not None
        if repair is None or text[repair[0]] == repair[1]:
            for diagnostic in found:
                if diagnostic.line not in result.slipped:
                    report(diagnostic)
            return result
        repairs -= 1
        # One character for one, so that every place after it stays where it was.
        text = text[: repair[0]] + repair[1] + text[repair[0] + 1 :]


def _shielded(text: str) -> tuple[str, dict[int, str]]:
    """The text with NEL, LS and PS written over, and how to undo it in what was read.

    They end a line in YAML 1.1, which PyYAML reads; in YAML 1.2 and in editors they are characters like others.
    """
    found = [char for char in "\x85\u2028\u2029" if char in text]
    free = (code for code in range(0xE000, 0xF900) if chr(code) not in text)
    stand_ins = dict(zip(found, free, strict=False)) if found else {}
    for char, code in stand_ins.items():
        text = text.replace(char, chr(code))
    return text, {code: char for char, code in stand_ins.items()}


class _Composer:
    """Builds the tree of one document from the parser's events."""

    def __init__(self, source: SourceText, text: str, restored: dict[int, str], report: Report) -> None:
        self.source = source
        self.text = text
        self.restored = restored
        self.report = report
        self.nodes = 0
        self.shown = 0
        self.aliases = 0
        self.last: Last | None = None
        self.loader = _Loader(text)

    def error(self, index: int, code: str, message: str, hint: str = "", exit_code: int = 3) -> None:
        if self.shown < _MOST_SHOWN or exit_code != 3:
            self.shown += 1
            self.report(self.source.diagnostic(index, code, message, hint, exit_code=exit_code))

    def event(self) -> Any:
        return self.loader.get_event()

    def document(self) -> Node | None:
        try:
            self.loader.get_event()  # stream start
            if self.loader.check_event(yaml.StreamEndEvent):
                return None
            self.loader.get_event()  # document start
            root = self.node(self.event(), 0)
            self.loader.get_event()  # document end
            if not self.loader.check_event(yaml.StreamEndEvent):
                event = self.loader.get_event()
                self.error(
                    event.start_mark.index,
                    "several-documents",
                    "a second document starts here (`---`); a file holds one",
                    "Take the line out, or put what follows into a file of its own.",
                )
            return root
        finally:
            self.loader.dispose()

    def node(self, event: Any, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.error(
                event.start_mark.index,
                "too-many-values",
                f"the file holds more than {MAX_NODES:,} values",
                "Split the story into several files.",
            )
            raise _Stop
        start, end = event.start_mark.index, event.end_mark.index
        quoted = isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"')
        marked = isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None
        if quoted or marked:
            self.last = Last(start, end, quoted)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if event.anchor is not None:
            self.aliases += 1
            if self.aliases <= _MAX_ALIASES_SHOWN:
                self.error(
                    start,
                    "anchor",
                    f"`&{event.anchor}` would name this part for use elsewhere, which a story can't do",
                    "Put text that starts with & in quotes; write a part that is used twice out twice.",
                )
        if event.tag is not None:
            self.tag(event)
        if isinstance(event, yaml.ScalarEvent):
            value = event.value.translate(self.restored) if self.restored else event.value
            return Scalar(value, start, end, event.style is None or event.style == "", event.style in ("|", ">"))
        if depth >= MAX_DEPTH:
            message = f"lists and mappings stand more than {MAX_DEPTH} deep in one another here"
            self.error(start, "too-deep", message, "Put text that holds brackets in quotes.")
            return self.skip(start)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(start, depth)
        return self.mapping(start, depth, bool(event.flow_style))

    def skip(self, start: int) -> Broken:
        """Passes over the rest of a list or mapping that has begun."""
        level = 1
        while level:
            event = self.event()
            self.nodes += 1
            if level > _HOPELESS or self.nodes > MAX_NODES:
                # The parser's own time grows with the square of the depth.
                raise _Stop
            level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        return Broken(start, event.end_mark.index)

    def sequence(self, start: int, depth: int) -> Sequence:
        items: list[Node] = []
        while True:
            event = self.event()
            end: int = event.end_mark.index
            if isinstance(event, yaml.SequenceEndEvent):
                return Sequence(items, start, end)
            items.append(self.node(event, depth + 1))

    def mapping(self, start: int, depth: int, flow: bool) -> Mapping:
        pairs: list[tuple[Scalar, Node]] = []
        first: dict[str, Scalar] = {}
        while True:
            event = self.event()
            end: int = event.end_mark.index
            if isinstance(event, yaml.MappingEndEvent):
                return Mapping(pairs, start, end)
            key = self.node(event, depth + 1)
            value = self.node(self.event(), depth + 1)
            if not isinstance(key, Scalar):
                if not isinstance(key, Broken):
                    self.error(key.start, "complex-key", "a list or mapping stands where a key should be")
                continue
            if flow and pairs and self.goes_on(key, value, pairs[-1][1]):
                before = pairs[-1][1]
                assert isinstance(before, Scalar)
                between = self.text[before.end : key.start]
                before.value += (between if "\n" not in between and "\r" not in between else ", ") + key.value
                before.end = key.end
                continue
            if key.plain and key.value == "<<":
                self.error(
                    key.start, "merge-key", "`<<` would merge another mapping into this one, which a story can't do",
                    "Write the keys out.",
                )  # fmt: skip
                continue
            if key.value in first:
                line, column = self.source.place(first[key.value].start)
                self.error(
                    key.start,
                    "duplicate-key",
                    f"`{shown(key.value)}` is written twice in one mapping: first on line {line}, column {column}",
                    "Keep one of the two.",
                )
                continue
            first[key.value] = key
            pairs.append((key, value))

    def goes_on(self, key: Scalar, value: Node, before: Node) -> bool:
        """Whether a key in braces is no key but the rest of the text before it: it has no colon."""
        return (
            key.plain
            and isinstance(value, Scalar)
            and value.plain
            and not value.value
            and isinstance(before, Scalar)
            and before.plain
            and bool(before.value)
            and self.text[key.end :].lstrip()[:1] != ":"
        )

    def alias(self, event: Any) -> Broken:
        self.aliases += 1
        if self.aliases <= _MAX_ALIASES_SHOWN:
            self.error(
                event.start_mark.index,
                "alias",
                f"`*{event.anchor}` would repeat a part that was named elsewhere, which a story can't do",
                'Put text that starts with * in quotes, such as "*Really?* Yes."; write a repeated part out.',
            )
        return Broken(event.start_mark.index, event.end_mark.index)

    def tag(self, event: Any) -> None:
        name = event.tag.replace("tag:yaml.org,2002:", "!!")
        start = event.start_mark.index
        if event.tag in _CORE_TAGS or not (event.tag.startswith("tag:") or "/" in event.tag):
            self.error(
                start, "tag", f"`{shown(name)}` is a tag, which a story can't use",
                "Take it out; put text that starts with ! in quotes.",
            )  # fmt: skip
        else:
            self.error(
                start, "unsafe-tag", f"`{shown(name)}` asks for a program's object; it was refused and nothing was run",
                "Take it out. If the file isn't yours, don't trust it.", exit_code=7,
            )  # fmt: skip


def shown(text: str, limit: int = 60) -> str:
    """A text as a message quotes it: on one line and not too long."""
    flat = " ".join(text[: 4 * limit].split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
