"""How alike pictures look, and how well one shows what its prompt asks for: one protocol, and who can answer it.

A *judge* turns crops into vectors of length 1, so that the cosine of two is how alike they look. There are two kinds:

- CLIP, SigLIP or DINO in transformers' format, from the local hub cache or a folder; nothing is ever fetched
- the embedded image tower, which has been taught the embedded model's kind of pictures and nothing else

Which one judges is named by content, as a model that draws is: its identity stands in what was judged by it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from novel import hub_cache
from novel.errors import MissingError
from novel.render.families import EMBEDDED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Crop = npt.NDArray[np.uint8]
    """A picture or a part of one: rows × columns × RGB."""
    Vectors = npt.NDArray[np.float32]
    """One row for each crop, of length 1."""

Kind = Literal["person", "place", "style"]
"""What of a crop is to be compared."""

HUB_JUDGES = (
    "openai/clip-vit-large-patch14",
    "openai/clip-vit-base-patch16",
    "openai/clip-vit-base-patch32",
    "facebook/dinov2-large",
    "facebook/dinov2-base",
    "facebook/dinov2-small",
)
"""Looked for in the hub cache, the first that is there judges. CLIP ViT-L/14 comes first because ViStoryBench (2026)
takes its image features for drawn characters; CLIP before DINO because DINO knows no prompts."""


class Likeness(Protocol):
    """A measure of how pictures look."""

    @property
    def identity(self) -> str:
        """``sha256:…`` of its weights, or ``hub-id@commit``: another identity, other figures."""

    def embed(self, crops: Sequence[Crop], kind: Kind) -> Vectors:
        """A vector of length 1 for each crop; the cosine of two is how alike they are, 1 for the same."""

    def agreement(self, picture: Crop, prompt: str) -> float | None:
        """How well a whole picture shows its prompt, from 0 to 1; None where the measure can't read prompts."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A measure that is there, not yet loaded. ``folder``: None for the embedded tower."""

    name: str
    identity: str
    folder: Path | None = None


def find_judge(asked: str | None, *, drawn_with: str, digest: Callable[[Path], str], base: Path | None = None) -> Judge:
    """The judge that is asked for: ``embedded``, a folder in transformers' format (relative to ``base``), a hub id with
    or without ``@revision``.

    None asked: the embedded tower for what the embedded model drew; for other pictures the first of ``HUB_JUDGES`` in
    the hub cache, else the embedded tower too. ``digest``: a file's sha256. Raises MissingError where it isn't there.
    """
    if asked is None:
        if drawn_with == EMBEDDED:
            return _embedded(digest)
        return next((judge for name in HUB_JUDGES if (judge := _in_cache(name)) is not None), None) or _embedded(digest)
    if asked == EMBEDDED:
        return _embedded(digest)
    folder = (base or Path()) / Path(asked).expanduser()
    if folder.is_dir():
        return Judge(asked, _identity(folder, digest), folder)
    name, _, revision = asked.partition("@")
    if asked.startswith((".", "/", "~")) or not hub_cache.HUB_ID.fullmatch(name):
        raise MissingError(
            f"There is no judge {asked!r}.", f"Name a folder, a hub id such as {HUB_JUDGES[0]}, or {EMBEDDED!r}."
        )
    try:
        snapshot, commit = hub_cache.find(name, revision or None)
    except MissingError as error:
        raise MissingError(
            f"The judge {asked} is not on this machine (looked in {hub_cache.cache_folder()}).",
            f'Fetch it once with: hf download {name} --include "*.json" --include "*.txt" --include "*.safetensors"',
        ) from error
    return Judge(asked, f"{name}@{commit}", snapshot)


def open_judge(judge: Judge, device: str = "cpu") -> Likeness:
    """Load a judge. Raises MissingError where its files are not whole or of an architecture that isn't known here.

    On a CPU and in full precision by default, so that the same pictures have the same figures wherever they were drawn.
    """
    if judge.folder is None:
        from novel.render.tower_likeness import TowerLikeness

        return TowerLikeness()
    from novel.render.hub_likeness import HubLikeness

    return HubLikeness(judge, device)


def _in_cache(name: str) -> Judge | None:
    try:
        folder, commit = hub_cache.find(name, None)
    except MissingError:
        return None
    # A cache may hold a repository in part: of what was fetched for its tokenizer there are no weights.
    return Judge(name, f"{name}@{commit}", folder) if any(folder.glob("*.safetensors")) else None


def _identity(folder: Path, digest: Callable[[Path], str]) -> str:
    """The sha256 over all files that decide what a folder's judge says."""
    files = sorted(f for f in folder.iterdir() if f.suffix in (".safetensors", ".json", ".txt", ".model"))
    lines = [f"{digest(Path(os.path.realpath(file)))} {file.name}\n" for file in files]
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def _embedded(digest: Callable[[Path], str]) -> Judge:
    from novel.embedded import tower

    return Judge(EMBEDDED, tower.identity(digest))
