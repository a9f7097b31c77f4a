"""Judges: found by name, opened from whole and safe files, and true to their own measure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_judges import write_judge

from novel.errors import MissingError
from novel.render.likeness import HUB_JUDGES, Likeness, find_judge, open_judge
from novel.store import FileHashes

digest = FileHashes().sha256_of_file
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def picture(seed: int, height: int = 48, width: int = 80) -> np.ndarray:
    """Blocks of colour, other ones for another seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (3, 5, 3), dtype=np.uint8)
    return np.ascontiguousarray(blocks.repeat(16, 0).repeat(16, 1)[:height, :width])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("judges")
    return {kind: write_judge(root / kind, kind) for kind in ("clip", "siglip", "dinov2")}


def opened(folder: Path) -> Likeness:
    return open_judge(find_judge(str(folder), drawn_with="any", digest=digest))


@pytest.mark.parametrize("kind", ["clip", "siglip", "dinov2"])
def test_the_same_crop_is_the_most_alike_whatever_stands_beside_it(folders: dict[str, Path], kind: str) -> None:
    judge = opened(folders[kind])
    crops = [picture(1), picture(2), picture(1), picture(3, 80, 20)]
    vectors = judge.embed(crops, "person")
    assert vectors.dtype == np.float32
    assert np.allclose((vectors**2).sum(1), 1, atol=1e-5)
    cosines = vectors @ vectors.T
    assert cosines[0, 2] == pytest.approx(1, abs=1e-5)
    assert cosines[0, 1] < 0.9999
    assert cosines[0, 3] < 0.9999
    assert np.allclose(judge.embed(crops[1:2], "place")[0], vectors[1], atol=1e-5)
    assert len(judge.embed([], "person")) == 0


def test_a_crop_is_padded_and_never_cut(folders: dict[str, Path]) -> None:
    """What stands at the far end of a long crop, where a square from its middle would end, still counts."""
    judge = opened(folders["clip"])
    tall = picture(1, 48, 16)
    marked = tall.copy()
    marked[:8] = (255, 0, 0)
    one, two = judge.embed([tall, marked], "person")
    assert float(one @ two) < 0.99999


def test_agreement_is_clipscore(folders: dict[str, Path]) -> None:
    """Against transformers' own arithmetic: the cosine is the logit over the scale."""
    import torch
    from transformers import AutoTokenizer, CLIPModel

    judge = opened(folders["clip"])
    square = picture(4, 32, 32)  # Of the model's own size: neither padded nor resized.
    model = CLIPModel.from_pretrained(folders["clip"]).eval()
    tokenizer = AutoTokenizer.from_pretrained(folders["clip"])
    mean, std = np.float32([0.48145466, 0.4578275, 0.40821073]), np.float32([0.26862954, 0.26130258, 0.27577711])
    pixels = torch.from_numpy((square / np.float32(255) - mean) / std).permute(2, 0, 1)[None]
    scores = {}
    for prompt in ("a robot", "a cat", "a man with black hair wearing a blue shirt", "night"):
        with torch.inference_mode():
            logits = model(pixel_values=pixels, **tokenizer(prompt, return_tensors="pt")).logits_per_image
            cosine = float(logits / model.logit_scale.exp())
        scores[prompt] = judge.agreement(square, prompt)
        assert scores[prompt] == pytest.approx(min(1.0, 2.5 * max(0.0, cosine)), abs=1e-4)
    assert len(set(scores.values())) > 1


def test_who_reads_prompts(folders: dict[str, Path]) -> None:
    assert opened(folders["dinov2"]).agreement(picture(1), "a robot") is None
    probability = opened(folders["siglip"]).agreement(picture(1), "a robot")
    assert probability is not None
    assert 0 < probability < 1
    # Longer than any model here reads: the beginning counts.
    assert opened(folders["clip"]).agreement(picture(1), "a robot, " * 200) is not None


def test_a_folders_identity_is_its_content(folders: dict[str, Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folders["clip"], copy)
    names = [str(folders["clip"]), str(copy)]
    first, second = (find_judge(name, drawn_with="any", digest=digest).identity for name in names)
    assert first == second
    assert first.startswith("sha256:")
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "logit_scale_init_value": 1.0}))
    assert find_judge(str(copy), drawn_with="any", digest=digest).identity != first


def in_cache(root: Path, name: str, folder: Path) -> None:
    repository = root / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    shutil.copytree(folder, repository / "snapshots" / COMMIT)


def test_the_hub_cache_is_asked_where_another_model_drew(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    in_cache(tmp_path, "facebook/dinov2-small", folders["dinov2"])
    judge = find_judge(None, drawn_with="stabilityai/sdxl-turbo", digest=digest)
    assert judge.identity == f"facebook/dinov2-small@{COMMIT}"
    in_cache(tmp_path, HUB_JUDGES[0], folders["clip"])
    assert find_judge(None, drawn_with="some/model", digest=digest).name == HUB_JUDGES[0]
    assert open_judge(judge).identity == judge.identity
    pinned = find_judge(f"{HUB_JUDGES[0]}@{COMMIT}", drawn_with="some/model", digest=digest)
    assert pinned.identity == f"{HUB_JUDGES[0]}@{COMMIT}"


def test_a_cache_without_weights_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    (tmp_path / "only-words").mkdir()
    (tmp_path / "only-words" / "tokenizer.json").write_text("{}")
    in_cache(tmp_path, HUB_JUDGES[0], tmp_path / "only-words")
    assert find_judge(None, drawn_with="some/model", digest=digest).name not in HUB_JUDGES


@pytest.mark.parametrize(
    ("asked", "said"), [("openai/clip-vit-large-patch14", "hf download openai/clip-vit"), ("./gone", "Name a folder")]
)
def test_a_judge_that_is_not_there(asked: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingError, match="judge") as error:
        find_judge(asked, drawn_with="any", digest=digest)
    assert said in error.value.hint


def test_files_that_are_no_judge(folders: dict[str, Path], tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    with pytest.raises(MissingError, match=r"config\.json is missing"):
        opened(bare)
    (bare / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(MissingError, match="'bert', which can't judge"):
        opened(bare)
    (bare / "config.json").write_text("[")
    with pytest.raises(MissingError, match="can't be read"):
        opened(bare)
    pickled = tmp_path / "pickled"
    shutil.copytree(folders["clip"], pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(MissingError, match="can't be loaded"):
        opened(pickled)
    cut = tmp_path / "cut"
    shutil.copytree(folders["clip"], cut)
    data = (cut / "model.safetensors").read_bytes()
    (cut / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(MissingError, match="cut off"):
        opened(cut)


def test_weights_that_are_missing_are_never_made_up(folders: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    part = tmp_path / "part"
    shutil.copytree(folders["clip"], part)
    weights = load_file(part / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, part / "model.safetensors", {"format": "pt"})
    with pytest.raises(MissingError, match=r"no weights for visual_projection\.weight"):
        opened(part)
