"""A book before its pictures are drawn: the words as they are now, with the pictures at hand."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace

from novel.errors import DiagnosticsError, NovelError
from novel.imprint import colophon, generator
from novel.prepare import Choices, Prepared, own_panels
from novel.store import sha256_of

_TONE = (150, 152, 160)
"""A mid-tone in place of a picture that was never drawn: it says nothing that the picture won't."""


def is_complete(made: Prepared) -> bool:
    """Whether every picture of the book is in the store."""
    return all(made.store.contains(key) for key in _keys(made).values())


def write_draft(made: Prepared, choices: Choices) -> None:
    """Write the book with the pictures at hand: a changed panel shows its last one, a new panel a plain tone.

    Raises DiagnosticsError for a text that can't be set. The caller holds the store's lock.
    """
    from novel.export import exporter
    from novel.layout.letter import check_lettering, letter
    from novel.layout.picture import Picture
    from novel.render.engine import stored

    lines = colophon(made.book, made.spec, made.plan, others=made.other_specs)
    unfit = [d for d in check_lettering(made.book, made.plan, colophon=lines) if d.severity == "error"]
    if unfit:
        raise DiagnosticsError(unfit)
    pictures: dict[str, Picture] = {}
    files: dict[str, bytes] = {}
    keys = _keys(made)
    own = own_panels(made)
    for panel in (p.id for p in made.book.story.panels()):
        found = own.get(panel) or stored(made.store, keys[panel], made.plan.sought.get(panel, ()))
        if found is None:
            data, size = _at_hand(made, panel)
            pictures[panel] = Picture(sha256_of(data), *size)
        else:
            entry = made.store.get(found.key)
            assert entry is not None, "read a moment ago"
            data = entry.payload
            pictures[panel] = Picture.of(found)
        files[pictures[panel].sha256] = data
    document = letter(made.book, made.plan, pictures, colophon=lines)
    document = replace(document, generator=generator(made.spec))
    for name in choices.formats:
        exporter(name)(document, _InMemory(files), made.folder / f"{made.book.file.stem}.{name}")


class _InMemory:
    """Pictures by the hash of their bytes."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def png(self, sha256: str) -> bytes:
        return self._files[sha256]


def _keys(made: Prepared) -> dict[str, str]:
    return {**{panel: request.key for panel, request in made.plan.requests.items()}, **made.plan.kept}


def _at_hand(made: Prepared, panel: str) -> tuple[bytes, tuple[int, int]]:
    """The picture that the panel showed last, as PNG, and its size; a plain one where there is none."""
    from PIL import Image

    from novel.render.own_picture import picture_from_file

    last = made.folder / "panels" / f"{panel}.png"
    if last.exists():
        try:
            own = picture_from_file(last)
            return own.png, (own.width, own.height)
        except NovelError:
            pass  # Damaged, or being written: the next build mends it.
    request = made.plan.requests.get(panel) or made.plan.let_go[panel]
    size = request.width, request.height
    file = io.BytesIO()
    Image.new("RGB", size, _TONE).save(file, "PNG")
    return file.getvalue(), size
