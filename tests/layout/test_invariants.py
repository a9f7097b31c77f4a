"""What holds for every panel, whatever is said in it, by whom, on which paper and in which direction."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from laid_pages import PEOPLE, Made, away, ink, inside, texts, write_book

import novel
from novel.errors import Diagnostic, DiagnosticsError
from novel.geometry import Point, Rect
from novel.layout import panel as panel_module
from novel.layout.balloon import CORNER, PADDING
from novel.layout.curve import flattened
from novel.layout.fonts import face
from novel.layout.letter import check_lettering
from novel.layout.outline import Body, outline
from novel.layout.page import Document, PageLayout, PathItem, Segment, TextItem
from novel.layout.people import people
from novel.layout.picture import Picture, crop
from novel.layout.place import Placed
from novel.layout.reading import reading_order
from novel.layout.wording import dressed, plain
from novel.plan.model import PagePlan, PanelSlot
from novel.request import Subject
from novel.story.paper import PROFILES

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüéñçßабвгдеλμνπ"
WORDS = st.text(LETTERS, min_size=1, max_size=8) | st.text(LETTERS, min_size=1, max_size=25)
MARKED = st.sampled_from(("I", "wait...", "*never*", "(so)", "well-known", "--what?", "ready!"))
TEXTS = st.lists(WORDS | MARKED, min_size=1, max_size=9).map(" ".join)
SAID = st.builds(
    lambda who, text, kind, at: {who: text, "kind": kind} | ({"at": at} if at else {}),
    st.sampled_from(PEOPLE),
    TEXTS,
    st.sampled_from(("speech", "speech", "speech", "thought", "whisper", "shout", "radio")),
    st.sampled_from((None, None, None, "left", "right")),
)
PANELS = st.builds(
    lambda cast, say, caption, sfx, shot, size: {
        "prompt": "a room", "cast": cast, "say": say, "caption": caption, "sfx": sfx, "shot": shot, "size": size,
    },
    st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3),
    st.lists(SAID, min_size=1, max_size=4) | st.lists(SAID, min_size=1, max_size=12),
    st.lists(TEXTS, max_size=2),
    st.lists(st.sampled_from(("FLASH", "KA-BOOM!", "tick tick")), max_size=1),
    st.sampled_from(("wide", "medium", "close-up", "extreme-wide")),
    st.sampled_from(("wide", "half", "third", "splash", "splash")),
)  # fmt: skip
SHARES = st.integers(0, 14).map(lambda n: n / 20)
FOUND = st.fixed_dictionaries(
    {}, optional={who: st.tuples(SHARES, SHARES, st.integers(2, 6), st.integers(4, 12)) for who in PEOPLE}
)
"""Where a picture shows people, if it does."""


def picture(found: dict[str, tuple[float, float, int, int]], aspect: float) -> Picture:
    """A picture with people at these places: left, top, width and height in twentieths."""
    seen = tuple(
        Subject(character=who, x=x, y=y, width=min(w / 20, 1 - x), height=min(h / 20, 1 - y), confidence=0.9)
        for who, (x, y, w, h) in found.items()
    )
    return Picture("0" * 64, round(512 * aspect), 512, seen)


@dataclass(frozen=True)
class Drawn:
    """A balloon, or several joined ones, as drawn: what they were built of, and the outline of it all."""

    bodies: tuple[Body, ...]
    item: PathItem

    @property
    def polygons(self) -> list[list[Point]]:
        return flattened(self.item.segments)

    @property
    def rects(self) -> list[Rect]:
        return [Placed(b.shape, b.center, b.tip, frame=b.frame).rect for b in self.bodies]


def lettered(made: Made, pictures: dict[str, Picture]) -> tuple[Document, dict[tuple[Segment, ...], tuple[Body, ...]]]:
    """A book, and for each outline what it was built of."""
    built: dict[tuple[Segment, ...], tuple[Body, ...]] = {}

    def noted(bodies: Sequence[Body]) -> tuple[Segment, ...]:
        segments = outline(bodies)
        built[segments] = tuple(bodies)
        return segments

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel_module, "outline", noted)
        return made.letter(pictures), built


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(
    panels=st.lists(st.tuples(PANELS, FOUND), min_size=1, max_size=3),
    page=st.sampled_from(sorted(PROFILES)),
    direction=st.sampled_from(("ltr", "rtl")),
    caps=st.booleans(),
)
def test_every_panel_is_lettered_by_the_rules_or_refused_by_name(
    panels: list[tuple[dict[str, Any], dict[str, Any]]], page: str, direction: str, caps: bool
) -> None:
    told = [{"id": f"p{i}", **panel} for i, (panel, _) in enumerate(panels)]
    pictures = {f"p{i}": picture(found, 1.5) for i, (_, found) in enumerate(panels)}
    with tempfile.TemporaryDirectory() as folder:
        made = write_book(Path(folder), told, style={"lettering": {"caps": caps}}, page=page, direction=direction)
    faults = errors(made)
    if faults:
        with pytest.raises(DiagnosticsError) as refused:
            made.letter(pictures)
        assert refused.value.exit_code == 8
        assert [d.message for d in refused.value.diagnostics] == [d.message for d in faults]
        check_refusal(faults, told)
        return
    document, built = lettered(made, pictures)
    assert document == made.letter(pictures)
    for laid, planned in zip(document.pages, made.pages, strict=True):
        for slot in planned.slots:
            if isinstance(slot, PanelSlot):
                panel = next(p for p in told if p["id"] == slot.panel)
                drawn = [
                    Drawn(built[i.segments], i)
                    for i in laid.items
                    if isinstance(i, PathItem) and i.block and i.panel == slot.panel
                ]
                check_told(panel, laid, caps)
                check_places(panel, slot, laid, planned, drawn, rtl=direction == "rtl")
                check_tails(made, slot, drawn, pictures[slot.panel], rtl=direction == "rtl")


def errors(made: Made) -> list[Diagnostic]:
    return [d for d in check_lettering(made.book, made.plan) if d.severity == "error"]


def check_refusal(faults: list[Diagnostic], told: list[dict[str, Any]]) -> None:
    """Each fault names its panel, its line in the file and a cure; nobody is refused for a handful of short words."""
    for fault in faults:
        assert fault.code == "overflow"
        assert fault.line > 0
        assert fault.hint
        crowded = next(p for p in told if f"`{p['id']}`" in fault.message)
        words = " ".join([*crowded["caption"], *(next(iter(s.values())) for s in crowded["say"])]).split()
        assert len(words) > 20 or crowded["sfx"] or max(map(len, words)) > 12, fault.message


def entries(panel: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        *((f"{panel['id']}.caption.{i + 1}", t) for i, t in enumerate(panel["caption"])),
        *((f"{panel['id']}.say.{i + 1}", next(iter(s.values()))) for i, s in enumerate(panel["say"])),
        *((f"{panel['id']}.sfx.{i + 1}", t) for i, t in enumerate(panel["sfx"])),
    ]


def check_told(panel: dict[str, Any], laid: PageLayout, caps: bool) -> None:
    """Every line once and in order, each word of it drawn."""
    said = entries(panel)
    assert list(next(b for b in laid.panels if b.panel == panel["id"]).blocks) == [name for name, _ in said]
    assert [(b.id, b.text) for b in laid.blocks if b.panel == panel["id"]] == [(n, plain(t)) for n, t in said]
    for name, text in said:
        shown = "".join(s.text for s in dressed(text, caps=caps or ".sfx." in name))
        items = texts(laid, name)
        assert "".join("".join(i.text for i in items).split()) == "".join(shown.split())
        assert all(legible(i) for i in items), name


def legible(item: TextItem) -> bool:
    """Whether a run is at least 7 points large; a face that fills in for the hand's has capitals as tall as the hand's
    at 7 points, whatever its own size is."""
    if item.size >= 7.0:
        return True
    hand = face(HAND).height("H")
    return face(item.font.path).height("H") * item.size >= 0.99 * 7.0 * hand


def check_places(
    panel: dict[str, Any], slot: PanelSlot, laid: PageLayout, planned: PagePlan, drawn: list[Drawn], *, rtl: bool
) -> None:
    """Words inside their balloons, with the padding; balloons apart, inside, and in reading order."""
    rects = [rect for d in drawn for rect in d.rects]
    assert reading_order(rects, rtl=rtl) == list(range(len(rects))), panel["id"]
    for one, other in combinations(drawn, 2):
        assert not overlapping(one, other), (one.item.block, other.item.block)
    free = planned.safe.intersection(slot.rect)
    assert free is not None
    for d in drawn:
        for body, rect in zip(d.bodies, d.rects, strict=True):
            # A balloon that the border cuts off stands on the border; every other keeps off it.
            assert free.contains(rect, slack=body.shape.outer + 1e-6), (d.item.block, rect, free, body.frame)
            assert body.frame is None or planned.safe.contains(body.frame, slack=0.5)
        # Tails may leave the live area, where a splash does; not the panel, but for the last bubble of a thought.
        room = slot.rect.inset(-(BUBBLE * d.bodies[0].shape.size if d.item.role == "thought" else 0.6))
        beyond = [p for polygon in d.polygons for p in polygon if not room.contains(Rect(p.x, p.y, 0, 0))]
        assert not beyond, (d.item.block, beyond[0], slot.rect, d.bodies[0].shape.size)
    homes = {id(d): max(d.polygons, key=area) for d in drawn}
    for name, _ in entries(panel):
        if ".sfx." in name:
            continue
        for item in texts(laid, name):
            box = ink(item)
            assert free.contains(box), name
            corners = [Point(x, y) for x in (box.x, box.right) for y in (box.y, box.bottom)]
            home = [d for d in drawn if all(inside(c, homes[id(d)]) for c in corners)]
            assert len(home) == 1, (name, item.text)
            kept = min(away(c, homes[id(home[0])]) for c in corners)
            square = home[0].item.role in ("caption", "radio")
            assert kept >= (0.99 * PADDING if square else CORNER) * item.size, (name, item.text, kept / item.size)


HAND = Path(novel.__file__).parent / "data/fonts/novel-lettering/NovelLettering-Regular.ttf"
BUBBLE = 0.1
"""How far the last bubble of a thought may cross the border, in shares of the size."""


def area(polygon: list[Point]) -> float:
    return abs(sum(polygon[i - 1].x * p.y - p.x * polygon[i - 1].y for i, p in enumerate(polygon))) / 2


def overlapping(one: Drawn, other: Drawn) -> bool:
    """Whether any of what is drawn of both, tails and bubbles too, shares a point."""
    if one.item.rect.overlap(other.item.rect) <= 0:
        return False
    for a in one.polygons:
        for b in other.polygons:
            if inside(a[0], b) or inside(b[0], a) or any(True for _ in crossings(a, b)):
                return True
    return False


def crossings(a: list[Point], b: list[Point]) -> Iterator[tuple[Point, Point]]:
    def turn(p: Point, q: Point, r: Point) -> float:
        return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)

    for i, q in enumerate(a):
        p = a[i - 1]
        for j, s in enumerate(b):
            r = b[j - 1]
            if max(p.x, q.x) < min(r.x, s.x) or max(r.x, s.x) < min(p.x, q.x):
                continue
            if turn(p, q, r) * turn(p, q, s) < 0 and turn(r, s, p) * turn(r, s, q) < 0:
                yield p, q


def check_tails(made: Made, slot: PanelSlot, drawn: list[Drawn], shown: Picture, *, rtl: bool) -> None:
    """Every tail ends nearer to its own speaker than to anybody else."""
    panel = next(p for p in made.book.story.panels() if p.id == slot.panel)
    source = crop(shown, slot.rect.width, slot.rect.height, slot.part)
    seen = people(panel, slot.rect, source, shown, rtl=rtl)
    for d in drawn:
        tips = [b.tip for b in d.bodies if b.tip is not None]
        assert len(tips) <= 1, d.item.block
        if ".say." not in d.item.block:
            assert not tips
            continue
        speaker = panel.say[int(d.item.block.rsplit(".", 1)[1]) - 1].speaker
        mine = [p for p in seen if p.character == speaker]
        for tip in tips:
            # What is drawn really goes there.
            assert min(tip.distance(p) for polygon in d.polygons for p in polygon) < 0.5 * d.bodies[0].shape.size
            for other in seen:
                if mine and other.character != speaker and other.mouth != mine[0].mouth:
                    assert tip.distance(mine[0].mouth) < tip.distance(other.mouth), (d.item.block, other.character)
