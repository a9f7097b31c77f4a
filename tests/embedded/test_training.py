"""The stages of training, each a few steps long, and the folder that comes out."""

import json
import math
import random
import shutil
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from novel.embedded import evaluate, scenes, train  # noqa: E402
from novel.embedded.scenes import Person, Scene  # noqa: E402
from novel.embedded.teacher import scene as names  # noqa: E402
from novel.embedded.teacher.captions import Caption, caption  # noqa: E402
from novel.embedded.teacher.things import THINGS  # noqa: E402
from novel.embedded.training import (  # noqa: E402
    autoencoder,
    curriculum,
    denoiser,
    language,
    latents,
    lessons,
    measure,
    naming,
    probe,
    text,
    wordings,
)
from novel.embedded.vocabulary import known_words, unknown_words  # noqa: E402


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which every stage has run for a moment, and the exported model."""
    pytest.importorskip("skia", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("train")
    common = ["--folder", str(folder), "--workers", "1"]
    train.main(
        ["autoencoder", *common, "--pictures", "2", "--seconds", "0.5", "--reduce", "4", "--crop", "32", "--batch", "1"]
    )
    grown = ["--pictures", "2", "--seconds", "0.5", "--crop", "32", "--batch", "1", "--keep-latents"]
    train.main(["autoencoder", *common, *grown])
    train.main(["text", *common, "--seconds", "1", "--batch", "2"])
    train.main(["latents", *common, "--pictures", "4", "--first"])
    train.main(["latents", *common, "--pictures", "10"])
    train.main(["denoiser", *common, "--seconds", "1", "--batch", "2"])
    out = folder / "model"
    train.main(["export", *common, "--out", str(out), "--shard", "15"])
    return folder, out


@pytest.fixture(scope="module")
def pipe(trained):
    return evaluate.load(trained[1], "cpu")


def test_the_tokenizer_has_one_token_a_word_and_one_for_all_others():
    t = language.tokenizer()
    tokens = t.encode("Café at NIGHT, the woman's red-hair: qwertz").tokens
    assert tokens[:11] == ["<s>", "cafe", "at", "night", ",", "woman", "red", "hair", ":", "<unk>", "</s>"]
    assert len(tokens) == language.LENGTH


def test_the_tokenizer_agrees_with_the_count_that_keeps_the_slots_free():
    for i in range(60):
        caption = wordings.told("test", i).text
        assert language.fits(caption)
        ids = language.encode([caption])[0]
        assert int((ids != 0).sum()) == len(language.split(caption)) + 2


def test_a_prompt_that_is_too_long_loses_its_end_and_never_fills_the_slots(trained):
    from transformers import PreTrainedTokenizerFast

    saved = PreTrainedTokenizerFast.from_pretrained(trained[1] / "tokenizer")
    for words in (3, language.ROOM - 2, language.ROOM - 1, 200):
        text = "red " * words
        (ids,) = saved([text], padding="max_length", max_length=language.LENGTH, truncation=True).input_ids
        assert ids == list(language.encode([text])[0])
        assert len(ids) == language.LENGTH
        assert ids[language.ROOM :] == [0] * (language.LENGTH - language.ROOM)
        assert ids.count(saved.convert_tokens_to_ids("red")) == min(words, language.ROOM - 2)
        assert language.fits(text) == (words <= language.ROOM - 2)


def test_words_that_are_done_without_are_left_out_alike_by_both(trained):
    text = "there is an old woman who has the hair of a man, the others are dressed in white, theatre"
    left = ["old", "woman", "hair", "man", ",", "others", "in", "white", ",", "theatre"]
    assert language.split(text) == left
    tokens = language.tokenizer().encode(text).tokens[1 : len(left) + 1]
    assert [t for t in tokens if t != "<unk>"] == [w for w in left if w in {*language.word_list(), ","}]
    assert set(language.UNSAID) <= set(language.word_list())  # known all the same: no prompt is told off for them


def test_every_word_of_a_caption_is_in_the_vocabulary():
    known = set(language.word_list())
    for i in range(200):
        missing = set(language.split(wordings.told("test", i).text)) - known - {",", ".", ":", "zzz"}
        assert not missing


def test_a_caption_has_other_wordings_and_the_same_one_again():
    assert wordings.told("test", 4, 1).text != wordings.told("test", 4, 2).text
    assert wordings.told("test", 4, 1) == wordings.told("test", 4, 1)


def test_the_slots_see_every_word_of_the_prompt():
    torch.manual_seed(0)
    model, reader = text.build(layers=1).eval(), text.Reader()
    a, b = (
        reader(
            model(
                input_ids=torch.from_numpy(language.encode([f"{word} coat, a man"]).astype(np.int64))
            ).last_hidden_state
        )
        for word in ("red", "blue")
    )
    assert len(a) == len(text.HEADS)
    assert all((x != y).any() for x, y in zip(a, b, strict=True))


def test_the_text_loss_falls():
    torch.manual_seed(0)
    model, reader = text.build(layers=1), text.Reader()
    optimizer = torch.optim.AdamW([*model.parameters(), *reader.parameters()], 2e-3)
    _, ids, target = lessons.batch_of(range(1, 7), "test")
    losses = []
    for _ in range(12):
        loss = text.loss_of(reader(model(input_ids=ids).last_hidden_state), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_what_is_told_backwards_is_the_same_people_in_the_other_order():
    told = [[wordings.told("test", i, backwards=backwards) for backwards in (False, True)] for i in range(60)]
    assert all(there.facts == back.facts for there, back in told)
    assert 10 < sum(there.text != back.text for there, back in told) < 50
    pair = Scene(people=(Person("left", kind="man"), Person("right", kind="robot")))
    for seed in range(30):
        there, back = (caption(pair, random.Random(seed), backwards) for backwards in (False, True))
        assert sorted(there.text.replace(",", "").split()) == sorted(back.text.replace(",", "").split())


def test_every_other_wording_of_the_corpus_tells_its_people_in_the_other_order():
    known = 0
    for number in range(40):
        texts = latents.wordings_of("train", number)
        for turn, text_ in enumerate(texts):
            there, back = (wordings.told("train", number, turn, backwards=b).text for b in (False, True))
            assert text_ == (back if turn % 2 else there)
            known += turn % 2 and there != back
    assert known > 10


def test_a_held_encoder_stays_in_the_slots_that_it_read_right():
    torch.manual_seed(0)
    model, reader = text.build().eval(), text.Reader().eval()
    held = text.Held(model, reader)
    taught = lessons.lesson(4, 1)
    with torch.no_grad():
        states, _ = held.wanted(taught)
        read = torch.stack([h.argmax(1) for h in reader(states)], 1)
        _, all_right = held.wanted(replace(taught, target=read))
        wrong = read.clone()
        wrong[2, list(text.HEADS).index("left-colour")] += 1
        _, stays = held.wanted(replace(taught, target=wrong))
        _, unread = text.Held(model, None).wanted(replace(taught, target=wrong))
    assert all_right.all()
    assert unread.all()
    slot = language.ROOM + list(text.SLOTS).index("left-clothes")
    assert (~stays).nonzero().tolist() == [[2, slot]]


def test_captions_with_two_orders_are_told_in_both_by_the_same_classes():
    taught = lessons.lesson(48, 1)
    assert len(taught.texts) == len(taught.ids) == len(taught.target) == 48
    assert 0 < len(taught.back) == len(taught.back_target)
    told = list(zip(taught.target.tolist(), taught.ids, strict=True))
    for row, classes in zip(taught.back, taught.back_target.tolist(), strict=True):
        assert any(t == classes and not torch.equal(row, i) for t, i in told)


def test_every_other_caption_shows_a_crowd_and_none_fills_the_slots():
    taught = lessons.lesson(40, 1)
    kinds = [k for k, head in enumerate(text.HEADS) if head.endswith("-kind")]
    people = (taught.target[:, kinds] > 0).sum(1)
    assert (people[1::2] > 2).sum() > 12
    assert taught.texts[0] == ""
    assert not taught.ids[:, language.ROOM :].any()
    assert not taught.back[:, language.ROOM :].any()


def test_training_goes_on_with_an_encoder_that_is_held(trained, tmp_path, capsys):
    shutil.copy(trained[0] / "text.pt", tmp_path)
    train.main(["text", "--folder", str(tmp_path), "--workers", "1", "--seconds", "1", "--batch", "2", "--hold", "10"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["step"] > torch.load(trained[0] / "text.pt")["step"]


def test_the_autoencoder_keeps_its_size_and_has_no_spread():
    torch.manual_seed(0)
    vae = autoencoder.build().eval()
    x = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        posterior = vae.encode(x).latent_dist
        assert posterior.mean.shape == (1, 8, 4, 6)
        assert float(posterior.std.max()) < 1e-3
        assert vae.decode(posterior.mean).sample.shape == x.shape


def test_an_autoencoder_grows_from_a_smaller_one():
    small, large = autoencoder.build(4), autoencoder.build(1)
    assert autoencoder.grow(small.state_dict(), large) > 40
    inner, same = small.encoder.down_blocks[1], large.encoder.down_blocks[3]
    assert torch.equal(inner.resnets[0].conv1.weight, same.resnets[0].conv1.weight)
    assert torch.equal(
        small.decoder.up_blocks[0].resnets[0].conv1.weight, large.decoder.up_blocks[0].resnets[0].conv1.weight
    )


def test_a_grown_autoencoder_starts_as_the_smaller_one_on_flat_pictures():
    torch.manual_seed(0)
    small, large = autoencoder.build(2).eval(), autoencoder.build(1).eval()
    autoencoder.grow(small.state_dict(), large)
    flat = torch.full((1, 3, 256, 256), 0.3)
    with torch.no_grad():
        z = autoencoder.mean_of(small, autoencoder.reduced(flat, 2))
        a, b = small.decoder(z), large.decoder(z)
    assert torch.allclose(a[..., 60:68, 60:68].mean(), b[..., 120:136, 120:136].mean(), atol=0.1)


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """A saved autoencoder and denoiser of another make: with 1 × 1 convolutions where ours have none."""
    from diffusers import AutoencoderKL

    folder = tmp_path_factory.mktemp("older")
    torch.manual_seed(0)
    config = dict(autoencoder.build(2).config) | {"use_quant_conv": True, "use_post_quant_conv": True}
    vae = AutoencoderKL.from_config(config)
    # Its offset can't be folded at the picture's border, where the padding comes between the two convolutions.
    torch.nn.init.zeros_(vae.post_quant_conv.bias)
    vae.save_pretrained(folder / "vae")
    unet = dict(denoiser.build().config) | {"attention_head_dim": 4, "use_linear_projection": False}
    unet["addition_embed_type"] = None
    denoiser._made(unet).save_pretrained(folder / "unet")
    return folder


def test_an_autoencoder_begins_as_a_saved_one(older):
    from diffusers import AutoencoderKL

    old, new = AutoencoderKL.from_pretrained(older / "vae").eval(), autoencoder.build(2).eval()
    autoencoder.start_from(older / "vae", new)
    x = torch.rand(1, 3, 128, 128) * 2 - 1
    with torch.no_grad():
        z = old.encode(x).latent_dist.mean
        assert torch.allclose(autoencoder.mean_of(new, x), z, atol=1e-4)
        assert torch.allclose(old.decode(z).sample, new.decoder(z), atol=1e-4)
    with pytest.raises(ValueError, match="latent_channels"):
        autoencoder.start_from(older / "vae", autoencoder.build(2, channels=4))


def test_a_denoiser_begins_as_a_saved_one_and_stays_of_its_make(trained, older, tmp_path):
    for file in trained[0].iterdir():
        if file.is_file() and file.name != "denoiser.pt":
            (tmp_path / file.name).symlink_to(file)
    options = ["--folder", str(tmp_path), "--workers", "1", "--seconds", "0.3", "--batch", "2"]
    train.main(["denoiser", *options, "--start", str(older / "unet")])
    model, _ = denoiser.load(tmp_path)
    assert model.config["use_linear_projection"] is False
    assert model.config["attention_head_dim"] == 4
    with pytest.raises(ValueError, match="in_channels"):
        denoiser.start_from(older / "unet", 16)


def test_a_denoiser_without_a_summary_of_the_words_gets_one_and_draws_what_it_drew(older):
    from diffusers import UNet2DConditionModel

    before = UNet2DConditionModel.from_pretrained(older / "unet").eval()
    after = denoiser.summing_up(denoiser.start_from(older / "unet", 8)).eval()
    assert after.config["addition_embed_type"] == "text"
    assert denoiser.summing_up(after) is after
    z, states = torch.randn(2, 8, 24, 48), torch.randn(2, 96, text.WIDTH)
    with torch.no_grad():
        drawn = [m(z, torch.tensor([999, 10]), encoder_hidden_states=states).sample for m in (before, after)]
        assert torch.equal(*drawn)
        after.add_embedding.norm2.weight.fill_(1.0)
        heard = after(z, torch.tensor([999, 10]), encoder_hidden_states=states).sample
    assert not torch.allclose(heard, drawn[0], atol=1e-4)


def test_training_goes_on_from_a_state_without_a_summary(trained, older, tmp_path):
    for file in trained[0].iterdir():
        if file.is_file() and file.name != "denoiser.pt":
            (tmp_path / file.name).symlink_to(file)
    model = denoiser._made({**denoiser.build().config, "addition_embed_type": None})
    state = {"model": model.state_dict(), "ema": model.state_dict(), "optimizer": {"param_groups": []}, "step": 40}
    torch.save(state | {"joint": False, "encoder": None, "config": dict(model.config)}, tmp_path / "denoiser.pt")
    train.main(["denoiser", "--folder", str(tmp_path), "--workers", "1", "--seconds", "0.3", "--batch", "2"])
    state = torch.load(tmp_path / "denoiser.pt", weights_only=True)
    assert state["step"] > 40
    assert state["model"]["add_embedding.norm2.weight"].abs().max() > 0
    train.main(["denoiser", "--folder", str(tmp_path), "--workers", "1", "--seconds", "0.3", "--batch", "2"])
    assert torch.load(tmp_path / "denoiser.pt", weights_only=True)["step"] > state["step"]


def test_latents_stay_while_the_autoencoder_grows(trained):
    vae, times = autoencoder.encoder(trained[0])
    assert times == 4
    assert len(vae.config["block_out_channels"]) == 3
    assert len(autoencoder.load(trained[0]).config["block_out_channels"]) == 5


def test_the_curriculum_begins_with_some_scenes_and_goes_on_with_all_others():
    first = list(islice(curriculum.numbers("train", (768, 384), "first", frozenset()), 20))
    for number in first:
        scene = scenes.scene_number("train", number, (768, 384))
        assert scene.place in curriculum.PLACES
        assert {t.name for t in scene.things} <= curriculum.THINGS
    then = list(islice(curriculum.numbers("train", (768, 384), "all", frozenset(first)), 30))
    assert then == [n for n in range(100) if n not in first][:30]
    assert list(islice(curriculum.numbers("train", (768, 384), "all", frozenset([41]), skip=40), 3)) == [40, 42, 43]
    assert set(names.PLACES) >= curriculum.PLACES
    assert set(THINGS) >= curriculum.THINGS
    assert set(names.STYLES) >= curriculum.STYLES


def test_people_weigh_more_than_their_surroundings():
    scene = scenes.Scene(people=(scenes.Person("left"),))
    weight = latents.weight_map(scene)
    assert weight.shape == (24, 48)
    assert weight[:, :24].max() == 5
    assert weight[:, 24:].max() == 1


def test_a_thing_weighs_the_more_the_smaller_it_is():
    def most(shown):
        return int(latents.weight_map(scenes.Scene(things=(shown,))).max())

    small, large = scenes.Thing("right", "cup"), scenes.Thing("right", "car")
    assert 3 <= most(large) < most(small) <= 12


def test_the_rate_warms_up_holds_and_falls():
    s = denoiser.Settings(None, 1.0, rate=1.0)
    assert denoiser._rate(s, 0.0, 0) < 0.01
    assert denoiser._rate(s, 0.5, 10**6) == 1.0
    assert denoiser._rate(s, 0.85, 10**6) == pytest.approx(0.5)
    assert denoiser._rate(s, 1.0, 10**6) == pytest.approx(0.01)


def test_pure_noise_is_part_of_the_schedule():
    assert float(denoiser.scheduler().alphas_cumprod[-1]) == pytest.approx(0.0, abs=1e-8)


def _seeded():
    return torch.Generator().manual_seed(0)


def test_a_perfect_denoiser_has_no_loss():
    alphas = denoiser.scheduler().alphas_cumprod
    z = torch.randn(4, 16, 2, 2)

    class Perfect:
        def __call__(self, noisy, t, encoder_hidden_states):
            a = alphas[t].view(-1, 1, 1, 1)
            noise = (noisy - a.sqrt() * z) / (1 - a).sqrt()
            return type("Out", (), {"sample": a.sqrt() * noise - (1 - a).sqrt() * z})

    generator = torch.Generator().manual_seed(0)
    for broad in (0.0, 4.0):
        assert float(denoiser.loss_of(Perfect(), alphas, z, None, torch.ones(4, 2, 2), generator, broad)) < 1e-4


def test_light_over_areas_and_over_the_whole_counts_by_itself():
    wrong = torch.zeros(2, 3, 24, 48)
    wrong[0, :, :8, :8] = 1.0  # one area of eighteen
    wrong[1] = 1.0  # the whole
    error = denoiser.broad_error(wrong)
    assert error[0].item() == pytest.approx(1 / 18 + (1 / 18) ** 2)
    assert error[1].item() == pytest.approx(2.0)
    # What differs from cell to cell alone has none, and areas at the edge may be smaller.
    checks = (torch.arange(24)[:, None] + torch.arange(48)) % 2 * 2.0 - 1.0
    assert float(denoiser.broad_error(checks.expand(1, 3, 24, 48))) == pytest.approx(0.0, abs=1e-12)
    assert float(denoiser.broad_error(torch.ones(1, 3, 34, 34))) == pytest.approx(2.0)


def test_broad_errors_count_most_where_all_is_noise():
    alphas = denoiser.scheduler().alphas_cumprod
    z = torch.randn(4, 3, 24, 48)

    class Off:
        """Right but for the light over the whole, at pure noise or at hardly any."""

        def __init__(self, noisy_end):
            self.noisy_end = noisy_end

        def __call__(self, noisy, t, encoder_hidden_states):
            a = alphas[t].view(-1, 1, 1, 1)
            noise = (noisy - a.sqrt() * z) / (1 - a).sqrt()
            wrong = ((t > 750) if self.noisy_end else (t < 250)).view(-1, 1, 1, 1) * 0.3
            return type("Out", (), {"sample": a.sqrt() * noise - (1 - a).sqrt() * z + wrong})

    def more(noisy_end):
        """How much of the loss the broad errors are."""
        plain, broad = (
            float(denoiser.loss_of(Off(noisy_end), alphas, z, None, torch.ones(4, 24, 48), _seeded(), k))
            for k in (0.0, 4.0)
        )
        return broad - plain

    assert more(True) > 3 * more(False) > 0


def test_the_export_is_an_ordinary_small_folder(trained):
    _, out = trained
    index = json.loads((out / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline"
    files = [p for p in out.rglob("*") if p.is_file()]
    assert not [p for p in files if p.suffix not in (".json", ".safetensors")]
    assert sum(p.stat().st_size for p in files) < 60e6
    assert all(p.stat().st_size < 16 * 2**20 for p in files)


def test_the_exported_words_are_those_of_the_training(trained):
    known = known_words(trained[1])
    assert set(language.word_list()) <= known
    assert unknown_words("a small robot on the left, waving, in a library at night, teal shirt", known) == []


def test_the_same_seed_draws_the_same_bytes(pipe):
    options = {"num_inference_steps": 2, "width": 256, "height": 128}
    a, b, c = (evaluate.render(pipe, ["a red cat in a cafe"], [s], **options) for s in (1, 1, 2))
    assert a.shape == (1, 128, 256, 3)
    assert (a == b).all()
    assert (a != c).any()


def test_other_shapes_and_samplers_work(pipe):
    from diffusers import EulerAncestralDiscreteScheduler, UniPCMultistepScheduler

    kept = pipe.scheduler
    for kind in (EulerAncestralDiscreteScheduler, UniPCMultistepScheduler):
        pipe.scheduler = kind.from_config(kept.config)
        got = evaluate.render(pipe, ["a dog"], [0], num_inference_steps=2, width=144, height=176)
        assert got.shape == (1, 176, 144, 3)
    pipe.scheduler = kept


def test_training_goes_on_where_it_stopped(trained):
    folder, _ = trained
    before = torch.load(folder / "denoiser.pt", weights_only=True)["step"]
    train.main(["denoiser", "--folder", str(folder), "--workers", "1", "--seconds", "0.3", "--batch", "2"])
    assert torch.load(folder / "denoiser.pt", weights_only=True)["step"] > before


def test_the_share_of_scenes_beyond_the_beginning_can_be_asked_for(trained):
    folder, _ = trained
    wide = [s for s in latents.shards(folder) if s.size == (768, 384)]
    (part,) = wide
    first = [curriculum.comes_first(scenes.scene_number("train", n, part.size), n) for n in part.number.tolist()]
    assert 0 < sum(first) < len(first)
    beginning = part.latents[np.array(first)].astype(np.float32)
    for others, share in ((0.0, 1.0), (1.0, 0.0), (0.25, 0.75)):
        feed = latents.batches(wide, 8, 0, latents.Mix(others))
        taken = torch.cat([next(feed)[0] for _ in range(40)]).numpy()
        known = np.mean([(beginning == z).all((1, 2, 3)).any() for z in taken])
        assert known == pytest.approx(share, abs=0.08)


def test_a_share_of_what_the_corpus_does_not_hold_is_refused_with_a_cure(trained):
    (part,) = [s for s in latents.shards(trained[0]) if s.size == (768, 384)]
    shown = [(k, scenes.scene_number("train", k, part.size)) for k in range(200)]
    plain = [k for k, s in shown if not curriculum.shows_things(s) and not curriculum.comes_first(s, k)]
    known = replace(part, number=np.array(plain[: len(part)]))
    with pytest.raises(ValueError, match="latents --things"):
        next(latents.batches([known], 8, 0, latents.Mix(things=0.4)))
    with pytest.raises(ValueError, match="latents --first"):
        next(latents.batches([known], 8, 0, latents.Mix(others=0.7)))


def _numbered(part: latents.Shard, numbers: list[int]) -> latents.Shard:
    """A shard of those scenes, whose latents are their places in it."""
    count = len(numbers)
    marked = np.broadcast_to(np.arange(count, dtype=np.float32)[:, None, None, None], (count, 1, 1, 1))
    ids, weight = (np.resize(a, (count, *a.shape[1:])) for a in (part.ids, part.weight))
    return latents.Shard(part.size, marked, ids, weight, np.array(numbers))


def _taken(part: latents.Shard, mix: latents.Mix) -> list[int]:
    """The numbers of the scenes in some batches."""
    feed = latents.batches([part], 16, 0, mix)
    rows = torch.cat([next(feed)[0][:, 0, 0, 0] for _ in range(40)]).int().tolist()
    return part.number[rows].tolist()


def test_scenes_of_many_things_can_be_added_and_asked_for(trained, tmp_path):
    rich = list(islice(curriculum.numbers("train", (768, 384), "things", frozenset()), 4))
    assert all(len(scenes.scene_number("train", n, (768, 384)).things) > 1 for n in rich)
    assert latents.counts(9, "things") == [9, 0, 0]
    (part,) = [s for s in latents.shards(trained[0]) if s.size == (768, 384)]
    n = len(part)
    known = _numbered(part, [*rich, *(k for k in range(100) if k not in rich)][:n])
    shown = {k: len(scenes.scene_number("train", k, part.size).things) > 1 for k in known.number.tolist()}
    assert 0 < sum(shown.values()) < n
    for things in (0.0, 0.6, 1.0):
        taken = _taken(known, latents.Mix(others=0.5, things=things))
        assert np.mean([shown[k] for k in taken]) == pytest.approx(things, abs=0.08)


def test_scenes_full_of_things_are_kept_for_themselves_and_learned_from(trained, tmp_path, capsys):
    folder, _ = trained
    common = ["--folder", str(tmp_path), "--workers", "1"]
    for file in folder.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    learn = ["denoiser", *common, "--seconds", "0.3", "--batch", "4", "--full", "0.5"]
    with pytest.raises(ValueError, match="latents --full"):
        train.main(learn)
    before = [len(part) for part in latents.shards(tmp_path)]
    train.main(["latents", *common, "--pictures", "3", "--full"])
    assert [len(part) for part in latents.shards(tmp_path)] == before
    (part,) = latents.shards(tmp_path, scenes.FULL)
    assert (len(part), part.size, part.number.tolist()) == (3, (768, 384), [0, 1, 2])
    assert (part.ids[1] == language.encode(latents.wordings_of(scenes.FULL, 1))).all()
    train.main(["latents", *common, "--retell"])
    # a batch of another size has none of them, and there may be time for one batch only
    for size in ("544x544", "448x672"):
        (tmp_path / f"done-{size}.json").unlink()
    train.main(learn)
    state = torch.load(tmp_path / "denoiser.pt", weights_only=True)
    assert state["namer"]["heads.mid.weight"].abs().max() > 0
    train.main(learn)
    again = torch.load(tmp_path / "denoiser.pt", weights_only=True)
    assert again["step"] > state["step"]
    # without them it goes on as well, and forgets the layers that named things
    train.main([*learn[:-1], "0"])
    assert torch.load(tmp_path / "denoiser.pt", weights_only=True)["namer"] is None


def test_a_batch_ends_with_the_full_scenes_and_what_they_show(trained, tmp_path):
    folder, _ = trained
    for file in folder.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    train.main(["latents", "--folder", str(tmp_path), "--workers", "1", "--pictures", "3", "--full"])
    (full,) = latents.shards(tmp_path, scenes.FULL)
    feed = denoiser._Feed(denoiser.Settings(tmp_path, 1, batch=8, full=0.25, emphasis=0.8), 0)
    seen = set()
    for _ in range(60):
        z, ids, weight, shown = feed.batch()
        assert len(z) == len(ids) == len(weight) == 8
        seen.add(tuple(z.shape[2:]))
        if tuple(z.shape[2:]) != (24, 48):
            assert len(shown) == 0
            continue
        assert len(shown) == 2
        for latent, tokens, picture in zip(z[6:], ids[6:], shown, strict=True):
            (row,) = [k for k in range(3) if (full.latents[k].astype(np.float32) == latent.numpy()).all()]
            silent = (tokens.numpy() == language.encode([""])[0]).all()
            expected = naming.shown_map(scenes.scene_number(scenes.FULL, row, full.size))
            assert (picture.numpy() == (0 if silent else expected)).all()
    assert len(seen) > 1


def test_scenes_of_many_people_can_be_added_and_asked_for(trained):
    many = list(islice(curriculum.numbers("train", (768, 384), "crowds", frozenset()), 20))
    assert all(len(scenes.scene_number("train", n, (768, 384)).people) > 2 for n in many)
    (part,) = [s for s in latents.shards(trained[0]) if s.size == (768, 384)]
    known = _numbered(part, sorted({*many, *range(60)}))
    shown = {n: scenes.scene_number("train", n, part.size) for n in known.number.tolist()}
    taken = _taken(known, latents.Mix(things=0.5, crowds=0.4))
    assert np.mean([curriculum.shows_things(shown[n]) for n in taken]) == pytest.approx(0.5, abs=0.06)
    # of those without things, that is: the two shares can both be had
    assert np.mean([curriculum.is_a_crowd(shown[n]) for n in taken]) == pytest.approx(0.2, abs=0.06)
    few = _numbered(part, [n for n, s in shown.items() if not curriculum.is_a_crowd(s)])
    with pytest.raises(ValueError, match="latents --crowds"):
        next(latents.batches([few], 8, 0, latents.Mix(crowds=0.4)))


def test_rare_styles_and_hours_can_be_brought_level(trained):
    (part,) = [s for s in latents.shards(trained[0]) if s.size == (768, 384)]
    known = _numbered(part, list(range(400)))
    shown = {n: scenes.scene_number("train", n, part.size) for n in known.number.tolist()}
    bright = [
        np.mean([shown[n].style == "bright" for n in _taken(known, latents.Mix(even=k))]) for k in (0.0, 0.5, 1.0)
    ]
    assert bright == pytest.approx([0.4, 0.29, 0.2], abs=0.07)
    taken = _taken(known, latents.Mix(even=1.0))
    for hour in names.TIMES:
        assert np.mean([shown[n].time == hour for n in taken]) == pytest.approx(1 / 6, abs=0.07)


def test_a_corpus_can_be_enlarged_without_losing_what_is_there(trained):
    folder, _ = trained
    (old,) = [s.latents.copy() for s in latents.shards(folder) if s.latents.shape[2:] == (24, 48)]
    train.main(["latents", "--folder", str(folder), "--workers", "1", "--pictures", "12"])
    (new,) = [s.latents for s in latents.shards(folder) if s.latents.shape[2:] == (24, 48)]
    assert len(new) > len(old)
    assert (new[: len(old)] == old).all()


def test_a_corpus_told_in_other_tokens_is_told_anew_and_its_pictures_stay(trained, tmp_path, capsys):
    folder = tmp_path / "corpus"
    shutil.copytree(trained[0], folder)
    before = {s.size: (s.latents.copy(), s.ids.copy()) for s in latents.shards(folder)}
    for file in folder.glob("ids-*.npy"):
        np.save(file, np.load(file) * 0)
    made = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({k: v for k, v in made.items() if k != "unsaid"}))
    with pytest.raises(ValueError, match="--retell"):
        train.main(["latents", "--folder", str(folder), "--workers", "1", "--pictures", "12"])
    train.main(["latents", "--folder", str(folder), "--workers", "1", "--retell"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {tuple(x["size"]): x["changed"] for x in lines} == dict.fromkeys(before, 1.0)
    for shard in latents.shards(folder):
        old, ids = before[shard.size]
        assert (shard.latents == old).all()
        assert (shard.ids == ids).all()
    assert json.loads((folder / "manifest.json").read_text()) == made


def test_there_is_nothing_to_tell_anew_in_an_empty_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="`latents` draws one"):
        train.main(["latents", "--folder", str(tmp_path), "--workers", "1", "--retell"])


def test_several_processes_make_the_corpus_that_one_makes(trained, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        shutil.copy(trained[0] / "autoencoder.pt", tmp_path / name)
    for name, workers in (("one", "1"), ("two", "2")):
        train.main(["latents", "--folder", str(tmp_path / name), "--workers", workers, "--pictures", "12"])
    one, two = ({s.size: s for s in latents.shards(tmp_path / name)} for name in ("one", "two"))
    assert list(one) == list(two)
    for size, a in one.items():
        b = two[size]
        assert (a.number == b.number).all()
        assert (a.ids == b.ids).all()
        assert (a.weight == b.weight).all()
        assert a.latents.astype(np.float32) == pytest.approx(b.latents.astype(np.float32), abs=0.01)


def test_data_of_another_teacher_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"teacher": scenes.VERSION + 1}))
    with pytest.raises(ValueError, match="teacher"):
        latents.corpus.manifest(tmp_path)


def test_captions_in_other_tokens_are_refused(tmp_path):
    made = latents.corpus.manifest(tmp_path)
    assert latents.corpus.manifest(tmp_path) == made
    (tmp_path / "manifest.json").write_text(json.dumps({k: v for k, v in made.items() if k != "unsaid"}))
    with pytest.raises(ValueError, match="tokenizer"):
        latents.corpus.manifest(tmp_path)


def test_a_smaller_stage_can_not_follow_a_larger_one(trained):
    with pytest.raises(ValueError, match="outgrown"):
        train.main(
            [
                "autoencoder",
                "--folder",
                str(trained[0]),
                "--workers",
                "1",
                "--pictures",
                "2",
                "--seconds",
                "0.1",
                "--reduce",
                "4",
            ]
        )


def perfect_readings(asked):
    rows = [probe.truth(r.scene) for r in asked]
    return {head: np.array([max(0, row[k]) for row in rows]) for k, head in enumerate(probe.HEADS)}


def test_figures_are_full_for_a_perfect_picture_and_fall_for_a_wrong_one():
    asked = measure.requests(80)
    read = perfect_readings(asked)
    full = measure.figures(asked, read)
    assert all(v == 1.0 or math.isnan(v) for v in full.values())
    read["place"] = (read["place"] + 1) % len(names.PLACES)
    read["left-colour"] = np.zeros_like(read["left-colour"])
    worse = measure.figures(asked, read)
    assert worse["place"] == 0.0
    assert worse["colour"] < 1.0
    assert worse["time"] == 1.0


def test_the_probe_can_not_read_colours_where_there_are_none():
    scene = scenes.Scene(style="manga", people=(scenes.Person("left", colour="red"),))
    assert probe.truth(scene)[list(probe.HEADS).index("left-colour")] == -1


def test_likeness_tells_a_composition_from_another():
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 255, (96, 192, 3)).astype(np.uint8) for _ in range(2))
    assert measure.likeness(a, a) == pytest.approx(1.0, abs=1e-3)
    assert abs(measure.likeness(a, b)) < 0.5


def test_an_empty_caption_states_nothing():
    assert lessons.batch_of([0], "test")[2].sum() == 0
    assert Caption().facts == {}
