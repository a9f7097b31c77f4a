"""A story whose style draws with a tiny model of random weights, and pictures to learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from novel.render.progress import make_progress
from novel.tuning.progress import Watching
from novel.tuning.train import Trained, Wishes, train

MakePictures = Callable[..., Path]


@pytest.fixture(scope="session")
def tiny_sd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_models import stable_diffusion

    return stable_diffusion(tmp_path_factory.mktemp("sd") / "tiny")


@pytest.fixture(scope="session")
def tiny_xl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_models import stable_diffusion_xl

    return stable_diffusion_xl(tmp_path_factory.mktemp("xl") / "tinyxl")


@pytest.fixture
def learning_story(story_file: Path, tiny_sd: Path) -> Path:
    """The small story, drawn by the tiny model."""
    style = story_file.parent / "styles" / "test.yaml"
    style.write_text(f"name: Test\nart: {{model: {tiny_sd}, before: bright comic style, steps: 2}}\n")
    return story_file


@pytest.fixture
def make_pictures(tmp_path: Path) -> MakePictures:
    """Writes pictures of coloured stripes, each different."""

    def make(count: int = 4, name: str = "pictures", size: tuple[int, int] = (64, 32)) -> Path:
        from PIL import Image

        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for number in range(count):
            picture = Image.new("RGB", size, (40 * (number % 6), 200 - 5 * number, 90))
            picture.paste((250, 10 + 7 * number, 10), (number % 8, 0, size[0] // 2, size[1] // 2))
            picture.save(folder / f"{number:02}.png")
        return folder

    return make


@pytest.fixture
def learn(learning_story: Path, tmp_path: Path) -> Callable[..., Trained]:
    def call(watch: Any = None, **wishes: Any) -> Trained:
        asked = replace(Wishes(steps=6, rank=2, out=tmp_path / "output", device="cpu"), **wishes)
        progress = make_progress(quiet=True)
        return train(learning_story, "jon", asked, progress, watch or Watching(quiet=True), lambda message: None)

    return call
