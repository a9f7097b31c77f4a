"""The plan: pages of slots, and a render request for each panel. Plain data; lengths in points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from novel.geometry import Rect, Size
from novel.request import RenderRequest, Sought


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What planning must know of a model, read without loading it.

    ``identity`` stands for the weights in a request; ``multiple`` is what pixel sizes must divide by; ``pixels`` is the
    area the model was trained at; ``own_size`` the width and height in pixels of one that was trained at a single
    oblong size; ``prompt_tokens`` its prompt limit (None: no hard limit). ``references``: how it takes pictures of how
    people look: by itself (``edit``), through an IP-Adapter (``adapter``), or not at all. ``guidance_range``: the
    guidance that gives sensible pictures (None: not known).
    """

    name: str
    backend: str
    identity: str
    multiple: int
    pixels: int
    steps: int
    guidance: float
    guidance_rescale: float
    sampler: str
    supports_negative: bool = True
    prompt_tokens: int | None = 77
    own_size: tuple[int, int] | None = None
    references: Literal["", "edit", "adapter"] = ""
    guidance_range: tuple[float, float] | None = None


class ProseMeasure(Protocol):
    """Sets running text into columns; given by the layout, so that the plan knows heights without knowing fonts."""

    def prose_lines(self, text: str, width: float) -> int:
        """How many lines ``text`` takes in a column ``width`` points wide."""

    @property
    def prose_leading(self) -> float:
        """The distance from baseline to baseline, in points."""


Part = Literal["whole", "left", "right"]


@dataclass(frozen=True, slots=True)
class PanelSlot:
    """A panel's rectangle. A spread has two slots on facing pages, each showing one half of its picture."""

    panel: str
    rect: Rect
    part: Part = "whole"


@dataclass(frozen=True, slots=True)
class ProseSlot:
    """Lines ``first`` to ``last`` (exclusive) of a panel's prose, set in one column of ``rect``'s width."""

    panel: str
    rect: Rect
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class HeadingSlot:
    """A chapter's title, above its first tier."""

    chapter: str
    rect: Rect


Slot = PanelSlot | ProseSlot | HeadingSlot


@dataclass(frozen=True, slots=True)
class PagePlan:
    """One page. ``safe`` is the live area: no word leaves it. ``bleed`` is how far pictures may reach past the trim."""

    number: int
    kind: Literal["cover", "title", "story", "colophon"]
    size: Size
    bleed: float
    safe: Rect
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole book before any picture is drawn.

    ``requests``: panel id → what to render (none for a panel whose picture the writer gives).
    ``images``: panel id → the writer's own picture. ``assets``: sha256 → file, for adapters, starting pictures, masks.
    ``beginnings``: key → the request of a picture that others start from and that no panel shows.
    ``kept``: panel id → the key of an approved picture that stays, though the story now asks for another, whose request
    is in ``let_go``.
    ``sought``: panel id → whom to look for in its picture. ``told``: panel id → the request that a writer's own picture
    takes the place of: what a model is told of it when people are looked for in it.
    """

    pages: tuple[PagePlan, ...]
    requests: Mapping[str, RenderRequest]
    images: Mapping[str, Path]
    assets: Mapping[str, Path]
    beginnings: Mapping[str, RenderRequest] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    let_go: Mapping[str, RenderRequest] = field(default_factory=dict)
    sought: Mapping[str, tuple[Sought, ...]] = field(default_factory=dict)
    told: Mapping[str, RenderRequest] = field(default_factory=dict)
