"""Where people are in a panel: from the picture's subjects if known, else from the cast's order and ``at``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from novel.geometry import Point, Rect
from novel.layout.picture import Picture
from novel.request import Subject
from novel.story.model import Panel, Shot, Side

SIDES: dict[Side, float] = {"left": 0.25, "center": 0.5, "right": 0.75}
"""Where ``at`` puts somebody, in shares of the panel's width."""
HEAD_HEIGHT: dict[Shot, float] = {
    "extreme-wide": 0.10,
    "wide": 0.20,
    "overhead": 0.16,
    "medium": 0.28,
    "over-shoulder": 0.26,
    "close-up": 0.54,
}
"""The usual height of a head by the camera's distance, in shares of the panel's height."""
EYE_LEVEL: dict[Shot, float] = {
    "extreme-wide": 0.58,
    "wide": 0.34,
    "overhead": 0.5,
    "medium": 0.28,
    "over-shoulder": 0.31,
    "close-up": 0.41,
}
"""The usual height of a head's middle, in shares of the panel's height from its top."""
HEAD_SHARE: dict[Shot, float] = {
    "extreme-wide": 0.24,
    "wide": 0.24,
    "overhead": 0.24,
    "medium": 0.31,
    "over-shoulder": 0.27,
    "close-up": 0.6,
}
"""The height of a head by the camera's distance, in shares of what is seen of its figure: the nearer the camera, the
less of the body. Heads in comics are large: a figure is some four to six of them high."""
UNUSUAL = 0.3
"""A box whose upper edge is so far (in shares of the height) from where the shot usually has a head's is believed; in
others the usual place counts ``USUAL`` times as much as the box."""
USUAL = 3.0
STANDING = 0.85
"""A box that reaches down so far and begins too low is that of a body without its head."""
CONFIDENT = 0.4
"""Below it, a found subject is no better than the cast's order."""
ELSEWHERE = 0.3
"""A subject found as far as this (in shares of the picture's width) from where the cast's words put it was mistaken for
somebody else: the words were the model's too."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a panel, on the page: head, mouth, and all that is seen of them."""

    character: str
    head: Rect
    mouth: Point
    figure: Rect
    known: bool
    """Whether the picture itself said so."""


def people(panel: Panel, rect: Rect, source: Rect, picture: Picture | None, *, rtl: bool = False) -> tuple[Person, ...]:
    """Everybody in the panel's cast who is seen in ``rect``, in the cast's order.

    ``source`` is the part of the picture that fills ``rect``. The first of the cast stands where reading starts.
    """
    found = {s.character: s for s in (picture.subjects if picture else ()) if s.confidence >= CONFIDENT}
    asked: dict[str, Side] = {line.speaker: line.at for line in panel.say if line.at is not None}
    seen: list[Person] = []
    for index, member in enumerate(panel.cast):
        subject = found.get(member.id)
        side = _side_in(member.words)
        if subject is not None and not _elsewhere(subject, side):
            person = _of_subject(subject, panel.shot, rect, source)
            if person is not None:
                seen.append(person)
            continue
        share = (index + 0.5) / len(panel.cast)
        if rtl:
            share = 1 - share
        if member.id in asked:
            share = SIDES[asked[member.id]]
        if side is not None:
            share = SIDES[side]
        # In shares of the whole picture, so that a spread's halves and a crop show each who is really there.
        x = (
            rect.x + (share - source.x) / source.width * rect.width
            if source.width < 0.75
            else rect.x + share * rect.width
        )
        if not rect.x <= x <= rect.right:
            continue
        height = HEAD_HEIGHT[panel.shot] * rect.height
        width = min(0.8 * height, 0.8 * rect.width / max(1, len(panel.cast)))
        middle = rect.y + EYE_LEVEL[panel.shot] * rect.height
        head = Rect(x - width / 2, middle - height / 2, width, height)
        figure = Rect(x - 0.9 * width, head.y, 1.8 * width, rect.bottom - head.y)
        seen.append(Person(member.id, head, Point(x, head.y + 0.78 * height), figure, False))
    return tuple(seen)


def _elsewhere(subject: Subject, side: Side | None) -> bool:
    return side is not None and abs(subject.x + subject.width / 2 - SIDES[side]) > ELSEWHERE


_SIDE = re.compile(r"\b(?:(?:on|at|to) the (?:far )?(left|right)|in the (center|centre|middle))\b", re.IGNORECASE)


def _side_in(words: str) -> Side | None:
    """The side that a cast's words put somebody on, as they tell the model too: `on the left`, `in the middle`."""
    found = _SIDE.search(words)
    if found is None:
        return None
    return "center" if found[1] is None else "left" if found[1].lower() == "left" else "right"


def _of_subject(subject: Subject, shot: Shot, rect: Rect, source: Rect) -> Person | None:
    """A person from the box in which the picture has them; None where the page doesn't show it."""
    usual = EYE_LEVEL[shot] - HEAD_HEIGHT[shot] / 2
    top, height = subject.y, HEAD_SHARE[shot] * subject.height
    first, last = top, top + height
    if abs(top - usual) < UNUSUAL or (top > usual and top + subject.height > STANDING):
        # Across, a box is right to a hundredth; its upper edge may be that of a hat, or of shoulders.
        top, height = (top + USUAL * usual) / (1 + USUAL), (height + USUAL * HEAD_HEIGHT[shot]) / (1 + USUAL)
        # What is kept free is where the head is by either.
        first, last = min(first, usual), top + height
    across = rect.width / source.width, rect.height / source.height
    middle = rect.x + (subject.x + subject.width / 2 - source.x) * across[0]
    width = min(subject.width * across[0], 0.85 * height * across[1])
    mouth = Point(middle, rect.y + (top + 0.75 * height - source.y) * across[1])
    head = Rect(middle - width / 2, rect.y + (first - source.y) * across[1], width, (last - first) * across[1])
    upper = min(first, subject.y)
    figure = Rect(
        rect.x + (subject.x - source.x) * across[0],
        rect.y + (upper - source.y) * across[1],
        subject.width * across[0],
        (subject.y + subject.height - upper) * across[1],
    ).intersection(rect)
    if figure is None:
        return None
    head = head.intersection(rect) or figure
    if not head.contains(Rect(mouth.x, mouth.y, 0.0, 0.0)):
        mouth = Point(head.center.x, head.y + 0.75 * head.height)
    return Person(subject.character, head, mouth, figure, True)
