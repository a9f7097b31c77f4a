"""What a model's name means, and what is refused or missed before anything is loaded."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from render_samples import request_for, write_json, write_safetensors

from novel import hub_cache
from novel.embedded import GUIDANCE, RESCALE, STEPS
from novel.errors import MissingError, RefusedError
from novel.render.checkpoint_table import CHECKPOINTS
from novel.render.families import AbsentModel, check_requests, resolve
from novel.render.family_table import FAMILIES
from novel.request import Reference

MakeModel = Callable[..., Path]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def put_in_cache(folder: Path, cache: Path, hub_id: str, ref: str = "main") -> Path:
    """Lay a model folder into a hub cache, as a snapshot of links to blobs."""
    repository = cache / f"models--{hub_id.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    for number, file in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        blob = repository / "blobs" / str(number)
        blob.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, blob)
        link = snapshot / file.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    (repository / "refs").mkdir()
    (repository / "refs" / ref).write_text(COMMIT)
    return snapshot


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache of the test's own."""
    for name in ("HF_HOME", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


# What a name means.


def test_the_embedded_model_is_an_ordinary_folder(tmp_path: Path) -> None:
    spec, source = resolve("embedded")
    assert source.folder is not None
    copy = shutil.copytree(source.folder, tmp_path / "copy")
    elsewhere, _ = resolve("./copy", base=tmp_path)
    assert elsewhere.identity == spec.identity
    assert (elsewhere.multiple, elsewhere.pixels, elsewhere.guidance_rescale) == (
        spec.multiple,
        spec.pixels,
        spec.guidance_rescale,
    )
    assert spec.multiple % 8 == 0
    assert copy.is_dir()


def test_the_embedded_model_is_drawn_with_what_its_figures_were_measured_with() -> None:
    spec, _ = resolve("embedded")
    assert (spec.steps, spec.guidance, spec.guidance_rescale, spec.sampler) == (STEPS, GUIDANCE, RESCALE, "ddim")
    low, high = spec.guidance_range
    assert low < GUIDANCE < high


def test_sizes_come_from_the_configs(make_model: MakeModel) -> None:
    spec, source = resolve(str(make_model()))
    assert source.folder is not None
    # Eight pixels to a latent, and a U-Net that halves three times.
    assert (spec.multiple, spec.pixels, spec.prompt_tokens) == (64, 512 * 512, 77)
    assert spec.guidance_rescale == 0.0
    oblong, _ = resolve(str(make_model("oblong", sample_size=[24, 48], down_block_types=["a", "b", "c"])))
    assert (oblong.multiple, oblong.pixels, oblong.own_size) == (32, 192 * 384, (384, 192))
    assert spec.own_size is None
    square, _ = resolve(str(make_model("square", sample_size=[64, 64])))
    assert square.own_size is None


def test_a_zero_terminal_snr_gets_rescaled_guidance(make_model: MakeModel) -> None:
    folder = make_model()
    write_json(folder / "scheduler/scheduler_config.json", {"rescale_betas_zero_snr": True})
    spec, _ = resolve(str(folder))
    assert spec.guidance_rescale == 0.5
    assert spec.guidance <= 5.0


def test_a_folder_is_looked_for_beside_the_style_then_in_the_working_folder(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model("styles/mine")
    make_model("mine")
    monkeypatch.chdir(tmp_path)
    assert resolve("mine", base=tmp_path / "styles")[1].folder == tmp_path / "styles" / "mine"
    assert resolve("mine", base=tmp_path / "other")[1].folder == tmp_path / "mine"


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("unet/config.json", True),
        ("tokenizer/vocab.json", True),
        ("model_index.json", True),
        ("README.md", False),
        ("unet/notes.md", False),
    ],
)
def test_the_identity_follows_what_decides_a_picture(make_model: MakeModel, file: str, changes: bool) -> None:
    folder = make_model()
    before = resolve(str(folder))[0].identity
    path = folder / file
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    assert (resolve(str(folder))[0].identity != before) == changes


def test_the_identity_follows_the_weights_and_not_the_place(make_model: MakeModel) -> None:
    one, two = make_model("one"), make_model("two")
    assert resolve(str(one))[0].identity == resolve(str(two))[0].identity
    write_safetensors(two / "vae/diffusion_pytorch_model.safetensors", {"a": (2,)}, fill=1)
    assert resolve(str(one))[0].identity != resolve(str(two))[0].identity


def test_hashes_are_asked_of_whoever_remembers_them(make_model: MakeModel) -> None:
    asked: list[Path] = []

    def digest(path: Path) -> str:
        asked.append(path)
        return "0" * 64

    folder = make_model()
    resolve(str(folder), digest=digest)
    assert folder / "unet/diffusion_pytorch_model.safetensors" in asked


def test_the_fake_model_needs_nothing() -> None:
    spec, source = resolve("fake")
    assert (spec.backend, source.folder, source.hub_id) == ("fake", None, None)


@pytest.mark.parametrize(("wrong", "near"), [("embeded", "embedded"), ("Fake", "fake")])
def test_a_misspelt_name_gets_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(MissingError, match=f"Did you mean {near}"):
        resolve(wrong)


# Hub ids.


def test_a_hub_model_is_named_by_its_commit(make_model: MakeModel, cache: Path) -> None:
    snapshot = put_in_cache(make_model(), cache, "org/name")
    spec, source = resolve("org/name")
    assert spec.identity == f"org/name@{COMMIT}"
    assert (source.folder, source.hub_id, source.revision) == (snapshot, "org/name", COMMIT)
    assert resolve("org/name", revision=COMMIT)[0].identity == spec.identity
    assert resolve("org/name", revision="main")[0].identity == spec.identity


def test_a_known_checkpoint_brings_its_own_settings(make_model: MakeModel, cache: Path) -> None:
    folder = make_model()
    index = json.loads((folder / "model_index.json").read_text())
    write_json(folder / "model_index.json", {**index, "_class_name": "StableDiffusionXLPipeline"})
    put_in_cache(folder, cache, "stabilityai/sdxl-turbo")
    spec, _ = resolve("stabilityai/sdxl-turbo")
    assert (spec.steps, spec.guidance, spec.sampler, spec.supports_negative) == (4, 0.0, "euler-a", False)


@pytest.mark.parametrize("offline", [True, False])
def test_an_absent_hub_model_names_the_command_and_opens_no_socket(
    offline: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket", lambda *a, **k: pytest.fail("a socket was opened"))
    if offline:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingError) as caught:
        resolve("org/name", revision="v2")
    assert caught.value.exit_code == 4
    assert "hf download org/name --revision v2" in caught.value.hint
    assert ("offline" in caught.value.hint) == offline


def test_a_revision_that_is_not_here_is_missing(make_model: MakeModel, cache: Path) -> None:
    put_in_cache(make_model(), cache, "org/name")
    with pytest.raises(MissingError, match="--revision abcdef"):
        resolve("org/name", revision="abcdef")
    with pytest.raises(MissingError):
        resolve("org/name", revision="../main")


def test_a_half_fetched_hub_model_lists_what_is_missing(make_model: MakeModel, cache: Path) -> None:
    snapshot = put_in_cache(make_model(), cache, "org/name")
    (snapshot / "unet/diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(MissingError) as caught:
        resolve("org/name")
    assert "unet/diffusion_pytorch_model.safetensors" in caught.value.message
    assert "hf download org/name" in caught.value.hint


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HF_HOME": "/b"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({"HUGGINGFACE_HUB_CACHE": "/d", "HF_HOME": "/b"}, "/d"),
    ],
)
def test_the_cache_is_where_the_hub_library_has_it(environment: dict[str, str], folder: str) -> None:
    assert hub_cache.cache_folder(environment) == Path(folder)


# What is refused.


@pytest.mark.parametrize("file", ["pipeline.py", "unet/modeling.py", ".hidden/x.PY", "vae/x.so"])
def test_a_folder_with_code_is_refused(make_model: MakeModel, file: str) -> None:
    folder = make_model()
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("raise SystemExit")
    with pytest.raises(RefusedError, match="contains code"):
        resolve(str(folder))


def test_code_behind_a_link_is_refused_too_and_circles_end(make_model: MakeModel, tmp_path: Path) -> None:
    folder = make_model()
    (folder / "round").symlink_to(folder)
    resolve(str(folder))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "modeling.py").touch()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="contains code"):
        resolve(str(folder))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("file", ["unet/diffusion_pytorch_model.safetensors", "unet/config.json", "model_index.json"])
def test_a_pipe_in_a_folder_is_missing_and_nobody_waits(make_model: MakeModel, file: str) -> None:
    folder = make_model()
    (folder / file).unlink()
    os.mkfifo(folder / file)
    with pytest.raises(MissingError):
        resolve(str(folder))


@pytest.mark.parametrize(
    "change",
    [{"_class_name": ["pipeline", "Mine"]}, {"unet": ["my_unet", "MyUNet"]}, {"vae": ["/tmp/x", "AutoencoderKL"]}],
)
def test_an_index_that_asks_for_code_is_refused(make_model: MakeModel, change: dict[str, Any]) -> None:
    folder = make_model()
    index = json.loads((folder / "model_index.json").read_text())
    write_json(folder / "model_index.json", {**index, **change})
    with pytest.raises(RefusedError, match="code"):
        resolve(str(folder))


def test_pickled_weights_alone_are_refused_and_never_opened(make_model: MakeModel) -> None:
    folder = make_model()
    (folder / "unet/diffusion_pytorch_model.safetensors").unlink()
    (folder / "unet/diffusion_pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n(S'touch canary'\ntR.")
    with pytest.raises(RefusedError, match="pickled"):
        resolve(str(folder))


def test_pickled_weights_beside_safe_ones_are_ignored(make_model: MakeModel) -> None:
    folder = make_model()
    before = resolve(str(folder))[0].identity
    (folder / "unet/diffusion_pytorch_model.bin").write_bytes(b"\x80")
    assert resolve(str(folder))[0].identity == before


def test_a_folder_of_a_single_pickled_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "v1-5.ckpt").touch()
    with pytest.raises(RefusedError):
        resolve(str(tmp_path / "model"))


@pytest.mark.parametrize(("name", "error"), [("m.ckpt", RefusedError), ("m.safetensors", MissingError)])
def test_a_single_file_is_no_model(tmp_path: Path, name: str, error: type[Exception]) -> None:
    (tmp_path / name).touch()
    with pytest.raises(error, match=name):
        resolve(str(tmp_path / name))


@pytest.mark.parametrize("length", [200_000_000, 2**63])
def test_a_monstrous_header_is_refused_at_once(make_model: MakeModel, length: int) -> None:
    folder = make_model()
    (folder / "vae/diffusion_pytorch_model.safetensors").write_bytes(length.to_bytes(8, "little") + b"{}")
    with pytest.raises(RefusedError, match="header"):
        resolve(str(folder))


def test_overlapping_tensors_are_refused(make_model: MakeModel) -> None:
    folder = make_model()
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    text = json.dumps({"a": entry, "b": entry}).encode()
    weights = folder / "vae/diffusion_pytorch_model.safetensors"
    weights.write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    with pytest.raises(RefusedError, match="overlap"):
        resolve(str(folder))


# What is missing.


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        ("vae", "vae/"),
        ("unet/config.json", "unet/config.json"),
        ("unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.safetensors"),
        ("text_encoder/model.safetensors", "text_encoder/model.safetensors"),
        ("tokenizer/merges.txt", "tokenizer/merges.txt"),
        ("tokenizer/vocab.json", "tokenizer/tokenizer.json"),
        ("scheduler/scheduler_config.json", "scheduler/scheduler_config.json"),
        ("model_index.json", "model_index.json"),
    ],
)
def test_each_missing_file_is_named(make_model: MakeModel, gone: str, named: str) -> None:
    folder = make_model()
    path = folder / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(MissingError) as caught:
        resolve(str(folder))
    assert named in caught.value.message
    assert caught.value.hint


def test_missing_shards_are_named(make_model: MakeModel) -> None:
    folder = make_model() / "unet"
    (folder / "diffusion_pytorch_model.safetensors").unlink()
    shards = [f"diffusion_pytorch_model-0000{n}-of-00003.safetensors" for n in (1, 2, 3)]
    index = {"weight_map": {f"w{n}": shard for n, shard in enumerate(shards)}}
    write_json(folder / "diffusion_pytorch_model.safetensors.index.json", index)
    write_safetensors(folder / shards[1], {"w1": (1,)})
    with pytest.raises(MissingError) as caught:
        resolve(str(folder.parent))
    assert [shard in caught.value.message for shard in shards] == [True, False, True]
    for shard in (shards[0], shards[2]):
        write_safetensors(folder / shard, {"w": (1,)})
    resolve(str(folder.parent))


def test_shards_never_lie_elsewhere(make_model: MakeModel) -> None:
    folder = make_model() / "unet"
    index = {"weight_map": {"w": "../../secret.safetensors"}}
    write_json(folder / "diffusion_pytorch_model.safetensors.index.json", index)
    with pytest.raises(RefusedError):
        resolve(str(folder.parent))


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_file_that_ends_too_early_is_missing(make_model: MakeModel, kept: int) -> None:
    weights = make_model() / "unet/diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(MissingError, match=r"unet/diffusion_pytorch_model\.safetensors"):
        resolve(str(weights.parent.parent))


def test_an_unfinished_download_is_missing(make_model: MakeModel) -> None:
    folder = make_model()
    partial = folder / ".cache/huggingface/download/abc.incomplete"
    partial.parent.mkdir(parents=True)
    partial.touch()
    with pytest.raises(MissingError, match=r"abc\.incomplete"):
        resolve(str(folder))


def test_halved_weights_alone_will_do(make_model: MakeModel) -> None:
    folder = make_model()
    for weights in list(folder.rglob("*.safetensors")):
        weights.rename(weights.with_name(weights.name.replace(".safetensors", ".fp16.safetensors")))
    resolve(str(folder))


def test_an_unknown_family_is_said(make_model: MakeModel) -> None:
    folder = make_model()
    index = json.loads((folder / "model_index.json").read_text())
    write_json(folder / "model_index.json", {**index, "_class_name": "AudioLDM2Pipeline"})
    with pytest.raises(MissingError, match="AudioLDM2Pipeline"):
        resolve(str(folder))


# What a family can't do.


def test_a_sampler_that_a_family_lacks_is_said_before_loading(make_model: MakeModel) -> None:
    _, source = resolve(str(make_model()))
    check_requests([request_for(sampler="dpm++")], source)
    with pytest.raises(MissingError, match="'flow'"):
        check_requests([request_for(sampler="flow")], source)


def drawn_by(folder: Path, pipeline: str) -> Path:
    """A model folder that says it is another pipeline's."""
    index = json.loads((folder / "model_index.json").read_text())
    write_json(folder / "model_index.json", {**index, "_class_name": pipeline})
    return folder


LOOK = Reference(sha256="1" * 64, weight=0.6)


@pytest.mark.parametrize(
    ("pipeline", "fields", "said", "instead"),
    [
        ("ZImagePipeline", {"references": (LOOK,)}, "can't look at reference pictures", "FLUX.2 klein"),
        ("StableDiffusionPipeline", {"references": (LOOK,)}, "through an IP-Adapter", "art.reference_adapter"),
        ("QwenImagePipeline", {"reference_adapter": "2" * 64}, "takes no IP-Adapter", "Stable Diffusion XL"),
        ("Flux2KleinPipeline", {"reference_adapter": "2" * 64}, "takes no IP-Adapter", "by itself"),
        ("QwenImageEditPlusPipeline", {"references": (LOOK,) * 4}, "no more than 3", "the most telling one"),
    ],
)
def test_references_that_a_family_lacks_are_said_before_loading(
    make_model: MakeModel, pipeline: str, fields: dict[str, Any], said: str, instead: str
) -> None:
    _, source = resolve(str(drawn_by(make_model(), pipeline)))
    sampler = "flow" if "Stable" not in pipeline else "dpm++"
    check_requests([request_for(sampler=sampler)], source)
    with pytest.raises(MissingError, match=said) as caught:
        check_requests([request_for(sampler=sampler, **fields)], source)
    assert instead in caught.value.hint


def test_how_a_family_takes_references_is_told_to_the_plan(make_model: MakeModel) -> None:
    folder = make_model()
    told = {
        pipeline: resolve(str(drawn_by(folder, pipeline)))[0].references
        for pipeline in ("StableDiffusionPipeline", "FluxKontextPipeline", "ZImagePipeline", "Flux2KleinPipeline")
    }
    assert list(told.values()) == ["adapter", "edit", "", "edit"]


@pytest.mark.parametrize(("distilled", "expected"), [(True, (4, 1.0, False)), (False, (50, 4.0, True))])
def test_a_distilled_flux_2_says_so_itself(
    make_model: MakeModel, distilled: bool, expected: tuple[int, float, bool]
) -> None:
    folder = drawn_by(make_model(), "Flux2KleinPipeline")
    index = json.loads((folder / "model_index.json").read_text())
    write_json(folder / "model_index.json", {**index, "is_distilled": distilled})
    spec, _ = resolve(str(folder))
    assert (spec.steps, spec.guidance, spec.supports_negative) == expected


@pytest.mark.parametrize("hub_id", CHECKPOINTS)
def test_what_an_absent_checkpoint_cannot_do_is_known(hub_id: str) -> None:
    with pytest.raises(AbsentModel) as caught:
        resolve(hub_id)
    spec, source = caught.value.spec, caught.value.source
    family = CHECKPOINTS[hub_id].family
    assert f"hf download {hub_id}" in caught.value.hint
    assert (source.folder, source.hub_id) == (None, hub_id)
    assert spec.multiple % 8 == 0
    assert spec.sampler in family.samplers
    assert spec.guidance_range is not None
    assert spec.guidance_range[0] <= spec.guidance <= spec.guidance_range[1]
    check_requests([request_for(sampler=spec.sampler)], source)
    if family.references == "":
        with pytest.raises(MissingError, match="can't look at reference pictures"):
            check_requests([request_for(sampler=spec.sampler, references=(LOOK,))], source)
    wrong = "flow" if family.denoiser == "unet" else "dpm++"
    with pytest.raises(MissingError, match="can't be sampled"):
        check_requests([request_for(sampler=wrong)], source)


def test_a_checkpoint_fetched_at_the_commit_of_the_table_is_found(make_model: MakeModel, cache: Path) -> None:
    """`hf download --revision COMMIT` writes no branch's name, so that nothing but the commit is there to find."""
    hub_id = "stabilityai/stable-diffusion-xl-base-1.0"
    known = CHECKPOINTS[hub_id].revision
    assert known is not None
    with pytest.raises(AbsentModel, match=f"--revision {known}"):
        resolve(hub_id)
    snapshot = put_in_cache(drawn_by(make_model(), "StableDiffusionXLPipeline"), cache, hub_id)
    snapshot.rename(snapshot.with_name(known))
    (snapshot.parent.parent / "refs" / "main").unlink()
    assert resolve(hub_id)[1].revision == known
    with pytest.raises(AbsentModel, match="--revision v2"):
        resolve(hub_id, revision="v2")


def test_the_tables_name_classes_that_diffusers_has() -> None:
    import diffusers

    names = {
        name
        for family in FAMILIES.values()
        for name in (family.text_to_image, family.image_to_image, family.inpaint, family.edit)
        if name is not None
    }
    for name in sorted(names):
        assert hasattr(diffusers, name), name
    assert all(c.family.sampler in c.family.samplers for c in CHECKPOINTS.values())
    assert all(c.largest <= c.gigabytes for c in CHECKPOINTS.values())
    assert all(re.fullmatch("[0-9a-f]{40}", c.revision) for c in CHECKPOINTS.values() if c.revision)
