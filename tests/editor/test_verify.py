"""Pictures drawn anew and compared: what is the same, what is near, what differs, and what changed in the stack."""

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from novel.build import build
from novel.cli import verify as cli
from novel.editor.verify import NEAR_MEAN, NEAR_SQUARE, Verified, difference, spread, verify
from novel.errors import MissingError, UsageError
from novel.prepare import Choices, prepare
from novel.render import png
from novel.render.backend import Pixels
from novel.render.progress import PlainLines, Quiet


def state(folder: Path) -> dict[str, str]:
    """Every file's hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def out(story_file: Path) -> Path:
    """The output folder of a story that was built once."""
    out = story_file.parent / "out"
    build(story_file, Choices(out=out, formats=("html",)), Quiet(io.StringIO()))
    return out


def verified(story: Path, out: Path, *panels: str, sample: int | None = None, **choices: object) -> Verified:
    return verify(story, Choices(out=out, **choices), panels, sample, Quiet(io.StringIO()))  # type: ignore[arg-type]


def redrawn_as(story: Path, out: Path, panel: str, change: Callable[[bytearray], None], **recipe: str) -> None:
    """As if another stack had drawn a panel's picture, a little otherwise."""
    made = prepare(story, Choices(out=out))
    request = made.plan.requests[panel]
    entry = made.store.get(request.key)
    assert entry is not None
    pixels = png.decode(entry.payload)
    data = bytearray(pixels.data)
    change(data)
    payload = png.encode(Pixels(pixels.width, pixels.height, bytes(data)), request, {**entry.meta["recipe"], **recipe})
    made.store.put(request.key, payload, entry.meta)


def results(found: Verified) -> dict[str, str]:
    return {compared.panel: compared.result for compared in found.panels}


def test_what_this_machine_drew_is_identical_and_nothing_changes(story_file: Path, out: Path) -> None:
    before = state(story_file.parent)
    found = verified(story_file, out)
    assert results(found) == {"first": "identical", "second": "identical", "third": "identical"}
    assert found.exit_code == 0
    assert found.changed == {}
    assert state(story_file.parent) == before


def a_little(data: bytearray) -> None:
    for at in range(0, len(data), 3):
        data[at] ^= 1


def in_one_place(data: bytearray) -> None:
    row = len(data) // 192
    for start in range(0, 16 * row, row):
        data[start : start + 48] = bytes(value ^ 64 for value in data[start : start + 48])


def everywhere(data: bytearray) -> None:
    data[:] = bytes(value ^ 2 for value in data)


@pytest.mark.parametrize(
    ("change", "result", "mean", "square", "most"),
    [
        (a_little, "near", 1 / 3, 1 / 3, 1),
        (in_one_place, "different", 0.2177, 64, 64),
        (everywhere, "different", 2, 2, 2),
    ],
)
def test_a_little_noise_is_near_and_more_is_not(
    story_file: Path, out: Path, change: Callable[[bytearray], None], result: str, mean: float, square: float, most: int
) -> None:
    redrawn_as(story_file, out, "first", change, torch="1.0", device="an abacus")
    found = verified(story_file, out)
    assert results(found) == {"first": result, "second": "identical", "third": "identical"}
    (first, *_) = found.panels
    assert first.difference is not None
    assert (first.difference.mean, first.difference.square) == pytest.approx((mean, square), abs=1e-3)
    assert first.difference.most == most
    assert (mean <= NEAR_MEAN and square <= NEAR_SQUARE) == (result == "near")
    assert first.changed == found.changed == {"torch": ("1.0", ""), "device": ("an abacus", "")}
    assert found.exit_code == (0 if result == "near" else 8)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (15, 40), (16, 16), (33, 47), (384, 192)])
def test_the_worst_square_is_found_wherever_it_lies(width: int, height: int) -> None:
    black = Pixels(width, height, bytes(3 * width * height))
    data = bytearray(black.data)
    data[-3:] = b"\xff\xff\xff"
    apart = difference(black, Pixels(width, height, bytes(data)))

    def last(side: int) -> int:
        return side if side < 32 else side - 16 * (side // 16 - 1)

    assert apart.most == 255
    assert apart.mean == pytest.approx(255 / (width * height))
    assert apart.square == pytest.approx(255 / (last(width) * last(height)))


def test_a_panel_starts_from_the_picture_that_is_there(story_file: Path, out: Path) -> None:
    """The beginning is the stored one, also where it would be drawn otherwise now."""
    redrawn_as(story_file, out, "second", lambda data: data.reverse())
    found = verified(story_file, out)
    assert results(found)["second"] == "different"
    assert results(found)["third"] == "different", "third was drawn from what second was before"
    assert results(verified(story_file, out, "first")) == {"first": "identical"}


def test_the_books_own_folder_serves_where_the_store_is_gone(story_file: Path, out: Path) -> None:
    import shutil

    shutil.rmtree(out / ".store")
    assert results(verified(story_file, out)) == {"first": "identical", "second": "identical", "third": "identical"}
    (out / "story" / "panels" / "second.png").unlink()
    found = verified(story_file, out)
    assert results(found) == {"first": "identical", "third": "failed"}
    assert found.left_out == {"second": "no picture yet"}
    assert "continues" in found.panels[1].reason
    assert found.exit_code == 6


def test_a_picture_without_prompts_can_be_verified(story_file: Path, out: Path) -> None:
    import shutil

    build(story_file, Choices(out=out, formats=("html",), strip_prompts=True), Quiet(io.StringIO()))
    shutil.rmtree(out / ".store")
    assert verified(story_file, out).exit_code == 0


def test_what_isnt_drawn_is_left_out_or_said_if_it_was_named(story_file: Path, out: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "mine.png")
    text = story_file.read_text().replace("prompt: a robot", "prompt: a dog")
    story_file.write_text(text + "      - id: mine\n        image: mine.png\n")
    found = verified(story_file, out)
    assert results(found) == {"first": "identical"}
    assert set(found.left_out) == {"second", "third", "mine"}
    with pytest.raises(MissingError, match=r"second \(its picture is of another state"):
        verified(story_file, out, "first", "second")
    with pytest.raises(MissingError, match="novel build"):
        verified(story_file, tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="third"):
        verified(story_file, out, "thrid")


def test_an_approved_picture_is_verified_by_its_own_recipe(story_file: Path, out: Path) -> None:
    key = prepare(story_file, Choices(out=out)).plan.requests["first"].key
    takes = f'novel: 1\npanels:\n  first:\n    approved: true\n    picture: "{key}"\n'
    story_file.with_name("story.takes.yaml").write_text(takes)
    story_file.write_text(story_file.read_text().replace("prompt: a screen", "prompt: a rocket"))
    assert prepare(story_file, Choices(out=out)).plan.kept == {"first": key}
    found = verified(story_file, out, "first")
    assert results(found) == {"first": "identical"}
    assert found.panels[0].key == key


@given(st.lists(st.integers(), unique=True, min_size=1, max_size=60), st.integers(1, 70))
def test_a_sample_is_spread_over_the_story(items: list[int], count: int) -> None:
    chosen = spread([str(item) for item in items], count)
    assert chosen == spread([str(item) for item in items], count)
    places = [items.index(int(item)) for item in chosen]
    assert places == sorted(set(places))
    assert len(places) == min(count, len(items))
    gaps = [b - a for a, b in zip([-1, *places], [*places, len(items)], strict=True)]
    assert max(gaps) <= -(-len(items) // len(places)) + 1


def test_a_sample_of_a_story(story_file: Path, out: Path) -> None:
    assert list(results(verified(story_file, out, sample=1))) == ["second"]
    assert list(results(verified(story_file, out, "first", "third", sample=9))) == ["first", "third"]


def test_the_command_prints_a_table_or_data_and_ends_with_its_code(
    story_file: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    redrawn_as(story_file, out, "first", lambda data: data.reverse(), torch="1.0\x1b[31m")
    with pytest.raises(typer.Exit) as ended:
        cli.verify(story_file, None, out=out, quiet=True)
    assert ended.value.exit_code == 8
    captured = capsys.readouterr()
    assert captured.out.splitlines()[1] == "second  identical"
    assert captured.out.startswith("first   different  differs by ")
    assert "torch then: 1.0\\x1b[31m; now: (none)" in captured.out
    assert "1 different" in captured.err
    cli.verify(story_file, ["second"], out=out, as_json=True, quiet=True)
    data = json.loads(capsys.readouterr().out)
    assert data["panels"][0]["result"] == "identical"
    assert data["panels"][0]["max_difference"] == 0
    assert data["exit_code"] == 0


def test_progress_is_told_like_a_builds(story_file: Path, out: Path) -> None:
    lines = io.StringIO()
    verify(story_file, Choices(out=out), (), 2, PlainLines(lines))
    said = lines.getvalue().splitlines()
    assert said[0] == "drawing 2 of 2 pictures"
    assert said[1].startswith("[1/2] first: ")


def test_the_embedded_model_draws_the_same_again(story_file: Path, novel) -> None:
    """In another process, and with another number of threads at least nearly."""
    assert novel("build", story_file, "--model", "embedded", "--only", "first", "-q").returncode == 0
    import subprocess
    import sys

    for threads, wanted in (("", {"identical"}), ("2", {"identical", "near"})):
        environment = {**os.environ, **({"OMP_NUM_THREADS": threads} if threads else {})}
        done = subprocess.run(
            [sys.executable, "-m", "novel", "verify", "story.yaml", "first", "--model", "embedded", "--json", "-q"],
            cwd=story_file.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert {panel["result"] for panel in json.loads(done.stdout)["panels"]} <= wanted
