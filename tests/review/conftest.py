"""A built story whose pictures are painted, so that what a review should find in them is known."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from painted_story import PAINTED, paint, write_story

from novel.build import build
from novel.prepare import Choices, prepare
from novel.render.progress import Quiet


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Choices]:
    """The story, built, with its pictures painted; and the choices that it was built with."""
    folder = tmp_path_factory.mktemp("review")
    story = write_story(folder)
    choices = Choices(out=folder / "output", formats=("html",))
    build(story, choices, Quiet(io.StringIO()))
    made = prepare(story, choices)
    for panel, (background, people) in PAINTED.items():
        paint(made, panel, background, people)
    return story, choices
