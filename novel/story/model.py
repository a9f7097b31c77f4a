"""The story as frozen models, in the form that the later stages read.

The YAML forms a writer may choose between (a text or a list, a name or a mapping) are settled by ``load``; here each
field has one form. Every field's meaning is the story format's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Shot = Literal["wide", "medium", "close-up", "extreme-wide", "over-shoulder", "overhead"]
Kind = Literal["speech", "thought", "whisper", "shout", "radio"]
Side = Literal["left", "center", "right"]
PanelSize = Literal["wide", "half", "third", "splash", "spread"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]

COVER = "cover"
"""The id that the cover's panel gets where the writer gives none."""


class Model(BaseModel):
    """The base of everything a writer can write: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Adapter(Model):
    """A LoRA file. ``path`` is as written, relative to the file that names it; ``load`` has checked it."""

    path: str
    weight: float = 1.0
    trigger: str = ""


class Character(Model):
    """Somebody in the story. ``look`` is said in every prompt in which they are cast, always the same words."""

    name: str
    look: str = ""
    adapter: Adapter | None = None
    references: tuple[str, ...] = ()


class Place(Model):
    """Where panels happen. ``look`` is said in every prompt that is set there."""

    look: str
    adapter: Adapter | None = None
    references: tuple[str, ...] = ()
    anchor: bool = False
    """Whether panels that are set here start from the first picture that is."""


class CastMember(Model):
    """A character who is seen in a panel, and words that hold for this panel alone."""

    id: str
    words: str = ""


class Line(Model):
    """One balloon. ``text`` is as written; ``*word*`` is emphasis."""

    speaker: str
    text: str
    kind: Kind = "speech"
    at: Side | None = None


class Panel(Model):
    """One picture and the words that go with it. ``id`` is always set; ``id_given`` says whether by the writer."""

    id: str
    id_given: bool = True
    prompt: str = ""
    image: str | None = None
    place: str | None = None
    cast: tuple[CastMember, ...] = ()
    shot: Shot = "wide"
    caption: tuple[str, ...] = ()
    say: tuple[Line, ...] = ()
    sfx: tuple[str, ...] = ()
    prose: str = ""
    continues: str | None = None
    strength: Share | None = None
    seed: int | None = None
    negative: str | None = None
    steps: int | None = None
    guidance: float | None = None
    pixels: tuple[int, int] | None = None
    """The picture's exact size in pixels, in place of the one that follows from the page."""
    size: PanelSize = "wide"
    page_break: Literal["before"] | None = None
    alt: str = ""


class Chapter(Model):
    """A run of panels under a title. ``pages`` holds the same panels by page where the writer breaks pages by hand."""

    id: str
    title: str
    panels: tuple[Panel, ...]
    pages: tuple[tuple[str, ...], ...] | None = None
    """Panel ids by page, only where the writer wrote ``pages``."""


class PageProfile(Model):
    """The paper. Lengths in points. ``bleed`` reaches beyond the trim; ``safe`` is the distance of the live area
    from the trim, horizontal and vertical."""

    name: str
    width: float
    height: float
    bleed: float = 0.0
    safe_x: float = 36.0
    safe_y: float = 36.0
    strip: bool = False
    """True for a webtoon: one endless strip of the given width, no pages."""


class Story(Model):
    """A whole story."""

    novel: Literal[1] = 1
    title: str
    authors: tuple[str, ...] = ()
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    style: str
    """The style as the story names it: a name or a path; or a word that says that the story holds it."""
    page: PageProfile
    seed: int = 0
    colophon: str = ""
    """What the writer wants said at the end (sources, thanks, that dialogue is imagined)."""
    characters: dict[str, Character] = Field(default_factory=dict)
    places: dict[str, Place] = Field(default_factory=dict)
    cover: Panel | None = None
    chapters: tuple[Chapter, ...]

    def panels(self) -> Iterator[Panel]:
        """Every panel in reading order, the cover first."""
        if self.cover is not None:
            yield self.cover
        for chapter in self.chapters:
            yield from chapter.panels
