"""YAML's syntax errors in plain words, with libyaml and with PyYAML's own parser alike."""

from __future__ import annotations

import pytest
import yaml

from novel.story import tree


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def parser(request, monkeypatch):
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(tree, "_Loader", getattr(yaml, request.param))


# Each below the sound panel, from line 15; behind it stands one more mistake that has to be seen too.
SLIPS = [
    ("        caption: He said: no\n", 15, 25, "colon", '"He said: no"'),
    ('        caption: He said: "no"\n', 15, 25, "colon", "'He said: \"no\"'"),
    ("        say:\n          - jon: Well: yes: no\n", 16, 22, "colon", '"Well: yes: no"'),
    ("        caption: 'It is late\n", 15, 18, "unclosed-quote", "Add `'`"),
    ('        caption: "It is late\n', 15, 18, "unclosed-quote", 'Add `"`'),
    ("        caption: 'It's late'\n", 15, 22, "after-quote", "''"),
    ('        caption: "He said "no" to me"\n', 15, 28, "after-quote", "other kind"),
    ("        caption: *Really* now\n", 15, 18, "quotes-needed", '"*Really* now"'),
    ("        caption: *Really?* Yes.\n", 15, 18, "quotes-needed", '"*Really?* Yes."'),
    ("        caption: @home\n", 15, 18, "quotes-needed", '"@home"'),
    ("        caption: `x`\n", 15, 18, "quotes-needed", '"`x`"'),
    ("        caption: %x\n", 15, 18, "quotes-needed", '"%x"'),
    ('        caption: "C:\\path"\n', 15, 21, "escape", "\\\\"),
    ("        caption: [a, b\n", 15, 18, "unclosed-bracket", "`]`"),
    ("        alt: {a\n", 15, 14, "unclosed-bracket", "`}`"),
    ("        say: - jon: Hi\n", 15, 14, "list", "new line"),
    ("        prose: | text\n", 15, 18, "block-text", "next line"),
    ("          caption: deep\n", 15, 11, "indentation", "same column"),
    ("       caption: shallow\n", 15, 8, "indentation", "same column"),
    ("        caption\n", 15, 9, "no-colon", "colon"),
    ("\tcaption: x\n", 15, 1, "tab", "spaces"),
]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("lines", "line", "column", "code", "cure"), SLIPS)
def test_a_slip_is_explained_and_hides_nothing(faults, head, lines, line, column, code, cure):
    text = head + lines + "        sixe: half\n"
    found = faults(text).diagnostics
    assert [(d.line, d.column, d.code) for d in found] == [
        (line, column, code),
        (text.count("\n"), 9, "unknown-key"),
    ]
    assert cure in found[0].hint
    assert found[0].excerpt == text.splitlines()[line - 1]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "text", ["%FOO\ntitle: x\n", "title: x\n...\nmore\n", "]\n", "a: ? b\n", "- a\nb: c\n", "? ", "!", "&", "*"]
)
def test_other_slips_have_a_place_and_a_cure(faults, text):
    for found in faults(text).diagnostics:
        assert found.line >= 1 or found.code == "empty"
        assert found.message


@pytest.mark.usefixtures("parser")
def test_commas_in_braces_stay_in_the_text(load, head):
    text = head.replace("{look: a woman}", "{look: red hair, green coat , tall}").replace(
        "[jon, ann]", "[{jon: sad, wet}, ann: glad]"
    )
    book = load(text)
    assert book.story.characters["ann"].look == "red hair, green coat , tall"
    assert [m.words for m in book.story.chapters[0].panels[0].cast] == ["sad, wet", "glad"]


@pytest.mark.usefixtures("parser")
def test_only_plain_text_goes_on_after_a_comma(fault, head):
    error = fault(head.replace("{look: a woman}", "{look: 'red hair', tall}"))
    assert (error.line, error.column, error.code) == (5, 27, "unknown-key")
    error = fault(head.replace("{look: a woman}", "{look: red hair, tall: }"))
    assert (error.line, error.column, error.code) == (5, 25, "unknown-key")
