"""``novel retake``: candidates for a panel's picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Out, Panels, StoryFile, StyleName
from novel.cli.saying import say_to_the_user

EXAMPLES = """Examples:

novel retake story.yaml late-night                       four candidates with other seeds

novel retake story.yaml late-night --count 8 --prompt "a single glowing screen"

novel retake story.yaml late-night --region right        only the right half anew

novel retake story.yaml late-night --region jon --prompt "smiling"

novel retake story.yaml late-night --mask mask.png       only what is white in mask.png

novel retake story.yaml late-night --vary 0.2            the same picture, a little otherwise

novel retake story.yaml late-night --extend right 25%    a wider picture

Then: novel pick story.yaml late-night 2"""


def retake(
    story: StoryFile,
    panels: Panels,
    count: Annotated[int, typer.Option("--count", "-n", help="How many candidates for each panel.")] = 4,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", min=0, help="The first seed; the others follow it. Left out: seeds that follow from the picture."
        ),
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="WORDS", help="In place of the panel's own prompt.")
    ] = None,
    negative: Annotated[
        str | None, typer.Option("--negative", metavar="WORDS", help="What the picture must not show.")
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(
            "--strength", min=0.0, max=1.0, help="How much is changed of what it starts from, or of the region."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, max=500, help="Sampling steps.")] = None,
    guidance: Annotated[
        float | None, typer.Option("--guidance", min=0.0, max=50.0, help="How closely the prompt is followed.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="MODEL", help="Another model, for this panel alone.")
    ] = None,
    vary: Annotated[
        float | None, typer.Option("--vary", min=0.0, max=1.0, help="Change the finished picture by this much.")
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option("--mask", metavar="PNG", help="Draw anew what is white in this picture; nothing else changes."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--region", metavar="REGION", help="Draw anew: left, right, x,y,w,h (pixels or %), or a character's id."
        ),
    ] = None,
    extend: Annotated[
        tuple[str, str] | None,
        typer.Option("--extend", metavar="SIDE SHARE", help="More room beside the picture: right 25%."),
    ] = None,
    style: StyleName = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    out: Out = DEFAULT_OUT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Draw candidates for panels beside the pictures in the book. Nothing in the book changes.

    The same call gives the same candidates again. Each panel gets a contact sheet, as PNG and HTML, in
    OUTPUT/STORY/takes/PANEL/.
    """
    from novel.editor.retake import Changes
    from novel.editor.retake import retake as run
    from novel.prepare import Choices
    from novel.render.progress import make_progress

    changes = Changes(count, seed, prompt, negative, strength, steps, guidance, model, vary, mask, region, extend)
    progress = make_progress(quiet=quiet)
    say = say_to_the_user(quiet=quiet)
    result = run(story, panels, changes, Choices(style=style, device=device, out=out), progress, say)
    for one in result.panels:
        for path in one.files:
            print(path)
        for path in one.sheets:
            print(path)
        say(f"{one.panel}: takes {', '.join(map(str, one.numbers))}; choose with: novel pick {story} {one.panel} N")
