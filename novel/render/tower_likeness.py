"""The embedded image tower as a judge of how alike pictures look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from novel.render.likeness import Kind

if TYPE_CHECKING:
    from novel.render.likeness import Crop, Vectors


class TowerLikeness:
    """Reads pictures of the embedded model; of others it can tell little."""

    def __init__(self) -> None:
        """Load it. Raises MissingError or FileError where its weights are not whole."""
        from novel.embedded.tower import Tower

        self._tower = Tower.load()

    @property
    def identity(self) -> str:
        """The hash of its weights."""
        return self._tower.identity

    def embed(self, crops: Sequence[Crop], kind: Kind) -> Vectors:
        """What it sees of the crops, of length 1; vectors of different kinds can't be compared."""
        return self._tower.crops(crops, kind)

    def agreement(self, picture: Crop, prompt: str) -> float | None:
        """The share of what the prompt states that it sees in the picture."""
        return self._tower.agreement(picture, prompt)
