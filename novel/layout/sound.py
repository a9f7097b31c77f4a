"""Sound words: large, tilted, outlined, where the picture has room for them; part of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin

from novel.geometry import Point, Rect
from novel.layout.page import Color, Item, TextItem
from novel.layout.people import Person
from novel.layout.text import Paragraph, set_line

ANGLES = (-9.0, -13.0, -6.0, -11.0)
"""How sound words are tilted, in degrees clockwise, by their length: they rise, which is livelier."""
LARGEST = 0.25
"""The greatest height of the letters, in shares of the panel's height."""
WIDEST = 0.46
"""The greatest width of the word, in shares of the panel's width."""
OVERHANG = 0.13
"""How far slanted letters and their outline reach beyond the word's measure on each side, in shares of its size."""


@dataclass(frozen=True, slots=True)
class SoundWord:
    """A sound word in its place. ``rect`` holds all of it as it stands, tilted."""

    paragraph: Paragraph
    size: float
    angle: float
    center: Point
    rect: Rect


def fit(
    paragraph: Paragraph,
    panel: Rect,
    area: Rect,
    taken: Sequence[Rect],
    tails: Sequence[tuple[Point, Point]],
    people: Sequence[Person],
    *,
    floor: float,
) -> SoundWord | None:
    """The largest, freest place for a sound word; None where there is none even at ``floor`` points."""
    width = paragraph.width(0, len(paragraph.words))
    angle = ANGLES[len(paragraph.words[0].text) % len(ANGLES)]
    size = min(LARGEST * panel.height / paragraph.ascent, WIDEST * panel.width / max(width, 0.1))
    while size >= floor:
        best: tuple[float, int, SoundWord] | None = None
        w, h = _turned((width + 2 * OVERHANG) * size, (paragraph.ascent + 2 * OVERHANG) * size, angle)
        if w <= area.width and h <= area.height:
            for order in range(11 * 7):
                column, row = order % 11, order // 11
                x = area.x + (area.width - w) * column / 10
                y = area.y + (area.height - h) * row / 6
                rect = Rect(x, y, w, h)
                if any(rect.overlap(other) > 0.0 for other in taken) or any(_near(rect, tail) for tail in tails):
                    continue
                covered = sum(rect.overlap(p.head) / p.head.area for p in people if p.head.area)
                on_people = sum(rect.overlap(p.figure) / rect.area for p in people)
                cost = 6.0 * covered + 1.0 * on_people
                # Off the middle and off the edge, so that it stands in the picture like a thing of its own.
                cost += 0.5 * abs(abs((rect.center.x - panel.center.x) / panel.width) - 0.22)
                cost += 0.4 * abs((rect.center.y - panel.y) / panel.height - 0.6)
                if best is None or (cost, order) < best[:2]:
                    best = (cost, order, SoundWord(paragraph, size, angle, rect.center, rect))
        if best is not None and (best[0] < 1.2 or size < 2.2 * floor):
            return best[2]
        size *= 0.86
    return None


def draw(word: SoundWord, block: str, fill: Color, ink: Color) -> list[Item]:
    """A sound word's text items, each run turned with the whole."""
    paragraph, size, angle = word.paragraph, word.size, word.angle
    width = paragraph.width(0, len(paragraph.words)) * size
    c, s = cos(radians(angle)), sin(radians(angle))
    # From the line's left end on its baseline to its middle, turned with it.
    dx, dy = width / 2, -paragraph.ascent * size / 2
    x, baseline = word.center.x - (dx * c - dy * s), word.center.y - (dx * s + dy * c)
    items: list[Item] = []
    for item in set_line(
        paragraph.words, size=size, x=0.0, baseline=0.0, color=fill, role="sfx", block=block, level=paragraph.level,
        angle=angle, outline=ink, outline_width=max(1.2, 0.11 * size),
    ):  # fmt: skip
        items.append(_moved(item, x + item.x * c, baseline + item.x * s))
    return items


def _moved(item: TextItem, x: float, baseline: float) -> TextItem:
    rect = item.rect.moved(x - item.x, baseline - item.baseline)
    return replace(item, x=x, baseline=baseline, rect=rect)


def _turned(width: float, height: float, angle: float) -> tuple[float, float]:
    c, s = abs(cos(radians(angle))), abs(sin(radians(angle)))
    return width * c + height * s, width * s + height * c


def _near(rect: Rect, tail: tuple[Point, Point]) -> bool:
    a, b = tail
    steps = 8
    return any(rect.contains(a.toward(b, i / steps), slack=2.0) for i in range(steps + 1))
