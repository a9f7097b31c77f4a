"""YAML's syntax errors in plain words, each with its place and its cure.

Besides its explanation each slip may carry a repair: characters that would let the reading go on behind it. Repairs are
made in a copy and never reach a story that is used; they only let one run show the other mistakes too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

_KEY = re.compile(r"^[ \t]*(?:- +)*(?:\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s#:'\"\[\]{}][^\r\n]*?)[ \t]*:[ \t]+")
_QUOTE = "Put the whole text in quotes: "


@dataclass(eq=False, repr=False)
class Slip:
    """A syntax error, explained.

    ``repair``: an offset and the character to write over the one that stands there. ``lossy``: the repair gives up
    what stands there. ``follows``: this kind of error may be nothing but the echo of an earlier one.
    """

    index: int
    code: str
    message: str
    hint: str
    repair: tuple[int, str] | None = None
    lossy: bool = False
    follows: bool = False


@dataclass(eq=False, repr=False)
class Last:
    """The last thing before an error that began with a special character: a quoted text, or a ``*``, ``&`` or ``!``."""

    start: int
    end: int
    quoted: bool


def explain(error: yaml.YAMLError, text: str, last: Last | None = None) -> Slip:
    """Says in plain words what a YAML error means. ``last``: what was read just before it."""
    problem = getattr(error, "problem", None) or ""
    context = getattr(error, "context", None) or ""
    started = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or started
    if mark is None:
        return Slip(0, "syntax", f"this is no YAML: {problem or error}", "Compare it with an example story.")
    at = min(mark.index, max(0, len(text) - 1))
    begin = min(started.index, at) if started is not None else at
    if text[at : at + 1] == "\t" or "tab character" in problem:
        slip = _tab(text, at)
    elif "mapping values are not allowed" in problem:
        slip = _colon(text, at)
    elif "quoted scalar" in context:
        slip = _quoted(text, begin, at, problem)
    elif "alias" in context or "anchor" in context or "cannot start any token" in problem:
        slip = _special(text, at if "token" in problem else begin)
    elif last is not None and _line_start(text, last.end) == _line_start(text, at) and last.end <= at:
        slip = _behind_quote(text, last, at) if last.quoted else _special(text, last.start)
    else:
        slip = _structure(text, at, begin, problem, context)
    return slip


def _behind_quote(text: str, last: Last, at: int) -> Slip:
    quote = text[last.start]
    if "\n" in text[last.start : last.end]:
        # It ends lines below, at what was meant to open another quoted text.
        return _unclosed(text, last.start)
    if quote == "'":
        hint = "Inside single quotes write '' for an apostrophe ('It''s late'), or put double quotes round it all."
    else:
        hint = "Let the quotes go round the whole text, with the other kind inside: '\"Hi\", she said.'"
    return Slip(at, "after-quote", "words stand behind a closed quote", hint, (last.start, "x"))


def _special(text: str, at: int) -> Slip:
    return Slip(
        at, "quotes-needed", f"text that starts with `{text[at : at + 1]}` must stand in quotes",
        _QUOTE + _as_quoted(text, at), (at, "x"),
    )  # fmt: skip


def _tab(text: str, at: int) -> Slip:
    start = _line_start(text, at)
    tab = text.find("\t", start)
    while at > start and text[at - 1] == "\t":
        at -= 1
    index = tab if tab != -1 and tab <= at else at
    return Slip(
        index, "tab", "a tab stands where YAML wants spaces",
        "Use spaces to indent, two for each level (most editors: Convert indentation to spaces).",
        (index, " ") if text[index : index + 1] == "\t" else None, lossy=True,
    )  # fmt: skip


def _colon(text: str, at: int) -> Slip:
    start = _line_start(text, at)
    # On a line longer than any key and its colon, the colon is surely the text's.
    key = _KEY.match(text[start : min(at + 2, start + 1000)])
    if key and start + key.end() <= at:
        value = start + key.end()
        return Slip(
            at, "colon", "a colon and a space in text without quotes start a new key",
            _QUOTE + _as_quoted(text, value),
            # A no-break space after the colon keeps it from being a key's.
            (at + 1, "\u00a0") if text[at + 1 : at + 2] in (" ", "\t") else (at, "\u00a6"),
        )  # fmt: skip
    return Slip(
        start + len(text[start:at]) - len(text[start:at].lstrip()), "indentation",
        "this line is indented deeper than the one above it, or the line above isn't finished",
        "Keys of one mapping start in the same column; after a key without a colon, add the colon.",
        (at + 1, "\u00a0") if text[at + 1 : at + 2] == " " else (at, "\u00a6"), lossy=True, follows=True,
    )  # fmt: skip


def _quoted(text: str, begin: int, at: int, problem: str) -> Slip:
    if "escape" in problem or "hex" in problem or "Unicode" in problem:
        bad = text.rfind("\\", begin, at + 2)
        bad = at if bad == -1 else bad
        return Slip(
            bad, "escape", f"`{text[bad : bad + 2]}` means nothing in double quotes",
            'Write \\\\ for a backslash, or use single quotes: \'C:\\path\'.', (bad, "/"),
        )  # fmt: skip
    return _unclosed(text, begin)


def _unclosed(text: str, begin: int) -> Slip:
    return Slip(
        begin, "unclosed-quote", f"the quote `{text[begin]}` that opens here is never closed",
        f"Add `{text[begin]}` at the end of the text. Inside single quotes write '' for an apostrophe.",
        # Taken for a letter, the quote lets the lines after it be read.
        (begin, "x"),
    )  # fmt: skip


# What the parser's words mean: (words in its problem, words in its context, code, message, hint), the first that fits.
# Both of PyYAML's parsers are covered, libyaml's and the one in Python.
_MEANINGS = (
    ("", "block scalar", "block-text", "words stand behind `|` or `>`",
     "Start the text on the next line, indented; or put it in quotes on this line."),
    ("", "simple key", "no-colon", "this line is no `key: value` and no `- item`",
     "Add the colon and a space after the key; or indent the line if it goes on with the text above."),
    ("block sequence entries", "", "list", "a list can't start on the line of its key",
     "Put `- ` on a new line, indented under the key."),
    ("sequence entries are not allowed", "", "list", "a list can't start on the line of its key",
     "Put `- ` on a new line, indented under the key."),
    ("incompatible", "", "directive", "`%` at the start of a line is for YAML itself", "Take the line out."),
    ("directive", "", "directive", "`%` at the start of a line is for YAML itself", "Take the line out."),
    ("", "directive", "directive", "`%` at the start of a line is for YAML itself", "Take the line out."),
    ("document start", "", "several-documents", "text stands behind the document's end (`...`)",
     "Take the line `...` out."),
    ("", "tag", "quotes-needed", "text that starts with `!` must stand in quotes", "Put the whole text in quotes."),
    ("mapping keys are not allowed", "", "quotes-needed", "text that starts with `? ` must stand in quotes",
     "Put the whole text in quotes."),
    ("", "block ", "indentation", "this line's indentation fits no line above it",
     "Keys of one mapping and items of one list start in the same column."),
)  # fmt: skip


def _structure(text: str, at: int, begin: int, problem: str, context: str) -> Slip:
    if "flow sequence" in context or "flow mapping" in context:
        opened = text[begin : begin + 1]
        closes = "]" if opened == "[" else "}"
        return Slip(
            begin, "unclosed-bracket", f"the `{opened}` that opens here is not closed with `{closes}`",
            f"Add the `{closes}`, or a comma between the parts; put text that starts with {opened} in quotes.",
            (begin, "x"),
        )  # fmt: skip
    for in_problem, in_context, code, message, hint in _MEANINGS:
        if in_problem in problem and in_context in context:
            if code in ("block-text", "list"):
                indicator = begin if code == "block-text" else at
                return Slip(at, code, message, hint, (indicator, "x"))
            if code == "quotes-needed":
                return _special(text, at if "mapping keys" in problem else begin)
            at = begin if code == "no-colon" else at
            return Slip(*_without_line(text, at, code, message, hint))
    message = f"this is no YAML: {problem}" + (f" {context}" if context else "")
    hint = "Put text with special characters in quotes, and check the indentation."
    return Slip(*_without_line(text, at, "syntax", message, hint))


def _without_line(
    text: str, at: int, code: str, message: str, hint: str
) -> tuple[int, str, str, str, tuple[int, str], bool, bool]:
    """A slip on a line that has to be left out, as a comment, for what follows to be read."""
    start = _line_start(text, at)
    line = text[start : start + 1000]
    start += len(line) - len(line.lstrip(" "))
    return max(at, start), code, message, hint, (start, "#"), True, True


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _as_quoted(text: str, start: int) -> str:
    """The rest of a line in quotes that it can stand in, as the cure shows it."""
    end = min((i for i in (text.find("\n", start), text.find("\r", start)) if i != -1), default=len(text))
    value = text[start:end].rstrip()
    if len(value) > 70:
        value = value[:69] + "…"
    return f'"{value}"' if '"' not in value and "\\" not in value else "'" + value.replace("'", "''") + "'"
