"""What the text encoder is taught with: captions as token ids, and what they say as classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from novel.embedded import scenes
from novel.embedded.teacher.captions import Caption
from novel.embedded.teacher.facts import classes
from novel.embedded.training import curriculum, language, wordings


@dataclass(frozen=True, slots=True)
class Lesson:
    """Captions: their texts, token ids (n × length) and classes (n × heads); and the token ids of those whose people
    have two orders, told in the other, with their classes."""

    texts: list[str]
    ids: Tensor
    target: Tensor
    back: Tensor
    back_target: Tensor

    def to(self, device: str) -> Lesson:
        """The same on a device."""
        return Lesson(self.texts, *(t.to(device) for t in (self.ids, self.target, self.back, self.back_target)))


def batch_of(numbers: Sequence[int], split: str, backwards: bool = False) -> tuple[list[str], Tensor, Tensor]:
    """Texts, token ids and classes of captions; one in forty is empty. ``backwards``: their people in the other order,
    by the same classes."""
    told = [Caption() if i % 40 == 0 else wordings.told(split, i, backwards=backwards) for i in numbers]
    texts = [c.text for c in told]
    ids = torch.from_numpy(language.encode(texts).astype(np.int64))
    return texts, ids, torch.tensor([classes(c.facts) for c in told])


def lesson(count: int, number: int) -> Lesson:
    """Lesson ``number`` of ``count`` captions, every other one of a crowd: crowds are long to tell, and what an encoder
    learns last."""
    numbers = list(range(number * count, (number + 1) * count))
    for k in range(1, count, 2):
        while not curriculum.is_a_crowd(scenes.scene_number("text", numbers[k])):
            numbers[k] += count
    texts, ids, target = batch_of(numbers, "text")
    _, back, _ = batch_of(numbers, "text", backwards=True)
    two = (ids != back).any(1)
    return Lesson(texts, ids, target, back[two], target[two])
