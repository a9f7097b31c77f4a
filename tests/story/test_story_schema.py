"""The JSON Schemas agree with what is read, and describe every field."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from novel.story.schema import json_schema
from novel.story.story_form import PANEL, STORY
from novel.story.style_form import STYLE


@pytest.fixture(scope="module")
def schemas():
    made = {what: json_schema(what) for what in ("story", "style")}
    for schema in made.values():
        jsonschema.Draft7Validator.check_schema(schema)
    return {what: jsonschema.Draft7Validator(schema) for what, schema in made.items()}


def test_the_formats_examples_are_valid(schemas, examples):
    story, style = (yaml.safe_load(text) for text in examples)
    schemas["story"].validate(story)
    schemas["style"].validate(style)


def test_the_projects_own_files_are_valid(schemas):
    root = Path(__file__).parents[2]
    files = [(p, "story") for p in root.glob("stories/*.yaml") if not p.name.endswith((".takes.yaml", ".lock.yaml"))]
    files += [(p, "style") for p in root.glob("styles/*.yaml")]
    for file, what in files:
        # Dates, which an editor's YAML 1.2 doesn't know, as texts.
        errors = list(schemas[what].iter_errors(yaml.load(file.read_text(), yaml.BaseLoader)))
        texts = [e for e in errors if e.validator not in ("type", "enum", "anyOf", "minimum", "maximum")]
        assert not texts, f"{file}: {texts[0].message}"


PANEL_FORMS = [
    ({"prompt": "x"}, True),
    ({"image": "a.png"}, True),
    ({}, False),
    ({"prompt": "x", "pannels": []}, False),
    ({"prompt": 2020, "caption": ["a", "b"], "sfx": "BOOM", "alt": None}, True),
    ({"prompt": "x", "caption": {"a": "b"}}, False),
    ({"prompt": "x", "cast": [{"jon": "tired", "rubbing his eyes": None}]}, True),
    ({"prompt": "x", "cast": "jon"}, False),
    ({"prompt": "x", "say": [{"jon": "Hi", "kind": "shout", "at": "left"}]}, True),
    ({"prompt": "x", "say": [{"jon": "Hi", "kind": "loud"}]}, False),
    ({"prompt": "x", "say": "Hi"}, False),
    ({"prompt": "x", "id": "A B"}, False),
    ({"prompt": "x", "strength": 1.5}, False),
    ({"prompt": "x", "seed": -1}, False),
    ({"prompt": "x", "seed": 2020, "steps": 20, "guidance": 5}, True),
    ({"prompt": "x", "shot": "closeup"}, False),
    ({"prompt": "x", "size": "half", "page_break": "before"}, True),
]


@pytest.mark.parametrize(("panel", "good"), PANEL_FORMS)
def test_schema_and_reader_agree_on_panels(schemas, folder, load, faults, panel, good, make_png):
    (folder / "a.png").write_bytes(make_png())
    story = {
        "title": "T", "style": "plain", "characters": {"jon": {"look": "tall"}},
        "chapters": [{"title": "One", "panels": [panel]}],
    }  # fmt: skip
    assert schemas["story"].is_valid(story) == good
    text = yaml.safe_dump(story, allow_unicode=True)
    if good:
        load(text)
    else:
        faults(text)


TOP_FORMS = [
    ({}, True),
    ({"novel": 1, "author": ["A", "B"], "language": "pt-BR", "direction": "rtl", "page": "manga-b5"}, True),
    ({"novel": 2}, False),
    ({"page": "letter"}, False),
    ({"page": {"width": "170mm", "height": 700, "bleed": "0.125in", "safe": ["5mm", 12]}}, True),
    ({"page": {"width": "170mm"}}, False),
    ({"page": {"width": "170 feet", "height": 700}}, False),
    ({"language": "English"}, False),
    ({"characters": {"kind": {"name": "K"}}}, False),
    ({"characters": {"a b": {"name": "K"}}}, False),
    ({"cover": {"prompt": "x"}}, True),
    ({"places": {"lab": {}}}, False),
    ({"title": None}, True),
    ({"chapters": []}, False),
    ({"chapters": [{"title": "One", "pages": [{"panels": [{"prompt": "x"}]}]}]}, True),
    ({"chapters": [{"title": "One"}]}, False),
    ({"panels": []}, False),
]


@pytest.mark.parametrize(("top", "good"), TOP_FORMS)
def test_schema_and_reader_agree_on_stories(schemas, load, faults, top, good):
    story = {"title": "T", "style": "plain", "chapters": [{"title": "One", "panels": [{"prompt": "x"}]}], **top}
    if top == {"title": None}:
        # To the reader an unquoted null where a title must be is the title "null"; an editor may well ask.
        assert load(yaml.safe_dump(story)).story.title == "null"
        return
    assert schemas["story"].is_valid(story) == good
    text = yaml.safe_dump(story)
    if good:
        load(text)
    else:
        faults(text)


STYLE_FORMS = [
    ({}, True),
    ({"art": {"sampler": "dpm++", "steps": 20, "revision": None, "guidance_rescale": 0.7}}, True),
    ({"art": {"sampler": "magic"}}, False),
    ({"steps": 20}, False),
    ({"lettering": {"size": "8.5pt", "caps": False, "balloon": "#ffe", "fallback": "noto"}}, True),
    ({"lettering": {"balloon": "#12345"}}, False),
    ({"lettering": {"punctuation": "typed"}}, True),
    ({"lettering": {"punctuation": "no dashes"}}, False),
    ({"page": {"gutter": 9, "margin": None, "border": "0.5mm"}}, True),
    ({"page": {"gutter": "wide"}}, False),
]


@pytest.mark.parametrize(("style", "good"), STYLE_FORMS)
def test_schema_and_reader_agree_on_styles(schemas, folder, load, faults, head, style, good):
    assert schemas["style"].is_valid(style) == good
    (folder / "styles" / "plain.yaml").write_text(yaml.safe_dump(style))
    if good:
        load(head)
    else:
        faults(head)


def test_every_field_has_a_description(schemas):
    for form, what in ((STORY, "story"), (STYLE, "style")):
        for key in form.fields:
            assert schemas[what].schema["properties"][key]["description"], key
    panel = schemas["story"].schema["properties"]["chapters"]["items"]["properties"]["panels"]["items"]
    assert set(panel["properties"]) == set(PANEL.fields)
    assert all(part["description"] for part in panel["properties"].values())
    assert panel["additionalProperties"] is False
