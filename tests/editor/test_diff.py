"""What differs between two books, told by panel: pictures, words, places."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from novel.editor.diff import Differences, compare
from novel.editor.difference_report import report
from novel.editor.snapshot import snapshots
from novel.errors import FileError, NovelError, RefusedError, UsageError
from novel.prepare import Choices

COMMAND = """
import sys
from novel.cli import main
code = main(["diff", *sys.argv[1:]])
print(*sorted({m.split(".")[0] for m in sys.modules}), file=open("modules", "w"))
sys.exit(code)
"""

Edit = Callable[..., Path]


@pytest.fixture
def edited(story_file: Path) -> Edit:
    """Writes the story with texts replaced beside the first, and gives its file."""

    def write(*changes: tuple[str, str], name: str = "new.yaml") -> Path:
        text = story_file.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file = story_file.parent / name
        file.write_text(text)
        return file

    return write


def differences(old: Path, new: Path, **choices: object) -> Differences:
    return compare(*snapshots(old, new, Choices(out=old.parent / "nowhere", **choices)))  # type: ignore[arg-type]


def groups(found: Differences) -> set[str]:
    """The groups in which something is told."""
    names = ("book", "chapters", "picture", "redrawn", "words", "moved", "added", "removed", "renamed")
    return {name for name in names if getattr(found, name)}


def told(found: Differences) -> str:
    out = io.StringIO()
    report(found, out)
    return out.getvalue()


def command(folder: Path, *words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *map(str, words)],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **env},
    )  # fmt: skip


@pytest.fixture
def build(story_file: Path, novel) -> Path:
    """The folder of the story's book."""
    done = novel("build", story_file)
    assert done.returncode == 0, done.stderr
    return story_file.parent / "output" / "story"


def test_a_copy_does_not_differ(story_file: Path, edited: Edit) -> None:
    found = differences(story_file, edited())
    assert found.none
    assert told(found) == "Nothing differs.\n"
    assert found.as_json()["same"] is True


def test_words_change_and_no_picture_does(story_file: Path, edited: Edit) -> None:
    new = edited(
        ("caption: Late.", "caption: Very late."), ("- ann: Only *me*.", "- ann: Nobody.\n            kind: shout"),
        ("sfx: MEOW", "prose: The cat sat down."), ("title: One", "title: Night"),
    )  # fmt: skip
    found = differences(story_file, new)
    assert not found.picture
    assert {c.panel: {change.what for change in c.changes} for c in found.words} == {
        "first": {"caption", "say"},
        "third": {"sfx", "prose"},
    }
    assert [(c.what, c.old, c.new) for c in found.chapters] == [("one", "One", "Night")]
    text = told(found)
    assert "first: caption “Late.” → “Very late.”; say “ann: Only *me*.” → “ann (shout): Nobody.”" in text
    assert "third: sfx − “MEOW”; prose + “The cat sat down.”" in text
    assert "chapter one: title One → Night" in text
    assert text.endswith("No picture changes.\n")


def test_a_prompt_changes_its_picture_and_those_that_start_from_it(story_file: Path, edited: Edit) -> None:
    found = differences(story_file, edited(("prompt: a robot", "prompt: a silver robot")))
    assert [c.panel for c in found.picture] == ["second", "third"]
    assert [c.what for c in found.picture[0].changes] == ["prompt"]
    assert (found.picture[1].changes[0].what, found.picture[1].changes[0].panel) == ("init.source", "second")
    assert groups(found) == {"picture"}
    assert told(found).splitlines() == [
        "Pictures that change (2)",
        "  second: prompt + “silver”",
        "  third: the picture it starts from (second) changes",
    ]


def test_every_field_of_a_request_is_named(story_file: Path, edited: Edit) -> None:
    new = edited(
        ("prompt: a screen", "prompt: a screen\n        seed: 3\n        steps: 9\n        guidance: 2.5"),
        ("strength: 0.5", "strength: 0.25"), ("prompt: a robot", "prompt: a robot\n        pixels: 512x256"),
    )  # fmt: skip
    found = differences(story_file, new)
    fields = {c.panel: [change.what for change in c.changes] for c in found.picture}
    assert fields == {
        "first": ["seed", "steps", "guidance"],
        "second": ["size"],
        "third": ["init.source", "init.strength"],
    }
    text = told(found)
    assert "→ 3; steps 2 → 9; guidance" in text
    assert "→ 512×256" in text
    assert "strength 0.5 → 0.25" in text


def test_a_panel_put_in_front_moves_the_others_and_redraws_none(story_file: Path, edited: Edit) -> None:
    new = edited(
        (
            "    panels:\n",
            "    panels:\n      - id: zero\n        place: lab\n        prompt: a door\n        size: splash\n",
        )
    )
    found = differences(story_file, new)
    assert found.added == ("zero",)
    assert groups(found) == {"added", "moved", "book"}
    assert [(c.what, c.new - c.old) for c in found.book] == [("pages", 1)]
    assert [m.panel for m in found.moved] == ["first", "second", "third"]
    assert all(m.new.page == m.old.page + 1 for m in found.moved)
    text = told(found)
    assert f"  first, second, third: page {found.moved[0].old.page} → {found.moved[0].new.page}" in text
    assert "Added (1)\n  zero: page" in text
    assert text.endswith("No other picture changes.\n")


def test_a_panel_taken_out(story_file: Path, edited: Edit) -> None:
    old = edited(("    panels:\n", "    panels:\n      - id: zero\n        prompt: a door\n"), name="old.yaml")
    found = differences(old, story_file)
    assert found.removed == ("zero",)
    assert not found.added
    assert not found.picture
    assert "Removed (1)\n  zero: page" in told(found)


def test_a_panel_under_a_new_id_is_recognised(story_file: Path, edited: Edit) -> None:
    fixed = edited(("- id: first\n", "- id: first\n        seed: 5\n"), name="old.yaml")
    new = edited(("- id: first\n", "- id: opening\n        seed: 5\n"))
    found = differences(fixed, new)
    assert [(r.old, r.new, r.picture) for r in found.renamed] == [("first", "opening", False)]
    assert groups(found) == {"renamed"}
    assert "  first → opening, with the same picture\n" in told(found)


def test_a_new_id_changes_the_seed_and_is_still_recognised(story_file: Path, edited: Edit) -> None:
    new = edited(("id: second", "id: middle"), ("continues: second", "continues: middle"))
    found = differences(story_file, new)
    assert [(r.old, r.new, r.picture) for r in found.renamed] == [("second", "middle", True)]
    fields = {c.panel: [(change.what, change.panel) for change in c.changes] for c in found.picture}
    assert fields == {"middle": [("seed", None)], "third": [("init.source", "middle")]}


def test_a_panel_whose_id_follows_from_its_prompt_is_the_same_panel(story_file: Path, edited: Edit) -> None:
    nameless = ("      - id: first\n        place: lab\n", "      - place: lab\n")
    old = edited(nameless, name="old.yaml")
    new = edited(nameless, ("prompt: a screen", "prompt: a broken screen"))
    found = differences(old, new)
    assert len(found.renamed) == 1
    assert [change.what for change in found.picture[0].changes] == ["prompt", "seed"]
    assert not found.added


def test_another_panel_in_the_place_of_one_is_not_that_one_renamed(story_file: Path, edited: Edit) -> None:
    new = edited(
        ("- id: first\n        place: lab\n        cast: [jon, ann]\n        prompt: a screen\n        caption: Late.",
         "- id: sea\n        prompt: waves at dawn over black rocks, seagulls\n        caption: Early."),
        ("          - jon: Is anybody there?\n          - ann: Only *me*.\n", "          - jon: Salt.\n"),
    )  # fmt: skip
    found = differences(story_file, new)
    assert (found.added, found.removed, found.renamed) == (("sea",), ("first",), ())


def test_panels_that_change_places_move(story_file: Path, edited: Edit) -> None:
    text = story_file.read_text()
    first, second = text.index("      - id: first"), text.index("      - id: second")
    third = text.index("      - id: third")
    new = edited()
    new.write_text(text[:first] + text[second:third] + text[first:second] + text[third:])
    found = differences(story_file, new)
    assert {"first", "second"} <= {m.panel for m in found.moved}
    assert groups(found) == {"moved"}


def test_a_style_changes_the_book_and_every_picture_at_once(story_file: Path, edited: Edit) -> None:
    (story_file.parent / "styles" / "noir.yaml").write_text(
        "name: Noir\nart: {model: fake, before: dark comic style, steps: 4}\nlettering: {size: 9}\npage: {gutter: 12}\n"
    )
    found = differences(story_file, edited(("style: test", "style: noir")))
    book = {c.what: (c.old, c.new) for c in found.book}
    assert book["style"] == ("Test", "Noir")
    assert book["lettering.size"] == (8.5, 9.0)
    assert book["panel_style.gutter"] == (9.0, 12.0)
    assert [c.panel for c in found.picture] == ["first", "second", "third"]
    assert {"prompt", "steps"} <= {change.what for change in found.picture[0].changes}
    text = told(found)
    assert "  style Test → Noir\n" in text
    assert "  lettering: size 8.5 → 9\n  panels: gutter 9 → 12\n" in text
    assert "prompt “bright” → “dark”" in text
    same = differences(story_file, edited(), style="noir")
    assert same.none, "the choice counts for both"


def test_the_book_s_title_and_paper(story_file: Path, edited: Edit) -> None:
    found = differences(story_file, edited(("title: A Small Story", "title: A Large Story\npage: digest")))
    book = {c.what: (c.old, c.new) for c in found.book}
    assert book["title"] == ("A Small Story", "A Large Story")
    assert "page.width" in book
    assert found.moved
    assert "  title “Small” → “Large”\n" in told(found)


def test_takes_count(story_file: Path, edited: Edit) -> None:
    new = edited()
    new.with_suffix(".takes.yaml").write_text("novel: 1\npanels:\n  first: {seed: 99}\n")
    found = differences(story_file, new)
    assert [(c.panel, c.changes[0].what, c.changes[0].new) for c in found.picture] == [("first", "seed", 99)]
    key = "ab" * 32
    new.with_suffix(".takes.yaml").write_text(
        f"novel: 1\npanels:\n  first: {{seed: 99, approved: true, picture: {key}}}\n"
    )
    found = differences(story_file, new)
    assert found.picture[0].changes[0].new == {"approved": key}
    assert "  first: drawn → an approved picture (ababababab)\n" in told(found)


def test_a_writer_s_own_picture(story_file: Path, edited: Edit) -> None:
    from PIL import Image

    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (640, 480), colour).save(story_file.parent / name)
    ours = edited(("prompt: a screen", "image: a.png"), name="a.yaml")
    found = differences(ours, edited(("prompt: a screen", "image: b.png")))
    assert [c.panel for c in found.picture] == ["first"]
    assert "first: the writer’s own a.png → the writer’s own b.png" in told(found)
    assert "first: drawn → the writer’s own a.png" in told(differences(story_file, ours))
    assert differences(ours, edited(("prompt: a screen", "image: a.png"))).none


def test_a_build_against_its_story(story_file: Path, build: Path, edited: Edit) -> None:
    assert differences(build, story_file).none
    assert differences(story_file, build / "build.json").none
    found = differences(build, edited(("caption: Late.", "caption: Early."), ("prompt: a cat", "prompt: a dog")))
    assert [c.panel for c in found.words] == ["first"]
    assert [c.panel for c in found.picture] == ["third"]
    assert not found.moved


def test_a_build_against_an_earlier_one(story_file: Path, build: Path, novel, tmp_path: Path) -> None:
    kept = tmp_path / "friday.json"
    shutil.copy(build / "build.json", kept)
    story_file.write_text(story_file.read_text().replace("prompt: a robot", "prompt: a dragon"))
    assert novel("build", story_file).returncode == 0
    found = differences(kept, build)
    assert [c.panel for c in found.picture] == ["second", "third"]
    assert not found.redrawn
    assert differences(build, build).none


def test_pictures_that_other_versions_drew(build: Path, tmp_path: Path) -> None:
    record = json.loads((build / "build.json").read_text())
    for panel in record["panels"].values():
        panel["sha256"] = "0" * 64
        panel["recipe"] = {**panel["recipe"], "torch": "9.9"}
    other = tmp_path / "other.json"
    other.write_text(json.dumps(record))
    found = differences(build, other)
    assert len(found.redrawn) == 3
    assert not found.picture
    assert "first, second, third: torch none → 9.9" in told(found)


def test_the_record_of_an_older_version(story_file: Path, build: Path, edited: Edit) -> None:
    record = json.loads((build / "build.json").read_text())
    del record["book"]
    for panel in record["panels"].values():
        for name in ("page", "rect", "words", "chapter"):
            del panel[name]
    (build / "build.json").write_text(json.dumps(record))
    found = differences(build, edited(("prompt: a robot", "prompt: a dragon"), ("caption: Late.", "caption: Early.")))
    assert [c.panel for c in found.picture] == ["second", "third"]
    assert groups(found) == {"picture"}
    assert len(found.not_told) == 1
    assert "written by an older version" in told(found)
    same = told(differences(build, story_file))
    assert same.startswith("Nothing differs in what both sides tell.\n")


def test_a_record_without_prompts(story_file: Path, build: Path, edited: Edit) -> None:
    record = json.loads((build / "build.json").read_text())
    for panel in record["panels"].values():
        del panel["request"]["prompt"], panel["request"]["negative"]
    (build / "build.json").write_text(json.dumps(record))
    found = differences(build, edited(("prompt: a robot", "prompt: a dragon")))
    assert [c.changes[0].what for c in found.picture] == ["key", "init.source"]
    text = told(found)
    assert "second: by something that isn’t told" in text
    assert "holds no prompts" in text


@pytest.mark.parametrize("text", ["", "[]", "{", '{"panels": 3}', '{"panels": {}}', "[" * 90000, '{"a": NaN}', "\0"])
def test_what_is_no_record(story_file: Path, text: str) -> None:
    bad = story_file.parent / "bad.json"
    bad.write_text(text)
    with pytest.raises(FileError, match="is no record of a build"):
        differences(bad, story_file)


def test_a_hostile_record_moves_no_terminal(story_file: Path, build: Path) -> None:
    record = json.loads((build / "build.json").read_text())
    record["panels"]["x\x1b[2J"] = {**record["panels"]["first"], "key": "k\x1b", "words": {"prose": "\x1b[31m\u202e"}}
    record["panels"]["first"]["request"]["sampler"] = "\x1b]0;"
    record["panels"]["first"]["key"] = "y"
    record["book"]["title"] = "\x1b[1m"
    (build / "build.json").write_text(json.dumps(record))
    text = told(differences(story_file, build))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b" in text


def test_bad_calls(story_file: Path, build: Path) -> None:
    folder = story_file.parent
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe.json")
    cases: list[tuple[Path, type[NovelError], str]] = [
        (folder / "stroy.yaml", FileError, "Did you mean"),
        (folder / "gone.json", FileError, "there is no such file"),
        (folder / "empty", FileError, "holds no build.json"),
        (folder / "output", FileError, f"Did you mean {build}"),
        (folder / "pipe.json", RefusedError, "not an ordinary file"),
    ]
    for path, error, said in cases:
        for sides in ((path, story_file), (story_file, path)):
            with pytest.raises(error) as caught:
                differences(*sides)
            assert said in str(caught.value)
    with pytest.raises(UsageError, match="--steps counts for story files"):
        differences(build, build, steps=3)


def test_the_command(story_file: Path, edited: Edit) -> None:
    new = edited(("prompt: a robot", "prompt: a dragon"), ("caption: Late.", "caption: Early."))
    before = sorted(story_file.parent.rglob("*"))
    done = command(story_file.parent, story_file, new)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Pictures that change (2)\n  second: prompt “robot” → “dragon”\n")
    assert done.stderr == ""
    modules = set((story_file.parent / "modules").read_text().split())
    assert not modules & {"torch", "diffusers", "transformers", "peft", "PIL", "numpy", "reportlab", "rich", "jinja2"}
    (story_file.parent / "modules").unlink()
    assert sorted(story_file.parent.rglob("*")) == before, "nothing is written"
    data = json.loads(command(story_file.parent, story_file, new, "--json").stdout)
    assert data["same"] is False
    assert [entry["panel"] for entry in data["picture"]] == ["second", "third"]
    assert data["picture"][0]["changes"][0]["what"] == "prompt"
    assert data["words"] == [
        {"panel": "first", "changes": [{"what": "caption", "old": ["Late."], "new": ["Early."]}]},
    ]
    missing = command(story_file.parent, "no.yaml", new)
    assert missing.returncode == 5
    assert missing.stdout == ""
    assert "Traceback" not in missing.stderr
    assert command(story_file.parent, story_file).returncode == 2


@pytest.mark.parametrize(
    ("terminal", "no_color", "coloured"), [(True, "", True), (True, "1", False), (False, "", False)]
)
def test_colour_is_for_terminals(
    story_file: Path, edited: Edit, monkeypatch: pytest.MonkeyPatch, terminal: bool, no_color: str, coloured: bool
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    out = Screen()
    report(differences(story_file, edited(("prompt: a robot", "prompt: a dragon"))), out)
    assert ("\x1b[" in out.getvalue()) is coloured


def test_two_long_stories_with_nothing_in_common_are_soon_told_apart(story_file: Path, build: Path) -> None:
    import time

    record = json.loads((build / "build.json").read_text())
    panel = record["panels"]["second"]
    for side, word in (("a", "one "), ("b", "two ")):
        record["panels"] = {
            f"{side}{i}": {
                **panel,
                "key": f"{side}{i}",
                "words": {},
                "request": {**panel["request"], "prompt": (word + f"x{i} ") * 200},
            }
            for i in range(600)
        }
        (build / f"{side}.json").write_text(json.dumps(record))
    began = time.process_time()
    found = differences(build / "a.json", build / "b.json")
    assert "all 600 panels: page 2" in told(found)
    assert (len(found.added), len(found.removed)) == (600, 600)
    assert time.process_time() - began < 10


def test_a_long_text_of_few_words_is_soon_compared(story_file: Path, edited: Edit) -> None:
    import time

    old = edited(("prompt: a robot", f"prompt: a robot\n        prose: {'ab ' * 2000}"), name="old.yaml")
    new = edited(("prompt: a robot", f"prompt: a robot\n        prose: {'ab ba ' * 1000}"))
    found = differences(old, new)
    began = time.process_time()
    assert "prose “ab ab" in told(found)
    assert time.process_time() - began < 2
    one_word = edited(("prompt: a robot", f"prompt: a robot\n        prose: {'ab ' * 1000}cd {'ab ' * 999}"))
    assert "second: prose “ab” → “cd”\n" in told(differences(old, one_word))
