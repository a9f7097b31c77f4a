"""What is said of a character's pictures is what a panel will say; what is said of others never names them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from novel.errors import UsageError
from novel.plan.prompt import compose
from novel.story.load import Book, load_story
from novel.story.model import Adapter, CastMember, Panel
from novel.tuning.words import checked_trigger, made_up, other_prompts, panel_prompt, prompt_for

LOOK = "a man with black hair wearing a blue shirt"


@pytest.fixture
def book(story_file: Path) -> Book:
    return load_story(story_file)


def test_a_caption_gets_the_trigger_and_the_look_as_a_panel_has_them(book: Book) -> None:
    jon = book.story.characters["jon"]
    said = prompt_for("in a forest, on the left", jon, "jonxo", book)
    assert said == f"bright comic style, in a forest, on the left, jonxo, {LOOK}"
    assert prompt_for("", jon, "jonxo", book) == f"bright comic style, jonxo, {LOOK}"


def test_a_caption_with_the_look_gets_the_trigger_before_it(book: Book) -> None:
    jon = book.story.characters["jon"]
    assert prompt_for(f"a photo, {LOOK}, smiling", jon, "jonxo", book) == f"a photo, jonxo, {LOOK}, smiling"


def test_a_caption_with_the_trigger_is_the_prompt(book: Book) -> None:
    jon = book.story.characters["jon"]
    assert prompt_for("Jonxo at the sea", jon, "jonxo", book) == "Jonxo at the sea"
    assert "jonxo, " in prompt_for("jonxon at the sea", jon, "jonxo", book)  # Another word that begins so.


def test_the_words_are_those_of_a_panel_with_the_adapter(book: Book) -> None:
    adapted = book.story.characters["jon"].model_copy(update={"adapter": Adapter(path="x", trigger="jonxo")})
    story = book.story.model_copy(update={"characters": {"jon": adapted}})
    panel = Panel(id="a", cast=(CastMember(id="jon", words="standing"),), shot="medium")
    said = compose(story, book.style, panel)
    assert f"jonxo, {LOOK}, standing" in said
    assert f"jonxo, {LOOK}, standing" in panel_prompt(book, "jon", 0, "jonxo")
    assert "jonxo" not in panel_prompt(book, "jon", 0)


def test_prompts_of_the_character_differ_in_shot_and_place(book: Book) -> None:
    prompts = [panel_prompt(book, "jon", number) for number in range(12)]
    assert len(set(prompts)) == 12
    assert all(LOOK in prompt for prompt in prompts)
    assert len({prompt.split(",")[1] for prompt in prompts}) == 3


def test_prompts_of_others_leave_the_character_out(book: Book) -> None:
    prompts = other_prompts(book, "jon", 24)
    assert len(prompts) == 24
    assert not [p for p in prompts if LOOK in p or "jonxo" in p]
    assert [p for p in prompts if "a woman with red hair wearing a green shirt" in p]  # Ann, of the same story
    assert len(set(prompts)) > 18


@given(st.text(max_size=40))
def test_a_made_up_trigger_is_one_word_of_letters(character: str) -> None:
    trigger = made_up(character)
    assert trigger.isascii()
    assert trigger.isalpha()
    assert checked_trigger(trigger) == trigger


@pytest.mark.parametrize("written", ["", "  ", "one, two", "x" * 61])
def test_a_trigger_that_a_prompt_would_take_apart_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="trigger"):
        checked_trigger(written)
