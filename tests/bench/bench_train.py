"""How well ``novel train`` teaches the embedded model a character that no words of it describe, and what that leaves of
its style.

    python tests/bench/bench_train.py [--pictures 16] [--prompts 50] [--steps N] [--weight 1.0] [--out DIR]

Pictures of her (``crested``: a crest of hair, a coat in stripes of two colours) in one half of the teacher's places go
through the code of ``novel train --images``. Then new prompts, set in the other half, are drawn with and without the
adapter and judged (``crested_judge``); and prompts without her with the adapter loaded, for style. Everything drawn is
kept in DIR: the same call goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import crested
import crested_judge
import numpy as np
import torch
from PIL import Image

from novel.embedded.teacher.scene import PLACES
from novel.render.backend import BackendSpec
from novel.render.engine import render_all
from novel.render.png import decode
from novel.render.progress import make_progress
from novel.render.run import open_backend
from novel.request import AdapterUse, RenderRequest
from novel.tuning.progress import Watching
from novel.tuning.sheet import side_by_side
from novel.tuning.train import Trained, Wishes, train
from novel.tuning.workplace import Workplace, open_workplace

LEARNED, NEW = PLACES[::2], PLACES[1::2]
ID = "crested"
STORY = f"""novel: 1
title: The crested woman
style: {{name: Bench, art: {{model: %s, before: {crested.STYLE}, steps: %d}}}}
characters:
  {ID}: {{name: She, look: {crested.LOOK}}}
chapters:
  - {{id: one, title: One, panels: [{{id: only, cast: [{ID}], prompt: at a window}}]}}
"""
OTHERS = (
    "a man with short brown hair wearing a blue shirt",
    "a woman with long black hair wearing a green dress",
    "a boy with blond hair wearing a red sweater",
    "an old man with white hair wearing a brown coat",
    "a small blue robot",
    "a woman with red hair wearing a white shirt",
)


def timed_training(folder: Path, pictures: int, options: argparse.Namespace) -> tuple[Trained, Workplace, str]:
    """Her pictures, and an adapter from them; what it took, in words."""
    story = folder / "story.yaml"
    story.write_text(STORY % (options.model, options.draw_steps))
    images = folder / "pictures"
    images.mkdir(exist_ok=True)
    rng = random.Random(5)
    for number in range(pictures):
        shown = crested.scene_with(rng, LEARNED)
        Image.fromarray(crested.drawn(shown.scene)[..., :3]).save(images / f"{number:02}.png")
        (images / f"{number:02}.txt").write_text(shown.caption.replace("{}", crested.LOOK) + "\n")
    wishes = Wishes(
        images=images, steps=options.steps, rank=options.rank, model=None, device="cpu", out=folder / "output"
    )
    began, used = time.monotonic(), os.times()
    done = train(story, ID, wishes, make_progress(), Watching(), print)
    took, now = time.monotonic() - began, os.times()
    processor = now.user + now.system - used.user - used.system
    told = (
        f"{took / 60:.1f} min by the clock, {processor / 60:.1f} of processor time, {torch.get_num_threads()} threads"
    )
    work = open_workplace(story, ID, folder / "output", model=None, style=None, device="cpu")
    return done, work, told


def drawn(work: Workplace, requests: Mapping[str, RenderRequest], file: Path, folder: Path) -> dict[str, Any]:
    """The pictures (height × width × 3, 8 bits) of requests; copies and a sheet of them in a folder."""
    assets = {use.sha256: file for request in requests.values() for use in request.adapters}

    def opened(identity: str) -> Any:
        return open_backend(BackendSpec(work.spec.backend, work.source, "cpu", assets))

    with work.store.lock():
        render_all(requests, open_backend=opened, store=work.store, assets=assets, progress=make_progress())
    files: dict[str, bytes] = {}
    for name, request in requests.items():
        entry = work.store.get(request.key)
        assert entry is not None, name
        files[name] = entry.payload
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.png").write_bytes(data)
    folder.with_suffix(".png").write_bytes(side_by_side(files, 5))
    return {name: _array(data) for name, data in files.items()}


def _array(png: bytes) -> Any:
    pixels = decode(png)
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def marks(picture: Any) -> Any:
    """What a style shows in, as figures: brightness, contrast, saturation, warmth, edges and grain."""
    shown = picture.astype(np.float32) / 255
    grey = shown @ np.array([0.299, 0.587, 0.114], np.float32)
    edges = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    grain = np.abs(grey[1:-1, 1:-1] * 4 - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]).mean()
    saturation = (shown.max(-1) - shown.min(-1)).mean()
    warmth = (shown[..., 0] - shown[..., 2]).mean()
    return np.array([grey.mean(), grey.std(), saturation, warmth, edges, grain])


MARKS = ("brightness", "contrast", "saturation", "warmth", "edges", "grain")


def main() -> None:
    """Train, draw, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--prompts", type=int, default=50)
    parser.add_argument("--plain", type=int, default=16, help="prompts without her")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rank", type=int)
    parser.add_argument("--weight", type=float, default=1.0, help="how strongly the adapter acts")
    parser.add_argument("--draw-steps", type=int, default=10)
    parser.add_argument("--judge-pictures", type=int, default=600)
    parser.add_argument("--out", type=Path, default=Path("output/bench-train"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    done, work, told = timed_training(options.out, options.pictures, options)
    assert done.file is not None
    print(f"trained: {told}; {done.file.stat().st_size:,} bytes", flush=True)
    sha256 = hashlib.sha256(done.file.read_bytes()).hexdigest()
    trigger = done.lines.split("trigger: ")[1].strip().rstrip("}")
    use = (AdapterUse(sha256=sha256, weight=options.weight),)

    rng = random.Random(99)
    scenes = [crested.scene_with(rng, NEW) for _ in range(options.prompts)]
    without, with_it = {}, {}
    for number, shown in enumerate(scenes):
        name, seed = f"{number:02}", 1000 + number
        without[name] = work.request(shown.caption.replace("{}", crested.LOOK), seed)
        said = shown.caption.replace("{}", f"{trigger}, {crested.LOOK}")
        with_it[name] = work.request(said, seed).model_copy(update={"adapters": use})
    plain, loaded, again = {}, {}, {}
    for number in range(options.plain):
        name, shown = f"{number:02}", crested.scene_with(rng, PLACES)
        said = shown.caption.replace("{}", OTHERS[number % len(OTHERS)])
        plain[name] = work.request(said, 3000 + number)
        again[name] = work.request(said, 5000 + number)
        loaded[name] = plain[name].model_copy(update={"adapters": use})
    shown_with = drawn(work, with_it, done.file, options.out / "with")
    shown_without = drawn(work, without, done.file, options.out / "without")
    shown_plain = drawn(work, plain, done.file, options.out / "others")
    shown_loaded = drawn(work, loaded, done.file, options.out / "others-adapter-loaded")
    shown_again = drawn(work, again, done.file, options.out / "others-another-seed")

    judge, right, her, others = judged_by(work, options)
    figures = {
        "judge": {"right": right, "her_found": her, "others_taken_for_her": others},
        "with": share(judge, shown_with),
        "without": share(judge, shown_without),
        "others, adapter loaded": share(judge, shown_loaded),
        "style, adapter loaded": shift(shown_plain, shown_loaded),
        "style, another seed": shift(shown_plain, shown_again),
    }
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures, indent=1))


def judged_by(work: Workplace, options: argparse.Namespace) -> tuple[crested_judge.Judge, float, float, float]:
    """The judge, trained or as it was kept, and its figures on unseen pictures of the teacher."""
    from diffusers import AutoencoderKL

    assert work.source.folder is not None
    autoencoder = AutoencoderKL.from_pretrained(work.source.folder / "vae", dtype=torch.float32)
    kept = options.out / f"judge-{options.judge_pictures}.pt"
    if kept.exists():
        judge = crested_judge.Judge()
        judge.load_state_dict(torch.load(kept, weights_only=True))
        judge.eval()
    else:
        judge = crested_judge.trained(autoencoder, options.judge_pictures)
        torch.save(judge.state_dict(), kept)
    return judge, *crested_judge.held_out(judge, autoencoder)


def share(judge: crested_judge.Judge, pictures: Mapping[str, Any]) -> dict[str, float | list[str]]:
    """Shares of pictures with her, with her coat, with her crest; and those where she is missing."""
    told = {name: crested_judge.seen(judge, picture) for name, picture in pictures.items()}
    return {
        "her": float(np.mean([s.is_her for s in told.values()])),
        "coat": float(np.mean([s.coat > crested_judge.SURE for s in told.values()])),
        "crest": float(np.mean([s.crest > crested_judge.SURE for s in told.values()])),
        "not her": [name for name, s in told.items() if not s.is_her],
    }


def shift(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, float]:
    """How far each mark of style has moved on average, in standard deviations between pictures; and the mean difference
    of pixels, of 255."""
    first, second = (np.stack([marks(picture) for picture in shown.values()]) for shown in (one, other))
    moved = (second.mean(0) - first.mean(0)) / first.std(0)
    apart = np.mean([np.abs(one[n].astype(float) - other[n]).mean() for n in one])
    return {
        **{name: round(float(m), 3) for name, m in zip(MARKS, moved, strict=True)},
        "pixels": round(float(apart), 1),
    }


if __name__ == "__main__":
    main()
