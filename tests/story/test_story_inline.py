"""A style that stands in the story itself, and a picture's exact size."""

from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from novel.errors import DiagnosticsError
from novel.plan.build import make_plan
from novel.render.families import resolve
from novel.story.load import INLINE, load_story
from novel.story.schema import json_schema

STORY = """\
title: T
style:
  name: My own
  art: {model: fake, before: ink, steps: 3, sampler: ddim}
  lettering:
    balloon: "#ffe"
chapters:
  - title: One
    panels:
      - {id: a, prompt: a cat, pixels: 384x192}
      - {id: b, prompt: a dog}
"""


@pytest.fixture
def write(tmp_path: Path):
    def to(text: str) -> Path:
        (tmp_path / "story.yaml").write_text(text)
        return tmp_path / "story.yaml"

    return to


def faults(file: Path, **options: str) -> list[tuple[int, int, str]]:
    with pytest.raises(DiagnosticsError) as caught:
        load_story(file, **options)
    return [(d.line, d.column, d.code) for d in caught.value.diagnostics if d.severity == "error"]


def test_a_style_may_stand_in_the_story(write) -> None:
    book = load_story(write(STORY))
    assert (book.story.style, book.style.name) == (INLINE, "My own")
    assert (book.style.art.before, book.style.art.steps, book.style.lettering.balloon) == ("ink", 3, "#ffe")
    assert book.style_file == book.file
    at = book.style_at("art", "steps", message="", code="")
    assert (at.file, at.line, at.column) == (str(book.file), 4, 42)
    unnamed = load_story(write(STORY.replace("  name: My own\n", "")))
    assert unnamed.style.name == "story"


def test_its_mistakes_are_told_where_they_stand_with_those_of_the_story(write) -> None:
    text = STORY.replace("steps: 3", "stpes: 3").replace('"#ffe"', "nocolour").replace("a dog", "a dog, continues: c")
    text = text.replace("title: T", "titel: T")
    found = [(line, code) for line, _, code in faults(write(text))]
    assert sorted(found) == [
        (1, "missing-key"),
        (1, "unknown-key"),
        (4, "unknown-key"),
        (6, "bad-color"),
        (11, "unknown-panel"),
    ]


def test_files_of_such_a_style_are_beside_the_story(write, tmp_path: Path) -> None:
    text = STORY.replace("steps: 3", "anchor: {image: ../anchor.png}, adapters: [{path: gone.safetensors}]")
    assert {code for _, _, code in faults(write(text))} == {"unsafe-path", "missing-file"}


def test_a_style_named_by_the_caller_takes_its_place(write, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("name: Other\nart: {model: fake}\n")
    book = load_story(write(STORY), style=str(tmp_path / "other.yaml"))
    assert (book.style.name, book.style_file) == ("Other", tmp_path / "other.yaml")


@pytest.mark.parametrize("style", ["style: [a]", "style:", "style: {}"])
def test_other_forms_of_style(write, style: str) -> None:
    text = STORY[: STORY.index("style:")] + style + "\n" + STORY[STORY.index("chapters:") :]
    if style == "style: {}":
        assert load_story(write(text)).style.art.model == "embedded"
    else:
        assert [line for line, _, _ in faults(write(text))] == [2]


def requests(file: Path):
    class Prose:
        prose_leading = 10.0

        def prose_lines(self, text: str, width: float) -> int:
            return 1

    return make_plan(load_story(file), resolve("fake")[0], Prose(), lambda path: "0" * 64).requests


def test_a_picture_has_the_size_that_the_panel_asks_for(write) -> None:
    made = requests(write(STORY.replace("384x192", "128 × 64")))
    assert (made["a"].width, made["a"].height) == (128, 64)
    assert (made["b"].width, made["b"].height) != (128, 64)


def test_a_size_that_the_model_cant_draw_is_told_where_it_stands(write) -> None:
    with pytest.raises(DiagnosticsError) as caught:
        requests(write(STORY.replace("384x192", "385x190").replace("prompt: a dog", "pixels: 12x13, prompt: a dog")))
    told = [(d.line, d.code, d.hint) for d in caught.value.diagnostics]
    assert told == [(10, "bad-size", "Write `384x192`."), (11, "bad-size", "Write `16x16`.")]


@pytest.mark.parametrize("size", ["384", "384x", "0x192", "-8x8", "384x192x3", "99999x99999", "[384, 192]", "big"])
def test_what_is_no_size(write, size: str) -> None:
    assert [(line, code) for line, _, code in faults(write(STORY.replace("384x192", size)))] == [
        (10, "wrong-type" if size.startswith("[") else "bad-size")
    ]


def test_a_size_beside_an_own_picture_has_no_effect(write, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    book = load_story(write(STORY.replace("prompt: a cat", "image: a.png")))
    assert "`pixels` has no effect" in " ".join(d.message for d in book.warnings)


def test_the_schema_knows_both() -> None:
    validator = Draft7Validator(json_schema("story"))
    panel = {"prompt": "x"}

    def good(style: object, **fields: object) -> bool:
        return validator.is_valid(
            {"title": "T", "style": style, "chapters": [{"title": "A", "panels": [panel | fields]}]}
        )

    assert good("bright-tech")
    assert good({"name": "N", "art": {"model": "fake"}}, pixels="384x192")
    assert not good({"art": {"modle": "fake"}})
    assert not good({"name": "N"}, pixels="wide")
    assert not good(["bright-tech"])
