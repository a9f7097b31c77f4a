"""The captions of the corpus: several wordings of each scene, none too long for the text encoder's slots."""

from __future__ import annotations

import random

from novel.embedded import scenes
from novel.embedded.teacher.captions import UNKNOWN, Caption, caption
from novel.embedded.training import language


def told(split: str, index: int, turn: int = 0, backwards: bool = False) -> Caption:
    """A caption of scene ``index`` that leaves the slots free; ``turn`` gives another wording, ``backwards`` the other
    order of its people."""
    scene = scenes.scene_number(split, index)
    rng = random.Random(scenes.seed_of(split, index, f"caption-{turn}"))
    for _ in range(20):
        c = caption(scene, rng, backwards)
        if language.fits(c.text):
            return _inflected(c, rng)
    return Caption()


def _inflected(c: Caption, rng: random.Random) -> Caption:
    """Now and then a plural, and a word that is not known."""
    known = set(language.word_list())
    out = []
    for word in c.text.split(" "):
        bare = word.strip(",.:")
        if len(bare) > 2 and rng.random() < 0.03 and (p := language.plural(bare)) in known:
            out.append(word.replace(bare, p))
        else:
            out.append(word)
        if rng.random() < 0.01:
            out.append(UNKNOWN)
    text = " ".join(out)
    return Caption(text, c.facts) if language.fits(text) else c
