"""From requests to pictures in the store: what is there is taken, what is missing is drawn, and each once.

The caller holds the store's lock. A picture is stored as soon as it is drawn, so that whatever stops a build costs at
most the picture in work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from novel.errors import NovelError
from novel.render import masking, own_picture, png, subjects
from novel.render.backend import Backend, PanelFailed, Pixels
from novel.render.progress import Progress
from novel.render.saliency import saliency
from novel.request import MaskPerson, RenderedPanel, RenderRequest, Sought, key_of
from novel.store import Entry, Store


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
) -> RenderReport:
    """Have every panel's picture in the store; those of ``only`` where it is given, and what they start from.

    ``requests``: panel id → request, for the whole story. ``beginnings``: key → request of pictures that others start
    from and that no panel shows. ``sought``: panel id → whom to look for in its picture as soon as it is drawn.
    ``open_backend`` is called with a request's ``model``, only if something must be drawn
    with it; one backend is open at a time.
    ``assets``: sha256 → file, for starting pictures. A panel that fails is reported, and those that continue it; the
    rest goes on. What can't concern one panel alone (no device, disk full, an interruption) is raised, with all
    finished pictures kept.
    """
    names: dict[str, str] = {}
    for panel, request in requests.items():
        names.setdefault(request.key, panel)
    by_key = {**(beginnings or {}), **{request.key: request for request in requests.values()}}
    wanted = [p for p in requests if only is None or p in only]
    found: dict[str, Entry] = {}
    missing = _missing([requests[p].key for p in wanted], by_key, store, found)
    report = RenderReport(from_store=len(found))
    failed: dict[str, str] = {}
    if missing:
        progress.start(len(missing) + len(found), len(found))
        try:
            words = _words(requests, by_key, sought or {})
            for entry in _draw(missing, by_key, names, words, open_backend, store, assets, progress, failed):
                found[entry.key] = entry
                report.rendered += 1
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
    shows those of the panel that goes back to it. Words that two people share stand there twice."""
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
    return words


def _missing(
    wanted: Sequence[str], by_key: Mapping[str, RenderRequest], store: Store, found: dict[str, Entry]
) -> list[str]:
    """The keys to draw, each after what it continues. Those that the store has are put into ``found``."""
    order: dict[str, None] = {}
    looked: set[str] = set()

    def visit(asked: str) -> None:
        chain, beside = [], []  # From the panel back to its beginnings, as far as they are missing.
        walk: str | None = asked
        while walk is not None and walk in by_key and walk not in looked:
            looked.add(walk)
            entry = store.get(walk)
            if entry is not None and _panel_of(entry) is not None:
                found[walk] = _light(entry)
                break
            chain.append(walk)
            init = by_key[walk].init
            walk = init.source if init is not None and init.kind == "request" else None
            if init is not None and isinstance(init.mask, MaskPerson):
                beside.append(init.mask.found_in)  # In which the person is looked for; it may be missing by itself.
        for other in beside:
            visit(other)
        order.update(dict.fromkeys(reversed(chain)))

    for key in wanted:
        visit(key)
    return list(order)


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
) -> Iterator[Entry]:
    """Draw and store each request; those that fail go into ``failed`` with the reason."""
    beginnings = _Beginnings(store, assets, names, failed)
    masks = masking.Masks(beginnings.mask_file, beginnings.room)
    for model, requests in _by_model([by_key[key] for key in keys]):
        backend = open_backend(model)
        try:
            backend.prepare(requests)
            for request in requests:
                name = names.get(request.key, "a beginning")
                progress.panel_started(name)
                began = time.monotonic()
                try:
                    pixels = masking.draw(backend, request, beginnings.of(request), progress.step, masks)
                except PanelFailed as error:
                    failed[request.key] = str(error)
                    progress.failed(name, str(error))
                    continue
                seconds = time.monotonic() - began
                recipe = dict(backend.recipe)
                data = png.encode(pixels, request, recipe, _ancestors(request, by_key))
                meta = {
                    "width": pixels.width,
                    "height": pixels.height,
                    "subjects": beginnings.people(request)
                    or subjects.found_in(backend, request, pixels, words.get(request.key, ())),
                    "saliency": saliency(pixels).hex(),
                    "recipe": recipe,
                    "seconds": round(seconds, 3),
                }
                entry = store.put(request.key, data, meta)
                beginnings.remember(request.key, pixels)
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
            begins = request.init.source if request.init is not None and request.init.kind == "request" else None
            if request.model == model and begins not in waiting:
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


class _Beginnings:
    """The pictures that others start from. The last few stay in memory, because chains run in order."""

    def __init__(
        self, store: Store, assets: Mapping[str, Path], names: Mapping[str, str], failed: Mapping[str, str]
    ) -> None:
        self._store, self._assets, self._names, self._failed = store, assets, names, failed
        self._kept: dict[str, Pixels] = {}

    def of(self, request: RenderRequest) -> Pixels | None:
        """The starting picture of a request; None where it has none. Raises PanelFailed where it can't be had."""
        if request.init is None:
            return None
        source = request.init.source
        if source not in self._kept:
            self.remember(source, self._asset(source) if request.init.kind == "asset" else self._drawn(source))
        return self._kept[source]

    def remember(self, source: str, pixels: Pixels) -> None:
        """Keep a picture in memory for those that start from it."""
        self._kept[source] = pixels
        while len(self._kept) > 4:
            del self._kept[next(iter(self._kept))]

    def _drawn(self, key: str) -> Pixels:
        name = self._names.get(key, key[:10])
        if key in self._failed:
            raise PanelFailed(f"it continues {name}, which failed")
        entry = self._store.get(key)
        if entry is None:
            raise PanelFailed(f"it continues {name}, whose picture is not there")
        return png.decode(entry.payload)

    def mask_file(self, sha256: str) -> Path:
        """A mask's file. Raises PanelFailed where it has gone or changed."""
        return self._file(sha256, "its mask")

    def _asset(self, sha256: str) -> Pixels:
        path = self._file(sha256, "which it starts from")
        try:
            return own_picture.pixels_from_file(path)
        except NovelError as error:
            raise PanelFailed(f"{path.name}, which it starts from, can't be used: {error}") from error

    def room(self, mask: MaskPerson) -> tuple[float, float, float, float]:
        """Where somebody is in the picture that shows all. Raises PanelFailed where that isn't there."""
        return room_in(self._store, mask)

    def people(self, request: RenderRequest) -> list[dict[str, Any]]:
        """The people of a picture in which one of them was drawn anew: they are where they were before."""
        mask = request.init.mask if request.init is not None else None
        entry = self._store.get(mask.found_in) if isinstance(mask, MaskPerson) else None
        return [] if entry is None else list(entry.meta.get("subjects", ()))

    def _file(self, sha256: str, role: str) -> Path:
        path = self._assets.get(sha256)
        if path is None:
            raise PanelFailed(f"a picture, {role}, is not among the story's files")
        try:
            if self._store.sha256_of_file(path) != sha256:
                raise PanelFailed(f"{path.name}, {role}, has changed since the build began")
        except NovelError as error:
            raise PanelFailed(f"{path.name}, {role}, can't be used: {error}") from error
        return path


def room_in(store: Store, mask: MaskPerson) -> tuple[float, float, float, float]:
    """Where one of several people is, in shares of the picture. Raises PanelFailed where the picture isn't there."""
    entry = store.get(mask.found_in)
    if entry is None:
        raise PanelFailed("the picture in which its people were looked for is not there")
    return subjects.room_of(mask, entry.meta.get("subjects", ()))


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
