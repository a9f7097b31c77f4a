"""The style: everything outside a panel that can change a picture, and how the pages are set. Lengths in points."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from novel.story.model import Adapter, Model, Share

Sampler = Literal["euler", "euler-a", "ddim", "dpm++", "unipc", "lcm", "flow"]


Punctuation = Literal["comic", "typed"]
Regions = Literal["auto", "always", "never"]


class Anchor(Model):
    """A picture that every first picture starts from."""

    image: str
    strength: Share = 0.85


class Art(Model):
    """What decides a picture beside the panel's own words. All of it goes into the picture's key."""

    model: str = "embedded"
    revision: str | None = None
    before: str = ""
    after: str = ""
    negative: str = ""
    steps: Annotated[int, Field(ge=1, le=500)] | None = None
    guidance: Annotated[float, Field(ge=0.0, le=50.0)] | None = None
    guidance_rescale: Share | None = None
    """How far the guided prediction is pulled back to the unguided one's contrast (Lin et al. 2023, 'Common Diffusion
    Noise Schedules and Sample Steps are Flawed'); None leaves it to the model's family."""
    sampler: Sampler | None = None
    adapters: tuple[Adapter, ...] = ()
    anchor: Anchor | None = None
    reference_adapter: str | None = None
    """The IP-Adapter through which a U-Net looks at ``references``: a folder or a hub id in the published layout."""
    reference_weight: Share = 0.6
    """How strongly reference pictures are looked at."""
    candidates: Annotated[int, Field(ge=1, le=64)] = 1
    """How many pictures of each panel are drawn, of which the one that shows best what was asked for is kept."""
    regions: Regions = "auto"
    """Whether each of several people is drawn anew by themselves once the panel is composed, so that looks don't bleed
    from one to the other. ``auto``: where two or more of them have adapters."""


class Lettering(Model):
    """How words are set."""

    font: str = "comic-neue"
    size: float = 8.5
    caps: bool = True
    punctuation: Punctuation = "comic"
    """``comic``: dashes become ``--`` and an ellipsis three full stops, as comics are lettered; ``typed``: both stay as
    the writer typed them."""
    balloon: str = "white"
    ink: str = "black"
    caption: str = ""
    """The caption boxes' fill; empty takes a tint that goes with ``balloon``."""
    prose: str = ""
    """The face of running text; empty takes the bundled text face."""
    fallback: tuple[str, ...] = ()
    """Further fonts, by file path or bundled name, for scripts that ``font`` doesn't have."""


class PageStyle(Model):
    """How panels stand on the page."""

    gutter: float = 9.0
    margin: float | None = None
    """The distance of the panels from the trim; None takes the page profile's live area."""
    border: float = 1.2
    background: str = "white"


class Style(Model):
    """A whole style."""

    name: str
    art: Art = Field(default_factory=Art)
    lettering: Lettering = Field(default_factory=Lettering)
    page: PageStyle = Field(default_factory=PageStyle)
