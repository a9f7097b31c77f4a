"""Changing the takes file: nothing that others wrote moves, and git merges what two editors decided."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from novel.editor.takes_file import with_take, write_take
from novel.errors import FileError
from novel.story.load import load_story
from novel.story.takes import Extension, Redo, Take, takes_file
from novel.story.takes_form import load_takes

FILE = Path("story.takes.yaml")
ORDER = ["cover", "first", "second", "third"]
EMPTY = "novel: 1\npanels:\n" + "".join(f"  # {panel}\n" for panel in ORDER)


def put(text: str, panel: str, take: Take | None) -> str:
    return with_take(text, ORDER, panel, take, FILE)


def test_a_take_stands_under_its_panel_s_comment() -> None:
    text = put(put(EMPTY, "second", Take(seed=4)), "cover", Take(seed=5, prompt="a cat: asleep", approved=True))
    assert text == (
        "novel: 1\n"
        "panels:\n"
        "  # cover\n"
        "  cover:\n"
        "    seed: 5\n"
        '    prompt: "a cat: asleep"\n'
        "    approved: true\n"
        "  # first\n"
        "  # second\n"
        "  second:\n"
        "    seed: 4\n"
        "  # third\n"
    )


def test_taking_a_take_away_leaves_the_file_as_it_was() -> None:
    assert put(put(EMPTY, "first", Take(seed=4, redo=(Redo(seed=1, region="left"),))), "first", None) == EMPTY


def test_comments_blank_lines_and_the_order_of_keys_stay() -> None:
    text = (
        "# ours\n"
        "novel: 1\n"
        "panels:\n"
        "\n"
        "  # The robot looks better so.\n"
        "  second:   # Ann's choice\n"
        "    prompt: a robot  # not a droid\n"
        "    # after much debate\n"
        "    seed: 4\n"
        "\n"
        "  first: {seed: 9}\n"
        "# the end\n"
    )
    changed = put(text, "second", Take(seed=5, prompt="a robot", approved=True))
    assert changed == text.replace("    seed: 4\n", "    seed: 5\n    approved: true\n")
    assert put(text, "first", Take(seed=9, approved=True)) == text.replace(
        "  first: {seed: 9}\n", "  first:\n    seed: 9\n    approved: true\n"
    )
    assert put(text, "second", Take(seed=4, prompt="a robot")) == text


def test_the_file_s_line_ends_are_kept() -> None:
    text = EMPTY.replace("\n", "\r\n")
    changed = put(text, "first", Take(seed=4))
    assert changed.count("\r\n") == changed.count("\n") == text.count("\n") + 2
    assert put(changed, "first", None) == text


@pytest.mark.parametrize("text", ["novel: 1\npanels: {first: {seed: 3}}\n", "novel: 1\n"])
def test_a_file_that_can_t_be_changed_safely_is_left_alone(text: str) -> None:
    with pytest.raises(FileError):
        put(text, "first", Take(seed=4))


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)
SHARES = st.integers(1, 1000).map(lambda n: n / 1000)
PART = st.one_of(
    st.fixed_dictionaries({"region": st.sampled_from(["left", "right"])}),
    st.fixed_dictionaries({"region": st.tuples(st.just(0.25), st.just(0.0), SHARES, SHARES)}),
    st.fixed_dictionaries(
        {
            "extend": st.builds(
                Extension, side=st.sampled_from(["left", "right"]), percent=SHARES.map(lambda s: round(s * 200, 4))
            )
        }
    ),
    st.fixed_dictionaries({"strength": SHARES}),
)
REDOS = st.builds(
    lambda seed, part, prompt: Redo(seed=seed, prompt=prompt, **part),
    st.integers(0, 2**63 - 1),
    PART,
    st.none() | WORDS,
)
TAKES = st.builds(
    Take,
    seed=st.none() | st.integers(0, 2**63 - 1),
    prompt=st.none() | WORDS,
    negative=st.none() | st.just("") | WORDS,
    steps=st.none() | st.integers(1, 500),
    guidance=st.none() | SHARES.map(lambda s: s * 50),
    pixels=st.none() | st.tuples(st.integers(10, 9999), st.integers(10, 9999)),
    redo=st.lists(REDOS, max_size=2).map(tuple),
    approved=st.booleans(),
    picture=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
).filter(lambda take: take != Take())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["first", "second", "third"]), st.none() | TAKES), min_size=1, max_size=5))
def test_what_is_written_is_read_and_the_others_stay(story_file: Path, steps: list[tuple[str, Take | None]]) -> None:
    story = load_story(story_file).story
    takes_file(story_file).unlink(missing_ok=True)
    meant: dict[str, Take] = {}
    for panel, take in steps:
        write_take(story_file, story, panel, take)
        meant.pop(panel, None)
        if take is not None:
            meant[panel] = take
        read = load_takes(story_file, story)
        assert dict(read.panels) == meant
        assert not read.warnings


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("one", "other"), [("first", "second"), ("second", "third"), ("first", "third")])
@pytest.mark.parametrize("before", [{}, {"first": Take(seed=1)}, {"second": Take(seed=1, prompt="a cat")}])
def test_git_merges_the_takes_of_different_panels(
    story_file: Path, one: str, other: str, before: dict[str, Take]
) -> None:
    folder, story = story_file.parent, load_story(story_file).story
    git(folder, "init", "-q")
    write_take(story_file, story, "third", Take(seed=77))
    for panel, take in before.items():
        write_take(story_file, story, panel, take)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "start")
    mine, theirs = Take(seed=5, prompt="a dog"), Take(seed=6, approved=True, redo=(Redo(seed=3, region="left"),))
    git(folder, "checkout", "-qb", "theirs")
    write_take(story_file, story, other, theirs)
    git(folder, "commit", "-qam", "theirs")
    git(folder, "checkout", "-q", "main")
    write_take(story_file, story, one, mine)
    git(folder, "commit", "-qam", "mine")
    git(folder, "merge", "-q", "theirs", "-m", "both")
    assert dict(load_takes(story_file, story).panels) == {
        "third": Take(seed=77),
        **before,
        one: mine,
        other: theirs,
    }


def test_git_merges_when_both_begin_the_file_with_its_union_driver(story_file: Path) -> None:
    folder, story = story_file.parent, load_story(story_file).story
    (folder / ".gitattributes").write_text("*.takes.yaml merge=union\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "start")
    git(folder, "checkout", "-qb", "theirs")
    write_take(story_file, story, "third", Take(seed=6))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "theirs")
    git(folder, "checkout", "-q", "main")
    write_take(story_file, story, "first", Take(seed=5))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "mine")
    git(folder, "merge", "-q", "theirs", "-m", "both")
    assert dict(load_takes(story_file, story).panels) == {"first": Take(seed=5), "third": Take(seed=6)}
