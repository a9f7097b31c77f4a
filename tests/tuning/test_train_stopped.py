"""``novel train`` in a process of its own: stopped by Ctrl-C it ends with 130, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

MakePictures = Callable[..., Path]


def test_ctrl_c_keeps_the_work_and_the_same_command_goes_on(learning_story: Path, make_pictures: MakePictures) -> None:
    make_pictures(4)
    command = [
        sys.executable, "-m", "novel", "train", "story.yaml", "jon", "--images", "pictures", "--steps", "60",
        "--rank", "2", "--device", "cpu",
    ]  # fmt: skip
    environment = {**os.environ, "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(
        command, cwd=learning_story.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    said = ""
    for line in running.stderr:
        said += line
        if line.startswith("step 15/60"):
            running.send_signal(signal.SIGINT)
            break
    out, rest = running.communicate(timeout=60)
    assert running.returncode == 130, said + rest
    assert out == ""
    assert "Traceback" not in rest
    assert "goes on" in rest
    assert not (learning_story.parent / "story" / "jon.safetensors").exists()
    done = subprocess.run(
        command, cwd=learning_story.parent, env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert "going on after step 1" in done.stderr  # Below twenty; the signal takes a step or two to arrive.
    assert "adapter: {path: story/jon.safetensors" in done.stdout
    assert (learning_story.parent / "story" / "jon.safetensors").exists()
