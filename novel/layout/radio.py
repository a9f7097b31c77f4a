"""The balloon of a voice out of a machine: straight sides with teeth."""

from __future__ import annotations

from math import hypot

from novel.geometry import Point
from novel.layout.balloon import Shape
from novel.layout.page import Segment
from novel.layout.tail import edge


def radio(shape: Shape, center: Point, tip: Point | None, base: float) -> tuple[Segment, ...]:
    """A box with jagged sides, and a tail like a flash of lightning if there is a ``tip``; ``base`` is the width of its
    root in shares of the size."""
    w, h = shape.half_width, shape.half_height
    corners = [
        Point(center.x - w, center.y - h),
        Point(center.x + w, center.y - h),
        Point(center.x + w, center.y + h),
        Point(center.x - w, center.y + h),
    ]
    normals = [Point(0, -1), Point(1, 0), Point(0, 1), Point(-1, 0)]
    root = Point(*edge(shape, center.x, center.y, tip.x, tip.y)) if tip is not None else None
    points: list[Point] = []
    for side, (a, out) in enumerate(zip(corners, normals, strict=True)):
        b = corners[(side + 1) % 4]
        length = a.distance(b)
        points.append(a)
        if root is None or tip is None or abs((root.x - a.x) * out.x + (root.y - a.y) * out.y) > 1e-6:
            points += _teeth(a, b, out, shape)
            continue
        half = min(base * shape.size / 2, 0.3 * length)
        along = min(max(a.distance(root), 1.6 * half), length - 1.6 * half) if length > 3.2 * half else length / 2
        before, after = a.toward(b, (along - half) / length), a.toward(b, (along + half) / length)
        points += _teeth(a, before, out, shape)
        points.append(before)
        points += _bolt(before, after, tip)
        points.append(after)
        points += _teeth(after, b, out, shape)
    return (("M", points[0].x, points[0].y), *(("L", p.x, p.y) for p in points[1:]), ("Z",))


def _teeth(a: Point, b: Point, out: Point, shape: Shape) -> list[Point]:
    """The jagged run between two points of a straight side, both of them left out."""
    length = a.distance(b)
    count = int(length / (0.95 * shape.size))
    points: list[Point] = []
    for i in range(count):
        for share, reach in ((0.62, shape.outer), (1.0, 0.0)):
            p = a.toward(b, (i + share) / count)
            points.append(Point(p.x + out.x * reach, p.y + out.y * reach))
    return points[:-1]


def _bolt(first: Point, second: Point, tip: Point) -> list[Point]:
    """A tail like a flash of lightning, from one end of its base over the tip to the other."""
    base = first.toward(second, 0.5)
    dx, dy = tip.x - base.x, tip.y - base.y
    length = hypot(dx, dy) or 1.0
    side = Point(-dy / length, dx / length)
    width = first.distance(second)
    if (second.x - first.x) * side.x + (second.y - first.y) * side.y < 0:
        side = Point(-side.x, -side.y)

    def place(along: float, across: float) -> Point:
        return Point(base.x + dx * along + side.x * across * width, base.y + dy * along + side.y * across * width)

    return [place(0.52, -0.02), place(0.42, -0.5), tip, place(0.6, 0.32), place(0.7, 0.72), place(0.3, 0.5)]
