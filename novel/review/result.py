"""What a review finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from novel.render.likeness import Kind


@dataclass(frozen=True, slots=True)
class Group:
    """One character, one place, or the style. ``panels``: those that are to show it, in reading order; ``references``:
    the writer's pictures of it."""

    kind: Kind
    id: str
    name: str
    panels: tuple[str, ...]
    references: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Showing:
    """One panel that is to show a group's member.

    ``box``: where, in pixels of its picture; None where somebody wasn't found. ``fit``: mean likeness to the group's
    other crops. ``cross``: to what the group is compared with. ``agreement``: of the whole picture with its prompt.
    ``same_as``: the earlier panel that shows the same picture; it isn't counted again. ``thumbnail``: a small JPEG.
    """

    panel: str
    box: tuple[int, int, int, int] | None
    confidence: float | None = None
    fit: float | None = None
    cross: float | None = None
    agreement: float | None = None
    same_as: str | None = None
    thumbnail: bytes = b""

    @property
    def found(self) -> bool:
        """Whether it is to be seen there."""
        return self.box is not None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A group's figures: cosines, and the mean agreement of its panels with their prompts.

    ``others``: how alike its crops are to those of the other groups of its kind. ``compared_to``: what ``cross``
    compares with, in words. ``references``: small JPEGs of the writer's pictures.
    """

    group: Group
    showings: tuple[Showing, ...]
    cross: float | None
    self: float | None
    others: float | None
    agreement: float | None
    compared_to: str
    references: tuple[bytes, ...] = ()

    @property
    def found(self) -> int:
        """In how many of its panels it is to be seen."""
        return sum(showing.found for showing in self.showings)


@dataclass(frozen=True, slots=True)
class Outlier:
    """A panel that falls out of line. ``of``: whose crop it is; None where the panel as a whole is meant.
    ``command``: what draws it anew, empty where nothing can."""

    panel: str
    of: Group | None
    reasons: tuple[str, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Review:
    """A whole book's. ``count_match``: how well the number of people found is that of the cast, 0 to 100, the mean over
    the panels that cast somebody; None where none does."""

    title: str
    language: str
    story: Path
    judge: str
    identity: str
    drawn_with: str
    reviewed: tuple[Reviewed, ...]
    outliers: tuple[Outlier, ...]
    count_match: float | None
    panels: int

    def of_kind(self, kind: Kind) -> tuple[Reviewed, ...]:
        """The groups of one kind."""
        return tuple(one for one in self.reviewed if one.group.kind == kind)
