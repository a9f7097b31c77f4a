"""Which way each character runs: embedding levels by the Unicode bidirectional algorithm (UAX 9).

python-bidi resolves the levels; the rule for paired brackets (N0), which it lacks, is applied here between its steps.
"""

from __future__ import annotations

import unicodedata
from typing import Any

RIGHT_TO_LEFT = ("R", "AL")
FIRST_RTL = "\u0590"
"""No character before it runs from right to left."""
_PAIRS = {"(": ")", "[": "]", "{": "}", "\u2329": "\u232a", "\u3008": "\u3009", "\u300c": "\u300d", "\u27e8": "\u27e9"}


def embedding(text: str, rtl: bool) -> tuple[int, list[int]]:
    """The paragraph's level (0 left to right, 1 right to left) and each character's.

    In a book that is read from right to left (``rtl``) a paragraph with any such letter runs that way, even where it
    begins with a name in Latin letters; elsewhere its first letter decides (rules P2 and P3).
    """
    if not rtl and (text.isascii() or max(text, default="") < FIRST_RTL):
        return 0, [0] * len(text)
    kinds = [unicodedata.bidirectional(c) for c in text]
    if rtl:
        letters = [kind for kind in kinds if kind in ("L", *RIGHT_TO_LEFT)]
        base = int(not letters or any(kind in RIGHT_TO_LEFT for kind in letters))
    else:
        base = int(next((kind for kind in kinds if kind in ("L", *RIGHT_TO_LEFT)), "L") != "L")
    if not base and not any(kind in (*RIGHT_TO_LEFT, "AN") for kind in kinds):
        return 0, [0] * len(text)
    return base, _levels(text, kinds, base)


def _levels(text: str, kinds: list[str], base: int) -> list[int]:
    from bidi import algorithm  # noqa: PLC0415 - only right-to-left text needs it

    # Joiners have no direction (rule X9); they go with the letter before them.
    kept = [i for i, kind in enumerate(kinds) if kind != "BN"]
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, ("L", "R")[base]
    algorithm.get_embedding_levels("".join(text[i] for i in kept), storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _pair_brackets(storage["chars"], ("L", "R")[base])
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    levels = [base] * len(text)
    for i, char in zip(kept, storage["chars"], strict=True):
        levels[i] = char["level"]
    for i, kind in enumerate(kinds):
        if kind == "BN" and i:
            levels[i] = levels[i - 1]
    # What stands at the end of a paragraph goes to the paragraph's own end (rule L1).
    for i in reversed(range(len(text))):
        if kinds[i] not in ("WS", "BN"):
            break
        levels[i] = base
    return levels


def _pair_brackets(chars: list[dict[str, Any]], own: str) -> None:
    """Rule N0: a pair of brackets takes the direction of what it holds, or of what stands before it."""
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for i, char in enumerate(chars):
        if char["type"] != "ON":
            continue
        if char["ch"] in _PAIRS:
            opened.append((_PAIRS[char["ch"]], i))
            continue
        match = next((at for at in reversed(range(len(opened))) if opened[at][0] == char["ch"]), None)
        if match is not None:
            pairs.append((opened[match][1], i))
            del opened[match:]
    for start, end in sorted(pairs):
        held = {_strong(char) for char in chars[start + 1 : end]} - {""}
        if not held:
            continue
        direction = own
        if own not in held:
            before = next((s for s in map(_strong, reversed(chars[:start])) if s), own)
            direction = before if before != own else own
        for at in (start, end):
            chars[at]["type"] = direction
            # Marks on a bracket go with it.
            mark = at + 1
            while mark < len(chars) and chars[mark]["orig"] == "NSM":
                chars[mark]["type"] = direction
                mark += 1


def _strong(char: dict[str, Any]) -> str:
    kind = char["type"]
    return "R" if kind in ("R", "EN", "AN") else "L" if kind == "L" else ""
