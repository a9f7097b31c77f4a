"""Pictures drawn anew beside those that are there, to be compared with them. Nothing is stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from novel.render.backend import Backend, PanelFailed, Pixels
from novel.render.masking import Masks, draw
from novel.render.progress import Progress
from novel.request import RenderRequest


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A picture as it is drawn now; ``pixels`` is None where it failed, and ``failure`` says why. ``stack`` is what it
    was drawn with, as the backend's recipe tells."""

    name: str
    pixels: Pixels | None
    stack: Mapping[str, str]
    seconds: float
    failure: str = ""


def redraw(
    requests: Mapping[str, RenderRequest],
    *,
    open_backend: Callable[[str], Backend],
    beginning: Callable[[RenderRequest], Pixels | None],
    masks: Masks,
    progress: Progress,
) -> Iterator[Redrawn]:
    """Draw each request, by name; those of one model together, one model at a time.

    ``beginning`` gives the picture that a request starts from, ``masks`` what masks are made from; both may raise
    PanelFailed.
    """
    by_model: dict[str, dict[str, RenderRequest]] = {}
    for name, request in requests.items():
        by_model.setdefault(request.model, {})[name] = request
    progress.start(len(requests), 0)
    try:
        for model, group in by_model.items():
            backend = open_backend(model)
            try:
                backend.prepare(list(group.values()))
                for name, request in group.items():
                    progress.panel_started(name)
                    began = time.monotonic()
                    try:
                        pixels = draw(backend, request, beginning(request), progress.step, masks)
                    except PanelFailed as error:
                        progress.failed(name, str(error))
                        yield Redrawn(name, None, dict(backend.recipe), time.monotonic() - began, str(error))
                        continue
                    seconds = time.monotonic() - began
                    progress.panel_done(name, seconds)
                    yield Redrawn(name, pixels, dict(backend.recipe), seconds)
            finally:
                backend.close()
    finally:
        progress.finish()
