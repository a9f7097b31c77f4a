"""Two named characters in different clothes in one panel: how often both are right.

    python tests/bench/bench_two_people.py [--panels 100] [--model embedded] [--regions never always] [--from-right]

Builds a story of panels as ``novel build`` does, one character on the left and one on the right of each, and asks the
embedded image tower (``novel.embedded.tower``), which takes no part in the drawing, what it sees on each side. Printed
are, for each way of drawing (the style's ``art: {regions: ...}``), the shares

- of people whose clothes' colour is right on their side, and who are robots exactly where robots should be;
- of panels in which both hold for both people, with exactly two people in the picture and without regard to that;
- of panels in which someone wears the other's colour.

Where the tower finds somebody in a wide picture of the teacher it reads the clothes' colour right in 99 of 100 or more
and tells robots from people always (``python -m novel.embedded.evaluate probe`` has its shares). Kinds (man, woman, boy
and so on) it tells in four of five only, so that they are printed but don't decide. With ``--out`` the pictures stay
there, so that a run that was stopped goes on, beside contact sheets of the panels that are judged right and wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from novel.build import build
from novel.embedded.tower import Reading, Spot, Tower
from novel.embedded.towernet import PERSON
from novel.prepare import Choices, prepare
from novel.render.progress import PlainLines


@dataclass(frozen=True)
class Role:
    """A character: what the story says, and what is to be seen."""

    look: str
    kind: str
    colour: str


ROLES = {
    "ada": Role("a young woman with long blond hair wearing a red dress", "woman", "red"),
    "ben": Role("a man with short black hair wearing a blue shirt", "man", "blue"),
    "cleo": Role("an old woman with white hair wearing a green sweater", "oldwoman", "green"),
    "dov": Role("an old man with grey hair wearing a black coat", "oldman", "black"),
    "eve": Role("a girl with red hair wearing a yellow shirt", "girl", "yellow"),
    "fay": Role("a woman with brown hair wearing a purple coat", "woman", "purple"),
    "gil": Role("a boy with black hair wearing an orange hoodie", "boy", "orange"),
    "hal": Role("a small grey robot", "robot", "grey"),
    "ida": Role("a woman with a black ponytail wearing a white jacket", "woman", "white"),
    "jon": Role("a man with brown hair and a beard wearing a pink sweater", "man", "pink"),
}
PLACES = (
    "in a library by day", "in a city street at night", "on a beach by day", "in a forest by day", "in a lab at night",
    "on a rooftop at sunset", "in an office by day", "in a desert by day", "in a village at dusk", "on a stage",
)  # fmt: skip
SIDES = ("left", "right")


@dataclass(frozen=True)
class Panel:
    """A panel of the story: who is on its left, who on its right."""

    id: str
    left: str
    right: str

    @property
    def roles(self) -> tuple[Role, Role]:
        """Both, from left to right."""
        return ROLES[self.left], ROLES[self.right]


def story_of(
    folder: Path, count: int, model: str, seed: int, regions: str, from_right: bool = False
) -> tuple[Path, list[Panel]]:
    """A story of panels with two people each, one on either side; the same panels whatever the regions, and in
    whichever order they are told."""
    rng = random.Random(seed)
    shown, panels = [], list[dict[str, Any]]()
    for number in range(count):
        left, right = rng.sample(sorted(ROLES), 2)
        shown.append(Panel(f"p{number:03}", left, right))
        panels.append(
            {
                "id": shown[-1].id,
                "shot": rng.choice(("wide", "wide", "medium")),
                "prompt": rng.choice(PLACES),
                "cast": [{left: "on the left"}, {right: "on the right"}][:: -1 if from_right else 1],
            }
        )
    art = {"model": model, "before": "bright comic style", "regions": regions}
    (folder / f"{regions}.yaml").write_text(json.dumps({"name": "Plain", "art": art}))
    story = {
        "novel": 1,
        "title": f"Two people, {regions}",
        "author": "Nobody",
        "style": f"./{regions}.yaml",
        "seed": seed,
        "characters": {name: {"name": name.title(), "look": role.look} for name, role in ROLES.items()},
        "chapters": [{"id": "one", "title": "One", "panels": panels}],
    }
    file = folder / f"two-{regions}.yaml"
    file.write_text(json.dumps(story))
    return file, shown


@dataclass(frozen=True)
class Verdict:
    """What is seen of one panel's two people, from left to right."""

    kinds: tuple[bool, bool]
    robots: tuple[bool, bool]
    colours: tuple[bool, bool]
    swapped: bool
    count: int

    @property
    def right(self) -> bool:
        """Both people are right."""
        return all(self.robots) and all(self.colours)


def seen_on(reading: Reading, left: bool) -> Spot | None:
    """The surest person on one half of a picture."""
    here = [spot for spot in reading.people if (spot.x < 0.5) == left]
    return max(here, key=lambda spot: spot.sure, default=None)


def _read(spot: Spot | None, head: str) -> str:
    return "" if spot is None else PERSON[head][int(spot.odds[head].argmax())]


def judged(reading: Reading, panel: Panel) -> Verdict:
    """Whether each of a panel's people is on their side, a robot if they are one, and in their colour."""
    spots = [seen_on(reading, left) for left in (True, False)]
    seen = [_read(spot, "kind") for spot in spots]
    kinds = [kind == role.kind for kind, role in zip(seen, panel.roles, strict=True)]
    robots = [
        kind != "" and (kind == "robot") == (role.kind == "robot") for kind, role in zip(seen, panel.roles, strict=True)
    ]
    colours = [_read(spot, "colour") == role.colour for spot, role in zip(spots, panel.roles, strict=True)]
    swapped = any(_read(spot, "colour") == role.colour for spot, role in zip(spots, panel.roles[::-1], strict=True))
    return Verdict((kinds[0], kinds[1]), (robots[0], robots[1]), (colours[0], colours[1]), swapped, len(reading.people))


def figures(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """The shares that are printed."""
    people = [one for v in verdicts for one in zip(v.kinds, v.robots, v.colours, strict=True)]
    shares: dict[str, list[bool]] = {
        "people: kind right": [kind for kind, _, _ in people],
        "people: robots and people right": [robot for _, robot, _ in people],
        "people: clothes' colour right": [colour for *_, colour in people],
        "people: the last two": [robot and colour for _, robot, colour in people],
        "panels: both colours": [all(v.colours) for v in verdicts],
        "panels: both people right": [v.right for v in verdicts],
        "panels: both people right, and nobody else": [v.right and v.count == 2 for v in verdicts],
        "panels: one in the other's colour": [v.swapped for v in verdicts],
    }
    return {name: float(np.mean(values)) for name, values in shares.items()}


def sheet(pictures: Sequence[tuple[Image.Image, Panel, Verdict]], file: Path) -> None:
    """The pictures in a grid, each with what is right of it."""
    columns, width, height = 4, 384, 208
    page = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height), "white")
    draw = ImageDraw.Draw(page)
    for i, (picture, panel, verdict) in enumerate(pictures):
        x, y = i % columns * width, i // columns * height
        page.paste(picture.resize((width, 192), Image.Resampling.LANCZOS), (x, y))
        told = [
            f"{role.kind} {'ok' if r else 'WRONG'}, {role.colour} {'ok' if c else 'WRONG'}"
            for role, r, c in zip(panel.roles, verdict.robots, verdict.colours, strict=True)
        ]
        draw.text((x + 4, y + 194), f"{panel.id}: {' | '.join(told)}; {verdict.count} seen", "black")
    page.save(file)


def main() -> None:
    """Draw and judge, one way after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panels", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7, help="another one makes another story")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--regions", nargs="+", default=["never", "always"], choices=("never", "auto", "always"))
    parser.add_argument("--from-right", action="store_true", help="tell whoever stands on the right first")
    parser.add_argument("--out", type=Path, help="keeps the pictures, so that a second run draws none")
    options = parser.parse_args()
    tower = Tower.load()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{options.panels} panels of two people; judged by {tower.identity}")
        for regions in options.regions:
            file, panels = story_of(folder, options.panels, options.model, options.seed, regions, options.from_right)
            choices = Choices(formats=("html",), out=folder / "built", steps=options.steps)
            build(file, choices, PlainLines())
            drawn = prepare(file, choices).folder / "panels"
            pictures = [Image.open(drawn / f"{panel.id}.png").convert("RGB") for panel in panels]
            readings = tower.read([np.asarray(picture) for picture in pictures])
            verdicts = [judged(reading, panel) for reading, panel in zip(readings, panels, strict=True)]
            print(f"regions: {regions}")
            for name, share in figures(verdicts).items():
                print(f"  {name:45} {share:6.1%}")
            if options.out:
                rows = list(zip(pictures, panels, verdicts, strict=True))
                for name, right in (("right", True), ("wrong", False)):
                    some = [row for row in rows if row[2].right is right][:48]
                    if some:
                        sheet(some, options.out / f"{name}-{regions}.png")


if __name__ == "__main__":
    main()
