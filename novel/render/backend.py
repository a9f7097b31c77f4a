"""The seam between the engine and whatever draws: one protocol, and what crosses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from novel.geometry import Rect
from novel.request import RenderRequest

Step = Callable[[int, int], None]
"""Called with (steps done, steps in all) while a picture is drawn."""

Warn = Callable[[str], None]
"""Called with a sentence for the user: something that is done otherwise than they may think."""


Offload = Literal["auto", "none", "model", "sequential"]


class PanelFailed(Exception):
    """One picture could not be drawn; the message says why. The others are not concerned."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture as it comes from a backend: 8-bit RGB rows from the top, ``3 * width * height`` bytes."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Stencil:
    """Where a picture is drawn anew: 8-bit values by rows from the top, ``width * height`` bytes. 0 stays as it is;
    what is more is drawn anew, and shows by so much of 255."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model's weights are: a folder in diffusers format, or a hub id with its commit."""

    folder: Path | None = None
    hub_id: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class BackendSpec:
    """All that is needed to open a backend, here or in another process; a spec crosses processes, a model never.

    ``assets``: sha256 → file, for adapters, IP-Adapters and reference pictures. ``offload``: what of a model waits in
    the computer's own memory instead of a GPU's: nothing, all parts but the one at work (``model``), all layers but the
    one at work (``sequential``, very slow); ``auto`` takes ``model`` where the GPU has too little memory.
    """

    name: str
    source: ModelSource
    device: str = "auto"
    assets: Mapping[str, Path] = field(default_factory=dict)
    offload: Offload = "auto"


class Backend(Protocol):
    """Draws. Opened once, used for many requests, closed at the end."""

    @property
    def recipe(self) -> Mapping[str, str]:
        """Versions, device and precision: what a picture's bytes depend on beside its request. No times."""

    def prepare(self, requests: Sequence[RenderRequest]) -> None:
        """Do once what all of the coming requests share (encode their prompts). A request need not be prepared."""

    def render(
        self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
    ) -> Pixels:
        """Draw one picture of the request's size. ``init`` is the starting picture where the request has one, at its
        own size.

        With a ``mask``, it and ``init`` have the request's size, and what is drawn inside goes on from what is outside.
        Outside, the picture may be anything: who asks puts the parts together.

        Raises PanelFailed where this picture, and perhaps no other, can't be drawn.
        """

    def locate(
        self, request: RenderRequest, picture: Pixels, words: Sequence[str]
    ) -> Sequence[tuple[Rect, float] | None]:
        """Where in a picture each of some words of the request's prompt is: a box in shares of the picture, and how
        sure that is, from 0 to 1; None where it can't be told. The picture need not be one that was drawn.

        Raises PanelFailed where looking fails.
        """

    def close(self) -> None:
        """Give back memory."""
