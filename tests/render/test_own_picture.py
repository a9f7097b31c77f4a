"""A writer's own picture: taken as it looks, refused where it is dangerous, named where it is broken."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from novel.errors import DiagnosticsError, FileError, RefusedError
from novel.render.own_picture import picture_from_file


def pixel(png: bytes, at: tuple[int, int] = (0, 0)) -> tuple[int, ...]:
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "RGB"
        value = image.getpixel(at)
        assert isinstance(value, tuple)
        return value


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.jpeg", "a.webp", "A.PNG"])
def test_the_three_formats_are_read(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (20, 10), (200, 30, 40)).save(tmp_path / name, quality=100)
    picture = picture_from_file(tmp_path / name)
    assert (picture.width, picture.height) == (20, 10)
    assert max(abs(a - b) for a, b in zip(pixel(picture.png), (200, 30, 40), strict=True)) <= 4
    assert picture_from_file(tmp_path / name) == picture


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert pixel(picture_from_file(tmp_path / "a.png").png) == (255, 255, 255)
    Image.new("RGBA", (2, 2), (0, 0, 0, 128)).save(tmp_path / "a.png")
    assert pixel(picture_from_file(tmp_path / "a.png").png)[0] in (127, 128)


def test_a_turned_photograph_stands_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (20, 10), "red")
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.jpg", exif=exif)
    picture = picture_from_file(tmp_path / "a.jpg")
    assert (picture.width, picture.height) == (10, 20)


def test_a_colour_profile_is_obeyed_and_a_broken_one_ignored(tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 4), (200, 30, 40))
    image.save(tmp_path / "a.png", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert (
        max(abs(a - b) for a, b in zip(pixel(picture_from_file(tmp_path / "a.png").png), (200, 30, 40), strict=True))
        <= 2
    )
    image.save(tmp_path / "b.png", icc_profile=b"no profile at all")
    assert pixel(picture_from_file(tmp_path / "b.png").png) == (200, 30, 40)


def test_no_metadata_comes_along(tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 4), "red")
    exif = image.getexif()
    exif[0x010E] = "home address"
    image.save(tmp_path / "a.png", exif=exif)
    assert b"home address" not in picture_from_file(tmp_path / "a.png").png


@pytest.mark.parametrize("kept", [0, 8, 30, 60, -200])
def test_a_truncated_file_is_named(tmp_path: Path, kept: int) -> None:
    image = Image.effect_noise((40, 40), 50)
    image.save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:kept])
    with pytest.raises(DiagnosticsError, match=r"cut\.png") as caught:
        picture_from_file(tmp_path / "cut.png")
    assert caught.value.exit_code == 3


def test_a_mislabelled_file_is_named_with_its_right_ending(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", "JPEG")
    with pytest.raises(DiagnosticsError, match=r"\.jpg"):
        picture_from_file(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("a text")
    with pytest.raises(DiagnosticsError, match=r"b\.png"):
        picture_from_file(tmp_path / "b.png")


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (60_000, 60_000)])
def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused(tmp_path: Path, width: int, height: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(RefusedError, match="64,000,000"):
        picture_from_file(tmp_path / "bomb.png")


def test_svg_and_other_formats_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    with pytest.raises(RefusedError, match="SVG"):
        picture_from_file(tmp_path / "a.svg")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.tiff")
    with pytest.raises(DiagnosticsError):
        picture_from_file(tmp_path / "a.tiff")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_a_device_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "b.png").symlink_to("/dev/zero")
    for name in ("a.png", "b.png"):
        with pytest.raises(RefusedError, match="ordinary"):
            picture_from_file(tmp_path / name)


def test_an_absent_file_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        picture_from_file(tmp_path / "none.png")
