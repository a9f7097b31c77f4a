"""A model between two."""

import shutil

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from novel.embedded import WEIGHTS, train  # noqa: E402
from novel.embedded.training.blend import blend  # noqa: E402


def weights(model, part):
    (file,) = (model / part).glob("*.safetensors")
    return file, load_file(file)


@pytest.fixture
def trained_on(tmp_path):
    """What ships, with a denoiser and an encoder that are off by one."""
    model = tmp_path / "after"
    shutil.copytree(WEIGHTS, model)
    for part in ("unet", "text_encoder"):
        file, tensors = weights(model, part)
        save_file({k: v + 1 if v.is_floating_point() else v for k, v in tensors.items()}, file, {"format": "pt"})
    return model


def test_each_weight_lies_between_the_two(trained_on, tmp_path):
    train.main(["blend", "--after", str(trained_on), "--share", "0.25", "--out", str(tmp_path / "out")])
    for part in ("unet", "text_encoder"):
        (_, old), (_, got) = weights(WEIGHTS, part), weights(tmp_path / "out", part)
        assert old.keys() == got.keys()
        for name, tensor in got.items():
            assert tensor.dtype == old[name].dtype
            wanted = old[name].float() + (0.25 if tensor.is_floating_point() else 0)
            assert torch.allclose(tensor.float(), wanted, atol=0.01, rtol=1e-3)
    assert weights(WEIGHTS, "vae")[0].read_bytes() == weights(tmp_path / "out", "vae")[0].read_bytes()


def test_the_ends_are_the_two_themselves(trained_on, tmp_path):
    for share, model in ((0.0, WEIGHTS), (1.0, trained_on)):
        blend(WEIGHTS, trained_on, share, tmp_path / "out")
        for part in ("unet", "text_encoder"):
            (_, wanted), (_, got) = weights(model, part), weights(tmp_path / "out", part)
            assert all(torch.equal(tensor, got[name]) for name, tensor in wanted.items())


def test_the_text_encoder_may_have_a_share_of_its_own(trained_on, tmp_path):
    shares = ["--share", "0.5", "--text-share", "1"]
    train.main(["blend", "--after", str(trained_on), *shares, "--out", str(tmp_path / "out")])
    for part, share in (("unet", 0.5), ("text_encoder", 1)):
        _, got = weights(tmp_path / "out", part)
        name, old = next((k, v) for k, v in weights(WEIGHTS, part)[1].items() if v.dim() == 1)
        assert torch.allclose(got[name].float(), old.float() + share, atol=0.01)


def test_a_summary_of_the_words_that_came_in_between_is_heard_by_its_share(trained_on, tmp_path):
    """As if the denoiser that shipped had had one of no weight."""
    before = tmp_path / "before"
    shutil.copytree(WEIGHTS, before)
    for model, more in (
        (before, {}),
        (trained_on, {"add_embedding.norm2.weight": torch.ones(4), "add_embedding.proj.bias": torch.ones(4)}),
    ):
        file, tensors = weights(model, "unet")
        kept = {k: v for k, v in tensors.items() if not k.startswith("add_embedding.")}
        save_file(kept | more, file, {"format": "pt"})
    blend(before, trained_on, 0.25, tmp_path / "out")
    _, got = weights(tmp_path / "out", "unet")
    assert got["add_embedding.norm2.weight"].tolist() == [0.25] * 4
    assert got["add_embedding.proj.bias"].tolist() == [1.0] * 4


def test_what_cannot_be_blended_is_refused_and_nothing_written(trained_on, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(ValueError, match="from 0 to 1"):
        blend(WEIGHTS, trained_on, 1.5, out)
    with pytest.raises(ValueError, match="from 0 to 1"):
        blend(WEIGHTS, trained_on, 0.5, out, -0.1)
    with pytest.raises(ValueError, match="one of the two"):
        blend(WEIGHTS, trained_on, 0.5, trained_on)
    file, tensors = weights(trained_on, "vae")
    save_file({k: v + 1 for k, v in tensors.items()}, file, {"format": "pt"})
    with pytest.raises(ValueError, match="latents differ"):
        blend(WEIGHTS, trained_on, 0.5, out)
    shutil.copy(weights(WEIGHTS, "vae")[0], file)
    file, tensors = weights(trained_on, "unet")
    name = next(k for k, v in tensors.items() if v.dim() == 1)
    save_file(tensors | {name: tensors[name][:1].clone()}, file, {"format": "pt"})
    with pytest.raises(ValueError, match="unet are not of one make"):
        blend(WEIGHTS, trained_on, 0.5, out)
    assert not out.exists()
