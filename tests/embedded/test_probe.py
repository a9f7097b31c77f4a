"""The probe: the tower's readings as the teacher's classes, and how many of them are right."""

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from seen import perfect  # noqa: E402

from novel.embedded import evaluate, scenes, tower  # noqa: E402
from novel.embedded.tower import Tower  # noqa: E402
from novel.embedded.towernet import Knower, Reader  # noqa: E402
from novel.embedded.training import measure, probe  # noqa: E402


def test_of_a_perfect_reading_every_class_is_right():
    for i in range(60):
        scene = scenes.scene_number("probe-classes", i, (768, 384))
        read, true = probe.classes(perfect(scene)), probe.truth(scene)
        things = [t.side for t in scene.things]
        for (head, got), want in zip(read.items(), true, strict=True):
            if want < 0 or (head.endswith("-thing") and len(things) != len(set(things))):
                continue  # grey in grey, or two things on one side
            assert got == want, (i, head)


def test_a_crowd_is_four():
    scene = scenes.scene_number("probe-classes", 0, (768, 384))
    reading = perfect(replace(scene, people=(scenes.Person("left"),)))
    assert probe.classes(replace(reading, people=reading.people * 7))["count"] == 4


def test_reading_many_is_reading_each():
    torch.manual_seed(0)
    blind = Tower(Reader(), Knower())
    pictures = np.random.default_rng(0).integers(0, 255, (2, 192, 384, 3), np.uint8)
    read = probe.read(blind, pictures)
    assert set(read) == set(probe.HEADS)
    assert all(read[head][1] == probe.read(blind, pictures[1:])[head][0] for head in read)


def test_what_is_shrunk_keeps_its_mean():
    pictures = np.random.default_rng(0).integers(0, 255, (1, 384, 768, 3), np.uint8)
    assert probe.shrink(pictures).shape == (1, 192, 384, 3)
    assert probe.shrink(pictures).mean() == pytest.approx(pictures.mean(), abs=0.2)


def test_the_check_tells_a_blind_tower_from_one_that_sees(tmp_path):
    pytest.importorskip("skia", exc_type=ImportError)
    torch.manual_seed(0)
    seeing = probe.check(Tower.load(), tmp_path, workers=1, count=16)
    blind = probe.check(Tower(Reader(), Knower()), tmp_path, workers=1, count=16)
    assert set(seeing) == set(blind) >= {"place", "time", "style", "count", "kind", "colour", "thing", "sides"}
    assert seeing["place"] > blind["place"] + 0.3
    assert seeing["colour"] > blind["colour"] + 0.3


def test_a_run_that_was_stopped_draws_only_what_is_missing(tmp_path, monkeypatch):
    asked = []

    def drawn(args, prompts, seeds):
        asked.extend(seeds)
        return np.full((len(prompts), 8, 16, 3), 7, np.uint8)

    monkeypatch.setattr(evaluate, "_drawn", drawn)
    args = evaluate._parser().parse_args(["run", "--count", "3", "--keep", str(tmp_path)])
    prompts = [r.caption.text for r in measure.requests(3)]
    pictures, count = evaluate._kept(args, prompts)
    assert (len(pictures), count, asked) == (3, 3, [0, 1, 2])
    (tmp_path / "0001.png").unlink()
    again, count = evaluate._kept(args, prompts)
    assert (count, asked) == (1, [0, 1, 2, 1])
    assert all((a == b).all() for a, b in zip(pictures, again, strict=True))


def test_the_model_cards_run_prints_the_figures(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    monkeypatch.setattr(
        evaluate, "_drawn", lambda args, prompts, seeds: rng.integers(0, 255, (len(prompts), 96, 192, 3), np.uint8)
    )
    evaluate.main(["run", "--count", "4", "--keep", str(tmp_path)])
    out = capsys.readouterr().out
    assert tower.identity() in out
    assert all(f'"{name}"' in out for name in ("place", "time", "style", "people", "colour", "things", "sides"))


def test_the_ceiling_is_far_above_what_noise_gets(capsys):
    pytest.importorskip("skia", exc_type=ImportError)
    evaluate.main(["ceiling", "--count", "12", "--workers", "1"])
    right = json.loads(capsys.readouterr().out)["right"]
    assert min(right[name] for name in ("place", "style", "people")) > 0.6


def test_seeds_strength_and_the_styles_words_do_what_they_should(capsys):
    evaluate.main(["steer", "--count", "1", "--steps", "4"])
    got = json.loads(capsys.readouterr().out)
    assert got["same seed, same bytes"]
    assert got["other seed, other picture"]
    assert got["likeness at strength 0.3"] > got["likeness at strength 0.9"] + 0.2
    assert got["style follows its words"] >= 0.4
