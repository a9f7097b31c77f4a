"""Parts of pictures drawn anew through the engine: sizes, chains, files that are wrong, the start."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from render_samples import request_for

from novel.errors import MissingError
from novel.render import families, png
from novel.render.backend import BackendSpec, ModelSource, PanelFailed, Pixels, Stencil, Step
from novel.render.diffusers_backend import DiffusersBackend
from novel.render.engine import RenderReport, render_all
from novel.render.fake import FakeBackend
from novel.render.masking import Masks, draw, masked
from novel.render.progress import Quiet
from novel.render.redraw import redraw
from novel.request import Init, Mask, MaskBox, MaskFile, MaskMargins, RenderRequest
from novel.store import Store, sha256_of

SOURCE = request_for("the source", width=48, height=32)


class Watched(FakeBackend):
    """Writes down what each picture starts from."""

    def __init__(self) -> None:
        self.starts: dict[str, tuple[Pixels | None, Stencil | None]] = {}

    def render(
        self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
    ) -> Pixels:
        self.starts[request.prompt] = (init, mask)
        return super().render(request, init, step, mask)


def redo(mask: Mask | None, prompt: str = "redone", source: RenderRequest = SOURCE, **fields: Any) -> RenderRequest:
    init = Init(kind="request", source=source.key, strength=1.0, mask=mask)
    return request_for(prompt, **{"init": init, "width": 48, "height": 32, **fields})


def image_of(store: Store, request: RenderRequest) -> Image.Image:
    entry = store.get(request.key)
    assert entry is not None
    return Image.open(io.BytesIO(entry.payload)).convert("RGB")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def run(
    store: Store,
    requests: Mapping[str, RenderRequest],
    backend: FakeBackend | None = None,
    assets: Mapping[str, Path] | None = None,
) -> RenderReport:
    return render_all(
        requests,
        open_backend=lambda model: backend or FakeBackend(),
        store=store,
        assets=assets or {},
        progress=Quiet(io.StringIO()),
        beginnings={SOURCE.key: SOURCE},
    )


def save(path: Path, image: Image.Image) -> tuple[MaskFile, dict[str, Path]]:
    image.save(path)
    sha256 = sha256_of(path.read_bytes())
    return MaskFile(sha256=sha256), {sha256: path}


# What comes out.


def test_a_picture_has_the_sources_size_whatever_size_is_drawn(store: Store) -> None:
    requests = {
        "box": redo(MaskBox(box=(0, 0, 20, 32)), "box", width=32, height=24),
        "wide": redo(MaskMargins(left=12, right=5), "wide", width=64, height=32),
    }
    backend = Watched()
    report = run(store, requests, backend)
    assert report.failures == {}
    assert (report.panels["box"].width, report.panels["box"].height) == (48, 32)
    assert (report.panels["wide"].width, report.panels["wide"].height) == (65, 32)
    source = image_of(store, SOURCE)
    box, wide = image_of(store, requests["box"]), image_of(store, requests["wide"])
    assert (box.size, wide.size) == ((48, 32), (65, 32))
    assert box.crop((20, 0, 48, 32)).tobytes() == source.crop((20, 0, 48, 32)).tobytes()
    assert box.crop((0, 0, 20, 32)).tobytes() != source.crop((0, 0, 20, 32)).tobytes()
    assert wide.crop((12, 0, 60, 32)).tobytes() == source.tobytes()
    for name, size in (("box", (32, 24)), ("wide", (64, 32))):
        start, stencil = backend.starts[name]
        assert start is not None
        assert stencil is not None
        assert (start.width, start.height) == (stencil.width, stencil.height) == size


def test_new_room_begins_with_the_picture_mirrored_at_its_edge(store: Store) -> None:
    request = redo(MaskMargins(left=8, right=100), width=156, height=32)
    backend = Watched()
    run(store, {"a": request}, backend)
    start, _ = backend.starts["redone"]
    assert start is not None
    canvas, source = Image.frombytes("RGB", (156, 32), start.data), image_of(store, SOURCE)
    for out in range(8):
        assert canvas.getpixel((7 - out, 9)) == source.getpixel((out, 9))
    for out in range(100):
        place = out % 96
        assert canvas.getpixel((56 + out, 9)) == source.getpixel((47 - place if place < 48 else place - 48, 9))


def test_a_part_is_redone_within_a_part_and_then_continued_whole(store: Store) -> None:
    wide = redo(MaskMargins(right=24), "wide", width=72)
    again = redo(MaskBox(box=(50, 4, 10, 10)), "again", wide, width=72)
    on = redo(None, "on", again)
    backend = Watched()
    report = run(store, {"on": on, "again": again, "wide": wide}, backend)
    assert report.failures == {}
    assert {name: panel.width for name, panel in report.panels.items()} == {"wide": 72, "again": 72, "on": 48}
    start, stencil = backend.starts["on"]
    assert start is not None
    assert (start.width, start.height, stencil) == (72, 32, None)
    one, two = image_of(store, wide), image_of(store, again)
    one.paste(0, (50, 4, 60, 14))
    two.paste(0, (50, 4, 60, 14))
    assert one.tobytes() == two.tobytes()


def test_a_narrow_mask_still_shows_in_full(store: Store, tmp_path: Path) -> None:
    mask = Image.new("L", (48, 32))
    ImageDraw.Draw(mask).line((5, 5, 40, 5), fill=255)
    part, assets = save(tmp_path / "mask.png", mask)
    request = redo(part)
    run(store, {"a": request}, assets=assets)
    drawn = FakeBackend().render(request, png.decode(store.get(SOURCE.key).payload))  # type: ignore[union-attr]
    whole = Image.frombytes("RGB", (48, 32), drawn.data)
    line = (5, 5, 41, 6)
    assert image_of(store, request).crop(line).tobytes() == whole.crop(line).tobytes()


def test_a_mask_that_covers_all_leaves_no_seam(store: Store, tmp_path: Path) -> None:
    part, assets = save(tmp_path / "mask.png", Image.new("1", (48, 32), 1))
    request = redo(part)
    run(store, {"a": request}, assets=assets)
    drawn = FakeBackend().render(request, png.decode(store.get(SOURCE.key).payload))  # type: ignore[union-attr]
    assert image_of(store, request).tobytes() == drawn.data


def test_what_jpeg_leaves_around_white_is_black(tmp_path: Path) -> None:
    mask = Image.new("L", (96, 64))
    mask.paste(255, (33, 21, 61, 43))
    part, assets = save(tmp_path / "mask.jpg", mask)
    blank = Pixels(96, 64, bytes(3 * 96 * 64))
    stencil = masked(redo(part, width=96, height=64), blank, Masks(assets.__getitem__)).mask
    painted = Image.frombytes("L", (96, 64), stencil.data).getbbox()
    assert painted is not None
    assert painted[0] >= 24
    assert painted[2] <= 72


def test_the_smallest_mask_reaches_the_model_at_any_size() -> None:
    request = redo(MaskBox(box=(3, 2, 1, 1)), width=8, height=8)
    part = masked(request, Pixels(1200, 900, bytes(3 * 1200 * 900)), Masks(Path))
    assert any(part.start_mask.data)


def test_a_redrawn_picture_for_comparison_is_masked_too() -> None:
    source = FakeBackend().render(SOURCE, None)
    request = redo(MaskBox(box=(0, 0, 10, 32)), width=32, height=24)

    def no_file(sha256: str) -> Path:
        raise PanelFailed("no file is needed")

    (one,) = redraw(
        {"a": request},
        open_backend=lambda model: FakeBackend(),
        beginning=lambda request: source,
        masks=Masks(no_file),
        progress=Quiet(io.StringIO()),
    )
    assert one.pixels == draw(FakeBackend(), request, source, None, no_file)
    assert (one.pixels.width, one.pixels.height) == (48, 32)


# What is wrong with a mask costs its panel, and no other.


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (Image.new("L", (48, 31), 255), "its mask has 48 × 31 pixels, and the picture 48 × 32"),
        (Image.new("L", (48, 32), 0), "covers nothing"),
        (b"\x89PNG\r\n\x1a\n broken", r"mask\.png, its mask, can't be used"),
        (None, "its mask, is not among the story's files"),
        ("changed", r"mask\.png, its mask, has changed since the build began"),
        ("gone", r"mask\.png, its mask, can't be used"),
        (MaskBox(box=(48, 0, 10, 10)), "outside of the picture, which has 48 × 32"),
        (MaskBox(box=(0, 0, 0, 10)), "outside of the picture"),
        (MaskMargins(), "one pixel or more"),
        (MaskMargins(left=-5, right=9), "one pixel or more"),
        (MaskMargins(right=3_000_000), "64,000,000 in all is the limit"),
    ],
)
def test_a_mask_that_can_t_be_used_fails_its_panel_alone(store: Store, tmp_path: Path, mask: Any, reason: str) -> None:
    path = tmp_path / "mask.png"
    assets: dict[str, Path] = {}
    if isinstance(mask, MaskBox | MaskMargins):
        part: Mask = mask
    else:
        if isinstance(mask, bytes):
            path.write_bytes(mask)
        else:
            (mask if isinstance(mask, Image.Image) else Image.new("L", (48, 32), 255)).save(path)
        part = MaskFile(sha256=sha256_of(path.read_bytes()))
        if mask is not None:
            assets = {part.sha256: path}
        if mask == "changed":
            Image.new("L", (48, 32), 128).save(path)
        if mask == "gone":
            path.unlink()
    request = redo(part)
    report = run(store, {"a": request, "b": request_for("b")}, assets=assets)
    assert set(report.panels) == {"b"}
    with pytest.raises(PanelFailed, match=reason):
        raise PanelFailed(report.failures["a"])
    assert not store.contains(request.key)


def test_a_box_that_sticks_out_is_cut_to_the_picture(store: Store) -> None:
    inner = redo(MaskBox(box=(30, 20, 18, 12)), "same")
    outer = redo(MaskBox(box=(30, 20, 100, 100)), "same")
    one, two = (masked(r, Pixels(48, 32, bytes(3 * 48 * 32)), Masks(Path)) for r in (inner, outer))
    assert one == two


def test_a_family_without_it_names_those_that_have_it(make_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_model()
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionPipeline", "Flux2KleinPipeline"))
    request = redo(MaskBox(box=(0, 0, 4, 4)), sampler="flow")
    families.check_requests([request], ModelSource(folder=folder))
    without = replace(families.FAMILIES["Flux2KleinPipeline"], masks=False)
    monkeypatch.setitem(families.FAMILIES, "Flux2KleinPipeline", without)
    with pytest.raises(MissingError, match=r"FLUX\.2 klein can't draw a part.*anew") as caught:
        families.check_requests([request], ModelSource(folder=folder))
    assert caught.value.exit_code == 4
    assert "Stable Diffusion XL" in caught.value.hint
    assert "FLUX.2" not in caught.value.hint


# What a model starts from.


def test_an_autoencoder_that_never_learnt_its_spread_adds_no_noise(tiny_source: ModelSource) -> None:
    """The spread that it claims must not matter: where it is untrained it drowns the picture."""
    backend = DiffusersBackend(BackendSpec("diffusers", tiny_source, "cpu"), print)
    request = redo(MaskBox(box=(0, 0, 24, 32)), backend="diffusers")
    source = FakeBackend().render(SOURCE, None)
    one = draw(backend, request, source, None, Masks(Path))
    with torch.no_grad():
        last = backend._pipe.vae.quant_conv.bias
        last[len(last) // 2 :] += 5
    assert draw(backend, request, source, None, Masks(Path)) == one
    assert "encode" not in vars(backend._pipe.vae)
    backend.close()


def test_the_shipped_model_redoes_extends_and_varies_to_the_same_bytes(store: Store, tmp_path: Path) -> None:
    spec, source = families.resolve("embedded")
    look: dict[str, Any] = {"backend": "diffusers", "model": spec.identity, "sampler": spec.sampler, "steps": 2}
    side = spec.multiple
    first = request_for("bright comic style, in a forest by day", width=6 * side, height=3 * side, **look)
    width, height = first.width, first.height
    size = {"width": width, "height": height}
    part = redo(MaskBox(box=(width // 2, 0, width - width // 2, height)), "part", first, **size, **look)
    wide = redo(MaskMargins(left=2 * side), "wide", part, width=8 * side, height=height, **look)
    vary = request_for("vary", init=Init(kind="request", source=wide.key, strength=0.2), **size, **look)
    requests = {"first": first, "part": part, "wide": wide, "vary": vary}

    def bytes_of(folder: str, *batches: tuple[str, ...]) -> dict[str, bytes]:
        there = Store(tmp_path / folder)
        for batch in batches:
            report = render_all(
                {name: requests[name] for name in batch},
                open_backend=lambda model: DiffusersBackend(BackendSpec("diffusers", source, "cpu"), print),
                store=there,
                assets={},
                progress=Quiet(io.StringIO()),
            )
            assert report.failures == {}
        return {name: image_of(there, request).tobytes() for name, request in requests.items()}

    one = bytes_of("one", ("first", "part", "wide", "vary"))
    assert one == bytes_of("two", ("first",), ("part",), ("vary", "wide"))
    assert len(one["wide"]) == 3 * 8 * side * height
    old, new = (Image.frombytes("RGB", (width, height), one[name]) for name in ("first", "part"))
    left, right = (0, 0, width // 2, height), (width // 2 + 4, 0, width, height)
    assert old.crop(left).tobytes() == new.crop(left).tobytes()
    assert old.crop(right).tobytes() != new.crop(right).tobytes()
