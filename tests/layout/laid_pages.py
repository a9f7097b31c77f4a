"""Books made from plain data through the real reader and planner, and the questions that tests ask of their pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from novel.geometry import Point, Rect
from novel.layout.curve import flattened
from novel.layout.letter import letter
from novel.layout.page import Document, PageLayout, PathItem, TextItem
from novel.layout.picture import Picture
from novel.layout.typeface import measure_prose
from novel.plan.model import PagePlan, Plan
from novel.plan.pages import paginate
from novel.story.load import Book, load_story

PEOPLE = ("ann", "bob", "cat")


@dataclass(frozen=True)
class Made:
    book: Book
    plan: Plan

    def letter(self, pictures: dict[str, Picture] | None = None, colophon: Sequence[str] = ()) -> Document:
        return letter(self.book, self.plan, pictures, colophon=colophon)

    @property
    def pages(self) -> tuple[PagePlan, ...]:
        return self.plan.pages


def write_book(folder: Path, panels: list[dict[str, Any]], *, style: dict[str, Any] | None = None, **top: Any) -> Made:
    """A book of one chapter. JSON is YAML, and says exactly what a text is."""
    (folder / "plain.yaml").write_text(
        json.dumps({"name": "Plain", **(style or {})}, ensure_ascii=False), encoding="utf-8"
    )
    story = {
        "novel": 1,
        "title": "A title",
        "author": "Somebody",
        "style": "./plain.yaml",
        "characters": {name: {"name": name.title(), "look": "somebody"} for name in PEOPLE},
        "chapters": [{"id": "one", "title": "One", "panels": panels}],
        **top,
    }
    file = folder / "story.yaml"
    file.write_text(json.dumps(story, ensure_ascii=False), encoding="utf-8")
    book = load_story(file)
    measure = measure_prose(book.style, book.story, folder)
    pages = paginate(book.story, book.style.page, measure)
    return Made(book, Plan(pages, {}, {}, {}))


def texts(page: PageLayout, block: str) -> list[TextItem]:
    return [i for i in page.items if isinstance(i, TextItem) and i.block == block]


def outlines(page: PageLayout) -> list[PathItem]:
    return [i for i in page.items if isinstance(i, PathItem) and i.block]


def ink(item: TextItem) -> Rect:
    """Where a line's capitals stand: from the capitals' height to the baseline."""
    return Rect(item.x, item.baseline - 0.62 * item.size, item.width, 0.62 * item.size)


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon (the crossings of a ray)."""
    odd = False
    for i, a in enumerate(polygon):
        b = polygon[i - 1]
        if (a.y > point.y) != (b.y > point.y) and point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x:
            odd = not odd
    return odd


def away(point: Point, polygon: Sequence[Point]) -> float:
    """The distance of a point from a polygon's sides."""
    least = float("inf")
    for i, a in enumerate(polygon):
        b = polygon[i - 1]
        length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2
        share = ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / length if length else 0.0
        least = min(least, point.distance(a.toward(b, min(1.0, max(0.0, share)))))
    return least


def meet(one: PathItem, other: PathItem) -> bool:
    """Whether two outlines share any point (each as its largest polygon, flattened)."""
    if one.rect.overlap(other.rect) <= 0:
        return False
    a, b = (max(flattened(i.segments), key=len) for i in (one, other))
    if inside(a[0], b) or inside(b[0], a):
        return True
    shared = one.rect.intersection(other.rect)
    assert shared is not None
    near = [[(p[i - 1], q) for i, q in enumerate(p) if _touches(p[i - 1], q, shared)] for p in (a, b)]
    return any(_cross(*s, *t) for s in near[0] for t in near[1])


def _touches(a: Point, b: Point, rect: Rect) -> bool:
    return (
        min(a.x, b.x) <= rect.right
        and max(a.x, b.x) >= rect.x
        and min(a.y, b.y) <= rect.bottom
        and max(a.y, b.y) >= rect.y
    )


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def turn(p: Point, q: Point, r: Point) -> float:
        return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)

    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
