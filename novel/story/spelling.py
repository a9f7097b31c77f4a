"""The word that a writer most likely meant."""

from __future__ import annotations

from collections.abc import Sequence

# Comparing takes time in the square of a word's length, and a hostile file may have any number of either.
_LONGEST, _MOST = 100, 1000


def closest(word: str, words: Sequence[str], cutoff: float = 0.6) -> str | None:
    """The one of ``words`` that is most like ``word``, whatever the case; None where none comes near."""
    # Most stories hold no mistake, and then this is never needed.
    from difflib import get_close_matches  # noqa: PLC0415

    if len(word) > _LONGEST:
        return None
    lower = {known.lower(): known for known in reversed(words[:_MOST])}
    near = get_close_matches(word.lower(), list(lower), n=1, cutoff=cutoff)
    return lower[near[0]] if near else None


def did_you_mean(word: str, words: Sequence[str]) -> str:
    """``Did you mean `x`?``, or nothing where no word comes near."""
    near = closest(word, words)
    return f"Did you mean `{near}`?" if near else ""
