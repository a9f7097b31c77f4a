"""``novel review``: whether characters, places and the style stay themselves."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StoryFile, StyleName
from novel.cli.saying import say_to_the_user

EXAMPLES = """Examples:

novel review story.yaml                                          after `novel build story.yaml`

novel review story.yaml --json | jq '.characters[] | {id, self}'

novel review story.yaml --judge openai/clip-vit-large-patch14    from the hub cache"""


def review(
    story: StoryFile,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge",
            metavar="JUDGE",
            help="What compares: 'embedded', or CLIP, SigLIP or DINO as a hub id or a folder. Left out: the embedded "
            "tower for pictures of the embedded model; for others the best of these in the hub cache.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    style: StyleName = None,
    steps: Steps = None,
    candidates: Annotated[
        int | None,
        typer.Option("--candidates", metavar="N", min=1, max=64, help="As for `novel build`.", show_default=False),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="Where to compare: auto, cpu, cuda, cuda:1, mps.")] = "cpu",
    out: Out = DEFAULT_OUT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors and the result.")] = False,
) -> None:
    """Measure a built story: how alike characters, places and the style stay, and which panels fall out of line.

    Beside each figure stands in how many of its panels somebody was found, and how alike they are to others. With each
    outlier stands the command that draws it anew. Contact sheets are written to OUTPUT/STORY/review/. For a book that
    was built with --model, --style, --steps, --candidates or --out, give the same here.
    """
    from novel.prepare import Choices
    from novel.review import report
    from novel.review.review import review as run
    from novel.review.sheets import write_sheets

    say = say_to_the_user(quiet=quiet)
    choices = Choices(model=model, style=style, steps=steps, candidates=candidates, device=device, out=out)
    found = run(story, choices, judge, say)
    index = write_sheets(found, out / story.stem / "review")
    if as_json:
        report.print_json(found, index)
        return
    report.report(found, sys.stdout)
    say(f"Contact sheets: {index}")
