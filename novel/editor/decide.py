"""An editor's decisions, written into the takes file: this take, this picture for good, or back to the story's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.editor import candidates as kept
from novel.editor.candidates import Candidate, Candidates
from novel.editor.takes_file import write_take
from novel.errors import UsageError
from novel.request import RenderRequest
from novel.store import write_atomically
from novel.story.load import load_story
from novel.story.takes import Take, Takes
from novel.story.takes_form import load_takes

if TYPE_CHECKING:
    from novel.prepare import Choices, Prepared


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command made of one panel. ``changed``: whether the takes file says something new."""

    panel: str
    changed: bool
    said: str


def pick(story_file: Path, panel: str, number: int, out: Path) -> Decision:
    """Make a candidate the panel's picture. Raises UsageError where it isn't there, or where the story has changed so
    that it would no longer come out as it was shown."""
    folder = out / story_file.stem
    book = load_story(story_file)
    book.known_panel(panel)
    candidates = kept.read(folder, panel)
    candidate = candidates[number]
    takes = load_takes(story_file, book.story)
    style = Path(str(candidates.made_from.get("style file", "")))
    if dict(candidates.made_from) != kept.made_from(story_file, style):
        _still_the_same(story_file, panel, candidates, candidate, out)
    for name, stored in candidate.masks.items():
        write_atomically(story_file.parent / name, (candidates.folder / stored).read_bytes())
    before = takes.panels.get(panel)
    changed = write_take(
        story_file, book.story, panel, candidate.take.model_copy(update={"picture": candidate.key, "approved": False})
    )
    said = f"{panel}: take {number} ({candidate.change})"
    if before is not None and before.approved:
        said += "; its approval is gone with the old picture"
    return Decision(panel, changed, said)


def _still_the_same(story_file: Path, panel: str, candidates: Candidates, candidate: Candidate, out: Path) -> None:
    """Raise UsageError where the candidate's take would now be drawn otherwise."""
    from novel.prepare import Choices, prepare, prepare_with  # Only where the story has changed: a pick is quick.

    choices = Choices(out=out, model=candidates.choices.get("model"), style=candidates.choices.get("style"))
    made = prepare(story_file, choices)
    masks = {name: candidates.folder / stored for name, stored in candidate.masks.items()}
    planned = prepare_with(
        made, replace(made.takes, panels={**made.takes.panels, panel: candidate.take}, masks=masks)
    ).plan.requests[panel]
    if planned.key == candidate.key:
        return
    changed = differing(candidate.request, planned)
    raise UsageError(
        f"The story has changed since take {candidate.number} of {panel} was drawn: {changed}.",
        f"Draw takes of it as it is now: novel retake {story_file} {panel}",
    )


def differing(before: RenderRequest, after: RenderRequest) -> str:
    """What two requests differ in, in words."""
    one, other = before.model_dump(), after.model_dump()
    words = {
        "model": "another model",
        "adapters": "other adapters",
        "init": "it starts from another picture",
        "negative": "another negative prompt",
    }

    def told(name: str) -> str:
        if name == "prompt":
            return f"its prompt was “{before.prompt}” and is “{after.prompt}”"
        if name in ("width", "height"):
            return f"its {name} was {one[name]} pixels and is {other[name]}"
        return words.get(name, f"{name} was {one[name]} and is {other[name]}")

    return ", ".join(told(name) for name in one if one[name] != other[name])


def approve(story_file: Path, panels: Sequence[str], choices: Choices, *, undo: bool = False) -> list[Decision]:
    """Fix the panels' pictures as they are now: whatever changes, `build` keeps them. ``undo`` lets them go again."""
    from novel.prepare import prepare

    made = prepare(story_file, choices)
    chosen = [made.book.known_panel(panel) for panel in dict.fromkeys(panels)]
    takes = {panel: (_released if undo else _approved)(made, panel) for panel in chosen}
    decisions = []
    for panel, take in takes.items():
        changed = write_take(story_file, made.book.story, panel, take)
        now = "its approval is taken back" if undo else "approved"
        decisions.append(Decision(panel, changed, f"{panel}: {now if changed else f'{now} already'}"))
    return decisions


def _approved(made: Prepared, panel: str) -> Take:
    if panel in made.plan.images:
        raise UsageError(f"The picture of {panel} is the writer's own file, which is never drawn.")
    take = made.takes.panels.get(panel, Take())
    if panel in made.plan.kept:
        return take
    key = made.plan.requests[panel].key
    if not made.store.contains(key):
        raise UsageError(
            f"{panel} has no picture yet as the story now asks for it.",
            f"Draw it and look at it first: novel build {made.book.file}",
        )
    return take.model_copy(update={"approved": True, "picture": key})


def _released(made: Prepared, panel: str) -> Take | None:
    take = made.takes.panels.get(panel)
    if take is None:
        return None
    left = take.model_copy(update={"approved": False, "picture": None})
    return left if left != Take() else None


def revert(story_file: Path, panels: Sequence[str]) -> list[Decision]:
    """Take back all that was decided about panels: their pictures are the story's own again."""
    book = load_story(story_file)
    decided = load_takes(story_file, book.story).panels
    for panel in panels:
        if panel not in decided:  # A panel that has gone from the story can still be reverted.
            book.known_panel(panel)
    decisions = []
    for panel in dict.fromkeys(panels):
        changed = panel in decided and write_take(story_file, book.story, panel, None)
        decisions.append(
            Decision(panel, changed, f"{panel}: {'back to the story’s own picture' if changed else 'has no take'}")
        )
    return decisions


def listed(story_file: Path, panel: str | None, out: Path) -> list[dict[str, Any]]:
    """For each panel that has a take or candidates (or for one): what was decided, and which candidates there are."""
    book = load_story(story_file)
    takes: Takes = load_takes(story_file, book.story)
    folder = out / story_file.stem
    if panel is not None:
        book.known_panel(panel)
    ids = [p.id for p in book.story.panels()]
    with_some = {*takes.panels, *kept.panels_with_candidates(folder)}
    rows = []
    for name in [panel] if panel is not None else [p for p in ids if p in with_some]:
        take = takes.panels.get(name)
        rows.append(
            {
                "panel": name,
                "take": None if take is None else take.model_dump(mode="json", exclude_defaults=True),
                "candidates": [
                    {
                        "number": c.number,
                        "seed": c.request.seed,
                        "change": c.change,
                        "file": str(kept.folder_of(folder, name) / c.file),
                        "chosen": take is not None and take.picture == c.key,
                    }
                    for c in kept.read(folder, name).all
                ],
            }
        )
    return rows
