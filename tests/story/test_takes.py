"""The takes file as it is read: what may stand in it, and every mistake at its place."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from novel.errors import DiagnosticsError, RefusedError
from novel.story.load import load_story
from novel.story.schema import json_schema
from novel.story.takes import Extension, Redo, Take, Takes, takes_file
from novel.story.takes_form import load_takes


def read(story_file: Path, text: str) -> Takes:
    takes_file(story_file).write_text(text)
    return load_takes(story_file, load_story(story_file).story)


def wrong(story_file: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(DiagnosticsError) as caught:
        read(story_file, text)
    return [(d.line, d.code) for d in caught.value.diagnostics]


def test_no_file_means_no_takes(story_file: Path) -> None:
    takes = load_takes(story_file, load_story(story_file).story)
    assert takes.panels == {}
    assert takes.file == story_file.with_name("story.takes.yaml")


def test_every_decision_is_read(story_file: Path) -> None:
    takes = read(
        story_file,
        """\
novel: 1
panels:
  # an editor's note
  first:
    seed: 12
    prompt: a red robot
    guidance: 4.5
    model: ./other
    pixels: 384x192
    redo:
      - {region: left, seed: 1}
      - {region: [0.5, 0, 0.5, 1], seed: 2, strength: 0.4, prompt: a cat}
      - {extend: right 25%, seed: 3}
      - {strength: 0.2, seed: 4}
  second: {approved: true}
""",
    )
    assert takes.panels == {
        "first": Take(
            seed=12,
            prompt="a red robot",
            guidance=4.5,
            model="./other",
            pixels=(384, 192),
            redo=(
                Redo(region="left", seed=1),
                Redo(region=(0.5, 0.0, 0.5, 1.0), seed=2, strength=0.4, prompt="a cat"),
                Redo(extend=Extension(side="right", percent=25), seed=3),
                Redo(strength=0.2, seed=4),
            ),
        ),
        "second": Take(approved=True),
    }


GOOD = [
    "{seed: 3, prompt: a cat, negative: '', strength: 0.5, steps: 3, guidance: 2.5}",
    "{region: left, seed: 1}",
    "{redo: [{extend: left 12.5%, seed: 1}, {region: [0, 0, 1, 0.5], seed: 2}]}",
    "{pixels: 384x192, model: embedded, approved: true}",
]
POOR = ["{seed: -1}", "{region: top, seed: 1}", "{redo: [{region: left}]}", "{pixels: big}", "{picture: abc}", "3"]


@pytest.mark.parametrize("take", [*GOOD, *POOR])
def test_schema_and_reader_agree(story_file: Path, take: str) -> None:
    text = f"novel: 1\npanels:\n  first: {take}\n"
    schema = json_schema("takes")
    jsonschema.Draft7Validator.check_schema(schema)
    data = yaml.safe_load(text)
    assert jsonschema.Draft7Validator(schema).is_valid(data) == (take in GOOD)
    if take in GOOD:
        read(story_file, text)
    else:
        wrong(story_file, text)


def test_a_part_beside_the_other_fields_is_a_redo_of_the_story_s_own_picture(story_file: Path) -> None:
    takes = read(story_file, "novel: 1\npanels:\n  first: {region: right, seed: 5, prompt: a cat, approved: true}\n")
    assert takes.panels["first"] == Take(redo=(Redo(region="right", seed=5, prompt="a cat"),), approved=True)


def test_mistakes_are_found_all_at_once_and_at_their_places(story_file: Path) -> None:
    assert wrong(
        story_file,
        """\
novel: 1
panels:
  first: {sead: 3}
  second:
    seed: many
    redo:
      - {region: top, seed: 1}
      - {region: left, extend: left 20%, seed: 1}
      - {seed: 1}
      - {extend: up 20%, seed: 1}
  third: {region: left}
""",
    ) == [
        (3, "unknown-key"),
        (5, "bad-number"),
        (7, "bad-region"),
        (8, "redo"),
        (9, "redo"),
        (10, "bad-extend"),
        (11, "redo"),
    ]


def test_a_take_of_a_panel_that_has_gone_is_a_warning(story_file: Path) -> None:
    takes = read(story_file, "novel: 1\npanels:\n  frist: {seed: 3}\n")
    assert [(d.line, d.code, d.severity) for d in takes.warnings] == [(3, "unknown-panel", "warning")]
    assert "first" in takes.warnings[0].hint


@pytest.mark.parametrize("text", ["just words\n", "- a\n", "novel: 2\npanels: {}\n", "novel: 1\npanels: [1]\n"])
def test_another_kind_of_file_is_refused(story_file: Path, text: str) -> None:
    assert wrong(story_file, text)


def test_a_merge_conflict_is_named(story_file: Path) -> None:
    text = "novel: 1\npanels:\n<<<<<<< ours\n  first: {seed: 3}\n=======\n  first: {seed: 4}\n>>>>>>> theirs\n"
    assert (3, "merge-conflict") in wrong(story_file, text)


@pytest.mark.parametrize("path", ["../mask.png", "/etc/passwd", "https://example.org/a.png"])
def test_a_mask_outside_of_the_story_s_folder_is_refused(story_file: Path, path: str) -> None:
    text = f"novel: 1\npanels:\n  first: {{mask: '{path}', seed: 1}}\n"
    takes_file(story_file).write_text(text)
    with pytest.raises(DiagnosticsError) as caught:
        load_takes(story_file, load_story(story_file).story)
    assert caught.value.exit_code == 7
    with pytest.raises(RefusedError):
        Takes(takes_file(story_file)).mask(path)
