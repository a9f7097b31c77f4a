"""A scene as data: what a panel shows, independent of how it is drawn or told."""

from __future__ import annotations

from dataclasses import dataclass

#: Raised whenever the same scene number or seed gives another picture or caption.
VERSION = 2

STYLES = ("bright", "noir", "watercolor", "manga", "retro")
SHOTS = ("wide", "medium", "close", "extreme", "shoulder", "overhead")
TIMES = ("day", "dawn", "golden", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "rain", "snow", "fog", "storm")
PLACES = (
    "lab",
    "office",
    "library",
    "classroom",
    "stage",
    "apartment",
    "bedroom",
    "cafe",
    "gallery",
    "datacentre",
    "spacestation",
    "workshop",
    "street",
    "rooftop",
    "market",
    "village",
    "castle",
    "harbour",
    "park",
    "forest",
    "field",
    "river",
    "beach",
    "sea",
    "mountains",
    "desert",
    "snow",
    "cave",
    "moon",
    "underwater",
)
INDOORS = frozenset(PLACES[:12])
NO_WEATHER = INDOORS | {"cave", "moon", "underwater"}

KINDS = ("man", "woman", "boy", "girl", "oldman", "oldwoman", "robot")
SKINS = ("light", "tan", "brown", "dark")
HAIR_CUTS = ("short", "long", "curly", "spiky", "bob", "bun", "ponytail", "bald")
HAIR_COLOURS = ("black", "brown", "blond", "red", "grey", "white", "blue", "pink")
CLOTHES = (
    "shirt",
    "hoodie",
    "sweater",
    "jacket",
    "coat",
    "labcoat",
    "suit",
    "dress",
    "spacesuit",
    "armour",
    "cloak",
)
COLOURS = (
    "red",
    "blue",
    "green",
    "yellow",
    "orange",
    "purple",
    "pink",
    "teal",
    "brown",
    "black",
    "white",
    "grey",
)
POSES = (
    "stand",
    "walk",
    "run",
    "sit",
    "point",
    "wave",
    "read",
    "reach",
    "raise",
    "think",
    "hips",
    "hold",
)
EXPRESSIONS = ("calm", "happy", "laughing", "sad", "angry", "surprised", "worried", "asleep")
HATS = ("none", "hat", "cap", "beanie", "crown", "helmet", "wizardhat")
BUILDS = ("average", "slim", "big")

SIDES = ("left", "center", "right", "fourth")


@dataclass(frozen=True, slots=True)
class Person:
    """One figure. ``side`` is where it stands; ``fourth`` is the place right of the middle in a row of four."""

    side: str
    kind: str = "man"
    skin: str = "light"
    build: str = "average"
    cut: str = "short"
    hair: str = "brown"
    clothes: str = "shirt"
    colour: str = "blue"
    pose: str = "stand"
    facing: str = "front"  # left, front, right, back
    expression: str = "calm"
    glasses: bool = False
    beard: bool = False
    hat: str = "none"
    holding: str = "none"


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing. ``behind`` puts it behind the figure that stands on the same side."""

    side: str
    name: str
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole panel; width and height in pixels; ``seed`` settles what the caption does not say."""

    style: str = "bright"
    shot: str = "wide"
    place: str = "lab"
    time: str = "day"
    weather: str = "clear"
    people: tuple[Person, ...] = ()
    things: tuple[Thing, ...] = ()
    width: int = 768
    height: int = 384
    seed: int = 0
