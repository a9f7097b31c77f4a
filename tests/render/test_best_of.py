"""The best of several pictures: which ones there are, which is chosen, and what is told of it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from novel.geometry import Rect
from novel.render.backend import PanelFailed, Pixels, Stencil, Step
from novel.render.best_of import TOLD, answers, choose, kept, variant, variants
from novel.render.engine import RenderReport, render_all
from novel.render.fake import FakeBackend
from novel.render.likeness import Kind
from novel.render.png import decode
from novel.render.png_chunks import texts
from novel.render.progress import Quiet
from novel.request import BestOf, RenderRequest, Sought
from novel.store import Store

JUDGE = "sha256:" + "a" * 64


def request(count: int = 4, seed: int = 7, **like: tuple[str, ...]) -> RenderRequest:
    return RenderRequest(
        backend="fake",
        model="fake",
        prompt="red",
        negative="",
        width=48,
        height=16,
        seed=seed,
        steps=1,
        guidance=1.0,
        guidance_rescale=0.0,
        sampler="ddim",
        best_of=BestOf(count=count, judge=JUDGE, **like),
    )


class Redness:
    """A stand-in for a judge: it agrees with what is red, and crops are alike as their mean colours are."""

    identity = JUDGE

    def embed(self, crops: Sequence[np.ndarray], kind: Kind) -> np.ndarray:
        means = np.float32([crop.reshape(-1, 3).mean(0) + 1 for crop in crops])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def agreement(self, picture: np.ndarray, prompt: str) -> float | None:
        return round(float(picture[..., 0].mean()) / 255, 6)


def none(sha256: str) -> Pixels:
    raise AssertionError("there is nothing to be like")


def flat(*colour: int, width: int = 48) -> Pixels:
    return Pixels(width, 16, bytes(colour) * (width * 16))


def with_spot(background: tuple[int, int, int], spot: tuple[int, int, int]) -> Pixels:
    """A picture of which the right third is of another colour."""
    picture = np.full((16, 48, 3), background, np.uint8)
    picture[:, 32:] = spot
    return Pixels(48, 16, picture.tobytes())


def test_the_first_variant_is_what_is_drawn_without_a_choice() -> None:
    asked = request()
    plain = asked.model_copy(update={"best_of": None})
    assert variants(plain) == [plain]
    first, *others = variants(asked)
    assert first == plain
    assert first.key == plain.key
    assert asked.key != plain.key
    assert all(v == plain.model_copy(update={"seed": v.seed}) for v in others)


def test_a_higher_count_has_the_variants_of_a_lower_one() -> None:
    few, many = variants(request(3)), variants(request(20))
    assert few == many[:3]
    assert len({v.seed for v in many}) == 20
    assert all(0 <= v.seed < 2**31 for v in many[1:])
    # Documented, so that another program can draw them: changing it draws all candidates anew.
    assert [v.seed for v in few] == [7, 1592725696, 33401539]


def test_another_judge_or_count_is_another_picture_of_the_same_variants() -> None:
    other = request().model_copy(update={"best_of": BestOf(count=4, judge="sha256:" + "b" * 64)})
    assert other.key != request().key
    assert variants(other) == variants(request())
    assert request(5).key != request(4).key


def test_the_one_that_shows_the_prompt_best_is_chosen() -> None:
    pictures = {1: flat(10, 0, 0), 2: flat(200, 0, 0), 4: flat(100, 0, 0)}
    choice = choose(request(), pictures, none, Redness())
    assert choice.best.number == 2
    assert choice.recipe() == {
        "candidate": "2 of 4",
        "judge": JUDGE,
        "prompt agreement": "0.0392 0.7843 – 0.3922",
    }


def test_of_equals_the_first_is_chosen() -> None:
    same = flat(50, 50, 50)
    assert choose(request(), {3: same, 2: same, 4: same}, none, Redness()).best.number == 2
    nearly = {1: flat(50, 50, 50), 2: flat(50, 50, 50)}
    judge = Redness()
    judge.agreement = lambda picture, prompt: 0.5 + 1e-7 * id(picture) % 1e-6  # type: ignore[method-assign]
    assert choose(request(), nearly, none, judge).best.number == 1


def test_likeness_to_references_counts_wherever_they_are_seen() -> None:
    green, blue = (0, 200, 0), (0, 0, 200)
    pictures = {1: with_spot((90, 90, 90), blue), 2: with_spot((90, 90, 90), green)}
    asked = request(2, people=("f" * 64,))
    choice = choose(asked, pictures, lambda sha256: flat(*green, width=16), Redness())
    assert choice.best.number == 2
    assert choice.best.likeness == pytest.approx(1, abs=0.01)
    assert set(choice.recipe()) == {"candidate", "judge", "prompt agreement", "likeness"}


def test_a_place_is_compared_as_a_whole() -> None:
    """A spot of its colour is not the place."""
    blue = (0, 0, 200)
    pictures = {1: with_spot((90, 90, 90), blue), 2: flat(50, 10, 200)}
    asked = request(2, place=("e" * 64,))
    assert choose(asked, pictures, lambda sha256: flat(*blue), Redness()).best.number == 2
    # As a person it would be found in the spot.
    asked = request(2, people=("e" * 64,))
    assert choose(asked, pictures, lambda sha256: flat(*blue), Redness()).best.number == 1


def test_kept_gives_the_variant_its_picture_and_its_recipe() -> None:
    asked = request(3, people=("f" * 64,), place=("e" * 64,))
    drawn = dict(zip([v.key for v in variants(asked)], [flat(1, 1, 1), None, flat(250, 1, 1)], strict=True))
    wanted: list[str] = []

    def reference(sha256: str) -> Pixels:
        wanted.append(sha256)
        return flat(250, 1, 1)

    def judge(identity: str) -> Redness:
        assert identity == JUDGE
        return Redness()

    variant, picture, recipe = kept(asked, lambda v: drawn[v.key], reference, judge)
    assert variant == variants(asked)[2]
    assert picture == flat(250, 1, 1)
    assert recipe["candidate"] == "3 of 3"
    assert wanted == ["f" * 64, "e" * 64]


def test_where_none_could_be_drawn_the_panel_fails() -> None:
    with pytest.raises(PanelFailed, match="none of its candidates"):
        kept(request(), lambda v: None, lambda sha256: flat(0, 0, 0), lambda identity: Redness())


def test_a_picture_answers_for_the_choice_that_it_was_kept_by_and_for_no_other() -> None:
    asked = request(3)
    recipe = choose(asked, {1: flat(1, 0, 0), 2: flat(9, 0, 0), 3: flat(2, 0, 0)}, none, Redness()).recipe()
    assert set(recipe) <= set(TOLD)
    key = variants(asked)[1].key
    assert variant(asked, key) == variants(asked)[1]
    assert answers(asked, key, recipe)
    assert not answers(request(4), key, recipe)
    assert not answers(request(3, people=("f" * 64,), seed=8), key, recipe)
    assert not answers(asked, variants(asked)[2].key, recipe)
    assert not answers(asked, key, {})
    plain = variants(asked)[0]
    assert answers(plain, plain.key, {})
    assert answers(plain, plain.key, {**recipe, "candidate": "1 of 3"})
    assert not answers(plain, key, recipe)


class Counting(FakeBackend):
    """Counts what it draws."""

    def __init__(self, drawn: list[int]) -> None:
        self._drawn = drawn

    def render(
        self, request: RenderRequest, init: Pixels | None, step: Step | None = None, mask: Stencil | None = None
    ) -> Pixels:
        self._drawn.append(request.seed)
        return super().render(request, init, step, mask)


def rendered(store: Store, asked: RenderRequest) -> tuple[RenderReport, list[int]]:
    """A render of one panel, and the seeds that were drawn for it."""
    drawn: list[int] = []
    with store.lock():
        report = render_all(
            {"panel": asked},
            open_backend=lambda model: Counting(drawn),
            store=store,
            assets={},
            progress=Quiet(io.StringIO()),
            open_judge=Redness,
        )
    return report, drawn


def test_the_engine_draws_only_the_candidates_that_are_missing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    plain, _ = rendered(store, variants(request())[0])
    first, drawn = rendered(store, request(3))
    assert drawn == [v.seed for v in variants(request(3))[1:]]
    assert (first.rendered, first.failures) == (2, {})
    recipe = first.panels["panel"].recipe
    assert str(recipe["candidate"]).endswith(" of 3")
    assert recipe["judge"] == JUDGE
    figures = [float(figure) for figure in str(recipe["prompt agreement"]).split()]
    number = int(str(recipe["candidate"]).split()[0])
    assert figures[number - 1] == max(figures)
    # The kept picture is that candidate's, pixel for pixel.
    kept_entry, won = store.get(request(3).key), store.get(variants(request(3))[number - 1].key)
    assert kept_entry is not None
    assert won is not None
    assert decode(kept_entry.payload) == decode(won.payload)
    told = json.loads(texts(kept_entry.payload)["novel"])
    assert told["recipe"]["candidate"] == recipe["candidate"]

    more, drawn = rendered(store, request(5))
    assert drawn == [v.seed for v in variants(request(5))[3:]]
    assert more.rendered == 2
    again, drawn = rendered(store, request(5))
    assert (again.rendered, drawn) == (0, [])
    assert again.panels["panel"].sha256 == more.panels["panel"].sha256
    other, drawn = rendered(store, request(3, place=()).model_copy(update={"best_of": BestOf(count=2, judge=JUDGE)}))
    assert drawn == []
    assert other.panels["panel"].key != plain.panels["panel"].key


def test_who_is_no_judge_of_the_plan_chooses_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    asked = request().model_copy(update={"best_of": BestOf(count=2, judge="sha256:" + "b" * 64)})
    report, _ = rendered(store, asked)
    assert "judged by sha256:b" in report.failures["panel"]
    assert all(store.contains(v.key) for v in variants(asked))


class Finding(Counting):
    """Finds everybody on the left, and counts how often it looks."""

    looked = 0

    def locate(self, request: RenderRequest, picture: Pixels, words: Sequence[str]) -> Sequence[tuple[Rect, float]]:
        Finding.looked += 1
        return [(Rect(0.1, 0.2, 0.3, 0.8), 0.9) for _ in words]


def test_people_are_found_in_every_candidate(tmp_path: Path) -> None:
    """A book without a choice takes the first of them from the store, and its people with it."""
    store = Store(tmp_path)
    sought = {"panel": (Sought(character="ann", words="red"),)}

    def render(asked: RenderRequest) -> RenderReport:
        with store.lock():
            return render_all(
                {"panel": asked},
                open_backend=lambda model: Finding([]),
                store=store,
                assets={},
                progress=Quiet(io.StringIO()),
                sought=sought,
                open_judge=Redness,
            )

    Finding.looked = 0
    assert [s.character for s in render(request(3)).panels["panel"].subjects] == ["ann"]
    assert Finding.looked == 3
    plain = render(variants(request(3))[0])
    assert plain.from_store == 1
    assert [s.character for s in plain.panels["panel"].subjects] == ["ann"]
