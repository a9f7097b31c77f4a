"""The places that a balloon may take: a grid inside its panel, and the panel's border, where it is anchored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from novel.geometry import Rect
from novel.layout.balloon import PADDING, Shape
from novel.layout.costs import COSTS, Ground, across, covering, down, shared
from novel.layout.saliency import between
from novel.layout.tail import Voice

COLUMNS, ROWS = 9, 8
"""The grid of places. Rows lie closer at the top, where most balloons end up."""
CUT = 0.12
"""The least that the border cuts off a balloon that is anchored to it, in shares of the size."""
SLIVER = 0.8
"""Narrower than this, in shares of the size, a strip of the picture between a balloon and the border looks wrong."""
CUT_PADDING = 1.25
"""The distance of a cut balloon's words from the border, in shares of the padding: a straight side runs along a whole
line of them, where a round one comes as near only at its ends."""


class Spot(NamedTuple):
    """A place along one axis: a shape's middle, its drawn extent, and what is known of it for all places across."""

    middle: float
    start: float
    end: float
    shared: list[float]
    band: Sequence[float]
    """A column's band of the picture's saliency, where that is known."""
    anchored: bool
    price: float


class Draft(NamedTuple):
    """A shape at a place, priced by where it is and what it covers: no more than it will cost with its tail."""

    cost: float
    order: int
    column: Spot
    row: Spot
    shape: Shape


def drafts_of(voice: Voice, share: float, area: Rect, ground: Ground) -> Iterator[Draft]:
    """Every shape of a voice at every place inside ``area`` and at the ground's frame. ``share``: how far on in the
    panel's words the voice comes."""
    order = 0
    saliency = ground.saliency
    for shape in voice.shapes:
        free_x, free_y = area.width - 2 * shape.reach_x, area.height - 2 * shape.reach_y
        if free_x < -1e-6 or free_y < -1e-6:
            continue
        columns = _columns(voice, share, shape, area, max(0.0, free_x), ground)
        for row in _rows(voice, shape, area, max(0.0, free_y), ground):
            _, top, bottom, tall, _, _, price = row
            levels = (saliency.level(top), saliency.level(bottom)) if saliency else None
            for column in columns:
                salient = between(column.band, *levels) if levels else 0.0
                extent = (column.end - column.start) * (bottom - top)
                cost = covering(extent, column.shared, tall, salient, ground)
                yield Draft(cost + price + column.price, order, column, row, shape)
                order += 1


def _columns(voice: Voice, share: float, shape: Shape, area: Rect, free: float, ground: Ground) -> list[Spot]:
    """Where a shape may stand from left to right."""
    xs = [free * i / (COLUMNS - 1) for i in range(COLUMNS)]
    if voice.mouth is not None:
        over = voice.mouth.x - area.x - shape.reach_x
        xs += [min(max(over + s * shape.half_width, 0.0), free) for s in (-0.6, 0.6)]
    middles = [area.x + shape.reach_x + x for x in sorted({min(round(x, 3), free) for x in xs})]
    # Who is not seen speaks from beyond the border: there a tail must be drawn.
    cut = None if voice.off else _anchor(shape, shape.half_width, max(shape.broken.widths) * shape.size / 2)
    frame = ground.frame
    spots = _spots(shape, middles, shape.reach_x, cut, (frame.x, frame.right) if frame else None)
    saliency = ground.saliency
    columns: list[Spot] = []
    for middle, left, right, anchored, extra in spots:
        band = saliency.band(left, right) if saliency else ()
        price = extra + across(voice, share, shape, left, right, middle, ground)
        columns.append(Spot(middle, left, right, shared(left, right, ground.spans_x), band, anchored, price))
    return columns


def _rows(voice: Voice, shape: Shape, area: Rect, free: float, ground: Ground) -> list[Spot]:
    """Where a shape may stand from top to bottom."""
    ys = [free * (i / (ROWS - 1)) ** 1.3 for i in range(ROWS)]
    # On a tall page the grid is coarse: what follows at the top must not be torn away from what it follows.
    ys += [lines * shape.size for lines in (3.2, 6.4) if lines * shape.size < 0.8 * ys[1]]
    middles = [area.y + shape.reach_y + y for y in sorted({min(round(y, 3), free) for y in ys})]
    cut = _anchor(shape, shape.half_height, shape.text_height / 2)
    frame = ground.frame
    spots = _spots(shape, middles, shape.reach_y, cut, (frame.y, frame.bottom) if frame else None)
    rows: list[Spot] = []
    for middle, top, bottom, anchored, extra in spots:
        price = extra + down(voice, shape, top, middle, ground)
        rows.append(Spot(middle, top, bottom, shared(top, bottom, ground.spans_y), (), anchored, price))
    return rows


def _anchor(shape: Shape, half: float, words: float) -> float | None:
    """How near to the border the middle of a shape comes when it is anchored there: as near as its words' padding lets
    it. None for a shape that would hardly be cut, or is of a kind that isn't.

    ``half``: the body's half-axis; ``words``: half the words' extent.
    """
    if shape.kind == "caption":
        return half
    reach = words + CUT_PADDING * PADDING * shape.size
    return reach if shape.round and half - reach >= CUT * shape.size else None


def _spots(
    shape: Shape, middles: list[float], reach: float, cut: float | None, frame: tuple[float, float] | None
) -> Iterator[tuple[float, float, float, bool, float]]:
    """The places along one axis: middle, extent, whether it is anchored, and what that costs.

    No narrow strip of the picture is left between a balloon and the border: it is anchored there, or keeps away.
    """
    if frame is None or frame[1] - frame[0] < 2 * (reach + SLIVER * shape.size):
        for middle in middles:
            yield middle, middle - reach, middle + reach, False, 0.0
        return
    first, last = frame
    low, high = first + SLIVER * shape.size + reach, last - SLIVER * shape.size - reach
    if cut is None:
        for middle in dict.fromkeys(min(max(m, low), high) for m in middles):
            yield middle, middle - reach, middle + reach, False, 0.0
        return
    # A box is not cut: it stands in the corner, or along the border, at no cost.
    price = 0.0 if shape.kind == "caption" else COSTS.anchored
    yield first + cut, first, first + cut + reach, True, price
    for middle in middles:
        if low <= middle <= high:
            yield middle, middle - reach, middle + reach, False, 0.0
    yield last - cut, last - cut - reach, last, True, price
