"""What a picture is made from, what came out, and the key that ties both together.

A picture is a function of its ``RenderRequest`` alone: no dialogue, no panel id, no page number, no path, no device.
Two requests with one key make one picture.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

SCHEMA_VERSION = 2
"""Raised whenever the same request would no longer make the same picture. Old pictures are then rendered again."""


class _Frozen(BaseModel):
    # Models are built when first used: a check of a story never validates a request. A number that is none stays what
    # it is, so that such a request has no key.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, ser_json_inf_nan="constants")


class AdapterUse(_Frozen):
    """A LoRA by its content, and how strongly it acts."""

    sha256: str
    weight: float


class Reference(_Frozen):
    """A picture of somebody or something in the panel, by its content, and how strongly it is looked at (0 to 1)."""

    sha256: str
    weight: float


class BestOf(_Frozen):
    """The picture is the best of ``count`` that differ in their seed, by a measure that ``judge`` names by content.

    ``people`` and ``place``: the sha256 of pictures that its cast and its place are to be like, where there are any.
    """

    count: int
    judge: str
    people: tuple[str, ...] = ()
    place: tuple[str, ...] = ()


class MaskFile(_Frozen):
    """A mask by its file's content, of the source picture's size: what is white is drawn anew, what is black stays."""

    sha256: str


class MaskBox(_Frozen):
    """A rectangle that is drawn anew: x, y, width and height in pixels of the source picture."""

    box: tuple[int, int, int, int]


class MaskMargins(_Frozen):
    """Room drawn beside the whole source picture, in its pixels; the result is wider by both."""

    left: int = 0
    right: int = 0


class MaskPerson(_Frozen):
    """Where somebody is in a picture.

    ``found_in``: the key of the request in whose prompt ``words`` stand for them, and in whose picture they are looked
    for; of equal words the one that is ``occurrence``-th, from 0. ``otherwise``: the box, in shares of the picture (x,
    y, width, height), where they can't be found.
    """

    words: str
    occurrence: int = 0
    found_in: str
    otherwise: tuple[float, float, float, float]


Mask = MaskFile | MaskBox | MaskMargins | MaskPerson


class Init(_Frozen):
    """The picture that a request starts from (img2img).

    ``source`` is the key of another request (``kind`` "request") or the sha256 of a file (``kind`` "asset").
    ``strength``: how much is changed, 0 (nothing) to 1 (everything).

    With a ``mask`` the result has the source picture's full size (more with margins), whatever size the model draws at,
    and outside of the mask every pixel is the source's.
    """

    kind: Literal["request", "asset"]
    source: str
    strength: float
    mask: Mask | None = None


class RenderRequest(_Frozen):
    """Everything that decides a picture. ``width`` and ``height``: what the model draws, in pixels; ``model`` names
    weights by content."""

    schema_version: int = SCHEMA_VERSION
    backend: str
    """Which backend draws it, so that a fake picture never answers for a real one."""
    model: str
    """``sha256:…`` of a folder's files or ``hub-id@commit``."""
    prompt: str
    negative: str
    width: int
    height: int
    seed: int
    steps: int
    guidance: float
    guidance_rescale: float
    sampler: str
    adapters: tuple[AdapterUse, ...] = ()
    init: Init | None = None
    references: tuple[Reference, ...] = ()
    """How people and the place look: of the cast, in its order, then of the place."""
    reference_adapter: str = ""
    """The sha256 of the IP-Adapter's weights that looks at them; empty where the model does so by itself."""
    best_of: BestOf | None = None

    @property
    def key(self) -> str:
        """The sha256 of the canonical JSON, in hex."""
        return key_of(self.model_dump(mode="json"))

    @model_serializer(mode="wrap")
    def _told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # What came after the first edition is told only where it is used: pictures of before keep their keys.
        data: dict[str, Any] = handler(self)
        return {name: value for name, value in data.items() if value or name not in _LATER}


_LATER = ("references", "reference_adapter", "best_of")


def key_of(data: Any) -> str:
    """The sha256, in hex, of data as canonical JSON (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


GRID = (32, 16)
"""The columns and rows of a picture's saliency: a byte for each cell, row by row from the whole picture's top left.
0 would not be missed under a balloon; 255 is where the eye goes first."""


class Subject(_Frozen):
    """Where a named character is in a picture: a box in shares of width and height, and how sure that is (0 to 1)."""

    character: str
    x: float
    y: float
    width: float
    height: float
    confidence: float


class Sought(_Frozen):
    """Somebody in a panel's cast, and the words that stand for them in its prompt."""

    character: str
    words: str


class RenderedPanel(_Frozen):
    """A finished picture. The pixels stand in the store under ``key``; ``sha256`` is of the PNG file's bytes.

    ``subjects``: who of the cast was found in the picture. ``saliency``: the bytes of ``GRID`` in hex; empty where it
    isn't known. ``recipe`` is what can't be known from the request: versions, device, precision, seconds.
    """

    key: str
    sha256: str
    width: int
    height: int
    subjects: tuple[Subject, ...] = ()
    saliency: str = ""
    recipe: dict[str, str | float | int] = {}
