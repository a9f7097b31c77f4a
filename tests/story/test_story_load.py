"""What a writer writes is what the later stages get."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from novel.errors import DiagnosticsError, FileError, RefusedError
from novel.story.load import load_story
from novel.story.model import Story
from novel.story.paper import PROFILES
from novel.story.style import Style


def test_the_formats_example_reads_as_it_says(example):
    book = load_story(example)
    story, style = book.story, book.style
    assert (story.title, story.authors, story.language, story.direction) == (
        "The Noise Whisperers", ("Your Name",), "en", "ltr",
    )  # fmt: skip
    assert (story.seed, story.style, story.page) == (2020, "bright-tech", PROFILES["us-comic"])
    jon = story.characters["jon"]
    assert jon.adapter is not None
    assert (jon.adapter.path, jon.adapter.weight, jon.adapter.trigger) == (
        "adapters/jon.safetensors", 0.8, "jonho person",
    )  # fmt: skip
    assert jon.references == ("refs/jon-front.png",)
    # In braces, what stands behind a comma and has no colon belongs to the text.
    assert story.characters["colleague"].look == "woman with red hair, green jumper"
    assert story.places["lab"].look == "a university lab at night, glowing screens"
    night, bird = story.chapters[0].panels
    assert [(line.speaker, line.text, line.kind) for line in night.say] == [
        ("jon", "Another night of pure noise.", "thought"),
        ("colleague", "Everyone is betting on *GANs*.", "speech"),
    ]
    assert night.caption == ("Berkeley, 2019.",)
    assert (bird.continues, bird.strength, bird.size, bird.sfx) == ("late-night", 0.65, "splash", ("FLASH",))
    assert bird.prose.startswith("Running text, for")
    assert bird.prose.endswith("needs to be.")
    assert bird.id_given
    assert style.art.revision is None
    assert (style.art.sampler, style.art.steps, style.art.guidance) == ("dpm++", 20, 5.0)
    assert style.art.anchor is not None
    assert (style.lettering.size, style.lettering.caps, style.page.border) == (8.5, True, 1.2)
    assert book.warnings == ()
    assert book.story_asset("refs/jon-front.png").read_bytes().startswith(b"\x89PNG")
    assert book.style_asset("anchor.png") == (example.parent / "styles" / "anchor.png").resolve()


def test_what_was_built_without_validation_would_have_passed_it(example):
    book = load_story(example)
    assert Story.model_validate(book.story.model_dump()) == book.story
    assert Style.model_validate(book.style.model_dump()) == book.style


def test_every_form_a_field_may_take(load):
    book = load(
        """\
title: 2020
author: [No, 1:30, on]
language: no
style: plain
page: {width: 170mm, height: 10in, bleed: 3mm, safe: [0.5in, 36]}
seed: "7"
colophon: Thanks.
characters:
  No: {name: No}
  jon: {look: tall, thin}
  José: {name: "2020"}
places: {lab: {look: dark}}
cover: {prompt: a cover}
chapters:
  - title: One
    pages:
      - panels:
          - {id: a, prompt: x, cast: [jon, {No: tired, rubbing his eyes}, José: glad], caption: [one, two], sfx: [A, B]}
          - {id: b, prompt: y, page_break: before, say: [No: yes, {jon: off, kind: radio, at: left}], seed: 5}
      - panels: [{id: c, prompt: z, strength: ~, alt: , negative: "", guidance: 3, steps: 12}]
  - {id: two, title: 1e3, panels: [{id: d, prompt: no}]}
"""
    )
    story = book.story
    assert story.title == "2020"
    assert story.authors == ("No", "1:30", "on")
    assert story.language == "no"
    assert story.page.name == "custom"
    assert (story.page.width, story.page.height) == (pytest.approx(170 / 25.4 * 72), 720)
    assert (story.page.bleed, story.page.safe_x, story.page.safe_y) == (pytest.approx(3 / 25.4 * 72), 36, 36)
    assert (story.seed, story.colophon) == (7, "Thanks.")
    assert [c.name for c in story.characters.values()] == ["No", "Jon", "2020"]
    assert story.characters["jon"].look == "tall, thin"
    assert story.cover is not None
    assert story.cover.id == "cover"
    one, two = story.chapters
    assert one.id == "one"
    assert one.pages == (("a", "b"), ("c",))
    assert [p.id for p in story.panels()] == ["cover", "a", "b", "c", "d"]
    a, b, c = one.panels
    assert [(m.id, m.words) for m in a.cast] == [("jon", ""), ("No", "tired, rubbing his eyes"), ("José", "glad")]
    assert (a.caption, a.sfx) == (("one", "two"), ("A", "B"))
    assert [(line.speaker, line.text, line.kind, line.at) for line in b.say] == [
        ("No", "yes", "speech", None),
        ("jon", "off", "radio", "left"),
    ]
    assert (b.seed, b.page_break) == (5, "before")
    assert (c.strength, c.alt, c.negative, c.guidance, c.steps) == (None, "", "", 3.0, 12)
    assert two.title == "1e3"
    assert two.panels[0].prompt == "no"


@pytest.mark.parametrize(
    ("name", "size", "bleed", "safe"),
    [
        ("us-comic", (477, 738), 9, (22.5, 45)),
        ("digest", (432, 648), 9, (22.5, 36)),
        ("wide-screen", (960, 540), 0, (36, 36)),
        ("album", (680.3, 907.1), 8.504, None),
        ("a4", (595.3, 841.9), 8.504, None),
        ("manga-b5", (515.9, 728.5), 8.504, None),
        ("manga-a5", (419.5, 595.3), 8.504, None),
        ("webtoon", (600, 960), 0, None),
    ],
)
def test_page_profiles(load, head, name, size, bleed, safe):
    page = load(f"page: {name}\n{head}").story.page
    assert (page.width, page.height) == pytest.approx(size, abs=0.06)
    assert page.bleed == pytest.approx(bleed, abs=0.001)
    assert page.strip == (name == "webtoon")
    if safe:
        assert (page.safe_x, page.safe_y) == pytest.approx(safe)


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("fa", "rtl"), ("ur-PK", "rtl"), ("ja", "ltr"),
     ("az-Arab", "rtl"), ("ar-Latn", "ltr"), ("zh-Hant-TW", "ltr")],
)  # fmt: skip
def test_direction_follows_the_language(load, head, language, direction):
    assert load(f"language: {language}\n{head}").story.direction == direction
    assert load(f"language: {language}\ndirection: rtl\n{head}").story.direction == "rtl"


@pytest.mark.parametrize("good", ["en", "de-CH", "zh-Hant-TW", "sr-Latn", "sl-rozaj-biske", "de-1996", "es-419", "x-y"])
def test_language_tags(load, faults, head, good):
    if good == "x-y":  # private use alone names no language
        assert faults(f"language: {good}\n{head}").diagnostics[0].code == "bad-name"
    else:
        assert load(f"language: {good}\n{head}").story.language == good


class TestMadeIds:
    BODY = "title: T\nstyle: plain\nchapters:\n  - {{id: one, title: One, panels: [{}]}}\n"

    def ids(self, load, *panels):
        book = load(self.BODY.format(", ".join(panels)))
        return [p.id for p in book.story.panels()], book

    def test_they_tell_chapter_and_prompt_and_are_warned_of(self, load):
        (made,), book = self.ids(load, "{prompt: A bird in the tree sings}")
        assert made.startswith("one-a-bird-in-the-")
        assert not book.story.chapters[0].panels[0].id_given
        (warning,) = book.warnings
        assert (warning.code, warning.severity, warning.line) == ("no-id", "warning", 4)
        assert made in warning.hint

    def test_an_insertion_elsewhere_changes_none(self, load):
        panels = ["{prompt: a bird sings in june}", "{prompt: a bird sings in july}", "{id: x, prompt: q}"]
        before, _ = self.ids(load, *panels)
        after, _ = self.ids(load, "{prompt: a bird sings in may}", *panels)
        assert after[1:] == before
        assert len(set(after)) == 4

    def test_panels_alike_are_told_apart_and_given_ids_come_first(self, load):
        (first, second), _ = self.ids(load, "{prompt: x}", "{prompt: x}")
        assert second == f"{first}-2"
        (made, given), _ = self.ids(load, "{prompt: x}", f"{{id: {first}, prompt: y}}")
        assert given == first
        assert made == f"{first}-2"

    def test_a_prompt_without_latin_letters(self, load):
        (made,), _ = self.ids(load, "{prompt: 鳥が鳴く}")
        assert made.startswith("one-")
        assert made.isascii()

    def test_chapters_alike(self, load):
        book = load("title: T\nstyle: plain\nchapters:\n" + "  - {title: Ein Tag!, panels: [{prompt: x}]}\n" * 2)
        assert [c.id for c in book.story.chapters] == ["ein-tag", "ein-tag-2"]


class TestStyles:
    def test_found_beside_the_story_above_it_and_where_the_command_runs(self, folder, head, tmp_path, monkeypatch):
        deep = folder / "a" / "b"
        deep.mkdir(parents=True)
        story = deep / "story.yaml"
        story.write_text(head)
        assert load_story(story).style_file == folder / "styles" / "plain.yaml"
        (deep / "styles").mkdir()
        (deep / "styles" / "plain.yaml").write_text("name: Nearer\n")
        assert load_story(story).style.name == "Nearer"
        elsewhere = tmp_path / "elsewhere"
        (elsewhere / "styles").mkdir(parents=True)
        (elsewhere / "styles" / "mine.yaml").write_text("{}")
        monkeypatch.chdir(elsewhere)
        book = load_story(story, style="mine")
        assert (book.style.name, book.story.style) == ("mine", "mine")

    def test_not_four_folders_up(self, folder, head):
        deep = folder / "a" / "b" / "c" / "d"
        deep.mkdir(parents=True)
        (deep / "story.yaml").write_text(head)
        with pytest.raises(DiagnosticsError) as caught:
            load_story(deep / "story.yaml")
        assert "there is no style `plain`" in str(caught.value)

    def test_by_path(self, folder, load, head, fault):
        (folder / "own.yaml").write_text("name: Own\n")
        assert load(head.replace("style: plain", "style: own.yaml")).style.name == "Own"
        error = fault(head.replace("style: plain", "style: ../own.yaml"))
        assert (error.line, error.column, error.exit_code) == (2, 8, 7)

    def test_given_with_the_command(self, folder, load, head, tmp_path, monkeypatch):
        other = tmp_path / "other.yaml"
        other.write_text("name: Other\n")
        assert load(head, style=str(other)).style_file == other
        assert load(head.replace("style: plain\n", ""), style="plain").style.name == "Plain"
        with pytest.raises(FileError):
            load(head, style=str(tmp_path / "none.yaml"))

    def test_unknown(self, fault, head):
        error = fault(head.replace("style: plain", "style: plian"))
        assert (error.line, error.column, error.code, error.exit_code) == (2, 8, "unknown-style", 3)
        assert error.hint.startswith("Did you mean `plain`? Styles: ")
        assert "plain" in error.hint

    def test_both_files_errors_at_once(self, folder, faults, head):
        (folder / "styles" / "plain.yaml").write_text("art:\n  setps: 3\n  guidance: 100\n  sampler: eular\nink: red\n")
        error = faults(head + "        sixe: half\n")
        assert [(Path(d.file).name, d.line, d.column, d.code) for d in error.diagnostics] == [
            ("story.yaml", 15, 9, "unknown-key"),
            ("plain.yaml", 2, 3, "unknown-key"),
            ("plain.yaml", 3, 13, "bad-number"),
            ("plain.yaml", 4, 12, "bad-choice"),
            ("plain.yaml", 5, 1, "unknown-key"),
        ]
        assert error.diagnostics[-1].hint == "Put `ink` under `lettering:`."


class TestPlaces:
    """Later stages point at panels and styles with these."""

    def test_at_a_panel_and_within_it(self, load, head):
        book = load(
            head
            + "        caption: Here.\n        say:\n          - jon: Hi.\n          - ann: Ho.\n            at: left\n"
        )

        def place(*path):
            found = book.at("first", *path, message="m", code="c")
            return found.line, found.column

        assert place() == (11, 9)
        assert place("prompt") == (14, 17)
        assert place("caption") == place("caption", 0) == (15, 18)
        assert place("say", 1) == (18, 13)
        assert place("say", 1, "at") == (19, 17)
        assert place("prose") == (11, 9)
        found = book.at("first", "prompt", message="too long", code="c", hint="h", severity="warning", exit_code=8)
        assert found.excerpt == "        prompt: a door"
        assert str(found).splitlines()[2].index("^") == 4 + 16
        assert (found.severity, found.exit_code, found.hint) == ("warning", 8, "h")
        title = book.story_at("title", message="m", code="c")
        assert (title.line, title.column) == (1, 8)

    def test_at_the_style(self, folder, load, head):
        (folder / "styles" / "plain.yaml").write_text("art: {}\nlettering:\n  font: nice\n")
        found = load(head).style_at("lettering", "font", message="m", code="c")
        assert (Path(found.file).name, found.line, found.column) == ("plain.yaml", 3, 9)

    def test_lines_are_an_editors_lines(self, load, faults, head):
        # NEL and LS end a line to YAML 1.1, but not to an editor.
        text = head.replace("a door", '"a\x85b\u2028c\u2029d"') + "        sixe: half\n"
        assert [(d.line, d.column) for d in faults(text).diagnostics] == [(15, 9)]
        assert [(d.line, d.column) for d in faults(text.replace("\n", "\r\n")).diagnostics] == [(15, 9)]

    def test_columns_count_characters(self, fault, head):
        error = fault(head + "        alt: {äöü😀: 1}\n".replace("alt: {äöü😀: 1}", "caption: [äöü😀, {a: b}]"))
        assert (error.line, error.column) == (15, 25)


def test_a_story_asset_is_checked_again_when_asked_for(load, head):
    book = load(head)
    with pytest.raises(RefusedError):
        book.story_asset("../x.png")


def test_reading_imports_nothing_heavy(example):
    code = (
        "import sys; from pathlib import Path; from novel.story.load import load_story; load_story(Path(sys.argv[1]));"
        "heavy = {'torch', 'PIL', 'numpy', 'fontTools', 'jinja2', 'reportlab', 'pikepdf', 'difflib', 'socket'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(example)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_thousand_panels_read_in_a_moment(load):
    import time

    panel = """\
      - id: p{0}
        cast: [jon, {{ann: glad, waving}}]
        prompt: two people look at door number {0}, clouds
        caption: Later {0}.
        say:
          - jon: Hello there, line {0}.
            kind: thought
          - ann: And *another* one!
"""
    text = "title: T\nstyle: plain\ncharacters: {jon: {look: tall}, ann: {look: small}}\n"
    text += "chapters:\n  - title: One\n    panels:\n"
    text += "".join(panel.format(i) for i in range(1000))
    before = time.process_time()
    book = load(text)
    spent = time.process_time() - before
    assert len(book.story.chapters[0].panels) == 1000
    # A third of a second on an ordinary core; this guards against what grows with the square.
    assert spent < 2
