"""How fast the whole render path is beside a plain loop of ``pipe(prompt)`` on the same model, steps and precision.

    python tests/bench/bench_render.py [--model embedded] [--panels 6] [--steps 20] [--repeats 3]

Each side runs in a process of its own, from the import of the libraries to the last PNG on disk; the sides take turns,
so that whatever else the machine does falls on all alike. Printed are medians of wall and CPU seconds by stage, and the
ratio of ours to the plain loop; at most 1.0 is the goal. ``plain, waiting`` is the plain loop with threads that sleep
while they wait, as ours do: the difference between the two plain ones is what that setting alone brings.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ("inside a lab", "in a city", "in a forest", "in a desert", "in the mountains", "on a beach")
TIMES = ("by day", "at night", "at sunset", "at dawn")
NEGATIVE = "blurry"
SIDES = ("plain", "plain, waiting", "ours")


def prompts(count: int) -> list[str]:
    """Prompts that all differ."""
    return [
        f"bright comic style, {PLACES[n % 6]} {TIMES[n // 6 % 4]}, a person with red hair wearing a green shirt, {n}"
        for n in range(count)
    ]


class Clock:
    """Wall and CPU seconds by stage."""

    def __init__(self) -> None:
        self.stages: dict[str, tuple[float, float]] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.stages[stage] = (time.perf_counter() - wall, time.process_time() - cpu)


def plain(model: str, panels: int, steps: int, out: Path) -> Clock:
    """What somebody writes who has read the documentation of diffusers."""
    from novel.render.families import resolve

    spec, source = resolve(model)
    clock = Clock()
    with clock("open"):
        import torch
        from diffusers import DiffusionPipeline, DPMSolverMultistepScheduler

        pipe = DiffusionPipeline.from_pretrained(source.folder, use_safetensors=True, dtype=torch.float32)
        pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
        pipe.set_progress_bar_config(disable=True)
    width, height = size(spec.pixels, spec.multiple)
    with clock("draw"):
        for number, prompt in enumerate(prompts(panels)):
            image = pipe(
                prompt,
                negative_prompt=NEGATIVE,
                width=width,
                height=height,
                num_inference_steps=steps,
                guidance_scale=spec.guidance,
                guidance_rescale=spec.guidance_rescale,
                generator=torch.Generator().manual_seed(number),
            ).images[0]
            image.save(out / f"{number}.png")
    return clock


def ours(model: str, panels: int, steps: int, out: Path) -> Clock:
    """The engine, the store and the backend, as a build uses them."""
    from novel.render.backend import Backend, BackendSpec
    from novel.render.engine import render_all
    from novel.render.families import resolve
    from novel.render.progress import Quiet
    from novel.render.run import open_backend
    from novel.request import RenderRequest
    from novel.store import Store

    store = Store(out)
    spec, source = resolve(model, digest=store.sha256_of_file)
    width, height = size(spec.pixels, spec.multiple)
    requests = {
        str(number): RenderRequest(
            backend=spec.backend,
            model=spec.identity,
            prompt=prompt,
            negative=NEGATIVE,
            width=width,
            height=height,
            seed=number,
            steps=steps,
            guidance=spec.guidance,
            guidance_rescale=spec.guidance_rescale,
            sampler="dpm++",
        )
        for number, prompt in enumerate(prompts(panels))
    }
    clock = Clock()

    def opened(model: str) -> Backend:
        with clock("open"):
            backend = open_backend(BackendSpec(spec.backend, source, "cpu"))
            backend.prepare(list(requests.values()))
        return backend

    wall, cpu = time.perf_counter(), time.process_time()
    report = render_all(requests, open_backend=opened, store=store, assets={}, progress=Quiet())
    assert report.rendered == panels, report.failures
    opening = clock.stages["open"]
    clock.stages["draw"] = (time.perf_counter() - wall - opening[0], time.process_time() - cpu - opening[1])
    return clock


def size(pixels: int, multiple: int) -> tuple[int, int]:
    """A panel twice as wide as high, near the model's area."""
    rows = max(1, round((pixels / 2) ** 0.5 / multiple))
    return 2 * rows * multiple, rows * multiple


def run(side: str, options: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """One side in a process of its own; its stages."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    if side == "plain, waiting":
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
    command = [sys.executable, __file__, "--side", side, "--model", options.model]
    command += ["--panels", str(options.panels), "--steps", str(options.steps)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    stages: dict[str, tuple[float, float]] = {k: (v[0], v[1]) for k, v in json.loads(done.stdout).items()}
    return stages


def main() -> None:
    """Run the sides in turn, or one of them where ``--side`` says so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--panels", type=int, default=6)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side = ours if options.side == "ours" else plain
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(side(options.model, options.panels, options.steps, Path(folder)).stages))
        return
    runs: dict[str, list[dict[str, tuple[float, float]]]] = {side: [] for side in SIDES}
    for repeat in range(options.repeats):
        for side in SIDES if repeat % 2 == 0 else reversed(SIDES):
            runs[side].append(run(side, options))
    print(f"{options.panels} panels of {options.steps} steps: medians of {options.repeats}, wall s (CPU s)")
    totals: dict[str, tuple[float, float]] = {}
    for side in SIDES:
        cells = []
        for stage in ("open", "draw"):
            wall, cpu = (statistics.median(r[stage][n] for r in runs[side]) for n in (0, 1))
            cells.append(f"{stage} {wall:6.2f} ({cpu:6.2f})")
        wall, cpu = (statistics.median(sum(s[n] for s in r.values()) for r in runs[side]) for n in (0, 1))
        totals[side] = (wall, cpu)
        print(f"{side:15}  {'   '.join(cells)}   all {wall:6.2f} ({cpu:6.2f})")
    for side in SIDES[:2]:
        wall, cpu = (totals["ours"][n] / totals[side][n] for n in (0, 1))
        print(f"ours / {side}: {wall:.2f} (CPU {cpu:.2f}); goal: at most 1.0")


if __name__ == "__main__":
    main()
