"""Several people in one panel, each drawn anew by themselves; and places whose first picture the others start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from novel.plan.build import PLACE_STRENGTH
from novel.plan.model import Plan
from novel.prepare import Choices, prepare
from novel.request import AdapterUse, Init, MaskPerson, RenderRequest
from novel.story.load import load_story

ROOT = Path(__file__).parents[2]
ADAPTER = ROOT / "stories" / "overdue" / "odile.safetensors"

STORY = """novel: 1
title: Two
style: {{name: plain, art: {{before: ink{art}}}}}
page: {{width: 600pt, height: 600pt}}
characters:
  ann: {{look: a woman in red{ann}}}
  bob: {{look: a man in blue{bob}}}
  cat: {{look: a cat}}
  tom: {{look: a cat}}
places:
  lab: {{look: inside a lab{lab}}}
chapters:
  - title: One
    panels:
      - {{id: both, prompt: talking, place: lab, cast: [{{ann: on the right}}, {{bob: on the left}}]}}
      - {{id: alone, prompt: thinking, place: lab, cast: [ann]}}
      - {{id: twice, prompt: running, cast: [cat, tom, ann]}}
      - {{id: after, prompt: later, continues: both, strength: 0.5, place: lab}}
"""


def planned(folder: Path, **changes: str) -> Plan:
    story = folder / "story.yaml"
    story.write_text(STORY.format(**{"art": "", "ann": "", "bob": "", "lab": "", **changes}))
    return prepare(story, Choices(out=folder / "out", model="fake")).plan


def chain(plan: Plan, panel: str) -> list[RenderRequest]:
    """A panel's request and those that it goes back to, the first one first."""
    known = {**plan.beginnings, **{request.key: request for request in plan.requests.values()}}
    found = [plan.requests[panel]]
    while (init := found[0].init) is not None:
        found.insert(0, known[init.source])
    return found


def test_each_of_the_cast_is_drawn_anew_where_they_are_and_told_of_alone(tmp_path: Path) -> None:
    plain, plan = planned(tmp_path), planned(tmp_path, art=", regions: always")
    whole, ann, bob = chain(plan, "both")
    assert whole == plain.requests["both"]
    assert (ann.prompt, bob.prompt) == (
        "ink, wide shot, inside a lab, a woman in red, on the right, talking",
        "ink, wide shot, inside a lab, a man in blue, on the left, talking",
    )
    assert len({whole.seed, ann.seed, bob.seed}) == 3
    assert ann.init is not None
    assert bob.init is not None
    assert ann.init.mask == MaskPerson(
        words="a woman in red, on the right", found_in=whole.key, otherwise=(0.5, 0.0, 0.5, 1.0)
    )
    assert bob.init.mask == MaskPerson(
        words="a man in blue, on the left", found_in=whole.key, otherwise=(0.0, 0.0, 0.5, 1.0)
    )
    assert plan.requests["alone"] == plain.requests["alone"]


def test_of_equal_words_each_has_a_turn_and_a_place_of_its_own(tmp_path: Path) -> None:
    masks = [
        request.init.mask
        for request in chain(planned(tmp_path, art=", regions: always"), "twice")
        if request.init is not None
    ]
    assert [(m.words, m.occurrence, m.otherwise[0]) for m in masks if isinstance(m, MaskPerson)] == [
        ("a cat", 0, 0.0),
        ("a cat", 1, 0.3333),
        ("a woman in red", 0, 0.6667),
    ]


@pytest.mark.parametrize(
    ("regions", "with_adapters", "steps"),
    [("auto", 0, 1), ("auto", 1, 1), ("auto", 2, 3), ("never", 2, 1), ("always", 0, 3)],
)
def test_auto_means_where_two_have_adapters(tmp_path: Path, regions: str, with_adapters: int, steps: int) -> None:
    for name in ("ann", "bob"):
        shutil.copy(ADAPTER, tmp_path / f"{name}.safetensors")
    with (tmp_path / "bob.safetensors").open("r+b") as file:  # Another content: one value.
        file.seek(-1, 2)
        file.write(b"\x01")
    lora = {
        name: f", adapter: {{path: {name}.safetensors, trigger: {name}x}}" for name in ("ann", "bob")[:with_adapters]
    }
    found = chain(planned(tmp_path, art=f", regions: {regions}", **lora), "both")
    assert len(found) == steps
    if with_adapters == 2 and steps == 3:
        whole, ann, bob = found
        assert len(whole.adapters) == 2
        assert (ann.adapters, bob.adapters) == (whole.adapters[:1], whole.adapters[1:])
        assert all(isinstance(use, AdapterUse) for use in whole.adapters)
        assert "annx" in ann.prompt
        assert "bobx" not in ann.prompt


def test_a_panel_that_continues_one_of_several_people_starts_from_its_finished_picture(tmp_path: Path) -> None:
    plan = planned(tmp_path, art=", regions: always")
    assert plan.requests["after"].init == Init(kind="request", source=plan.requests["both"].key, strength=0.5)


def test_panels_set_in_an_anchored_place_start_from_its_first_picture(tmp_path: Path) -> None:
    plain, plan = planned(tmp_path), planned(tmp_path, lab=", anchor: true")
    first = plan.requests["both"]
    assert first == plain.requests["both"]
    assert plan.requests["alone"].init == Init(kind="request", source=first.key, strength=PLACE_STRENGTH)
    assert plan.requests["after"].init == Init(kind="request", source=first.key, strength=0.5), "as it asks itself"
    assert plan.requests["twice"].init is None


def test_the_first_in_a_place_is_one_that_continues_no_other(tmp_path: Path) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(
        """novel: 1
title: T
style: {name: plain}
places:
  lab: {look: inside a lab, anchor: true}
chapters:
  - title: One
    panels:
      - {id: a, prompt: one, place: lab, continues: c, strength: 0.5}
      - {id: b, prompt: two, place: lab, strength: 0.7}
      - {id: c, prompt: three, place: lab}
"""
    )
    plan = prepare(story, Choices(out=tmp_path / "out", model="fake")).plan
    assert plan.requests["b"].init is None
    assert plan.requests["c"].init == Init(kind="request", source=plan.requests["b"].key, strength=PLACE_STRENGTH)
    assert plan.requests["a"].init == Init(kind="request", source=plan.requests["c"].key, strength=0.5)
    assert load_story(story).warnings == (), "`strength` has an effect there"
