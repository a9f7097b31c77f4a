"""``novel watch``: the book again at every save."""

from __future__ import annotations

from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StoryFile, StyleName
from novel.cli.saying import say_to_the_user

EXAMPLES = """Examples:

novel watch story.yaml

novel watch story.yaml --open --port 8080

novel watch story.yaml --to html,pdf --style noir"""


def watch(
    story: StoryFile,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="The port on this machine; 0: any free one.")
    ] = 0,
    browser: Annotated[bool, typer.Option("--open/--no-browser", help="Open the book in your web browser.")] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMATS", help="Which files to write, as in 'pdf,html'.")
    ] = "html",
    model: Model = None,
    style: StyleName = None,
    steps: Steps = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")] = "auto",
    out: Out = DEFAULT_OUT,
) -> None:
    """Keep the book up to date while you write: at every save it is checked, lettered and shown anew.

    The address printed shows the book in a browser on this machine, and reloads itself. Pictures that are missing are
    drawn in the background: meanwhile the book shows the panel's last picture. Ctrl-C ends it.
    """
    from novel.editor.watch import watch as run
    from novel.prepare import Choices

    formats = tuple(name for part in to.split(",") if (name := part.strip()))
    choices = Choices(formats=formats, model=model, style=style, steps=steps, device=device, out=out)
    run(story, choices, say_to_the_user(), port=port, open_browser=browser)
