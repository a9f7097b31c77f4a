"""How long a big book takes without its pictures, and how long the tool takes to start.

    python tests/bench/bench_book.py [--panels 1000]

Prints, in one run: check, plan, letter and PDF, letter and HTML of a generated story whose pictures come from the fake
backend, each in a process of its own with its CPU seconds and peak memory; then the CPU time of ``novel --help`` and of
``novel check`` on a small story, as ratios to an empty Python.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

WORDS = (
    "the noise is a map of all that could be drawn if somebody were patient enough to walk back along every step "
    "until a bird sits on the screen and nobody knows who painted it but everyone wants to see another one"
).split()


def sentence(rng: random.Random, least: int, most: int) -> str:
    """A sentence of plain words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(least, most))).capitalize() + "."


def write_story(path: Path, panels: int) -> None:
    """A story of many panels: two lines each, captions, halves, some prose, in chapters of 25."""
    rng = random.Random(panels)
    lines = ["novel: 1", "title: A big book", "author: Nobody", "style: bench", "seed: 7", "characters:"]
    lines += ["  ann: {name: Ann, look: a woman with red hair wearing a green shirt}"]
    lines += ["  bob: {name: Bob, look: a man with black hair wearing a blue shirt}"]
    lines += ["places:", "  lab: {look: inside a lab at night}", "chapters:"]
    for i in range(panels):
        if i % 25 == 0:
            lines += [f"  - id: c{i // 25}", f"    title: Chapter {i // 25 + 1}", "    panels:"]
        lines += [f"      - id: p{i}", "        place: lab", "        cast: [ann, bob]"]
        lines += [f"        prompt: {sentence(rng, 4, 9)}", f"        caption: {sentence(rng, 3, 8)}"]
        lines += [
            "        say:",
            f"          - ann: {sentence(rng, 4, 11)}",
            f"          - bob: {sentence(rng, 4, 11)}",
        ]
        if i % 9 in (3, 4):
            lines += ["        size: half"]
        if i % 50 == 49:
            lines += [f"        prose: {' '.join(sentence(rng, 6, 14) for _ in range(25))}"]
    path.write_text("\n".join(lines) + "\n")
    styles = path.parent / "styles"
    styles.mkdir(exist_ok=True)
    (styles / "bench.yaml").write_text("name: Bench\nart: {model: fake, before: bright comic style, steps: 1}\n")


def run(*command: str) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a command; it must succeed."""
    code = (
        "import resource, subprocess, sys\n"
        "r = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)\n"
        "sys.exit(r.stderr[-2000:]) if r.returncode else None\n"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stderr}")
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def median_cpu(*command: str, runs: int = 7) -> float:
    """The median CPU seconds of several runs."""
    return statistics.median(run(*command)[0] for _ in range(runs))


def main() -> None:
    """Run everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panels", type=int, default=1000)
    panels = parser.parse_args().panels
    novel = (sys.executable, "-m", "novel")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        big, small = Path("big.yaml"), Path("small.yaml")
        write_story(big, panels)
        write_story(small, 14)
        print(f"{panels} panels                     CPU s   peak MB")
        for name, command in (
            ("check", ("check", "big.yaml")),
            ("plan", ("plan", "big.yaml", "--json")),
            ("draw (fake), letter, PDF", ("build", "big.yaml", "--to", "pdf", "-q")),
            ("again: letter, PDF", ("build", "big.yaml", "--to", "pdf", "-q")),
            ("again: letter, HTML", ("build", "big.yaml", "--to", "html", "-q")),
        ):
            seconds, megabytes = run(*novel, *command)
            print(f"{name:<28} {seconds:8.2f} {megabytes:9.0f}")
        empty = median_cpu(sys.executable, "-c", "pass")
        print(f"\nstart-up                        CPU s   × empty Python ({empty:.3f} s)")
        run(*novel, "build", "small.yaml", "-q")
        for name, command in (
            ("novel --help", ("--help",)),
            ("novel check, 14 panels", ("check", "small.yaml")),
            ("novel build again, 14 panels", ("build", "small.yaml", "-q")),
        ):
            seconds = median_cpu(*novel, *command)
            print(f"{name:<28} {seconds:8.3f} {seconds / empty:9.1f}")


if __name__ == "__main__":
    main()
