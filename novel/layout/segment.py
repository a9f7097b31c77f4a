"""Where a line may end, and where a reader likes it to end.

Latin, Greek, Cyrillic, Arabic and Hebrew end lines after spaces, hyphens and dashes. Every other script follows
Unicode's line breaking rules (UAX 14, by uniseg), which let Japanese and Chinese break nearly anywhere, but never
before a closing mark or a small kana nor after an opening mark. Among those places BudouX's models find the ends of
phrases; Korean prefers its spaces. Thai has no other breaks than those between BudouX's words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

SIMPLE_LIMIT = 0x590
"""Below it (Latin, Greek, Cyrillic, Armenian) text runs left to right and breaks at spaces, hyphens and dashes."""
WIDE = "\u2e80"
"""From this character on, scripts are written without spaces between words (ideographs, kana)."""
_SPACED = re.compile("[\u0000-\u06ff\u0750-\u077f\u2010-\u2044\u20ac\ufb1d-\ufdff\ufe70-\ufefc]*")
"""Text in scripts that need no rules but spaces, hyphens and dashes."""
_BREAK_AFTER = re.compile(r"(?<=[^\W\d])[-\u05be](?=[^\W\d])|--+(?=\w)|(?<=\w)/(?=\w{3})")
_PLAIN = (
    "\u4e00-\u9fff\uac00-\ud7a3\u3042\u3044\u3046\u3048\u304a-\u3062\u3064-\u3082\u3084\u3086\u3088-\u308d\u308f-\u3094"
    "\u30a2\u30a4\u30a6\u30a8\u30aa-\u30c2\u30c4-\u30e2\u30e4\u30e6\u30e8-\u30ed\u30ef-\u30f4"
)
"""Ideographs, full-sized kana and syllables of Hangul: a line may end between any two of them."""
_TANGLED = re.compile(f"[^{_PLAIN}]+")
_LOOSE = re.compile(f"[{_PLAIN}](?=[{_PLAIN}])")
_KANA = re.compile("[\u3041-\u30fa\u30fc-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]")
_THAI = re.compile("[\u0e01-\u0e5b]+")
_TRADITIONAL = re.compile(r"zh-(?:hant|tw|hk|mo)\b", re.IGNORECASE)


def simple(text: str) -> bool:
    """Whether all of a text is in scripts that need no rules but spaces, hyphens and dashes."""
    return _SPACED.fullmatch(text) is not None


def break_points(text: str) -> list[int]:
    """Where a line may end: the indices after the last character of each unbreakable stretch, its space included."""
    if not text:
        return []
    if simple(text):
        points = {m.end() for m in re.finditer(r" +", text)} | {m.end() for m in _BREAK_AFTER.finditer(text)}
        points = {p for p in points if 0 < p < len(text)}
    else:
        points = {m.end() for m in _LOOSE.finditer(text)}
        # Everything else is told by its neighbours: no rule reaches over a letter of the plain sort.
        for tangle in _TANGLED.finditer(text):
            start, end = max(0, tangle.start() - 1), tangle.end() + 1
            points |= {start + at for at in _ruled(text[start:end])}
        for run in _THAI.finditer(text):
            points |= _thai_words(run.group(), run.start())
    return [*sorted(points - {len(text)}), len(text)]


@lru_cache(4096)
def _ruled(text: str) -> tuple[int, ...]:
    """Where a line may end inside a text by Unicode's rules."""
    from uniseg.linebreak import line_break_units  # noqa: PLC0415 - heavy, and only other scripts need it

    return tuple(accumulate(len(unit) for unit in line_break_units(text)))[:-1]


def phrase_ends(text: str, language: str) -> frozenset[int] | None:
    """The indices after which a phrase of Japanese, Chinese, Korean or Thai ends, among all of ``break_points``; None
    where nothing tells (text in other scripts, ideographs in a book of another language)."""
    if simple(text):
        return None
    spaces = {i for i, char in enumerate(text) if i and not char.isspace() and text[i - 1].isspace()}
    model = _model(text, language)
    if model:
        ends = set(accumulate(len(chunk) for chunk in _parser(model).parse(text)))
    elif _HANGUL.search(text):
        ends = set()
    elif _THAI.search(text):
        ends = set(break_points(text))
    else:
        return None
    return frozenset(ends | spaces | {i for i in range(1, len(text)) if _pauses(text[i - 1])})


def _model(text: str, language: str) -> str:
    """The name of BudouX's model for a text: kana are Japanese whatever the book's language is."""
    primary = language.lower().split("-")[0]
    if _KANA.search(text) or (primary == "ja" and not _HANGUL.search(text)):
        return "japanese"
    if primary in ("zh", "yue") and not _HANGUL.search(text):
        return "traditional_chinese" if _TRADITIONAL.match(language) or primary == "yue" else "simplified_chinese"
    return ""


@cache
def _parser(model: str) -> Any:
    import budoux  # noqa: PLC0415 - only text without spaces needs it

    return getattr(budoux, f"load_default_{model}_parser")()


def _pauses(char: str) -> bool:
    """Whether a mark ends what can be said in one breath."""
    return char in "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\u2026\u2014\u2015\u30fb"


def _thai_words(run: str, start: int) -> set[int]:
    ends = set(accumulate(len(chunk) for chunk in _parser("thai").parse(run)))
    # Never before a mark or a vowel that follows its consonant, nor after one that is written before it.
    return {
        start + end
        for end in ends
        if end < len(run)
        and unicodedata.category(run[end]) not in ("Mn", "Mc")
        and run[end] not in "\u0e30\u0e32\u0e33\u0e45\u0e46\u0e2f"
        and not "\u0e40" <= run[end - 1] <= "\u0e44"
    }
