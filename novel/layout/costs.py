"""What each fault of a balloon's place costs, alone and beside the balloons before it.

Two things are never given up, whatever they would save: balloons don't overlap, and a reader takes them in the written
order. Everything else has its price here, so that where not all of it can hold, the prices say what gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import NamedTuple

from novel.geometry import Rect
from novel.layout.balloon import Shape
from novel.layout.people import Person
from novel.layout.reading import SAME_ROW
from novel.layout.saliency import Saliency
from novel.layout.tail import Voice


class Costs(NamedTuple):
    """The prices. Distances count in shares of the panel's diagonal, areas in shares of what is covered."""

    head: float = 14.0
    """Covering a head, times the share of it that is covered (and a little for touching it at all)."""
    figure: float = 1.2
    """Covering the rest of a person, times the share."""
    low: float = 1.0
    """Standing low: the top edge's share of the panel's height."""
    far: float = 0.9
    """The distance of the balloon's middle from its speaker, across."""
    tail: float = 1.1
    """The way from the balloon to the speaker's mouth."""
    leash: float = 3.0
    """The way from the balloon's middle to the edge that an unseen speaker's tail points to."""
    short: float = 2.0
    """No room for a tail, since the mouth is close by or under the balloon; or a tail that doesn't reach the edge that
    it points to."""
    stub: float = 0.5
    """A tail to the panel's edge that is hardly seen."""
    upward: float = 1.6
    """A tail that goes up: the balloon stands lower than the mouth."""
    flat: float = 2.4
    """A tail that lies flat: what it runs across more than down."""
    crossed: float = 8.0
    """A tail that runs across another balloon, another tail or somebody else's head."""
    wrong: float = 8.0
    """A balloon without a tail, for want of room, that stands nearer to somebody else."""
    turned: float = 8.0
    """A tail that is turned away from its speaker's mouth, times the turn's sine."""
    apart: float = 0.7
    """The distance from the balloon before."""
    nearer: float = 1.5
    """A later balloon that is nearer than the next one."""
    unclear: float = 2.4
    """The next balloon stands higher than the one before, though beside it."""
    backward: float = 0.45
    """The next balloon stands toward the line's start from the one before."""
    salient: float = 1.2
    """Covering what draws the eye: the mean of what the picture's saliency says of the place."""
    middle: float = 0.5
    """Covering the middle of a picture of which no more is known, times the share of the balloon that lies there."""
    anchored: float = 0.1
    """A balloon cut by the panel's border, for each side."""
    shape: float = 0.35
    """A less pleasing shape, times its own cost."""
    corner: float = 3.5
    """A caption away from the side where reading starts."""
    uneven: float = 0.2
    """Edges that nearly line up but don't."""
    joined: float = -0.5
    """Two balloons of one speaker close enough to be joined."""
    parted: float = 0.4
    """Two balloons of one speaker too far apart for it."""


COSTS = Costs()
GUESSED = 0.45
"""How much a person counts whose place is only guessed from the cast's order."""
JOIN = 1.5
"""The greatest gap, in shares of the size, across which two balloons of one speaker are joined."""


class Option(NamedTuple):
    """A shape at a place: its drawn extent, centre, and its tail's two ends where it has one."""

    cost: float
    order: int
    left: float
    top: float
    right: float
    bottom: float
    x: float
    y: float
    shape: Shape
    root: tuple[float, float] | None
    tip: tuple[float, float] | None
    anchored: bool


class Ground(NamedTuple):
    """A panel as the prices see it."""

    panel: Rect
    diagonal: float
    people: tuple[tuple[str, tuple[float, float], tuple[float, float, float, float], float, float, float, float], ...]
    """Each person's id, mouth and head (left, top, right, bottom); what covering them costs, and their area: of the
    figure, then of the head. A guessed person costs less."""
    spans_x: tuple[tuple[float, float], ...]
    """From where to where the panel's middle reaches, then each person's figure and head, from left to right."""
    spans_y: tuple[tuple[float, float], ...]
    """The same from top to bottom."""
    rtl: bool
    spacing: float
    frame: Rect | None
    """Where the panel's border cuts a balloon that is anchored to it; None where there is no border to anchor to."""
    saliency: Saliency | None

    @classmethod
    def of(
        cls,
        panel: Rect,
        people: Sequence[Person],
        *,
        rtl: bool,
        spacing: float,
        frame: Rect | None = None,
        saliency: Saliency | None = None,
    ) -> Ground:
        """The ground of a panel with its people."""
        flat = []
        spans_x = [(panel.x + 0.3 * panel.width, panel.x + 0.7 * panel.width)]
        spans_y = [(panel.y + 0.3 * panel.height, panel.y + 0.7 * panel.height)]
        for p in people:
            sure = 1.0 if p.known else GUESSED
            areas = [(r.right - r.x) * (r.bottom - r.y) for r in (p.figure, p.head)]
            head = (p.head.x, p.head.y, p.head.right, p.head.bottom)
            mouth = (p.mouth.x, p.mouth.y)
            flat.append((p.character, mouth, head, sure * COSTS.figure, areas[0], sure * COSTS.head, areas[1]))
            spans_x += [(r.x, r.right) for r in (p.figure, p.head)]
            spans_y += [(r.y, r.bottom) for r in (p.figure, p.head)]
        diagonal = hypot(panel.width, panel.height)
        return cls(panel, diagonal, tuple(flat), tuple(spans_x), tuple(spans_y), rtl, spacing, frame, saliency)


def shared(start: float, end: float, spans: tuple[tuple[float, float], ...]) -> list[float]:
    """How much of each of a ground's spans lies between two places; nothing or less where none of it does.

    A balloon's share of what it covers is a product of both axes, so the many places of a grid need this but once for
    each row and column.
    """
    return [(end if end < s[1] else s[1]) - (start if start > s[0] else s[0]) for s in spans]


def across(voice: Voice, share: float, shape: Shape, left: float, right: float, x: float, ground: Ground) -> float:
    """What a column costs, whatever the row: a caption's distance from its corner, a balloon's from its speaker, or
    from where reading has come to. ``share``: how far on in the panel's words the voice comes."""
    panel = ground.panel
    if shape.kind == "caption":
        return COSTS.corner * (panel.right - right if ground.rtl else left - panel.x) / panel.width
    if voice.mouth is not None:
        return COSTS.far * abs(x - voice.mouth.x) / panel.width
    read = (panel.right - x if ground.rtl else x - panel.x) / panel.width
    return 0.3 * abs(read - share)


def down(voice: Voice, shape: Shape, top: float, y: float, ground: Ground) -> float:
    """What a row costs, whatever the column: standing low, and lower than the mouth."""
    cost = COSTS.shape * shape.cost + COSTS.low * (top - ground.panel.y) / ground.panel.height
    return cost + COSTS.upward if voice.mouth is not None and y > voice.mouth.y and shape.kind != "caption" else cost


def covering(extent: float, wide: Sequence[float], tall: Sequence[float], salient: float, ground: Ground) -> float:
    """What a place costs by what it covers there. ``extent``: its area; ``wide``, ``tall``: what ``shared`` says of it;
    ``salient``: what the picture's saliency says of it."""
    cost = 0.0
    if ground.saliency is not None:
        cost = COSTS.salient * salient
    elif wide[0] > 0 and tall[0] > 0:
        cost = COSTS.middle * wide[0] * tall[0] / extent
    at = 1
    for _, _, _, figure_cost, figure_area, head_cost, head_area in ground.people:
        if wide[at] > 0 and tall[at] > 0:
            cost += figure_cost * wide[at] * tall[at] / figure_area
        if wide[at + 1] > 0 and tall[at + 1] > 0:
            cost += head_cost * (0.15 + wide[at + 1] * tall[at + 1] / head_area)
        at += 2
    return cost


def tailing(
    voice: Voice,
    shape: Shape,
    x: float,
    y: float,
    root: tuple[float, float] | None,
    tip: tuple[float, float] | None,
    ground: Ground,
) -> float:
    """What a balloon's tail costs from ``root`` to ``tip``, or the want of one; never less than 0."""
    cost = 0.0
    if tip is not None and root is not None:
        for name, _, head, *_ in ground.people:
            if name != voice.speaker and crosses(root, tip, head):
                cost += COSTS.crossed
    if shape.kind == "caption":
        return cost
    if voice.mouth is not None:
        mouth_x, mouth_y = voice.mouth.x, voice.mouth.y
        way = hypot(mouth_x - root[0], mouth_y - root[1]) if root is not None else 0.0
        cost += COSTS.tail * way / ground.diagonal
        if tip is None or root is None:
            cost += COSTS.short
            at = root or (x, y)
            if any(hypot(at[0] - m[0], at[1] - m[1]) < way for name, m, *_ in ground.people if name != voice.speaker):
                cost += COSTS.wrong
        else:
            dx, dy = tip[0] - root[0], tip[1] - root[1]
            cost += COSTS.flat * max(0.0, abs(dx) / (abs(dx) + abs(dy) + 1e-9) - 0.5)
            aside = abs(dx * (mouth_y - root[1]) - dy * (mouth_x - root[0]))
            if aside > 1e-6:
                cost += COSTS.turned * aside / (hypot(dx, dy) * way + 1e-9)
    elif voice.off:
        cost += _leaving(shape, x, y, root, tip, ground)
    return cost


def _leaving(
    shape: Shape, x: float, y: float, root: tuple[float, float] | None, tip: tuple[float, float] | None, ground: Ground
) -> float:
    """What the tail to the panel's edge costs of somebody who is not seen."""
    if tip is None:
        return COSTS.short
    panel = ground.panel
    cost = COSTS.leash * hypot(x - tip[0], y - tip[1]) / ground.diagonal
    if panel.x + 0.5 < tip[0] < panel.right - 0.5 and tip[1] < panel.bottom - 0.5:
        cost += COSTS.short
    if root is not None and hypot(root[0] - tip[0], root[1] - tip[1]) < shape.size:
        cost += COSTS.stub
    return cost


def beside(  # noqa: PLR0912 - one price after another
    before: Sequence[Option], option: Option, voices: Sequence[Voice], ground: Ground
) -> float | None:
    """What a place costs beside those of the balloons before it; None where it can't be."""
    left, top, right, bottom = option.left, option.top, option.right, option.bottom
    space = ground.spacing
    for other in before:
        if (
            left - space < other.right
            and other.left < right + space
            and top - space < other.bottom
            and other.top < bottom + space
        ):
            return None
        shared = min(bottom, other.bottom) - max(top, other.top)
        if shared >= SAME_ROW * min(bottom - top, other.bottom - other.top):
            if (option.x >= other.x) if ground.rtl else (option.x <= other.x):
                return None
        elif option.y <= other.y:
            return None
    cost = 0.0
    last = before[-1]
    near = _gap(last, option)
    linked = voices[len(before)].linked
    joined = linked and near <= JOIN * option.shape.size
    box = (left, top, right, bottom)
    for other in before:
        same = joined and other is last
        if not same:
            cost += COSTS.crossed * _crossings(other, option, box)
        if top < other.top - 1.0:
            cost += COSTS.unclear * min(1.0, (other.top - top) / (other.bottom - other.top))
        for difference in (abs(top - other.top), abs(left - other.left)):
            if 0.5 < difference < 5.0:
                cost += COSTS.uneven
    cost += COSTS.apart * near / ground.diagonal
    step = (last.x - option.x) / ground.panel.width
    if (step < 0) if ground.rtl else (step > 0):
        cost += COSTS.backward * abs(step)
    if linked:
        cost += COSTS.joined if joined else COSTS.parted
    for i, other in enumerate(before[:-1]):
        if _gap(other, option) < _gap(other, before[i + 1]) - 1.0:
            cost += COSTS.nearer
    return cost


def _crossings(other: Option, option: Option, box: tuple[float, ...]) -> int:
    """How often two balloons and their tails run across each other."""
    count = 0
    if other.tip is not None and other.root is not None:
        count += crosses(other.root, other.tip, box)
        if option.tip is not None and option.root is not None:
            count += meet(other.root, other.tip, option.root, option.tip)
    if option.tip is not None and option.root is not None:
        count += crosses(option.root, option.tip, (other.left, other.top, other.right, other.bottom))
    return count


def _gap(a: Option, b: Option) -> float:
    dx = max(a.left - b.right, b.left - a.right, 0.0)
    dy = max(a.top - b.bottom, b.top - a.bottom, 0.0)
    return hypot(dx, dy)


def crosses(a: tuple[float, float], b: tuple[float, float], box: tuple[float, ...]) -> bool:
    """Whether a straight line touches a box (Liang and Barsky's clipping)."""
    (ax, ay), (bx, by) = a, b
    left, top, right, bottom = box
    if (
        (ax < left and bx < left)
        or (ax > right and bx > right)
        or (ay < top and by < top)
        or (ay > bottom and by > bottom)
    ):
        return False
    dx, dy = bx - ax, by - ay
    first, last = 0.0, 1.0
    for p, q in ((-dx, ax - left), (dx, right - ax), (-dy, ay - top), (dy, bottom - ay)):
        if p == 0:
            if q < 0:
                return False
        elif p < 0:
            first = max(first, q / p)
        else:
            last = min(last, q / p)
    return first <= last


def meet(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Whether two straight lines cross."""

    def turn(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
