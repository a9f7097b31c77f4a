"""Whether a story is still drawn with what its lock pins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from novel.errors import MissingError
from novel.plan.model import ModelSpec
from novel.story.load import Book
from novel.story.lock_form import Lock, LockedModel


def story_files(book: Book) -> dict[str, Path]:
    """The files that the story names and that decide pictures, as it names them: adapters, references, own pictures."""
    story = book.story
    written = [
        *(c.adapter.path for c in story.characters.values() if c.adapter is not None),
        *(path for c in story.characters.values() for path in c.references),
        *(p.adapter.path for p in story.places.values() if p.adapter is not None),
        *(path for p in story.places.values() for path in p.references),
        *(panel.image for panel in story.panels() if panel.image is not None),
    ]
    return {path: book.story_asset(path) for path in sorted(set(written))}


def style_files(book: Book) -> dict[str, Path]:
    """The files that the style names and that decide pictures: adapters and the anchor."""
    art = book.style.art
    written = [*(adapter.path for adapter in art.adapters), *([art.anchor.image] if art.anchor is not None else [])]
    return {path: book.style_asset(path) for path in sorted(set(written))}


def obey(
    lock: Lock, book: Book, spec: ModelSpec, others: Mapping[str, ModelSpec], digest: Callable[[Path], str]
) -> None:
    """Raise MissingError, naming each, where a model or a file is another than the lock pins.

    What the lock doesn't know (a file that was added since) and what the story no longer uses is let be.
    """
    broken = list(_broken(lock, book, spec, others, digest))
    if not broken:
        return
    one = len(broken) == 1
    raise MissingError(
        f"{lock.file} pins what this story is drawn with, and "
        + ("one thing is another now:\n" if one else f"{len(broken)} things are others now:\n")
        + "\n".join(f"    {line}" for line in broken),
        f"Put {'it' if one else 'them'} back; or, if the change is meant, pin what is there: novel lock {book.file}",
    )


def _broken(
    lock: Lock, book: Book, spec: ModelSpec, others: Mapping[str, ModelSpec], digest: Callable[[Path], str]
) -> Iterator[str]:
    if lock.model is not None and lock.model.identity != spec.identity:
        yield _other_model(lock.model, spec)
    for name, other in sorted(others.items()):
        locked = lock.take_models.get(name)
        if locked is not None and locked.identity != other.identity:
            yield _other_model(locked, other)
    yield from _other_files(lock.story_files, story_files(book), digest)
    if lock.style == book.story.style:
        yield from _other_files(lock.style_files, style_files(book), digest)


def _other_model(locked: LockedModel, spec: ModelSpec) -> str:
    if locked.name == spec.name:
        return f"the model {spec.name}: pinned {locked.identity}, here {spec.identity}"
    return f"the model: pinned {locked.name} ({locked.identity}), here {spec.name} ({spec.identity})"


def _other_files(pinned: Mapping[str, str], here: Mapping[str, Path], digest: Callable[[Path], str]) -> Iterator[str]:
    for written, path in here.items():
        if written in pinned and (sha256 := digest(path)) != pinned[written]:
            yield f"{written}: pinned {pinned[written]}, here {sha256}"
