"""What `novel check` says of words that the embedded model would read wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from novel.check import check_story

STORY = """\
novel: 1
title: A Small Story
author: Nobody
style: test
characters:
  ann: {name: Ann, look: a woman with long blond hair wearing a red dress}
  bot: {name: Bot, look: a small grey robot}
  mot: {name: Mot, look: a shapeless flicker}
chapters:
  - id: one
    title: One
    panels:
      - {id: only, prompt: a lamp}
"""


def right_to_left(folder: Path, **panel: object) -> list[str]:
    """The hints about who is told in which order, of a story with this panel, drawn by the embedded model."""
    (folder / "styles").mkdir()
    (folder / "styles" / "test.yaml").write_text(json.dumps({"name": "Test", "art": {"model": "embedded"}}))
    story = yaml.safe_load(STORY)
    story["chapters"][0]["panels"][0] |= panel
    (folder / "story.yaml").write_text(yaml.safe_dump(story))
    found = check_story(folder / "story.yaml")
    return [d.hint for d in found if d.code == "right-to-left"]


@pytest.mark.parametrize(
    ("cast", "order"),
    [
        ([{"ann": "on the right"}, {"bot": "on the left"}], "bot, ann"),
        ([{"ann": "waving on the right"}, {"bot": "in the center"}, {"mot": "on the left"}], "mot, bot, ann"),
        ([{"ann": "on the left"}, {"mot": "on the right"}, {"bot": "in the center"}], "ann, bot, mot"),
    ],
)
def test_a_cast_that_is_told_from_the_right_is_named_in_the_order_to_write(
    tmp_path: Path, cast: list[dict[str, str]], order: str
) -> None:
    assert right_to_left(tmp_path, cast=cast) == [f"List the cast in this order: {order}."]


@pytest.mark.parametrize(
    "cast",
    [
        [{"ann": "on the left"}, {"bot": "on the right"}],
        [{"ann": "on the left"}, {"bot": "in the center"}, {"mot": "on the right"}],
        [{"ann": "on the right"}, "bot"],
        [{"ann": "on the right"}],
    ],
)
def test_a_cast_from_left_to_right_or_of_no_known_order_is_left_alone(tmp_path: Path, cast: list[object]) -> None:
    assert right_to_left(tmp_path, cast=cast) == []


def test_people_in_a_panels_own_words_count_as_well(tmp_path: Path) -> None:
    prompt = "a man wearing a blue coat on the right, a girl on the left"
    assert right_to_left(tmp_path, prompt=prompt) == ["Write who stands on the left first."]


def test_things_may_be_told_in_any_order(tmp_path: Path) -> None:
    assert right_to_left(tmp_path, prompt="a lamp on the right, a tree on the left") == []
