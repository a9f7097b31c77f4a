"""The commands that draw something, as a writer can paste them."""

from __future__ import annotations

import shlex

from novel.prepare import Choices, Prepared
from novel.review.result import Group

_DEFAULT_OUT = Choices().out


def command(made: Prepared, choices: Choices, panel: str, group: Group | None, *, found: bool) -> str:
    """``novel retake …`` for a panel, only the region of somebody where the others in the picture can stay; empty where
    nothing of a writer's own picture can be drawn anew."""
    cast = next(p.cast for p in made.book.story.panels() if p.id == panel)
    own = panel in made.plan.images
    # What starts from the finished picture needs it as the story's own style draws it, and not approved.
    as_asked = choices.model is None and choices.steps is None and choices.candidates is None
    from_picture = as_asked and panel not in made.plan.kept
    by_region = group is not None and group.kind == "person" and found and from_picture and (own or len(cast) > 1)
    if own and not by_region:
        return ""
    region = ["--region", group.id] if by_region and group is not None else []
    return shlex.join(["novel", "retake", str(made.book.file), panel, *region, *_as_built(choices)])


def build_command(made: Prepared, choices: Choices) -> str:
    """``novel build …`` for the book that these choices mean."""
    candidates = ["--candidates", str(choices.candidates)] if choices.candidates is not None else []
    return shlex.join(["novel", "build", str(made.book.file), *_as_built(choices), *candidates])


def _as_built(choices: Choices) -> list[str]:
    words = []
    for option, value in (("--model", choices.model), ("--style", choices.style), ("--steps", choices.steps)):
        words += [option, str(value)] if value is not None else []
    return words + (["--out", str(choices.out)] if choices.out != _DEFAULT_OUT else [])
