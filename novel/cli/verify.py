"""``novel verify``: are the pictures still what this machine draws?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StoryFile, StyleName

EXAMPLES = """Examples:

novel verify story.yaml

novel verify story.yaml --sample 3

novel verify story.yaml late-night the-bird --json"""


def verify(
    story: StoryFile,
    panels: Annotated[
        list[str] | None,
        typer.Argument(help="The panels to draw; all, or a sample.", metavar="PANEL…", show_default=False),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", min=1, metavar="N", help="Draw N panels, spread over the story.", show_default=False),
    ] = None,
    model: Model = None,
    style: StyleName = None,
    steps: Steps = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    out: Out = DEFAULT_OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Draw some panels anew and compare them with the book's: identical, near (by how much), or different.

    It also says which part of the stack is another than when the picture was drawn. Nothing in the book or the store
    changes. Ends with 0 if all are identical or near, with 8 if one is different.
    """
    from novel.editor.safe_text import as_json as written
    from novel.editor.verify import verify as run
    from novel.prepare import Choices
    from novel.render.progress import make_progress

    choices = Choices(model=model, style=style, steps=steps, device=device, out=out)
    found = run(story, choices, tuple(panels or ()), sample, make_progress(quiet=quiet))
    if as_json:
        print(written(found.as_json()))
    else:
        found.report(sys.stdout)
    if found.exit_code:
        raise typer.Exit(found.exit_code)
