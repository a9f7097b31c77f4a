"""What ``build.json`` tells of a book: what it says, how it is set, and each panel's picture, place and words.

It is told from the plan alone, so that a story that was never built can be laid beside a build.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel import __version__
from novel.plan.model import PanelSlot
from novel.prepare import own_picture_key
from novel.story.model import Panel

if TYPE_CHECKING:
    from novel.prepare import Prepared


def book_record(made: Prepared, story: Path) -> dict[str, Any]:
    """The record's part that follows from the story: ``story``, ``style``, ``model``, ``book`` and ``panels``.

    ``panels``: by id in reading order; ``key`` names the picture, ``request`` what it is drawn from (none for the
    writer's own ``image`` and for an ``approved`` picture that stays though the story now asks for another), ``page``
    and ``rect`` (x, y, width, height in points) say where it stands, ``words`` what is read there.
    """
    style = made.book.style
    return {
        "novel": __version__,
        "story": {"file": story.name, "sha256": hashlib.sha256(story.read_bytes()).hexdigest()},
        "style": {"name": style.name, "sha256": hashlib.sha256(made.book.style_file.read_bytes()).hexdigest()},
        "model": {"name": made.spec.name, "identity": made.spec.identity, "backend": made.spec.backend},
        "book": _book(made),
        "panels": _panels(made),
    }


def _book(made: Prepared) -> dict[str, Any]:
    story, style = made.book.story, made.book.style
    return {
        "title": story.title,
        "authors": list(story.authors),
        "language": story.language,
        "direction": story.direction,
        "colophon": story.colophon,
        "page": story.page.model_dump(mode="json"),
        "pages": len(made.plan.pages),
        "characters": {name: character.name for name, character in story.characters.items()},
        "chapters": [{"id": chapter.id, "title": chapter.title} for chapter in story.chapters],
        # The rest of the style is in the requests.
        "lettering": style.lettering.model_dump(mode="json"),
        "panel_style": style.page.model_dump(mode="json"),
    }


def _panels(made: Prepared) -> dict[str, dict[str, Any]]:
    chapters = {panel.id: chapter.id for chapter in made.book.story.chapters for panel in chapter.panels}
    places: dict[str, tuple[int, list[float]]] = {}
    for page in made.plan.pages:
        for slot in page.slots:
            if isinstance(slot, PanelSlot) and slot.panel not in places:  # A spread stands where its first half does.
                rect = slot.rect
                places[slot.panel] = page.number, [round(v, 2) for v in (rect.x, rect.y, rect.width, rect.height)]
    told = {}
    for panel in made.book.story.panels():
        number, rectangle = places[panel.id]
        told[panel.id] = {
            **_picture(made, panel.id),
            "chapter": chapters.get(panel.id),
            "page": number,
            "rect": rectangle,
            "words": words_of(panel),
        }
    return told


def _picture(made: Prepared, panel: str) -> dict[str, Any]:
    if panel in made.plan.kept:
        return {"key": made.plan.kept[panel], "request": None, "approved": True}
    if panel in made.plan.images:
        path = made.plan.images[panel]
        return {"key": own_picture_key(made.store, path), "request": None, "image": path.name}
    request = made.plan.requests[panel]
    return {"key": request.key, "request": request.model_dump(mode="json")}


def words_of(panel: Panel) -> dict[str, Any]:
    """What is read at a panel, and its writer's own text alternative; what there is none of is left out."""
    words: dict[str, Any] = {
        "caption": list(panel.caption),
        "say": [line.model_dump(mode="json", exclude_defaults=True) for line in panel.say],
        "sfx": list(panel.sfx),
        "prose": panel.prose,
        "alt": panel.alt,
    }
    return {name: value for name, value in words.items() if value}
