"""Bad stories: each is refused with its place and its cure, and none with a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise

import pytest

from novel.errors import DiagnosticsError, FileError, RefusedError
from novel.story.load import load_story

# In each: what is wrong with the story (put under the sound panel, from line 15), then where and what is said.
PANEL_FAULTS = [
    ("        sixe: half\n", 15, 9, "unknown-key", "Did you mean `size`?"),
    ("        dialogue: [x]\n", 15, 9, "unknown-key", "Lines are written under `say`."),
    ("        wibble: 1\n", 15, 9, "unknown-key", "The keys here are id, prompt,"),
    ("        prompt: again\n", 15, 9, "duplicate-key", "Keep one"),
    ("        strength: 1.5\n        continues: b\n      - {id: b, prompt: x}\n", 15, 19, "bad-number", ""),
    ("        strength: 65%\n        continues: b\n      - {id: b, prompt: x}\n", 15, 19, "bad-number", "`0.65`"),
    ("        seed: -1\n", 15, 15, "bad-number", ""),
    ("        seed: 2.5\n", 15, 15, "bad-number", ""),
    (f"        seed: {'9' * 5000}\n", 15, 15, "bad-number", ""),
    ("        guidance: high\n", 15, 19, "bad-number", ""),
    ("        guidance: 7,5\n", 15, 19, "bad-number", "`7.5`, with a point"),
    ("        guidance: .inf\n", 15, 19, "bad-number", ""),
    ("        steps: 0\n", 15, 16, "bad-number", ""),
    ("        shot: closeup\n", 15, 15, "bad-choice", "`close-up`"),
    ("        size: Half\n", 15, 15, "bad-choice", "`half`"),
    ("        page_break: after\n", 15, 21, "bad-choice", ""),
    ("        caption: {a: b}\n", 15, 18, "wrong-type", "quotes"),
    ("        caption: [a, '']\n", 15, 22, "empty-text", ""),
    ("        prose: [a]\n", 15, 16, "wrong-type", "quotes"),
    ("        say: Hello\n", 15, 14, "wrong-type", "`- `"),
    ("        say:\n          - Hello there\n", 16, 13, "say", "colon"),
    ("        say:\n          - {kind: shout}\n", 16, 13, "say", ""),
    ("        say:\n          - jon: Hi\n            ann: Ho\n", 17, 13, "say", "`- `"),
    ("        say:\n          - jon:\n", 16, 17, "empty-text", ""),
    ("        say:\n          - jon: Hi\n            kind: loud\n", 17, 19, "bad-choice", ""),
    ("        say:\n          - jon: Hi\n            at: top\n", 17, 17, "bad-choice", ""),
    ("        say:\n          - john: Hi\n", 16, 13, "unknown-character", "Did you mean `jon`?"),
    ("        continues: frist\n", 15, 20, "unknown-panel", "Did you mean `first`?"),
    ("        continues: first\n", 15, 20, "circle", ""),
    ("      - {id: b, prompt: x, place: lob}\n", 15, 35, "unknown-place", "Did you mean `lab`?"),
    ("      - {id: b, prompt: x, cast: [an]}\n", 15, 35, "unknown-character", "Did you mean `ann`?"),
    ("      - {id: b, prompt: x, cast: ann}\n", 15, 34, "wrong-type", ""),
    ("      - {id: b, prompt: x, cast: [ann, ann: sad]}\n", 15, 40, "twice-in-cast", ""),
    ("      - {id: b, prompt: x, cast: [{ann: sad, jon: glad}]}\n", 15, 46, "cast", ""),
    ("      - {id: b, prompt: x, cast: [[ann]]}\n", 15, 35, "cast", ""),
    ("      - {id: first, prompt: x}\n", 15, 14, "duplicate-id", ""),
    ("      - {id: A panel!, prompt: x}\n", 15, 14, "bad-name", "Write `a-panel`."),
    ("      - {id: b}\n", 15, 9, "missing-key", "Add `prompt:`"),
    ("      - {id: b, prompt: ''}\n", 15, 25, "empty-text", ""),
    ("      - just words\n", 15, 9, "wrong-type", "Its keys are"),
    ("  - title: Two\n", 15, 5, "missing-key", "`panels:`"),
    ("  - panels: [{id: b, prompt: x}]\n", 15, 5, "missing-key", "`title:`"),
    ("  - {title: Two, panels: []}\n", 15, 26, "empty-list", ""),
    ("  - {title: Two, panels: [{id: b, prompt: x}], pages: [{panels: [{id: c, prompt: x}]}]}\n", 15, 48,
     "panels-and-pages", ""),
    ("  - {title: Two, pannels: [{id: b, prompt: x}], panels: [{id: c, prompt: x}]}\n", 15, 18, "unknown-key",
     "Did you mean `panels`?"),
    ("  - {id: one, title: Two, panels: [{id: b, prompt: x}]}\n"
     "  - {id: one, title: Three, panels: [{id: c, prompt: x}]}\n", 16, 10, "duplicate-id", ""),
    ("        <<: {size: half}\n", 15, 9, "merge-key", "Write the keys out"),
    ("        caption: &a Hello\n", 15, 18, "anchor", "quotes"),
    ("        caption: *a\n", 15, 18, "alias", "quotes"),
    ("        caption: !important\n", 15, 18, "tag", "quotes"),
    ("        ? [a, b]\n        : c\n", 15, 11, "complex-key", ""),
    ("        caption: #1\n", 15, 18, "cut-by-comment", "quotes"),
    ("---\ntitle: More\n", 15, 1, "several-documents", ""),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "line", "column", "code", "cure"), PANEL_FAULTS)
def test_a_fault_in_a_panel_or_chapter(fault, head, lines, line, column, code, cure):
    error = fault(head + lines)
    assert (error.line, error.column, error.code, error.exit_code) == (line, column, code, 3)
    assert cure in error.hint
    assert error.excerpt == (head + lines).splitlines()[line - 1]


TOP_FAULTS = [
    ("novel: 2\n", 8, "unknown-version", "`novel: 1`"),
    ("author: {a: b}\n", 9, "wrong-type", ""),
    ("language: English\n", 11, "bad-name", "Write `en`."),
    ("language: pt_BR\n", 11, "bad-name", "Write `pt-BR`."),
    ("direction: left\n", 12, "bad-choice", ""),
    ("page: us-comics\n", 7, "unknown-page", "Did you mean `us-comic`?"),
    ("page: {width: 6.625, height: 10in}\n", 15, "bad-length", "`6.625in`"),
    ("page: {width: 6 feet, height: 10in}\n", 15, "bad-length", "pt, in, mm, cm or px"),
    ("page: {width: 6in}\n", 7, "missing-key", "`height:`"),
    ("page: {width: 6in, height: 6in, safe: 3in}\n", 39, "bad-page", ""),
    ("seed: lucky\n", 7, "bad-number", ""),
    ("pannels: []\n", 1, "unknown-key", "Did you mean `panels`? Panels stand in a chapter"),
    ("cover: {image: cover.png}\n", 16, "missing-file", ""),
    ("cover: a door\n", 8, "wrong-type", ""),
]


@pytest.mark.parametrize(("line", "column", "code", "cure"), TOP_FAULTS)
def test_a_fault_at_the_top(faults, head, line, column, code, cure):
    errors = [d for d in faults(line + head).diagnostics if d.severity == "error"]
    assert {(d.line, d.column, d.code) for d in errors} == {(1, column, code)}
    assert cure in errors[0].hint


@pytest.mark.parametrize("key", ["kind", "at"])
def test_no_character_is_called_kind_or_at(fault, head, key):
    error = fault(head.replace("  ann:", f"  {key}: {{look: odd}}\n  ann:"))
    assert (error.line, error.column, error.code) == (5, 3, "reserved-name")


def test_a_circle_is_named_once(fault, head):
    pairs = ("bc", "cd", "db", "eb")
    lines = "".join(f"      - {{id: {own}, prompt: x, continues: {other}, strength: 0.5}}\n" for own, other in pairs)
    error = fault(head + lines)
    assert (error.line, error.column, error.code) == (15, 39, "circle")
    assert "b → c → d → b" in error.message


def test_a_chain_may_be_long(load, head):
    lines = "".join(f"      - {{id: p{i}, prompt: x, continues: p{i - 1}, strength: 0.5}}\n" for i in range(1, 3000))
    assert load(head + "      - {id: p0, prompt: x}\n" + lines).story.chapters[0].panels[-1].continues == "p2998"


def test_duplicate_keys_name_both_positions(fault, head):
    error = fault(head + "title: Other\n")
    assert (error.line, error.column) == (15, 1)
    assert "line 1, column 1" in error.message


def test_ten_planted_errors_are_all_reported_with_their_places(faults):
    text = """\
title: Ten
style: plane
language: English
characters:
  jon: {name: Jon, lok: tall}
chapters:
  - title: One
    panels:
      - id: Door
        prompt: a door
        cast: [jhon]
      - id: b
        prompt: 'It is late
        strength: 2
        continues: door
        say:
          - jon: He said: never.
            kind: loud
      - id: c
        prompt: a key
        prompt: a lock
"""
    error = faults(text)
    assert error.exit_code == 3
    assert [(d.line, d.column, d.code) for d in error.diagnostics if d.severity == "error"] == [
        (2, 8, "unknown-style"),
        (3, 11, "bad-name"),
        (5, 20, "unknown-key"),
        (9, 13, "bad-name"),
        (11, 16, "unknown-character"),
        (13, 17, "unclosed-quote"),
        (14, 19, "bad-number"),
        (15, 20, "unknown-panel"),
        (17, 25, "colon"),
        (18, 19, "bad-choice"),
        (21, 9, "duplicate-key"),
    ]


def test_a_part_that_cannot_be_read_is_not_missed_elsewhere(faults, head):
    broken = head.replace(
        "characters:\n  jon: {name: Jon, look: a man}\n  ann: {look: a woman}\n", "characters: [jon]\n"
    )
    assert [d.code for d in faults(broken).diagnostics if d.severity == "error"] == ["wrong-type"]


class TestBytes:
    def test_byte_order_mark_and_crlf_are_fine(self, load, head):
        book = load(b"\xef\xbb\xbf" + head.replace("\n", "\r\n").encode())
        assert book.story.title == "T"
        assert book.at("first", "prompt", message="", code="").line == 14

    @pytest.mark.parametrize(
        ("bad", "at", "said"),
        [(b"\xe9", 7 + 3, "byte 10 (0xe9)"), (b"\x00", 10, "a NUL at byte 10"), (b"\x1b", 10, "U+001B at byte 10"),
         (b"\xff", 10, "byte 10 (0xff)"), (b"\xed\xa0\x80", 10, "byte 10 (0xed)"), (b"\xef\xbf\xbf", 10, "U+FFFF")],
    )  # fmt: skip
    def test_bytes_that_are_no_text(self, fault, head, bad, at, said):
        error = fault(head.encode().replace(b"title: T", b"title: Caf" + bad))
        assert (error.line, error.column, error.exit_code) == (1, 11, 3)
        assert said in error.message

    def test_latin_1_is_guessed_and_the_rest_is_read(self, faults, head):
        error = faults((head.replace("title: T", "title: Café") + "        sixe: half\n").encode("latin-1"))
        assert [(d.line, d.code) for d in error.diagnostics] == [(1, "encoding"), (15, "unknown-key")]
        assert "`é`" in error.diagnostics[0].hint

    def test_the_offset_counts_the_byte_order_mark(self, fault, head):
        assert "byte 13 (0xe9)" in fault(b"\xef\xbb\xbf" + head.encode().replace(b": T", b": Caf\xe9")).message

    def test_utf_16_is_named(self, faults, head):
        (error,) = faults(head.encode("utf-16")).diagnostics
        assert "UTF-16" in error.message

    @pytest.mark.parametrize("text", ["", "\n \n", "# nothing\n", "~\n"])
    def test_empty(self, fault, text):
        assert fault(text).exit_code == 3

    def test_too_large_names_the_limit(self, fault):
        error = fault(b"title: x\n" * 6_000_000)
        assert error.exit_code == 3
        assert "54.0 MB" in error.message
        assert "limit is 5 MB" in error.message

    def test_merge_conflict(self, faults, head):
        text = head + (
            "<<<<<<< HEAD\n        caption: ours\n=======\n        caption: theirs\n>>>>>>> other\n        sixe: half\n"
        )
        conflict, other = faults(text).diagnostics
        assert (conflict.line, conflict.column, conflict.code, conflict.exit_code) == (15, 1, "merge-conflict", 3)
        assert "git merge conflict" in conflict.message
        assert "`HEAD`" in conflict.message
        assert (other.line, other.code) == (20, "unknown-key")

    def test_a_tab_is_located(self, faults, head):
        errors = faults(head + "\tcaption: x\n").diagnostics
        assert [(d.line, d.column, d.code) for d in errors] == [(15, 1, "tab")]


class TestFiles:
    def test_missing_with_a_near_name(self, folder, head):
        (folder / "story.yaml").write_text(head)
        with pytest.raises(FileError) as caught:
            load_story(folder / "stroy.yaml")
        assert caught.value.exit_code == 5
        assert "story.yaml" in caught.value.hint

    def test_a_folder(self, folder):
        with pytest.raises(FileError):
            load_story(folder)

    def test_a_pipe_is_refused_without_waiting(self, folder):
        os.mkfifo(folder / "pipe.yaml")
        with pytest.raises(RefusedError):
            load_story(folder / "pipe.yaml")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_unreadable(self, folder, head):
        file = folder / "story.yaml"
        file.write_text(head)
        file.chmod(0)
        with pytest.raises(FileError):
            load_story(file)

    def test_a_nul_in_the_name(self):
        with pytest.raises(FileError):
            load_story("a\0b.yaml")


class TestHostile:
    def test_an_alias_bomb_costs_neither_time_nor_memory(self, folder):
        names = "abcdefghi"
        bomb = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for before, name in pairwise(names):
            bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        (folder / "story.yaml").write_text(bomb)
        code = (
            "import json, re, sys, time\n"
            "from novel.errors import NovelError\n"
            "from novel.story.load import load_story\n"
            "start = time.process_time()\n"
            "try: load_story(sys.argv[1]); code = 0\n"
            "except NovelError as error: code = error.exit_code; str(error)\n"
            # Not getrusage: its peak begins with that of the process that we were forked from.
            "peak = int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024\n"
            "print(json.dumps([code, time.process_time() - start, peak]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder / "story.yaml")], capture_output=True, text=True, check=True
        )
        exit_code, seconds, megabytes = json.loads(done.stdout)
        assert exit_code == 3
        assert seconds < 1
        assert megabytes < 200

    @pytest.mark.parametrize("opened", ["[", "{a: ", "- "])
    def test_deep_nesting(self, faults, head, opened):
        closed = {"[": "]", "{a: ": "}", "- ": ""}[opened]
        text = head + "        sixe: half\n        prose: " + ("\n" + " " * 10 if opened == "- " else "")
        errors = faults(text + opened * 2000 + "x" + closed * 2000 + "\n")
        assert errors.exit_code == 3
        assert {"unknown-key", "too-deep"} <= {d.code for d in errors.diagnostics}

    @pytest.mark.parametrize(
        "value",
        ["!!python/object/apply:os.system ['touch {}']", "!!python/object/new:subprocess.Popen [[touch, {}]]",
         "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch {}']", "!!python/name:os.system"],
    )  # fmt: skip
    def test_nothing_is_run(self, folder, faults, head, value):
        canary = folder / "canary"
        error = faults(head + "        caption: " + value.format(canary) + "\n        sixe: half\n")
        assert error.exit_code == 7
        unsafe, other = error.diagnostics[0], error.diagnostics[-1]
        assert (unsafe.line, unsafe.column, unsafe.code, unsafe.exit_code) == (15, 18, "unsafe-tag", 7)
        assert other.code == "unknown-key"
        assert not canary.exists()

    def test_more_mistakes_than_anyone_reads(self, faults, head):
        error = faults(head + "".join(f"        wrong{i}: x\n" for i in range(20_000)))
        assert len(error.diagnostics) < 250
        assert "too-many-errors" in {d.code for d in error.diagnostics}

    @pytest.mark.parametrize(
        "text",
        ["a: " + "[" * 300_000, "{" * 300_000, "a: " + "x: " * 100_000, "'" * 300_001, "- " * 100_000,
         "a: *" + "a" * 300_000,
         "\t" * 300_000, "? " * 100_000, "a: &" + "a" * 100_000 + " b", "x" * 1_000_000,
         "x: " + " " * 1_000_000 + "y: z",
         "title: " + '"a ' * 100_000, "language: " + "a-aaaaa" * 50_000, "a: [" + "1," * 450_000 + "]"],
        ids=lambda text: text[:6],
    )  # fmt: skip
    def test_nothing_takes_long(self, faults, text):
        import time

        before = time.process_time()
        error = faults(text + "\n")
        str(error)
        assert error.exit_code == 3
        assert time.process_time() - before < 6


def test_script_in_a_title_is_text(load, head):
    title = "<script>alert(1)</script> & <b>"
    book = load(head.replace("title: T", f"title: {title}") + "        say:\n          - jon: I <3 you & <b>\n")
    assert book.story.title == title
    assert book.story.chapters[0].panels[0].say[0].text == "I <3 you & <b>"


def test_an_error_outweighs_by_gravity(faults, head):
    error = faults(head + "        sixe: half\n        image: ../x.png\n")
    assert isinstance(error, DiagnosticsError)
    assert error.exit_code == 7
    assert [d.exit_code for d in error.diagnostics] == [3, 7]
