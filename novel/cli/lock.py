"""``novel lock``: pin what a story's pictures are drawn with."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Out, StoryFile

EXAMPLES = """Examples:

novel lock story.yaml

novel lock story.yaml --remove"""


def lock(
    story: StoryFile,
    remove: Annotated[bool, typer.Option("--remove", help="Take the lock away again.")] = False,
    out: Out = DEFAULT_OUT,
) -> None:
    """Pin the story's models, adapters and starting pictures, by their content, in STORY.lock.yaml beside it.

    From then on a build whose model or files are others stops and names them, instead of drawing other pictures. A hub
    model without a revision gets its commit written into the style file. Run it again after a change that is meant.
    """
    from novel.editor.lock import lock as run
    from novel.editor.lock import unlock

    if remove:
        print(unlock(story))
        return
    locked = run(story, out)
    for note in locked.notes:
        print(note, file=sys.stderr)
    print(locked.file)
