"""A panel's picture again: candidates beside the one in the book, which stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.build import Say, judging, opener
from novel.editor import candidates as kept
from novel.editor.candidates import Candidate, Candidates
from novel.editor.parts import extension_of, region_of
from novel.errors import RenderIncomplete, UsageError
from novel.plan.model import PanelSlot
from novel.prepare import Choices, Prepared, own_panels, prepare, prepare_with
from novel.request import RenderRequest
from novel.store import write_atomically
from novel.story.model import Panel
from novel.story.takes import Redo, Take, takes_file

if TYPE_CHECKING:
    from novel.layout.picture import Picture
    from novel.render.progress import Progress

MOST = 100
"""More candidates than anyone looks at."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What the candidates are to have otherwise than the picture in the book; None leaves a thing as it is.

    ``vary``, ``mask``, ``region`` and ``extend`` start from the finished picture, and at most one may be given.
    """

    count: int = 4
    seed: int | None = None
    prompt: str | None = None
    negative: str | None = None
    strength: float | None = None
    steps: int | None = None
    guidance: float | None = None
    model: str | None = None
    vary: float | None = None
    mask: Path | None = None
    region: str | None = None
    extend: tuple[str, str] | None = None

    @property
    def from_picture(self) -> bool:
        """Whether the candidates start from the finished picture."""
        return any(value is not None for value in (self.vary, self.mask, self.region, self.extend))


@dataclass(frozen=True, slots=True)
class Retaken:
    """A panel's candidates that one call asked for, and its contact sheets."""

    panel: str
    numbers: tuple[int, ...]
    files: tuple[Path, ...]
    sheets: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Retakes:
    """What one call drew: the candidates by panel, and how many pictures had to be drawn for them."""

    panels: tuple[Retaken, ...]
    rendered: int


def retake(
    story: Path, panels: Sequence[str], changes: Changes, choices: Choices, progress: Progress, say: Say
) -> Retakes:
    """Draw candidates for panels, in one load of the model, and a contact sheet for each. The book stays as it is.

    Raises UsageError for what can't be asked of a panel, and RenderIncomplete where some candidates did not render; the
    others are kept.
    """
    from novel.editor.sheet import write_sheets
    from novel.render.engine import render_all

    _sound(changes)
    made = prepare(story, choices)
    chosen = [made.book.known_panel(panel) for panel in dict.fromkeys(panels)]
    drafts = [draft for panel in chosen for draft in _drafts(made, panel, changes)]
    requests = {f"{draft.panel} take {draft.number}": draft.request for draft in drafts}
    beginnings: dict[str, RenderRequest] = {r.key: r for r in made.plan.requests.values()}
    assets = dict(made.plan.assets)
    sources = dict(made.sources)
    for draft in drafts:
        beginnings |= draft.made.plan.beginnings
        assets |= draft.made.plan.assets
        sources |= draft.made.sources
    whole = replace(made, plan=replace(made.plan, assets=assets), sources=sources)
    with made.store.lock(on_wait=say):
        report = render_all(
            requests,
            open_backend=opener(whole, choices.device, progress),
            store=made.store,
            assets=assets,
            progress=progress,
            only=list(requests),
            beginnings=beginnings,
            sought={f"{d.panel} take {d.number}": made.plan.sought.get(d.panel, ()) for d in drafts},
            open_judge=judging(made),
        )
        done = []
        for panel in chosen:
            own = [d for d in drafts if d.panel == panel and f"{panel} take {d.number}" in report.panels]
            done.append(_keep(made, panel, own, choices))
            write_sheets(made, kept.read(made.folder, panel))
            if changes.extend is not None and own:
                picture = report.panels[f"{panel} take {own[0].number}"]
                note = _room_on_page(made, panel, picture.width / picture.height)
                if note:
                    say(note)
    if report.failures:
        lines = "\n".join(f"    {name}: {reason}" for name, reason in report.failures.items())
        raise RenderIncomplete(f"{len(report.failures)} takes did not render; the others are kept:\n{lines}")
    return Retakes(tuple(done), report.rendered)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A candidate before it is drawn. ``made``: the plan with it in its panel's place."""

    panel: str
    number: int
    take: Take
    request: RenderRequest
    made: Prepared
    change: str


def _sound(changes: Changes) -> None:
    parts = {"--vary": changes.vary, "--mask": changes.mask, "--region": changes.region, "--extend": changes.extend}
    given = [name for name, value in parts.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} can't be used together.", "Do one, pick it, then do the other.")
    if changes.vary is not None and changes.strength is not None:
        raise UsageError("--vary is a strength of its own.", "Leave --strength out.")
    if changes.from_picture and changes.model is not None:
        raise UsageError(f"{given[0]} starts from the finished picture, so --model can't be changed along with it.")
    if not 1 <= changes.count <= MOST:
        raise UsageError(f"--count must be from 1 to {MOST}.")


def _drafts(made: Prepared, panel_id: str, changes: Changes) -> list[_Draft]:
    """The candidates of one panel, with the numbers that they have or will have."""
    panel = next(p for p in made.book.story.panels() if p.id == panel_id)
    now = made.plan.requests.get(panel_id) or made.plan.let_go.get(panel_id)
    _possible(made, panel, changes)
    take = made.takes.panels.get(panel_id, Take())
    current = now.key if now is not None else made.store.sha256_of_file(made.plan.images[panel_id])
    part, masks = _part(made, panel, changes) if changes.from_picture else ({}, {})
    there = kept.read(made.folder, panel_id)
    numbers = {candidate.key: candidate.number for candidate in there.all}
    drafts: list[_Draft] = []
    for index in range(changes.count):
        seed = derived_seed(current, index) if changes.seed is None else changes.seed + index
        changed = _with_redo(take, part, seed, changes) if changes.from_picture else _replaced(take, seed, changes)
        takes = replace(made.takes, panels={**made.takes.panels, panel_id: changed}, masks=masks)
        planned = prepare_with(made, takes)
        request = planned.plan.requests[panel_id]
        number = numbers.setdefault(request.key, max(numbers.values(), default=0) + 1)
        drafts.append(_Draft(panel_id, number, changed, request, planned, described(request, now, changes)))
    return drafts


def _possible(made: Prepared, panel: Panel, changes: Changes) -> None:
    own = panel.id in made.plan.images
    if own and not changes.from_picture:
        raise UsageError(
            f"The picture of {panel.id} is the writer's own file {panel.image}.",
            "Parts of it can be drawn anew: --region, --mask, --extend or --vary.",
        )
    if panel.id in made.plan.kept and changes.from_picture:
        raise UsageError(
            f"{panel.id} is approved, and the story has changed since: its picture can't be taken further.",
            f"`novel approve {made.book.file} {panel.id} --undo` lets it go.",
        )
    starts = made.plan.requests.get(panel.id) or made.plan.let_go.get(panel.id)
    if changes.strength is not None and not changes.from_picture and (starts is None or starts.init is None):
        raise UsageError(
            f"{panel.id} starts from no picture, so --strength means nothing.",
            "To change the finished picture a little: --vary 0.2.",
        )


def derived_seed(current: str, index: int) -> int:
    """The seed of a candidate that was asked for without one: 31 bits that follow from the current picture's key and
    the candidate's number, so that the same call gives the same candidates, and others once one was picked."""
    digest = hashlib.sha256(f"{current}\0take\0{index}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _replaced(take: Take, seed: int, changes: Changes) -> Take:
    """The panel's own picture otherwise: what was done to the finished one before is gone."""
    fields = ("prompt", "negative", "strength", "steps", "guidance", "model")
    asked = {name: value for name in fields if (value := getattr(changes, name)) is not None}
    return take.model_copy(update={**asked, "seed": seed, "redo": (), "approved": False, "picture": None})


def _with_redo(take: Take, part: Mapping[str, Any], seed: int, changes: Changes) -> Take:
    fields = ("prompt", "negative", "strength", "steps", "guidance")
    asked = {name: value for name in fields if (value := getattr(changes, name)) is not None}
    redo = Redo.model_validate({**asked, **part, "seed": seed})
    return take.model_copy(update={"redo": (*take.redo, redo), "approved": False, "picture": None})


def _part(made: Prepared, panel: Panel, changes: Changes) -> tuple[dict[str, Any], dict[str, Path]]:
    """The part of the finished picture that is drawn anew, as a redo's fields; and its mask, by its name to be."""
    if changes.vary is not None:
        return {"strength": changes.vary}, {}
    if changes.extend is not None:
        return {"extend": extension_of(*changes.extend)}, {}
    picture = _current(made, panel.id)
    if changes.region is not None:
        return {"region": region_of(changes.region, made.book.story, panel, picture)}, {}
    assert changes.mask is not None
    from novel.render.own_picture import pixels_from_file

    mask = pixels_from_file(changes.mask)
    if (mask.width, mask.height) != (picture.width, picture.height):
        raise UsageError(
            f"The mask {changes.mask} has {mask.width} × {mask.height} pixels, and the picture of {panel.id} "
            f"{picture.width} × {picture.height}.",
            f"Paint it over a copy of {made.folder / 'panels' / (panel.id + '.png')}: white is drawn anew.",
        )
    sha256 = made.store.sha256_of_file(changes.mask)
    folder = takes_file(made.book.file).with_suffix("").name  # STORY.takes
    return {"mask": f"{folder}/{panel.id}-{sha256[:8]}{changes.mask.suffix.lower()}"}, {
        f"{folder}/{panel.id}-{sha256[:8]}{changes.mask.suffix.lower()}": changes.mask
    }


def _current(made: Prepared, panel: str) -> Picture:
    """The picture in the book. Raises UsageError where there is none yet."""
    from novel.layout.picture import Picture
    from novel.render.engine import stored

    if panel in made.plan.images:
        return Picture.of(own_panels(made)[panel])
    found = stored(made.store, made.plan.requests[panel].key, made.plan.sought.get(panel, ()))
    if found is None:
        raise UsageError(
            f"{panel} has no picture yet as the story now asks for it.",
            f"Draw it first: novel build {made.book.file} --only {panel}",
        )
    return Picture.of(found)


def described(request: RenderRequest, now: RenderRequest | None, changes: Changes) -> str:
    """What tells a candidate from the picture in the book, in a few words."""
    words = [f"seed {request.seed}"]
    if changes.vary is not None:
        words.append(f"varied by {changes.vary:g}")
    if changes.extend is not None:
        words.append(f"extended {' '.join(changes.extend)}")
    if changes.region is not None:
        words.append(f"region {changes.region} anew")
    if changes.mask is not None:
        words.append(f"{changes.mask.name} anew")
    asked = {name: getattr(changes, name) for name in ("prompt", "negative", "strength", "steps", "guidance", "model")}
    words += [
        f"{name}: {value}" if isinstance(value, str) else f"{name} {value:g}"
        for name, value in asked.items()
        if value is not None
    ]
    if now is not None and (request.width, request.height) != (now.width, now.height) and changes.extend is None:
        words.append(f"{request.width} × {request.height} pixels")
    return ", ".join(words)


def _room_on_page(made: Prepared, panel: str, aspect: float) -> str:
    """What is to be said of a picture that is wider than its panel; empty where the panel shows nearly all of it."""
    rects = [
        slot.rect
        for page in made.plan.pages
        for slot in page.slots
        if isinstance(slot, PanelSlot) and slot.panel == panel
    ]
    room = sum(rect.width for rect in rects) / rects[0].height
    shown = room / aspect
    if shown > 0.95:
        return ""
    return (
        f"{panel} has room for a picture {room:.2f} times as wide as high, and this one is {aspect:.2f}: the page "
        f"shows {shown:.0%} of it, from its middle. Another `size` in the story makes the panel wider."
    )


def _keep(made: Prepared, panel: str, drafts: Sequence[_Draft], choices: Choices) -> Retaken:
    """Write a panel's candidates beside the book, and what each was made from."""
    there = kept.read(made.folder, panel)
    by_number = {candidate.number: candidate for candidate in there.all}
    for draft in drafts:
        entry = made.store.get(draft.request.key)
        assert entry is not None, "stored a moment ago, under this lock"
        masks = {}
        for name, path in draft.made.takes.masks.items():
            masks[name] = Path(name).name
            write_atomically(there.folder / masks[name], path.read_bytes())
        candidate = Candidate(
            draft.number, draft.request.key, draft.take, draft.request.model_dump(mode="json"), draft.change, masks
        )
        write_atomically(there.folder / candidate.file, entry.payload)
        by_number[draft.number] = candidate
    asked = {"model": choices.model, "style": choices.style}
    together = tuple(by_number[number] for number in sorted(by_number))
    after = Candidates(there.folder, panel, kept.made_from(made.book.file, made.book.style_file), asked, together)
    kept.write(after)
    numbers = tuple(draft.number for draft in drafts)
    files = tuple(there.folder / f"{number}.png" for number in numbers)
    sheets = (there.folder / "sheet.png", there.folder / "sheet.html")
    return Retaken(panel, numbers, files, sheets)
