"""Who is where in a picture, as the store keeps it beside the picture, and as a panel knows its people.

The store knows words, not people: a picture is a function of its request, and a request names nobody. A panel gives the
words their names back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from novel.render.backend import Backend, PanelFailed, Pixels
from novel.request import MaskPerson, RenderRequest, Sought, Subject

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


SURE = 0.3
"""People who are found with less confidence than this are taken to be where they usually are."""
_AROUND = 0.12
"""How far a person's room reaches past the box that they were found in, in shares of the box: for hair and hands."""

Share = tuple[float, float, float, float]
"""x, y, width and height in shares of a picture."""


def room_of(mask: MaskPerson, kept: Sequence[Mapping[str, Any]]) -> Share:
    """The part of a picture that belongs to one of its people, by what an entry of the store says of all of them.

    The box in which they were found and a little around it, but on no side beyond the middle between them and their
    neighbour. Up and down it reaches as far as anybody's: where two look alike, the model may tell one by their legs.
    """
    mine = [place for place in kept if place["words"] == mask.words]
    if len(mine) <= mask.occurrence or mine[mask.occurrence]["confidence"] < SURE:
        return mask.otherwise
    me = mine[mask.occurrence]
    others = [place for place in kept if place is not me and place["confidence"] >= SURE]
    left, right = me["x"], me["x"] + me["width"]
    top = min(place["y"] for place in (me, *others))
    bottom = max(place["y"] + place["height"] for place in (me, *others))
    around = _AROUND * me["width"]
    left, right = max(0.0, left - around), min(1.0, right + around)
    middle = (me["x"] + me["x"] + me["width"]) / 2
    for other in others:
        theirs = other["x"] + other["width"] / 2
        between = (middle + theirs) / 2
        if theirs < middle:
            left = max(left, between)
        elif theirs > middle:
            right = min(right, between)
    around = _AROUND * (bottom - top)
    top, bottom = max(0.0, top - around), min(1.0, bottom + around)
    if right - left <= 0 or bottom - top <= 0:
        return mask.otherwise
    return left, top, right - left, bottom - top


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
