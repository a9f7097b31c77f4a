"""Points, sizes, rectangles and insets, in PostScript points (1/72 in) unless a name says otherwise.

The origin is the top left corner of the trimmed page; x grows to the right, y grows downward.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the page."""

    x: float
    y: float

    def distance(self, other: Point) -> float:
        """The straight distance to another point."""
        return hypot(self.x - other.x, self.y - other.y)

    def toward(self, other: Point, share: float) -> Point:
        """The point that lies ``share`` (0 to 1) of the way to another one."""
        return Point(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)


@dataclass(frozen=True, slots=True)
class Size:
    """A width and a height."""

    width: float
    height: float

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height


@dataclass(frozen=True, slots=True)
class Insets:
    """Distances from the four edges."""

    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    left: float = 0.0

    @classmethod
    def even(cls, distance: float) -> Insets:
        """The same distance on all sides."""
        return cls(distance, distance, distance, distance)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its top left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the bottom edge."""
        return self.y + self.height

    @property
    def center(self) -> Point:
        """The middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    def inset(self, by: Insets | float) -> Rect:
        """The rectangle that lies inside by the given distances (outside, where they are negative)."""
        i = by if isinstance(by, Insets) else Insets.even(by)
        return Rect(self.x + i.left, self.y + i.top, self.width - i.left - i.right, self.height - i.top - i.bottom)

    def moved(self, dx: float, dy: float) -> Rect:
        """The same rectangle elsewhere."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def contains(self, other: Rect | Point, slack: float = 1e-6) -> bool:
        """Whether a point or a whole rectangle lies inside, to within ``slack``."""
        if isinstance(other, Point):
            return self.x - slack <= other.x <= self.right + slack and self.y - slack <= other.y <= self.bottom + slack
        return (
            self.x - slack <= other.x
            and self.y - slack <= other.y
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

    def intersection(self, other: Rect) -> Rect | None:
        """What both share; None where they don't overlap (touching is no overlap)."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(x, y, right - x, bottom - y) if right > x and bottom > y else None

    def overlap(self, other: Rect) -> float:
        """The area that both share."""
        shared = self.intersection(other)
        return shared.area if shared else 0.0

    def mirrored(self, width: float) -> Rect:
        """The rectangle mirrored left to right on a page of the given width."""
        return Rect(width - self.right, self.y, self.width, self.height)
