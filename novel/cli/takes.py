"""``novel pick``, ``approve``, ``revert`` and ``takes``: what an editor decides, and what was decided."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, PanelId, Panels, Steps, StoryFile, StyleName

PICK_EXAMPLES = """Examples:  novel pick story.yaml late-night 2  ·  then: novel build story.yaml"""
APPROVE_EXAMPLES = (
    """Examples:  novel approve story.yaml late-night the-bird  ·  novel approve story.yaml late-night --undo"""
)
REVERT_EXAMPLES = """Examples:  novel revert story.yaml late-night"""
TAKES_EXAMPLES = (
    """Examples:  novel takes story.yaml  ·  novel takes story.yaml late-night  ·  novel takes story.yaml --json"""
)


def pick(
    story: StoryFile,
    panel: PanelId,
    take: Annotated[int, typer.Argument(help="The candidate's number on the contact sheet.", metavar="TAKE", min=1)],
    out: Out = DEFAULT_OUT,
) -> None:
    """Choose a candidate: STORY.takes.yaml says so, and the next build shows it. No other panel changes."""
    from novel.editor.decide import pick as run

    print(run(story, panel, take, out).said, file=sys.stderr)


def approve(
    story: StoryFile,
    panels: Panels,
    undo: Annotated[bool, typer.Option("--undo", help="Let the pictures be drawn anew again.")] = False,
    style: StyleName = None,
    model: Model = None,
    steps: Steps = None,
    out: Out = DEFAULT_OUT,
) -> None:
    """Approve pictures as they are: a build keeps them, whatever changes in the story or its style.

    Where the book was built with --style, --model or --steps, give them here too: the picture as it was then is meant.
    """
    from novel.editor.decide import approve as run
    from novel.prepare import Choices

    for decision in run(story, panels, Choices(style=style, model=model, steps=steps, out=out), undo=undo):
        print(decision.said, file=sys.stderr)


def revert(story: StoryFile, panels: Panels) -> None:
    """Take back what was decided about panels: their pictures are the story's own again."""
    from novel.editor.decide import revert as run

    for decision in run(story, panels):
        print(decision.said, file=sys.stderr)


def takes(
    story: StoryFile,
    panel: Annotated[str | None, typer.Argument(help="Only this panel.", metavar="PANEL", show_default=False)] = None,
    out: Out = DEFAULT_OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List what was decided about panels, and the candidates that were drawn."""
    from novel.editor.decide import listed

    rows = listed(story, panel, out)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        decided = row["take"] or {}
        words = [f"{key} {value}" for key, value in decided.items() if key in ("seed", "prompt", "model")]
        words += [f"{len(decided['redo'])} redos"] if decided.get("redo") else []
        words += ["approved"] if decided.get("approved") else []
        print(f"{row['panel']}: {', '.join(words) or 'the story’s own picture'}")
        for candidate in row["candidates"]:
            mark = "*" if candidate["chosen"] else " "
            print(f"  {mark} {candidate['number']}  {candidate['change']}  {candidate['file']}")
    if not rows:
        print(f"No takes yet. Draw some with: novel retake {story} PANEL", file=sys.stderr)
