"""Ids for panels and chapters that the writer gave none.

A panel's id is made from its chapter's id, the first words of its prompt and a digest of the whole prompt, and not from
its position: a panel that comes or goes elsewhere changes no other panel's id, and so no other panel's seed.
"""

from __future__ import annotations

import hashlib
import re
from unicodedata import normalize

_WORDS = 4
_LONGEST = 48


def slug(text: str) -> str:
    """A text as an id: lower-case letters, digits and hyphens; empty where nothing is left."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def panel_id(chapter: str, prompt: str, image: str, taken: set[str]) -> str:
    """An id that isn't in ``taken``. Panels with the same chapter and prompt are told apart by a number, in order."""
    words = "-".join(slug(prompt).split("-")[:_WORDS])
    digest = hashlib.sha256(f"{prompt}\0{image}".encode()).hexdigest()[:6]
    base = "-".join(part for part in (chapter, words) if part)[:_LONGEST].strip("-")
    return _free(f"{base}-{digest}" if base else digest, taken)


def chapter_id(title: str, taken: set[str]) -> str:
    """An id for a chapter, from its title."""
    base = slug(title)[:_LONGEST].strip("-") or "chapter-" + hashlib.sha256(title.encode()).hexdigest()[:6]
    return _free(base, taken)


def _free(base: str, taken: set[str]) -> str:
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
