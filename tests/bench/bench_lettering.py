"""How long it takes to plan and letter a book of 200 pages and 1,000 panels, on one core and without a model.

    taskset -c 0 python tests/bench/bench_lettering.py [--panels 1000] [--profile]

Prints the CPU seconds of reading, planning and lettering a generated story, in all and for each panel, and as a ratio
to a loop that measures this machine. With ``--profile``, what the time went into.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench_book import sentence

from novel.layout.letter import check_lettering, letter
from novel.layout.picture import Picture
from novel.layout.typeface import measure_prose
from novel.plan.build import make_plan
from novel.plan.model import PanelSlot
from novel.render.families import resolve
from novel.request import Subject
from novel.story.load import load_story

GOAL = 30.0
"""CPU seconds that planning and lettering 1,000 panels may take."""
HEAVY = ("torch", "diffusers", "transformers", "peft", "PIL", "numpy")
"""What lettering must never load."""
T = TypeVar("T")


def timed(name: str, loop: float, panels: int, work: Callable[[], T]) -> tuple[T, float]:
    """A work's result and its CPU seconds, printed."""
    began = time.process_time()
    made = work()
    taken = time.process_time() - began
    print(f"{name:<34} {taken:8.2f} {1000 * taken / panels:10.2f} {taken / loop:9.1f}")
    return made, taken


def calibrate() -> float:
    """The CPU seconds of a million additions in a plain loop, at their best of three."""
    best = float("inf")
    for _ in range(3):
        began, total = time.process_time(), 0
        for i in range(1_000_000):
            total += i & 3
        best = min(best, time.process_time() - began)
    return best


SIZES = ("half", "half", "wide", "half", "half")
"""A page's panels: three tiers of a US comic."""
KINDS = ("speech", "speech", "thought", "speech", "whisper", "shout", "speech", "radio")


def write_story(path: Path, panels: int) -> None:
    """A story of five panels to a page, in chapters of 50: two to four balloons each, some captions and sounds."""
    rng = random.Random(panels)
    chapters: list[dict[str, object]] = []
    for i in range(panels):
        if i % 50 == 0:
            chapters.append({"id": f"c{i // 50}", "title": f"Chapter {i // 50 + 1}", "panels": []})
        chapter = chapters[-1]
        size = SIZES[i % 5]
        most = 8 if size == "wide" else 5
        say = [
            {("ann", "bob")[k % 2]: sentence(rng, 2, most), "kind": KINDS[(i + k) % len(KINDS)]}
            for k in range(rng.randint(2, 4 if size == "wide" else 3))
        ]
        panel = {"id": f"p{i}", "cast": ["ann", "bob"], "prompt": sentence(rng, 4, 9), "size": size, "say": say}
        if i % 4 == 0:
            panel["caption"] = sentence(rng, 2, 5)
        if i % 10 == 2:
            panel["sfx"] = "KRAK!"
        chapter["panels"].append(panel)  # type: ignore[attr-defined]
    people = {"ann": {"name": "Ann", "look": "a woman"}, "bob": {"name": "Bob", "look": "a man"}}
    top = {"novel": 1, "title": "A big book", "author": "Nobody", "style": "./bench.yaml"}
    path.write_text(json.dumps({**top, "characters": people, "chapters": chapters}))
    path.with_name("bench.yaml").write_text(json.dumps({"name": "Bench", "art": {"model": "fake", "steps": 1}}))


def pictures(panels: list[str]) -> dict[str, Picture]:
    """A picture for each panel, with both people in it and a saliency of its own."""
    made = {}
    for i, panel in enumerate(panels):
        seen = tuple(
            Subject(character=who, x=x + 0.02 * (i % 7), y=0.25 + 0.03 * (i % 5), width=0.2, height=0.6, confidence=0.9)
            for who, x in (("ann", 0.1), ("bob", 0.6))
        )
        saliency = bytes((i * 31 + k * 17 + (k * k) % 97) % 256 for k in range(32 * 16))
        made[panel] = Picture(f"{i:064x}", 640, 320, seen, saliency)
    return made


def main() -> None:
    """Run everything once and print a table; exits 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panels", type=int, default=1000)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    loop = calibrate()
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        path = Path("big.yaml")
        write_story(path, asked.panels)
        print(f"{asked.panels} panels; a million additions take {loop:.3f} s")
        print(f"{'':<34} {'CPU s':>8} {'ms/panel':>10} {'× loop':>9}")
        if asked.profile:
            profile.enable()
        book, read = timed("read", loop, asked.panels, lambda: load_story(path))
        spec, _ = resolve("fake")
        measure = measure_prose(book.style, book.story, book.style_file.parent)
        plan, planned = timed("plan", loop, asked.panels, lambda: make_plan(book, spec, measure, lambda _: ""))
        _, checked = timed("check the lettering", loop, asked.panels, lambda: check_lettering(book, plan))
        shown = pictures([p.id for p in book.story.panels()])
        document, lettered = timed(
            "letter, with people and saliency", loop, asked.panels, lambda: letter(book, plan, shown)
        )
        profile.disable()
    pages = sum(any(isinstance(s, PanelSlot) for s in p.slots) for p in plan.pages)
    total = read + planned + lettered
    goal = GOAL * asked.panels / 1000
    print(f"\nread, plan and letter: {total:.2f} s for {len(document.pages)} pages, {pages} of them with panels")
    print(f"{total / goal:.0%} of the goal of {goal:.0f} s; check {checked:.2f} s; {total / loop:.0f} × the loop")
    if asked.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    loaded = [name for name in HEAVY if name in sys.modules]
    if loaded:
        raise SystemExit(f"lettering loaded {', '.join(loaded)}")
    if not asked.profile and total > goal:
        raise SystemExit("slower than the goal")


if __name__ == "__main__":
    main()
