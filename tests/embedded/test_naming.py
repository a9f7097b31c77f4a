"""Scenes full of things, and the lesson of naming these off the denoiser's features."""

from __future__ import annotations

import random

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from novel.embedded import scenes  # noqa: E402
from novel.embedded.teacher.facts import THING_NAMES  # noqa: E402
from novel.embedded.teacher.sampler import sample_scene  # noqa: E402
from novel.embedded.training import denoiser, naming  # noqa: E402

SIDES = ("left", "center", "right")


def test_a_full_scene_has_one_thing_on_every_side_that_nobody_takes():
    shown = [scenes.scene_number(scenes.FULL, i, (768, 384)) for i in range(500)]
    for scene in shown:
        assert len(scene.people) < 2
        assert sorted([p.side for p in scene.people] + [t.side for t in scene.things]) == sorted(SIDES)
        assert len({t.name for t in scene.things}) == len(scene.things)
    assert 0.1 < np.mean([len(s.people) for s in shown]) < 0.4
    assert {t.name for s in shown for t in s.things} == set(THING_NAMES)
    plain = sample_scene(random.Random(scenes.seed_of(scenes.FULL, 3)), (768, 384))
    assert (shown[3].place, shown[3].time, shown[3].style) == (plain.place, plain.time, plain.style)


def test_most_full_scenes_are_told_with_all_their_things():
    told = 0
    for i in range(100):
        scene = scenes.scene_number(scenes.FULL, i)
        facts = scenes.caption(scene, random.Random(i)).facts
        told += sum(facts.get(f"{t.side}-thing") == t.name for t in scene.things) == len(scene.things)
    assert told > 80


def test_a_map_shows_each_thing_where_it_stands():
    for i in range(20):
        scene = scenes.scene_number(scenes.FULL, i, (768, 384))
        shown = naming.shown_map(scene)
        assert shown.shape == (24, 48)
        for box in scenes.boxes(scene):
            if box.what == "person":
                continue
            column = min(47, int((box.left + box.right) / 2 * 48))
            row = min(23, int((box.top + box.bottom) / 2 * 24))
            # or a smaller one that stands before it
            there = int(shown[row, column])
            assert there > 0
            assert THING_NAMES[there - 1] in {t.name for t in scene.things}


def test_people_have_marks_of_their_own_in_a_map():
    pair = scenes.Scene(people=(scenes.Person("left"), scenes.Person("right")))
    shown = naming.shown_map(pair)
    assert set(np.unique(shown).tolist()) == {0, naming.PERSON, naming.PERSON - 1}
    assert (shown[:, :12] == naming.PERSON).any()
    assert (shown[:, 36:] == naming.PERSON - 1).any()
    assert len(THING_NAMES) < naming.PERSON - 10


def test_things_count_the_same_whatever_their_size():
    shown = torch.zeros(2, 24, 48)
    shown[0, 2:6, 2:12], shown[0, 10:20, 20:40] = 3, 9
    got = naming.shares(shown)
    assert float(got[0].mean()) == pytest.approx(1.0, rel=0.01)
    extra = got[0] - (1 - naming.THINGS_SHARE)
    assert float(extra[shown[0] == 3].sum()) == pytest.approx(float(extra[shown[0] == 9].sum()), rel=0.01)
    assert float(extra.sum() / got[0].numel()) == pytest.approx(naming.THINGS_SHARE, rel=0.01)
    assert (got[1] == got[1, 0, 0]).all()
    shown[1, 0, 0] = 5
    assert float(naming.shares(shown).max()) == naming.MOST


def _late(late: int) -> torch.Tensor:
    """The timesteps that a batch of eight is asked at."""
    asked: list[torch.Tensor] = []

    class Model:
        def __call__(self, x, t, encoder_hidden_states):
            asked.append(t)
            return type("Out", (), {"sample": torch.zeros_like(x)})

    alphas = denoiser.scheduler().alphas_cumprod
    generator = torch.Generator().manual_seed(0)
    z, weight = torch.randn(8, 8, 6, 12, generator=generator), torch.ones(8, 6, 12)
    for _ in range(40):
        loss = denoiser.loss_of(Model(), alphas, z, torch.zeros(8, 1, 1), weight, generator, 4.0, late)
        assert torch.isfinite(loss)
    return torch.stack(asked)


def test_late_pictures_are_learned_from_where_there_is_noise():
    t = _late(3)
    assert t[:, 5:].min() >= 300
    assert t[:, 5:].max() > 950
    assert t[:, :5].min() < 50
    for of in (t[:, :5], t[:, 5:]):
        assert (of.diff(dim=1) > -200).all()
    # the others are at the noisy end more often
    assert 0.54 < (t[:, :5] >= 500).float().mean() < 0.75
    assert _late(0).shape == (40, 8)
    assert _late(8).min() >= 300


def test_what_is_shown_is_learned_to_be_named_off_the_features():
    torch.manual_seed(0)
    model = denoiser.build((32, 32, 32))
    namer = naming.Namer(model)
    shown = torch.zeros(3, 12, 24, dtype=torch.long)
    shown[1, :, :12], shown[2, :, 12:] = 4, 90
    # a person is nothing to be named
    shown[2, :, :4] = naming.PERSON
    noisy, states = torch.randn(4, 8, 12, 24), torch.randn(4, 5, 192)
    optimizer = torch.optim.AdamW([*model.parameters(), *namer.parameters()], lr=3e-3)
    losses = []
    for _ in range(12):
        model(noisy, 900, encoder_hidden_states=states)
        loss = namer(shown)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[0] == pytest.approx(np.log(len(THING_NAMES) + 1), rel=1e-4)
    assert losses[-1] < 0.3 * losses[0]
    # the denoiser learns of it too, not the layers alone
    assert model.mid_block.resnets[0].conv1.weight.grad.abs().max() > 0


@pytest.mark.parametrize("shown", [torch.zeros(2, 12, 24), torch.zeros(0, 12, 24)])
def test_with_nothing_to_name_there_are_gradients_all_the_same(shown):
    """Processes average theirs, so that none may be without."""
    model = denoiser.build((32, 32, 32))
    namer = naming.Namer(model)
    model(torch.randn(2, 8, 12, 24), 900, encoder_hidden_states=torch.randn(2, 5, 192))
    loss = namer(shown)
    loss.backward()
    assert float(loss.detach()) == 0
    assert all(p.grad is not None and not p.grad.any() for p in namer.parameters())
