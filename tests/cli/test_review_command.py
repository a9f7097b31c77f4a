"""``novel review`` as a user calls it, with a judge of real architecture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_judges import write_judge

from novel.cli.app import run

Novel = Callable[..., object]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_judge(tmp_path_factory.mktemp("judge") / "clip")


def test_a_built_story_is_reviewed(
    novel: Novel,
    story_file: Path,
    judge: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert novel("build", story_file, "--to", "html").returncode == 0  # type: ignore[attr-defined]
    done = novel("review", story_file, "--judge", judge)
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]
    lines = done.stdout.splitlines()  # type: ignore[attr-defined]
    assert lines[0].split()[:5] == ["found", "cross", "self", "others", "prompt"]
    assert any(line.split()[:4] == ["jon", "0", "of", "2"] for line in lines)
    assert "  second: ann not found in the picture" in lines
    assert f"      novel retake {story_file} second" in lines
    sheets = story_file.parent / "output" / "story" / "review"
    assert f"Contact sheets: {Path('output/story/review/index.html')}" in done.stderr  # type: ignore[attr-defined]
    assert {p.name for p in sheets.iterdir()} == {
        "index.html", "character-jon.html", "character-ann.html", "place-lab.html", "style.html",
    }  # fmt: skip

    monkeypatch.chdir(story_file.parent)
    assert run(["review", str(story_file), "--judge", str(judge), "--json", "--quiet"]) == 0
    told = capsys.readouterr()
    data = json.loads(told.out)
    assert told.err == ""
    assert data["judge"]["identity"].startswith("sha256:")
    assert data["places"][0]["found"] == 2
    assert 0 < data["style"][0]["self"] <= 1
    # The same figures as in the table, from another process.
    style = next(line for line in lines if line.startswith("style: "))
    assert f"{data['style'][0]['self']:.2f}" in style.split()


def test_what_is_missing_is_said_with_its_cure(novel: Novel, story_file: Path, judge: Path) -> None:
    done = novel("review", story_file, "--judge", judge)
    assert done.returncode == 4  # type: ignore[attr-defined]
    assert "3 of the story's 3 pictures are not drawn yet: first, second, third." in done.stderr  # type: ignore[attr-defined]
    assert "novel build" in done.stderr  # type: ignore[attr-defined]
    assert not (story_file.parent / "output").exists()
    done = novel("review", story_file, "--judge", "./nobody")
    assert done.returncode == 4  # type: ignore[attr-defined]
    assert "There is no judge './nobody'." in done.stderr  # type: ignore[attr-defined]
