"""Cubic Bézier curves: points, directions, lengths and cuts."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, sqrt

from novel.geometry import Point, Rect
from novel.layout.page import Segment

Cubic = tuple[Point, Point, Point, Point]


def at(curve: Cubic, t: float) -> Point:
    """The point at ``t`` (0 to 1)."""
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    p0, p1, p2, p3 = curve
    return Point(a * p0.x + b * p1.x + c * p2.x + d * p3.x, a * p0.y + b * p1.y + c * p2.y + d * p3.y)


def normal(curve: Cubic, t: float) -> Point:
    """The unit normal at ``t`` that points to the left of the way (outward on a clockwise outline, y downward)."""
    s = 1 - t
    p0, p1, p2, p3 = curve
    dx = 3 * (s * s * (p1.x - p0.x) + 2 * s * t * (p2.x - p1.x) + t * t * (p3.x - p2.x))
    dy = 3 * (s * s * (p1.y - p0.y) + 2 * s * t * (p2.y - p1.y) + t * t * (p3.y - p2.y))
    length = hypot(dx, dy) or 1.0
    return Point(dy / length, -dx / length)


def cut(curve: Cubic, start: float, end: float) -> Cubic:
    """The part of the curve between two parameters (de Casteljau's construction)."""
    if start > 0:
        curve = _split(curve, start)[1]
        end = (end - start) / (1 - start)
    return _split(curve, end)[0] if end < 1 else curve


def _split(curve: Cubic, t: float) -> tuple[Cubic, Cubic]:
    p0, p1, p2, p3 = curve
    a, b, c = p0.toward(p1, t), p1.toward(p2, t), p2.toward(p3, t)
    d, e = a.toward(b, t), b.toward(c, t)
    f = d.toward(e, t)
    return (p0, a, d, f), (f, e, c, p3)


class Outline:
    """A closed run of cubic curves, clockwise as seen, with positions on it by a parameter of 0 to its count."""

    def __init__(self, curves: Sequence[Cubic]) -> None:
        self.curves = tuple(curves)
        self._steps = 12
        points = [at(c, i / self._steps) for c in self.curves for i in range(self._steps)]
        self._points = points
        lengths = [p.distance(points[(i + 1) % len(points)]) for i, p in enumerate(points)]
        self._along = [0.0]
        for length in lengths:
            self._along.append(self._along[-1] + length)

    @property
    def length(self) -> float:
        """The outline's length."""
        return self._along[-1]

    def distance(self, parameter: float) -> float:
        """How far along the outline a parameter lies."""
        step = (parameter % len(self.curves)) * self._steps
        index = min(int(step), len(self._points) - 1)
        return self._along[index] + (step - index) * (self._along[index + 1] - self._along[index])

    def parameter(self, distance: float) -> float:
        """The parameter at a distance along the outline (the inverse of ``distance``)."""
        distance %= self.length
        low, high = 0, len(self._points)
        while high - low > 1:
            middle = (low + high) // 2
            if self._along[middle] <= distance:
                low = middle
            else:
                high = middle
        span = self._along[low + 1] - self._along[low] or 1.0
        return (low + (distance - self._along[low]) / span) / self._steps

    def point(self, parameter: float) -> Point:
        """The point at a parameter."""
        parameter %= len(self.curves)
        index = min(int(parameter), len(self.curves) - 1)
        return at(self.curves[index], parameter - index)

    def normal(self, parameter: float) -> Point:
        """The outward unit normal at a parameter."""
        parameter %= len(self.curves)
        index = min(int(parameter), len(self.curves) - 1)
        return normal(self.curves[index], parameter - index)

    def arc(self, start: float, end: float) -> list[Cubic]:
        """The curves from one parameter on to another, clockwise."""
        count = len(self.curves)
        start %= count
        end %= count
        if end <= start + 1e-9:
            end += count
        out: list[Cubic] = []
        position = start
        while position < end - 1e-9:
            index = int(position + 1e-9)
            stop = min(index + 1.0, end)
            piece = cut(self.curves[index % count], max(0.0, position - index), stop - index)
            out.append(piece)
            position = stop
        return out


def curve_to(curve: Cubic) -> Segment:
    """A curve as a path's segment, from where the path stands."""
    _, b, c, d = curve
    return ("C", b.x, b.y, c.x, c.y, d.x, d.y)


def quadratic(start: Point, control: Point, end: Point) -> Cubic:
    """A quadratic curve as a cubic one."""
    return (start, start.toward(control, 2 / 3), end.toward(control, 2 / 3), end)


def straight(start: Point, end: Point) -> Cubic:
    """A straight line as a cubic curve."""
    return (start, start.toward(end, 1 / 3), start.toward(end, 2 / 3), end)


def flattened(segments: Sequence[Segment], steps: int = 10) -> list[list[Point]]:
    """A path as polygons, one for each of its closed parts."""
    polygons: list[list[Point]] = []
    here: list[Point] = []
    for segment in segments:
        values = [v for v in segment[1:] if isinstance(v, float | int)]
        match segment[0]:
            case "M":
                here = [Point(values[0], values[1])]
                polygons.append(here)
            case "L":
                here.append(Point(values[0], values[1]))
            case "C":
                curve = (here[-1], *(Point(values[i], values[i + 1]) for i in (0, 2, 4)))
                here += [at(curve, i / steps) for i in range(1, steps + 1)]  # type: ignore[arg-type]
    return polygons


def bounds(segments: Sequence[Segment], stroke: float = 0.0) -> Rect:
    """The rectangle that holds a path and its stroke."""
    xs: list[float] = []
    ys: list[float] = []
    for segment in segments:
        values: tuple[float, ...] = segment[1:]
        if segment[0] == "C":
            xs += _extremes(xs[-1], values[0], values[2], values[4])
            ys += _extremes(ys[-1], values[1], values[3], values[5])
        elif values:
            xs.append(values[0])
            ys.append(values[1])
    left, top = min(xs), min(ys)
    return Rect(left, top, max(xs) - left, max(ys) - top).inset(-stroke / 2)


def _extremes(a: float, b: float, c: float, d: float) -> list[float]:
    """Where one coordinate of a cubic curve turns, and its end last."""
    low, high = (a, d) if a <= d else (d, a)
    if low <= b <= high and low <= c <= high:
        return [d]
    # The derivative's roots: 3 (p t² + q t + r) = 0.
    p, q, r = d - a + 3 * (b - c), 2 * (a - 2 * b + c), b - a
    roots: list[float] = []
    if abs(p) < 1e-12:
        roots = [-r / q] if q else []
    elif (root := q * q - 4 * p * r) >= 0:
        roots = [(-q - sqrt(root)) / (2 * p), (-q + sqrt(root)) / (2 * p)]
    out = []
    for t in roots:
        if 0 < t < 1:
            s = 1 - t
            out.append(s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d)
    return [*out, d]
