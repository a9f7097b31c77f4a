"""The teacher's scenes: sampled, told and drawn."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from novel.embedded import scenes
from novel.embedded.scenes import Person, Scene, Thing
from novel.embedded.teacher import scene as names
from novel.embedded.teacher import words, words_people, words_places, words_things
from novel.embedded.teacher.captions import caption
from novel.embedded.teacher.facts import HEADS, SLOTS, classes
from novel.embedded.teacher.sampler import sample_scene
from novel.embedded.teacher.things import THINGS

SMALL = {"width": 384, "height": 192}


def pictures_of(*many):
    pytest.importorskip("skia", exc_type=ImportError)
    return [scenes.draw(s) for s in many]


def test_the_world_is_as_large_as_stories_need():
    assert len(names.PLACES) >= 24
    assert len(names.TIMES) == 6
    assert len(names.WEATHERS) >= 5
    assert len(THINGS) >= 60
    assert len(names.STYLES) == 5
    assert len(names.COLOURS) == 12
    assert len(names.EXPRESSIONS) >= 6


def test_everything_drawn_can_be_said():
    for table, options in (
        (words.STYLE, names.STYLES),
        (words.SHOT, names.SHOTS),
        (words_places.PLACE, names.PLACES),
        (words.TIME, names.TIMES),
        (words.WEATHER, names.WEATHERS),
        (words_people.KIND, names.KINDS),
        (words_people.POSE, names.POSES),
        (words_people.CLOTHES, names.CLOTHES),
        (words_people.COLOUR, names.COLOURS),
        (words_people.EXPRESSION, names.EXPRESSIONS),
        (words_people.HAT, names.HATS[1:]),
        (words_things.THING, tuple(THINGS)),
    ):
        assert set(table) == set(options)
        assert all(table.values())


def test_a_scene_is_a_function_of_its_number():
    assert scenes.scene_number("train", 7) == scenes.scene_number("train", 7)
    assert scenes.scene_number("train", 7) != scenes.scene_number("train", 8)
    assert scenes.scene_number("train", 7) != scenes.scene_number("test", 7)


def test_a_size_changes_nothing_else():
    wide, square = (scenes.scene_number("train", 11, size) for size in scenes.SIZES[:2])
    assert replace(wide, width=square.width, height=square.height) == square


def test_nobody_shares_a_side_and_things_stand_where_nobody_does():
    for i in range(300):
        s = scenes.scene_number("test", i)
        sides = [p.side for p in s.people]
        assert len(sides) == len(set(sides)) <= 4
        assert not {t.side for t in s.things if not t.behind} & set(sides)


def test_the_corpus_holds_everything():
    sample = [scenes.scene_number("train", i) for i in range(3000)]
    people = [p for s in sample for p in s.people]
    assert {s.place for s in sample} == set(names.PLACES)
    assert {p.pose for p in people} == set(names.POSES)
    assert {p.colour for p in people} == set(names.COLOURS)
    assert {t.name for s in sample for t in s.things} | {p.holding for p in people} >= set(THINGS)
    assert {len(s.people) for s in sample} == {0, 1, 2, 3, 4}


def test_a_caption_states_only_what_is_there():
    for i in range(400):
        s = scenes.scene_number("test", i)
        c = caption(s, random.Random(i))
        assert c.facts.get("place", s.place) == s.place
        assert c.facts.get("time", s.time) == s.time
        assert c.facts.get("style", s.style) == s.style
        for p in s.people:
            assert c.facts.get(f"{p.side}-colour", p.colour) == p.colour
            assert c.facts.get(f"{p.side}-pose", p.pose) == p.pose
        absent = set(names.SIDES) - {p.side for p in s.people}
        assert not [f for f in c.facts if f.partition("-")[0] in absent and not f.endswith(("thing", "behind"))]


def test_captions_say_the_same_in_many_ways():
    s = scenes.scene_number("test", 3)
    assert len({caption(s, random.Random(k)).text for k in range(40)}) > 35
    assert caption(s, random.Random(1)).text == caption(s, random.Random(1)).text


def test_facts_become_classes():
    got = classes({"place": names.PLACES[2], "left-colour": "red"})
    heads = list(HEADS)
    assert got[heads.index("place")] == 3
    assert got[heads.index("left-colour")] == names.COLOURS.index("red") + 1
    assert sum(got) == 3 + names.COLOURS.index("red") + 1
    assert sum(len(h) for h in SLOTS.values()) == len(heads)


def test_the_same_scene_is_the_same_picture():
    s = scenes.scene_number("test", 5, (384, 192))
    a, b = pictures_of(s, s)
    assert a.shape == (192, 384, 3)
    assert a.dtype == np.uint8
    assert (a == b).all()


@pytest.mark.parametrize("place", names.PLACES)
def test_every_place_is_drawn_and_differs_by_day_and_night(place):
    day, night = pictures_of(Scene(place=place, **SMALL), Scene(place=place, time="night", **SMALL))
    assert day.std() > 12
    assert np.abs(day.astype(int) - night).mean() > 6


@pytest.mark.parametrize("style", [s for s in names.STYLES if s != "manga"])
@pytest.mark.parametrize("place", names.PLACES)
def test_the_hour_can_be_told_in_every_place_and_style_but_manga(place, style):
    scene = Scene(place=place, style=style, **SMALL)
    drawn = pictures_of(*(replace(scene, time=hour) for hour in names.TIMES))
    broad = [picture.reshape(4, 48, 8, 48, 3).mean((1, 3)) for picture in drawn]
    for one, other in itertools.combinations(range(len(names.TIMES)), 2):
        apart = np.abs(broad[one] - broad[other]).mean()
        assert apart > 6, (names.TIMES[one], names.TIMES[other])


def test_in_manga_a_room_is_the_same_whatever_light_falls_in():
    scene = Scene(place="library", style="manga", **SMALL)
    day, dawn = pictures_of(scene, replace(scene, time="dawn"))
    assert np.abs(day.astype(int) - dawn).mean() < 3


def test_the_hours_light_falls_behind_people_and_not_on_them():
    scene = Scene(place="gallery", time="golden", people=(Person("center", colour="white", clothes="dress"),), **SMALL)
    with_light, without = pictures_of(scene, replace(scene, place="beach"))
    box = scenes.boxes(scene)[0]
    middle, chest = 192, int((box.top + 0.4 * (box.bottom - box.top)) * 192)
    assert (
        np.abs(with_light[chest, middle - 4 : middle + 5].astype(int) - without[chest, middle - 4 : middle + 5]).max()
        < 3
    )


def test_a_style_changes_the_drawing_and_not_only_the_colours():
    base = Scene(place="park", people=(Person("left"), Person("right", kind="woman", cut="long")), **SMALL)
    drawn = dict(zip(names.STYLES, pictures_of(*(replace(base, style=s) for s in names.STYLES)), strict=True))
    assert drawn["manga"].std(2).max() < 6  # black, white and dots
    assert drawn["noir"].mean() < drawn["bright"].mean() < drawn["watercolor"].mean()
    edges = {k: np.abs(np.diff(v.mean(2), axis=1)).mean() for k, v in drawn.items()}
    assert edges["watercolor"] < edges["bright"] < edges["manga"]


def test_people_wear_what_the_scene_says_where_it_says():
    for colour, channel in (("red", 0), ("green", 1), ("blue", 2)):
        (picture,) = pictures_of(
            Scene(place="gallery", people=(Person("right", colour=colour, clothes="sweater"),), **SMALL)
        )
        box = scenes.boxes(Scene(place="gallery", people=(Person("right"),), **SMALL))[0]
        middle = int((box.left + box.right) / 2 * 384)
        chest = picture[int((box.top + 0.38 * (box.bottom - box.top)) * 192), middle - 8 : middle + 9].reshape(-1, 3)
        assert chest.mean(0).argmax() == channel


@pytest.mark.parametrize(
    "what",
    [{"expression": e} for e in names.EXPRESSIONS[1:]]
    + [{"pose": p} for p in names.POSES[1:]]
    + [{"hat": "crown"}, {"glasses": True}],
)
def test_whatever_a_person_does_can_be_seen(what):
    plain, other = pictures_of(
        *(
            Scene(shot="medium", people=(p,), **SMALL)
            for p in (
                Person("center"),
                Person("center", **({"holding": "book"} | what if what.get("pose") == "hold" else what)),
            )
        )
    )
    assert (plain != other).any(2).sum() > 25


def test_every_thing_is_drawn_inside_its_box():
    for name in THINGS:
        scene = Scene(place="gallery", things=(Thing("center", name),), **SMALL)
        with_it, without = pictures_of(scene, replace(scene, things=()))
        changed = np.argwhere((with_it != without).any(2))
        assert len(changed) > 60, name
        box = scenes.boxes(scene)[0]
        y, x = changed.mean(0) / (192, 384)
        assert box.left < x < box.right, name
        assert box.top - 0.05 < y < min(1.0, box.bottom + 0.25), name


def test_boxes_lie_in_the_picture_and_in_order():
    for i in range(200):
        for box in scenes.boxes(scenes.scene_number("test", i)):
            assert 0 <= box.left < box.right <= 1
            assert 0 <= box.top < box.bottom <= 1


def test_sampling_draws_from_its_own_generator_only():
    random.seed(1)
    a = sample_scene(random.Random(9))
    random.seed(2)
    assert sample_scene(random.Random(9)) == a
