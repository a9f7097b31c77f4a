"""Where each balloon of a panel stands: the cheapest of many arrangements, by the prices in ``costs``.

The search is a beam over the balloons in their order: each may take any of its shapes at any place of a grid, and the
few cheapest arrangements of the balloons so far go on. Nothing in it is random: same input, same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import heappop, heappush
from typing import NamedTuple

from novel.geometry import Point, Rect
from novel.layout import tail
from novel.layout.balloon import Shape
from novel.layout.costs import (
    COSTS,
    JOIN,
    Ground,
    Option,
    beside,
    crosses,
    meet,
    tailing,
)
from novel.layout.curve import flattened
from novel.layout.grid import Draft, drafts_of
from novel.layout.outline import Body, outline
from novel.layout.people import Person
from novel.layout.reading import gap, precedes
from novel.layout.saliency import Saliency
from novel.layout.tail import Voice

REMEMBERED = 256
"""Panels whose places are kept: who letters a book again with one line changed searches for that line's panel only."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A balloon in its place. ``joined``: it is one with the balloon after it."""

    shape: Shape
    center: Point
    tip: Point | None
    joined: bool = False
    frame: Rect | None = None
    """The panel's border where it cuts the balloon; None for one that stands free."""

    @property
    def rect(self) -> Rect:
        """All of it but its tail."""
        s = self.shape
        whole = Rect(self.center.x - s.reach_x, self.center.y - s.reach_y, 2 * s.reach_x, 2 * s.reach_y)
        return (self.frame and whole.intersection(self.frame)) or whole

    @property
    def body(self) -> Body:
        """What is drawn."""
        return Body(self.shape, self.center, self.tip, self.frame)


class _State(NamedTuple):
    cost: float
    order: tuple[int, ...]
    options: tuple[Option, ...]


def place(
    voices: Sequence[Voice],
    panel: Rect,
    area: Rect,
    people: Sequence[Person],
    *,
    rtl: bool = False,
    spacing: float = 4.0,
    frame: Rect | None = None,
    saliency: Saliency | None = None,
) -> list[Placed] | None:
    """The best places for all voices inside ``area``; None where they don't fit together.

    ``panel`` is the picture's rectangle, to whose edges off-panel voices point. ``spacing``: the least distance of two
    balloons. ``frame``: where the panel's border cuts balloons that are anchored to it; None where there is no border
    to anchor them to. ``saliency``: what is known of where the eye goes in the picture.
    """
    if not voices:
        return []
    if any(not v.shapes for v in voices):
        return None
    ground = Ground.of(panel, people, rtl=rtl, spacing=spacing, frame=frame, saliency=saliency)
    found = _found(tuple(voices), area, tuple(people), ground)
    return None if found is None else list(found)


@lru_cache(REMEMBERED)
def _found(
    voices: tuple[Voice, ...], area: Rect, people: tuple[Person, ...], ground: Ground
) -> tuple[Placed, ...] | None:
    states = [_State(0.0, (), ())]
    for index, voice in enumerate(voices):
        options = _Options(voice, index / max(1, len(voices) - 1), area, ground)
        # After the last balloon only the cheapest counts.
        keep = 1 if index == len(voices) - 1 else _beam(len(voices))
        states = _grown(states, options, voices, ground, keep)
        if not states:
            return None
    placed = [
        Placed(o.shape, Point(o.x, o.y), Point(*o.tip) if o.tip else None, frame=ground.frame if o.anchored else None)
        for o in states[0].options
    ]
    return tuple(_cleared(_joined(placed, voices), voices, people))


def _kept_tail(first: Placed, second: Placed, mouth: Point | None, *, fixed: bool) -> Placed | None:
    """Which of two joined balloons keeps its tail: the one nearer to the mouth, unless that tail would run over the
    other. ``fixed``: the first is joined to one before it already, so that a tail of its own is settled."""
    order = [second, first]
    if mouth is not None and first.center.distance(mouth) < second.center.distance(mouth) and not fixed:
        order.reverse()
    for one, other in (order, order[::-1]):
        if one.tip is None:
            continue
        root = tail.edge(one.shape, one.center.x, one.center.y, one.tip.x, one.tip.y)
        r = other.rect.inset(-0.3 * other.shape.size)
        if not crosses(root, (one.tip.x, one.tip.y), (r.x, r.y, r.right, r.bottom)):
            return one
    return None


def _beam(voices: int) -> int:
    """How many arrangements go on after each balloon: many where few balloons must find the best of all places, few
    where many balloons must find any."""
    return 40 if voices <= 3 else 16 if voices <= 5 else 8


def _grown(
    states: Sequence[_State], options: Iterable[Option], voices: Sequence[Voice], ground: Ground, keep: int
) -> list[_State]:
    """The cheapest ``keep`` arrangements with one balloon more. States and options come cheapest first."""
    grown: list[_State] = []
    worst = float("inf")
    # Joining is the only thing that lowers a price.
    saved = -COSTS.joined if voices[len(states[0].options)].linked else 0.0
    for state in states:
        for option in options:
            least = state.cost + option.cost
            if least - saved >= worst:
                break
            extra = beside(state.options, option, voices, ground) if state.options else 0.0
            if extra is None or least + extra >= worst:
                continue
            grown.append(_State(least + extra, (*state.order, option.order), (*state.options, option)))
            if keep == 1:
                worst = least + extra
            elif len(grown) >= 3 * keep:
                grown.sort(key=lambda s: (s.cost, s.order))
                del grown[keep:]
                worst = grown[-1].cost
    grown.sort(key=lambda s: (s.cost, s.order))
    return grown[:keep]


def _rank(draft: Draft) -> tuple[float, int]:
    return draft[:2]


class _Options:
    """A voice's places, cheapest first, each priced in full only when it could be the next."""

    def __init__(self, voice: Voice, share: float, area: Rect, ground: Ground) -> None:
        self._voice, self._ground = voice, ground
        self._rivals = tuple(mouth for name, mouth, *_ in ground.people if name != voice.speaker)
        self.drafts_of = sorted(drafts_of(voice, share, area, ground), key=_rank, reverse=True)
        self._priced: list[tuple[float, int, Option]] = []
        self._ready: list[Option] = []

    def __iter__(self) -> Iterator[Option]:
        at = 0
        while at < len(self._ready) or self._next():
            yield self._ready[at]
            at += 1

    def _next(self) -> bool:
        """Make one option more ready; False where there is none."""
        drafts, priced = self.drafts_of, self._priced
        while drafts and (not priced or priced[0][0] >= drafts[-1].cost):
            option = _option(self._voice, drafts.pop(), self._rivals, self._ground)
            heappush(priced, (option.cost, option.order, option))
        if not priced:
            return False
        self._ready.append(heappop(priced)[2])
        return True


def _option(voice: Voice, draft: Draft, rivals: Sequence[tuple[float, float]], ground: Ground) -> Option:
    shape, column, row = draft.shape, draft.column, draft.row
    x, y = column.middle, row.middle
    anchored = column.anchored or row.anchored
    tip = tail.tip(shape, x, y, voice, ground.panel, rivals)
    root: tuple[float, float] | None = None
    if tip is not None:
        root = tail.edge(shape, x, y, tip[0], tip[1])
    elif voice.mouth is not None:
        root = tail.edge(shape, x, y, voice.mouth.x, voice.mouth.y)
    cost = draft.cost + tailing(voice, shape, x, y, root, tip, ground)
    if anchored and root is not None and tip is not None:
        # A tail can't leave through the border.
        inside = column.start <= root[0] <= column.end and row.start <= root[1] <= row.end
        cost += 0.0 if inside else COSTS.crossed
    return Option(cost, draft.order, column.start, row.start, column.end, row.end, x, y, shape, root, tip, anchored)


def _joined(placed: list[Placed], voices: Sequence[Voice]) -> list[Placed]:
    """The same places with neighbours of one speaker joined: the tail stays on the one nearer to the mouth."""
    out = list(placed)
    for i in range(1, len(out)):
        first, second = out[i - 1], out[i]
        if not voices[i].linked or gap(first.rect, second.rect) > JOIN * second.shape.size:
            continue
        one, other = (first.center.x, first.center.y), (second.center.x, second.center.y)
        boxes = [p.rect for j, p in enumerate(out) if j not in (i - 1, i)]
        if any(crosses(one, other, (r.x, r.y, r.right, r.bottom)) for r in boxes):
            continue
        kept = _kept_tail(first, second, voices[i].mouth, fixed=i > 1 and out[i - 2].joined)
        out[i - 1] = replace(first, joined=True, tip=first.tip if kept is first else None)
        out[i] = replace(second, tip=second.tip if kept is second else None)
    return out


def shelves(
    voices: Sequence[Voice],
    panel: Rect,
    area: Rect,
    people: Sequence[Person] = (),
    *,
    rtl: bool = False,
    spacing: float = 4.0,
) -> list[Placed] | None:
    """A plain arrangement for crowded panels: rows in reading order, from the top; None where even that is too much."""
    rows: list[list[tuple[Shape, Voice]]] = []
    least = float("inf")
    for share in (1.0, 0.66, 0.5, 0.42, 0.34, 0.28, 0.22, 0.16):
        made = _fill(voices, area.width, area.width * share, spacing)
        if made is None:
            continue
        height = sum(max(2 * s.reach_y for s, _ in row) for row in made) + spacing * (len(made) - 1)
        if height < least:
            least, rows = height, made
    if least > area.height + 1e-6:
        return None
    out: list[Placed] = []
    spoken: list[Voice] = []
    y = area.y
    for row in rows:
        tall = max(2 * s.reach_y for s, _ in row)
        used = sum(2 * s.reach_x for s, _ in row)
        between = spacing if len(row) == 1 else min((area.width - used) / (len(row) - 1), 3 * spacing)
        x = area.x
        for shape, voice in row:
            middle = x + shape.reach_x
            out.append(Placed(shape, Point(area.x + area.right - middle if rtl else middle, y + shape.reach_y), None))
            spoken.append(voice)
            x += 2 * shape.reach_x + between
        y += tall + spacing
    rects = [p.rect for p in out]
    if any(not precedes(a, b, rtl=rtl) for i, a in enumerate(rects) for b in rects[i + 1 :]):
        return None
    tips = [
        tail.tip(p.shape, p.center.x, p.center.y, voice, panel, _rivals(voice, people))
        for p, voice in zip(out, spoken, strict=True)
    ]
    return _cleared([replace(p, tip=Point(*t) if t else None) for p, t in zip(out, tips, strict=True)], spoken, people)


def _rivals(voice: Voice, people: Sequence[Person]) -> list[tuple[float, float]]:
    return [(p.mouth.x, p.mouth.y) for p in people if p.character != voice.speaker]


def _cleared(placed: Sequence[Placed], voices: Sequence[Voice], people: Sequence[Person]) -> list[Placed]:
    """The same balloons with tails that run over no balloon, no tail and nobody else's head: shortened as far as
    needed, left out where nothing helps."""
    out = list(placed)
    drawn: list[list[tuple[Point, Point]]] = []
    sides: list[tuple[Point, Point]] = []
    start = 0
    while start < len(out):
        stop = start + 1
        while out[stop - 1].joined:
            stop += 1
        alone = len(out) == stop - start
        boxes = [p.rect.inset(-0.1 * p.shape.size) for i, p in enumerate(out) if not start <= i < stop]
        for share in (1.0, 0.75, 0.5, 0.0):
            chain = [_shortened(p, share) for p in out[start:stop]]
            plain = all(p.tip is None for p in chain)
            if not plain and not all(_true(p, v, people) for p, v in zip(chain, voices[start:stop], strict=True)):
                continue
            sides = [] if alone else _sides(chain)
            if plain:
                break
            over = any(crosses((a.x, a.y), (b.x, b.y), (r.x, r.y, r.right, r.bottom)) for a, b in sides for r in boxes)
            if not over and not any(_run_across(sides, other) for other in drawn):
                break
        out[start:stop] = chain
        drawn.append(sides)
        start = stop
    return out


def _true(placed: Placed, voice: Voice, people: Sequence[Person]) -> bool:
    """Whether a tail tells who speaks: it ends nearer to its own mouth than to any other, and crosses no other's head.

    Heads that overlap the speaker's own can't be kept off."""
    if placed.tip is None:
        return True
    tip = (placed.tip.x, placed.tip.y)
    if voice.mouth is not None and not tail.own(tip, (voice.mouth.x, voice.mouth.y), _rivals(voice, people)):
        return False
    root = tail.edge(placed.shape, placed.center.x, placed.center.y, *tip)
    heads = [p.head for p in people if p.character == voice.speaker]
    others = [p.head for p in people if p.character != voice.speaker and all(p.head.overlap(h) == 0 for h in heads)]
    return not any(crosses(root, tip, (h.x, h.y, h.right, h.bottom)) for h in others)


def _shortened(placed: Placed, share: float) -> Placed:
    """The balloon with a share of its tail's length; without one where too little would be left."""
    tip, shape = placed.tip, placed.shape
    if tip is None or share == 1.0:
        return placed
    root = Point(*tail.edge(shape, placed.center.x, placed.center.y, tip.x, tip.y))
    end = root.toward(tip, share)
    least = tail.SHORTEST * shape.size + shape.outer
    return replace(placed, tip=end if root.distance(end) >= least else None)


def _sides(chain: Sequence[Placed]) -> list[tuple[Point, Point]]:
    """What is drawn of one balloon or several joined ones, as short straight lines."""
    polygons = flattened(outline([p.body for p in chain]), steps=8)
    return [(polygon[i - 1], point) for polygon in polygons for i, point in enumerate(polygon)]


def _run_across(one: list[tuple[Point, Point]], other: list[tuple[Point, Point]]) -> bool:
    boxes = []
    for sides in (one, other):
        xs, ys = [a.x for a, _ in sides], [a.y for a, _ in sides]
        boxes.append((min(xs), min(ys), max(xs), max(ys)))
    left, top = max(boxes[0][0], boxes[1][0]), max(boxes[0][1], boxes[1][1])
    right, bottom = min(boxes[0][2], boxes[1][2]), min(boxes[0][3], boxes[1][3])
    if left > right or top > bottom:
        return False
    shared = (left, top, right, bottom)
    near = [[((a.x, a.y), (b.x, b.y)) for a, b in s if crosses((a.x, a.y), (b.x, b.y), shared)] for s in (one, other)]
    return any(meet(*a, *b) for a in near[0] for b in near[1])


def _fill(
    voices: Sequence[Voice], across: float, most: float, spacing: float
) -> list[list[tuple[Shape, Voice]]] | None:
    rows: list[list[tuple[Shape, Voice]]] = []
    room = 0.0
    for voice in voices:
        fitting = [s for s in voice.shapes if 2 * s.reach_x <= most] or [
            s for s in voice.shapes if 2 * s.reach_x <= across
        ]
        if not fitting:
            return None
        shape = min(fitting, key=lambda s: (s.reach_y * s.reach_x, s.cost))
        width = 2 * shape.reach_x
        if rows and width + spacing <= room:
            rows[-1].append((shape, voice))
            room -= width + spacing
        else:
            rows.append([(shape, voice)])
            room = across - width
    return rows
