"""From words as a writer types them to words as a letterer sets them: emphasis, capitals, dashes, the pronoun I."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from novel.layout.segment import WIDE

_EMPHASIS = re.compile(r"\*(?=\S)([^*]+?)(?<=\S)\*")
_PRONOUN = re.compile(r"(?<![\w])[Ii](?![\w])")
_SPACE = re.compile(r"[ \t\r\n\f\v\u2028\u2029]+")
_RANGE = re.compile(r"(?<=\d)[\u2013\u2014](?=\d)")
_DASH = re.compile(r"[\u2012-\u2015]")
_TONOS = "\u0301"
_OWN_MARKS = ("ja", "ko", "yue", "zh")
"""Languages whose dashes and ellipses fill an em or two."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of words in one style. ``barred``: the I that stands for the speaker."""

    text: str
    emphasis: bool = False
    barred: bool = False


def plain(text: str) -> str:
    """The words as they are to be heard: no emphasis marks, spaces folded, the writer's own case and dashes."""
    return "".join(span for span, _ in _emphasised(fold(text)))


def word_count(text: str) -> int:
    """How many words a reader reads: two ideographs or kana, or three Thai consonants, take about as long as a word."""
    wide = sum(c >= WIDE and c.isalnum() and not _spaced(c) for c in text)
    thai = sum("\u0e01" <= c <= "\u0e2e" for c in text)
    others = "".join(" " if (c >= WIDE and not _spaced(c)) or "\u0e01" <= c <= "\u0e5b" else c for c in text)
    return len(others.split()) + (wide + 1) // 2 + (thai + 2) // 3


def _spaced(char: str) -> bool:
    """Whether a character of a script beyond the first is one with spaces between its words: Hangul, or a symbol."""
    return "\u3130" <= char <= "\u318f" or "\ua960" <= char <= "\ud7ff" or char >= "\U0001f000"


def fold(text: str) -> str:
    """Composed characters (NFC), and every run of white space as one space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def dressed(text: str, *, caps: bool, craft: bool = True, language: str = "en") -> tuple[Span, ...]:
    """The spans that set a text.

    ``caps`` sets everything in capitals; an English I that is a word of its own is then barred, as are the I's of a
    dotted abbreviation (F.B.I.). ``craft`` turns dashes into ``--`` and the ellipsis character into three full stops,
    as comics are lettered (a dash between figures stays a short one). Japanese, Chinese and Korean have long dashes and
    ellipses of their own, which stay.
    """
    spans: list[Span] = []
    craft = craft and language.lower().split("-")[0] not in _OWN_MARKS and not any(c >= WIDE for c in text)
    english = language.lower().split("-")[0] == "en"
    for stretch, emphasis in _emphasised(fold(text)):
        words = stretch
        if craft:
            words = _RANGE.sub("-", words)
            words = _DASH.sub("--", words).replace("\u2026", "...")
        if not caps:
            spans.append(Span(words, emphasis))
            continue
        done = 0
        for match in _PRONOUN.finditer(words) if english else ():
            if match.start() > done:
                spans.append(Span(capitals(words[done : match.start()], language), emphasis))
            spans.append(Span("I", emphasis, barred=True))
            done = match.end()
        if done < len(words):
            spans.append(Span(capitals(words[done:], language), emphasis))
    return tuple(span for span in spans if span.text)


def capitals(text: str, language: str) -> str:
    """Upper case by the language's own rules: Turkish and Azeri dotted İ, Greek without accents but with diaereses."""
    primary = language.lower().split("-")[0]
    if primary in ("tr", "az"):
        text = text.replace("i", "\u0130").replace("\u0131", "I")
    upper = text.upper()
    if any("\u0370" <= c <= "\u03ff" or "\u1f00" <= c <= "\u1fff" for c in upper):
        upper = _without_tonos(upper)
    return unicodedata.normalize("NFC", upper)


def _without_tonos(text: str) -> str:
    out: list[str] = []
    greek = False
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.combining(char):
            if not (greek and char in (_TONOS, "\u0300", "\u0342", "\u0313", "\u0314")):
                out.append(char)
            continue
        greek = "\u0370" <= char <= "\u03ff"
        out.append(char)
    return "".join(out)


def _emphasised(text: str) -> list[tuple[str, bool]]:
    """Stretches of text with whether each stands between asterisks. A lone asterisk stays what it is."""
    stretches: list[tuple[str, bool]] = []
    done = 0
    for match in _EMPHASIS.finditer(text):
        if match.start() > done:
            stretches.append((text[done : match.start()], False))
        stretches.append((match.group(1), True))
        done = match.end()
    if done < len(text):
        stretches.append((text[done:], False))
    return stretches
