"""What is learned first where time is short: fewer places, things and styles, and robots as often as people.

A corpus may begin with these scenes and go on with all others; nothing in it is lost by going on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Literal

from novel.embedded import scenes

PLACES = frozenset(
    """lab office library classroom stage apartment bedroom cafe gallery workshop street rooftop village castle harbour
    forest beach mountains desert moon underwater""".split()
)
STYLES = frozenset(("bright", "noir", "watercolor"))
THINGS = frozenset(
    """screen noise book books telescope lamp desk table chair door clock window painting whiteboard cup poster tree
    palm cat dog bird whale rock moon star planet dragon lantern letter map bag microphone box streetlamp sign boat
    ship rocket tower crowd""".split()
)


def comes_first(scene: scenes.Scene, number: int) -> bool:
    """Whether a scene belongs to the beginning: all with a robot, and one in three of the others, by its number."""
    if scene.place not in PLACES or scene.style not in STYLES or any(t.name not in THINGS for t in scene.things):
        return False
    return number % 3 == 0 or any(p.kind == "robot" for p in scene.people)


def shows_things(scene: scenes.Scene) -> bool:
    """Whether a scene has two things or more: one in thirteen has, and half of all have none."""
    return len(scene.things) > 1


def is_a_crowd(scene: scenes.Scene) -> bool:
    """Whether a scene shows three people or more: one in seven does; three in ten of all people stand in such."""
    return len(scene.people) > 2


#: Which scenes a corpus is enlarged by: all, those of the beginning, those with two things or more, those with three
#: people or more; or those of a split of their own, which show as many things as there is room for.
Kind = Literal["all", "first", "things", "crowds", "full"]


def belongs(scene: scenes.Scene, number: int, kind: Kind) -> bool:
    """Whether a scene is of a kind."""
    match kind:
        case "all" | "full":
            return True
        case "first":
            return comes_first(scene, number)
        case "things":
            return shows_things(scene)
        case "crowds":
            return is_a_crowd(scene)


def numbers(split: str, size: tuple[int, int], kind: Kind, taken: frozenset[int], skip: int = 0) -> Iterator[int]:
    """Endless scene numbers of a split and of one kind, from ``skip`` on in order, without those ``taken``."""
    for number in count(skip):
        if number not in taken and belongs(scenes.scene_number(split, number, size), number, kind):
            yield number
