"""Who is where in a picture, as the store keeps it beside the picture, and as a panel knows its people.

The store knows words, not people: a picture is a function of its request, and a request names nobody. A panel gives the
words their names back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from novel.render.backend import Backend, PanelFailed, Pixels
from novel.request import RenderRequest, Sought, Subject

EDITION = 1
"""Raised whenever people would be found otherwise, so that writers' own pictures are looked at anew."""


def found_in(backend: Backend, request: RenderRequest, picture: Pixels, words: Sequence[str]) -> list[dict[str, Any]]:
    """Where the backend finds each of some words in a picture, for an entry of the store; nothing for those not found.

    Never raises PanelFailed: a picture whose people aren't found is a good picture all the same.
    """
    if not words:
        return []
    try:
        found = backend.locate(request, picture, words)
    except PanelFailed:
        return []
    return [
        {
            "words": said,
            "x": round(place[0].x, 4),
            "y": round(place[0].y, 4),
            "width": round(place[0].width, 4),
            "height": round(place[0].height, 4),
            "confidence": round(place[1], 4),
        }
        for said, place in zip(words, found, strict=True)
        if place is not None
    ]


def named(kept: Sequence[Mapping[str, Any]], sought: Sequence[Sought]) -> tuple[Subject, ...]:
    """The subjects of a panel: what an entry says of words, for those whom the words stand for. Of two people with the
    same words the first gets the first place."""
    left = list(kept)
    subjects: list[Subject] = []
    for one in sought:
        at = next((i for i, place in enumerate(left) if place["words"] == one.words), None)
        if at is not None:
            place = left.pop(at)
            box = {name: place[name] for name in ("x", "y", "width", "height", "confidence")}
            subjects.append(Subject(character=one.character, **box))
    return tuple(subjects)


def nameless(subjects: Sequence[Subject], sought: Sequence[Sought]) -> list[dict[str, Any]]:
    """The way back from ``named``: for an entry that is made anew from what a book knew of its picture."""
    words = {one.character: one.words for one in sought}
    return [
        {"words": words[s.character], **s.model_dump(exclude={"character"})} for s in subjects if s.character in words
    ]


def told_apart(request: RenderRequest, sought: Sequence[Sought], picture: str) -> dict[str, Any]:
    """What decides who is found where in a writer's own picture, to make a key of."""
    return {
        "people in": picture,
        "model": request.model,
        "prompt": request.prompt,
        "words": [one.words for one in sought],
        "edition": EDITION,
    }
