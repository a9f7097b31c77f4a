"""The decoder's finish: what it may change, what it must not, and that it goes on where it stopped."""

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from novel.embedded import WEIGHTS, scenes, train  # noqa: E402
from novel.embedded.teacher.styles import STYLES  # noqa: E402
from novel.embedded.training import autoencoder, critic, finish  # noqa: E402


def test_a_deepened_autoencoder_makes_the_same_latents_and_pictures():
    torch.manual_seed(0)
    vae = autoencoder.build().eval()
    for p in vae.parameters():  # away from the start, at which every block does nothing
        p.data += 0.05 * torch.randn_like(p)
    autoencoder.fix_variance(vae)
    deep = autoencoder.deepened(vae, 2).eval()
    assert len(deep.decoder.up_blocks[0].resnets) == len(vae.decoder.up_blocks[0].resnets) + 1
    x = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        z = autoencoder.mean_of(vae, x)
        assert torch.allclose(autoencoder.mean_of(deep, x), z, atol=1e-5)
        assert torch.allclose(deep.decoder(z), vae.decoder(z), atol=1e-5)
    assert autoencoder.deepened(deep, 1) is deep


def test_the_critic_s_losses_by_hand():
    assert float(critic.hinge(torch.tensor([2.0, 0.0]), torch.tensor([-3.0, 0.5]))) == pytest.approx(0.5 + 0.75)
    last = torch.nn.Parameter(torch.ones(2))
    assert critic.weight((6 * last).sum(), (2 * last).sum(), last) == pytest.approx(3.0, rel=1e-4)
    assert critic.weight((6 * last).sum(), (0 * last).sum(), last) == critic.MOST


def test_the_critic_learns_to_tell_crisp_lines_from_blurred_ones():
    torch.manual_seed(0)
    judge = critic.build(8)
    optimizer = torch.optim.AdamW(judge.parameters(), 2e-3)
    crisp = torch.ones(2, 3, 64, 64)
    crisp[:, :, :, 30:33] = -1
    blurred = torch.nn.functional.avg_pool2d(crisp, 9, 1, 4, count_include_pad=False)
    losses = []
    for _ in range(40):
        loss = critic.hinge(judge(crisp), judge(blurred))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_drawn_pictures_are_held_to_their_tones_and_not_to_their_lines():
    before = torch.zeros(1, 3, 32, 32)
    line = before.clone()
    line[..., 8:10] = 1.0
    line[..., 10:12] = -1.0
    assert float(finish.anchor(before, before)) == 0.0
    assert float(finish.anchor(line, before)) < 0.3 * float(finish.anchor(before + line.abs().mean(), before))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """What ships, its decoder deepened and trained on twice for a moment: before the critic counts, and after."""
    pytest.importorskip("skia", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("finish")
    common = ["--folder", str(folder), "--workers", "1"]
    train.main(["begin", "--folder", str(folder)])
    brief = ["--pictures", "3", "--drawn", "1", "--crop", "32", "--batch", "2", "--layers", "3", "--seconds", "0.5"]
    train.main(["finish", *common, *brief])
    (drawn,) = folder.glob("drawn-*.npy")
    kept = drawn.read_bytes(), drawn.stat().st_mtime_ns
    first = torch.load(folder / "autoencoder.pt", weights_only=True)
    train.main(["finish", *common, *brief])
    assert (drawn.read_bytes(), drawn.stat().st_mtime_ns) == kept
    train.main(["export", *common, "--out", str(folder / "model")])
    return folder, first


def test_the_finish_leaves_latents_alone_and_goes_on_where_it_stopped(finished):
    folder, first = finished
    again = torch.load(folder / "autoencoder.pt", weights_only=True)
    assert again["step"] > first["step"] > 0
    assert (folder / "critic.pt").exists()
    changed = [k for k, v in again["model"].items() if not torch.equal(v, first["model"][k])]
    assert changed
    assert all(k.startswith("decoder.") for k in changed)
    vae, shipped = autoencoder.load(folder), load_file(WEIGHTS / "vae/diffusion_pytorch_model.safetensors")
    encoder = {k: v.half() for k, v in vae.state_dict().items() if k.startswith("encoder.")}
    assert all(torch.equal(v, encoder[k]) for k, v in shipped.items() if k.startswith("encoder."))


def test_a_finished_model_is_exported_and_training_begins_from_it_again(finished, tmp_path):
    model = finished[0] / "model"
    train.main(["begin", "--folder", str(tmp_path), "--weights", str(model)])
    vae = autoencoder.load(tmp_path)
    assert vae.config["layers_per_block"] == 3
    assert all(
        torch.equal(v, vae.state_dict()[k].half())
        for k, v in load_file(model / "vae/diffusion_pytorch_model.safetensors").items()
    )


def test_pictures_that_are_all_printed_in_dots_are_refused(tmp_path):
    pytest.importorskip("skia", exc_type=ImportError)
    dotted = [STYLES[scenes.scene_number("train", i, finish.SIZE).style].dots for i in range(3)]
    assert not all(dotted)  # or the others here would learn nothing
    data = torch.zeros(2, 32, 32, 3, dtype=torch.uint8).numpy()
    with pytest.raises(ValueError, match="--pictures"):
        finish.true_pieces(data, [True, True], finish.Settings(tmp_path, 1.0), None)


@pytest.mark.parametrize("crop", [24, 384, 0])
def test_pieces_off_the_latents_grid_are_refused(tmp_path, crop):
    with pytest.raises(ValueError, match="--crop"):
        finish.train(finish.Settings(tmp_path, 1.0, crop=crop))
    assert not list(tmp_path.iterdir())
