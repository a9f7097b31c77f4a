"""Where tails point and what balloons cover, in pictures that a model draws.

    python tests/bench/bench_tails.py --heads FOLDER/heads.pt [--pictures 200] [--seed 7] [--model embedded] [--out DIR]

Draws a story of panels with two people, told in the prompt to stand on the left and on the right, and letters it as a
build does. A small network that was trained on the teacher's pictures (``novel.embedded.training.heads``), and that
takes no part in the building, finds the heads. Printed are the shares

- of balloons whose tail ends nearer to its speaker's head than to the other's (the head found on the speaker's side;
  where none is found there, the middle of that side),
- of panels in which no balloon covers a tenth or more of any head found,

with and without the pictures' own subjects, so that what these add can be seen. With ``--out`` contact sheets of all
panels are written there, heads and tips marked, to be looked at.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from novel.build import build
from novel.embedded.training import heads
from novel.embedded.training.probe import SIZE
from novel.geometry import Point, Rect
from novel.layout.curve import flattened
from novel.layout.letter import letter
from novel.layout.page import Document, PageLayout, PathItem, TextItem
from novel.layout.picture import Picture, crop
from novel.plan.model import PanelSlot
from novel.prepare import Choices, Prepared, prepare
from novel.render.engine import stored
from novel.render.progress import PlainLines

LOOKS = {
    "ada": "a young woman with long blond hair wearing a red dress",
    "ben": "a man with short black hair wearing a blue shirt",
    "cleo": "an old woman with white hair wearing a green sweater",
    "dov": "an old man with grey hair wearing a black suit",
    "eve": "a girl with red hair wearing a yellow shirt",
    "fay": "a woman with brown hair wearing a purple coat",
    "gil": "a boy with black hair wearing an orange hoodie",
    "hal": "a small robot",
}
PLACES = (
    "in a library by day", "in a city street at night", "on a beach by day", "in a forest by day", "in a lab at night",
    "on a rooftop at sunset", "in an office by day", "in a desert by day", "in a village at dusk", "in a park by day",
)  # fmt: skip
SAID = (
    "Well?", "I know.", "Did you hear that noise?", "We should have left an hour ago.", "Nobody ever comes here.",
    "It was never about the money, and you know it.", "Look at me when I talk to you!", "No.",
    "There is one thing that I have wanted to ask you since that night.", "Then let us go and see for ourselves.",
)  # fmt: skip


@dataclass(frozen=True)
class Balloon:
    """A balloon on its page: its outline, and its tail's end."""

    panel: str
    speaker: str
    polygon: list[Point]
    tip: Point


def story_of(folder: Path, count: int, model: str, seed: int) -> Path:
    """A story of panels with two people each, one on either side, who talk."""
    rng = random.Random(seed)
    panels: list[dict[str, Any]] = []
    for number in range(count):
        pair = rng.sample(sorted(LOOKS), 2)
        sides = rng.sample(("left", "right"), 2)
        lines = [pair[i % 2] for i in range(rng.choice((1, 2, 2, 3)))]
        panels.append(
            {
                "id": f"p{number:03}",
                "shot": rng.choice(("wide", "wide", "medium")),
                "prompt": rng.choice(PLACES),
                "cast": [{who: f"on the {side}"} for who, side in zip(pair, sides, strict=True)],
                "say": [{who: rng.choice(SAID)} for who in lines],
            }
        )
    style = {"name": "Plain", "art": {"model": model, "before": "bright comic style"}}
    (folder / "plain.yaml").write_text(json.dumps(style))
    story = {
        "novel": 1,
        "title": "Left and right",
        "author": "Nobody",
        "style": "./plain.yaml",
        "seed": seed,
        "characters": {name: {"name": name.title(), "look": look} for name, look in LOOKS.items()},
        "chapters": [{"id": "one", "title": "One", "panels": panels}],
    }
    file = folder / "story.yaml"
    file.write_text(json.dumps(story))
    return file


def balloons(document: Document) -> dict[str, tuple[PageLayout, list[Balloon]]]:
    """Every panel's page and balloons. A tail's end is the point of the outline that is farthest from its words."""
    found: dict[str, tuple[PageLayout, list[Balloon]]] = {}
    for page in document.pages:
        speakers = {block.id: block.speaker for block in page.blocks}
        for box in page.panels:
            here = []
            for path in page.items:
                if not (isinstance(path, PathItem) and path.panel == box.panel and path.block):
                    continue
                polygon = max(flattened(path.segments), key=len)
                texts = [i.rect for i in page.items if isinstance(i, TextItem) and i.block in box.blocks]
                inner = [r for r in texts if path.rect.contains(Rect(r.center.x, r.center.y, 0, 0))]
                tip = max(polygon, key=lambda p: min(_away(p, r) for r in inner))
                here.append(Balloon(box.panel, speakers[path.block], polygon, tip))
            found[box.panel] = (page, here)
    return found


def _away(point: Point, rect: Rect) -> float:
    dx = max(rect.x - point.x, point.x - rect.right, 0.0)
    dy = max(rect.y - point.y, point.y - rect.bottom, 0.0)
    return float((dx * dx + dy * dy) ** 0.5)


def covered(polygon: list[Point], box: Rect) -> float:
    """The share of a box that lies in a polygon, by a raster of 24 × 24 points."""
    scale = 24 / max(box.width, 1e-6), 24 / max(box.height, 1e-6)
    raster = Image.new("1", (24, 24))
    ImageDraw.Draw(raster).polygon([((p.x - box.x) * scale[0], (p.y - box.y) * scale[1]) for p in polygon], fill=1)
    return float(np.asarray(raster).mean())


def judge(
    made: Prepared, document: Document, pictures: Mapping[str, Picture], found: Mapping[str, list[Rect]]
) -> tuple[list[bool], list[bool], dict[str, list[Any]]]:
    """For each balloon whether its tail is right, for each panel whether no head is covered, and what to mark."""
    slots = {s.panel: s for page in made.plan.pages for s in page.slots if isinstance(s, PanelSlot)}
    panels = {p.id: p for p in made.book.story.panels()}
    names = {character.name: name for name, character in made.book.story.characters.items()}
    tails: list[bool] = []
    free: list[bool] = []
    marks: dict[str, list[Any]] = {}
    for panel, (_, here) in balloons(document).items():
        rect = slots[panel].rect
        source = crop(pictures[panel], rect.width, rect.height)
        on_page = [
            Rect(
                rect.x + (h.x - source.x) / source.width * rect.width,
                rect.y + (h.y - source.y) / source.height * rect.height,
                h.width / source.width * rect.width,
                h.height / source.height * rect.height,
            )
            for h in found[panel]
        ]
        sides = {m.id: m.words.removeprefix("on the ") for m in panels[panel].cast}
        where: dict[str, Point] = {}
        for who, side in sides.items():
            half = [h for h in on_page if (h.center.x < rect.center.x) == (side == "left")]
            share = 0.25 if side == "left" else 0.75
            nominal = Point(rect.x + share * rect.width, rect.y + 0.4 * rect.height)
            where[who] = max(half, key=lambda h: h.area).center if half else nominal
        wrong = []
        for balloon in here:
            own = names[balloon.speaker]
            (other,) = (who for who in where if who != own)
            right = balloon.tip.distance(where[own]) < balloon.tip.distance(where[other])
            tails.append(right)
            if not right:
                wrong.append(balloon.tip)
        worst = max((covered(b.polygon, h) for b in here for h in on_page), default=0.0)
        free.append(worst < 0.1)
        marks[panel] = [rect, on_page, here, wrong, worst]
    return tails, free, marks


def sheets(made: Prepared, marks: Mapping[str, list[Any]], out: Path, columns: int = 4, rows: int = 6) -> None:
    """Contact sheets: each panel's picture with its balloons' outlines, heads and tips."""
    out.mkdir(parents=True, exist_ok=True)
    width, height = 384, 192
    panels = list(marks)
    for start in range(0, len(panels), columns * rows):
        sheet = Image.new("RGB", (columns * width, rows * height), "white")
        for i, panel in enumerate(panels[start : start + columns * rows]):
            rect, found, here, wrong, worst = marks[panel]
            scale = width / rect.width
            picture = Image.open(made.folder / "panels" / f"{panel}.png").resize((width, round(rect.height * scale)))
            draw = ImageDraw.Draw(picture)

            def at(p: Point, rect: Rect = rect, scale: float = scale) -> tuple[float, float]:
                return (p.x - rect.x) * scale, (p.y - rect.y) * scale

            for balloon in here:
                draw.polygon([at(p) for p in balloon.polygon], fill="white", outline="black")
                draw.text(at(Point(min(p.x for p in balloon.polygon), balloon.polygon[0].y)), balloon.speaker, "black")
            for h in found:
                color = "red" if worst >= 0.1 else "magenta"
                draw.rectangle([at(Point(h.x, h.y)), at(Point(h.right, h.bottom))], outline=color, width=2)
            for tip in wrong:
                x, y = at(tip)
                draw.ellipse([x - 6, y - 6, x + 6, y + 6], outline="red", width=3)
            sheet.paste(picture, (i % columns * width, i // columns * height))
        sheet.save(out / f"tails-{start // (columns * rows):02}.png")


def main() -> None:
    """Draw, letter, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7, help="another one makes another story")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--out", type=Path, help="keeps the pictures, so that a second run draws none")
    options = parser.parse_args()
    finder, own = heads.load(options.heads)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        file = story_of(folder, options.pictures, options.model, options.seed)
        choices = Choices(formats=("html",), out=folder / "built", steps=options.steps)
        build(file, choices, PlainLines())
        made = prepare(file, choices)
        known: dict[str, Picture] = {}
        found: dict[str, list[Rect]] = {}
        for panel, request in made.plan.requests.items():
            picture = stored(made.store, request.key, made.plan.sought[panel])
            assert picture is not None, "built a moment ago"
            known[panel] = Picture.of(picture)
            image = Image.open(made.folder / "panels" / f"{panel}.png").convert("RGB")
            found[panel] = heads.find(finder, np.asarray(image.resize(SIZE, Image.Resampling.LANCZOS)))
        print(f"the judge on unseen teacher pictures: {own}")
        print(f"{len(found)} pictures; heads found in a picture: {np.mean([len(h) for h in found.values()]):.2f}")
        print(f"subjects known: {np.mean([len(p.subjects) / 2 for p in known.values()]):.3f} of the cast")
        plain = {panel: replace(picture, subjects=(), saliency=b"") for panel, picture in known.items()}
        for name, pictures in (("with subjects", known), ("without", plain)):
            document = letter(made.book, made.plan, pictures)
            tails, free, marks = judge(made, document, pictures, found)
            print(
                f"{name}: tails at their speaker {sum(tails)} of {len(tails)} ({np.mean(tails):.1%}); "
                f"no head covered in {sum(free)} of {len(free)} panels ({np.mean(free):.1%})"
            )
            if options.out and name == "with subjects":
                sheets(made, marks, options.out / "sheets")


if __name__ == "__main__":
    main()
