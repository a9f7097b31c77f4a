"""From requests to pictures in the store: what is there is taken, what is missing is drawn, and each once.

The caller holds the store's lock. A picture is stored as soon as it is drawn, so that whatever stops a build costs at
most the picture in work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.render import best_of, masking, png, subjects
from novel.render.backend import Backend, PanelFailed
from novel.render.beginnings import Beginnings, Chooser
from novel.render.progress import Progress
from novel.render.saliency import saliency
from novel.request import MaskPerson, RenderedPanel, RenderRequest, Sought, key_of
from novel.store import Entry, Store

if TYPE_CHECKING:
    from novel.render.likeness import Likeness


@dataclass(slots=True)
class RenderReport:
    """What came of a render. ``panels`` and ``failures`` are by panel id; together they are what was asked for, and
    what that starts from where it had to be drawn or failed.

    ``from_store`` and ``rendered`` count pictures: two panels with one request share one.
    """

    panels: dict[str, RenderedPanel] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    from_store: int = 0
    rendered: int = 0


def render_all(
    requests: Mapping[str, RenderRequest],
    *,
    open_backend: Callable[[str], Backend],
    store: Store,
    assets: Mapping[str, Path],
    progress: Progress,
    only: Collection[str] | None = None,
    beginnings: Mapping[str, RenderRequest] | None = None,
    sought: Mapping[str, Sequence[Sought]] | None = None,
    open_judge: Callable[[], Likeness] | None = None,
) -> RenderReport:
    """Have every panel's picture in the store; those of ``only`` where it is given, and what they start from.

    ``requests``: panel id → request, for the whole story. ``beginnings``: key → request of pictures that others start
    from and that no panel shows. ``sought``: panel id → whom to look for in its picture as soon as it is drawn.
    ``open_backend`` is called with a request's ``model``, only if something must be drawn
    with it; one backend is open at a time. ``open_judge``: who chooses where a request asks for the best of several.
    ``assets``: sha256 → file, for starting pictures. A panel that fails is reported, and those that continue it; the
    rest goes on. What can't concern one panel alone (no device, disk full, an interruption) is raised, with all
    finished pictures kept.
    """
    by_key, names = _all_of(requests, beginnings or {})
    wanted = [p for p in requests if only is None or p in only]
    found: dict[str, Entry] = {}
    missing = _missing([requests[p].key for p in wanted], by_key, store, found)
    report = RenderReport(from_store=len(found))
    failed: dict[str, str] = {}
    if missing:
        # A choice among pictures draws none.
        progress.start(sum(by_key[key].best_of is None for key in missing) + len(found), len(found))
        try:
            words = _words(requests, by_key, sought or {})
            judge = Chooser(open_judge)
            for entry in _draw(missing, by_key, names, words, open_backend, store, assets, progress, failed, judge):
                found[entry.key] = entry
                report.rendered += by_key[entry.key].best_of is None
        finally:
            progress.finish()
    asked, to_draw = set(wanted), set(missing)
    for panel, request in requests.items():
        if request.key in failed:
            report.failures[panel] = failed[request.key]
        elif request.key in found and (panel in asked or request.key in to_draw):
            shown = _panel_of(found[request.key], (sought or {}).get(panel, ()))
            assert shown is not None, "it was read before it was found"
            report.panels[panel] = shown
    return report


def to_draw(requests: Mapping[str, RenderRequest], beginnings: Mapping[str, RenderRequest], store: Store) -> int:
    """How many pictures ``render_all`` would draw now: more than panels where a panel takes several."""
    by_key, _ = _all_of(requests, beginnings)
    missing = _missing([request.key for request in requests.values()], by_key, store, {})
    return sum(by_key[key].best_of is None for key in missing)


def _all_of(
    requests: Mapping[str, RenderRequest], beginnings: Mapping[str, RenderRequest]
) -> tuple[dict[str, RenderRequest], dict[str, str]]:
    """Every request that there is, by its key, and what the user is told that it is."""
    names: dict[str, str] = {}
    for panel, request in requests.items():
        names.setdefault(request.key, panel)
    by_key = {**beginnings, **{request.key: request for request in requests.values()}}
    for panel, request in requests.items():
        # On the way to a panel's picture: what is drawn of it before people are drawn anew, or parts.
        at = request
        while at.init is not None and at.init.mask is not None and at.init.source in by_key:
            at = by_key[at.init.source]
            names.setdefault(at.key, f"{panel}, on the way")
    for key, request in list(by_key.items()):
        for number, variant in enumerate(_variants(request), 1):
            by_key.setdefault(variant.key, variant)
            names.setdefault(variant.key, f"{names.get(key, 'a beginning')}, candidate {number}")
    return by_key, names


def stored(store: Store, key: str, sought: Sequence[Sought] = ()) -> RenderedPanel | None:
    """What the store has under a key; None where there is nothing, or nothing that this version can read. ``sought``:
    the people of the panel that shows it."""
    entry = store.get(key)
    return None if entry is None else _panel_of(entry, sought)


def people_in_own(
    pictures: Mapping[str, tuple[RenderedPanel, RenderRequest]],
    sought: Mapping[str, Sequence[Sought]],
    *,
    open_backend: Callable[[str], Backend] | None,
    store: Store,
) -> dict[str, RenderedPanel]:
    """Writers' own pictures with the people that the model finds in them: panel id → (picture, what its model would be
    told of it) in, the same pictures with ``subjects`` out.

    What was found once is kept. ``open_backend`` is called only where a picture is new; None: nobody is looked for.
    """
    known = dict(pictures)
    waiting: dict[str, list[str]] = {}
    for panel, (picture, told) in pictures.items():
        entry = store.get(_people_key(picture, told, sought[panel]))
        if entry is None:
            waiting.setdefault(told.model, []).append(panel)
        else:
            known[panel] = (_with_people(picture, entry, sought[panel]), told)
    for model, panels in waiting.items():
        if open_backend is None:
            break
        backend = open_backend(model)
        try:
            for panel in panels:
                picture, told = pictures[panel]
                own = store.get(picture.key)
                if own is None:
                    continue
                words = [one.words for one in sought[panel]]
                kept = subjects.found_in(backend, told, png.decode(own.payload), words)
                entry = store.put(_people_key(picture, told, sought[panel]), b"", {"subjects": kept})
                known[panel] = (_with_people(picture, entry, sought[panel]), told)
        finally:
            backend.close()
    return {panel: picture for panel, (picture, _) in known.items()}


def _people_key(picture: RenderedPanel, told: RenderRequest, sought: Sequence[Sought]) -> str:
    return key_of(subjects.told_apart(told, sought, picture.sha256))


def _with_people(picture: RenderedPanel, entry: Entry, sought: Sequence[Sought]) -> RenderedPanel:
    return picture.model_copy(update={"subjects": subjects.named(entry.meta.get("subjects", ()), sought)})


def _words(
    requests: Mapping[str, RenderRequest], by_key: Mapping[str, RenderRequest], sought: Mapping[str, Sequence[Sought]]
) -> dict[str, list[str]]:
    """Whom to look for in each picture, by its key: those of each panel that shows it, and in a picture that no panel
    shows those of the panel that goes back to it, or that chooses among it and others. Words that two people share
    stand there twice."""
    words: dict[str, list[str]] = {}
    for panel, request in requests.items():
        there = words.setdefault(request.key, [])
        left = list(there)
        for one in sought.get(panel, ()):
            if one.words in left:
                left.remove(one.words)
            else:
                there.append(one.words)
    for request in requests.values():
        at = request
        while at.init is not None and at.init.kind == "request" and at.init.source in by_key:
            at = by_key[at.init.source]
            if at.key in words:
                break
            words[at.key] = words[request.key]
    for key, request in by_key.items():
        for variant in _variants(request):  # A book without a choice may show it one day.
            words.setdefault(variant.key, words.get(key, []))
    return words


def _missing(
    wanted: Sequence[str], by_key: Mapping[str, RenderRequest], store: Store, found: dict[str, Entry]
) -> list[str]:
    """The keys to draw, each after what it continues. Those that the store has are put into ``found``."""
    order: dict[str, None] = {}
    looked: set[str] = set()
    # From each panel back to its beginnings, as far as they are missing; a chain may be longer than calls can nest.
    walk = [(key, False) for key in reversed(wanted)]
    while walk:
        key, after = walk.pop()
        if after:
            order[key] = None
            continue
        if key in looked or key not in by_key:
            continue
        looked.add(key)
        entry = store.get(key)
        if entry is not None and _panel_of(entry) is not None:
            found[key] = _light(entry)
            continue
        walk.append((key, True))
        walk += [(needed, False) for needed in reversed(_needs(by_key[key]))]
    return list(order)


def _needs(request: RenderRequest) -> list[str]:
    """The keys of the pictures that must be there before a request's can be made."""
    init = request.init
    needs = [init.source] if init is not None and init.kind == "request" else []
    if init is not None and isinstance(init.mask, MaskPerson):
        needs.append(init.mask.found_in)
    return needs + [variant.key for variant in _variants(request)]


def _variants(request: RenderRequest) -> list[RenderRequest]:
    """Those among which a request chooses; none for one that doesn't."""
    return best_of.variants(request) if request.best_of is not None else []


def _draw(
    keys: Sequence[str],
    by_key: Mapping[str, RenderRequest],
    names: Mapping[str, str],
    words: Mapping[str, Sequence[str]],
    open_backend: Callable[[str], Backend],
    store: Store,
    assets: Mapping[str, Path],
    progress: Progress,
    failed: dict[str, str],
    judge: Chooser,
) -> Iterator[Entry]:
    """Draw and store each request; those that fail go into ``failed`` with the reason."""
    beginnings = Beginnings(store, assets, names, failed)
    masks = masking.Masks(beginnings.mask_file, beginnings.room)
    for model, requests in _by_model([by_key[key] for key in keys]):
        backend = open_backend(model)
        try:
            backend.prepare([request for request in requests if request.best_of is None])
            for request in requests:
                name = names.get(request.key, "a beginning")
                began = time.monotonic()
                try:
                    if request.best_of is not None:
                        drawn, pixels, chosen = judge.best(request, beginnings)
                    else:
                        progress.panel_started(name)
                        drawn, chosen = request, {}
                        pixels = masking.draw(backend, request, beginnings.of(request), progress.step, masks)
                except PanelFailed as error:
                    failed[request.key] = str(error)
                    progress.failed(name, str(error))
                    continue
                seconds = time.monotonic() - began
                recipe = {**backend.recipe, **chosen}
                data = png.encode(pixels, drawn, recipe, _ancestors(request, by_key))
                meta = {
                    "width": pixels.width,
                    "height": pixels.height,
                    "subjects": beginnings.people(request, drawn)
                    or subjects.found_in(backend, request, pixels, words.get(request.key, ())),
                    "saliency": saliency(pixels).hex(),
                    "recipe": recipe,
                    "seconds": round(seconds, 3),
                }
                entry = store.put(request.key, data, meta)
                beginnings.remember(request.key, pixels)
                if request.best_of is None:
                    progress.panel_done(name, seconds)
                yield _light(entry)
        finally:
            backend.close()


def _by_model(requests: Sequence[RenderRequest]) -> Iterator[tuple[str, list[RenderRequest]]]:
    """Requests in runs of one model, so that few models are opened: each run takes all that its model can draw by then.

    ``requests`` come after what they start from, and so they do here.
    """
    left = list(requests)
    waiting = {request.key for request in left}
    while left:
        model, run, others = left[0].model, [], []
        for request in left:
            if request.model == model and waiting.isdisjoint(_needs(request)):
                run.append(request)
                waiting.discard(request.key)
            else:
                others.append(request)
        left = others
        yield model, run


def _ancestors(request: RenderRequest, by_key: Mapping[str, RenderRequest]) -> list[RenderRequest]:
    """The requests that a picture goes back to, the nearest first, as far as they are known."""
    found: list[RenderRequest] = []
    at = request
    while at.init is not None and at.init.kind == "request" and at.init.source in by_key:
        at = by_key[at.init.source]
        found.append(at)
    return found


def _light(entry: Entry) -> Entry:
    """An entry without its payload: a long book's pictures don't all fit the memory."""
    return replace(entry, payload=b"")


def _panel_of(entry: Entry, sought: Sequence[Sought] = ()) -> RenderedPanel | None:
    """What an entry says of its picture; None for one that another version of novel wrote in other words."""
    meta: Mapping[str, Any] = entry.meta
    try:
        return RenderedPanel(
            key=entry.key,
            sha256=entry.sha256,
            width=meta["width"],
            height=meta["height"],
            subjects=subjects.named(meta["subjects"], sought),
            saliency=meta.get("saliency", ""),
            recipe={**meta["recipe"], "seconds": meta["seconds"]},
        )
    except (KeyError, TypeError, ValueError):
        return None
