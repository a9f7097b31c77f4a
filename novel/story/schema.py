"""JSON Schemas that YAML editors complete and check from, made from the tables that the files are read by."""

from __future__ import annotations

from typing import Any, Literal

from novel.story.story_form import STORY
from novel.story.style_form import STYLE
from novel.story.takes_form import TAKES


def json_schema(what: Literal["story", "style", "takes"]) -> dict[str, Any]:
    """The JSON Schema, draft 7 (the newest that yaml-language-server reads), of a story, a style or a takes file."""
    form = {"story": STORY, "style": STYLE, "takes": TAKES}[what]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"{'Takes' if what == 'takes' else f'A {what}'} for novel, version 1 of the format",
        **form.schema(),
    }
