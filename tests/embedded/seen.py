"""Readings as a perfect tower would have them, for tests of what is made of readings."""

from __future__ import annotations

import numpy as np

from novel.embedded.scenes import Scene
from novel.embedded.teacher.facts import THING_NAMES
from novel.embedded.teacher.framing import boxes, stands
from novel.embedded.tower import Reading, Spot
from novel.embedded.towernet import PERSON, WHOLE


def sure_of(name: str, options: tuple[str, ...]) -> np.ndarray:
    out = np.zeros(len(options), np.float32)
    out[options.index(name)] = 1.0
    return out


def perfect(scene: Scene) -> Reading:
    """All that there is in a scene, each with certainty."""
    at = stands(scene)
    people = []
    for person in scene.people:
        odds = {}
        for head, options in PERSON.items():
            value = getattr(person, head)
            odds[head] = sure_of({True: "yes", False: "no"}.get(value, value), options)
        people.append(Spot(at[person.side], 0.5, 1.0, odds))
    things, anywhere = [], np.zeros(len(THING_NAMES), np.float32)
    for box in boxes(scene):
        if box.what != "person":
            things.append(Spot(at[box.side], 0.5, 1.0, {"thing": sure_of(box.what, THING_NAMES)}))
            anywhere[THING_NAMES.index(box.what)] = 1.0
    whole = {head: sure_of(getattr(scene, head), options) for head, options in WHOLE.items()}
    ordered = sorted(people, key=lambda s: s.x), sorted(things, key=lambda s: s.x)
    return Reading(whole, tuple(ordered[0]), tuple(ordered[1]), anywhere)
