"""``novel build``: from a story file to a book."""

from __future__ import annotations

from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StoryFile, StyleName
from novel.cli.saying import say_to_the_user
from novel.render.backend import Offload

EXAMPLES = """Examples:

novel build story.yaml

novel build story.yaml --style noir --to pdf

novel build story.yaml --only late-night,the-bird --steps 30

novel build story.yaml --candidates 4

novel build story.yaml --model ./my-model --device cuda --offload model --out ~/books"""


def build(
    story: StoryFile,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMATS", help="Which files to write, as in 'pdf,html'.")
    ] = "pdf,html",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="PANEL",
            help="Draw just these panels: ids with commas, or the option again.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    style: StyleName = None,
    steps: Steps = None,
    candidates: Annotated[
        int | None,
        typer.Option(
            "--candidates",
            metavar="N",
            min=1,
            max=64,
            help="Draw N pictures of each panel and keep the one that shows best what was asked for.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    offload: Annotated[
        Offload,
        typer.Option(
            "--offload",
            help="What of the model waits outside of the GPU's memory: none, model (all parts but one), sequential "
            "(all layers but one; very slow), auto (model, where the memory is too small).",
        ),
    ] = "auto",
    out: Out = DEFAULT_OUT,
    show_layout: Annotated[
        bool,
        typer.Option(
            "--show-layout", help="Write STORY-layout.* instead: the pages with boxes, people and reading order."
        ),
    ] = False,
    strip_prompts: Annotated[
        bool,
        typer.Option(
            "--strip-prompts", help="Leave the prompts out of the pictures' metadata; the mark of AI media stays."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Draw, letter and lay out a story, and write it as PDF and HTML.

    Pictures are kept by what they are made of: a build that was stopped goes on where it was, and changing words,
    order or lettering draws nothing anew.
    """
    from novel.build import build as run
    from novel.prepare import Choices
    from novel.render.progress import make_progress

    choices = Choices(
        formats=tuple(name for part in to.split(",") if (name := part.strip())),
        only=tuple(name for part in only or () for name in part.split(",") if name),
        model=model,
        style=style,
        steps=steps,
        device=device,
        offload=offload,
        candidates=candidates,
        out=out,
        show_layout=show_layout,
        strip_prompts=strip_prompts,
    )
    result = run(story, choices, make_progress(quiet=quiet), say=say_to_the_user(quiet=quiet))
    for path in result.files:
        print(path)
