"""What a masked redo costs beside a plain picture of the same size and steps, and what putting it together costs.

    python tests/bench/bench_redo.py [--model embedded] [--steps 20] [--repeats 5]

Everything runs in one process with the model loaded; plain pictures and redos take turns, so that whatever else the
machine does falls on all alike. Printed are medians of wall seconds, and each kind's ratio to the plain picture.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from novel.render.backend import BackendSpec, Pixels
from novel.render.fake import FakeBackend
from novel.render.families import resolve
from novel.render.masking import Masks, draw, masked
from novel.render.run import open_backend
from novel.request import Init, Mask, MaskBox, MaskMargins, RenderRequest

PROMPT = "bright comic style, in a forest by day, a person with red hair wearing a green shirt"


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def no_file(sha256: str) -> Path:
    raise AssertionError("no mask is read from a file here")


def main() -> None:
    """Time all kinds in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    spec, source = resolve(options.model)
    backend = open_backend(BackendSpec(spec.backend, source, "auto"))
    rows = max(1, round((spec.pixels / 2) ** 0.5 / spec.multiple))
    width, height = 2 * rows * spec.multiple, rows * spec.multiple

    def ask(seed: int, strength: float | None = None, mask: Mask | None = None) -> RenderRequest:
        init = None if strength is None else Init(kind="asset", source="0" * 64, strength=strength, mask=mask)
        return RenderRequest(
            backend=spec.backend,
            model=spec.identity,
            prompt=PROMPT,
            negative="",
            width=width,
            height=height,
            seed=seed,
            steps=options.steps,
            guidance=spec.guidance,
            guidance_rescale=spec.guidance_rescale,
            sampler=spec.sampler,
            init=init,
        )

    base = backend.render(ask(0), None)
    large = Pixels(2 * width + 5, 2 * height + 3, bytes(3 * (2 * width + 5) * (2 * height + 3)))
    half = MaskBox(box=(width // 2, 0, width - width // 2, height))
    kinds: dict[str, tuple[float | None, Mask | None, Pixels | None]] = {
        "plain": (None, None, None),
        "from a picture, 1.0": (1.0, None, base),
        "half anew, 1.0": (1.0, half, base),
        "half anew, 0.85": (0.85, half, base),
        "extended, 1.0": (1.0, MaskMargins(right=width // 4), base),
        "half of a picture of 4 times the area, 1.0": (1.0, MaskBox(box=(width, 0, width, 2 * height)), large),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for repeat in range(options.repeats):
        for kind, (strength, mask, begin) in kinds.items():
            request = ask(repeat, strength, mask)
            times[kind].append(timed(lambda r=request, b=begin: draw(backend, r, b, None, no_file)))  # type: ignore[misc]
    plain = statistics.median(times["plain"])
    print(f"{width} × {height} pixels, {options.steps} steps, medians of {options.repeats}")
    for kind, seconds in times.items():
        print(f"{kind:45} {statistics.median(seconds):7.2f} s   × {statistics.median(seconds) / plain:.2f}")
    for side in (1024, 2048, 4096):
        old = Pixels(side, side, bytes(3 * side * side))
        request = ask(0, 1.0, MaskBox(box=(side // 2, 0, side // 2, side)))
        drawn = FakeBackend().render(request, None)
        part = masked(request, old, Masks(no_file))
        whole = timed(lambda part=part, drawn=drawn: part.unchanged(part.composed(drawn)))  # type: ignore[misc]
        print(f"putting together and proving {side} × {side} pixels: {whole:.2f} s")


if __name__ == "__main__":
    main()
