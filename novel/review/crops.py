"""What of a book's pictures is compared: crops of its people, whole pictures of its places and of its style."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from novel.errors import MissingError
from novel.geometry import Rect
from novel.prepare import Choices, Prepared, own_panels
from novel.request import RenderedPanel
from novel.review import redo
from novel.review.result import Group
from novel.story.model import Panel

if TYPE_CHECKING:
    from novel.render.likeness import Crop

AROUND = 0.08
"""How far a crop reaches beyond the box in which somebody was found, in shares of its width and height."""
LEAST_PIXELS = 8
"""A crop that is narrower or lower shows nobody."""
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Appearance:
    """A group's member in one panel's picture. ``box``: in its pixels; None where somebody wasn't found."""

    panel: str
    picture: str
    """The sha256 of the picture."""
    box: tuple[int, int, int, int] | None
    confidence: float | None = None


def groups(made: Prepared) -> list[Group]:
    """The story's characters and places that panels show, and its style."""
    story, book = made.book.story, made.book
    panels = list(story.panels())
    found: list[Group] = []
    for name, character in story.characters.items():
        shown = tuple(p.id for p in panels if any(member.id == name for member in p.cast))
        files = tuple(book.story_asset(path) for path in character.references)
        found.append(Group("person", name, character.name, shown, files))
    for name, place in story.places.items():
        shown = tuple(p.id for p in panels if p.place == name)
        found.append(
            Group("place", name, place.look, shown, tuple(book.story_asset(path) for path in place.references))
        )
    anchor = book.style.art.anchor
    files = (book.style_asset(anchor.image),) if anchor is not None else ()
    found.append(Group("style", "style", book.style.name, tuple(p.id for p in panels), files))
    return [group for group in found if group.panels]


def pictures(made: Prepared, choices: Choices) -> dict[str, RenderedPanel]:
    """Every panel's picture. Raises MissingError where some are not drawn yet."""
    from novel.render.engine import stored

    found = own_panels(made)
    for panel in made.book.story.panels():
        if panel.id in found:
            continue
        request = made.plan.requests.get(panel.id)
        key = made.plan.kept[panel.id] if request is None else request.key
        picture = stored(made.store, key, made.plan.sought.get(panel.id, ()))
        if picture is not None:
            found[panel.id] = picture
    missing = [panel.id for panel in made.book.story.panels() if panel.id not in found]
    if missing:
        named = ", ".join(missing[:_MOST_NAMED]) + (" …" if len(missing) > _MOST_NAMED else "")
        raise MissingError(
            f"{len(missing)} of the story's {len(missing) + len(found)} pictures are not drawn yet: {named}.",
            f"Draw them first: {redo.build_command(made, choices)}",
        )
    return found


def pixels(made: Prepared, picture: RenderedPanel) -> Crop:
    """A picture's pixels. Raises MissingError where it has gone from the store since."""
    from novel.render.png import decode

    entry = made.store.get(picture.key)
    if entry is None:
        raise MissingError("A picture has gone from the store.", f"Draw it again: novel build {made.book.file}")
    return as_array(decode(entry.payload))


def as_array(decoded: object) -> Crop:
    """A backend's pixels as rows × columns × RGB."""
    import numpy as np

    from novel.render.backend import Pixels

    assert isinstance(decoded, Pixels)
    return np.frombuffer(decoded.data, np.uint8).reshape(decoded.height, decoded.width, 3)


def appearances(made: Prepared, group: Group, shown: Mapping[str, RenderedPanel]) -> Iterator[Appearance]:
    """Where a group's member is in each of its panels, in reading order."""
    panels = {panel.id: panel for panel in made.book.story.panels()}
    for name in group.panels:
        picture = shown[name]
        if group.kind == "person":
            yield _somebody(made, panels[name], group.id, picture)
        else:
            yield Appearance(name, picture.sha256, (0, 0, picture.width, picture.height))


def _somebody(made: Prepared, panel: Panel, character: str, picture: RenderedPanel) -> Appearance:
    from novel.layout.people import people
    from novel.layout.picture import Picture

    # Whoever is in doubt, or is found on another side than the words say, counts as not found: so lettering has it.
    whole = Rect(0, 0, picture.width, picture.height)
    there = people(panel, whole, Rect(0, 0, 1, 1), Picture.of(picture), rtl=made.book.story.direction == "rtl")
    somebody = next((p for p in there if p.character == character and p.known), None)
    sure = next((s.confidence for s in picture.subjects if s.character == character), None)
    box = None if somebody is None else _around(somebody.figure, whole)
    return Appearance(panel.id, picture.sha256, box, sure)


def _around(figure: Rect, whole: Rect) -> tuple[int, int, int, int] | None:
    left = max(0, round(figure.x - AROUND * figure.width))
    top = max(0, round(figure.y - AROUND * figure.height))
    right = min(round(whole.width), round(figure.right + AROUND * figure.width))
    bottom = min(round(whole.height), round(figure.bottom + AROUND * figure.height))
    if right - left < LEAST_PIXELS or bottom - top < LEAST_PIXELS:
        return None
    return left, top, right - left, bottom - top


def cut(picture: Crop, box: Sequence[int]) -> Crop:
    """The part of a picture within a box: x, y, width and height in its pixels."""
    x, y, width, height = box
    return picture[y : y + height, x : x + width]
