"""Sound words: large, tilted, outlined, where the picture has room for them; part of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin

from novel.geometry import Point, Rect
from novel.layout.costs import GUESSED, shared
from novel.layout.line import set_line
from novel.layout.page import Color, Item, TextItem
from novel.layout.people import Person
from novel.layout.saliency import Saliency
from novel.layout.text import Paragraph

ANGLES = (-9.0, -13.0, -6.0, -11.0)
"""How sound words are tilted, in degrees clockwise, by their length: they rise, which is livelier."""
LARGEST = 0.25
"""The greatest height of the letters, in shares of the panel's height."""
WIDEST = 0.46
"""The greatest width of the word, in shares of the panel's width."""
COLUMNS, ROWS = 13, 8
"""The grid of places."""
NEAR = 2.0
"""The least distance from a tail, in points."""
HEAD, FIGURE, SALIENT, SMALLER = 30.0, 4.0, 1.0, 2.2
"""The prices of covering a head and a figure (times the share), of covering what draws the eye (times its mean), and
of being smaller than the panel has room for (times the share that is missing)."""
SMALL = 0.55
"""Below this share of what the panel has room for, a word is set only where no larger one fits at all."""
FREE = 0.75
"""A place that costs less covers nobody and little that matters: no smaller word is tried."""
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
    saliency: Saliency | None = None,
    *,
    floor: float,
) -> SoundWord | None:
    """The largest, freest place for a sound word; None where there is none even at ``floor`` points.

    Heads are never covered where the panel has any room without one; figures only where the word would have to be
    much smaller to miss them.
    """
    width = paragraph.width(0, len(paragraph.words))
    angle = ANGLES[len(paragraph.words[0].text) % len(ANGLES)]
    largest = min(LARGEST * panel.height / paragraph.ascent, WIDEST * panel.width / max(width, 0.1))
    steps = [a.toward(b, i / 8) for a, b in tails for i in range(9)]
    best: tuple[float, SoundWord] | None = None
    size = largest
    # A smaller word is tried as long as it could be the better one.
    while size >= floor and (best is None or (size >= SMALL * largest and best[0] > SMALLER * (1 - size / largest))):
        w, h = _turned((width + 2 * OVERHANG) * size, (paragraph.ascent + 2 * OVERHANG) * size, angle)
        found = _freest(w, h, panel, area, taken, steps, people, saliency)
        if found is not None:
            cost = found[0] + SMALLER * (1 - size / largest)
            if best is None or cost < best[0]:
                best = (cost, SoundWord(paragraph, size, angle, found[1].center, found[1]))
            if found[0] < FREE:
                break
        size *= 0.86
    return best[1] if best is not None else None


def _freest(
    width: float,
    height: float,
    panel: Rect,
    area: Rect,
    taken: Sequence[Rect],
    steps: Sequence[Point],
    people: Sequence[Person],
    saliency: Saliency | None,
) -> tuple[float, Rect] | None:
    """The cheapest place for a word of this extent, which overlaps nothing that is taken and none of a tail's steps."""
    if width > area.width or height > area.height:
        return None
    best: tuple[float, Rect] | None = None
    spans_x = tuple((r.x, r.right) for p in people for r in (p.head, p.figure))
    spans_y = tuple((r.y, r.bottom) for p in people for r in (p.head, p.figure))
    for row in range(ROWS):
        top = area.y + (area.height - height) * row / (ROWS - 1)
        bottom = top + height
        # Off the middle and off the edge, so that it stands in the picture like a thing of its own.
        off_row = 0.4 * abs((top + height / 2 - panel.y) / panel.height - 0.6)
        boxes = [r for r in taken if r.y < bottom and top < r.bottom]
        points = [p.x for p in steps if top - NEAR <= p.y <= bottom + NEAR]
        tall = shared(top, bottom, spans_y)
        for column in range(COLUMNS):
            left = area.x + (area.width - width) * column / (COLUMNS - 1)
            right = left + width
            cost = off_row + 0.5 * abs(abs((left + width / 2 - panel.center.x) / panel.width) - 0.22)
            if best is not None and cost >= best[0]:
                continue
            if any(r.x < right and left < r.right for r in boxes) or any(
                left - NEAR <= x <= right + NEAR for x in points
            ):
                continue
            cost += _covered(width * height, shared(left, right, spans_x), tall, people)
            rect = Rect(left, top, width, height)
            if saliency is not None and (best is None or cost < best[0]):
                cost += SALIENT * saliency.mean(rect)
            if best is None or cost < best[0]:
                best = (cost, rect)
    return best


def _covered(area: float, wide: Sequence[float], tall: Sequence[float], people: Sequence[Person]) -> float:
    """What the people cost that a word of this area covers: heads more than anything else."""
    cost = 0.0
    for i, person in enumerate(people):
        head, figure = 2 * i, 2 * i + 1
        if wide[head] > 0 and tall[head] > 0:
            cost += HEAD * (1 + wide[head] * tall[head] / person.head.area)
        if wide[figure] > 0 and tall[figure] > 0:
            # A touch is worse than its area tells, and a word that hides somebody small worse than its own share.
            on = wide[figure] * tall[figure]
            share = 0.2 + max(on / area, on / person.figure.area)
            cost += (FIGURE if person.known else GUESSED * FIGURE) * share
    return cost


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
