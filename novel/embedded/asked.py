"""What a prompt asks for, read off its words by the teacher's own word tables: what a picture of it can be held to.

It reads what the embedded model was taught to read and leaves the rest; nothing here needs weights or imports torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import dropwhile

from novel.embedded.teacher import words, words_people, words_places, words_things

_WORD = re.compile(r"[a-z0-9]+|[,.:;]")
_AGED = frozenset(("old", "elderly", "aged"))
#: How far before its noun an old man's age may stand.
_AGE_REACH = 3
_ARTICLES = frozenset(("a", "an", "the", "in", "on", "at", "inside"))
_HOLDING = frozenset(("holding", "carrying", "holds", "clutching", "lifting", "up", "reading", "reads"))


@dataclass(slots=True)
class Wanted:
    """Someone or something asked for. ``facts``: head → name; ``side``: empty where the prompt leaves it open."""

    facts: dict[str, str] = field(default_factory=dict)
    side: str = ""


@dataclass(slots=True)
class Asked:
    """What a prompt asks for: head → name for the whole picture; its people; its things (their ``facts`` hold
    ``thing``). What somebody holds is left out: it is too small to be read."""

    whole: dict[str, str] = field(default_factory=dict)
    people: list[Wanted] = field(default_factory=list)
    things: list[Wanted] = field(default_factory=list)


Tokens = tuple[str, ...]
_Meaning = tuple[str, Mapping[str, str]]


def _tokens(text: str) -> Tokens:
    plain = text.lower().replace("é", "e").replace("’", "'")
    return tuple(_WORD.findall(re.sub(r"'s\b", "", plain)))


_Entry = tuple[str, str, Mapping[str, str]]
"""A phrase, what sort of thing it says, and the facts."""


def _each(table: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each name of a table with each of its phrases."""
    return ((name, phrase) for name, phrases in table.items() for phrase in phrases)


def _entries() -> Iterator[_Entry]:
    for head, table in (("style", words.STYLE), ("shot", words.SHOT), ("time", words.TIME), ("weather", words.WEATHER)):
        yield from ((phrase, "whole", {head: name}) for name, phrase in _each(table))
    for name, phrase in _each(words_places.PLACE):
        yield phrase, "whole", {"place": name}
        bare = dropwhile(_ARTICLES.__contains__, _tokens(phrase))
        yield " ".join(bare), "whole", {"place": name}
    yield from ((phrase, "thing", {"thing": name}) for name, phrase in _each(words_things.THING))
    yield from ((phrase, "side", {"side": name}) for name, phrase in _each(words.SIDE))
    yield from _kinds()
    yield from _looks()


def _kinds() -> Iterator[_Entry]:
    for name, phrase in _each(words_people.KIND):
        vague = phrase in words_people.NEUTRAL and phrase not in ("child", "kid")
        yield phrase, "person", {} if vague else {"kind": name}
        if name == "robot":
            for colour, shade in _each(words_people.COLOUR):
                yield f"{shade} {phrase}", "person", {"kind": name, "colour": colour}


def _looks() -> Iterator[_Entry]:
    w = words_people
    for name, phrase in _each(w.CLOTHES):
        yield phrase, "look", {"clothes": name}
        for colour, shade in _each(w.COLOUR):
            yield f"{shade} {phrase}", "look", {"clothes": name} | ({} if name == "labcoat" else {"colour": colour})
    for cut, template in _each(w.CUT):
        if "{}" not in template:
            yield template, "look", {"cut": cut}
            continue
        for hair, shade in _each(w.HAIR):
            facts = {"hair": hair} | ({} if template == "{} hair" else {"cut": cut})
            yield template.removeprefix("a ").format(shade), "look", facts
    for head, table in (("hat", w.HAT), ("pose", w.POSE), ("facing", w.FACING), ("expression", w.EXPRESSION)):
        yield from ((phrase, "look", {head: name}) for name, phrase in _each(table))
    for name, phrase in _each(w.SKIN):
        if " " in phrase or phrase == "tanned":  # "black" alone is a colour of clothes
            yield phrase.removeprefix("with "), "look", {"skin": name}
    yield from ((phrase, "look", {"glasses": "yes"}) for phrase in w.GLASSES)
    yield from ((phrase.removeprefix("a "), "look", {"beard": "yes"}) for phrase in w.BEARD)


@lru_cache(maxsize=1)
def _table() -> tuple[dict[Tokens, _Meaning], int]:
    """Each known phrase with its meaning, the first that claims it; and the length of the longest."""
    table: dict[Tokens, _Meaning] = {}
    for phrase, sort, facts in _entries():
        tokens = _tokens(phrase)
        if tokens and tokens != ("with",):
            table.setdefault(tokens, (sort, facts))
    return table, max(map(len, table))


def read_prompt(prompt: str) -> Asked:
    """The facts that a prompt states. Of two that contradict each other about the whole picture the first counts."""
    table, longest = _table()
    tokens = _tokens(prompt)
    scan = _Scan(tokens, table)
    at = 0
    while at < len(tokens):
        length = next((n for n in range(min(longest, len(tokens) - at), 0, -1) if tokens[at : at + n] in table), 0)
        if length:
            scan.take(at, length)
        at += max(1, length)
    return scan.asked


class _Scan:
    """Goes along a prompt and gives each fact to whom it is of."""

    def __init__(self, tokens: Tokens, table: Mapping[Tokens, _Meaning]) -> None:
        self.asked = Asked()
        self._tokens, self._table = tokens, table
        self._last: Wanted | None = None
        self._side, self._ahead = "", dict[str, str]()

    def take(self, at: int, length: int) -> None:
        """The known phrase of so many words at a place."""
        sort, facts = self._table[self._tokens[at : at + length]]
        if sort == "whole":
            for head, name in facts.items():
                self.asked.whole.setdefault(head, name)
        elif sort == "side":
            if self._last is not None and not self._last.side:
                self._last.side = facts["side"]
            else:  # It stands before whom it is of.
                self._side = facts["side"]
        elif sort == "look":
            self._look(facts, at + length)
        elif sort == "person":
            wanted = self._new({**facts, **self._ahead})
            _age(wanted, self._tokens[max(0, at - _AGE_REACH) : at])
            self._ahead = {}
            self.asked.people.append(wanted)
        elif not _held(self._tokens, at):
            self.asked.things.append(self._new(dict(facts)))

    def _new(self, facts: dict[str, str]) -> Wanted:
        self._last, self._side = Wanted(facts, self._side), ""
        return self._last

    def _look(self, facts: Mapping[str, str], after: int) -> None:
        # A mood or a skin may stand before whom it is of: "a smiling man".
        if ("expression" in facts or "skin" in facts) and _noun_follows(self._tokens, after, self._table):
            self._ahead |= facts
        elif self.asked.people:
            for head, name in facts.items():
                self.asked.people[-1].facts.setdefault(head, name)


def _noun_follows(tokens: Tokens, at: int, table: Mapping[Tokens, _Meaning]) -> bool:
    """Whether the next words name someone, before a comma."""
    following = tokens[at : at + 4]
    stop = next((k for k, t in enumerate(following) if t in ",.:;" or t in ("with", "and", "in")), len(following))
    return any(table.get(following[i : i + n], ("",))[0] == "person" for i in range(stop) for n in (1, 2))


def _held(tokens: Tokens, at: int) -> bool:
    before = [t for t in tokens[max(0, at - 2) : at] if t not in _ARTICLES]
    return bool(before) and before[-1] in _HOLDING


def _age(wanted: Wanted, before: Tokens) -> None:
    kind = wanted.facts.get("kind")
    # A comma or another noun between them: the age is somebody else's.
    stop = max((k for k, t in enumerate(before) if t in ",.:;"), default=-1)
    if kind in ("man", "woman") and _AGED & set(before[stop + 1 :]):
        wanted.facts["kind"] = "old" + kind
