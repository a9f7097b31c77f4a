"""The whole plan: pages, then for each panel the request that its picture is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from novel.plan.model import ModelSpec, Plan, ProseMeasure
from novel.plan.pages import aspects, paginate
from novel.plan.pixels import pixel_size
from novel.plan.prompt import compose, negative
from novel.plan.seeds import panel_seed
from novel.request import AdapterUse, Init, RenderRequest
from novel.story.load import Book
from novel.story.model import Adapter, Panel

CONTINUE_STRENGTH = 0.6
"""How much of a picture is changed by a panel that continues it and doesn't say how much."""

_T = TypeVar("_T")

Digest = Callable[[Path], str]
"""A file's sha256, in hex."""


def make_plan(book: Book, spec: ModelSpec, measure: ProseMeasure, digest: Digest, *, steps: int | None = None) -> Plan:
    """The plan of a book for a model. ``steps`` overrides the style's (a panel's own steps still count)."""
    story, style = book.story, book.style
    pages = paginate(story, style.page, measure)
    shape = aspects(story, style.page, pages, measure.prose_leading)
    assets: dict[str, Path] = {}
    images = {p.id: book.story_asset(p.image) for p in story.panels() if p.image is not None}

    def asset(path: Path) -> str:
        sha256 = digest(path)
        assets[sha256] = path
        return sha256

    def adapters(panel: Panel) -> tuple[AdapterUse, ...]:
        files: list[tuple[Path, Adapter]] = [(book.style_asset(a.path), a) for a in style.art.adapters]
        files += [(book.story_asset(a.path), a) for a in _adapters_in(book, panel)]
        uses = {asset(path): adapter.weight for path, adapter in files}
        return tuple(AdapterUse(sha256=sha256, weight=weight) for sha256, weight in uses.items())

    requests: dict[str, RenderRequest] = {}

    def init(panel: Panel) -> Init | None:
        if panel.continues is not None:
            strength = CONTINUE_STRENGTH if panel.strength is None else panel.strength
            if panel.continues in images:
                return Init(kind="asset", source=asset(images[panel.continues]), strength=strength)
            return Init(kind="request", source=requests[panel.continues].key, strength=strength)
        anchor = style.art.anchor
        if anchor is None:
            return None
        return Init(kind="asset", source=asset(book.style_asset(anchor.image)), strength=anchor.strength)

    for panel in _ancestors_first(p for p in story.panels() if p.image is None):
        width, height = pixel_size(shape[panel.id], spec)
        requests[panel.id] = RenderRequest(
            backend=spec.backend,
            model=spec.identity,
            prompt=compose(story, style, panel),
            negative=negative(style, panel) if spec.supports_negative else "",
            width=width,
            height=height,
            seed=panel_seed(story, panel),
            steps=_first(panel.steps, steps, style.art.steps, spec.steps),
            guidance=_first(panel.guidance, style.art.guidance, spec.guidance),
            guidance_rescale=_first(style.art.guidance_rescale, spec.guidance_rescale),
            sampler=style.art.sampler or spec.sampler,
            adapters=adapters(panel),
            init=init(panel),
        )
    in_order = {p.id: requests[p.id] for p in story.panels() if p.id in requests}
    return Plan(pages, in_order, images, assets)


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
