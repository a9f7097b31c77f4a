"""What two books differ in: which panels change their picture, which only their words, which move, come or go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any

from novel.editor.snapshot import BookRecord, PanelRecord, Record, Snapshot

_ALIKE = 0.6
"""From this share of common words on, a panel in the place of another is that one under a new id."""
_MOST_WORDS = 100
"""So many words of two prompts are compared."""
_AHEAD = 4
"""So many of the panels that are gone from a place are looked at for each that has come there."""
_SLACK = 0.05
"""In points: what moves less has not moved."""
_UNSEEN = ("schema_version",)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was something else; None: it wasn't there, or isn't any more.

    ``panel``: for a picture that another starts from, the panel that shows it.
    """

    what: str
    old: Any
    new: Any
    panel: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A panel, by its new id, and what changes in it."""

    panel: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel stands. ``rect``: x, y, width and height in points."""

    page: int
    rect: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Moved:
    """A panel that stands elsewhere."""

    panel: str
    old: Place
    new: Place


@dataclass(frozen=True, slots=True)
class Renamed:
    """A panel under another id. ``picture``: whether its picture changes with it."""

    old: str
    new: str
    picture: bool


@dataclass(frozen=True, slots=True)
class Differences:
    """All that two books differ in; panels in the new one's reading order (those removed: in the old one's).

    ``redrawn``: panels of two builds whose picture was asked for in the same words and is another file: another
    version of something drew it. ``chapters``: titles, by chapter. ``not_told``: what one of the sides doesn't tell.
    """

    old: Snapshot
    new: Snapshot
    book: tuple[Change, ...] = ()
    chapters: tuple[Change, ...] = ()
    picture: tuple[Changed, ...] = ()
    redrawn: tuple[Changed, ...] = ()
    words: tuple[Changed, ...] = ()
    moved: tuple[Moved, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    not_told: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        groups = (self.book, self.chapters, self.picture, self.redrawn, self.words, self.moved, self.added)
        return not any((*groups, self.removed, self.renamed))

    def as_json(self) -> dict[str, Any]:
        """The differences as plain data."""
        sides = {
            name: {"file": str(side.file), "kind": "build" if side.built else "story"}
            for name, side in (("old", self.old), ("new", self.new))
        }
        groups = ("book", "chapters", "picture", "redrawn", "words", "moved", "renamed")
        told = {name: [_plain(asdict(entry)) for entry in getattr(self, name)] for name in groups}
        rest = {name: list(getattr(self, name)) for name in ("added", "removed", "not_told")}
        return {**sides, "same": self.none, **told, **rest}


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """Without the ``panel`` of changes that name none."""
    if "changes" in entry:
        entry["changes"] = [_plain(change) for change in entry["changes"]]
    return {name: value for name, value in entry.items() if name != "panel" or value is not None}


def compare(old: Snapshot, new: Snapshot) -> Differences:
    """What ``new`` differs in from ``old``."""
    before, after = old.record.panels, new.record.panels
    names = _same_panels(before, after)
    pairs = {i: names[i] for i in after if i in names}
    shows = _Shows(before, after, names)
    pictures = [Changed(i, tuple(_picture(before[was], after[i], shows))) for i, was in pairs.items()]
    return Differences(
        old,
        new,
        book=tuple(_book(old, new)),
        chapters=tuple(_chapters(old.record.book, new.record.book, before, after, pairs)),
        picture=_some(pictures),
        redrawn=_some([Changed(i, tuple(_redrawn(before[was], after[i]))) for i, was in pairs.items()]),
        words=_some([Changed(i, tuple(_words(before[was], after[i]))) for i, was in pairs.items()]),
        moved=tuple(move for i, was in pairs.items() if (move := _moved(i, before[was], after[i])) is not None),
        added=tuple(i for i in after if i not in names),
        removed=tuple(i for i in before if i not in set(names.values())),
        renamed=tuple(Renamed(was, i, before[was].key != after[i].key) for i, was in pairs.items() if i != was),
        not_told=tuple(_not_told(old, new)),
    )


def _some(changed: list[Changed]) -> tuple[Changed, ...]:
    return tuple(entry for entry in changed if entry.changes)


# Which panel is which


def _same_panels(before: Mapping[str, PanelRecord], after: Mapping[str, PanelRecord]) -> dict[str, str]:
    """New id → old id of every panel that both have; under another id where the picture, the request but for its seed
    (which follows from the id), or the place and the words tell that it is the same."""
    names = {i: i for i in after if i in before}

    def pair(sign: Callable[[PanelRecord], object]) -> None:
        gone: dict[str, list[str]] = {}
        come: dict[str, list[str]] = {}
        for ids, side, by in ((before, before, gone), (after, after, come)):
            free = set(names.values()) if ids is before else set(names)
            for i in ids:
                if i not in free and (signed := sign(side[i])) is not None:
                    by.setdefault(repr(signed), []).append(i)
        for signed, olds in gone.items():
            news = come.get(signed, [])
            if len(olds) == len(news):  # As many as before: told apart by their order.
                names.update(zip(news, olds, strict=True))

    pair(lambda panel: panel.key)
    pair(lambda panel: None if panel.request is None else (_but_seed(panel.request), panel.words))
    names.update(_in_the_same_place(before, after, names))
    return names


def _but_seed(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    init = request.get("init")
    start = {k: v for k, v in init.items() if k != "source"} if isinstance(init, dict) else init
    rest = {**request, "init": start}
    return sorted((name, repr(value)) for name, value in rest.items() if name not in ("seed", *_UNSEEN))


def _in_the_same_place(
    before: Mapping[str, PanelRecord], after: Mapping[str, PanelRecord], names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Pairs of panels that stand between the same neighbours and say or show nearly the same."""
    known = set(names.values())
    gaps: dict[str | None, list[str]] = {}
    at: str | None = None
    for i in before:
        if i in known:
            at = i
        else:
            gaps.setdefault(at, []).append(i)
    at = None
    for i, panel in after.items():
        if i in names:
            at = names[i]
            continue
        gap = gaps.get(at, [])
        for position, was in enumerate(gap[:_AHEAD]):
            if _alike(before[was], panel):
                yield i, was
                del gap[: position + 1]
                break


def _alike(old: PanelRecord, new: PanelRecord) -> bool:
    if old.words is not None and old.words == new.words and (old.words.say or old.words.caption or old.words.prose):
        return True
    one, other = (_text(panel, "prompt") for panel in (old, new))
    words = SequenceMatcher(None, one.split()[:_MOST_WORDS], other.split()[:_MOST_WORDS], False)
    return bool(one) and words.quick_ratio() >= _ALIKE and words.ratio() >= _ALIKE


def _text(panel: PanelRecord, field: str) -> str:
    value = (panel.request or {}).get(field)
    return value if isinstance(value, str) else ""


# Pictures


class _Shows:
    """Which panel shows the picture of a key, on either side."""

    def __init__(
        self, before: Mapping[str, PanelRecord], after: Mapping[str, PanelRecord], names: Mapping[str, str]
    ) -> None:
        self._old = {panel.key: i for i, panel in reversed(list(before.items()))}
        self._new = {panel.key: i for i, panel in reversed(list(after.items()))}
        self._names = names

    def same(self, old: object, new: object) -> str | None:
        """The panel, by its new id, that shows one key in the old book and the other in the new."""
        panel = self._new.get(str(new))
        return panel if panel is not None and self._names.get(panel) == self._old.get(str(old)) else None


def _picture(old: PanelRecord, new: PanelRecord, shows: _Shows) -> Iterator[Change]:
    if old.key == new.key:
        return
    if old.request is None or new.request is None:
        yield Change(*_sources(old, new))
        return
    one, other = old.request, new.request
    told = False
    for name in one:
        if name not in other or one[name] == other[name] or name in (*_UNSEEN, "width", "height", "init"):
            continue
        told = True
        yield Change(name, one[name], other[name])
    old_size, new_size = ([side.get("width"), side.get("height")] for side in (one, other))
    if old_size != new_size:
        told = True
        yield Change("size", old_size, new_size)
    if one.get("init") != other.get("init"):
        told = True
        yield from _init(one.get("init"), other.get("init"), shows)
    if not told:
        yield Change("key", old.key, new.key)


def _sources(old: PanelRecord, new: PanelRecord) -> tuple[str, Any, Any]:
    def source(panel: PanelRecord) -> Any:
        if panel.approved:
            return {"approved": panel.key}
        return {"image": panel.image, "key": panel.key} if panel.request is None else {"drawn": panel.key}

    return "source", source(old), source(new)


def _init(old: Any, new: Any, shows: _Shows) -> Iterator[Change]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield Change("init", old, new)
        return
    for name in ("kind", "source", "strength", "mask"):
        if old.get(name) != new.get(name) and not (name == "source" and old.get("kind") != new.get("kind")):
            panel = shows.same(old.get(name), new.get(name)) if name == "source" else None
            yield Change(f"init.{name}", old.get(name), new.get(name), panel)


def _redrawn(old: PanelRecord, new: PanelRecord) -> Iterator[Change]:
    if old.key != new.key or old.sha256 is None or new.sha256 is None or old.sha256 == new.sha256:
        return
    yield Change("sha256", old.sha256, new.sha256)
    for name in sorted({*old.recipe, *new.recipe} - {"seconds"}):
        if old.recipe.get(name) != new.recipe.get(name):
            yield Change(name, old.recipe.get(name), new.recipe.get(name))


# Words and places


def _words(old: PanelRecord, new: PanelRecord) -> Iterator[Change]:
    if old.words is None or new.words is None:
        return
    one, other = old.words.model_dump(mode="json"), new.words.model_dump(mode="json")
    for name in one:
        if one[name] != other[name]:
            yield Change(name, one[name], other[name])


def _moved(panel: str, old: PanelRecord, new: PanelRecord) -> Moved | None:
    if old.page is None or new.page is None or old.rect is None or new.rect is None:
        return None
    near = all(abs(a - b) <= _SLACK for a, b in zip(old.rect, new.rect, strict=True))
    if old.page == new.page and near:
        return None
    return Moved(panel, Place(old.page, old.rect), Place(new.page, new.rect))


def _chapters(
    old: BookRecord | None,
    new: BookRecord | None,
    before: Mapping[str, PanelRecord],
    after: Mapping[str, PanelRecord],
    pairs: Mapping[str, str],
) -> Iterator[Change]:
    if old is None or new is None:
        return
    one, other = ({chapter.id: chapter.title for chapter in side.chapters} for side in (old, new))
    names = {i: i for i in other if i in one}
    for i, was in pairs.items():  # A chapter under a new id, as a new title may give it one, still has its panels.
        here, there = after[i].chapter, before[was].chapter
        if here in other and there in one and here not in names and there not in names.values():
            names[str(here)] = str(there)
    for i, title in other.items():
        if i not in names or one[names[i]] != title:
            yield Change(i, one[names[i]] if i in names else None, title)
    for i, title in one.items():
        if i not in names.values():
            yield Change(i, title, None)


# The whole book


def _book(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    one, other = old.record, new.record
    if one.book is not None and other.book is not None:
        yield from _whole(one.book, other.book)
    if one.style.name != other.style.name:
        yield Change("style", one.style.name, other.style.name)
    elif (one.book is None or other.book is None) and _style_file_differs(one, other):
        yield Change("style file", one.style.sha256, other.style.sha256)
    if one.model.name != other.model.name:
        yield Change("model", one.model.name, other.model.name)
    elif one.model.identity != other.model.identity:
        yield Change("model", one.model.identity, other.model.identity)


def _style_file_differs(one: Record, other: Record) -> bool:
    # A style within the story is the story's file, and changes with every word of it.
    within = all(side.style.sha256 == side.story.sha256 for side in (one, other))
    return one.style.sha256 != other.style.sha256 and not within


def _whole(old: BookRecord, new: BookRecord) -> Iterator[Change]:
    one, other = old.model_dump(mode="json"), new.model_dump(mode="json")
    for name in ("title", "authors", "language", "direction", "colophon"):
        if one[name] != other[name]:
            yield Change(name, one[name], other[name])
    for part, name in old.characters.items():  # Who comes or goes does so in the panels.
        if name != new.characters.get(part, name):
            yield Change(f"characters.{part}", name, new.characters[part])
    for name in ("page", "lettering", "panel_style"):
        for part in [*one[name], *(p for p in other[name] if p not in one[name])]:
            if one[name].get(part) != other[name].get(part):
                yield Change(f"{name}.{part}", one[name].get(part), other[name].get(part))
    if old.pages != new.pages:
        yield Change("pages", old.pages, new.pages)


def _not_told(old: Snapshot, new: Snapshot) -> Iterator[str]:
    for side in (old, new):
        if side.record.book is None:
            yield (
                f"{side.file} was written by an older version: what moves, which words change and what the book is "
                "called can't be told"
            )
        requests = [panel.request for panel in side.record.panels.values() if panel.request is not None]
        if any("prompt" not in request for request in requests):
            yield f"{side.file} holds no prompts: which of them change can't be told"
