"""The outlines of balloons, each with its tail as one path, so that stroke and fill have no seam.

All shapes are drawn clockwise about a centre. The tail's base lies where the line from the centre to its tip leaves the
body; the body's outline is cut there and runs out to the tip and back. What looks irregular is a fixed pattern, never
random: the same balloon is drawn the same way on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atan2, hypot, pi
from typing import NamedTuple

from novel.geometry import Point, Rect
from novel.layout.balloon import EXPONENT, Shape, handle
from novel.layout.curve import Cubic, Outline, at, curve_to, cut, quadratic, straight
from novel.layout.page import Segment
from novel.layout.radio import radio
from novel.layout.tail import edge

BASE = 1.05
"""The width of a tail where it leaves the balloon, in shares of the lettering's size."""
NECK = 1.15
"""The width of the band that joins two balloons, in shares of the size."""
BOW = 0.07
"""How far a tail bows to the side, in shares of its length."""
WIDER = 1.15
"""The width of a thought's bubbles, in shares of their height."""
_PATTERN = (1.0, 0.72, 0.9, 0.64, 1.0, 0.8, 0.68, 0.94, 0.75)


def rectangle(rect: Rect) -> tuple[Segment, ...]:
    """A plain box."""
    return (
        ("M", rect.x, rect.y),
        ("L", rect.right, rect.y),
        ("L", rect.right, rect.bottom),
        ("L", rect.x, rect.bottom),
        ("Z",),
    )


@dataclass(frozen=True, slots=True)
class Body:
    """A balloon to be drawn: its shape, its place, and its tail's end if it has one."""

    shape: Shape
    center: Point
    tip: Point | None
    frame: Rect | None = None
    """The panel's border where it cuts the body; None for a balloon that stands free."""


def outline(chain: Sequence[Body]) -> tuple[Segment, ...]:
    """The whole path of a balloon, or of several round ones that are joined into one, each to the next."""
    first = chain[0]
    match first.shape.kind:
        case "caption":
            w, h = first.shape.half_width, first.shape.half_height
            return rectangle(Rect(first.center.x - w, first.center.y - h, 2 * w, 2 * h))
        case "thought":
            return _cloud(first)
        case "shout":
            return _burst(first)
        case "radio":
            return radio(first.shape, first.center, first.tip, BASE)
        case _:
            curves = _round(chain, None)
            return _path(curves)


def body(shape: Shape, center: Point, frame: Rect | None = None) -> Outline:
    """The body's superellipse, from its top clockwise, cut flush where it reaches beyond ``frame``."""
    a, b = shape.half_width, shape.half_height
    c = handle(EXPONENT)
    x, y = center.x, center.y
    top, right, bottom, left = Point(x, y - b), Point(x + a, y), Point(x, y + b), Point(x - a, y)
    quarters: list[Cubic] = [
        (top, Point(x + c * a, y - b), Point(x + a, y - c * b), right),
        (right, Point(x + a, y + c * b), Point(x + c * a, y + b), bottom),
        (bottom, Point(x - c * a, y + b), Point(x - a, y + c * b), left),
        (left, Point(x - a, y - c * b), Point(x - c * a, y - b), top),
    ]
    return Outline(quarters if frame is None else _cut(quarters, center, frame))


def _cut(curves: list[Cubic], center: Point, frame: Rect) -> list[Cubic]:
    """The part of a closed outline that lies inside a frame, begun above the centre again."""
    for beyond in (
        lambda p: frame.y - p.y,
        lambda p: p.x - frame.right,
        lambda p: p.y - frame.bottom,
        lambda p: frame.x - p.x,
    ):
        curves = _cut_side(curves, beyond)
    for i, (first, _, _, last) in enumerate(curves):
        # A flat upper side begins at its corner, and the way around has to begin above the centre.
        if first.x < center.x < last.x and abs(first.y - frame.y) + abs(last.y - frame.y) < 1e-6:
            half = Point(center.x, frame.y)
            return [straight(half, last), *curves[i + 1 :], *curves[:i], straight(first, half)]
    start = min(range(len(curves)), key=lambda i: (curves[i][0].y, abs(curves[i][0].x - center.x)))
    return [*curves[start:], *curves[:start]]


def _cut_side(curves: list[Cubic], beyond: Callable[[Point], float]) -> list[Cubic]:
    """A closed convex outline without what lies ``beyond`` (more than 0) a straight line, closed along that line. Each
    curve crosses the line once at most, as quarters of an ellipse do with upright and level lines."""
    kept: list[Cubic] = []
    for curve in curves:
        start, end = beyond(curve[0]), beyond(curve[3])
        if start <= 0 and end <= 0:
            kept.append(curve)
        elif start <= 0 or end <= 0:
            low, high = 0.0, 1.0
            for _ in range(48):
                middle = (low + high) / 2
                if (beyond(at(curve, middle)) > 0) == (start > 0):
                    low = middle
                else:
                    high = middle
            kept.append(cut(curve, high, 1.0) if start > 0 else cut(curve, 0.0, low))
    whole: list[Cubic] = []
    for i, curve in enumerate(kept):
        before = kept[i - 1][3]
        if before.distance(curve[0]) > 1e-9:
            whole.append(straight(before, curve[0]))
        whole.append(curve)
    return whole


def crossing(around: Outline, center: Point, toward: Point) -> float:
    """The parameter at which the ray from the centre to a point crosses the outline (found by halving)."""
    angle = atan2(toward.x - center.x, center.y - toward.y) % (2 * pi)

    def bearing(parameter: float) -> float:
        p = around.point(parameter)
        return atan2(p.x - center.x, center.y - p.y) % (2 * pi)

    low, high = 0.0, float(len(around.curves))
    for _ in range(40):
        middle = (low + high) / 2
        turned = bearing(middle)
        if middle > 0 and turned < angle:
            low = middle
        else:
            high = middle
    return (low + high) / 2 % len(around.curves)


class _Port(NamedTuple):
    """A gap in an outline, from one parameter clockwise to another, and the way that is taken there instead."""

    start: float
    end: float
    detour: list[Cubic]


def _round(chain: Sequence[Body], entry: tuple[float, float] | None) -> list[Cubic]:
    """The way around the first of a chain of round balloons, with its tail and all that hangs on to it.

    ``entry`` is the gap that leads to the balloon before (left open: the way begins and ends there); None begins
    anywhere.
    """
    first = chain[0]
    around = body(first.shape, first.center, first.frame)
    taken: list[tuple[float, float]] = [entry] if entry is not None else []
    ports: list[_Port] = []
    if len(chain) > 1:
        ports.append(_neck(around, chain))
        taken.append((ports[-1].start, ports[-1].end))
    if first.tip is not None:
        ports.append(_tail(around, first, taken))
    if entry is None and not ports:
        return list(around.curves)
    count = len(around.curves)
    begin = entry[1] if entry is not None else ports[0].end
    ports.sort(key=lambda port: (port.start - begin) % count)
    curves: list[Cubic] = []
    here = begin
    for port in ports:
        curves += around.arc(here, port.start)
        curves += port.detour
        here = port.end
    if entry is not None:
        curves += around.arc(here, entry[0])
    return curves


def _gap(around: Outline, middle: float, half: float) -> tuple[float, float]:
    return around.parameter(middle - half), around.parameter(middle + half)


def _neck(around: Outline, chain: Sequence[Body]) -> _Port:
    """The band to the next balloon of the chain, and the whole way around that one."""
    first, second = chain[0], chain[1]
    other = body(second.shape, second.center, second.frame)
    half = NECK * first.shape.size / 2
    here, there = _nearest(around, other)
    start, end = _gap(around, here, half)
    enter, leave = _gap(other, there, half)
    out = _band(around, start, other, leave)
    back = _band(other, enter, around, end)
    return _Port(start, end, [out, *_round(chain[1:], (enter, leave)), back])


def _nearest(one: Outline, other: Outline, steps: int = 96) -> tuple[float, float]:
    """Where two outlines come nearest, as distances along each: there they face each other squarely."""
    ours = [one.length * i / steps for i in range(steps)]
    theirs = [other.length * i / steps for i in range(steps)]
    points = [one.point(one.parameter(d)) for d in ours]
    others = [other.point(other.parameter(d)) for d in theirs]
    _, i, j = min(
        ((p.x - q.x) ** 2 + (p.y - q.y) ** 2, i, j) for i, p in enumerate(points) for j, q in enumerate(others)
    )
    return ours[i], theirs[j]


def _band(one: Outline, start: float, other: Outline, end: float) -> Cubic:
    """One side of a band: it leaves and arrives along the outlines' normals, so that both flow into it."""
    a, b = one.point(start), other.point(end)
    reach = 0.4 * a.distance(b)
    n, m = one.normal(start), other.normal(end)
    return (a, Point(a.x + n.x * reach, a.y + n.y * reach), Point(b.x + m.x * reach, b.y + m.y * reach), b)


def _tail(around: Outline, balloon: Body, taken: Sequence[tuple[float, float]]) -> _Port:
    shape, tip = balloon.shape, balloon.tip
    assert tip is not None
    middle = around.distance(crossing(around, balloon.center, tip))
    half = min(BASE * shape.size / 2, 0.3 * shape.half_width, 0.3 * shape.half_height)
    for start, end in taken:
        # A tail's base keeps clear of a band: it moves along the outline to the nearer side of it.
        center = around.distance(start) + ((around.distance(end) - around.distance(start)) % around.length) / 2
        width = ((around.distance(end) - around.distance(start)) % around.length) / 2
        offset = (middle - center + around.length / 2) % around.length - around.length / 2
        least = width + half + 0.3 * shape.size
        if abs(offset) < least:
            middle = center + (least if offset >= 0 else -least)
    first, second = _gap(around, middle, half)
    out, back = _sides(around.point(first), around.point(second), tip, around.normal(around.parameter(middle)))
    return _Port(first, second, [out, back])


def _sides(first: Point, second: Point, tip: Point, outward: Point) -> tuple[Cubic, Cubic]:
    """The two sides of a tail: both leave along the outline's normal and bend gently to the tip."""
    base = first.toward(second, 0.5)
    dx, dy = tip.x - base.x, tip.y - base.y
    length = hypot(dx, dy) or 1.0
    lead = Point(0.45 * outward.x + 0.55 * dx / length, 0.45 * outward.y + 0.55 * dy / length)
    reach = 0.5 * length
    # A straight tail looks like a pin: one that would be straight bows a little, away from the middle of its balloon.
    bow = BOW * length * (1.0 if dx <= 0 else -1.0)
    bend = Point(base.x + lead.x * reach - bow * dy / length, base.y + lead.y * reach + bow * dx / length)
    near = Point(bend.x + (first.x - base.x) * 0.42, bend.y + (first.y - base.y) * 0.42)
    far = Point(bend.x + (second.x - base.x) * 0.42, bend.y + (second.y - base.y) * 0.42)
    return quadratic(first, near, tip), quadratic(tip, far, second)


def _path(curves: list[Cubic]) -> tuple[Segment, ...]:
    begin = curves[0][0]
    return (("M", begin.x, begin.y), *(curve_to(c) for c in curves), ("Z",))


def _cloud(balloon: Body) -> tuple[Segment, ...]:
    shape, center, tip = balloon.shape, balloon.center, balloon.tip
    around = body(shape, center)
    bumps = max(8, round(around.length / (1.85 * shape.size)))
    widths = [0.8 + 0.4 * _PATTERN[(3 * i) % len(_PATTERN)] for i in range(bumps)]
    unit = around.length / sum(widths)
    marks: list[float] = []
    along = -0.5 * widths[0] * unit
    for width in widths:
        marks.append(along)
        along += width * unit
    points = [around.point(around.parameter(m)) for m in marks]
    curves: list[Cubic] = []
    for i, point in enumerate(points):
        after = points[(i + 1) % bumps]
        middle = around.normal(around.parameter(marks[i] + widths[i] * unit / 2))
        depth = 4 / 3 * min(shape.outer, 0.42 * point.distance(after))
        swell = 0.12
        dx, dy = after.x - point.x, after.y - point.y
        one = Point(point.x + middle.x * depth - swell * dx, point.y + middle.y * depth - swell * dy)
        two = Point(after.x + middle.x * depth + swell * dx, after.y + middle.y * depth + swell * dy)
        curves.append((point, one, two, after))
    path = list(_path(curves))
    if tip is not None:
        for bubble, radius in trail(shape, center, tip):
            path += ellipse(bubble, WIDER * radius, radius)
    return tuple(path)


def trail(shape: Shape, center: Point, tip: Point) -> list[tuple[Point, float]]:
    """The bubbles of a thought, from the cloud to the thinker: centres and radii, evenly spaced, ever smaller."""
    start = Point(*edge(shape, center.x, center.y, tip.x, tip.y))
    length = max(0.0, start.distance(tip) - shape.outer)
    direction = Point((tip.x - center.x), (tip.y - center.y))
    norm = hypot(direction.x, direction.y) or 1.0
    unit = Point(direction.x / norm, direction.y / norm)
    # All of them end at the tip, however short the way is.
    least = 0.12 * shape.size
    radii = [s * shape.size for s in (0.36, 0.25, 0.16)]
    while len(radii) > 1 and 2 * WIDER * sum(radii) + len(radii) * least > length:
        radii.pop()
    if len(radii) == 1:
        room = length / (2 * WIDER)
        radii = [max(min(radii[0], room - least / (2 * WIDER)), min(0.08 * shape.size, room))]
    gap = max(0.0, (length - 2 * sum(radii) - (WIDER - 1) * radii[-1]) / len(radii))
    bubbles: list[tuple[Point, float]] = []
    along = shape.outer
    for radius in radii:
        along += gap + radius
        bubbles.append((Point(start.x + unit.x * along, start.y + unit.y * along), radius))
        along += radius
    return bubbles


def ellipse(center: Point, rx: float, ry: float) -> tuple[Segment, ...]:
    """An ellipse as four curves."""
    c = handle(2.0)
    x, y = center.x, center.y
    return (
        ("M", x, y - ry),
        ("C", x + c * rx, y - ry, x + rx, y - c * ry, x + rx, y),
        ("C", x + rx, y + c * ry, x + c * rx, y + ry, x, y + ry),
        ("C", x - c * rx, y + ry, x - rx, y + c * ry, x - rx, y),
        ("C", x - rx, y - c * ry, x - c * rx, y - ry, x, y - ry),
        ("Z",),
    )


def _burst(balloon: Body) -> tuple[Segment, ...]:
    shape, center, tip = balloon.shape, balloon.center, balloon.tip
    around = body(shape, center)
    spikes = max(10, round(around.length / (1.45 * shape.size)))
    step = around.length / spikes
    root = crossing(around, center, tip) if tip is not None else 0.0
    # One spike is centred on the tail's root, so that the tail is the longest spike of the burst.
    first = around.distance(root) if tip is not None else 0.0
    inner = [around.point(around.parameter(first + (i - 0.5) * step)) for i in range(spikes)]
    curves: list[Cubic] = []
    for i, point in enumerate(inner):
        after = inner[(i + 1) % spikes]
        if i == 0 and tip is not None:
            peak = tip
        else:
            where = around.parameter(first + i * step)
            base, out = around.point(where), around.normal(where)
            reach = shape.outer * _PATTERN[i % len(_PATTERN)]
            peak = Point(base.x + out.x * reach, base.y + out.y * reach)
        sag = 0.16
        mid = point.toward(after, 0.5)
        curves.append(quadratic(point, point.toward(peak, 0.5).toward(mid, sag), peak))
        curves.append(quadratic(peak, after.toward(peak, 0.5).toward(mid, sag), after))
    return _path(curves)
