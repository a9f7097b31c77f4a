"""What four candidates of a panel cost beside the panel itself, and what a pick and the build after it cost.

    python tests/bench/bench_retake.py [--rounds 3]

Retaking is measured as an editor runs it, from reading the story to the contact sheets, less the load of the model;
beside it, in the same run, the same backend draws the panel by itself. The goal is a ratio of 4.2 at most. Pick and
build are processes of their own; their processor time counts, start-up included. The goal is 1.5 s for both.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import novel.build
from novel.editor import retake as editor
from novel.prepare import Choices, prepare
from novel.render.backend import Backend
from novel.render.progress import Quiet

PROJECT = Path(__file__).parents[2]
STORY, PANEL = "diffusion-dreams", "launch"


def timed_load(seconds: list[float]) -> Callable[..., Callable[[str], Backend]]:
    """The opener of backends with the time that a load takes noted; requests are prepared later, as ever."""
    plain = novel.build.opener

    def opener(*arguments: object) -> Callable[[str], Backend]:
        opened = plain(*arguments)  # type: ignore[arg-type]

        def load(identity: str) -> Backend:
            began = time.perf_counter()
            backend = opened(identity)
            backend.prepare([])  # Loads the weights.
            seconds.append(time.perf_counter() - began)
            return backend

        return load

    return opener


def panels_cost(story: Path, out: Path, times: int) -> float:
    """The median seconds of drawing the panel's own request, the model loaded."""
    made = prepare(story, Choices(out=out))
    request = made.plan.requests[PANEL]
    backend = novel.build.opener(made, "cpu", Quiet(io.StringIO()))(request.model)
    backend.prepare([request])
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        backend.render(request, None)
        seconds.append(time.perf_counter() - began)
    backend.close()
    return statistics.median(seconds)


def cpu_of(*words: str, cwd: Path) -> float:
    """The processor seconds of one command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # As installed: compiled once, not at every start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "novel", *words]
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(PROJECT / "styles", folder / "styles")
        story = Path(shutil.copy(PROJECT / "stories" / f"{STORY}.yaml", folder))
        out = folder / "output"
        ratios = []
        for number in range(arguments.rounds):
            loads: list[float] = []
            editor.opener = timed_load(loads)  # type: ignore[attr-defined]
            alone = panels_cost(story, out, 2)
            began = time.perf_counter()
            result = editor.retake(
                story,
                [PANEL],
                editor.Changes(count=4, seed=1000 * number),
                Choices(out=out),
                Quiet(io.StringIO()),
                lambda message: None,
            )
            whole = time.perf_counter() - began
            assert result.rendered == 4
            alone = statistics.mean([alone, panels_cost(story, out, 2)])
            ratios.append((whole - sum(loads)) / alone)
            print(f"panel {alone:.2f} s, load {sum(loads):.2f} s, 4 takes {whole:.2f} s: {ratios[-1]:.2f} panels")
        print(f"four candidates cost {statistics.median(ratios):.2f} panels beside the load (goal 4.2)")
        subprocess.run([sys.executable, "-m", "novel", "build", story.name, "-q"], cwd=folder, check=True)
        both = []
        for number in range(arguments.rounds):
            pick = cpu_of("pick", story.name, PANEL, str(1 + number % 2), cwd=folder)
            build = cpu_of("build", story.name, "-q", cwd=folder)
            both.append(pick + build)
            print(f"pick {pick:.2f} s, build {build:.2f} s")
        print(f"a pick and the build after it cost {statistics.median(both):.2f} s of processor time (goal 1.5)")


if __name__ == "__main__":
    main()
