"""The engine where a request asks for the best of several pictures."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from render_samples import request_for

from novel.render.backend import PanelFailed, Pixels, Stencil, Step
from novel.render.best_of import variants
from novel.render.engine import RenderReport, render_all
from novel.render.fake import FakeBackend
from novel.render.likeness import Kind
from novel.render.progress import PlainLines, Quiet
from novel.request import BestOf, Init, RenderRequest
from novel.store import Store

JUDGE = "sha256:" + "a" * 64


class Grey(FakeBackend):
    """Draws one grey for each seed, and fails at those that a test names."""

    def __init__(self, greys: dict[int, int]) -> None:
        self.greys = greys
        self.drawn: list[int] = []

    def render(
        self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
    ) -> Pixels:
        if request.seed not in self.greys:
            raise PanelFailed("no picture came of it")
        self.drawn.append(request.seed)
        grey = self.greys[request.seed]
        return Pixels(request.width, request.height, bytes([grey, grey, grey]) * (request.width * request.height))


class Brightest:
    """A stand-in for a judge, which likes what is bright."""

    identity = JUDGE

    def embed(self, crops: Sequence[np.ndarray], kind: Kind) -> np.ndarray:
        raise AssertionError("there is nothing to be like")

    def agreement(self, picture: np.ndarray, prompt: str) -> float | None:
        return float(picture.mean()) / 255


def best(count: int, **fields: object) -> RenderRequest:
    return request_for("a cat", best_of=BestOf(count=count, judge=JUDGE), **fields)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def run(store: Store, backend: Grey, requests: dict[str, RenderRequest], **options: object) -> RenderReport:
    return render_all(
        requests,
        open_backend=lambda model: backend,
        store=store,
        **{"assets": {}, "progress": Quiet(io.StringIO()), "open_judge": Brightest, **options},  # type: ignore[arg-type]
    )


def shown(store: Store, request: RenderRequest) -> Image.Image:
    entry = store.get(request.key)
    assert entry is not None
    return Image.open(io.BytesIO(entry.payload))


def test_the_best_is_kept_and_a_higher_count_draws_only_what_is_missing(store: Store) -> None:
    seeds = [variant.seed for variant in variants(best(3))]
    backend = Grey({seeds[0]: 10, seeds[1]: 200, seeds[2]: 90})
    report = run(store, backend, {"a": best(2)})
    assert (report.rendered, backend.drawn) == (2, seeds[:2])
    assert shown(store, best(2)).getpixel((0, 0)) == (200, 200, 200)
    assert report.panels["a"].recipe["candidate"] == "2 of 2"
    more = run(store, backend, {"a": best(3)})
    assert (more.rendered, backend.drawn) == (1, seeds)
    assert "0.7843" in str(more.panels["a"].recipe["prompt agreement"])
    again = run(store, backend, {"a": best(3)})
    assert (again.rendered, again.from_store, len(backend.drawn)) == (0, 1, 3)
    plain = run(store, backend, {"a": request_for("a cat")})
    assert plain.rendered == 0, "the first candidate is the picture of no choice"


def test_the_file_tells_of_the_request_that_won(store: Store) -> None:
    first, second = variants(best(2))
    run(store, Grey({first.seed: 10, second.seed: 200}), {"a": best(2)})
    told = json.loads(shown(store, best(2)).info["novel"])
    assert told["request"] == second.model_dump(mode="json"), "drawn alone it gives this picture"
    assert told["key"] == second.key


def test_candidates_that_fail_leave_the_choice_among_the_others(store: Store) -> None:
    first, second, third = variants(best(3))
    backend = Grey({third.seed: 50})
    report = run(store, backend, {"a": best(3)})
    assert report.failures == {}
    assert report.panels["a"].recipe["candidate"] == "3 of 3"
    none = run(store, Grey({}), {"b": best(2, seed=99)})
    assert "none of its candidates" in none.failures["b"]
    assert {first.seed, second.seed}.isdisjoint(backend.drawn)


def test_what_continues_a_choice_starts_from_the_best(store: Store) -> None:
    first, second = variants(best(2))
    init = Init(kind="request", source=best(2).key, strength=0.5)
    last = request_for("later", init=init, seed=5)
    seen: list[Pixels | None] = []

    class Watching(Grey):
        def render(
            self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
        ) -> Pixels:
            seen.append(init)
            return super().render(request, init, step, mask)

    backend = Watching({first.seed: 10, second.seed: 200, 5: 77})
    report = run(store, backend, {"b": last, "a": best(2)})
    assert report.failures == {}
    assert seen[2] is not None
    assert seen[2].data[:3] == bytes([200] * 3)


def test_progress_counts_what_is_drawn_and_names_the_candidates(store: Store) -> None:
    stream = io.StringIO()
    seeds = [variant.seed for variant in variants(best(2))]
    run(store, Grey(dict.fromkeys(seeds, 9)), {"a": best(2)}, progress=PlainLines(stream))
    lines = stream.getvalue().splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("[")] == [
        "[1/2] a, candidate 1",
        "[2/2] a, candidate 2",
    ]
