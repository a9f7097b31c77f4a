"""What a caption says, as numbers: the slots that the text encoder learns to fill.

A slot is a position at the end of the text encoder's sequence; each carries one or more heads, each a choice
among names. Class 0 always means that the caption leaves the fact open.
"""

from __future__ import annotations

from novel.embedded.teacher import scene as s
from novel.embedded.teacher.things import THINGS

THING_NAMES = tuple(THINGS)
_YES = ("yes",)

#: slot → head → the names it chooses among
SLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    "style": {"style": s.STYLES},
    "frame": {"shot": s.SHOTS, "count": ("0", "1", "2", "3", "4")},
    "place": {"place": s.PLACES},
    "hour": {"time": s.TIMES, "weather": s.WEATHERS},
    **{
        f"{side}-{part}": {f"{side}-{head}": names for head, names in heads.items()}
        for side in s.SIDES
        for part, heads in {
            "who": {
                "kind": (*s.KINDS, "someone"),
                "skin": s.SKINS,
                "build": s.BUILDS,
                "cut": s.HAIR_CUTS,
                "hair": s.HAIR_COLOURS,
                "glasses": _YES,
                "beard": _YES,
                "hat": s.HATS[1:],
            },
            "clothes": {"clothes": s.CLOTHES, "colour": s.COLOURS},
            "act": {
                "expression": s.EXPRESSIONS,
                "pose": s.POSES,
                "facing": ("front", "left", "right", "back"),
                "holding": THING_NAMES,
            },
        }.items()
    },
    **{f"{side}-thing": {f"{side}-thing": THING_NAMES, f"{side}-behind": _YES} for side in ("left", "center", "right")},
}
HEADS: dict[str, tuple[str, ...]] = {head: names for heads in SLOTS.values() for head, names in heads.items()}
SLOT_COUNT = len(SLOTS)

#: head → chosen name; a head that is missing is left open
Facts = dict[str, str]


def classes(facts: Facts) -> list[int]:
    """The facts as one class per head, in the order of :data:`HEADS`; 0 where left open."""
    return [names.index(facts[head]) + 1 if head in facts else 0 for head, names in HEADS.items()]
