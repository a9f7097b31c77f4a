"""Pin what a story's pictures are drawn with: written down in ``STORY.lock.yaml``, which a build then obeys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from novel.editor.safe_text import in_yaml
from novel.editor.style_revision import NotSafe, write_revision
from novel.errors import FileError, UsageError
from novel.imprint import stack_versions
from novel.plan.lock import story_files, style_files
from novel.prepare import Choices, Prepared, prepare
from novel.store import write_atomically
from novel.story.load import INLINE
from novel.story.lock_form import lock_file

if TYPE_CHECKING:
    from novel.plan.model import ModelSpec
    from novel.render.backend import ModelSource

_HEAD = """\
# What the pictures of {story} are drawn with, pinned by `novel lock`. A build whose model or files are others stops and
# says so; libraries of other versions are only noted. `novel lock` again pins what is there now.
"""


@dataclass(frozen=True, slots=True)
class Locked:
    """The lock's file, and what there is to say: what was pinned, what was written into the style, what wasn't."""

    file: Path
    notes: tuple[str, ...]


def lock(story: Path, out: Path) -> Locked:
    """Write the story's lock. ``out`` holds the store, which remembers the hashes of big files.

    Raises what is wrong with the story, its models or its files, and FileError.
    """
    made = prepare(story, Choices(out=out, obey_lock=False))
    file = lock_file(story)
    pinned = {
        "story": _hashes(made, story_files(made.book)),
        "style": _hashes(made, style_files(made.book)),
    }
    others = [made.sources[spec.identity] for spec in _take_models(made)]
    text = _text(story, made, others, pinned)
    changed = write_atomically(file, text.encode())
    files = sum(map(len, pinned.values()))
    models = ", ".join(spec.name for spec in (made.spec, *(spec for spec, _ in others)))
    what = f"{models} and {files} file{'s' if files != 1 else ''}"
    said = f"{file} pins {what}." if changed else f"{file} pins {what}, as before."
    return Locked(file, (said, *_revise(made)))


def unlock(story: Path) -> Path:
    """Take the story's lock away. Raises UsageError where there is none, FileError where it can't be removed."""
    file = lock_file(story)
    try:
        file.unlink()
    except FileNotFoundError:
        raise UsageError(f"{story} is not locked: there is no {file}.", f"Lock it with: novel lock {story}") from None
    except OSError as error:
        raise FileError(f"{file} can't be removed: {(error.strerror or str(error)).lower()}") from error
    return file


def _take_models(made: Prepared) -> list[ModelSpec]:
    named = {take.model for take in made.takes.panels.values() if take.model is not None}
    specs = [spec for spec, _ in made.sources.values() if spec.name in named]
    return sorted(specs, key=lambda spec: spec.name)


def _hashes(made: Prepared, files: Mapping[str, Path]) -> dict[str, str]:
    return {written: made.store.sha256_of_file(path) for written, path in files.items()}


def _revise(made: Prepared) -> list[str]:
    """Give the style its model's commit where it names none; say what was done."""
    commit = made.source.revision
    if made.source.hub_id is None or commit is None or made.book.style.art.revision is not None:
        return []
    style_file = made.book.style_file
    try:
        if made.book.story.style == INLINE:
            raise NotSafe(f"revision: {commit}")  # A story file is never rewritten.
        write_revision(style_file, commit)
    except (NotSafe, FileError, OSError, UnicodeDecodeError) as error:
        line = error.line if isinstance(error, NotSafe) else f"revision: {commit}"
        return [f"The style in {style_file} was left as it is; to pin its model there too, add under `art:`  {line}"]
    return [f"{style_file} now names the model's revision, {commit}."]


def _text(
    story: Path,
    made: Prepared,
    others: list[tuple[ModelSpec, ModelSource]],
    pinned: Mapping[str, Mapping[str, str]],
) -> str:
    lines = [_HEAD.format(story=story.name) + "novel: 1", f"style: {in_yaml(made.book.story.style)}", "model:"]
    lines += _model(made.spec, made.source, "  ", "  ")
    if others:
        lines.append("take_models:")
    for spec, source in others:
        lines += _model(spec, source, "  - ", "    ")
    if any(pinned.values()):
        lines.append("files:")
    for where, hashes in pinned.items():
        if hashes:
            lines.append(f"  {where}:")
        lines += [f'    {in_yaml(path)}: "{sha256}"' for path, sha256 in hashes.items()]
    lines.append("versions:")
    lines += [f"  {name}: {in_yaml(version)}" for name, version in stack_versions(made.spec).items()]
    return "\n".join(lines) + "\n"


def _model(spec: ModelSpec, source: ModelSource, first: str, indent: str) -> Iterator[str]:
    yield f"{first}name: {in_yaml(spec.name)}"
    yield f"{indent}identity: {in_yaml(spec.identity)}"
    if source.revision is not None:
        yield f'{indent}revision: "{source.revision}"'
