"""The shapes of balloons: room for their words, whole outlines, tails where they should be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laid_pages import away, inside

from novel.geometry import Point, Rect
from novel.layout.balloon import PADDING, Shape, Shaper, profile
from novel.layout.curve import Outline, at, bounds, cut, flattened
from novel.layout.fonts import FontSet
from novel.layout.outline import WIDER, Body, body, crossing, outline, trail
from novel.layout.text import compose
from novel.layout.wording import dressed

FONTS = FontSet("comic-neue")
KINDS = ("speech", "thought", "whisper", "shout", "radio", "caption")
TEXT = "Somebody says a few words that are neither short nor very long, and stops."
CENTER = Point(200, 100)


def shape(kind: str, text: str = TEXT) -> Shape:
    paragraph = compose(dressed(text, caps=True), FONTS)
    return Shaper(paragraph, kind, caps=True).shapes(8.5, 300, 200)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tip", [None, Point(180, 190), Point(320, 150), Point(60, 90), Point(210, 20)])
def test_every_line_lies_inside_its_outline_with_the_padding(kind: str, tip: Point | None) -> None:
    made = shape(kind)
    if kind == "caption":
        tip = None
    polygon = max(flattened(outline([Body(made, CENTER, tip)]), steps=16), key=len)
    for width, baseline in zip(made.broken.widths, made.baselines(), strict=True):
        for x in (-width * made.size / 2, width * made.size / 2):
            for y in (baseline, baseline - made.paragraph.ascent * made.size):
                corner = Point(CENTER.x + x, CENTER.y + y)
                assert inside(corner, polygon)
                assert away(corner, polygon) >= 0.6 * PADDING * made.size


SIDES = [("top",), ("left",), ("right",), ("bottom",), ("top", "left"), ("top", "right"), ("bottom", "left")]


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("tip", [None, Point(170, 190), Point(330, 160)])
def test_what_the_border_cuts_is_one_outline_flush_with_it(sides: tuple[str, ...], tip: Point | None) -> None:
    made = shape("speech")
    half = max(made.broken.widths) * made.size / 2 + PADDING * made.size
    tall = made.text_height / 2 + PADDING * made.size
    far = 400.0
    left = CENTER.x - (half if "left" in sides else far)
    top = CENTER.y - (tall if "top" in sides else far)
    frame = Rect(left, top, CENTER.x + (half if "right" in sides else far) - left,
                 CENTER.y + (tall if "bottom" in sides else far) - top)  # fmt: skip
    if tip is not None and not frame.contains(tip):
        return
    segments = outline([Body(made, CENTER, tip, frame)])
    assert [s[0] for s in segments].count("M") == 1
    (polygon,) = flattened(segments, steps=24)
    assert all(frame.contains(p, slack=1e-6) for p in polygon)
    box = bounds(segments)
    ends = {"left": box.x - frame.x, "right": frame.right - box.right, "top": box.y - frame.y,
            "bottom": frame.bottom - box.bottom}  # fmt: skip
    for side in sides:
        assert abs(ends[side]) < 1e-6
        # Flush along a good part of the border, not in a point.
        level = side in ("top", "bottom")
        line = {"left": frame.x, "right": frame.right, "top": frame.y, "bottom": frame.bottom}[side]
        on = [p.x if level else p.y for p in polygon if abs((p.y if level else p.x) - line) < 1e-6]
        assert max(on) - min(on) > 0.6 * made.size
    for width, baseline in zip(made.broken.widths, made.baselines(), strict=True):
        for x in (-width * made.size / 2, width * made.size / 2):
            for y in (baseline, baseline - made.paragraph.ascent * made.size):
                corner = Point(CENTER.x + x, CENTER.y + y)
                assert inside(corner, polygon)
                assert away(corner, polygon) >= 0.6 * PADDING * made.size
    if tip is not None:
        assert min(p.distance(tip) for p in polygon) < 1e-6
    whole = body(made, CENTER)
    assert body(made, CENTER, frame).length < whole.length
    assert body(made, CENTER, Rect(0, 0, 900, 900)).curves == whole.curves


def test_a_cut_balloon_joined_to_another_is_still_one_path() -> None:
    one, two = shape("speech"), shape("speech", "And then some.")
    low = Point(CENTER.x + 30, CENTER.y + one.half_height + two.half_height + 6)
    frame = Rect(0, CENTER.y - one.text_height / 2 - PADDING * one.size, 500, 400)
    (polygon,) = flattened(outline([Body(one, CENTER, None, frame), Body(two, low, Point(260, 230))]))
    assert inside(CENTER, polygon)
    assert inside(low, polygon)
    assert min(p.y for p in polygon) == pytest.approx(frame.y)


@pytest.mark.parametrize("kind", ["speech", "whisper", "shout", "radio"])
def test_a_tail_and_its_balloon_are_one_closed_path_that_ends_at_the_tip(kind: str) -> None:
    tip = Point(150, 170)
    segments = outline([Body(shape(kind), CENTER, tip)])
    assert [s[0] for s in segments].count("M") == 1
    assert segments[-1] == ("Z",)
    (polygon,) = flattened(segments)
    assert min(p.distance(tip) for p in polygon) < 1e-6
    first, last = polygon[0], polygon[-1]
    assert first.distance(last) < 30  # Closed by its end, or by one short side.


def test_a_thought_is_a_cloud_and_ever_smaller_bubbles_toward_the_thinker() -> None:
    tip = Point(200, 190)
    polygons = flattened(outline([Body(shape("thought"), CENTER, tip)]))
    cloud, *bubbles = polygons
    assert len(bubbles) == 3
    heights = [max(p.y for p in b) - min(p.y for p in b) for b in bubbles]
    assert heights == sorted(heights, reverse=True)
    lows = [max(p.y for p in b) for b in bubbles]
    assert lows == sorted(lows)
    assert lows[-1] <= tip.y + 2
    assert max(p.y for p in cloud) < min(p.y for p in bubbles[0])


def test_joined_balloons_are_one_path_around_both() -> None:
    one, two = shape("speech"), shape("speech", "And then some.")
    low = Point(CENTER.x + 30, CENTER.y + one.half_height + two.half_height + 6)
    segments = outline([Body(one, CENTER, None), Body(two, low, Point(260, 230))])
    (polygon,) = flattened(segments)
    assert inside(CENTER, polygon)
    assert inside(low, polygon)
    # Somewhere a straight line leads from one to the other without leaving the whole.
    gap = [CENTER.y + one.half_height - 1 + i for i in range(9)]
    assert any(all(inside(Point(x, y), polygon) for y in gap) for x in range(160, 260, 2))


def test_middle_lines_of_a_round_balloon_are_the_longest() -> None:
    for rows in range(3, 9):
        lengths = profile(rows)
        assert lengths[0] < max(lengths)
        assert lengths == pytest.approx(lengths[::-1])
    made = shape("speech", "One two three four five six seven eight nine ten eleven twelve thirteen fourteen.")
    if len(made.broken.widths) >= 4:
        assert max(made.broken.widths) not in (made.broken.widths[0], made.broken.widths[-1])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(0, 4), st.floats(0.01, 1))
def test_parameters_and_distances_on_an_outline_are_each_others_inverse(parameter: float, share: float) -> None:
    around = body(shape("speech"), CENTER)
    distance = around.distance(parameter)
    assert around.point(around.parameter(distance)).distance(around.point(parameter)) < 0.2
    curve = around.curves[0]
    part = cut(curve, 0.2 * share, share)
    assert part[0].distance(at(curve, 0.2 * share)) < 1e-9
    assert part[3].distance(at(curve, share)) < 1e-9


def test_a_ray_meets_the_outline_where_it_points() -> None:
    around: Outline = body(shape("speech"), CENTER)
    for target in (Point(200, 300), Point(400, 100), Point(0, 100), Point(300, 250), Point(120, -40)):
        hit = around.point(crossing(around, CENTER, target))
        along = (target.x - CENTER.x) * (hit.y - CENTER.y) - (target.y - CENTER.y) * (hit.x - CENTER.x)
        assert abs(along) < 1.0
        assert (target.x - CENTER.x) * (hit.x - CENTER.x) + (target.y - CENTER.y) * (hit.y - CENTER.y) > 0


def test_bounds_hold_every_point_of_a_path() -> None:
    segments = outline([Body(shape("speech"), CENTER, Point(150, 170))])
    box = bounds(segments)
    points = [p for polygon in flattened(segments, steps=40) for p in polygon]
    assert all(box.contains(p, slack=1e-6) for p in points)
    assert abs(max(p.x for p in points) - box.right) < 0.05


def test_a_thoughts_bubbles_end_at_the_tip_however_short_the_way() -> None:
    cloud = shape("thought")
    for step in range(200):
        tip = Point(100 + cloud.half_width + cloud.outer + 0.02 + step * 0.02 * cloud.size, 100)
        bubbles = trail(cloud, Point(100, 100), tip)
        assert bubbles
        assert all(center.x + WIDER * radius <= tip.x + 1e-6 for center, radius in bubbles)
        assert [radius for _, radius in bubbles] == sorted((r for _, r in bubbles), reverse=True)
