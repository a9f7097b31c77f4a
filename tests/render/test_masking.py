"""Parts of finished pictures drawn anew: outside of the mask not a bit changes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw
from render_samples import request_for

from novel.errors import MissingError
from novel.render import families, masking
from novel.render.backend import BackendSpec, ModelSource, PanelFailed, Pixels
from novel.render.diffusers_backend import DiffusersBackend
from novel.render.fake import FakeBackend
from novel.render.family_table import FAMILIES
from novel.request import Init, Mask, MaskBox, MaskFile, MaskMargins, RenderRequest


def image_of(pixels: Pixels) -> Image.Image:
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.data)


def noise(width: int, height: int, seed: int = 0) -> Pixels:
    return Pixels(width, height, random.Random(seed).randbytes(3 * width * height))


def ask(mask: Mask, width: int = 32, height: int = 16, strength: float = 0.8, **fields: Any) -> RenderRequest:
    init = Init(kind="asset", source="0", strength=strength, mask=mask)
    return request_for(width=width, height=height, init=init, **fields)


def outside_is_the_same(source: Image.Image, result: Image.Image, mask: Image.Image) -> bool:
    """By Pillow alone, not by our own code: no pixel differs where the mask is black."""
    outside = mask.point([255] + [0] * 255)
    difference = ImageChops.difference(source, result).convert("RGB")
    return Image.composite(difference, Image.new("RGB", source.size), outside).getbbox() is None


@pytest.fixture
def painted(tmp_path: Path) -> Callable[[Image.Image], tuple[MaskFile, Callable[[str], Path]]]:
    def save(image: Image.Image) -> tuple[MaskFile, Callable[[str], Path]]:
        path = tmp_path / "mask.png"
        image.save(path)
        return MaskFile(sha256=hashlib.sha256(path.read_bytes()).hexdigest()), lambda sha256: path

    return save


def no_file(sha256: str) -> Path:
    raise AssertionError("no mask file is asked for")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(1, 90), st.integers(1, 60), st.integers(8, 90), st.integers(8, 60), st.data(),
)  # fmt: skip
def test_outside_of_any_box_nothing_changes_whatever_the_sizes(
    width: int, height: int, drawn_width: int, drawn_height: int, data: st.DataObject
) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    w, h = data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
    source = noise(width, height)
    request = ask(MaskBox(box=(x, y, w, h)), drawn_width, drawn_height)
    result = masking.draw(FakeBackend(), request, source, None, masking.Masks(no_file))
    assert (result.width, result.height) == (width, height)
    mask = Image.new("L", (width, height))
    mask.paste(255, (x, y, x + w, y + h))
    assert outside_is_the_same(image_of(source), image_of(result), mask)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 50), st.integers(1, 40), st.integers(0, 120), st.integers(0, 120))
def test_a_wider_picture_holds_the_old_one_untouched(width: int, height: int, left: int, right: int) -> None:
    source = noise(width, height)
    request = ask(MaskMargins(left=left, right=right))
    if left + right == 0:
        with pytest.raises(PanelFailed, match="one pixel or more"):
            masking.draw(FakeBackend(), request, source, None, masking.Masks(no_file))
        return
    result = image_of(masking.draw(FakeBackend(), request, source, None, masking.Masks(no_file)))
    assert result.size == (left + width + right, height)
    assert result.crop((left, 0, left + width, height)).tobytes() == source.data


def test_inside_the_drawing_shows_in_full_and_the_seam_is_soft(painted: Any) -> None:
    source = Pixels(256, 256, bytes(3 * 256 * 256))
    mask = Image.new("L", (256, 256))
    mask.paste(255, (64, 64, 192, 192))
    file, files = painted(mask)
    result = image_of(masking.draw(White(), ask(file, 256, 256), source, None, masking.Masks(files)))
    row = [result.getpixel((x, 128))[0] for x in range(60, 80)]  # type: ignore[index]
    assert row[:4] == [0, 0, 0, 0]
    assert row[-1] == 255
    assert row == sorted(row)
    assert any(0 < value < 255 for value in row)


class White(FakeBackend):
    """Draws white only."""

    def render(self, request: RenderRequest, *rest: Any) -> Pixels:
        return Pixels(request.width, request.height, b"\xff" * (3 * request.width * request.height))


def test_grey_in_a_mask_blends(painted: Any) -> None:
    file, files = painted(Image.new("L", (32, 16), 128))
    result = masking.draw(White(), ask(file), Pixels(32, 16, bytes(3 * 32 * 16)), None, masking.Masks(files))
    assert set(result.data) <= set(range(0, 130))
    assert max(result.data) > 0


def test_a_mask_of_another_size_or_of_nothing_fails_with_the_reason(painted: Any) -> None:
    file, files = painted(Image.new("L", (31, 16), 255))
    with pytest.raises(PanelFailed, match="its mask has 31 × 16 pixels, and the picture 32 × 16"):
        masking.draw(FakeBackend(), ask(file), noise(32, 16), None, masking.Masks(files))
    file, files = painted(Image.new("L", (32, 16), 0))
    with pytest.raises(PanelFailed, match="covers nothing"):
        masking.draw(FakeBackend(), ask(file), noise(32, 16), None, masking.Masks(files))


def test_a_family_that_can_t_says_so_before_anything_is_loaded(
    make_model: Callable[..., Path], monkeypatch: Any
) -> None:
    from dataclasses import replace

    folder = make_model()
    request = ask(MaskBox(box=(0, 0, 4, 4)))
    families.check_requests([request], ModelSource(folder=folder))
    lacking = replace(FAMILIES["StableDiffusionPipeline"], name="Tiny", masks=False)
    monkeypatch.setitem(FAMILIES, "StableDiffusionPipeline", lacking)
    with pytest.raises(MissingError, match="Tiny can't draw a part of a picture anew"):
        families.check_requests([request], ModelSource(folder=folder))


def some_mask(number: int, size: tuple[int, int], chance: random.Random) -> tuple[Mask | None, Image.Image]:
    """A box or a painted mask: blobs, hard and soft, large and small. A painted one is still to be saved."""
    width, height = size
    mask = Image.new("L", size)
    if number % 3 == 0:
        x, y = chance.randrange(width - 8), chance.randrange(height - 8)
        w, h = chance.randrange(8, width - x + 1), chance.randrange(8, height - y + 1)
        mask.paste(255, (x, y, x + w, y + h))
        return MaskBox(box=(x, y, w, h)), mask
    draw = ImageDraw.Draw(mask)
    for _ in range(chance.randrange(1, 5)):
        x, y = chance.randrange(width), chance.randrange(height)
        reach = chance.randrange(6, height // 2)
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=chance.choice((255, 255, 128, 1)))
    return None, mask


def test_fifty_masks_with_the_model_that_really_draws(painted: Any) -> None:
    spec, source = families.resolve("embedded")
    backend = DiffusersBackend(BackendSpec("diffusers", source, "cpu"), print)
    side = spec.multiple
    chance = random.Random(5)
    changed = 0
    for number in range(50):
        drawn = 4 * side, 2 * side
        # Every second picture is of another size than what the model draws.
        size = drawn if number % 2 else (chance.randrange(90, 502), chance.randrange(60, 251))
        if number % 10 > 7:
            left, right = chance.choice(((0, 33), (41, 0), (7, 190)))
            old = noise(*size, seed=number)
            request = ask(
                MaskMargins(left=left, right=right), *drawn, backend="diffusers", model=spec.identity, seed=number
            )
            wider = image_of(masking.draw(backend, request, old, None, masking.Masks(no_file)))
            assert wider.size == (left + size[0] + right, size[1])
            assert wider.crop((left, 0, left + size[0], size[1])).tobytes() == old.data, number
            changed += 1
            continue
        mask, picture = some_mask(number, size, chance)
        files: Callable[[str], Path] = no_file
        if mask is None:
            mask, files = painted(picture)
        old = noise(*size, seed=number)
        request = ask(
            mask, *drawn, backend="diffusers", model=spec.identity, sampler=spec.sampler, seed=number, strength=0.6
        )
        result = masking.draw(backend, request, old, None, masking.Masks(files))
        assert (result.width, result.height) == size
        assert outside_is_the_same(image_of(old), image_of(result), picture), number
        changed += result != old
        if number < 3:
            assert masking.draw(backend, request, old, None, masking.Masks(files)) == result, "the same bytes again"
    assert changed >= 45, "what the mask covers is drawn anew"


@pytest.mark.parametrize("sampler", ["ddim", "euler", "euler-a", "dpm++", "unipc", "lcm"])
def test_what_is_drawn_grows_out_of_what_stays(tiny_source: ModelSource, sampler: str) -> None:
    """Outside of the mask the model's own drawing is the source's too, as far as its autoencoder carries it."""
    backend = DiffusersBackend(BackendSpec("diffusers", tiny_source, "cpu"), print)
    plain = request_for(backend="diffusers", sampler=sampler, steps=6)
    source = backend.render(plain, None)
    whole = plain.model_copy(update={"seed": 2, "init": Init(kind="asset", source="0", strength=0.9)})
    part = ask(MaskBox(box=(0, 0, 16, 16)), backend="diffusers", sampler=sampler, steps=6, seed=2, strength=0.9)
    stencil = masking.masked(part, source, masking.Masks(no_file))
    kept = backend.render(part, stencil.start, None, stencil.start_mask)
    free = backend.render(whole, source)

    def apart(one: Pixels) -> float:
        right = (24, 0, 32, 16)
        a, b = image_of(one).crop(right).tobytes(), image_of(source).crop(right).tobytes()
        return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)

    assert apart(kept) < apart(free)
