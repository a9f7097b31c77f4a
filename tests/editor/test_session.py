"""An editor's session on the story that comes with the project, with the model that really draws."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
STORY = "diffusion-dreams"
PANEL = "launch"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """The story in a folder of its own, drawn in two steps a picture."""
    shutil.copytree(PROJECT / "styles", tmp_path / "styles")
    for style in (tmp_path / "styles").glob("*.yaml"):
        style.write_text(re.sub(r"(?m)^(\s+steps:).*", r"\1 2", style.read_text()))
    return Path(shutil.copy(PROJECT / "stories" / f"{STORY}.yaml", tmp_path))


def hashes(book: Path) -> dict[str, str]:
    """Each panel's picture and each book by the hash of its bytes."""
    files = [*(book / "panels").glob("*.png"), *book.glob(f"{STORY}.*")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def pages(pdf: Path, folder: Path) -> list[str]:
    """The hash of each page's pixels."""
    folder.mkdir()
    subprocess.run(["pdftoppm", "-r", "40", str(pdf), str(folder / "page")], check=True)
    return [hashlib.sha256(page.read_bytes()).hexdigest() for page in sorted(folder.iterdir())]


def page_of(novel, story: Path, panel: str) -> int:
    rows = json.loads(novel("plan", story.name, "--json").stdout)["panels"]
    return next(row["page"] for row in rows if row["id"] == panel)


def test_a_panel_is_retaken_picked_and_reverted_and_nothing_else_moves(novel, story: Path, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = novel(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    book = tmp_path / "output" / STORY
    run("build", story.name, "-q")
    first = hashes(book)
    first_pages = pages(book / f"{STORY}.pdf", tmp_path / "first")
    run("retake", story.name, PANEL, "--count", "4", "-q")
    assert hashes(book) == first, "candidates are no part of the book"
    takes = [(book / "takes" / PANEL / f"{number}.png").read_bytes() for number in range(1, 5)]
    assert len(set(takes)) == 4
    run("pick", story.name, PANEL, "3")
    run("build", story.name, "-q")
    assert json.loads((book / "build.json").read_text())["rendered"] == 0
    picked = hashes(book)
    assert (book / "panels" / f"{PANEL}.png").read_bytes() == takes[2]
    assert {name for name in first if picked[name] != first[name]} == {
        f"{PANEL}.png",
        f"{STORY}.pdf",
        f"{STORY}.html",
    }
    picked_pages = pages(book / f"{STORY}.pdf", tmp_path / "picked")
    changed = [n for n, (a, b) in enumerate(zip(first_pages, picked_pages, strict=True), 1) if a != b]
    assert changed == [page_of(novel, story, PANEL)]
    run("revert", story.name, PANEL)
    run("build", story.name, "-q")
    assert hashes(book) == first
