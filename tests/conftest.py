"""What several folders of tests share: small stories on disk, and the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Tests run in several processes at once: with several threads in each they would mostly wait for one another, and tiny
# models are slower in several threads anyhow. To be set before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

STYLE = "name: Test\nart: {model: fake, before: bright comic style, steps: 2}\n"

STORY = """\
novel: 1
title: A Small Story
author: Nobody
style: test
seed: 7
characters:
  jon: {name: Jon, look: a man with black hair wearing a blue shirt}
  ann: {name: Ann, look: a woman with red hair wearing a green shirt}
places:
  lab: {look: inside a lab at night}
chapters:
  - id: one
    title: One
    panels:
      - id: first
        place: lab
        cast: [jon, ann]
        prompt: a screen
        caption: Late.
        say:
          - jon: Is anybody there?
          - ann: Only *me*.
      - id: second
        place: lab
        cast: [ann]
        prompt: a robot
        say:
          - ann: Look at that!
      - id: third
        continues: second
        strength: 0.5
        cast: [jon]
        prompt: a cat
        sfx: MEOW
"""

Novel = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def story_file(tmp_path: Path) -> Path:
    """A story of three panels in a style that draws with the fake backend."""
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "test.yaml").write_text(STYLE)
    file = tmp_path / "story.yaml"
    file.write_text(STORY)
    return file


@pytest.fixture
def novel(tmp_path: Path) -> Novel:
    """Runs ``novel`` with arguments in a process of its own, in the test's folder."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "novel", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
            timeout=120,
            **options,  # type: ignore[call-overload]
        )

    return run
