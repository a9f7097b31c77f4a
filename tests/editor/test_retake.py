"""Candidates, decisions, and the promise that nothing else changes."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from novel.editor import candidates
from novel.editor.decide import approve, pick, revert
from novel.editor.retake import Changes, Retakes, retake
from novel.errors import NovelError, UsageError
from novel.prepare import Choices
from novel.render.progress import Quiet
from novel.story.load import load_story
from novel.story.takes import takes_file
from novel.story.takes_form import load_takes


def state(folder: Path) -> dict[str, str]:
    """Every file's hash, the store and the candidates aside."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".store" not in path.parts and "takes" not in path.parts and path.name != "build.json"
    }


@pytest.fixture
def out(story_file: Path, novel) -> Path:
    """The output folder of a story that was built once."""
    done = novel("build", story_file)
    assert done.returncode == 0, done.stderr
    return story_file.parent / "output"


def take(story_file: Path, out: Path, *panels: str, **changes: object) -> Retakes:
    import io

    progress = Quiet(io.StringIO())
    return retake(story_file, panels, Changes(**changes), Choices(out=out), progress, lambda message: None)  # type: ignore[arg-type]


def test_candidates_stand_beside_the_book_and_nothing_in_it_changes(story_file: Path, out: Path) -> None:
    before = state(story_file.parent)
    result = take(story_file, out, "second", count=4)
    assert result.rendered == 4
    assert state(story_file.parent) == before
    folder = out / "story" / "takes" / "second"
    assert sorted(p.name for p in folder.iterdir()) == [
        "1.png", "2.png", "3.png", "4.png", "sheet.html", "sheet.png", "takes.json",
    ]  # fmt: skip
    assert len({(folder / f"{n}.png").read_bytes() for n in (1, 2, 3, 4)}) == 4


def test_the_same_call_gives_the_same_candidates_and_draws_nothing(story_file: Path, out: Path) -> None:
    take(story_file, out, "second", count=2)
    before = {p.name: p.read_bytes() for p in (out / "story" / "takes" / "second").iterdir()}
    again = take(story_file, out, "second", count=2)
    assert again.rendered == 0
    assert again.panels[0].numbers == (1, 2)
    assert {p.name: p.read_bytes() for p in (out / "story" / "takes" / "second").iterdir()} == before
    more = take(story_file, out, "second", count=3)
    assert more.rendered == 1
    assert more.panels[0].numbers == (1, 2, 3)


def test_further_candidates_go_on_counting(story_file: Path, out: Path) -> None:
    take(story_file, out, "second", count=2)
    result = take(story_file, out, "second", count=2, seed=100, prompt="a dragon", steps=3)
    assert result.panels[0].numbers == (3, 4)
    read = candidates.read(out / "story", "second")
    assert [c.request.seed for c in read.all][2:] == [100, 101]
    assert "a dragon" in read[3].request.prompt
    assert read[3].request.steps == 3
    assert read[3].change == "seed 100, prompt: a dragon, steps 3"


def test_the_contact_sheets_show_every_candidate_and_the_picture_in_the_book(story_file: Path, out: Path) -> None:
    take(story_file, out, "second", count=5, prompt="<b>a cat & a dog</b>")
    folder = out / "story" / "takes" / "second"
    with Image.open(folder / "sheet.png") as sheet:
        assert sheet.size[0] == 3 * 504 + 24
        sheet.load()
    page = (folder / "sheet.html").read_text()
    assert "&lt;b&gt;a cat &amp; a dog&lt;/b&gt;" in page
    shown = re.findall(r'<img src="([^"]+)"', page)
    assert shown == ["../../panels/second.png", *(f"{n}.png" for n in range(1, 6))]
    assert all((folder / file).is_file() for file in shown)


def test_a_picked_take_is_built_and_all_else_stays(story_file: Path, out: Path, novel) -> None:
    before = state(out)
    take(story_file, out, "first", count=3)
    decision = pick(story_file, "first", 2, out)
    assert decision.changed
    done = novel("build", story_file)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "story" / "build.json").read_text())["rendered"] == 0
    after = state(out)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"story/panels/first.png", "story/story.pdf", "story/story.html"}
    picked = (out / "story" / "takes" / "first" / "2.png").read_bytes()
    assert (out / "story" / "panels" / "first.png").read_bytes() == picked
    assert revert(story_file, ["first"])[0].changed
    assert novel("build", story_file).returncode == 0
    assert state(out) == before


def test_a_take_outlives_the_store(story_file: Path, out: Path, novel) -> None:
    import shutil

    take(story_file, out, "second", count=2, prompt="a ghost", guidance=3.5)
    pick(story_file, "second", 2, out)
    shutil.rmtree(out)
    assert novel("build", story_file).returncode == 0
    key = load_takes(story_file, load_story(story_file).story).panels["second"].picture
    assert json.loads((out / "story" / "build.json").read_text())["panels"]["second"]["key"] == key


def test_redos_build_upon_one_another(story_file: Path, out: Path, novel) -> None:
    take(story_file, out, "second", count=1, seed=5)
    pick(story_file, "second", 1, out)
    take(story_file, out, "second", count=1, region="right", prompt="a cat")
    pick(story_file, "second", 2, out)
    take(story_file, out, "second", count=1, vary=0.2)
    pick(story_file, "second", 3, out)
    read = load_takes(story_file, load_story(story_file).story).panels["second"]
    assert read.seed == 5
    assert [(redo.region, redo.strength) for redo in read.redo] == [("right", None), (None, 0.2)]
    done = novel("build", story_file)
    assert done.returncode == 0, done.stderr
    shown = (out / "story" / "panels" / "second.png").read_bytes()
    assert shown == (out / "story" / "takes" / "second" / "3.png").read_bytes()


def test_an_extended_picture_is_wider_and_what_the_page_shows_of_it_is_said(story_file: Path, out: Path, novel) -> None:
    with Image.open(out / "story" / "panels" / "second.png") as old:
        width, height = old.size
        before = old.convert("RGB").tobytes()
    done = novel("retake", story_file, "second", "--count", "1", "--extend", "right", "50%")
    assert done.returncode == 0, done.stderr
    assert re.search(r"the page shows 7\d% of it", done.stderr)
    with Image.open(out / "story" / "takes" / "second" / "1.png") as new:
        assert new.size == (width + width // 2, height)
        assert new.convert("RGB").crop((0, 0, width, height)).tobytes() == before
    pick(story_file, "second", 1, out)
    assert novel("build", story_file).returncode == 0


def test_a_mask_travels_with_the_story(story_file: Path, out: Path, novel) -> None:
    import shutil

    with Image.open(out / "story" / "panels" / "second.png") as picture:
        size = picture.size
    mask = story_file.parent.parent / "painted.png"
    Image.new("L", size, 0).save(mask)
    with Image.open(mask) as image:
        image.paste(255, (0, 0, size[0] // 2, size[1]))
        image.save(mask)
    take(story_file, out, "second", count=1, mask=mask)
    pick(story_file, "second", 1, out)
    mask.unlink()
    redo = load_takes(story_file, load_story(story_file).story).panels["second"].redo[0]
    assert redo.mask is not None
    assert (story_file.parent / redo.mask).is_file()
    shutil.rmtree(out)
    done = novel("build", story_file)
    assert done.returncode == 0, done.stderr


def test_an_approved_picture_stays_until_it_is_let_go(story_file: Path, out: Path, novel) -> None:
    before = (out / "story" / "panels" / "second.png").read_bytes()
    approve(story_file, ["second"], Choices(out=out))
    story_file.write_text(story_file.read_text().replace("prompt: a robot", "prompt: a dragon"))
    done = novel("build", story_file)
    assert done.returncode == 0, done.stderr
    assert "second is approved" in done.stderr
    assert f"novel approve {story_file} second --undo" in done.stderr
    assert (out / "story" / "panels" / "second.png").read_bytes() == before
    approve(story_file, ["second"], Choices(out=out), undo=True)
    assert not load_takes(story_file, load_story(story_file).story).panels
    assert novel("build", story_file).returncode == 0
    assert (out / "story" / "panels" / "second.png").read_bytes() != before


def test_an_approved_picture_outlives_the_store(story_file: Path, out: Path, novel) -> None:
    import shutil

    before = (out / "story" / "panels" / "second.png").read_bytes()
    approve(story_file, ["second"], Choices(out=out))
    story_file.write_text(story_file.read_text().replace("prompt: a robot", "prompt: a dragon"))
    shutil.rmtree(out / ".store")
    done = novel("build", story_file)
    assert done.returncode == 0, done.stderr
    assert (out / "story" / "panels" / "second.png").read_bytes() == before
    shutil.rmtree(out)
    lost = novel("build", story_file)
    assert lost.returncode == 6
    assert "--undo" in lost.stderr


def test_approved_by_hand_means_the_picture_of_the_last_build(story_file: Path, out: Path, novel) -> None:
    before = (out / "story" / "panels" / "second.png").read_bytes()
    takes_file(story_file).write_text("novel: 1\npanels:\n  second: {approved: true}\n")
    story_file.write_text(story_file.read_text().replace("prompt: a robot", "prompt: a dragon"))
    assert novel("build", story_file).returncode == 0
    assert (out / "story" / "panels" / "second.png").read_bytes() == before


def test_a_take_of_a_story_that_changed_since_is_refused(story_file: Path, out: Path) -> None:
    take(story_file, out, "second", "first", count=1)
    story_file.write_text(story_file.read_text().replace("prompt: a robot", "prompt: a dragon"))
    before = state(story_file.parent)
    with pytest.raises(UsageError, match=r"has changed since take 1 of second was drawn: its prompt was .* and is"):
        pick(story_file, "second", 1, out)
    assert state(story_file.parent) == before
    assert pick(story_file, "first", 1, out).changed, "what the change doesn't touch can still be picked"


BAD: list[tuple[dict[str, object], str]] = [
    ({"panels": ["secnd"]}, "Did you mean `second`"),
    ({"count": 0}, "from 1 to"),
    ({"vary": 0.2, "region": "left"}, "can't be used together"),
    ({"strength": 0.4}, "starts from no picture"),
    ({"region": "jon"}, "jon is not in its cast. In second: ann"),
    ({"region": "0,0,0,5"}, "holds nothing"),
    ({"region": "1,2,3"}, "no region"),
    ({"extend": ("up", "25%")}, "extend right 25%"),
    ({"extend": ("left", "900%")}, "can't be extended"),
    ({"mask": "small.png"}, "7 × 7 pixels, and the picture of second"),
    ({"mask": "missing.png"}, "can't be read"),
    ({"vary": 0.2, "model": "fake"}, "--model can't be changed"),
    ({"model": "no-such-model"}, "There is no model"),
]


@pytest.mark.parametrize(("asked", "said"), BAD)
def test_a_bad_call_says_what_is_wrong_and_changes_nothing(
    story_file: Path, out: Path, asked: dict[str, object], said: str
) -> None:
    Image.new("L", (7, 7)).save(story_file.parent / "small.png")
    changes = dict(asked)
    panels = changes.pop("panels", ["second"])
    if "mask" in changes:
        changes["mask"] = story_file.parent / str(changes["mask"])
    before = {p: p.read_bytes() for p in story_file.parent.rglob("*") if p.is_file() and p.name != "hashes.json"}
    with pytest.raises(NovelError) as caught:
        take(story_file, out, *panels, **changes)  # type: ignore[misc]
    assert said in str(caught.value)
    assert {p: p.read_bytes() for p in before} == before
    assert not takes_file(story_file).exists()


def test_bad_decisions_say_what_is_wrong_and_change_nothing(story_file: Path, out: Path, novel) -> None:
    take(story_file, out, "second", count=2)
    before = state(story_file.parent)
    for words, code, said in (
        (("pick", story_file, "second", "7"), 2, "Did you mean 2? Takes: 1, 2."),
        (("pick", story_file, "secnd", "1"), 2, "Did you mean `second`?"),
        (("pick", story_file, "first", "1"), 2, "first has no takes."),
        (("approve", story_file, "nobody"), 2, "There is no panel 'nobody'"),
        (("revert", story_file, "frist"), 2, "Did you mean `first`?"),
        (("takes", story_file, "frist"), 2, "Did you mean `first`?"),
        (("retake", story_file, "second", "--out", "elsewhere", "--region", "left"), 2, "has no picture yet"),
    ):
        done = novel(*words)
        assert done.returncode == code, done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert state(story_file.parent) == before


def test_takes_are_listed_for_people_and_as_data(story_file: Path, out: Path, novel) -> None:
    take(story_file, out, "second", count=2)
    pick(story_file, "second", 2, out)
    approve(story_file, ["first"], Choices(out=out))
    rows = json.loads(novel("takes", story_file, "--json").stdout)
    assert [row["panel"] for row in rows] == ["first", "second"]
    assert [c["chosen"] for c in rows[1]["candidates"]] == [False, True]
    shown = novel("takes", story_file).stdout
    assert re.search(r"second: seed \d+", shown)
    assert "* 2" in shown
    assert "first: approved" in shown


def test_a_mistake_in_the_takes_file_is_found_by_every_command(story_file: Path, novel) -> None:
    takes_file(story_file).write_text("novel: 1\npanels:\n  first:\n    sead: 3\n")
    for words in (
        ("check", story_file),
        ("build", story_file),
        ("plan", story_file),
        ("pick", story_file, "first", "1"),
    ):
        done = novel(*words)
        assert done.returncode in (2, 3), done.stderr
        assert words[0] == "pick" or "story.takes.yaml:4:5" in done.stderr
    takes_file(story_file).write_text("novel: 1\npanels:\n  frist: {seed: 3}\n")
    warned = novel("check", story_file)
    assert warned.returncode == 0
    assert "story.takes.yaml:3:3: warning: there is no panel `frist`" in warned.stderr


def test_a_decision_asks_for_no_heavy_library(story_file: Path, out: Path) -> None:
    import subprocess
    import sys

    take(story_file, out, "second", count=1)
    for words in (["pick", "story.yaml", "second", "1"], ["build", "story.yaml"], ["revert", "story.yaml", "second"]):
        code = f"import sys\nfrom novel.cli import main\nmain({words!r})\nprint(*sys.modules, file=sys.stderr)"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=story_file.parent, capture_output=True, text=True, check=True
        )
        heavy = {"torch", "diffusers", "transformers", "peft"} & {m.split(".")[0] for m in done.stderr.split()}
        assert not heavy, words


def test_a_book_in_another_style_is_retaken_in_that_style(story_file: Path, out: Path, novel) -> None:
    styles = story_file.parent / "styles"
    (styles / "ink.yaml").write_text((styles / "test.yaml").read_text().replace("bright comic", "noir ink"))
    for words in (
        ("build", story_file, "--style", "ink"),
        ("retake", story_file, "second", "--style", "ink", "--count", "2"),
        ("approve", story_file, "first", "--style", "ink"),
        ("pick", story_file, "second", "2"),
        ("build", story_file, "--style", "ink"),
    ):
        done = novel(*words)
        assert done.returncode == 0, done.stderr
    assert json.loads((out / "story" / "build.json").read_text())["rendered"] == 1, "what continues it starts anew"
    picked = candidates.read(out / "story", "second")[2]
    assert "noir ink" in picked.request.prompt
    drawn = (out / "story" / "takes" / "second" / picked.file).read_bytes()
    assert (out / "story" / "panels" / "second.png").read_bytes() == drawn


def test_a_variation_of_the_best_of_several_starts_from_the_best_also_before_a_build(story_file: Path) -> None:
    style = story_file.parent / "styles" / "test.yaml"
    style.write_text(style.read_text().replace("steps: 2", "steps: 2, candidates: 2"))
    out = story_file.parent / "output"
    first = take(story_file, out, "second", count=1, vary=0.3)
    assert first.rendered == 3, "two candidates, and the variation of the better one"
    # A seed is a choice already: what replaces the picture is one picture.
    assert take(story_file, out, "second", count=2).rendered == 2
