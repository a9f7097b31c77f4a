"""The figures of the model card: what a trained probe reads in what the model drew, against what was asked for."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from novel.embedded import scenes
from novel.embedded.teacher import scene as names
from novel.embedded.teacher.captions import Caption, caption
from novel.embedded.teacher.facts import THING_NAMES

Readings = dict[str, npt.NDArray[np.int64]]
#: The size of the pictures that the figures are about, in pixels.
WIDE = (768, 384)
_SIDES = ("left", "center", "right")


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt that the model was not trained on, and what it states."""

    scene: scenes.Scene
    caption: Caption


def requests(count: int) -> list[Request]:
    """Prompts of scenes from a split of their own, wide."""
    out = []
    for i in range(count):
        scene = scenes.scene_number("evaluation", i, WIDE)
        out.append(Request(scene, caption(scene, random.Random(scenes.seed_of("evaluation", i, "caption")))))
    return out


def figures(asked: list[Request], read: Readings) -> dict[str, float]:
    """Shares right, 0 to 1, of what the captions state; NaN where nothing was asked.

    ``people`` is the exact number; ``colour`` the clothes of each person at its own side; neither it nor ``time``
    counts in manga, whose greys show no colours, and hours by little else;
    ``things`` each stated thing anywhere in the picture; ``sides`` whether each person stated to be left or right is
    there, and nobody is where nobody should be.
    """
    tally: dict[str, list[bool]] = {
        k: [] for k in ("place", "time", "style", "weather", "shot", "people", "colour", "kind", "things", "sides")
    }
    for i, request in enumerate(asked):
        facts, scene = request.caption.facts, request.scene
        for head, options in (
            ("place", names.PLACES),
            ("time", names.TIMES),
            ("style", names.STYLES),
            ("weather", names.WEATHERS),
            ("shot", names.SHOTS),
        ):
            if head in facts and not (head == "time" and facts.get("style", scene.style) == "manga"):
                tally[head].append(options[int(read[head][i])] == facts[head])
        tally["people"].append(int(read["count"][i]) == len(scene.people))
        for person in scene.people:
            side = person.side
            if (
                facts.get(f"{side}-colour")
                and facts.get(f"{side}-clothes") != "labcoat"
                and facts.get("style", scene.style) != "manga"
            ):
                tally["colour"].append(int(read[f"{side}-colour"][i]) == names.COLOURS.index(person.colour) + 1)
            if facts.get(f"{side}-kind") == person.kind:
                tally["kind"].append(int(read[f"{side}-kind"][i]) == names.KINDS.index(person.kind) + 1)
        for side in _SIDES:
            if f"{side}-thing" in facts:
                want = THING_NAMES.index(facts[f"{side}-thing"]) + 1
                tally["things"].append(any(int(read[f"{s}-thing"][i]) == want for s in _SIDES))
        if 0 < len(scene.people) < 3:
            here = {p.side for p in scene.people}
            if here <= {"left", "right"}:
                tally["sides"].append(all((int(read[f"{s}-kind"][i]) > 0) == (s in here) for s in ("left", "right")))
    return {k: round(sum(v) / len(v), 4) if v else float("nan") for k, v in tally.items()}


def likeness(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    """How alike two pictures (height × width × 3) are: the correlation of their coarse brightness, −1 to 1."""

    def coarse(x: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        h, w = x.shape[0] // 24 * 24, x.shape[1] // 24 * 24
        grey = x[:h, :w].mean(2).reshape(h // 24, 24, w // 24, 24).mean((1, 3))
        out: npt.NDArray[np.float64] = (grey - grey.mean()) / (grey.std() + 1e-6)
        return out

    return float((coarse(a) * coarse(b)).mean())
