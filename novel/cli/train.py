"""``novel train``: an adapter for a character."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, StoryFile, StyleName
from novel.cli.saying import say_to_the_user

EXAMPLES = """Examples:

novel train story.yaml jon --images pictures/jon       from 4 to 30 pictures that you have

novel train story.yaml jon                             draw a sheet of 12 pictures to choose from

novel train story.yaml jon --sheet 8                   8 more

novel train story.yaml jon --approve                   train on those that you have not deleted"""


def train(
    story: StoryFile,
    character: Annotated[str, typer.Argument(help="The character's id.", metavar="CHARACTER", show_default=False)],
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            "-i",
            metavar="DIR",
            help="Pictures of the character; a .txt beside one says what else it shows.",
        ),
    ] = None,
    sheet: Annotated[
        int | None, typer.Option("--sheet", min=1, max=60, metavar="N", help="Draw N more pictures for the sheet.")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Train on the sheet as it is now.")] = False,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, max=20000, help="Training steps, instead of what suits the model.")
    ] = None,
    rank: Annotated[
        int | None, typer.Option("--rank", min=1, max=256, help="The adapter's rank: how much it can hold.")
    ] = None,
    trigger: Annotated[
        str | None,
        typer.Option("--trigger", metavar="WORD", help="The word that calls the character; left out: a made-up one."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Another seed trains another adapter.")] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="FILE", help="The adapter's file; left out: STORY/CHARACTER.safetensors beside it."
        ),
    ] = None,
    model: Model = None,
    style: StyleName = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    out: Out = DEFAULT_OUT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Teach the story's model a character, as an adapter (LoRA), and print the lines that put it into the story.

    Without pictures of your own it takes two calls: the first draws a sheet from the character's look; delete the
    pictures that don't show them as you want them, then approve the rest. What was stopped goes on where it was
    with the same call. Works with Stable Diffusion 1.5 and 2, SDXL, and the embedded model, which takes some minutes
    on two cores.
    """
    from novel.render.progress import make_progress
    from novel.tuning.progress import Watching
    from novel.tuning.train import Wishes, is_beside
    from novel.tuning.train import train as run

    say = say_to_the_user(quiet=quiet)
    wishes = Wishes(images, sheet, approve, steps, rank, seed, trigger, save, model, style, device, out)
    result = run(story, character, wishes, make_progress(quiet=quiet), Watching(quiet=quiet), say)
    if result.sheet is not None:
        for name in result.sheet.pictures:
            print(result.sheet.folder / name)
        print(result.sheet.overview)
        say(
            f"Look at {result.sheet.overview}; delete from {result.sheet.folder} what does not show {character} as you "
            f"mean them, keep at least 4, alike; then: novel train {story} {character} --approve"
        )
        return
    assert result.file is not None
    say(f"{result.file} is trained; samples: {result.samples}" if result.samples else f"{result.file} is trained")
    if not is_beside(story, result.file):
        say(f"Put {result.file} into the folder of {story} (or one below): a story names only files from there.")
    print(result.lines, end="")
