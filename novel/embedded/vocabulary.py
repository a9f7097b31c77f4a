"""Which words of a prompt the embedded model has never seen, and which it knows come nearest.

The list of known words is read from the tokenizer that ships with the weights, so it is always true of them.
Imports nothing heavy.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from novel.embedded import WEIGHTS
from novel.embedded.kinship import table

#: Words that carry no picture: a prompt may hold them, no model needs to know them.
STOP_WORDS = frozenset(
    """
a about above across after again against all along also although always am among an and another any anything
are around as at away back be because been before behind being below beneath beside besides between beyond
both but by can could did do does doing done down during each either else enough even ever every everyone
everything except few for from full further get gets getting given gives go goes going gone had half has have
having he her here hers herself high him himself his how however i if in inside instead into is it its itself
just keep keeps last least less let like little lot low made make makes making many may me might mine more
most much must my myself near nearly need neither never next no nobody none nor not nothing now of off often
on once one only onto or other others our ours out outside over own part per perhaps put puts quite rather
really same seem seems set several shall she should side since so some someone something soon still such take
takes taken than that the their theirs them themselves then there these they thing things this those though
three through throughout till to together too toward towards two under until up upon us very via was way we
well were what when where which while who whole whom whose why will with within without would yet you your
yours yourself first second third four five six seven eight nine ten hundred thousand
""".split()
)


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word of a prompt that the model has never seen; ``near`` holds known words, nearest first, perhaps none."""

    word: str
    near: tuple[str, ...]


def known_words(weights: Path = WEIGHTS) -> frozenset[str]:
    """The words that the model in a diffusers folder knows. OSError or ValueError if its tokenizer can't be read."""
    path = weights / "tokenizer" / "tokenizer.json"
    vocabulary = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(part for word in vocabulary if not word.startswith("<") for part in re.findall(r"[a-z0-9]+", word))


@lru_cache(maxsize=1)
def _shipped() -> frozenset[str]:
    return known_words()


@lru_cache(maxsize=1)
def _kin() -> dict[str, tuple[str, ...]]:
    return table()


def content_words(prompt: str) -> list[str]:
    """The words of a prompt that say something, in order, each once; lower case, without accents."""
    plain = unicodedata.normalize("NFD", prompt.lower().replace("’", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    found = re.findall(r"[a-z]+", re.sub(r"'(s|re|ve|ll|d|m|t)?\b", " ", plain))
    return list(dict.fromkeys(w for w in found if len(w) > 1 and w not in STOP_WORDS))


def folded(word: str) -> list[str]:
    """The word and the plainer forms it may be an inflection of (``foxes`` → ``fox``, ``running`` → ``run``)."""
    out = [word]
    for ending, replacements in (
        ("ies", ("y", "ie")),
        ("ves", ("f", "fe")),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ied", ("y",)),
        ("ed", ("", "e")),
        ("ing", ("", "e")),
        ("er", ("", "e")),
        ("ly", ("",)),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            stem = word[: -len(ending)]
            out += [stem + r for r in replacements]
            if len(stem) > 2 and stem[-1] == stem[-2]:
                out.append(stem[:-1])
    return list(dict.fromkeys(out))


def _forms(word: str) -> list[str]:
    """The word, its plainer forms, and the plain inflections of each."""
    bases = folded(word)
    more = [
        form for b in bases for form in (b + "s", b + "es", b + "ing", b.removesuffix("e") + "ing", b + b[-1:] + "ing")
    ]
    return list(dict.fromkeys([*bases, *more]))


def _near(word: str, known: frozenset[str]) -> tuple[str, ...]:
    kin = _kin()
    out: list[str] = []
    ring, seen = folded(word), {word}
    for _ in range(3):  # where the nearest words are unknown too, on to theirs: physicist → scientist → man
        following = list(dict.fromkeys(k for w in ring for k in kin.get(w, ()) if k not in seen))
        out += [w for w in following if w in known and w not in STOP_WORDS]
        if len(out) >= 2:
            break
        seen.update(following)
        ring = following
    if not out and len(word) > 3:
        pool = sorted(w for w in known if len(w) > 2 and w not in STOP_WORDS and w.isalpha())
        out = difflib.get_close_matches(word, pool, n=3, cutoff=0.72)
    return tuple(dict.fromkeys(out))[:3]


def unknown_words(prompt: str, known: frozenset[str] | None = None) -> list[UnknownWord]:
    """The content words of ``prompt`` that the model does not know, each with the nearest that it does.

    Stop-words, punctuation, case, possessives, plain plurals and verb endings make no difference. ``known``
    replaces the shipped model's words.
    """
    words = _shipped() if known is None else known
    return [UnknownWord(w, _near(w, words)) for w in content_words(prompt) if not any(f in words for f in _forms(w))]
