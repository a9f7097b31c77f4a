"""The lock beside a story: which model and which files its pictures were drawn with, and how that is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from novel.errors import DiagnosticsError
from novel.story.kinds import ListOf, Name, Text
from novel.story.reading import Reading
from novel.story.record import Field, Named, Record, Values
from novel.story.story_form import Version
from novel.story.textfile import read_source
from novel.story.tree import Mapping as MappingNode


@dataclass(frozen=True, slots=True)
class LockedModel:
    """A model as it was: its name as written, its weights' identity, and the commit where it is a hub id."""

    name: str
    identity: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock pins. Files are named as the story (or its style) names them, with their sha256.

    ``model`` is the style's; ``take_models`` are those that takes name. ``style`` is the style's name as the story
    writes it.
    """

    file: Path
    style: str = ""
    model: LockedModel | None = None
    take_models: Mapping[str, LockedModel] = field(default_factory=dict)
    story_files: Mapping[str, str] = field(default_factory=dict)
    style_files: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def revision_of(self, name: str) -> str | None:
        """The commit that a hub id is pinned to; None where it isn't."""
        for model in (self.model, self.take_models.get(name)):
            if model is not None and model.name == name:
                return model.revision
        return None


def lock_file(story: Path) -> Path:
    """Where a story's lock stands."""
    return story.with_name(f"{story.stem}.lock.yaml")


MODEL = Record(
    "a model",
    {
        "name": Field(Text(filled=True), "The model as the style names it.", required=True),
        "identity": Field(Text(filled=True), "The hash of its weights, or hub-id@commit.", required=True),
        "revision": Field(Name(r"[0-9a-f]{40}", "a commit"), "The commit of a hub id."),
    },
    "A model as it was.",
)

_HASHES = Named(Name(r"[0-9a-f]{64}", "a sha256"), r".+", "a mapping from paths to their sha256")

FILES = Record(
    "`files`",
    {
        "story": Field(_HASHES, "Files that the story names."),
        "style": Field(_HASHES, "Files that the style names."),
    },
    "Adapters and pictures, by path.",
)

LOCK = Record(
    "the lock",
    {
        "novel": Field(Version(), "The version of this format: 1.", required=True),
        "style": Field(Text(), "The style as the story names it."),
        "model": Field(MODEL, "The style's model."),
        "take_models": Field(ListOf(MODEL, "a list of models"), "Models that takes name."),
        "files": Field(FILES, "Files that decide pictures."),
        "versions": Field(Named(Text(), r"[\w.-]+", "a mapping of versions by package"), "The libraries."),
    },
    "What a story's pictures are drawn with; written by `novel lock`, obeyed by `novel build`.",
)


def load_lock(story_file: Path) -> Lock | None:
    """The lock beside a story; None where there is none.

    Raises ``DiagnosticsError`` with all that is wrong in it, ``FileError`` where it can't be read.
    """
    file = lock_file(story_file)
    if not file.exists():
        return None
    reading = Reading(*read_source(file, "lock"))
    values = LOCK.read(reading.root, "lock", reading) if isinstance(reading.root, MappingNode) else None
    if values is None and not reading.diagnostics:
        reading.diagnostics.append(
            reading.source.whole("wrong-type", "the lock must be a mapping", "Write it anew with `novel lock`.")
        )
    if any(d.severity == "error" for d in reading.diagnostics) or not isinstance(values, Values):
        raise DiagnosticsError(reading.diagnostics)
    files = values.get("files", {})
    return Lock(
        file=file,
        style=values.get("style", "").strip(),
        model=_model(values["model"]) if "model" in values else None,
        take_models={model["name"]: _model(model) for model in values.get("take_models", ())},
        story_files={entry.id: entry.value for entry in files.get("story", ())},
        style_files={entry.id: entry.value for entry in files.get("style", ())},
        versions={entry.id: entry.value for entry in values.get("versions", ())},
    )


def _model(values: Values) -> LockedModel:
    return LockedModel(values["name"], values["identity"], values.get("revision"))
