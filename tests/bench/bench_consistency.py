"""How much more the people, places and style of a book stay themselves by the means that novel has for it.

    python tests/bench/bench_consistency.py [--panels 10] [--steps 8] [--candidates 4] [--ways words set no-anchors]

Both stories are built in a temporary folder in several ways, the same panels, shots and sizes each time:

- ``plain``: as prompts are written without a tool. Somebody is a noun (`an old woman`), a place is a noun without its
  hour, no words of the style; a random seed for each panel.
- ``words``: looks, places and the style in the same words each time; still a random seed for each panel, nothing else.
- ``set``: all of it: the looks' words, the story's seeds, its adapters, each place's first picture as the anchor of the
  others, and the best of several candidates by prompt and by likeness to a reference picture of each character. Where
  the story has none, that is the best of several pictures of the character alone, which the model draws here first.
- ``no-anchors``, ``no-adapters``, ``no-candidates``, ``no-continues``: ``set`` without these; asked for by ``--ways``.

Printed are the figures of `novel review`, as means over those characters and places for which every way has some: how
alike the crops are among themselves (self), how alike those of others are (others), how many of the cast were found.
Ratios are to ``plain``. Drift is 1 − self: how far from itself a thing is.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from novel.build import build
from novel.prepare import Choices
from novel.render.progress import Progress, Quiet, make_progress
from novel.review.result import Review, Reviewed
from novel.review.review import review

ROOT = Path(__file__).parents[2]
STORIES = ("diffusion-dreams", "overdue")
MEANS = ("anchors", "adapters", "candidates", "continues")
WAYS = ("plain", "words", "set", *(f"no-{means}" for means in MEANS))
_DETAIL = re.compile(r"\s+(?:with|wearing)\s.*")
_HOUR = re.compile(r"\s+(?:by day|at (?:night|dawn|dusk|sunset|noon))\b.*")


def panels_of(story: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels in reading order, the cover first, as they stand in the story's data."""
    cover = [story["cover"]] if story.get("cover") else []
    return cover + [
        panel
        for chapter in story["chapters"]
        for holder in chapter.get("pages", [chapter])
        for panel in holder["panels"]
    ]


def shortened(story: dict[str, Any], count: int | None) -> None:
    """Leave only the first panels."""
    if count is None:
        return
    kept = {id(panel) for panel in panels_of(story)[:count]}
    for chapter in story["chapters"]:
        for holder in chapter.get("pages", [chapter]):
            holder["panels"] = [panel for panel in holder["panels"] if id(panel) in kept]
        if "pages" in chapter:
            chapter["pages"] = [page for page in chapter["pages"] if page["panels"]]
    story["chapters"] = [c for c in story["chapters"] if c.get("panels") or c.get("pages")]


def with_references(name: str, folder: Path, options: argparse.Namespace) -> dict[str, str]:
    """A reference picture for each character who is in several panels and has none: drawn alone, cut out, written
    beside the story. By id the path, as the story is to name it."""
    from PIL import Image

    from novel.prepare import prepare
    from novel.review.crops import appearances, cut, groups, pictures, pixels

    story, style = read(name)
    shortened(story, options.panels)
    cast = [next(iter(one)) if isinstance(one, dict) else one for p in panels_of(story) for one in p.get("cast", ())]
    people = {who: c for who, c in story["characters"].items() if not c.get("references") and c.get("look")}
    wanted = [who for who in people if cast.count(who) > 1]
    panels = [{"id": who, "cast": [{who: "in the center"}], "prompt": "a clear view"} for who in wanted]
    if not panels:
        return {}
    style["art"]["candidates"] = options.candidates
    sheet = {**story, "cover": None, "places": {}, "chapters": [{"title": "Sheet", "panels": panels}]}
    sheet["characters"] = {who: {**people[who], "adapter": None} for who in wanted}
    file = write(f"{name}-sheet", {k: v for k, v in sheet.items() if v}, style, folder)
    choices = Choices(out=folder / "output", formats=("html",), steps=options.steps)
    build(file, choices, progress_of(options))
    made = prepare(file, choices)
    shown = pictures(made, choices)
    references = {}
    for group in groups(made):
        for seen in appearances(made, group, shown) if group.kind == "person" else ():
            if seen.box is not None:
                path = folder / name / f"{group.id}-drawn.png"
                path.parent.mkdir(exist_ok=True)
                Image.fromarray(cut(pixels(made, shown[seen.panel]), seen.box).copy()).save(path)
                references[group.id] = f"{name}/{path.name}"
    return references


def read(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A story and its style as data."""
    story = yaml.safe_load((ROOT / "stories" / f"{name}.yaml").read_text())
    return story, yaml.safe_load((ROOT / "styles" / f"{story['style']}.yaml").read_text())


def write(name: str, story: dict[str, Any], style: dict[str, Any], folder: Path) -> Path:
    """Write both; the story's file."""
    (folder / "styles").mkdir(parents=True, exist_ok=True)
    (folder / "styles" / f"{story['style']}.yaml").write_text(yaml.safe_dump(style, allow_unicode=True))
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(story, allow_unicode=True, sort_keys=False))
    return file


def progress_of(options: argparse.Namespace) -> Progress:
    return Quiet(io.StringIO()) if options.quiet else make_progress()


def written(way: str, name: str, folder: Path, options: argparse.Namespace) -> Path:
    """A story written so that it is drawn in one of the ways."""
    if (ROOT / "stories" / name).is_dir():
        shutil.copytree(ROOT / "stories" / name, folder / name, dirs_exist_ok=True)
    story, style = read(name)
    shortened(story, options.panels)
    art, dice = style["art"], random.Random(f"{name} {options.seed}")
    means = {m for m in MEANS if way == "set" or (way.startswith("no-") and way != f"no-{m}")}
    if "candidates" in means:
        art["candidates"] = options.candidates
        for who, reference in with_references(name, folder, options).items():
            story["characters"][who]["references"] = [reference]
    if "anchors" in means:
        where = [panel.get("place") for panel in panels_of(story)]
        for place, of_place in story.get("places", {}).items():
            if where.count(place) > 1:
                of_place["anchor"] = True
    else:
        art.pop("anchor", None)
    if "adapters" not in means:
        for one in (*story.get("characters", {}).values(), *story.get("places", {}).values()):
            one.pop("adapter", None)
        art.pop("adapters", None)
    if "continues" not in means:
        for panel in panels_of(story):
            panel.pop("continues", None)
            panel.pop("strength", None)
    if not means:
        for panel in panels_of(story):
            panel["seed"] = dice.getrandbits(31)
    if way == "plain":
        art |= {"before": "", "after": ""}
        for character in story.get("characters", {}).values():
            character["look"] = _DETAIL.sub("", character.get("look", ""))
        for place in story.get("places", {}).values():
            place["look"] = _HOUR.sub("", place["look"])
    return write(name, story, style, folder)


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the groups of one kind."""

    self: float
    others: float | None
    groups: int


def figures(reviews: list[Review], kind: str, compared: set[tuple[int, str]]) -> Figures | None:
    """The means over the groups that are compared, each by its story's place and its id."""
    groups = [one for i, r in enumerate(reviews) for one in r.of_kind(kind) if (i, one.group.id) in compared]  # type: ignore[arg-type]
    if not groups:
        return None
    others = [one.others for one in groups if one.others is not None]
    own = [one.self for one in groups if one.self is not None]
    return Figures(sum(own) / len(own), sum(others) / len(others) if others else None, len(groups))


def known(reviews: list[Review]) -> set[tuple[int, str]]:
    """The groups that have a figure."""
    return {(i, one.group.id) for i, r in enumerate(reviews) for one in r.reviewed if one.self is not None}


def people_found(reviews: list[Review]) -> tuple[int, int]:
    people: list[Reviewed] = [one for r in reviews for one in r.of_kind("person")]
    return sum(one.found for one in people), sum(len(one.showings) for one in people)


def main() -> None:
    """Build in all ways, review, and lay the figures side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", nargs="+", default=list(STORIES))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS[:3]))
    parser.add_argument("--panels", type=int, help="only the first so many of each story")
    parser.add_argument("--steps", type=int, help="sampling steps in place of the styles'")
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0, help="what the random seeds of the plain ways are drawn with")
    parser.add_argument("--judge", help="as for novel review")
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave books and pictures there")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = options.keep or Path(temporary)
        reviews = {way: [_reviewed(way, name, home, options) for name in options.stories] for way in options.ways}
    compared = set.intersection(*(known(of_way) for of_way in reviews.values()))
    first = next(iter(reviews.values()))[0]
    print(f"{', '.join(options.stories)}; {sum(r.panels for r in reviews[options.ways[0]])} panels; "
          f"{options.steps or 'styles’'} steps; {options.candidates} candidates; judged by {first.judge}")  # fmt: skip
    base = options.ways[0]
    print(f"{'':15}{'':13}{'self':>7}{'others':>8}{'apart':>8}{'ratio':>8}{'drift':>8}")
    for kind, title in (("person", "characters"), ("place", "places"), ("style", "style")):
        plain = figures(reviews[base], kind, compared)
        for way in options.ways:
            own = figures(reviews[way], kind, compared)
            if own is None or plain is None:
                continue
            others = f"{own.others:8.3f}{own.self - own.others:8.3f}" if own.others is not None else f"{'–':>8}{'–':>8}"
            drift = (1 - own.self) / max(1e-6, 1 - plain.self)
            label = f"{title} ({own.groups})" if way == base else ""
            print(f"{label:15}{way:13}{own.self:7.3f}{others}  × {own.self / plain.self:.2f}  × {drift:.2f}")
    for way in options.ways:
        found, cast = people_found(reviews[way])
        print(f"people found, {way}: {found} of {cast} ({found / max(1, cast):.0%})")


def _reviewed(way: str, name: str, home: Path, options: argparse.Namespace) -> Review:
    folder = home / way
    folder.mkdir(parents=True, exist_ok=True)
    story = written(way, name, folder, options)
    choices = Choices(out=home / "output", formats=("html",), steps=options.steps)  # what two ways share is drawn once
    build(story, choices, progress_of(options))
    return review(story, choices, options.judge)


if __name__ == "__main__":
    main()
