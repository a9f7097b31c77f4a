"""A panel of several people, drawn so that their looks don't mix: composed whole, then each drawn anew by themselves.

A model that is told of two people gives one the other's coat, and two adapters at once change everybody. So the whole
panel is drawn first; then, for each of the cast in turn, just where they stand is drawn anew from a prompt that tells
of them alone, with their adapter alone. What is outside stays to the pixel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from novel.plan.prompt import words_of
from novel.request import MaskPerson
from novel.story.model import CastMember, Panel, Story
from novel.story.style import Regions

REGION_STRENGTH = 1.0
"""How much of a person's region is changed. What it starts from shows through anything less: with the embedded model
coats kept their wrong colour in most panels at 0.75 and in some at 0.9; the surroundings hold place and light."""

_SIDES = {"left": 0.0, "center": 1 / 3, "centre": 1 / 3, "middle": 1 / 3, "right": 2 / 3}
_SIDE = re.compile(r"\b(?:on|at|to|in) the (?:far )?(left|right|cent(?:er|re)|middle)\b")


def apart(story: Story, panel: Panel, regions: Regions) -> tuple[CastMember, ...]:
    """Those of a panel's cast who are drawn anew by themselves, in their order; nobody where people can't mix.

    ``auto``: where two or more of the cast have an adapter.
    """
    if regions == "never" or len(panel.cast) < 2:
        return ()
    if regions == "auto" and sum(story.characters[member.id].adapter is not None for member in panel.cast) < 2:
        return ()
    return tuple(member for member in panel.cast if words_of(story, member))


def mask_of(story: Story, panel: Panel, member: CastMember, found_in: str) -> MaskPerson:
    """The mask of one of a panel's cast, in the picture that shows them all, whose key is ``found_in``."""
    words = [words_of(story, one) for one in panel.cast]
    at = panel.cast.index(member)
    return MaskPerson(
        words=words[at], occurrence=words[:at].count(words[at]), found_in=found_in, otherwise=_usual(panel.cast, at)
    )


def _usual(cast: Sequence[CastMember], at: int) -> tuple[float, float, float, float]:
    """Where one of the cast most likely stands, in shares of the picture: on the side that their words name, else each
    in the order written from the left."""
    said = _SIDE.search(cast[at].words)
    if said and len(cast) > 1:
        width = 0.5 if len(cast) == 2 and said[1] in ("left", "right") else 1 / 3
        left = _SIDES[said[1]] if width < 0.5 else (0.0 if said[1] == "left" else 0.5)
        return round(left, 4), 0.0, round(width, 4), 1.0
    return round(at / len(cast), 4), 0.0, round(1 / len(cast), 4), 1.0
