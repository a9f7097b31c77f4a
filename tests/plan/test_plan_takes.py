"""What an editor decided, as requests."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novel.plan.takes import box_of
from novel.prepare import Choices, Prepared, prepare, prepare_with
from novel.request import MaskBox, MaskMargins
from novel.story.takes import Extension, Redo, Take


@pytest.fixture
def made(story_file: Path) -> Prepared:
    return prepare(story_file, Choices(out=story_file.parent / "output"))


def with_takes(made: Prepared, **takes: Take) -> Prepared:
    return prepare_with(made, replace(made.takes, panels=takes))


def test_overrides_take_the_place_of_the_panel_s_own_fields(made: Prepared) -> None:
    before = made.plan.requests["first"]
    after = with_takes(made, first=Take(seed=4, prompt="a cat", negative="fog", steps=9, guidance=2.5)).plan
    request = after.requests["first"]
    assert request.prompt == before.prompt.replace("a screen", "a cat")
    assert (request.seed, request.negative, request.steps, request.guidance) == (4, "fog", 9, 2.5)
    assert {i: r for i, r in after.requests.items() if i != "first"} == {
        i: r for i, r in made.plan.requests.items() if i != "first"
    }


def test_what_continues_a_panel_starts_from_its_take(made: Prepared) -> None:
    after = with_takes(made, second=Take(seed=4)).plan.requests
    assert after["third"].init is not None
    assert after["third"].init.source == after["second"].key != made.plan.requests["second"].key


def test_redos_follow_one_another_and_keep_the_full_size(made: Prepared) -> None:
    take = Take(
        seed=1,
        redo=(
            Redo(region="right", seed=2, prompt="a cat"),
            Redo(extend=Extension(side="left", percent=50), seed=3),
            Redo(region=(0.0, 0.0, 0.25, 1.0), seed=4, strength=0.5),
        ),
    )
    plan = with_takes(made, first=take).plan
    last = plan.requests["first"]
    chain = [last]
    while chain[-1].init is not None:
        chain.append(plan.beginnings[chain[-1].init.source])
    assert [request.seed for request in chain] == [4, 3, 2, 1]
    width, height = chain[3].width, chain[3].height
    masks = [request.init.mask for request in chain if request.init is not None]
    assert masks == [
        MaskBox(box=(0, 0, -(-(width + width // 2) // 4), height)),
        MaskMargins(left=width // 2),
        MaskBox(box=(width // 2, 0, width - width // 2, height)),
    ]
    assert [request.init.strength for request in chain if request.init is not None] == [0.5, 1.0, 0.85]
    assert "a cat" in chain[2].prompt
    assert "a cat" not in chain[1].prompt
    assert set(plan.beginnings) == {request.key for request in chain[1:]}


def test_an_approved_picture_stays_when_the_story_asks_for_another(made: Prepared) -> None:
    old = made.plan.requests["second"].key
    same = with_takes(made, second=Take(approved=True, picture=old)).plan
    assert not same.kept
    assert same.requests == made.plan.requests
    other = with_takes(made, second=Take(approved=True, picture=old, prompt="a dragon")).plan
    assert other.kept == {"second": old}
    assert "second" not in other.requests
    assert "a dragon" in other.let_go["second"].prompt
    assert other.requests["third"] == made.plan.requests["third"], "it still starts from the picture that stays"


@given(
    st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 4999), st.integers(0, 4999), st.integers(1, 5000),
    st.integers(1, 5000),
)  # fmt: skip
def test_a_box_in_pixels_comes_back_from_its_shares(width: int, height: int, x: int, y: int, w: int, h: int) -> None:
    x, y = min(x, width - 1), min(y, height - 1)
    w, h = min(w, width - x), min(h, height - y)
    shares = round(x / width, 6), round(y / height, 6), round(w / width, 6), round(h / height, 6)
    assert box_of(shares, width, height) == (x, y, w, h)
