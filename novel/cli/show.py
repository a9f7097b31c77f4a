"""``novel show``: how a picture was made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StyleName
from novel.errors import UsageError

if TYPE_CHECKING:
    from novel.editor.show import Picture

EXAMPLES = """Examples:

novel show story.yaml late-night

novel show ~/Downloads/picture.png --json

novel show story.yaml late-night --yaml --to again.yaml && novel build again.yaml

novel show picture.png --strip-prompts --to clean.png"""


def show(
    what: Annotated[
        Path, typer.Argument(help="A story file, or a PNG from anywhere.", metavar="STORY|PNG", show_default=False)
    ],
    panel: Annotated[
        str | None, typer.Argument(help="The panel, where a story is named.", metavar="PANEL", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the recipe as JSON.")] = False,
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Print a whole small story: `novel build` of it makes the picture again.")
    ] = False,
    strip_prompts: Annotated[
        bool, typer.Option("--strip-prompts", help="Write a copy without the prompts; the mark of AI media stays.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Where the copy, or the story of --yaml, goes.", show_default=False),
    ] = None,
    model: Model = None,
    style: StyleName = None,
    steps: Steps = None,
    out: Out = DEFAULT_OUT,
) -> None:
    """Show a picture's recipe: prompt as sent, seed, model, adapters, what it starts from, versions, device, time.

    It stands in the picture itself, so a copy that was moved or renamed tells it too. For a panel of a story, --model,
    --style and --steps say with which choices its book was built.
    """
    from novel.editor import show as editor
    from novel.prepare import Choices

    if (as_json, as_yaml, strip_prompts).count(True) > 1:
        raise UsageError("--json, --yaml and --strip-prompts exclude one another.", "Choose one of them.")
    if strip_prompts and to is None:
        raise UsageError("--strip-prompts writes a copy; where to?", "As in: --strip-prompts --to clean.png")
    if to is not None and not (strip_prompts or as_yaml):
        raise UsageError("--to goes with --strip-prompts or --yaml.", "`>` writes what is printed into a file.")
    choices = Choices(model=model, style=style, steps=steps, out=out)
    picture = editor.find(what, panel, choices)
    if strip_prompts and to is not None:
        editor.write_without_prompts(picture, to)
        print(to)
        return
    if as_yaml:
        _print_story(picture, to)
        return
    shown = editor.look(picture)
    if as_json:
        print(shown.as_json())
    else:
        shown.report(sys.stdout)


def _print_story(picture: Picture, to: Path | None) -> None:
    from novel.editor.again import story_of
    from novel.store import write_atomically
    from novel.story.takes import takes_file

    again = story_of(picture, to.parent if to is not None else Path())
    for note in again.notes:
        print(note, file=sys.stderr)
    if to is None:
        if again.takes is not None:
            raise UsageError(
                "Parts of this picture were drawn anew, and those stand in a file of their own beside the story.",
                "Let both be written: --yaml --to again.yaml",
            )
        print(again.text, end="")
        return
    if again.takes is not None:
        write_atomically(takes_file(to), again.takes.encode())
    write_atomically(to, again.text.encode())
    print(to)
