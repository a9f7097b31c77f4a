"""Going on from a finished model: a training folder out of the weights that ship."""

import json

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402

from novel.embedded import WEIGHTS, train  # noqa: E402
from novel.embedded.tower import FILE  # noqa: E402

PARTS = ("vae", "unet", "text_encoder")


def tensors(model):
    return {
        f"{part}.{name}": tensor
        for part in PARTS
        for file in sorted((model / part).glob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    folder = tmp_path_factory.mktemp("begun")
    train.main(["begin", "--folder", str(folder)])
    return folder


def test_what_ships_goes_in_and_comes_out_again_weight_by_weight(begun, tmp_path):
    train.main(["export", "--folder", str(begun), "--out", str(tmp_path / "model"), "--shard", "15"])
    shipped, again = tensors(WEIGHTS), tensors(tmp_path / "model")
    assert shipped.keys() == again.keys()
    different = [name for name, tensor in shipped.items() if not torch.equal(tensor, again[name])]
    assert different == []
    index = json.loads((tmp_path / "model/vae/config.json").read_text())
    assert index["scaling_factor"] == json.loads((WEIGHTS / "vae/config.json").read_text())["scaling_factor"]


def test_the_tower_that_ships_goes_in_and_comes_out_again_too(begun, tmp_path):
    train.main(["tower", "--folder", str(begun), "--seconds", "0", "--people-seconds", "0", "--out", str(tmp_path)])
    shipped, again = load_file(FILE), load_file(tmp_path / "tower.safetensors")
    assert shipped.keys() == again.keys()
    assert [name for name in shipped if not torch.equal(shipped[name], again[name])] == []


def test_a_folder_in_which_training_stands_is_left_as_it_is(begun):
    before = {p.name: p.read_bytes() for p in begun.glob("*.pt")}
    with pytest.raises(FileExistsError, match=r"denoiser\.pt"):
        train.main(["begin", "--folder", str(begun)])
    assert {p.name: p.read_bytes() for p in begun.glob("*.pt")} == before


def test_every_stage_goes_on_from_there(tmp_path):
    pytest.importorskip("skia", exc_type=ImportError)
    common = ["--folder", str(tmp_path), "--workers", "1"]
    train.main(["begin", "--folder", str(tmp_path)])
    train.main(["latents", *common, "--pictures", "4"])
    train.main(["denoiser", *common, "--seconds", "0.5", "--batch", "2"])
    train.main(["text", *common, "--seconds", "0.5", "--batch", "2"])
    brief = ["--pictures", "1", "--seconds", "0.5", "--crop", "32", "--batch", "1"]
    train.main(["autoencoder", *common, *brief, "--decoder-only"])
    for name in ("denoiser.pt", "text.pt", "autoencoder.pt"):
        state = torch.load(tmp_path / name, weights_only=True)
        assert state["step"] > 0
        assert name == "autoencoder.pt" or state["optimizer"] is not None
