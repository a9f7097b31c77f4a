"""The whole plan: pages, then for each panel the request that its picture is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from novel.errors import Diagnostic, DiagnosticsError
from novel.plan.model import ModelSpec, Plan, ProseMeasure
from novel.plan.pages import aspects, paginate
from novel.plan.pixels import pixel_size
from novel.plan.prompt import compose, negative, sought
from novel.plan.seeds import panel_seed
from novel.plan.takes import PictureSize, Shown, decided, redone
from novel.request import AdapterUse, Init, RenderRequest
from novel.story.load import Book
from novel.story.model import Adapter, Panel
from novel.story.takes import Redo, Take, Takes

CONTINUE_STRENGTH = 0.6
"""How much of a picture is changed by a panel that continues it and doesn't say how much."""

_T = TypeVar("_T")

Digest = Callable[[Path], str]
"""A file's sha256, in hex."""


def make_plan(
    book: Book,
    spec: ModelSpec,
    measure: ProseMeasure,
    digest: Digest,
    *,
    steps: int | None = None,
    takes: Takes | None = None,
    specs: Mapping[str, ModelSpec] | None = None,
    picture_size: PictureSize | None = None,
) -> Plan:
    """The plan of a book for a model. ``steps`` overrides the style's (a panel's own steps still count).

    ``takes``: what editors have decided; ``specs``: the models that takes name; ``picture_size`` is asked for a
    writer's own picture of which a part is drawn anew. Raises DiagnosticsError for sizes that the model can't draw.
    """
    pages = paginate(book.story, book.style.page, measure)
    shape = aspects(book.story, book.style.page, pages, measure.prose_leading)
    requests = _Requests(book, spec, shape, digest, steps, takes, specs or {}, picture_size)
    for panel in _ancestors_first(book.story.panels()):
        requests.add(panel)
    if requests.faults:
        raise DiagnosticsError(requests.faults)
    in_order = {p.id: requests.shown_by[p.id] for p in book.story.panels() if p.id in requests.shown_by}
    images = {p.id: requests.images[p.id] for p in book.story.panels() if p.id in requests.images}
    showing = {request.key for request in in_order.values()}
    beginnings = {key: request for key, request in requests.beginnings.items() if key not in showing}
    return Plan(
        pages,
        in_order,
        images,
        requests.assets,
        beginnings,
        requests.kept,
        requests.let_go,
        {panel.id: sought(book.story, panel) for panel in book.story.panels() if panel.cast},
        requests.told,
    )


class _Requests:
    """The request of each panel's picture, made one after another, each after the one that it continues."""

    def __init__(
        self,
        book: Book,
        spec: ModelSpec,
        shape: Mapping[str, float],
        digest: Digest,
        steps: int | None,
        takes: Takes | None,
        specs: Mapping[str, ModelSpec],
        picture_size: PictureSize | None,
    ) -> None:
        self._book, self._spec, self._shape, self._digest, self._steps = book, spec, shape, digest, steps
        self._takes, self._specs, self._picture_size = takes, specs, picture_size
        self.shown_by: dict[str, RenderRequest] = {}
        self.images: dict[str, Path] = {}
        self.assets: dict[str, Path] = {}
        self.beginnings: dict[str, RenderRequest] = {}
        self.kept: dict[str, str] = {}
        self.let_go: dict[str, RenderRequest] = {}
        self.told: dict[str, RenderRequest] = {}
        self.faults: list[Diagnostic] = []

    def add(self, panel: Panel) -> None:
        """Make a panel's request, or note that its picture is the writer's own or stays as it is."""
        take = self._takes.panels.get(panel.id) if self._takes is not None else None
        panel = decided(panel, take)
        if panel.image is not None:
            path = self._book.story_asset(panel.image)
            if take is None or not take.redo:
                self.images[panel.id] = path
                if panel.cast:
                    self.told[panel.id] = self._own(panel, self._spec)
                return
        spec = self._spec if take is None or take.model is None else self._specs[take.model]
        request = self._own(panel, spec)
        if take is not None and take.redo:
            request = self._redone(panel, take, request, spec)
        if take is not None and take.approved and take.picture is not None and take.picture != request.key:
            self.kept[panel.id] = take.picture
            self.let_go[panel.id] = request
            return
        self.shown_by[panel.id] = request

    def _own(self, panel: Panel, spec: ModelSpec) -> RenderRequest:
        """The request of a panel's picture as the story, and the fields that a take overrides, ask for it."""
        art = self._book.style.art
        width, height = pixel_size(self._shape[panel.id], spec) if panel.pixels is None else self._exact(panel, spec)
        return RenderRequest(
            backend=spec.backend,
            model=spec.identity,
            prompt=compose(self._book.story, self._book.style, panel),
            negative=negative(self._book.style, panel) if spec.supports_negative else "",
            width=width,
            height=height,
            seed=panel_seed(self._book.story, panel),
            steps=_first(panel.steps, self._steps, art.steps, spec.steps),
            guidance=_first(panel.guidance, art.guidance, spec.guidance),
            guidance_rescale=_first(art.guidance_rescale, spec.guidance_rescale),
            sampler=art.sampler or spec.sampler,
            adapters=self._adapters(panel),
            init=self._init(panel),
        )

    def _exact(self, panel: Panel, spec: ModelSpec) -> tuple[int, int]:
        """The size that a panel or its take asks for by itself; what the model can't draw is noted as a fault."""
        assert panel.pixels is not None
        width, height = panel.pixels
        step = spec.multiple
        if width % step or height % step:
            near = tuple(max(step, round(side / step) * step) for side in panel.pixels)
            self.faults.append(
                self._book.at(
                    panel.id,
                    "pixels",
                    message=f"`pixels` must be multiples of {step} for the model {spec.name}, not {width}x{height}",
                    code="bad-size",
                    hint=f"Write `{near[0]}x{near[1]}`.",
                )
            )
        return width, height

    def _redone(self, panel: Panel, take: Take, request: RenderRequest, spec: ModelSpec) -> RenderRequest:
        """The request of the last of a take's redos; those that it goes back to are noted as beginnings."""
        if panel.image is not None:
            path = self._book.story_asset(panel.image)
            assert self._picture_size is not None, "a part of a writer's own picture is drawn anew"
            shown = Shown("asset", self._asset(path), *self._picture_size(path))
        else:
            shown = Shown("request", request.key, request.width, request.height)
            self.beginnings[request.key] = request
        for redo in take.redo:
            words = {k: v for k, v in (("prompt", redo.prompt), ("negative", redo.negative)) if v is not None}
            asked = panel.model_copy(update=words)
            request, shown = redone(
                redo,
                shown,
                request,
                spec,
                compose(self._book.story, self._book.style, asked),
                negative(self._book.style, asked) if spec.supports_negative else "",
                partial(self._mask, redo),
            )
            self.beginnings[request.key] = request
        return request

    def _mask(self, redo: Redo) -> str:
        assert self._takes is not None
        assert redo.mask is not None
        return self._asset(self._takes.mask(redo.mask))

    def _asset(self, path: Path) -> str:
        sha256 = self._digest(path)
        self.assets[sha256] = path
        return sha256

    def _adapters(self, panel: Panel) -> tuple[AdapterUse, ...]:
        book = self._book
        files: list[tuple[Path, Adapter]] = [(book.style_asset(a.path), a) for a in book.style.art.adapters]
        files += [(book.story_asset(a.path), a) for a in _adapters_in(book, panel)]
        uses = {self._asset(path): adapter.weight for path, adapter in files}
        return tuple(AdapterUse(sha256=sha256, weight=weight) for sha256, weight in uses.items())

    def _init(self, panel: Panel) -> Init | None:
        if panel.image is not None:
            return None
        if panel.continues is not None:
            strength = CONTINUE_STRENGTH if panel.strength is None else panel.strength
            if panel.continues in self.images:
                source = self._asset(self.images[panel.continues])
                return Init(kind="asset", source=source, strength=strength)
            key = self.kept.get(panel.continues) or self.shown_by[panel.continues].key
            return Init(kind="request", source=key, strength=strength)
        anchor = self._book.style.art.anchor
        if anchor is None:
            return None
        strength = anchor.strength if panel.strength is None else panel.strength
        return Init(kind="asset", source=self._asset(self._book.style_asset(anchor.image)), strength=strength)


def _adapters_in(book: Book, panel: Panel) -> list[Adapter]:
    story = book.story
    place = [story.places[panel.place].adapter] if panel.place is not None else []
    cast = [story.characters[member.id].adapter for member in panel.cast]
    return [adapter for adapter in (*place, *cast) if adapter is not None]


def _ancestors_first(panels: Iterable[Panel]) -> list[Panel]:
    """The panels so that each stands after the one it continues. The loader has refused circles."""
    by_id = {panel.id: panel for panel in panels}
    done: dict[str, Panel] = {}
    for panel in by_id.values():
        chain = []
        at: Panel | None = panel
        while at is not None and at.id not in done:
            chain.append(at)
            at = by_id.get(at.continues) if at.continues is not None else None
        done.update((p.id, p) for p in reversed(chain))
    return list(done.values())


def _first(*values: _T | None) -> _T:
    for value in values:
        if value is not None:
            return value
    raise ValueError("no value")
