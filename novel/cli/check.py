"""``novel check``: everything that can be said about a story without drawing it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from novel.cli.options import Model, StoryFile, StyleName

EXAMPLES = (
    """Examples:  novel check story.yaml  ·  novel check story.yaml --style noir  ·  novel check story.yaml --json"""
)


def check(
    story: StoryFile,
    style: StyleName = None,
    model: Model = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the diagnostics as JSON.")] = False,
) -> None:
    """Find every mistake in a story and its style, each with its place and a cure.

    Ends with 0 if the story can be built (warnings or not), 3 if something is wrong.
    """
    from dataclasses import asdict

    from novel.check import check_story
    from novel.errors import DiagnosticsError

    found = check_story(story, style=style, model=model)
    errors = [d for d in found if d.severity == "error"]
    if as_json:
        print(json.dumps([asdict(d) for d in found], ensure_ascii=False, indent=2))
    else:
        for diagnostic in found:
            print(diagnostic, file=sys.stderr)
        warnings = len(found) - len(errors)
        said = [
            f"{n} {word}{'s' if n != 1 else ''}" for n, word in ((len(errors), "error"), (warnings, "warning")) if n
        ]
        print(f"{story}: {', '.join(said) or 'nothing wrong'}", file=sys.stderr)
    if errors:
        raise typer.Exit(DiagnosticsError(errors).exit_code)
