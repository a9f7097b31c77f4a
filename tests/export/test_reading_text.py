"""Both stories of this repository as other programs read them: every word of the script, in reading order."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from novel.cli import main
from novel.layout.wording import plain
from novel.story.load import load_story
from novel.story.model import Panel, Story

STORIES = Path(__file__).parents[2] / "stories"
APART = 0.75
"""The share of a panel's neighbouring texts that a reader which goes by places alone finds in their order."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, str], tuple[Story, Path]]:
    """Builds a story without a model, on any paper, in any direction; each once."""
    folder = tmp_path_factory.mktemp("books")
    shutil.copytree(STORIES / "overdue", folder / "overdue")
    built: dict[str, tuple[Story, Path]] = {}

    def build(name: str, page: str, direction: str) -> tuple[Story, Path]:
        title = f"{name}-{page}-{direction}"
        if title not in built:
            text = (STORIES / f"{name}.yaml").read_text(encoding="utf-8")
            text = re.sub(r"^page:.*$", f"page: {page}", re.sub(r"^direction:.*\n", "", text, flags=re.M), flags=re.M)
            file = folder / f"{title}.yaml"
            file.write_text(re.sub(r"^title:", f"direction: {direction}\ntitle:", text, count=1, flags=re.M), "utf-8")
            out = folder / "out"
            assert main(["build", str(file), "--model", "fake", "--to", "pdf", "-q", "-o", str(out)]) == 0
            built[title] = load_story(file).story, out / title / f"{title}.pdf"
        return built[title]

    return build


CASES = [
    ("diffusion-dreams", "us-comic", "ltr"),
    ("diffusion-dreams", "manga-a5", "rtl"),
    ("diffusion-dreams", "webtoon", "ltr"),
    ("overdue", "album", "ltr"),
    ("overdue", "manga-a5", "rtl"),
    ("overdue", "wide-screen", "ltr"),
]


def letters(text: str) -> str:
    """What stays of a text whatever case, punctuation and line breaks it is set with."""
    return "".join(c for c in text.casefold() if c.isalnum())


def said(panel: Panel) -> list[str]:
    """A panel's texts in the order in which they are read."""
    texts = [*panel.caption, *(line.text for line in panel.say), *panel.sfx]
    if panel.prose:
        texts += [part for part in panel.prose.split("\n\n") if part.strip()]
    return [letters(plain(text)) for text in texts if letters(plain(text))]


def script(story: Story) -> Iterator[str]:
    """All texts of a story's chapters, headings included."""
    for chapter in story.chapters:
        yield letters(plain(chapter.title))
        for panel in chapter.panels:
            yield from said(panel)


def without_folios(printed: str) -> str:
    """A page's text without the number that stands at its foot or head."""
    return "\n".join(line for line in printed.splitlines() if not line.strip().isdigit())


@pytest.mark.parametrize(("name", "page", "direction"), CASES)
def test_the_script_is_printed_word_for_word_in_reading_order(
    name: str,
    page: str,
    direction: str,
    books: Callable[[str, str, str], tuple[Story, Path]],
    tool: Callable[..., str],
) -> None:
    story, pdf = books(name, page, direction)
    whole = "".join(script(story))
    assert whole in letters(without_folios(tool("pdftotext", "-raw", pdf, "-")))


@pytest.mark.parametrize(("name", "page", "direction"), CASES)
def test_reading_software_is_told_every_text_in_order(
    name: str,
    page: str,
    direction: str,
    books: Callable[[str, str, str], tuple[Story, Path]],
    tool: Callable[..., str],
) -> None:
    story, pdf = books(name, page, direction)
    told = letters(tool("pdfinfo", "-struct-text", pdf))
    at = 0
    for text in script(story):
        found = told.find(text, at)
        assert found >= 0, text
        at = found + len(text)


@pytest.mark.parametrize(("name", "page", "direction"), CASES)
def test_a_reader_that_goes_by_places_finds_every_balloon_in_one_piece(
    name: str,
    page: str,
    direction: str,
    books: Callable[[str, str, str], tuple[Story, Path]],
    tool: Callable[..., str],
) -> None:
    """Plain pdftotext sorts blocks by where they stand, from left to right. It finds no fewer words, though; nearly
    all balloons whole; and most panels' texts in their order where the story reads from left to right too."""
    story, pdf = books(name, page, direction)
    printed = letters(without_folios(tool("pdftotext", pdf, "-")))
    assert sorted(printed) == sorted(letters(without_folios(tool("pdftotext", "-raw", pdf, "-"))))
    whole, pairs, right = [], 0, 0
    for panel in (p for chapter in story.chapters for p in chapter.panels):
        texts = [*(letters(plain(t)) for t in panel.caption), *(letters(plain(line.text)) for line in panel.say)]
        whole += [text in printed for text in texts]
        for one, other in pairwise(texts):
            if one in printed and other in printed:
                pairs += 1
                right += printed.find(one) < printed.rfind(other)
    print(f"{name} {page} {direction}: {sum(whole)}/{len(whole)} whole, {right}/{pairs} pairs in order")
    assert sum(whole) >= 0.9 * len(whole)
    if direction == "ltr":
        assert right >= APART * pairs


def test_the_same_story_gives_the_same_bytes(
    tmp_path: Path, books: Callable[[str, str, str], tuple[Story, Path]]
) -> None:
    _, first = books("overdue", "manga-a5", "rtl")
    story = first.parents[2] / f"{first.stem}.yaml"
    made = []
    for name in ("one", "two"):
        assert main(["build", str(story), "--model", "fake", "-q", "-o", str(tmp_path / name)]) == 0
        made.append([(tmp_path / name).rglob(f"*{ending}") for ending in (".pdf", ".html")])
    one, two = ([next(iter(files)).read_bytes() for files in kinds] for kinds in made)
    assert one == two
    assert one[0] == first.read_bytes()
