"""The best of several pictures of one request that differ in their seed.

A request with ``best_of`` stands for a choice: its ``variants`` are ordinary requests, each with a picture of its own
under its own key, and its own picture is that of the best one. So a higher count draws only what is missing, another
judge draws nothing, and the choice follows from the request alone: from the prompt, and from the pictures of people and
place that ``best_of`` names by content.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from novel.render.backend import PanelFailed, Pixels
from novel.render.likeness import Kind, Likeness
from novel.render.margin import without_margin
from novel.request import RenderRequest

if TYPE_CHECKING:
    from novel.render.likeness import Crop, Vectors

WINDOWS = ((1.0, 5), (0.5, 9))
"""A reference shows one person; it is compared with the whole picture and with windows across it, and the most alike
counts. Their width in shares of their height, and how many: of a bust, and of somebody standing."""


def variants(request: RenderRequest) -> list[RenderRequest]:
    """The requests among whose pictures one is chosen; just the request itself where it asks for no choice.

    The first is what would be drawn without a choice. The n-th has the seed that follows from the request's own and n,
    whatever the count, so that those of a lower count are among those of a higher one.
    """
    if request.best_of is None:
        return [request]
    plain = request.model_copy(update={"best_of": None})
    others = [
        plain.model_copy(update={"seed": variant_seed(request.seed, number)})
        for number in range(2, request.best_of.count + 1)
    ]
    return [plain, *others]


def variant_seed(seed: int, number: int) -> int:
    """The seed of the n-th variant, from 2: the first 31 bits of the sha256 of ``SEED\\0variant\\0N``."""
    digest = hashlib.sha256(f"{seed}\0variant\0{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def variant(request: RenderRequest, key: str) -> RenderRequest | None:
    """The one of a request's variants that has a key; None where none has: the picture is of another request."""
    return next((one for one in variants(request) if one.key == key), None)


TOLD = ("candidate", "judge", "prompt agreement", "likeness")
"""What a recipe says of a choice. None of it is a version of anything, and nothing of it decides a drawn picture."""


def answers(asked: RenderRequest, key: str, recipe: Mapping[str, str]) -> bool:
    """Whether a picture is what a request asks for. ``key``: of the request that it was drawn from; ``recipe``: what it
    tells of how it was made, and chosen."""
    if asked.best_of is None:
        return asked.key == key
    won = variant(asked, key)
    if won is None:
        return False
    number = variants(asked).index(won) + 1
    chosen = recipe.get("candidate") == f"{number} of {asked.best_of.count}"
    return chosen and recipe.get("judge") == asked.best_of.judge


@dataclass(frozen=True, slots=True)
class Score:
    """What the judge says of one variant. ``number`` counts from 1; ``agreement``: with the prompt, 0 to 1, None where
    the judge reads none; ``likeness``: the mean over the pictures to be like, −1 to 1, None where there are none.

    Who has no picture to be like is judged by the prompt, in which their look stands."""

    number: int
    agreement: float | None
    likeness: float | None

    @property
    def total(self) -> float:
        """What is the highest for the best: both together."""
        return (self.agreement or 0.0) + (self.likeness or 0.0)


@dataclass(frozen=True, slots=True)
class Choice:
    """The best variant, and what the judge says of all that there are, in their order."""

    best: Score
    scores: tuple[Score, ...]
    count: int
    judge: str

    def recipe(self) -> dict[str, str]:
        """The choice as it stands in the recipe of the picture that was kept. Figures stand in the order of all
        candidates, with a dash for one that could not be drawn."""
        told = {"candidate": f"{self.best.number} of {self.count}", "judge": self.judge}
        if self.best.agreement is not None:
            told["prompt agreement"] = self._each({score.number: score.agreement for score in self.scores})
        if self.best.likeness is not None:
            told["likeness"] = self._each({score.number: score.likeness for score in self.scores})
        return told

    def _each(self, values: Mapping[int, float | None]) -> str:
        figures = (values.get(number) for number in range(1, self.count + 1))
        return " ".join("–" if value is None else f"{value:.4f}" for value in figures)


def choose(
    request: RenderRequest, pictures: Mapping[int, Pixels], reference_of: Callable[[str], Pixels], judge: Likeness
) -> Choice:
    """The best of a request's variants. ``pictures``: by number, from 1, those that could be drawn; ``reference_of``:
    a picture to be like by its sha256. Of equals the first wins. Raises PanelFailed where there is no picture."""
    asked = request.best_of
    assert asked is not None
    if not pictures:
        raise PanelFailed("none of its candidates could be drawn")
    people = _embedded([without_margin(as_array(reference_of(one))) for one in asked.people], "person", judge)
    place = _embedded([as_array(reference_of(one)) for one in asked.place], "place", judge)
    scores = []
    for number in sorted(pictures):
        picture = as_array(pictures[number])
        alike: list[float] = []
        if people is not None:
            alike += map(float, (people @ judge.embed(list(_windows(picture)), "person").T).max(1))
        if place is not None:
            alike += map(float, (place @ judge.embed([picture], "place").T)[:, 0])
        mean = math.fsum(alike) / len(alike) if alike else None
        scores.append(Score(number, judge.agreement(picture, request.prompt), mean))
    # Figures that differ by less than the recipe tells are equal: the last bits of a sum decide nothing.
    best = max(scores, key=lambda score: (round(score.total, 4), -score.number))
    return Choice(best, tuple(scores), asked.count, judge.identity)


def _embedded(references: Sequence[Crop], kind: Kind, judge: Likeness) -> Vectors | None:
    return judge.embed(references, kind) if references else None


def kept(
    request: RenderRequest,
    picture_of: Callable[[RenderRequest], Pixels | None],
    reference_of: Callable[[str], Pixels],
    judge: Callable[[str], Likeness],
) -> tuple[RenderRequest, Pixels, dict[str, str]]:
    """For the engine: the variant that was chosen, its picture, and what the recipe of the kept picture says of it.

    ``picture_of``: a variant's picture, None where it failed; ``reference_of``: a picture by its sha256; ``judge``: the
    measure by its identity. Raises PanelFailed where no variant has a picture.
    """
    assert request.best_of is not None
    asked = variants(request)
    drawn = {number: picture_of(variant) for number, variant in enumerate(asked, 1)}
    pictures = {number: picture for number, picture in drawn.items() if picture is not None}
    choice = choose(request, pictures, reference_of, judge(request.best_of.judge))
    number = choice.best.number
    return asked[number - 1], pictures[number], choice.recipe()


def as_array(pixels: Pixels) -> Crop:
    """A backend's pixels as rows × columns × RGB."""
    import numpy as np

    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def _windows(picture: Crop) -> Iterator[Crop]:
    """The whole picture, and parts of its full height (or width, where that is less) from one end to the other."""
    yield picture
    height, width = picture.shape[:2]
    for aspect, count in WINDOWS:
        rows = min(height, round(width / aspect))
        columns = min(width, max(1, round(rows * aspect)))
        places = {
            (round(step * (height - rows) / (count - 1)), round(step * (width - columns) / (count - 1))): None
            for step in range(count)
        }
        for top, left in places:
            yield picture[top : top + rows, left : left + columns]
