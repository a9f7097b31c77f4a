"""Files that a story names: inside its folder, ordinary, whole, and what they claim to be."""

from __future__ import annotations

import io
import os
import socket
import struct
import time

import pytest
from PIL import Image

from novel.story.images import check_image

REFUSED = [
    ("../../etc/passwd", "leads out"),
    ("refs/../../x.png", "leads out"),
    ("/etc/passwd", "absolute"),
    ("//host/share/x.png", "absolute"),
    ("~/x.png", "absolute"),
    ("C:\\x.png", "absolute"),
    ("C:/x.png", "absolute"),
    ("\\\\host\\x.png", "absolute"),
    ("refs\\x.png", "backslash"),
    ("https://example.org/x.png", "URL"),
    ("file:///etc/passwd", "URL"),
    ("data:image/png;base64,AAAA", "URL"),
]


def panel(head: str, image: str) -> str:
    return f"{head}      - {{id: own, image: '{image}'}}\n"


@pytest.fixture
def no_sockets(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize(("path", "said"), REFUSED)
@pytest.mark.usefixtures("no_sockets")
def test_paths_out_of_the_folder_are_refused(fault, head, path, said):
    error = fault(panel(head, path))
    assert (error.line, error.column, error.exit_code) == (15, 26, 7)
    assert said in error.message


def test_a_path_may_wander_within_the_folder(folder, load, head, make_png):
    (folder / "refs").mkdir()
    (folder / "a.png").write_bytes(make_png())
    book = load(panel(head, "refs/../a.png"))
    assert book.story_asset("refs/../a.png") == folder.resolve() / "a.png"


def test_links(folder, tmp_path_factory, fault, load, head, make_png):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x.png").write_bytes(make_png())
    (folder / "in.png").write_bytes(make_png())
    (folder / "out-link.png").symlink_to(outside / "x.png")
    (folder / "out").symlink_to(outside)
    (folder / "in-link.png").symlink_to("in.png")
    assert load(panel(head, "in-link.png"))
    for path in ("out-link.png", "out/x.png"):
        error = fault(panel(head, path))
        assert (error.exit_code, error.line) == (7, 15)
        assert "through a link" in error.message


def test_a_link_to_itself(folder, fault, head):
    (folder / "round.png").symlink_to("round.png")
    assert fault(panel(head, "round.png")).line == 15


def test_missing_with_a_near_name(folder, fault, head, make_png):
    (folder / "bird.png").write_bytes(make_png())
    (folder / "bird.txt").write_text("")
    error = fault(panel(head, "brid.png"))
    assert (error.line, error.column, error.exit_code, error.code) == (15, 26, 3, "missing-file")
    assert error.hint == "Did you mean `bird.png`?"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_ordinary_file(folder, fault, head, kind):
    target = folder / "x.png"
    if kind == "pipe":
        os.mkfifo(target)
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to("/dev/zero")
    before = time.monotonic()
    assert fault(panel(head, "x.png")).exit_code == 7
    assert time.monotonic() - before < 5


def saved(form: str, **options: object) -> bytes:
    picture = Image.effect_noise((40, 30), 60).convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


WHOLE = {
    "png": (".png", lambda: saved("PNG")),
    "jpeg": (".jpg", lambda: saved("JPEG")),
    "progressive": (".JPEG", lambda: saved("JPEG", progressive=True)),
    "webp": (".webp", lambda: saved("WEBP")),
    "lossless": (".webp", lambda: saved("WEBP", lossless=True)),
}


@pytest.mark.parametrize("form", WHOLE)
def test_whole_pictures_pass_and_every_cut_is_seen(form):
    suffix, make = WHOLE[form]
    data = make()
    assert check_image(io.BytesIO(data), f"x{suffix}") == (40, 30)
    from novel.story.faults import AssetFault

    for end in range(0, len(data) - 1, 7):
        with pytest.raises(AssetFault) as caught:
            check_image(io.BytesIO(data[:end]), f"x{suffix}")
        assert caught.value.exit_code == 3


def test_a_jpeg_with_a_thumbnail_that_ends_early():
    # The thumbnail in the metadata has an end of its own; the picture's must be found behind its own data.
    thumb = saved("JPEG")
    data = saved("JPEG")
    exif = b"\xff\xe1" + struct.pack(">H", 2 + 6 + len(thumb)) + b"Exif\0\0" + thumb
    whole = data[:2] + exif + data[2:]
    assert check_image(io.BytesIO(whole), "x.jpg") == (40, 30)
    from novel.story.faults import AssetFault

    with pytest.raises(AssetFault):
        check_image(io.BytesIO(whole[:-40]), "x.jpg")


@pytest.mark.parametrize(
    ("name", "data", "code", "said"),
    [
        ("x.png", saved("JPEG"), 3, "holds a JPEG"),
        ("x.jpg", saved("PNG"), 3, "holds a PNG"),
        ("x.webp", saved("PNG"), 3, "holds a PNG"),
        ("x.png", b"hello", 3, "no PNG"),
        ("x.png", b"", 3, "empty"),
        ("x.gif", saved("GIF"), 3, "no PNG, JPEG or WebP"),
        ("x.png", saved("PNG")[:-5] + b"XXXXX", 3, "checksum"),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 7, "SVG"),
        ("x.png", b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg/>", 7, "SVG"),
        ("x.png", b"\xef\xbb\xbf  <SVG onload='x'/>", 7, "SVG"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_pictures_that_are_not_what_they_claim(folder, fault, head, name, data, code, said):
    (folder / name).write_bytes(data)
    error = fault(panel(head, name))
    assert (error.line, error.exit_code) == (15, code)
    assert said in error.message
    assert name in error.message


def test_a_small_file_with_a_hundred_megapixels(folder, fault, head, make_png):
    data = make_png(10_000, 10_000)
    assert len(data) < 12_000
    (folder / "x.png").write_bytes(data)
    error = fault(panel(head, "x.png"))
    assert error.exit_code == 7
    assert "100 megapixels; the limit is 64" in error.message


class TestAdapters:
    def story(self, head: str, path: str) -> str:
        return head.replace("ann: {look: a woman}", f"ann: {{look: a woman, adapter: {{path: {path}}}}}")

    @pytest.mark.parametrize("suffix", ["pt", "ckpt", "bin", "pth", "pkl"])
    def test_other_formats_are_never_opened(self, folder, fault, head, suffix, monkeypatch):
        file = folder / f"jon.{suffix}"
        file.write_bytes(b"cos\nsystem\n(S'touch canary'\ntR.")
        opened = []
        real = os.open
        monkeypatch.setattr(os, "open", lambda path, *rest, **more: opened.append(path) or real(path, *rest, **more))
        error = fault(self.story(head, f"jon.{suffix}"))
        assert (error.line, error.column, error.exit_code) == (5, 40, 7)
        assert "safetensors" in error.message
        assert not [path for path in opened if str(path).endswith(suffix)]
        assert not (folder / "canary").exists()

    @pytest.mark.parametrize(
        ("header", "said"),
        [
            (b"[" * 5000, "no JSON"),
            (b"not json", "no JSON"),
            (b"[]", "no table"),
            (b'{"a": 1}', "doesn't describe"),
            (b'{"a": {}, "a": {}}', "no JSON"),
            ({"a": {"dtype": "F99", "shape": [4], "data_offsets": [0, 16]}}, "doesn't describe"),
            ({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 12]}}, "another size"),
            ({"a": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}}, "impossible"),
            ({"a": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}}, "impossible"),
            ({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, "impossible"),
            ({"a": {"dtype": "F32", "shape": 7, "data_offsets": [0, 16]}}, "doesn't describe"),
            ({"a": {"dtype": "F32", "shape": "ab", "data_offsets": [0, 16]}}, "impossible"),
            ({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]},
              "b": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}, "overlap"),
            ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}, "holes"),
            ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, "don't fill"),
            ({"a": {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]}}, "don't fill"),
        ],
        ids=str,
    )  # fmt: skip
    def test_unsound_headers(self, folder, fault, head, make_safetensors, header, said):
        (folder / "a.safetensors").write_bytes(make_safetensors(header))
        error = fault(self.story(head, "a.safetensors"))
        assert (error.line, error.exit_code) == (5, 7)
        assert said in error.message

    @pytest.mark.parametrize("length", [2**63, 2**40, 20_000_000])
    def test_huge_headers_are_refused_at_once(self, folder, fault, head, length):
        with (folder / "a.safetensors").open("wb") as file:
            file.write(struct.pack("<Q", length))
            file.truncate(30_000_000)
        before = time.process_time()
        assert fault(self.story(head, "a.safetensors")).exit_code == 7
        assert time.process_time() - before < 2

    def test_a_pickle_under_another_name(self, folder, fault, head):
        (folder / "a.safetensors").write_bytes(b"\x80\x04\x95" + b"\0" * 40)
        assert fault(self.story(head, "a.safetensors")).exit_code == 7

    def test_no_tensors(self, folder, fault, head, make_safetensors):
        (folder / "a.safetensors").write_bytes(make_safetensors({"__metadata__": {"a": "b"}}, b""))
        assert fault(self.story(head, "a.safetensors")).exit_code == 3


def test_a_styles_files_are_checked_in_the_styles_folder(folder, faults, head, make_png):
    (folder / "anchor.png").write_bytes(make_png())  # beside the story, not beside the style
    (folder / "styles" / "f.ttf").write_bytes(b"no font")
    (folder / "styles" / "plain.yaml").write_text(
        "art:\n  adapters:\n    - {path: ../a.safetensors}\n  anchor: {image: anchor.png}\n"
        "lettering:\n  font: f.ttf\n  fallback: [noto, ../g.ttf]\n"
    )
    found = [(d.line, d.column, d.code, d.exit_code) for d in faults(head).diagnostics]
    assert found == [
        (3, 14, "unsafe-path", 7),
        (4, 19, "missing-file", 3),
        (6, 9, "bad-font", 3),
        (7, 20, "unsafe-path", 7),
    ]


def test_every_reference_has_its_own_place(folder, faults, head, make_png):
    (folder / "a.png").write_bytes(make_png())
    text = head.replace("ann: {look: a woman}", "ann: {look: a woman, references: [a.png, b.png, ../c.png]}")
    assert [(d.column, d.code) for d in faults(text).diagnostics] == [(44, "missing-file"), (51, "unsafe-path")]


def test_the_png_helper_makes_true_pngs(make_png):
    with Image.open(io.BytesIO(make_png())) as picture:
        picture.load()
