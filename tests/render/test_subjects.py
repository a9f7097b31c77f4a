"""Words that were found in pictures, and the names that panels give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from render_samples import request_for

from novel.geometry import Rect
from novel.render import contrast
from novel.render.backend import PanelFailed, Pixels
from novel.render.engine import people_in_own, render_all, stored
from novel.render.fake import FakeBackend
from novel.render.png import decode
from novel.render.progress import Quiet
from novel.render.subjects import named, nameless, room_of
from novel.request import Init, MaskPerson, RenderedPanel, RenderRequest, Sought
from novel.store import Store

ANN = Sought(character="ann", words="a woman in red, on the left")
BOB = Sought(character="bob", words="a man in blue, on the right")


class Seeing(FakeBackend):
    """Finds the first of the words on the left, the others on the right, nobody who is told of as a ghost."""

    def __init__(self, broken: bool = False) -> None:
        self.asked: list[tuple[str, list[str]]] = []
        self.opened = 0
        self._broken = broken

    def open(self, model: str) -> Seeing:
        self.opened += 1
        return self

    def locate(  # type: ignore[override]
        self, request: RenderRequest, picture: Pixels, words: Sequence[str]
    ) -> Sequence[tuple[Rect, float] | None]:
        self.asked.append((request.prompt, list(words)))
        if self._broken:
            raise PanelFailed("no memory left")
        return [
            None if "ghost" in said else (Rect(0.1 + 0.5 * min(i, 1), 0.2, 0.2, 0.7), 0.8)
            for i, said in enumerate(words)
        ]


def drawn(
    store: Store,
    backend: Seeing,
    requests: dict[str, RenderRequest],
    sought: dict[str, tuple[Sought, ...]],
    **more: object,
) -> dict[str, RenderedPanel]:
    return render_all(
        requests, open_backend=backend.open, store=store, assets={}, progress=Quiet(), sought=sought, **more,  # type: ignore[arg-type]
    ).panels  # fmt: skip


def test_people_are_looked_for_once_when_their_picture_is_drawn(tmp_path: Path) -> None:
    store, backend = Store(tmp_path), Seeing()
    requests = {"a": request_for("both"), "b": request_for("nobody")}
    first = drawn(store, backend, requests, {"a": (ANN, BOB)})
    assert backend.asked == [("both", [ANN.words, BOB.words])]
    assert [(s.character, s.x, s.confidence) for s in first["a"].subjects] == [("ann", 0.1, 0.8), ("bob", 0.6, 0.8)]
    assert first["b"].subjects == ()
    assert len(bytes.fromhex(first["a"].saliency)) == 512
    again = drawn(store, backend, requests, {"a": (ANN, BOB)})
    assert (again["a"].subjects, backend.opened) == (first["a"].subjects, 1)
    # Another id for the same words is another name for the same place.
    renamed = (Sought(character="anna", words=ANN.words),)
    assert [s.character for s in drawn(store, backend, requests, {"a": renamed})["a"].subjects] == ["anna"]
    found = stored(store, requests["a"].key, (BOB,))
    assert found is not None
    assert [s.character for s in found.subjects] == ["bob"]


def test_who_is_not_found_and_a_look_that_fails_cost_no_picture(tmp_path: Path) -> None:
    ghost = Sought(character="gus", words="a ghost")
    one = drawn(Store(tmp_path / "one"), Seeing(), {"a": request_for("x")}, {"a": (ghost, ANN)})
    assert [s.character for s in one["a"].subjects] == ["ann"]
    two = drawn(Store(tmp_path / "two"), Seeing(broken=True), {"a": request_for("x")}, {"a": (ANN,)})
    assert two["a"].subjects == ()


def test_two_with_the_same_words_and_two_panels_with_one_picture_get_a_place_each(tmp_path: Path) -> None:
    backend = Seeing()
    twins = (Sought(character="tic", words="a clown"), Sought(character="tac", words="a clown"))
    request = request_for("one picture")
    panels = drawn(Store(tmp_path), backend, {"a": request, "b": request}, {"a": twins, "b": (*twins, ANN)})
    assert backend.asked == [("one picture", ["a clown", "a clown", ANN.words])]
    assert [s.character for s in panels["a"].subjects] == ["tic", "tac"]
    assert [s.character for s in panels["b"].subjects] == ["tic", "tac", "ann"]


def test_a_picture_that_no_panel_shows_is_looked_at_for_who_goes_back_to_it(tmp_path: Path) -> None:
    backend = Seeing()
    begun = request_for("begun")
    redo = request_for("redone", init=Init(kind="request", source=begun.key, strength=0.5))
    drawn(Store(tmp_path), backend, {"a": redo}, {"a": (ANN,)}, beginnings={begun.key: begun})
    assert backend.asked == [("begun", [ANN.words]), ("redone", [ANN.words])]


def test_names_come_back_out_of_what_a_book_kept() -> None:
    kept = [{"words": ANN.words, "x": 0.1, "y": 0.2, "width": 0.2, "height": 0.7, "confidence": 0.8}]
    subjects = named(kept, (BOB, ANN))
    assert [s.character for s in subjects] == ["ann"]
    assert nameless(subjects, (BOB, ANN)) == kept
    assert nameless(subjects, (BOB,)) == []


def test_a_writers_own_picture_is_looked_at_once(tmp_path: Path) -> None:
    store, backend = Store(tmp_path), Seeing()
    picture = drawn(store, backend, {"a": request_for("stands in")}, {})["a"]
    told, sought = request_for("what it shows"), {"own": (ANN, BOB)}
    own = {"own": (picture, told)}
    assert people_in_own(own, sought, open_backend=None, store=store)["own"].subjects == ()
    seen = people_in_own(own, sought, open_backend=backend.open, store=store)["own"]
    assert [s.character for s in seen.subjects] == ["ann", "bob"]
    assert backend.asked == [("what it shows", [ANN.words, BOB.words])]
    opened = backend.opened
    assert people_in_own(own, sought, open_backend=backend.open, store=store)["own"] == seen
    assert people_in_own(own, sought, open_backend=None, store=store)["own"] == seen
    assert backend.opened == opened


def test_a_prompt_without_somebodys_words() -> None:
    prompt = "comic, wide shot, a clown, a clown, on a stage"
    assert contrast.without(prompt, "a clown") == "comic, wide shot, a clown, on a stage"
    assert contrast.without(prompt, "a clown", 1) == "comic, wide shot, a clown, on a stage"
    assert contrast.without(prompt, "a clown", 2) is None
    assert contrast.without(prompt, "comic") == "wide shot, a clown, a clown, on a stage"
    assert contrast.without(prompt, "on a stage") == "comic, wide shot, a clown, a clown"
    assert contrast.without(prompt, "") is None


def test_the_shipped_model_finds_two_people_on_the_sides_that_it_was_told() -> None:
    from novel.render.backend import BackendSpec
    from novel.render.diffusers_backend import DiffusersBackend
    from novel.render.families import resolve

    spec, source = resolve("embedded")
    assert spec.own_size is not None
    width, height = spec.own_size
    backend = DiffusersBackend(BackendSpec("diffusers", source, "cpu"), print)
    # From left to right: "on the right, a man" would read both ways.
    words = ["a man with black hair wearing a blue shirt, on the left", "a small robot, on the right"]
    request = request_for(
        f"bright comic style, wide shot, {', '.join(words)}, on a beach by day",
        backend="diffusers", model=spec.identity, width=width, height=height, steps=6, sampler=spec.sampler,
        guidance=spec.guidance, guidance_rescale=spec.guidance_rescale,
    )  # fmt: skip
    picture = backend.render(request, None)
    found = backend.locate(request, picture, words)
    assert None not in found
    (man, sure), (robot, as_sure) = (place for place in found if place is not None)
    assert robot.center.x > 0.6
    assert man.center.x < 0.4
    assert min(sure, as_sure) > 0.4
    # A figure in a wide shot: higher than wide, and most of the picture's height.
    for box in (robot, man):
        assert box.height * height > box.width * width
        assert box.height > 0.4
    # Looking changes nothing.
    assert backend.render(request, None) == picture
    backend.close()


def place(words: str, x: float, y: float, width: float, height: float, confidence: float = 0.8) -> dict[str, object]:
    return {"words": words, "x": x, "y": y, "width": width, "height": height, "confidence": confidence}


def test_somebodys_room_reaches_to_the_middle_between_them_and_the_next_and_as_high_as_anybody() -> None:
    mask = MaskPerson(words="ann", found_in="k", otherwise=(0.0, 0.0, 0.5, 1.0))
    ann, bob = place("ann", 0.2, 0.5, 0.2, 0.4), place("bob", 0.35, 0.2, 0.2, 0.8)
    x, y, width, height = room_of(mask, [bob, ann])
    assert (round(x, 3), round(x + width, 3)) == (0.176, 0.375)
    assert (round(y, 3), y + height) == (0.104, 1.0)
    assert room_of(mask, [bob]) == mask.otherwise, "she was not found"
    assert room_of(mask, [place("ann", 0.2, 0.2, 0.2, 0.8, 0.1)]) == mask.otherwise, "hardly found"
    assert room_of(mask.model_copy(update={"occurrence": 1}), [ann]) == mask.otherwise
    same = room_of(mask, [place("ann", 0.2, 0.2, 0.2, 0.5), place("bob", 0.2, 0.2, 0.2, 0.5)])
    assert 0 < same[2] <= 0.25, "one upon the other: both have the same room"


def test_who_is_drawn_anew_is_drawn_where_they_were_found_and_stays_there(tmp_path: Path) -> None:
    store, backend = Store(tmp_path), Seeing()
    whole = request_for("both", width=64, height=32)
    mask = MaskPerson(words=BOB.words, found_in=whole.key, otherwise=(0.0, 0.0, 0.1, 0.1))
    alone = request_for(
        "bob", width=64, height=32, init=Init(kind="request", source=whole.key, strength=1.0, mask=mask)
    )
    beginnings = {whole.key: whole}
    panels = drawn(store, backend, {"a": alone}, {"a": (ANN, BOB)}, beginnings=beginnings)
    assert backend.asked == [("both", [ANN.words, BOB.words])], "in the picture that shows both, and not again"
    assert [(s.character, s.x) for s in panels["a"].subjects] == [("ann", 0.1), ("bob", 0.6)]
    before, after = (pixels_of(store, request) for request in (whole, alone))
    changed = [i % 64 for i in range(64 * 32) if before[3 * i : 3 * i + 3] != after[3 * i : 3 * i + 3]]
    assert min(changed) >= int(0.35 * 64)
    assert max(changed) <= int(0.824 * 64)
    assert max(changed) > 0.7 * 64
    # The picture that shows all is drawn again where it was lost, though the one between is there.
    next(store.root.glob(f"entries/*/{whole.key}.entry")).unlink()
    third = request_for(
        "ann", width=64, height=32, init=Init(kind="request", source=alone.key, strength=1.0, mask=mask)
    )
    report = drawn(store, backend, {"a": third}, {"a": (ANN, BOB)}, beginnings={**beginnings, alone.key: alone})
    assert set(report) == {"a"}
    assert store.contains(whole.key)


def pixels_of(store: Store, request: RenderRequest) -> bytes:
    entry = store.get(request.key)
    assert entry is not None
    return decode(entry.payload).data
