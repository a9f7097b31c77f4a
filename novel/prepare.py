"""A story made ready: loaded, with what its editors decided, its models known, its pages planned. Nothing heavy yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.errors import Diagnostic
from novel.plan.build import make_plan
from novel.plan.left_out import left_out
from novel.plan.lock import obey
from novel.plan.model import ModelSpec, Plan
from novel.request import RenderedPanel, key_of
from novel.store import Entry, Store
from novel.story.load import Book, load_story
from novel.story.lock_form import Lock, load_lock
from novel.story.takes import Take, Takes
from novel.story.takes_form import load_takes

if TYPE_CHECKING:
    from novel.render.backend import Backend, ModelSource, Offload
    from novel.render.likeness import Judge


@dataclass(frozen=True, slots=True)
class Choices:
    """What the caller of a build may choose; every other decision is the story's and the style's."""

    formats: tuple[str, ...] = ("pdf", "html")
    only: tuple[str, ...] = ()
    model: str | None = None
    style: str | None = None
    steps: int | None = None
    device: str = "auto"
    offload: Offload = "auto"
    """What of a model waits outside of a GPU's memory."""
    candidates: int | None = None
    """How many pictures of each panel are drawn, of which the best is kept; None leaves it to the style."""
    out: Path = Path("output")
    show_layout: bool = False
    """Write ``STORY-layout.FORMAT`` in place of the book: its pages with boxes, order and people drawn over them."""
    strip_prompts: bool = False
    """Leave the prompts out of the pictures in ``panels/`` and in the books; the mark of AI media stays."""
    obey_lock: bool = True
    """Stop where ``STORY.lock.yaml`` pins another model or another file than what is there."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A story ready to be drawn: loaded, its model known, its pages planned. Nothing heavy has been imported."""

    book: Book
    spec: ModelSpec
    source: ModelSource
    plan: Plan
    folder: Path
    store: Store
    takes: Takes
    sources: Mapping[str, tuple[ModelSpec, ModelSource]] = field(default_factory=dict)
    """Every model of the book by its identity: the style's, and those that takes name."""
    lock: Lock | None = None
    """What the story's lock pins, less what the caller has chosen otherwise."""
    judge: Judge | None = None
    """Who chooses among several pictures of a panel, where that is asked for."""
    candidates: int | None = None
    """How many the caller asks for, in place of the style."""
    offload: Offload = "auto"
    """What of a model waits outside of a GPU's memory, as the caller chose."""

    @property
    def left_out(self) -> list[Diagnostic]:
        """Warnings for what the story asks and its model does otherwise or leaves out."""
        specs = {identity: spec for identity, (spec, _) in self.sources.items()}
        return left_out(self.book, self.spec, self.plan, specs)

    @property
    def other_specs(self) -> tuple[ModelSpec, ...]:
        """The models beside the style's that pictures of this book are drawn with."""
        drawn = {request.model for request in self.plan.requests.values()} - {self.spec.identity}
        return tuple(spec for identity, (spec, _) in self.sources.items() if identity in drawn)


def prepare(story: Path, choices: Choices) -> Prepared:
    """Load and plan a story; raises what is wrong with it, its takes, its lock, its models or its adapters."""
    from novel.render.families import AbsentModel, resolve

    book = load_story(story, style=choices.style)
    store = Store(choices.out / ".store")
    folder = choices.out / story.stem
    takes = _with_pictures(load_takes(story, book.story), folder)
    lock = _lock(story, book, choices)
    art = book.style.art
    pinned = lock.revision_of(art.model) if lock is not None else None
    try:
        spec, source = resolve(
            choices.model or art.model,
            revision=None if choices.model else art.revision or pinned,
            base=None if choices.model else book.style_file.parent,
            digest=store.sha256_of_file,
        )
    except AbsentModel as absent:
        # What it can't do for this story is said before anybody fetches it.
        planned = _planned(book, absent.spec, absent.source, store, folder, takes, choices.steps, None, 1)
        raise absent.knowing([warning.message for warning in planned.left_out]) from None
    made = _planned(book, spec, source, store, folder, takes, choices.steps, lock, choices.candidates)
    return replace(made, offload=choices.offload)


def prepare_with(made: Prepared, takes: Takes, steps: int | None = None) -> Prepared:
    """The same story with other takes; raises what is wrong with these."""
    planned = _planned(
        made.book, made.spec, made.source, made.store, made.folder, takes, steps, made.lock, made.candidates
    )
    return replace(planned, offload=made.offload)


def _lock(story: Path, book: Book, choices: Choices) -> Lock | None:
    """The story's lock. A model or a style that the caller names takes the place of what is pinned."""
    lock = load_lock(story) if choices.obey_lock else None
    if lock is not None and (choices.model or (choices.style and lock.style != book.story.style)):
        return replace(lock, model=None)
    return lock


def _planned(
    book: Book,
    spec: ModelSpec,
    source: ModelSource,
    store: Store,
    folder: Path,
    takes: Takes,
    steps: int | None,
    lock: Lock | None,
    candidates: int | None,
) -> Prepared:
    from novel.layout.typeface import measure_prose
    from novel.render import adapters, references
    from novel.render.families import AbsentModel, check_requests, resolve

    others: dict[str, tuple[ModelSpec, ModelSource]] = {}
    missing: AbsentModel | None = None
    for name in sorted({take.model for take in takes.panels.values() if take.model is not None}):
        pinned = lock.revision_of(name) if lock is not None else None
        try:
            others[name] = resolve(name, revision=pinned, base=book.file.parent, digest=store.sha256_of_file)
        except AbsentModel as absent:
            others[name], missing = (absent.spec, absent.source), missing or absent
    if lock is not None and missing is None:
        obey(lock, book, spec, {name: other for name, (other, _) in others.items()}, store.sha256_of_file)
    art = book.style.art
    adapter = None
    if art.reference_adapter is not None and spec.references == "adapter" and (source.folder or not source.hub_id):
        adapter = references.resolve_adapter(
            art.reference_adapter, book.style_file.parent, store.sha256_of_file, source, spec.name
        )
    count = art.candidates if candidates is None else candidates
    judge = None
    if count > 1:
        from novel.render.likeness import find_judge

        judge = find_judge(None, drawn_with=spec.name, digest=store.sha256_of_file)
    plan = make_plan(
        book,
        spec,
        measure_prose(book.style, book.story, book.style_file.parent),
        store.sha256_of_file,
        steps=steps,
        takes=takes,
        specs={name: other for name, (other, _) in others.items()},
        picture_size=lambda path: own_picture_size(store, path),
        reference_adapter=adapter,
        best_of=None if judge is None else (count, judge.identity),
    )
    sources = {model.identity: (model, place) for model, place in [*others.values(), (spec, source)]}
    requests = [*plan.requests.values(), *plan.beginnings.values()]
    for model, place in sources.values():
        drawn = [request for request in requests if request.model == model.identity]
        check_requests(drawn, place)
        adapters.check_all(drawn, plan.assets, place, model.name)
        references.check_all(drawn, plan.assets, place, model.name)
    if missing is not None:
        raise missing
    return Prepared(book, spec, source, plan, folder, store, takes, sources, lock, judge, candidates)


def own_picture_key(store: Store, path: Path) -> str:
    """The key of a writer's own picture: that of its file's bytes."""
    return key_of({"own picture": store.sha256_of_file(path)})


def own_picture(store: Store, path: Path) -> Entry:
    """A writer's own picture as PNG, kept in the store by the hash of the file that it comes from."""
    key = own_picture_key(store, path)
    entry = store.get(key)
    if entry is None:
        from novel.render.own_picture import picture_from_file
        from novel.render.png import decode
        from novel.render.saliency import saliency

        own = picture_from_file(path)
        meta = {"width": own.width, "height": own.height, "saliency": saliency(decode(own.png)).hex()}
        if not store.root.is_dir():
            return Entry(key, own.png, meta, own.sha256)  # Who only looks (a check, a plan) makes no folder.
        entry = store.put(key, own.png, meta)
    return entry


def own_panel(store: Store, path: Path) -> RenderedPanel:
    """A writer's own picture as a panel's finished one."""
    entry = own_picture(store, path)
    size = {name: entry.meta[name] for name in ("width", "height")}
    return RenderedPanel(key=entry.key, sha256=entry.sha256, saliency=entry.meta.get("saliency", ""), **size)


def own_panels(made: Prepared, open_backend: Callable[[str], Backend] | None = None) -> dict[str, RenderedPanel]:
    """The writer's own pictures as finished panels, with those of the cast that were found in them.

    ``open_backend`` opens the model that looks, where a picture is new; None: only what was found before is told.
    """
    from novel.render.engine import people_in_own

    pictures = {panel: own_panel(made.store, path) for panel, path in made.plan.images.items()}
    peopled = {panel: (pictures[panel], told) for panel, told in made.plan.told.items()}
    if peopled:
        pictures |= people_in_own(peopled, made.plan.sought, open_backend=open_backend, store=made.store)
    return pictures


def own_picture_size(store: Store, path: Path) -> tuple[int, int]:
    """The size in pixels of a writer's own picture, upright."""
    meta = own_picture(store, path).meta
    return meta["width"], meta["height"]


def last_build(folder: Path) -> dict[str, Any]:
    """What ``build.json`` says of each panel's picture at the last build; nothing where there was none."""
    try:
        panels = json.loads((folder / "build.json").read_bytes())["panels"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return panels if isinstance(panels, dict) else {}


def _with_pictures(takes: Takes, folder: Path) -> Takes:
    """The takes, where one that was approved by hand means the picture that the last build showed."""
    open_ = [panel for panel, take in takes.panels.items() if take.approved and take.picture is None]
    if not open_:
        return takes
    shown = last_build(folder)
    panels: dict[str, Take] = dict(takes.panels)
    for panel in open_:
        key = shown.get(panel, {}).get("key") if isinstance(shown.get(panel), dict) else None
        if isinstance(key, str):
            panels[panel] = panels[panel].model_copy(update={"picture": key})
    return replace(takes, panels=panels)
