"""The engine: order, sharing, what is kept, and what one failure costs."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image
from render_samples import request_for

from novel.errors import FileError, MissingError
from novel.render.backend import PanelFailed, Pixels, Stencil, Step
from novel.render.engine import RenderReport, render_all
from novel.render.fake import FakeBackend
from novel.render.progress import PlainLines, Quiet
from novel.request import Init, RenderRequest
from novel.store import Store, sha256_of


class Watched(FakeBackend):
    """A fake backend that writes down what it draws, and fails where a test says so."""

    def __init__(self, fails: Mapping[str, BaseException] | None = None) -> None:
        self.drawn: list[str] = []
        self.starts: dict[str, Pixels | None] = {}
        self.prepared: list[str] = []
        self.opened = 0
        self.closed = 0
        self._fails = fails or {}

    def open(self, model: str) -> Watched:
        self.opened += 1
        return self

    def prepare(self, requests: Sequence[RenderRequest]) -> None:
        self.prepared += [r.prompt for r in requests]

    def render(
        self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
    ) -> Pixels:
        if request.prompt in self._fails:
            raise self._fails[request.prompt]
        self.drawn.append(request.prompt)
        self.starts[request.prompt] = init
        return super().render(request, init, step)

    def close(self) -> None:
        self.closed += 1


def chain(*names: str) -> dict[str, RenderRequest]:
    """Requests that each continue the one before."""
    requests: dict[str, RenderRequest] = {}
    last: RenderRequest | None = None
    for name in names:
        init = Init(kind="request", source=last.key, strength=0.5) if last else None
        last = requests[name] = request_for(name, init=init)
    return requests


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


Render = Callable[..., RenderReport]


@pytest.fixture
def render(store: Store) -> Render:
    def run(requests: Mapping[str, RenderRequest], backend: Watched, **options: object) -> RenderReport:
        return render_all(
            requests,
            open_backend=backend.open,
            store=store,
            **{"assets": {}, "progress": Quiet(io.StringIO()), **options},  # type: ignore[arg-type]
        )

    return run


def test_every_panel_is_rendered_and_stored(render: Render, store: Store) -> None:
    requests = {name: request_for(name) for name in "abc"}
    backend = Watched()
    report = render(requests, backend)
    assert list(report.panels) == ["a", "b", "c"]
    assert (report.rendered, report.from_store, report.failures) == (3, 0, {})
    for name, panel in report.panels.items():
        entry = store.get(panel.key)
        assert entry is not None
        assert panel.sha256 == sha256_of(entry.payload)
        assert panel.key == requests[name].key
        with Image.open(io.BytesIO(entry.payload)) as image:
            assert image.size == (panel.width, panel.height) == (32, 16)
        assert panel.recipe["backend"] == "fake 1"
        assert "seconds" in panel.recipe
    assert (backend.opened, backend.closed) == (1, 1)


def test_a_second_run_opens_no_backend_and_says_the_same(render: Render) -> None:
    requests = chain("a", "b")
    first = render(requests, Watched())
    backend = Watched()
    second = render(requests, backend)
    assert (second.rendered, second.from_store, backend.opened) == (0, 2, 0)
    assert second.panels == first.panels


def test_what_is_continued_comes_first_whatever_the_order(render: Render) -> None:
    requests = chain("a", "b", "c")
    backend = Watched()
    report = render(dict(reversed(requests.items())), backend)
    assert backend.drawn == backend.prepared == ["a", "b", "c"]
    assert list(report.panels) == ["c", "b", "a"]
    assert backend.starts["a"] is None
    assert backend.starts["b"] == FakeBackend().render(requests["a"], None)


def test_a_chain_of_thousands_is_no_trouble(render: Render) -> None:
    names = [str(n) for n in range(3000)]
    requests = chain(*names)
    assert render({names[-1]: requests[names[-1]], **requests}, Watched(), only=["0"]).rendered == 1
    with pytest.raises(KeyboardInterrupt):
        render(dict(reversed(requests.items())), Watched({"3": KeyboardInterrupt()}))


def test_one_request_is_rendered_once_for_all_its_panels(render: Render) -> None:
    request = request_for("same")
    backend = Watched()
    report = render({"a": request, "b": request, "c": request_for("other")}, backend)
    assert backend.drawn == ["same", "other"]
    assert report.rendered == 2
    assert report.panels["a"] == report.panels["b"]


def test_only_renders_those_and_what_they_start_from(render: Render) -> None:
    requests = {**chain("a", "b", "c"), "d": request_for("d")}
    backend = Watched()
    report = render(requests, backend, only=["b"])
    assert backend.drawn == ["a", "b"]
    assert set(report.panels) == {"a", "b"}
    backend = Watched()
    report = render(requests, backend, only=["c"])
    assert backend.drawn == ["c"]
    assert set(report.panels) == {"c"}
    assert (report.rendered, report.from_store) == (1, 1)


def test_nothing_that_is_stored_makes_its_ancestors_needed(render: Render, store: Store) -> None:
    requests = chain("a", "b")
    render(requests, Watched())
    store.path_of(requests["a"].key).unlink()
    backend = Watched()
    assert render(requests, backend, only=["b"]).rendered == 0
    assert render(requests, backend).rendered == 1
    assert backend.drawn == ["a"]


def test_a_failed_panel_takes_only_those_that_continue_it(render: Render) -> None:
    requests = {**chain("a", "b", "c"), "d": request_for("d")}
    report = render(requests, Watched({"b": PanelFailed("it came out black")}))
    assert set(report.panels) == {"a", "d"}
    assert report.failures == {"b": "it came out black", "c": "it continues b, which failed"}
    again = render(requests, Watched())
    assert (again.rendered, again.from_store, again.failures) == (2, 2, {})


@pytest.mark.parametrize("error", [KeyboardInterrupt(), FileError("disk full"), MissingError("no GPU")])
def test_what_concerns_all_is_raised_and_keeps_what_is_done(render: Render, error: BaseException) -> None:
    requests = {name: request_for(name) for name in "abc"}
    backend = Watched({"b": error})
    with pytest.raises(type(error)):
        render(requests, backend)
    assert backend.closed == 1
    report = render(requests, Watched())
    assert (report.rendered, report.from_store) == (2, 1)


def test_bytes_do_not_depend_on_company_order_or_interruption(tmp_path: Path) -> None:
    requests = {**chain("a", "b"), "c": request_for("c")}

    def bytes_of(store: Store) -> dict[str, bytes]:
        entries = {name: store.get(r.key) for name, r in requests.items()}
        return {name: entry.payload for name, entry in entries.items() if entry}

    def run(store: Store, names: Sequence[str], backend: Watched) -> None:
        some = {name: requests[name] for name in names}
        render_all(some, open_backend=backend.open, store=store, assets={}, progress=Quiet(io.StringIO()))

    together, alone, stopped = (Store(tmp_path / n) for n in ("together", "alone", "stopped"))
    run(together, ["a", "b", "c"], Watched())
    for name in ("c", "a"):
        run(alone, [name], Watched())
    run(alone, ["b", "a"], Watched())
    with pytest.raises(KeyboardInterrupt):
        run(stopped, ["c", "b", "a"], Watched({"b": KeyboardInterrupt()}))
    run(stopped, ["c", "b", "a"], Watched())
    assert len(bytes_of(together)) == 3
    assert bytes_of(together) == bytes_of(alone) == bytes_of(stopped)


def test_a_damaged_picture_is_rendered_again(render: Render, store: Store) -> None:
    requests = chain("a", "b")
    first = render(requests, Watched())
    path = store.path_of(requests["a"].key)
    path.write_bytes(bytes(path.stat().st_size))
    again = render(requests, Watched())
    assert (again.rendered, again.from_store) == (1, 1)
    assert {n: p.sha256 for n, p in again.panels.items()} == {n: p.sha256 for n, p in first.panels.items()}
    assert store.damaged


def test_an_entry_of_another_version_is_rendered_again(render: Render, store: Store) -> None:
    request = request_for("a")
    store.put(request.key, b"whatever", {"size": [32, 16]})
    report = render({"a": request}, Watched())
    assert (report.rendered, report.from_store) == (1, 0)


class Shelf:
    """Backends by model, and how they are opened and closed, in order."""

    def __init__(self, fails: Mapping[str, BaseException] | None = None) -> None:
        self.said: list[str] = []
        self._fails = fails or {}

    def open(self, model: str) -> Watched:
        shelf = self

        class Said(Watched):
            def render(
                self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
            ) -> Pixels:
                shelf.said.append(request.prompt)
                assert request.model == model
                return super().render(request, init, step, mask)

            def close(self) -> None:
                shelf.said.append(f"close {model}")

        self.said.append(f"open {model}")
        return Said(self._fails)


def test_one_model_is_open_at_a_time_and_as_few_are_opened_as_chains_allow(store: Store) -> None:
    def ask(name: str, model: str, source: RenderRequest | None = None) -> RenderRequest:
        init = Init(kind="request", source=source.key, strength=0.5) if source else None
        return request_for(name, model=model, init=init)

    a, b = ask("a", "ink"), ask("b", "paint")
    c = ask("c", "paint", a)
    d = ask("d", "ink", c)
    requests = {r.prompt: r for r in (d, a, b, ask("e", "ink"), ask("f", "paint"), c, ask("g", "ink", d))}

    def run(shelf: Shelf) -> RenderReport:
        progress = Quiet(io.StringIO())
        return render_all(requests, open_backend=shelf.open, store=store, assets={}, progress=progress)

    shelf = Shelf({"c": PanelFailed("it came out black")})
    assert run(shelf).failures == {
        "c": "it came out black",
        "d": "it continues c, which failed",
        "g": "it continues d, which failed",
    }
    assert shelf.said == [
        *("open ink", "a", "e", "close ink"),
        *("open paint", "c", "b", "f", "close paint"),
        *("open ink", "close ink"),
    ]
    shelf = Shelf()
    report = run(shelf)
    assert (report.rendered, report.from_store, report.failures) == (3, 4, {})
    assert shelf.said == ["open paint", "c", "close paint", "open ink", "d", "g", "close ink"]
    assert run(Shelf({})).rendered == 0


# Starting from a file.


def asset_request(path: Path) -> tuple[RenderRequest, dict[str, Path]]:
    sha256 = sha256_of(path.read_bytes())
    return request_for("from a file", init=Init(kind="asset", source=sha256, strength=0.5)), {sha256: path}


def test_a_picture_may_start_from_a_file(render: Render, tmp_path: Path) -> None:
    Image.new("RGB", (10, 10), "red").save(tmp_path / "anchor.png")
    request, assets = asset_request(tmp_path / "anchor.png")
    backend = Watched()
    assert render({"a": request}, backend, assets=assets).failures == {}
    start = backend.starts["from a file"]
    assert start is not None
    assert (start.width, start.height, start.data[:3]) == (10, 10, b"\xff\0\0")


def test_a_file_that_changed_meanwhile_fails_its_panels_alone(render: Render, tmp_path: Path) -> None:
    Image.new("RGB", (10, 10), "red").save(tmp_path / "anchor.png")
    request, assets = asset_request(tmp_path / "anchor.png")
    Image.new("RGB", (10, 10), "blue").save(tmp_path / "anchor.png")
    report = render({"a": request, "b": request_for("b")}, Watched(), assets=assets)
    assert set(report.panels) == {"b"}
    assert "has changed" in report.failures["a"]


def test_a_damaged_or_unknown_file_fails_its_panels_alone(render: Render, tmp_path: Path) -> None:
    (tmp_path / "anchor.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    request, assets = asset_request(tmp_path / "anchor.png")
    report = render({"a": request, "b": request_for("b")}, Watched(), assets=assets)
    assert "anchor.png" in report.failures["a"]
    assert set(report.panels) == {"b"}
    assert "not among" in render({"a": request}, Watched()).failures["a"]


# What the picture tells.


def test_a_png_tells_its_recipe_and_that_a_machine_made_it(render: Render, store: Store) -> None:
    request = request_for("ein Bär, {braces} & <b>", negative="blurry", seed=12345)
    render({"a": request}, Watched())
    entry = store.get(request.key)
    assert entry is not None
    with Image.open(io.BytesIO(entry.payload)) as image:
        image.load()
        told = json.loads(image.info["novel"])
        lines = image.info["parameters"].split("\n")
        assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
    assert RenderRequest(**told["request"]) == request
    assert told["key"] == request.key
    assert lines[0] == "ein Bär, {braces} & <b>"
    assert lines[1] == "Negative prompt: blurry"
    assert lines[2].startswith(
        "Steps: 2, Sampler: DPM++ 2M, CFG scale: 5.0, Seed: 12345, Size: 32x16, Model hash: 0000000000"
    )
    assert str(store.root) not in entry.payload.decode("latin-1")


# What is said while waiting.


def test_plain_lines_name_each_panel_and_the_time_left(render: Render) -> None:
    stream = io.StringIO()
    render(
        {**chain("a", "b"), "x": request_for("x")}, Watched({"x": PanelFailed("broken")}), progress=PlainLines(stream)
    )
    lines = stream.getvalue().splitlines()
    assert lines[0] == "drawing 3 of 3 pictures"
    assert lines[1].startswith("[1/3] a: ")
    assert "left" in lines[1]
    assert lines[3] == "[3/3] x: failed: broken"
    stream = io.StringIO()
    render(chain("a", "b"), Watched(), progress=PlainLines(stream))
    assert stream.getvalue() == ""
