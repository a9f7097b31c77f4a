"""What a prompt asks for, read off its words."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novel.embedded.asked import read_prompt
from novel.embedded.training import measure


def people_of(prompt):
    return [(w.facts, w.side) for w in read_prompt(prompt).people]


def test_a_composed_prompt_is_read_whole():
    asked = read_prompt(
        "bright comic style, wide shot, in a library by day, a young woman with long blond hair wearing a red dress, "
        "on the left, an old man with grey hair and glasses, blue coat, on the right, telescope in the center"
    )
    assert asked.whole == {"style": "bright", "shot": "wide", "place": "library", "time": "day"}
    assert [(w.facts, w.side) for w in asked.people] == [
        ({"kind": "woman", "hair": "blond", "cut": "long", "clothes": "dress", "colour": "red"}, "left"),
        ({"kind": "oldman", "hair": "grey", "glasses": "yes", "clothes": "coat", "colour": "blue"}, "right"),
    ]
    assert [(w.facts["thing"], w.side) for w in asked.things] == [("telescope", "center")]


@pytest.mark.parametrize(
    ("prompt", "facts", "side"),
    [
        ("a red robot", {"kind": "robot", "colour": "red"}, ""),
        ("on the left, a smiling boy", {"kind": "boy", "expression": "happy"}, "left"),
        ("a dark skinned stocky girl in a green jumper, waving",
         {"kind": "girl", "skin": "dark", "clothes": "sweater", "colour": "green", "pose": "wave"}, ""),
        ("a woman in a white lab coat", {"kind": "woman", "clothes": "labcoat"}, ""),
        ("an elderly woman with a bun", {"kind": "oldwoman"}, ""),
        ("a person in a teal hoodie", {"clothes": "hoodie", "colour": "teal"}, ""),
    ],
)  # fmt: skip
def test_one_person(prompt, facts, side):
    assert people_of(prompt) == [(facts, side)]


def test_what_someone_holds_is_no_thing_of_the_picture():
    assert read_prompt("a man holding a lantern, a lantern on the right").things[0].side == "right"
    assert len(read_prompt("a man holding a lantern, a lantern on the right").things) == 1


def test_a_side_before_each_goes_to_whom_it_stands_before():
    assert people_of("on the left, a man, on the right, a woman") == [
        ({"kind": "man"}, "left"), ({"kind": "woman"}, "right"),
    ]  # fmt: skip


def test_the_first_of_two_places_counts():
    assert read_prompt("in a forest, in a lab").whole == {"place": "forest"}


def test_nothing_known_asks_for_nothing():
    asked = read_prompt("the quick zorble of qwertz")
    assert (asked.whole, asked.people, asked.things) == ({}, [], [])


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    read_prompt(text)


def test_the_teachers_captions_are_read_as_they_were_meant():
    right, all_ = Counter(), Counter()
    for request in measure.requests(150):
        facts, asked = request.caption.facts, read_prompt(request.caption.text)
        for head in ("style", "shot", "place", "time", "weather"):
            all_[head] += 1
            right[head] += facts.get(head) == asked.whole.get(head)
        all_["count"] += 1
        right["count"] += len(asked.people) == len(request.scene.people)
        for person in request.scene.people:
            told = {h: facts.get(f"{person.side}-{h}") for h in ("kind", "hair", "clothes", "colour")}
            if told["clothes"] == "labcoat":
                told.pop("colour")
            told = {h: v for h, v in told.items() if v not in (None, "someone")}
            all_["looks"] += 1
            right["looks"] += any(told.items() <= w.facts.items() for w in asked.people)
    shares = {head: right[head] / all_[head] for head in all_}
    assert min(shares.values()) >= 0.95, shares
