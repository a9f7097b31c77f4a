"""A built story whose pictures are painted here, so that what a review should find in them is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from novel.prepare import Prepared
from novel.render.backend import Pixels
from novel.render.likeness import Kind
from novel.render.png import encode

STORY = """\
novel: 1
title: Blue <Jon> & Green Ann
style: test
characters:
  jon: {name: Jon, look: a man with black hair wearing a blue shirt}
  ann: {name: Ann, look: a woman with red hair wearing a green shirt, references: [ann.png]}
  moth: {name: A moth, look: a grey moth}
places:
  lab: {look: inside a lab at night}
  roof: {look: on a rooftop above the city at night}
chapters:
  - title: One
    panels:
      - {id: one, place: lab, cast: [{jon: on the left}, {ann: on the right}], prompt: a screen}
      - {id: two, place: lab, cast: [{jon: on the left}, {ann: on the right}], prompt: a robot}
      - {id: three, place: lab, cast: [{jon: on the left}, {ann: on the right}], prompt: a cat}
      - {id: four, place: lab, cast: [{jon: on the left}, {ann: on the right}], prompt: a dog}
      - {id: five, place: roof, cast: [jon], prompt: a tree}
      - {id: six, place: lab, cast: [ann, moth], prompt: a moon}
      - {id: mine, image: mine.png}
"""
STYLE = "name: Test\nart: {model: fake, steps: 2}\n"

BLUE, GREEN, GREY, NIGHT, DAY = (30, 40, 220), (30, 200, 60), (128, 128, 120), (10, 10, 40), (250, 240, 180)
PAINTED: dict[str, tuple[tuple[int, int, int], dict[str, tuple[float, tuple[int, int, int]]]]] = {
    # The background, and whom to paint: who → where their box begins across the picture, and in which colour.
    "one": (NIGHT, {"jon": (0.1, BLUE), "ann": (0.6, GREEN)}),
    "two": (NIGHT, {"jon": (0.12, (34, 36, 214)), "ann": (0.6, (36, 190, 66))}),
    "three": (NIGHT, {"jon": (0.1, (26, 46, 226)), "ann": (0.62, (28, 206, 50))}),
    "four": (NIGHT, {"jon": (0.1, GREEN), "ann": (0.6, (40, 204, 70))}),  # Jon wears Ann's shirt.
    "five": (DAY, {"jon": (0.4, (30, 44, 210))}),
    "six": (NIGHT, {"ann": (0.6, (33, 196, 62))}),  # No moth.
}


class Colours:
    """A stand-in for a judge: crops are alike as their mean colours are. It agrees with prompts that name a dog."""

    identity = "sha256:" + "c" * 64

    def embed(self, crops: Sequence[np.ndarray], kind: Kind) -> np.ndarray:
        means = np.float32([crop.reshape(-1, 3).mean(0) for crop in crops]).reshape(len(crops), 3)
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def agreement(self, picture: np.ndarray, prompt: str) -> float | None:
        return 0.2 if "a dog" in prompt else 0.9


def paint(
    made: Prepared, panel: str, background: tuple[int, int, int], people: Mapping[str, tuple[float, tuple]]
) -> None:
    """Put a picture of blocks into the store as if it had been drawn, with its people known."""
    request = made.plan.requests[panel]
    picture = np.full((request.height, request.width, 3), background, np.uint8)
    subjects = []
    words = {one.character: one.words for one in made.plan.sought[panel]}
    for who, (left, colour) in people.items():
        x, y = round(left * request.width), round(0.25 * request.height)
        picture[y:, x : x + round(0.3 * request.width)] = colour
        box = {"x": left, "y": 0.25, "width": 0.3, "height": 0.75, "confidence": 0.9}
        subjects.append({"words": words[who], **box})
    pixels = Pixels(request.width, request.height, picture.tobytes())
    meta = {"width": request.width, "height": request.height, "subjects": subjects, "recipe": {}, "seconds": 0.0}
    made.store.put(request.key, encode(pixels, request, {}), meta)


def write_story(folder: Path) -> Path:
    from PIL import Image

    (folder / "styles").mkdir()
    (folder / "styles" / "test.yaml").write_text(STYLE)
    Image.new("RGB", (40, 60), GREEN).save(folder / "ann.png")
    Image.new("RGB", (64, 32), (200, 30, 30)).save(folder / "mine.png")
    story = folder / "story.yaml"
    story.write_text(STORY)
    return story
