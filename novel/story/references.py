"""The ids of a story's parts, and every reference between them, checked before anything is built of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from novel.story import ids
from novel.story.model import COVER
from novel.story.reading import Reading
from novel.story.record import Values
from novel.story.spelling import did_you_mean
from novel.story.tree import Node, shown


@dataclass(slots=True)
class Draft:
    """A story's panels with their ids settled, before it is known to be sound."""

    panels: dict[str, Values] = field(default_factory=dict)
    """Every panel in reading order, the cover first."""
    made: set[str] = field(default_factory=set)
    """Ids that the writer didn't give."""
    ids: dict[int, str] = field(default_factory=dict)
    """Each panel's id by the offset it stands at."""
    chapters: list[str] = field(default_factory=list)


def chapter_panels(chapter: Values) -> Iterator[Values]:
    """A chapter's panels in order, whether it holds them or its pages do."""
    for page in chapter.get("pages", ()):
        yield from page.get("panels", ())
    yield from chapter.get("panels", ())


def draft(values: Values, reading: Reading) -> Draft:
    """Settles every id and checks every reference; reports what leads nowhere."""
    result = Draft()
    cover = values.get("cover")
    groups = [("", [cover])] if cover is not None else []
    chapters: dict[str, Node] = {}
    chapter_list = values.get("chapters", ())
    for chapter in chapter_list:
        if "id" in chapter:
            _claim(chapter["id"], chapter.node("id"), chapters, "chapter", reading)
    for chapter in chapter_list:
        name = chapter["id"] if "id" in chapter else ids.chapter_id(chapter.get("title", ""), set(chapters))
        chapters.setdefault(name, chapter.where)
        result.chapters.append(name)
        groups.append((name, list(chapter_panels(chapter))))
    given: dict[str, Node] = {}
    if cover is not None and "id" not in cover:
        given[COVER] = cover.where
    for _, panels in groups:
        for panel in panels:
            if "id" in panel:
                _claim(panel["id"], panel.node("id"), given, "panel", reading)
    taken = set(given)
    for name, panels in groups:
        for panel in panels:
            if "id" in panel:
                panel_id = panel["id"]
            elif panel is cover:
                panel_id = COVER
            else:
                panel_id = ids.panel_id(name, panel.get("prompt", ""), panel.get("image", ""), taken)
                taken.add(panel_id)
                result.made.add(panel_id)
            result.ids[panel.where.start] = panel_id
            # A panel whose id is taken is an error already; what else is wrong in it is told all the same.
            again = panel_id in result.panels
            result.panels[f"{panel_id}#{panel.where.start}" if again else panel_id] = panel
    _check_references(values, result, reading)
    return result


def _claim(name: str, node: Node, claimed: dict[str, Node], what: str, reading: Reading) -> None:
    if name in claimed:
        line, column = reading.source.place(claimed[name].start)
        reading.error(
            node, "duplicate-id", f"the {what} id `{name}` is taken: it stands on line {line}, column {column} too",
            f"Give one of the two {what}s another id.",
        )  # fmt: skip
    else:
        claimed[name] = node


def _check_references(values: Values, result: Draft, reading: Reading) -> None:
    characters = {entry.id: None for entry in values.get("characters", ())}
    places = {entry.id: None for entry in values.get("places", ())}
    # What couldn't be read can't be missed.
    sure_of = {
        key: reading.faithful and (key in values or key not in values.nodes)
        for key in ("characters", "places", "chapters")
    }
    for panel_id, panel in result.panels.items():
        if sure_of["characters"]:
            for member, _, node in panel.get("cast", ()):
                _known(member, node, characters, "character", "characters", reading)
            for line in panel.get("say", ()):
                if "speaker" in line:
                    _known(line["speaker"], line.nodes["speaker"][0], characters, "character", "characters", reading)
        _no_character_twice(panel, reading)
        if sure_of["places"] and "place" in panel:
            _known(panel["place"].strip(), panel.node("place"), places, "place", "places", reading)
        target = panel.get("continues", "").strip()
        if target and sure_of["chapters"]:
            if target == panel_id:
                reading.error(
                    panel.node("continues"), "circle", f"the panel `{panel_id}` continues itself",
                    "Name another panel, or take `continues` out.",
                )  # fmt: skip
            else:
                _known(target, panel.node("continues"), result.panels, "panel", "", reading)
    _check_circles(result, reading)


def _no_character_twice(panel: Values, reading: Reading) -> None:
    seen: set[str] = set()
    for member, _, node in panel.get("cast", ()):
        if member in seen:
            reading.error(node, "twice-in-cast", f"`{member}` stands twice in this `cast`", "Take one out.")
        seen.add(member)


def _known(name: str, node: Node, names: Mapping[str, object], what: str, where: str, reading: Reading) -> None:
    if name in names:
        return
    hint = did_you_mean(name, tuple(names))
    if not hint and where and not names:
        hint = f"The story has no `{where}` yet; describe `{shown(name)}` there."
    elif not hint:
        hint = f"Known: {', '.join(tuple(names)[:12])}{', …' if len(names) > 12 else ''}."
        hint += f" Or describe `{shown(name)}` under `{where}:`." if where else ""
    reading.error(node, f"unknown-{what}", f"there is no {what} `{shown(name)}`", hint)


def _check_circles(result: Draft, reading: Reading) -> None:
    done: set[str] = set()
    for start in result.panels:
        path: list[str] = []
        on_path: set[str] = set()
        here = start
        while here in result.panels and here not in done:
            if here in on_path:
                circle = [*path[path.index(here) :], here]
                if len(circle) > 2:
                    names = circle if len(circle) <= 9 else [*circle[:5], "…", *circle[-3:]]
                    reading.error(
                        result.panels[here].node("continues"), "circle",
                        f"these panels continue one another in a circle: {' → '.join(names)}",
                        "One of them must start without `continues`.",
                    )  # fmt: skip
                break
            path.append(here)
            on_path.add(here)
            here = result.panels[here].get("continues", "").strip()
        done.update(path)
