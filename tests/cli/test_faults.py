"""What goes wrong for users, through the whole tool: the exit code, the message, and nothing else broken.

Each case is run by the command line in this process; a traceback or a word on standard output fails it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from novel.cli import main

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(story_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a verb on the story; gives the exit code and what was said on standard error."""
    monkeypatch.chdir(story_file.parent)

    def call(verb: str = "check", *arguments: str) -> tuple[int, str]:
        code = main([verb, "story.yaml", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        if code:
            assert said.out == ""
        return code, said.err

    return call


def change(story: Path, old: str, new: str) -> None:
    text = story.read_text()
    assert old in text
    story.write_text(text.replace(old, new, 1))


def where(story: Path, words: str) -> str:
    """``story.yaml:line:`` of the first line with these words."""
    lines = story.read_text().splitlines()
    return f"story.yaml:{next(i for i, line in enumerate(lines, 1) if words in line)}:"


def png(width: int = 8, height: int = 8, body: bytes | None = None) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x80" * (3 * width)) * height) if body is None else body
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_an_unknown_key_gets_the_nearest_one(run: Run, story_file: Path) -> None:  # row 1
    change(story_file, "    panels:", "    pannels:")
    code, said = run()
    assert code == 3
    assert where(story_file, "pannels") in said
    assert "panels" in said.split("pannels", 1)[1]


def test_a_key_twice_is_shown_with_both_places(run: Run, story_file: Path) -> None:  # row 2
    change(story_file, "author: Nobody", "author: Nobody\nauthor: Somebody")
    code, said = run()
    assert code == 3
    assert where(story_file, "author: Somebody") in said
    assert "line 3" in said or ":3" in said


def test_a_character_named_no_stays_text(run: Run, story_file: Path) -> None:  # row 3
    change(story_file, "name: Jon,", "name: No,")
    code, _ = run("build")
    assert code == 0
    record = json.loads((story_file.parent / "output/story/build.json").read_text())
    assert record["rendered"] == 3
    page = (story_file.parent / "output/story/story.html").read_text()
    assert "No and Ann" in page
    assert "False" not in page


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))


def test_an_alias_bomb_ends_fast_and_small(story_file: Path) -> None:  # row 4
    story_file.write_text(BOMB + story_file.read_text())
    limit = 1 << 30

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    began = time.process_time()
    done = subprocess.run(
        [sys.executable, "-m", "novel", "check", str(story_file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=small,
    )
    assert done.returncode == 3, done.stderr
    assert time.process_time() - began < 5


@pytest.mark.parametrize("text", ["[" * 2000 + "]" * 2000, "title: " + "[" * 2000, "{a: " * 2000])
def test_deep_nesting_is_refused(run: Run, story_file: Path, text: str) -> None:  # row 5
    story_file.write_text(text)
    assert run()[0] == 3


def test_a_python_tag_runs_nothing(run: Run, story_file: Path) -> None:  # row 6
    change(story_file, "title: A Small Story", 'title: !!python/object/apply:os.system ["touch canary"]')
    code, said = run()
    assert code == 7
    assert where(story_file, "!!python") in said
    assert not (story_file.parent / "canary").exists()


def test_conflict_markers_are_named(run: Run, story_file: Path) -> None:  # row 7
    change(story_file, "seed: 7", "<<<<<<< HEAD\nseed: 7\n=======\nseed: 8\n>>>>>>> other")
    code, said = run()
    assert code == 3
    assert "conflict" in said
    assert where(story_file, "<<<<<<<") in said


def test_bom_and_crlf_are_fine_and_a_tab_is_located(run: Run, story_file: Path) -> None:  # row 8
    good = story_file.read_text()
    story_file.write_bytes(b"\xef\xbb\xbf" + good.replace("\n", "\r\n").encode())
    assert run()[0] == 0
    story_file.write_text(good.replace("        place: lab", "\tplace: lab", 1))
    code, said = run()
    assert code == 3
    assert where(story_file, "\tplace") in said


@pytest.mark.parametrize("bad", [b"\xe9", b"\0"])
def test_bytes_that_are_no_text_are_named_by_offset(run: Run, story_file: Path, bad: bytes) -> None:  # row 9
    data = story_file.read_bytes()
    at = data.index(b"Small")
    story_file.write_bytes(data[:at] + bad + data[at:])
    code, said = run()
    assert code == 3
    assert str(at) in said.replace(",", "")


def test_an_empty_and_a_huge_story(run: Run, story_file: Path) -> None:  # row 10
    story_file.write_text("")
    assert run()[0] == 3
    story_file.write_bytes(b"# " + b"x" * (50 << 20))
    code, said = run()
    assert code == 3
    assert "MB" in said or "MiB" in said


def test_an_undefined_character_gets_the_nearest_name(run: Run, story_file: Path) -> None:  # row 12
    change(story_file, "- jon: Is", "- jno: Is")
    code, said = run()
    assert code == 3
    assert where(story_file, "jno: Is") in said
    assert "jon" in said


def test_markup_in_words_comes_out_verbatim(run: Run, story_file: Path) -> None:  # rows 13, 14
    (story_file.parent / "styles/test.yaml").write_text(
        "name: Test\nart: {model: fake, steps: 2}\nlettering: {caps: false}\n"
    )
    change(story_file, "Is anybody there?", "I <3 you & <b>")
    change(story_file, "title: A Small Story", "title: <script>alert(1)</script>")
    assert run("build")[0] == 0
    folder = story_file.parent / "output/story"
    page = (folder / "story.html").read_text()
    assert "I &lt;3 you &amp; &lt;b&gt;" in page
    assert "<script>alert" not in page
    if shutil.which("pdftotext"):
        words = subprocess.run(
            ["pdftotext", str(folder / "story.pdf"), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert "I <3 you & <b>" in " ".join(words.split())
        assert "<script>alert(1)</script>" in words.replace("\n", "").lower()


@pytest.mark.parametrize("sign", ["\ue123", "\U000f1234"])
def test_a_sign_that_no_font_has_is_named(run: Run, story_file: Path, sign: str) -> None:  # row 15
    change(story_file, "Is anybody there?", f"Is anybody {sign} there?")
    code, said = run()
    assert code == 3
    assert f"U+{ord(sign):04X}" in said
    assert where(story_file, sign) in said


def test_five_thousand_words_in_a_balloon_are_an_error(run: Run, story_file: Path) -> None:  # row 16
    change(story_file, "Is anybody there?", "word " * 5000)
    code, said = run()
    assert code in (3, 8)
    assert where(story_file, "word word") in said


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "C:\\secret.png", "..\\up.png"])
def test_an_asset_outside_the_folder_is_refused(run: Run, story_file: Path, path: str) -> None:  # row 17
    change(story_file, "prompt: a robot", f"image: '{path}'")
    code, said = run()
    assert code == 7
    assert where(story_file, "image:") in said


def test_a_link_out_of_the_folder_and_a_pipe_are_refused(
    run: Run, story_file: Path, tmp_path_factory
) -> None:  # 18, 19
    outside = tmp_path_factory.mktemp("outside") / "x.png"
    outside.write_bytes(png())
    (story_file.parent / "x.png").symlink_to(outside)
    change(story_file, "prompt: a robot", "image: x.png")
    assert run()[0] == 7
    (story_file.parent / "x.png").unlink()
    os.mkfifo(story_file.parent / "x.png")
    assert run()[0] == 7


def test_a_picture_from_the_net_is_refused_and_no_socket_opened(
    run: Run, story_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # row 20
    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    change(story_file, "prompt: a robot", "image: https://example.com/x.png")
    assert run("build")[0] == 7


def test_a_picture_that_is_cut_off_or_mislabelled_is_named(run: Run, story_file: Path) -> None:  # row 22
    change(story_file, "prompt: a robot", "image: x.png")
    for data in (png()[:-20], b"\xff\xd8\xff\xe0" + b"\0" * 64, b"no picture at all"):
        (story_file.parent / "x.png").write_bytes(data)
        code, said = run("build")
        assert code == 3
        assert "x.png" in said
    (story_file.parent / "x.png").write_bytes(png(64, 32))
    assert run("build")[0] == 0
    assert (story_file.parent / "output/story/panels/second.png").exists()


def test_a_pickled_adapter_is_never_opened(run: Run, story_file: Path) -> None:  # row 25
    canary = story_file.parent / "canary"
    (story_file.parent / "jon.ckpt").write_bytes(b"cos\nsystem\n(S'touch " + str(canary).encode() + b"'\ntR.")
    change(story_file, "wearing a blue shirt}", "wearing a blue shirt, adapter: {path: jon.ckpt}}")
    code, said = run("build")
    assert code == 7
    assert "safetensors" in said
    assert not canary.exists()


def test_an_adapter_for_another_base_names_both(run: Run, story_file: Path) -> None:  # row 27
    header = json.dumps(
        {
            f"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_{side}.weight": {
                "dtype": "F32",
                "shape": shape,
                "data_offsets": span,
            }
            for side, shape, span in (("A", [1, 768], [0, 3072]), ("B", [320, 1], [3072, 4352]))
        }
    ).encode()
    (story_file.parent / "jon.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4352)
    change(story_file, "wearing a blue shirt}", "wearing a blue shirt, adapter: {path: jon.safetensors}}")
    code, said = run("build", "--model", "embedded")
    assert code == 4
    assert "jon.safetensors" in said
    assert "embedded" in said


def test_a_model_folder_with_code_is_refused(run: Run, story_file: Path) -> None:  # row 28
    from novel.embedded import WEIGHTS

    folder = story_file.parent / "model"
    shutil.copytree(WEIGHTS, folder)
    (folder / "pipeline.py").write_text("raise SystemExit('ran')")
    code, said = run("build", "--model", "./model")
    assert code == 7
    assert "pipeline.py" in said


def test_a_half_downloaded_model_lists_what_is_missing(run: Run, story_file: Path) -> None:  # row 29
    from novel.embedded import WEIGHTS

    folder = story_file.parent / "model"
    shutil.copytree(WEIGHTS, folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "scheduler" / "scheduler_config.json").unlink()
    code, said = run("build", "--model", "./model")
    assert code == 4
    assert "unet/diffusion_pytorch_model.safetensors" in said
    assert "scheduler/scheduler_config.json" in said


def test_a_hub_model_that_is_not_here_says_how_to_get_it(
    run: Run, story_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # row 30
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(story_file.parent / "hub"))
    code, said = run("build", "--model", "stabilityai/stable-diffusion-xl-base-1.0")
    assert code == 4
    assert "hf download stabilityai/stable-diffusion-xl-base-1.0" in said


def test_ctrl_c_twice_ends_with_130_and_keeps_what_is_done(story_file: Path) -> None:  # row 32
    panels = "".join(f"      - id: extra-{i}\n        prompt: a cat {i}\n" for i in range(1500))
    story_file.write_text(story_file.read_text() + panels)
    process = subprocess.Popen(
        [sys.executable, "-m", "novel", "build", str(story_file)],
        cwd=story_file.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests themselves run in the background, an interrupt would be ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    entries = story_file.parent / "output" / ".store" / "entries"
    deadline = time.monotonic() + 60
    while len(list(entries.glob("*/*.entry"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert out == ""
    assert "Traceback" not in said
    assert len(list(entries.glob("*/*.entry"))) >= 3


def test_a_full_disk_leaves_the_old_book(run: Run, story_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # row 33
    assert run("build")[0] == 0
    folder = story_file.parent / "output" / "story"
    old = {p: p.read_bytes() for p in folder.rglob("*.*") if p.is_file()}
    change(story_file, "Late.", "Later.")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, said = run("build")
    assert code == 5
    assert "space" in said.lower()
    assert {p: p.read_bytes() for p in folder.rglob("*.*") if p.is_file()} == old


@pytest.mark.parametrize("damage", ["zeroed", "flipped", "cut"])
def test_a_damaged_picture_is_told_and_drawn_again(run: Run, story_file: Path, damage: str) -> None:  # row 34
    assert run("build")[0] == 0
    folder = story_file.parent / "output"
    book = (folder / "story" / "story.pdf").read_bytes()
    entry = max((folder / ".store" / "entries").glob("*/*.entry"), key=lambda p: p.stat().st_size)
    data = entry.read_bytes()
    broken = {
        "zeroed": b"\0" * len(data),
        "flipped": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        "cut": data[: len(data) // 2],
    }[damage]
    entry.write_bytes(broken)
    code, said = run("build")
    assert code == 0
    assert "damaged" in said
    assert (folder / "story" / "story.pdf").read_bytes() == book
