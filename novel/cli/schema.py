"""``novel schema``: the JSON Schema that YAML editors complete from."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

EXAMPLES = """Examples:  novel schema > story.schema.json  ·  novel schema style > style.schema.json

Then, as a story's first line:  # yaml-language-server: $schema=story.schema.json"""


class What(StrEnum):
    """The files that have a schema."""

    STORY = "story"
    STYLE = "style"
    TAKES = "takes"


def schema(what: Annotated[What, typer.Argument(help="Which file's schema.")] = What.STORY) -> None:
    """Print the JSON Schema (draft 7) of story, style or takes files, for completion in an editor."""
    from novel.story.schema import json_schema

    print(json.dumps(json_schema(what.value), ensure_ascii=False, indent=2))
