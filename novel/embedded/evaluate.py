"""Measure the embedded model, and look at it.

python -m novel.embedded.evaluate probe    how much of unseen pictures of the teacher the image tower reads right
python -m novel.embedded.evaluate alike    how well it tells the same person, place and style from another
python -m novel.embedded.evaluate run      draw prompts that were not trained on, and print the shares right
python -m novel.embedded.evaluate ceiling  the same for the teacher's own pictures of them: about the most to be had
python -m novel.embedded.evaluate steer    seeds, img2img strength, and a style descriptor on its own
python -m novel.embedded.evaluate sheet    a contact sheet of prompts, one to a line of a file
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from novel.embedded import GUIDANCE, RESCALE, STEPS, WEIGHTS


def load(weights: Path, device: str) -> Any:
    """The pipeline, from a folder and nowhere else."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(
        weights, torch_dtype=torch.float32, local_files_only=True, safety_checker=None
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(device)


def render(pipe: Any, prompts: Sequence[str], seeds: Sequence[int], batch: int = 1, **options: Any) -> Any:
    """Pictures of the prompts as one array, n × height × width × 3, 8 bits; a generator of its own for each.

    Unless told otherwise they have the size that the model was made for.
    """
    import numpy as np
    import torch

    height, width = (pipe.vae_scale_factor * n for n in pipe.unet.config.sample_size)
    options = {
        "width": width,
        "height": height,
        "num_inference_steps": STEPS,
        "guidance_scale": GUIDANCE,
        "guidance_rescale": RESCALE,
    } | options
    out = []
    for k in range(0, len(prompts), batch):
        generators = [torch.Generator().manual_seed(s) for s in seeds[k : k + batch]]
        pictures = pipe(list(prompts[k : k + batch]), generator=generators, output_type="np", **options).images
        out.append((pictures * 255).round().astype(np.uint8))
    return np.concatenate(out)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """The model card's figures."""
    import numpy as np

    from novel.embedded.tower import Tower
    from novel.embedded.training import measure, probe

    tower = Tower.load()
    asked = measure.requests(args.count)
    prompts = [r.caption.text for r in asked]
    start = time.time()
    pictures, drawn = _kept(args, prompts)
    seconds = round((time.time() - start) / drawn, 3) if drawn else None
    figures = measure.figures(asked, probe.read(tower, pictures))
    agreement = float(np.mean([tower.agreement(p, prompt) for p, prompt in zip(pictures, prompts, strict=True)]))
    out = {"prompts": len(asked), "steps": args.steps, "seconds": seconds, "right": figures}
    return out | {"agreement": round(agreement, 4), "tower": tower.identity}


def ceiling(args: argparse.Namespace) -> dict[str, Any]:
    """The figures of the teacher's own pictures of the prompts that ``run`` draws: about the most that a model can get
    right by this judge."""
    from novel.embedded.tower import Tower
    from novel.embedded.training import corpus, measure, probe

    tower = Tower.load()
    asked = measure.requests(args.count)
    pictures = list(corpus.each(corpus.draw_job, "evaluation", range(args.count), measure.WIDE, args.workers))
    return {
        "prompts": len(asked),
        "right": measure.figures(asked, probe.read(tower, pictures)),
        "tower": tower.identity,
    }


def _kept(args: argparse.Namespace, prompts: Sequence[str]) -> tuple[list[Any], int]:
    """Pictures of the prompts and how many of them were drawn now; with ``--keep`` each is kept as soon as it is there,
    so that a run which was stopped goes on."""
    import numpy as np
    from PIL import Image

    if args.keep is None:
        return list(_drawn(args, prompts, range(len(prompts)))), len(prompts)
    args.keep.mkdir(parents=True, exist_ok=True)
    files = [args.keep / f"{i:04}.png" for i in range(len(prompts))]
    missing = [i for i, file in enumerate(files) if not file.exists()]
    for k in range(0, len(missing), args.batch):
        rows = missing[k : k + args.batch]
        for i, picture in zip(rows, _drawn(args, [prompts[i] for i in rows], rows), strict=True):
            part = files[i].with_suffix(".part")
            Image.fromarray(picture).save(part, "PNG")
            part.rename(files[i])
    return [np.array(Image.open(file).convert("RGB")) for file in files], len(missing)


def _drawn(args: argparse.Namespace, prompts: Sequence[str], seeds: Sequence[int]) -> Any:
    if not hasattr(args, "pipe"):
        args.pipe = load(args.weights, args.device)
    return render(args.pipe, prompts, list(seeds), args.batch, num_inference_steps=args.steps)


def probe_(args: argparse.Namespace) -> dict[str, Any]:
    """What the tower reads right of unseen teacher pictures."""
    from novel.embedded.tower import Tower
    from novel.embedded.training import probe

    return dict(probe.check(Tower.load(), args.folder, args.workers, args.count))


def alike(args: argparse.Namespace) -> dict[str, Any]:
    """What the tower knows again in unseen teacher pictures."""
    from novel.embedded.tower import Tower
    from novel.embedded.training import sameness

    return dict(sameness.check(Tower.load(), args.folder, args.count))


def steer(args: argparse.Namespace) -> dict[str, Any]:
    """Whether seeds, img2img strength and the style's words do what they should."""
    import numpy as np
    import torch
    from diffusers import StableDiffusionImg2ImgPipeline
    from PIL import Image

    from novel.embedded.teacher import words
    from novel.embedded.teacher.scene import STYLES
    from novel.embedded.tower import Tower
    from novel.embedded.training import measure, probe

    pipe = load(args.weights, args.device)
    prompt = "bright comic style, in a forest by day, a woman with red hair wearing a blue dress on the left, waving"
    once, twice, other = (render(pipe, [prompt], [s], num_inference_steps=args.steps)[0] for s in (1, 1, 2))
    out: dict[str, Any] = {
        "same seed, same bytes": bool((once == twice).all()),
        "other seed, other picture": not bool((once == other).all()),
    }
    oblong = pipe.unet.config.sample_size
    pipe.unet.register_to_config(sample_size=max(oblong))  # that pipeline compares it with a number
    again = StableDiffusionImg2ImgPipeline(**pipe.components, requires_safety_checker=False)
    pipe.unet.register_to_config(sample_size=oblong)
    again.set_progress_bar_config(disable=True)
    redo = "bright comic style, in a desert at sunset, a man with black hair wearing a red coat on the right, pointing"
    for strength in (0.3, 0.9):
        alike = []
        for seed in range(args.count // 10 + 1):
            source = render(pipe, [prompt], [seed], num_inference_steps=args.steps)[0]
            changed = again(
                redo,
                image=Image.fromarray(source),
                strength=strength,
                num_inference_steps=args.steps,
                guidance_scale=GUIDANCE,
                generator=torch.Generator().manual_seed(seed),
                output_type="np",
            ).images[0]
            alike.append(measure.likeness(source, (changed * 255).round().astype(np.uint8)))
        out[f"likeness at strength {strength}"] = round(float(np.mean(alike)), 3)
    pairs = [(style, k) for style in STYLES for k in range(max(1, args.count // 10))]
    texts = [
        f"{words.STYLE[style][0]}, in a city street at night, a man with black hair wearing a red coat"
        for style, _ in pairs
    ]
    read = probe.read(
        Tower.load(), render(pipe, texts, [k for _, k in pairs], args.batch, num_inference_steps=args.steps)
    )
    out["style follows its words"] = round(
        float(np.mean([STYLES[int(read["style"][i])] == style for i, (style, _) in enumerate(pairs)])), 4
    )
    return out


def sheet(args: argparse.Namespace) -> dict[str, Any]:
    """A contact sheet: each prompt's picture in a grid, and the prompts beside it as text."""
    from PIL import Image

    prompts = [line.strip() for line in args.prompts.read_text(encoding="utf-8").splitlines() if line.strip()][
        : args.count
    ]
    pictures = render(
        load(args.weights, args.device), prompts, list(range(len(prompts))), args.batch, num_inference_steps=args.steps
    )
    columns, (width, height) = args.columns, (args.width, args.width // 2)
    page = Image.new("RGB", (columns * width, -(-len(prompts) // columns) * height))
    for i, picture in enumerate(pictures):
        page.paste(
            Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS),
            (i % columns * width, i // columns * height),
        )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    page.save(args.out)
    return {"pictures": len(prompts), "sheet": str(args.out)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m novel.embedded.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True)

    def verb(name: str, help_: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=help_, description=help_)
        sub.add_argument("--device", default="cpu", help="cpu or cuda")
        return sub

    for name, help_, count in (
        ("probe", "Check the image tower's reading on unseen teacher pictures.", 300),
        ("alike", "Check what it knows again on unseen teacher pictures.", 800),
    ):
        sub = verb(name, help_)
        sub.add_argument("--folder", type=Path, required=True, help="where the teacher's pictures are kept")
        sub.add_argument("--count", type=int, default=count)
        sub.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    sub = verb("ceiling", "What the image tower reads right in the teacher's own pictures of the prompts of `run`.")
    sub.add_argument("--count", type=int, default=500)
    sub.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    for name, help_, count in (
        ("run", "Draw unseen prompts and print the shares right.", 500),
        ("steer", "Seeds, strength and style.", 50),
        ("sheet", "A contact sheet.", 24),
    ):
        sub = verb(name, help_)
        sub.add_argument(
            "--weights", type=Path, default=WEIGHTS, help="a diffusers folder; the shipped one if left out"
        )
        sub.add_argument("--count", type=int, default=count)
        sub.add_argument("--steps", type=int, default=STEPS)
        sub.add_argument("--batch", type=int, default=1)
        if name == "run":
            sub.add_argument("--keep", type=Path, help="a folder for the pictures; a run that was stopped goes on")
        if name == "sheet":
            sub.add_argument("--prompts", type=Path, required=True, help="a text file, one prompt to a line")
            sub.add_argument("--out", type=Path, required=True, help="the picture file")
            sub.add_argument("--columns", type=int, default=4)
            sub.add_argument("--width", type=int, default=384, help="of one picture on the sheet")
    return parser


def main(argv: list[str] | None = None) -> None:
    """Run one verb and print its figures as JSON."""
    args = _parser().parse_args(argv)
    verbs = {"probe": probe_, "alike": alike, "ceiling": ceiling, "run": run, "steer": steer, "sheet": sheet}
    figures = verbs[args.verb](args)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
