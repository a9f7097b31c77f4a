"""The whole plan: pages, then for each panel the request that its picture is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from novel.errors import Diagnostic, DiagnosticsError
from novel.plan.model import ModelSpec, Plan, ProseMeasure
from novel.plan.pages import aspects, paginate
from novel.plan.pixels import pixel_size
from novel.plan.prompt import compose, negative, sought
from novel.plan.regions import REGION_STRENGTH, apart, mask_of
from novel.plan.seeds import panel_seed
from novel.plan.takes import PictureSize, Shown, decided, redone
from novel.request import AdapterUse, BestOf, Init, Reference, RenderRequest
from novel.story.load import Book
from novel.story.model import Adapter, Panel, Story
from novel.story.takes import Redo, Take, Takes

CONTINUE_STRENGTH = 0.6
"""How much of a picture is changed by a panel that continues it and doesn't say how much."""
PLACE_STRENGTH = 0.85
"""How much of a place's first picture is changed by those that are set there again: the room stays, the people go."""

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
    reference_adapter: tuple[str, Path] | None = None,
    best_of: tuple[int, str] | None = None,
) -> Plan:
    """The plan of a book for a model. ``steps`` overrides the style's (a panel's own steps still count).

    ``takes``: what editors have decided; ``specs``: the models that takes name; ``picture_size`` is asked for a
    writer's own picture of which a part is drawn anew; ``reference_adapter``: the sha256 and the file of the IP-Adapter
    that the style names; ``best_of``: of how many each picture is the best, and by which judge. Raises
    DiagnosticsError for sizes that the model can't draw.
    """
    pages = paginate(book.story, book.style.page, measure)
    shape = aspects(book.story, book.style.page, pages, measure.prose_leading)
    first = place_anchors(book.story)
    requests = _Requests(
        book, spec, shape, digest, steps, takes, specs or {}, picture_size, reference_adapter, best_of, first
    )
    for panel in _ancestors_first(book.story.panels(), first):
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
        reference_adapter: tuple[str, Path] | None,
        best_of: tuple[int, str] | None,
        place_anchors: Mapping[str, str],
    ) -> None:
        self._reference_adapter, self._best_of, self._place_anchors = reference_adapter, best_of, place_anchors
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
        whole = self._own(panel, spec)
        request = self._each_apart(panel, whole, spec)
        if take is not None and take.redo:
            request = self._redone(panel, take, whole, request, spec)
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
            best_of=self._choice(panel),
            **self._references(panel, spec),
        )

    def _each_apart(self, panel: Panel, whole: RenderRequest, spec: ModelSpec) -> RenderRequest:
        """The request of a panel's picture after each of its cast was drawn anew by themselves, where they are; those
        that it goes back to are noted as beginnings."""
        story, request = self._book.story, whole
        for number, member in enumerate(apart(story, panel, self._book.style.art.regions), 1):
            self.beginnings[request.key] = request
            alone = panel.model_copy(update={"cast": (member,)})
            mask = mask_of(story, panel, member, whole.key)
            request = whole.model_copy(
                update={
                    "prompt": compose(story, self._book.style, alone),
                    "seed": whole.seed + number,
                    "adapters": self._adapters(alone),
                    "init": Init(kind="request", source=request.key, strength=REGION_STRENGTH, mask=mask),
                    "best_of": None,
                    "references": (),
                    "reference_adapter": "",
                    **self._references(alone, spec),
                }
            )
        return request

    def _choice(self, panel: Panel) -> BestOf | None:
        """Of how many pictures the panel's is the best, and what its people and its place should look like.

        Whoever gives a seed, writer or editor, has chosen already.
        """
        if self._best_of is None or panel.seed is not None:
            return None
        story = self._book.story
        people = [path for member in panel.cast for path in story.characters[member.id].references]
        place = story.places[panel.place].references if panel.place is not None else ()
        count, judge = self._best_of
        return BestOf(
            count=count,
            judge=judge,
            people=tuple(dict.fromkeys(self._asset(self._book.story_asset(path)) for path in people)),
            place=tuple(dict.fromkeys(self._asset(self._book.story_asset(path)) for path in place)),
        )

    def _references(self, panel: Panel, spec: ModelSpec) -> dict[str, Any]:
        """How the cast and the place look, as far as the model can take it from pictures."""
        if not spec.references or (spec.references == "adapter" and self._reference_adapter is None):
            return {}
        story = self._book.story
        written = [path for member in panel.cast for path in story.characters[member.id].references]
        written += story.places[panel.place].references if panel.place is not None else ()
        if not written:
            return {}
        weight = self._book.style.art.reference_weight
        shown = dict.fromkeys(self._asset(self._book.story_asset(path)) for path in written)
        fields: dict[str, Any] = {"references": tuple(Reference(sha256=one, weight=weight) for one in shown)}
        if spec.references == "adapter":
            assert self._reference_adapter is not None
            sha256, path = self._reference_adapter
            self.assets[sha256] = path
            fields["reference_adapter"] = sha256
        return fields

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

    def _redone(
        self, panel: Panel, take: Take, whole: RenderRequest, before: RenderRequest, spec: ModelSpec
    ) -> RenderRequest:
        """The request of the last of a take's redos; those that it goes back to are noted as beginnings.

        ``whole`` gives what a redo leaves open; ``before`` is the panel's picture before the first of them.
        """
        request = whole
        if panel.image is not None:
            path = self._book.story_asset(panel.image)
            assert self._picture_size is not None, "a part of a writer's own picture is drawn anew"
            shown = Shown("asset", self._asset(path), *self._picture_size(path))
        else:
            shown = Shown("request", before.key, before.width, before.height)
            self.beginnings[before.key] = before
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
            return self._from_panel(panel.continues, _first(panel.strength, CONTINUE_STRENGTH))
        place = self._place_anchors.get(panel.place or "", panel.id)
        if place != panel.id:
            return self._from_panel(place, _first(panel.strength, PLACE_STRENGTH))
        anchor = self._book.style.art.anchor
        if anchor is None:
            return None
        strength = anchor.strength if panel.strength is None else panel.strength
        return Init(kind="asset", source=self._asset(self._book.style_asset(anchor.image)), strength=strength)

    def _from_panel(self, panel: str, strength: float) -> Init:
        """A beginning with another panel's picture, whichever that is."""
        if panel in self.images:
            return Init(kind="asset", source=self._asset(self.images[panel]), strength=strength)
        key = self.kept.get(panel) or self.shown_by[panel].key
        return Init(kind="request", source=key, strength=strength)


def _adapters_in(book: Book, panel: Panel) -> list[Adapter]:
    story = book.story
    place = [story.places[panel.place].adapter] if panel.place is not None else []
    cast = [story.characters[member.id].adapter for member in panel.cast]
    return [adapter for adapter in (*place, *cast) if adapter is not None]


def place_anchors(story: Story) -> dict[str, str]:
    """For each place that is an anchor, the panel that the others set there start from: the first in reading order that
    continues no other, so that there can be no circle."""
    first: dict[str, str] = {}
    for panel in story.panels():
        if panel.place is not None and story.places[panel.place].anchor and panel.continues is None:
            first.setdefault(panel.place, panel.id)
    return first


def _ancestors_first(panels: Iterable[Panel], place_anchors: Mapping[str, str]) -> list[Panel]:
    """The panels so that each stands after the one it starts from. The loader has refused circles."""
    by_id = {panel.id: panel for panel in panels}

    def before(panel: Panel) -> Panel | None:
        at = panel.continues or place_anchors.get(panel.place or "", panel.id)
        return by_id.get(at) if at != panel.id else None

    done: dict[str, Panel] = {}
    for panel in by_id.values():
        chain = []
        at: Panel | None = panel
        while at is not None and at.id not in done:
            chain.append(at)
            at = before(at)
        done.update((p.id, p) for p in reversed(chain))
    return list(done.values())


def _first(*values: _T | None) -> _T:
    for value in values:
        if value is not None:
            return value
    raise ValueError("no value")
