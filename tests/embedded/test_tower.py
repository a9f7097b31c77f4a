"""The image tower: what it says of pictures, and what it says when something is missing."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from seen import perfect  # noqa: E402

from novel.embedded import scenes, tower  # noqa: E402
from novel.embedded.asked import read_prompt  # noqa: E402
from novel.embedded.scenes import Person, Scene  # noqa: E402
from novel.embedded.teacher.captions import caption  # noqa: E402
from novel.embedded.tower import Tower, agreement, side_of, sides  # noqa: E402
from novel.embedded.towernet import Knower, Reader  # noqa: E402
from novel.errors import FileError, MissingError  # noqa: E402

TWO = Scene(
    style="bright",
    shot="wide",
    place="lab",
    time="night",
    people=(
        Person("left", kind="woman", hair="blond", cut="long", clothes="dress", colour="red"),
        Person("right", kind="man", hair="black", clothes="shirt", colour="blue"),
    ),
)
TOLD = (
    "bright comic style, wide shot, in a lab at night, a woman with long blond hair wearing a red dress on the left, "
    "a man with black hair wearing a blue shirt on the right"
)


@pytest.fixture(scope="module")
def shipped():
    return Tower.load()


@pytest.fixture(scope="module")
def noise():
    rng = np.random.default_rng(5)
    return [rng.integers(0, 255, shape, np.uint8) for shape in ((384, 768, 3), (60, 31, 3), (500, 200, 3), (96, 96, 3))]


def test_importing_it_imports_nothing_heavy():
    code = "import sys, novel.embedded.tower; print([m for m in ('torch', 'PIL', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_its_weights_are_small_and_named_by_their_content(shipped):
    assert tower.FILE.stat().st_size <= 6e6
    assert shipped.identity == tower.identity()
    assert tower.identity(lambda path: "ab" * 32) == "sha256:" + "ab" * 32


def test_missing_weights_are_said_with_a_cure(tmp_path):
    with pytest.raises(MissingError) as caught:
        Tower.load(tmp_path / "tower.safetensors")
    assert "Reinstall" in caught.value.hint


@pytest.mark.parametrize("what", ["garbage", "cut short", "of other shapes"])
def test_damaged_weights_are_said_with_a_cure(tmp_path, what):
    file = tmp_path / "tower.safetensors"
    if what == "garbage":
        file.write_bytes(b"no weights at all")
    elif what == "cut short":
        file.write_bytes(tower.FILE.read_bytes()[:-1000])
    else:
        from safetensors.torch import save_file

        save_file({"reader.up.weight": torch.zeros(3)}, file)
    with pytest.raises(FileError) as caught:
        Tower.load(file)
    assert caught.value.hint


@pytest.mark.parametrize("kind", ["person", "place", "style"])
def test_vectors_are_of_length_one_and_the_same_beside_whichever_others(shipped, noise, kind):
    together = shipped.crops(noise, kind)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(noise)), abs=1e-5)
    assert (np.concatenate([shipped.crops([crop], kind) for crop in noise]) == together).all()
    assert len(shipped.crops([], kind)) == 0


def test_facts_are_names_with_how_likely_they_are(shipped, noise):
    facts = shipped.facts(noise[0])
    assert {"style", "shot", "place", "time", "weather", "count"} <= set(facts)
    assert all(isinstance(name, str) and 0 <= p <= 1 for name, p in facts.values())
    assert shipped.facts(noise[0]) == facts


def test_a_picture_of_another_shape_keeps_its_proportions():
    square = np.zeros((100, 100, 3), np.uint8)
    x, window = tower._panel(square)
    assert x.shape == (1, 3, 192, 384)
    assert window == (0.25, 0.0, 0.5, 1.0)
    tall, window = tower._panel(np.zeros((50, 200, 3), np.uint8))
    assert tall.shape == (1, 3, 192, 384)
    assert window == (0.0, 0.25, 1.0, 0.5)


def test_all_that_was_asked_for_agrees_fully():
    assert agreement(perfect(TWO), read_prompt(TOLD)) == pytest.approx(1.0)


def test_the_order_in_which_people_are_told_makes_no_difference():
    first, second = TOLD.split(", a man")
    head, woman = first.split(", a woman")
    other = f"{head}, a man{second}, a woman{woman}"
    assert agreement(perfect(TWO), read_prompt(other)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(TWO, place="forest"),
        replace(TWO, style="noir"),
        replace(TWO, people=TWO.people[:1]),
        replace(TWO, people=()),
        replace(TWO, people=tuple(replace(p, colour="green") for p in TWO.people)),
        replace(TWO, people=(replace(TWO.people[0], side="right"), replace(TWO.people[1], side="left"))),
    ],
)
def test_what_is_wrong_or_missing_agrees_less(wrong):
    assert 0 <= agreement(perfect(wrong), read_prompt(TOLD)) < 0.99


def test_two_who_wear_each_others_colours_are_not_taken_for_right():
    left, right = TWO.people
    mixed = replace(TWO, people=(replace(left, colour="blue"), replace(right, colour="red")))
    assert agreement(perfect(mixed), read_prompt(TOLD)) < 0.95


def test_a_prompt_that_states_nothing_is_shown_by_everything(shipped, noise):
    assert shipped.agreement(noise[0], "qwertz, uiop") == 1.0


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_any_prompt_can_be_held_against_a_picture(prompt):
    assert 0 <= agreement(perfect(TWO), read_prompt(prompt)) <= 1


def test_manga_is_not_blamed_for_its_greys():
    scene = replace(TWO, style="manga", people=tuple(replace(p, colour="white", hair="grey") for p in TWO.people))
    assert agreement(perfect(scene), read_prompt(TOLD.replace("bright comic style", "manga style"))) == pytest.approx(1)


def test_sides_are_where_people_stand():
    one, other = perfect(TWO).people
    assert (side_of(one), side_of(other)) == ("left", "right")
    row = [replace(one, x=x) for x in (0.1, 0.35, 0.6, 0.9)]
    assert list(sides(row)) == ["left", "center", "fourth", "right"]
    assert sides([replace(one, x=0.2, sure=0.5), replace(one, x=0.3, sure=0.9)])["left"].sure == 0.9


def test_a_network_that_sees_nobody_reads_nobody():
    reader = Reader()
    torch.nn.init.zeros_(reader.people.weight)
    torch.nn.init.constant_(reader.people.bias, -20.0)
    (reading,) = Tower(reader, Knower()).read([np.zeros((192, 384, 3), np.uint8)])
    assert reading.people == ()


def test_neighbouring_cells_are_one_person():
    cells = torch.full((1 + 20, 12, 24), -20.0)
    cells[0, 5, 6], cells[0, 5, 7], cells[0, 6, 18] = 3.0, 4.0, 2.0
    spots = tower._spots(cells, 0.4, (2, 5), (0, 0, 1, 1), lambda cell: {})
    assert [round(s.x * 24 - 0.5) for s in spots] == [7, 18]
    # Nothing is seen in the edges that go on beside a picture of another shape.
    assert [round(s.x, 3) for s in tower._spots(cells, 0.4, (2, 5), (0.5, 0, 0.5, 1), lambda cell: {})] == [
        round(((18 + 0.5) / 24 - 0.5) / 0.5, 3)
    ]


# --- the weights that ship, on pictures that they were not trained on ------------------------------------------------


@pytest.fixture(scope="module")
def unseen():
    pytest.importorskip("skia", exc_type=ImportError)
    import random

    shown = [scenes.scene_number("tower-unseen", i, (768, 384)) for i in range(24)]
    told = [caption(s, random.Random(k)).text for k, s in enumerate(shown)]
    return shown, told, [scenes.draw(s) for s in shown]


def test_it_reads_unseen_pictures(shipped, unseen):
    shown, _, pictures = unseen
    facts = [shipped.facts(p) for p in pictures]
    for head in ("place", "time", "style"):
        assert np.mean([f[head][0] == getattr(s, head) for f, s in zip(facts, shown, strict=True)]) >= 0.8
    assert np.mean([f["count"][0] == str(len(s.people)) for f, s in zip(facts, shown, strict=True)]) >= 0.75
    colours = [
        f.get(f"{p.side}-colour", ("",))[0] == p.colour
        for f, s in zip(facts, shown, strict=True)
        for p in s.people
        if s.style != "manga" and p.clothes != "labcoat"
    ]
    assert np.mean(colours) >= 0.8


def test_a_picture_agrees_with_its_own_prompt_most(shipped, unseen):
    _, told, pictures = unseen
    table = np.array([[shipped.agreement(picture, text) for text in told[:12]] for picture in pictures[:12]])
    own, others = table.diagonal(), (table.sum(1) - table.diagonal()) / 11
    assert np.mean(own - others) > 0.25
    assert (table.argmax(1) == np.arange(12)).mean() >= 0.8


def test_the_same_person_is_nearer_than_another(shipped):
    pytest.importorskip("skia", exc_type=ImportError)
    anna = Person("center", kind="woman", hair="red", cut="long", clothes="dress", colour="green")
    bert = Person("center", kind="man", hair="black", cut="short", clothes="coat", colour="yellow")
    crops = []
    for who in (anna, bert):
        for place, pose, seed in (("lab", "stand", 1), ("beach", "wave", 2), ("forest", "point", 3)):
            picture = scenes.draw(Scene(place=place, people=(replace(who, pose=pose),), seed=seed))
            (box,) = scenes.boxes(Scene(place=place, people=(replace(who, pose=pose),), seed=seed))
            crops.append(
                picture[int(box.top * 384) : int(box.bottom * 384), int(box.left * 768) : int(box.right * 768)]
            )
    alike = shipped.crops(crops) @ shipped.crops(crops).T
    own = [alike[i, j] for i in range(6) for j in range(i) if i // 3 == j // 3]
    other = [alike[i, j] for i in range(6) for j in range(i) if i // 3 != j // 3]
    assert min(own) > max(other)
