"""How the image tower learns: what is true of a scene, cell by cell, and a run of a moment."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from novel.embedded import scenes, train  # noqa: E402
from novel.embedded.scenes import Person, Scene, Thing  # noqa: E402
from novel.embedded.teacher.scene import STYLES  # noqa: E402
from novel.embedded.tower import FILE, Tower  # noqa: E402
from novel.embedded.towernet import PERSON, Knower, Reader  # noqa: E402
from novel.embedded.training import cast, knower, sameness, sights, tower, wear  # noqa: E402
from novel.embedded.training.stand import Stand  # noqa: E402

HEADS = list(PERSON)


def test_a_scene_of_the_cast_is_the_same_every_time_and_brings_people_back():
    shown = [cast.scene_at("cast", i) for i in range(300)]
    assert shown == [cast.scene_at("cast", i) for i in range(300)]
    looks = [cast.look_of(p) for s in shown for p in s.people if p.kind != "robot"]
    assert len(set(looks)) < len(looks)
    rooms = [cast.room_of(s) for s in shown]
    assert len(set(rooms)) < len(rooms)
    plain = [scenes.scene_number("cast", i, cast.WIDE) for i in range(300)]
    assert sum(len(s.things) for s in shown) > sum(len(s.things) for s in plain)


def test_who_someone_is_does_not_change_with_what_they_do():
    one = Person("left", kind="woman", hair="red", clothes="dress", colour="green")
    assert cast.look_of(one) == cast.look_of(replace(one, side="right", pose="wave", facing="left", expression="sad"))
    assert cast.look_of(one) != cast.look_of(replace(one, colour="blue"))
    assert cast.look_of(replace(one, cut="bald")) == cast.look_of(replace(one, cut="bald", hair="pink"))


def test_what_can_not_be_seen_is_not_asked():
    grey = sights.person_classes(Person("left", colour="red", hair="red"), "manga")
    assert all(grey[HEADS.index(head)] == -1 for head in ("colour", "hair", "skin"))
    back = sights.person_classes(Person("left", facing="back", glasses=True), "bright")
    assert all(back[HEADS.index(head)] == -1 for head in ("glasses", "beard", "expression"))
    robot = sights.person_classes(Person("left", kind="robot", colour="red"), "bright")
    assert robot[HEADS.index("colour")] == PERSON["colour"].index("red")
    assert robot[HEADS.index("hair")] == robot[HEADS.index("clothes")] == -1


def two_scenes():
    shown = [
        Scene(people=(Person("left", facing="left"), Person("right", colour="red")), things=(Thing("center", "tree"),)),
        Scene(people=(), things=()),
    ]
    return shown, sights.truths(shown)


def test_people_and_things_are_found_where_they_stand():
    shown, t = two_scenes()
    heat = sights.heat_of(t.people_at)
    assert heat.shape == (2, sights.ROWS, sights.COLUMNS)
    assert (heat[0] == 1).sum() == 2
    assert heat[1].max() == 0
    which, x, _ = sights.cells_of(t.people_at)
    assert which.tolist() == [0, 0]
    assert x.tolist() == [6, 18]
    for person, at in zip(shown[0].people, t.people_at[0, :2], strict=True):
        (box,) = [b for b in scenes.boxes(shown[0]) if b.side == person.side and b.what == "person"]
        assert box.left < at[0] < box.right
        assert box.top < at[1] < box.bottom


def test_the_other_way_round_left_is_right():
    _, t = two_scenes()
    x = torch.arange(2 * 3 * 192 * 384, dtype=torch.float32).view(2, 3, 192, 384)
    flipped, m = sights.mirrored(x, t)
    assert (flipped[..., 0] == x[..., -1]).all()
    assert m.people_at[0, 0, 0] == pytest.approx(1 - float(t.people_at[0, 0, 0]))
    assert m.people[0, 0, HEADS.index("facing")] == PERSON["facing"].index("right")
    assert (m.people_at[1] == -1).all()
    again, back = sights.mirrored(flipped, m)
    assert (again == x).all()
    assert (back.people == t.people).all()


def test_what_is_moved_is_looked_for_where_it_went():
    _, t = two_scenes()
    x = torch.zeros(2, 3, 192, 384)
    column = int(t.people_at[0, 0, 0] * 384)
    x[0, :, :, column] = 1
    moved, m = sights.moved(x, t, torch.Generator().manual_seed(1))
    assert moved.shape == x.shape
    assert int(moved[0, 0, 96].argmax()) == pytest.approx(float(m.people_at[0, 0, 0] * 384), abs=1)
    assert (m.people_at[1] == -1).all()


def test_a_reader_that_is_right_has_the_lower_loss():
    _, t = two_scenes()
    torch.manual_seed(0)
    out = Reader()(torch.randn(2, 3, 192, 384))
    manners = torch.randn(5, 16)
    before = float(tower.loss_of(out, t, manners).detach())
    better = dict(out)
    heat = sights.heat_of(t.people_at)
    better["people"] = torch.cat([(heat[:, None] == 1) * 16.0 - 8, out["people"][:, 1:]], 1)
    better["place"] = 20 * torch.nn.functional.one_hot(t.whole[:, 2], 30).float()
    assert float(tower.loss_of(better, t, manners).detach()) < before


def test_crops_of_one_person_near_have_the_lower_loss():
    who = torch.tensor([0, 0, 1, 1])
    near = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [1, 0.1], [0, 1], [0.1, 1]]), dim=1)
    assert knower.alike_loss(near, who) < knower.alike_loss(near[[0, 2, 1, 3]], who)


def test_windows_without_chance_show_the_box_itself():
    cut = torch.zeros(1, 3, knower.CUT, knower.CUT)
    inner = slice(round(knower.CUT / 6) + 2, round(5 * knower.CUT / 6) - 2)
    cut[..., inner, inner] = 1
    assert float(knower.windows(cut, None).mean()) > 0.85
    assert knower.windows(cut, torch.Generator().manual_seed(0)).shape == (1, 3, 96, 96)


def test_worn_pictures_stay_pictures():
    x = torch.rand(4, 3, 192, 384) * 2 - 1
    for seed in range(6):
        worn = wear.worn(x, torch.Generator().manual_seed(seed))
        assert worn.shape == x.shape
        assert float((worn - x).abs().mean()) < 0.6


def test_a_training_goes_on_where_it_stopped(tmp_path):
    model = Knower()
    optimizer = torch.optim.AdamW(model.parameters())
    stand = Stand(tmp_path / "x.pt", 100.0)
    stand.learn(model(torch.randn(2, 3, 96, 96)).sum(), optimizer, list(model.parameters()), 0.1)
    stand.before = 40.0
    extra = torch.ones(2)
    stand.save(model, optimizer, extra)
    other, more = Knower(), torch.zeros(2)
    again = Stand(tmp_path / "x.pt", 100.0)
    again.resume(other, torch.optim.AdamW(other.parameters()), more)
    assert again.step == 1
    assert 0.4 <= again.gone < 0.5
    assert (more == 1).all()
    assert (other.out.weight == model.out.weight).all()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    pytest.importorskip("skia", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("tower")
    common = ["--folder", str(folder), "--workers", "1", "--pictures", "40", "--plain", "4", "--batch", "4"]
    train.main(["tower", *common, "--seconds", "2", "--people-seconds", "2", "--out", str(folder / "out")])
    return folder


def test_the_stage_leaves_a_tower_that_loads(trained):
    file = trained / "out" / "tower.safetensors"
    assert file.stat().st_size <= 6e6
    made = Tower.load(file)
    picture = np.array(cast.pictures(trained, "cast", 40)[0])
    assert made.facts(picture)
    assert made.identity != Tower.load().identity


def test_sameness_is_measured_on_people_places_and_styles(trained):
    figures = sameness.check(Tower.load(trained / "out" / "tower.safetensors"), trained, 60)
    assert figures["style pairs"] > 0
    assert 0.5 <= figures["style right"] <= 1
    assert 0 <= figures["style area"] <= 1


def test_pictures_that_are_there_are_not_drawn_again(trained, monkeypatch):
    before = np.array(cast.pictures(trained, "cast", 40)[7])
    monkeypatch.setattr(cast, "_picture", lambda job: pytest.fail("drawn again"))
    assert (cast.pictures(trained, "cast", 40)[7] == before).all()


def test_the_tower_that_ships_is_trained_on_and_what_gets_no_time_stays_as_it_is(trained, tmp_path):
    for kept in [*trained.glob("*.npy"), *trained.glob("*.json")]:
        shutil.copy(kept, tmp_path)
    tower.begin(tmp_path, FILE)
    common = ["--folder", str(tmp_path), "--workers", "1", "--pictures", "40", "--plain", "4", "--batch", "4"]
    train.main(
        [
            "tower",
            *common,
            "--seconds",
            "1.5",
            "--people-seconds",
            "0",
            "--rate",
            "1e-6",
            "--out",
            str(tmp_path / "out"),
        ]
    )
    before, after = load_file(FILE), load_file(tmp_path / "out" / "tower.safetensors")
    assert all(torch.equal(before[k], after[k]) for k in before if k.startswith("knower."))
    assert any(not torch.equal(before[k], after[k]) for k in before if k.startswith("reader."))
    # The styles' vectors are read off what it knows already: so small a rate hardly moves it.
    state = torch.load(tmp_path / "tower-reader.pt", weights_only=True)
    assert state["step"] > 0
    pictures = cast.pictures(tmp_path, "cast", 40)
    shown = [cast.scene_at("cast", i).style for i in range(40)]
    reader = Tower.load(tmp_path / "out" / "tower.safetensors").reader
    with torch.no_grad():
        felt = reader(tower.pixels_of(np.array(pictures)))["manner"] @ torch.nn.functional.normalize(state["more"][0]).T
    right = [STYLES[int(row.argmax())] == style for row, style in zip(felt, shown, strict=True)]
    assert sum(right) >= 36
