"""``novel train`` from outside: what it refuses, with which code, before any model is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from novel.cli import main

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(story_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Trains the story's Jon for the embedded model; gives the exit code and what was said on standard error."""
    monkeypatch.chdir(story_file.parent)

    def call(*arguments: str, who: str = "jon", model: str = "embedded") -> tuple[int, str]:
        code = main(["train", "story.yaml", who, "--model", model, *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        if code:
            assert said.out == ""
        return code, said.err

    return call


@pytest.fixture
def pictures(story_file: Path) -> Path:
    from PIL import Image

    folder = story_file.parent / "pictures"
    folder.mkdir()
    for number in range(4):
        Image.new("RGB", (300, 300), (60 * number, 90, 120)).save(folder / f"{number}.png")
    return folder


def test_what_cannot_be_learned_from_is_said_with_its_exit_code(run: Run, pictures: Path, story_file: Path) -> None:
    code, said = run("--images", "nowhere")
    assert (code, "nowhere" in said) == (2, True)
    (pictures / "3.png").unlink()
    code, said = run("--images", "pictures")
    assert code == 2
    assert "3 pictures" in said
    (pictures / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    code, said = run("--images", "pictures")
    assert code == 5
    assert "3.png" in said
    assert not (story_file.parent / "story").exists()


def test_an_enormous_picture_is_refused(run: Run, pictures: Path) -> None:
    from PIL import Image

    Image.new("1", (9000, 9000)).save(pictures / "huge.png")
    code, said = run("--images", "pictures")
    assert code == 7
    assert "huge.png" in said


def test_somebody_who_is_not_in_the_story_gets_the_nearest(run: Run, pictures: Path) -> None:
    code, said = run("--images", "pictures", who="jonn")
    assert code == 2
    assert "jon" in said.split("\n")[1]


def test_a_model_of_another_family_is_said_before_the_pictures_are_looked_at(run: Run) -> None:
    code, said = run("--images", "nowhere", model="Qwen/Qwen-Image")
    assert code == 4
    assert "Qwen-Image" in said
    assert "references" in said


@pytest.mark.parametrize("option", [("--steps", "0"), ("--rank", "0"), ("--seed", "-1"), ("--save", "jon.ckpt")])
def test_wrong_options_are_wrong_usage(run: Run, pictures: Path, option: tuple[str, str]) -> None:
    assert run("--images", "pictures", *option)[0] == 2


def test_none_of_that_loads_a_library_that_draws(novel: Callable[..., object], story_file: Path) -> None:
    import subprocess

    code = (
        "import sys\n"
        "from novel.cli import main\n"
        "main(['train', 'story.yaml', 'jon', '--model', 'embedded', '--images', 'nowhere'])\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'torch', 'diffusers', 'peft', 'PIL', 'numpy'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=story_file.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
