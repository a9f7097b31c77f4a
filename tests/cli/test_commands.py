"""The command line from outside: what it prints where, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "diffusers", "transformers", "peft")


def imports_of(arguments: list[str], cwd: Path) -> set[str]:
    """The top-level modules that a command has imported when it ends."""
    code = (
        "import sys\n"
        "from novel.cli import main\n"
        f"main({arguments!r})\n"
        "print('\\n'.join(sorted({m.split('.')[0] for m in sys.modules})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_shows_the_verbs_and_an_example(novel) -> None:
    done = novel("--help")
    assert done.returncode == 0
    for verb in ("build", "check", "plan", "schema"):
        assert verb in done.stdout
        shown = novel(verb, "--help")
        assert shown.returncode == 0
        assert f"novel {verb}" in shown.stdout
    assert "novel build stories/diffusion-dreams.yaml" in done.stdout


def test_a_build_leaves_what_it_should_and_prints_the_files(novel, story_file: Path) -> None:
    done = novel("build", story_file, "--out", "out")
    assert done.returncode == 0, done.stderr
    book = story_file.parent / "out" / "story"
    assert done.stdout.split() == ["out/story/story.pdf", "out/story/story.html"]
    assert {p.relative_to(book).as_posix() for p in book.rglob("*") if p.is_file() and p.name[0] != "."} == {
        "story.pdf",
        "story.html",
        "build.json",
        "panels/first.png",
        "panels/second.png",
        "panels/third.png",
    }
    record = json.loads((book / "build.json").read_text())
    assert record["rendered"] == 3
    assert record["panels"]["third"]["request"]["init"]["source"] == record["panels"]["second"]["key"]


def test_building_again_draws_nothing_and_leaves_the_same_bytes(novel, story_file: Path) -> None:
    folder = story_file.parent / "output" / "story"
    assert novel("build", story_file).returncode == 0
    first = {p.name: p.read_bytes() for p in folder.rglob("*.*") if p.suffix in (".pdf", ".html", ".png")}
    modules = imports_of(["build", str(story_file), "-q"], story_file.parent)
    assert not modules & set(HEAVY)
    assert {p.name: p.read_bytes() for p in folder.rglob("*.*") if p.suffix in (".pdf", ".html", ".png")} == first
    assert json.loads((folder / "build.json").read_text())["rendered"] == 0


def test_changed_words_draw_nothing_and_a_new_panel_draws_one(novel, story_file: Path) -> None:
    record = story_file.parent / "output" / "story" / "build.json"
    assert novel("build", story_file).returncode == 0
    before = record.read_text()
    story_file.write_text(story_file.read_text().replace("Is anybody there?", "Is there really nobody here at all?"))
    assert novel("build", story_file).returncode == 0
    assert json.loads(record.read_text())["rendered"] == 0
    panel = "      - id: new\n        prompt: a rocket\n"
    text = story_file.read_text()
    story_file.write_text(text.replace("      - id: second\n", panel + "      - id: second\n"))
    assert novel("build", story_file).returncode == 0
    after = json.loads(record.read_text())
    assert after["rendered"] == 1
    old = json.loads(before)["panels"]
    assert all(after["panels"][i]["sha256"] == old[i]["sha256"] for i in old)


def test_only_draws_what_it_is_asked_for(novel, story_file: Path) -> None:
    done = novel("build", story_file, "--only", "third")
    assert done.returncode == 0, done.stderr
    folder = story_file.parent / "output" / "story"
    assert done.stdout.split() == ["output/story/panels/third.png"]
    assert sorted(p.name for p in (folder / "panels").iterdir()) == ["second.png", "third.png"]
    assert not (folder / "story.pdf").exists()
    assert "1 more" in done.stderr


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_looking_at_a_story_leaves_no_file(novel, story_file: Path, verb: str) -> None:
    before = sorted(story_file.parent.rglob("*"))
    assert novel(verb, story_file, "--model", "embedded").returncode == 0
    assert sorted(story_file.parent.rglob("*")) == before


def test_the_layout_can_be_shown_and_leaves_the_book_alone(novel, story_file: Path) -> None:
    folder = story_file.parent / "output" / "story"
    assert novel("build", story_file, "--to", "pdf").returncode == 0
    book = (folder / "story.pdf").read_bytes()
    done = novel("build", story_file, "--to", "pdf", "--show-layout")
    assert done.stdout.split() == ["output/story/story-layout.pdf"]
    assert (folder / "story-layout.pdf").read_bytes() != book
    assert (folder / "story.pdf").read_bytes() == book


@pytest.mark.parametrize("arguments", [["--help"], ["check", "story.yaml"], ["plan", "story.yaml"], ["schema"]])
def test_nothing_heavy_is_imported_for_what_draws_nothing(arguments: list[str], story_file: Path) -> None:
    assert not imports_of(arguments, story_file.parent) & set(HEAVY)


def test_plan_says_what_is_to_be_rendered_and_what_is_there(novel, story_file: Path) -> None:
    before = json.loads(novel("plan", story_file, "--json").stdout)
    assert [p["id"] for p in before["panels"]] == ["first", "second", "third"]
    assert {p["state"] for p in before["panels"]} == {"render"}
    assert novel("build", story_file).returncode == 0
    after = json.loads(novel("plan", story_file, "--json").stdout)
    assert {p["state"] for p in after["panels"]} == {"store"}
    assert [p["key"] for p in after["panels"]] == [p["key"] for p in before["panels"]]
    table = novel("plan", story_file)
    assert "bright comic style, wide shot, inside a lab at night" in table.stdout
    assert "3 panels" in table.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["build"], 2, "STORY"),
        (["bild"], 2, "build"),
        (["build", "story.yaml", "--to", "docx"], 2, "pdf"),
        (["build", "story.yaml", "--only", "frist"], 2, "`first`"),
        (["build", "gone.yaml"], 5, "gone.yaml"),
        (["check", "gone.yaml"], 5, "gone.yaml"),
        (["build", "story.yaml", "--model", "./no-such-folder"], 4, "no-such-folder"),
        (["build", "story.yaml", "--model", "nobody/no-such-model"], 4, "nobody/no-such-model"),
        (["build", "story.yaml", "--style", "tset"], 3, "test"),
    ],
)
def test_bad_calls_end_in_one_clear_message(
    novel, story_file: Path, arguments: list[str], code: int, said: str
) -> None:
    done = novel(*arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_check_prints_every_planted_error_at_its_place(novel, story_file: Path) -> None:
    text = story_file.read_text()
    for good, bad in (
        ("author: Nobody", "auhtor: Nobody"),
        ("seed: 7", "seed: seven"),
        ("  jon: {name: Jon, look: a man", "  jon: {nmae: Jon, look: a man"),
        ("cast: [jon, ann]", "cast: [jon, anne]"),
        ("caption: Late.", "captoin: Late."),
        ("          - jon: Is anybody there?", "          - jno: Is anybody there?"),
        ("        place: lab\n        cast: [ann]", "        place: lob\n        cast: [ann]"),
        ("continues: second", "continues: secund"),
        ("strength: 0.5", "strength: 5"),
        ("      - id: second", "      - id: first"),
    ):
        assert text.count(good) == 1, good
        text = text.replace(good, bad)
    story_file.write_text(text)
    done = novel("check", story_file)
    assert done.returncode == 3
    assert done.stdout == ""

    def place(offset: int) -> str:
        return f"story.yaml:{text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}: "

    for words in ("auhtor", "seven", "nmae", "anne", "captoin", "jno: Is", "lob", "secund", "5\n        cast"):
        assert place(text.index(words)) in done.stderr, f"{words}\n{done.stderr}"
    twice = text.rindex("id: first")
    assert place(twice).split(":")[1] in {line.split(":")[1] for line in done.stderr.splitlines() if "first" in line}
    assert done.stderr.count("did you mean") + done.stderr.count("Did you mean") >= 6


def test_check_as_json_is_data(novel, story_file: Path) -> None:
    story_file.write_text(story_file.read_text().replace("place: lab", "plaec: lab", 1))
    done = novel("check", story_file, "--json")
    assert done.returncode == 3
    (error,) = [d for d in json.loads(done.stdout) if d["severity"] == "error"]
    assert (error["line"], error["column"]) == (16, 9)


def test_a_text_that_cannot_fit_is_told_before_anything_is_drawn(novel, story_file: Path) -> None:
    long = "word " * 5000
    story_file.write_text(story_file.read_text().replace("Is anybody there?", long))
    done = novel("build", story_file)
    assert done.returncode in (3, 8)
    assert "first" in done.stderr
    assert not list((story_file.parent / "output" / "story").rglob("*.png"))
