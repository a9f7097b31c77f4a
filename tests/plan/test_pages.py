"""Pagination: what must hold for any story, and what the pages of small ones look like."""

from dataclasses import dataclass
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novel.geometry import Rect
from novel.plan.model import HeadingSlot, PagePlan, PanelSlot, ProseSlot
from novel.plan.pages import aspects, paginate
from novel.story.model import Chapter, PageProfile, Panel, Story
from novel.story.style import PageStyle

PAPERS = {
    "us-comic": PageProfile(name="us-comic", width=477, height=738, bleed=9, safe_x=22.5, safe_y=45),
    "wide-screen": PageProfile(name="wide-screen", width=960, height=540, safe_x=36, safe_y=36),
    "a4": PageProfile(name="a4", width=595.3, height=841.9, bleed=8.5, safe_x=36, safe_y=36),
    "webtoon": PageProfile(name="webtoon", width=600, height=960, safe_x=18, safe_y=18, strip=True),
}


@dataclass(frozen=True)
class TypewriterMeasure:
    """Every character as wide as the next."""

    prose_leading: float = 12.0

    def prose_lines(self, text: str, width: float) -> int:
        return max(1, -(-len(text) * 5 // int(width)))


MEASURE = TypewriterMeasure()


def story(chapters: list[list[Panel]], *, paper: str = "us-comic", direction: str = "ltr", **more: object) -> Story:
    return Story(
        title="T",
        style="s",
        page=PAPERS[paper],
        direction=direction,  # type: ignore[arg-type]
        chapters=tuple(Chapter(id=f"c{i}", title=f"C{i}", panels=tuple(p)) for i, p in enumerate(chapters)),
        **more,  # type: ignore[arg-type]
    )


def panels(*sizes: str, prefix: str = "p") -> list[Panel]:
    return [Panel(id=f"{prefix}{i}", prompt="x", size=size) for i, size in enumerate(sizes)]  # type: ignore[arg-type]


def panel_slots(pages: tuple[PagePlan, ...]) -> list[PanelSlot]:
    return [s for page in pages for s in page.slots if isinstance(s, PanelSlot)]


def sketch(page: PagePlan) -> list[str]:
    """A page as words: its slots with their share of the live width."""
    words = []
    for slot in page.slots:
        name = "heading" if isinstance(slot, HeadingSlot) else slot.panel
        words.append(f"{name} {slot.rect.width / page.safe.width:.2f}")
    return words


def test_three_wide_panels_fill_a_comic_page() -> None:
    pages = paginate(story([panels(*["wide"] * 6)]), PageStyle(), MEASURE)
    assert [p.kind for p in pages] == ["title", "story", "story", "colophon"]
    assert sketch(pages[1]) == ["heading 1.00", "p0 1.00", "p1 1.00", "p2 1.00"]
    assert sketch(pages[2]) == ["p3 1.00", "p4 1.00", "p5 1.00"]
    last = pages[2].slots[-1].rect
    assert last.bottom == pytest.approx(pages[2].safe.bottom)


def test_halves_and_thirds_share_a_tier() -> None:
    pages = paginate(story([panels("half", "half", "third", "third", "third", "half")]), PageStyle(), MEASURE)
    first = {s.panel: s.rect for s in panel_slots(pages)}
    assert first["p0"].y == first["p1"].y
    assert first["p2"].y == first["p3"].y == first["p4"].y > first["p0"].y
    assert first["p5"].width == pytest.approx(432), "a half that stands alone is widened to the tier"


def test_two_chapters_of_four_leave_no_tier_alone() -> None:
    pages = paginate(story([panels(*["wide"] * 4), panels(*["wide"] * 4, prefix="q")]), PageStyle(), MEASURE)
    counts = [len([s for s in p.slots if isinstance(s, PanelSlot)]) for p in pages if p.kind == "story"]
    assert counts == [2, 2, 2, 2]


def test_a_spread_begins_on_an_even_page_and_both_halves_face_each_other() -> None:
    for before in range(1, 8):
        chapter = panels(*["wide"] * before, "spread", "wide")
        pages = paginate(story([chapter]), PageStyle(), MEASURE)
        halves = [(p.number, s.part) for p in pages for s in p.slots if isinstance(s, PanelSlot) and s.part != "whole"]
        assert [part for _, part in halves] == ["left", "right"]
        assert halves[0][0] % 2 == 0
        assert halves[1][0] == halves[0][0] + 1


def test_a_splash_reaches_into_the_bleed() -> None:
    pages = paginate(story([panels("wide", "splash")]), PageStyle(), MEASURE)
    splash = next(s for s in panel_slots(pages) if s.panel == "p1")
    assert splash.rect == Rect(-9, -9, 495, 756)


def test_right_to_left_mirrors_the_page_as_a_whole() -> None:
    chapter = panels("half", "half", "third", "half", "wide")
    ltr = paginate(story([chapter]), PageStyle(), MEASURE)
    rtl = paginate(story([chapter], direction="rtl"), PageStyle(), MEASURE)
    for a, b in zip(ltr, rtl, strict=True):
        assert [s.rect.mirrored(477) for s in a.slots] == [s.rect for s in b.slots]


def test_a_page_break_and_pages_by_hand_are_obeyed() -> None:
    chapter = panels("wide", "wide", "wide")
    chapter[1] = chapter[1].model_copy(update={"page_break": "before"})
    pages = paginate(story([chapter]), PageStyle(), MEASURE)
    assert [[s.panel for s in p.slots if isinstance(s, PanelSlot)] for p in pages[1:-1]] == [["p0"], ["p1", "p2"]]

    four = panels(*["wide"] * 5)
    by_hand = Story(
        title="T",
        style="s",
        page=PAPERS["us-comic"],
        chapters=(Chapter(id="c", title="C", panels=tuple(four), pages=(("p0",), ("p1", "p2", "p3", "p4"))),),
    )
    pages = paginate(by_hand, PageStyle(), MEASURE)
    assert [[s.panel for s in p.slots if isinstance(s, PanelSlot)] for p in pages[1:-1]] == [
        ["p0"],
        ["p1", "p2", "p3", "p4"],
    ]


def test_a_panel_more_changes_no_other_picture() -> None:
    before = panels(*["wide"] * 5)
    after = [*before[:2], Panel(id="new", prompt="x"), *before[2:]]
    shapes = []
    for chapter in (before, after):
        s = story([chapter])
        shapes.append(aspects(s, PageStyle(), paginate(s, PageStyle(), MEASURE), MEASURE.prose_leading))
    assert {k: v for k, v in shapes[1].items() if k != "new"} == shapes[0]


def test_prose_flows_in_columns_over_pages_without_losing_a_line() -> None:
    chapter = panels("wide", "wide")
    chapter[0] = chapter[0].model_copy(update={"prose": "word " * 2000})
    s = story([chapter])
    pages = paginate(s, PageStyle(), MEASURE)
    prose = [slot for p in pages for slot in p.slots if isinstance(slot, ProseSlot)]
    assert prose[0].first == 0
    assert all(a.last == b.first for a, b in pairwise(prose))
    assert prose[-1].last == MEASURE.prose_lines(chapter[0].prose, prose[0].rect.width)
    assert all((p.last - p.first) * 12 <= p.rect.height + 1e-6 for p in prose)


SIZES = st.sampled_from(["wide", "wide", "half", "third", "splash", "spread"])
PROSE = st.sampled_from(["", "", "", "short words", "words " * 90, "many words " * 900])


@st.composite
def stories(draw: st.DrawFn) -> Story:
    chapters = []
    for c in range(draw(st.integers(1, 3))):
        chapter = []
        for i, size in enumerate(draw(st.lists(SIZES, min_size=1, max_size=9))):
            chapter.append(
                Panel(
                    id=f"c{c}-{i}",
                    prompt="x",
                    size=size,  # type: ignore[arg-type]
                    prose=draw(PROSE),
                    page_break=draw(st.sampled_from([None, None, None, "before"])),
                )
            )
        chapters.append(chapter)
    cover = draw(st.sampled_from([None, Panel(id="cover", prompt="x")]))
    return story(
        chapters,
        paper=draw(st.sampled_from(sorted(PAPERS))),
        direction=draw(st.sampled_from(["ltr", "rtl"])),
        cover=cover,
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(stories())
def test_tiers_keep_their_height_and_no_panel_stands_beside_a_stack(s: Story) -> None:
    strip = s.page.strip
    for page in paginate(s, PageStyle(), MEASURE):
        flowing = [slot for slot in page.slots if isinstance(slot, PanelSlot)]
        if page.kind != "story" or not flowing or (not strip and flowing[0].rect.width >= page.size.width - 1):
            continue
        if not strip:
            # Tiers of one page are equally high: a reader sees rows, not a wall.
            assert len({round(slot.rect.height, 3) for slot in flowing}) == 1
        for one, other in combinations(flowing, 2):
            # Two panels stand on one row or on different ones: no stack beside a tall panel.
            same = abs(one.rect.y - other.rect.y) < 0.01 and abs(one.rect.bottom - other.rect.bottom) < 0.01
            assert same or one.rect.bottom < other.rect.y or other.rect.bottom < one.rect.y
        for row in {round(slot.rect.y, 3) for slot in flowing}:
            # Every row reaches from margin to margin.
            across = [slot.rect for slot in flowing if round(slot.rect.y, 3) == row]
            left, right = min(r.x for r in across), max(r.right for r in across)
            assert abs(left - (page.size.width - right)) < 0.01


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(2, 40), st.sampled_from(("us-comic", "a4")))
def test_no_tier_is_left_alone_on_the_last_page(count: int, paper: str) -> None:
    pages = paginate(story([panels(*["wide"] * count)], paper=paper), PageStyle(), MEASURE)
    counts = [len(panel_slots((page,))) for page in pages if page.kind == "story"]
    assert sum(counts) == count
    assert min(counts) >= 2, counts


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(1, 200), st.integers(0, 4))
def test_no_line_of_prose_is_left_alone_at_the_head_or_foot_of_a_page(words: int, before: int) -> None:
    told = [*panels(*["wide"] * before, prefix="b"), Panel(id="told", prompt="x", prose="many words " * 8 * words)]
    pages = paginate(story([told]), PageStyle(), MEASURE)
    rows = [
        [slot.rect.height / MEASURE.prose_leading for slot in page.slots if isinstance(slot, ProseSlot)]
        for page in pages
    ]
    of_pages = [round(max(page)) for page in rows if page]
    if len(of_pages) > 1:
        assert min(of_pages) >= 2, of_pages


@settings(max_examples=60, deadline=None)
@given(stories())
def test_any_story_is_set_once_in_order_without_overlap(s: Story) -> None:
    pages = paginate(s, PageStyle(), MEASURE)
    assert [p.number for p in pages] == list(range(1, len(pages) + 1))
    slots = panel_slots(pages)
    order = [slot.panel for slot in slots if not (slot.part != "whole" and slot.part == _second_half(s))]
    assert order == [p.id for p in s.panels()]
    for page in pages:
        full = Rect(0, 0, page.size.width, page.size.height).inset(-page.bleed)
        rects = [slot.rect for slot in page.slots]
        assert all(full.contains(r, slack=0.01) for r in rects)
        assert all(r.width > 0 and r.height > 0 for r in rects)
        for i, a in enumerate(rects):
            assert all(a.overlap(b) < 0.01 for b in rects[i + 1 :])
    for panel in s.panels():
        lines = [slot for p in pages for slot in p.slots if isinstance(slot, ProseSlot) and slot.panel == panel.id]
        assert bool(lines) == bool(panel.prose)
        if lines:
            assert lines[0].first == 0
            assert lines[-1].last == MEASURE.prose_lines(panel.prose, lines[0].rect.width)
            assert all(a.last == b.first for a, b in pairwise(lines))
    assert paginate(s, PageStyle(), MEASURE) == pages


def _second_half(s: Story) -> str:
    return "right" if s.direction == "ltr" else "left"
