"""A build that is killed at any moment goes on where it was and ends with the same bytes."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

PANELS = 40
KILLS = 20


def build(story: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "novel", "build", str(story), "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(out: Path) -> dict[str, bytes]:
    """The pictures in the store that are whole, by file name."""
    from novel.store import Store

    store = Store(out / ".store")
    found = {}
    for path in (out / ".store" / "entries").glob("*/*.entry"):
        entry = store.get(path.stem)
        assert entry is not None, f"{path.name} was left damaged"
        found[path.name] = entry.payload
    return found


def book(out: Path) -> dict[str, bytes]:
    """Every file of the book but the record of how long it took."""
    folder = out / "story"
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != "build.json")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_twenty_kills_lose_no_finished_picture_and_change_no_byte(story_file: Path, tmp_path: Path) -> None:
    text = story_file.read_text()
    text += "".join(
        f"      - id: p{i}\n        prompt: a cat {i}\n        say: [ann: Cat {i}.]\n" for i in range(PANELS)
    )
    story_file.write_text(text)
    assert build(story_file, tmp_path / "calm").wait(timeout=120) == 0
    calm = book(tmp_path / "calm")
    assert len(calm) == PANELS + 3 + 2

    rng = random.Random(20)
    out = tmp_path / "rough"
    kept: dict[str, bytes] = {}
    killed = 0
    for kill in range(KILLS):
        process = build(story_file, out)
        # A moment of the drawing, from before the first picture to after the last; then a little of whatever follows.
        pictures = rng.randint(0, PANELS + 3)
        while process.poll() is None and len(list((out / ".store" / "entries").glob("*/*.entry"))) < pictures:
            time.sleep(0.002)
        time.sleep(rng.choice((0.0, 0.0, 0.01, 0.1, 0.3)))
        killed += process.poll() is None
        process.kill()
        process.wait()
        now = finished(out)
        assert kept.items() <= now.items(), "a finished picture was lost or drawn again differently"
        kept = now
        if kill % 5 == 4:
            # Four times in all the book is finished after the kills, and the next round starts anew.
            process = build(story_file, out)
            assert process.wait(timeout=120) == 0, process.stderr.read() if process.stderr else ""
            assert book(out) == calm
            assert not list(out.rglob("*.tmp*"))
            out, kept = tmp_path / f"rough-{kill}", {}
    assert killed >= KILLS // 2


def test_the_next_build_takes_away_what_a_killed_one_left_half_written(story_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    left = [out / "story" / ".novel-0123456789abcdef.tmp", out / "story" / "panels" / ".novel-fedcba9876543210.tmp"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert build(story_file, out).wait(timeout=120) == 0
    assert [path for path in left if path.exists()] == []
