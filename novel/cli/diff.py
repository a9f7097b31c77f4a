"""``novel diff``: what differs between two builds or two versions of a story."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StyleName

EXAMPLES = """Examples:

novel diff story.yaml new-version.yaml

novel diff output/story story.yaml

novel diff friday/story/build.json output/story --json"""


def diff(
    old: Annotated[
        Path,
        typer.Argument(
            help="What it was: a story file, a book's folder (output/STORY) or a build.json.",
            metavar="OLD",
            show_default=False,
        ),
    ],
    new: Annotated[
        Path,
        typer.Argument(help="What it is now: a story file, folder or build.json.", metavar="NEW", show_default=False),
    ],
    model: Model = None,
    style: StyleName = None,
    steps: Steps = None,
    out: Out = DEFAULT_OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Tell which panels change their picture, which only their words, and which move; nothing is drawn or written.

    A story file stands for what `novel build` would make of it with the same --model, --style and --steps. Ends with 0
    whether or not anything differs.
    """
    from novel.editor.diff import compare
    from novel.editor.snapshot import snapshots
    from novel.prepare import Choices

    found = compare(*snapshots(old, new, Choices(model=model, style=style, steps=steps, out=out)))
    if as_json:
        from novel.editor.safe_text import as_json as safely

        print(safely(found.as_json()))
    else:
        from novel.editor.difference_report import report

        report(found, sys.stdout)
