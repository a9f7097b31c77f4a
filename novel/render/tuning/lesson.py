"""What a model is to learn, ready for it: pictures at the sizes it draws, each with the words that stand for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from novel.render.backend import ModelSource, Pixels
from novel.render.tuning.recipe import Recipe
from novel.request import RenderRequest


@dataclass(frozen=True, slots=True)
class Example:
    """A picture at a size that the model draws, and the prompt that should give it."""

    pixels: Pixels
    prompt: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """All that a run needs.

    ``examples`` show the character; ``priors`` show what the model draws by itself, and what it is to go on drawing.
    ``samples``: what to draw along the way. ``checkpoint``: the file that a run goes on from; ``fingerprint`` stands
    for everything that decides the result, and a checkpoint with another one is not gone on from.
    """

    source: ModelSource
    recipe: Recipe
    examples: Sequence[Example]
    priors: Sequence[Example]
    samples: Sequence[RenderRequest]
    checkpoint: Path
    fingerprint: str
    device: str = "auto"
    metadata: Mapping[str, str] = field(default_factory=dict)


class Watcher(Protocol):
    """Told how a run gets on."""

    def start(self, steps: int, done: int, device: str) -> None:
        """``done`` of ``steps`` were made in an earlier run."""

    def step(self, done: int, loss: float) -> None:
        """One more step is made; ``loss`` is the mean of the last ones."""

    def sample(self, done: int, number: int, pixels: Pixels) -> None:
        """A picture as the character looks after so many steps."""

    def note(self, message: str) -> None:
        """Something that a user should know."""

    def finish(self) -> None:
        """No more is to come."""
