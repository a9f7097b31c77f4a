"""Warnings: each where something most likely isn't meant, and silence elsewhere."""

from __future__ import annotations

import pytest

WORDS = "word " * 26


@pytest.mark.parametrize(
    ("lines", "line", "column", "code"),
    [
        (f"        say:\n          - jon: {WORDS}\n", 16, 13, "long-balloon"),
        (f"        caption: [short, {WORDS}]\n", 15, 26, "long-balloon"),
        (f"        caption: [{'word ' * 20}, {'word ' * 20}]\n", 11, 9, "wordy-panel"),
        ("        strength: 0.5\n", 15, 19, "no-effect"),
        ("      - {id: b, prompt: x, continues: first}\n", 15, 39, "no-strength"),
        ("      - {prompt: x}\n", 15, 9, "no-id"),
        ("      - {id: b, prompt: 'a sign that says \"go away now\"'}\n", 15, 25, "words-in-prompt"),
        ("      - {id: b, prompt: a man with a speech bubble}\n", 15, 25, "words-in-prompt"),
        ("        prose: We are #1\n", 15, 23, "cut-by-comment"),
    ],
)
def test_warned_of(load, head, lines, line, column, code):
    (warning,) = load(head + lines).warnings
    assert (warning.line, warning.column, warning.code, warning.severity) == (line, column, code, "warning")
    assert warning.hint


@pytest.mark.parametrize(
    "lines",
    [
        "        caption: [one, two]\n        sfx: BOOM\n        alt: 'a sign that says \"go away now\"'\n",
        "        caption: Fine # with a comment\n",
        "        prose: C# is a language\n",
        "      - {id: b, prompt: x, continues: first, strength: 0.5}\n",
        "      - {id: b, prompt: \"a 5'9\\\" man in a 'fine' coat\"}\n",
        f"        prose: {WORDS * 100}\n",
    ],
)
def test_not_warned_of(load, head, lines):
    assert load(head + lines).warnings == ()


def test_who_and_what_is_never_used(load, head):
    text = head.replace("  lab: {look: a lab}\n", "  lab: {look: a lab}\n  sea: {look: a sea}\n")
    text = text.replace("  ann: {look: a woman}\n", "  ann: {look: a woman}\n  bob: {look: a boy}\n  voice: {}\n")
    found = load(text + "        say: [voice: From afar.]\n").warnings
    # A voice that is never seen needs no look.
    assert [(w.line, w.column, w.code) for w in found] == [(6, 3, "unused"), (10, 3, "unused")]


def test_a_character_who_is_seen_without_a_look(load, head):
    (warning,) = load(head.replace("{look: a woman}", "{name: Ann}")).warnings
    assert (warning.line, warning.code) == (5, "no-look")


def test_own_pictures_take_no_seed(folder, load, head, make_png):
    (folder / "a.png").write_bytes(make_png())
    (warning,) = load(head + "      - {id: b, image: a.png, seed: 5}\n").warnings
    assert (warning.line, warning.column, warning.code) == (15, 37, "no-effect")


def test_much_of_a_kind_is_summed_up(load, head):
    found = load(head + "      - {prompt: x}\n" * 1000).warnings
    assert len(found) == 21
    assert "and 980 more" in found[-1].message


def test_a_revision_without_a_hub_model(folder, load, head):
    (folder / "styles" / "plain.yaml").write_text("art:\n  revision: abc\n")
    (warning,) = load(head).warnings
    assert (warning.line, warning.column, warning.code) == (2, 13, "no-effect")
