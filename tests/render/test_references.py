"""IP-Adapters: which files a name means, what is refused or missed, and how they draw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tiny_families
import torch
from render_samples import request_for, write_json

from novel.errors import MissingError, RefusedError
from novel.render.backend import BackendSpec, ModelSource
from novel.render.diffusers_backend import DiffusersBackend
from novel.render.families import check_requests, resolve
from novel.render.references import check_all, encoder_of, resolve_adapter
from novel.request import AdapterUse, Init, Reference, RenderRequest
from novel.store import FileHashes, sha256_of

FAMILIES = ("sd2", "sdxl", "flux1", "sd3")


def save_encoder(folder: Path, *, siglip: bool = False, width: int = 24, projected: int = 20) -> None:
    """An image encoder of random weights, as published ones are saved."""
    import transformers

    config: dict[str, Any] = {
        "hidden_size": width,
        "intermediate_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    }
    torch.manual_seed(2)
    encoder: Any
    if siglip:
        encoder = transformers.SiglipVisionModel(transformers.SiglipVisionConfig(**config))
    else:
        settings = transformers.CLIPVisionConfig(**config, projection_dim=projected)
        encoder = transformers.CLIPVisionModelWithProjection(settings)
    encoder.save_pretrained(folder)


def weights_for(name: str, pipe: Any, *, projected: int = 20, wider: int = 0) -> dict[str, torch.Tensor]:
    """The tensors of an IP-Adapter of random weights for a tiny pipeline, in its published spelling."""
    torch.manual_seed(3)

    def linear(key: str, out: int, into: int, bias: bool = True) -> dict[str, torch.Tensor]:
        found = {f"{key}.weight": torch.randn(out, into)}
        return found | ({f"{key}.bias": torch.randn(out)} if bias else {})

    if name == "sd3":
        return stable_diffusion_3(pipe, linear)
    width = (pipe.unet.config.cross_attention_dim if hasattr(pipe, "unet") else 32) + wider
    found = linear("image_proj.proj", 4 * width, projected)
    found |= {"image_proj.norm.weight": torch.ones(width), "image_proj.norm.bias": torch.zeros(width)}
    if name == "flux1":
        for side in "kv":
            key = f"double_blocks.0.processor.ip_adapter_double_stream_{side}_proj"
            found |= linear(key, 32, width)
        return {key.replace("image_proj.", "ip_adapter_proj_model."): value for key, value in found.items()}
    layers = [n for n, _ in pipe.unet.named_modules() if n.endswith("attn2")]
    # Published files count all attention, of which every second one attends to words.
    order = [n for n in pipe.unet.attn_processors if n.endswith("attn2.processor")]
    assert len(order) == len(layers)
    for number, layer in enumerate(order):
        hidden = pipe.unet.get_submodule(layer.removesuffix(".processor")).to_k.out_features
        for side in "kv":
            found |= linear(f"ip_adapter.{2 * number + 1}.to_{side}_ip", hidden, width, bias=False)
    return found


def stable_diffusion_3(pipe: Any, linear: Any) -> dict[str, torch.Tensor]:
    """The time-aware resampler of InstantX' adapter, and its layers."""
    from diffusers.models.attention_processor import SD3IPAdapterJointAttnProcessor2_0
    from diffusers.models.embeddings import IPAdapterTimeImageProjection

    projection = IPAdapterTimeImageProjection(
        embed_dim=24, output_dim=32, hidden_dim=64, dim_head=64, heads=1, num_queries=3, timestep_in_dim=320
    )
    found = {}
    published = {
        "ln0": "0.norm1",
        "ln1": "0.norm2",
        "attn.to_out.0": "0.to_out",
        "attn": "0",
        "adaln_norm": "1.0",
        "ff.net.0.proj": "1.1",
        "ff.net.2": "1.3",
        "adaln_proj": "2.1",
    }
    for key, value in projection.state_dict().items():
        name = key
        if key.startswith("layers."):
            layer, rest = key.split(".", 2)[1:]
            part = next(part for part in published if rest.startswith(part))
            name = f"layers.{layer}.{published[part]}{rest.removeprefix(part)}"
        found[f"image_proj.{name}"] = value
    processor = SD3IPAdapterJointAttnProcessor2_0(
        hidden_size=32, ip_hidden_states_dim=32, head_dim=8, timesteps_emb_dim=64
    )
    return found | {f"ip_adapter.0.{key}": value for key, value in processor.state_dict().items()}


def save_adapter(path: Path, weights: dict[str, torch.Tensor]) -> Path:
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in weights.items()}, path)
    return path


@dataclass
class Looking:
    """A tiny model with an IP-Adapter, pictures and a LoRA."""

    name: str
    pipe: Any
    source: ModelSource
    adapter: str
    lora: str
    assets: dict[str, Path]
    pictures: tuple[str, ...]
    backend: DiffusersBackend

    def ask(self, *numbers: int, weight: float = 0.8, **fields: Any) -> RenderRequest:
        shown = tuple(Reference(sha256=self.pictures[n], weight=weight) for n in numbers)
        settings = {"width": 32, "height": 32, "guidance_rescale": 0.0, "backend": "diffusers"}
        settings["sampler"] = tiny_families.FAMILIES[self.name].sampler
        if shown:
            settings |= {"references": shown, "reference_adapter": self.adapter}
        return request_for("a red cat", **{**settings, **fields})


@pytest.fixture(scope="module", params=FAMILIES)
def looking(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looking]:
    root = tmp_path_factory.mktemp(request.param)
    folder = tiny_families.save(request.param, root / "model")
    _, source = resolve(str(folder))
    pipe = tiny_families.FAMILIES[request.param].make()
    save_adapter(root / "ip" / "ip-adapter.safetensors", weights_for(request.param, pipe))
    save_encoder(root / "ip" / "image_encoder", siglip=request.param == "sd3")
    sha256, weights = resolve_adapter("ip", root, FileHashes().sha256_of_file, source)
    files = [tiny_families.save_picture(root / f"{color}.png", color) for color in ("red", "blue", "green")]
    files.append(tiny_families.save_lora(pipe, root))
    assets = {sha256_of(file.read_bytes()): file for file in files}
    *pictures, lora = assets
    assets[sha256] = weights
    backend = DiffusersBackend(BackendSpec("diffusers", source, "cpu", assets), print)
    yield Looking(request.param, pipe, source, sha256, lora, assets, tuple(pictures), backend)
    backend.close()


# How they draw.


def test_pictures_are_looked_at_and_forgotten(looking: Looking) -> None:
    backend, ask = looking.backend, looking.ask
    plain = backend.render(ask(), None)
    asked = {
        "one": ask(0),
        "other": ask(1),
        "both": ask(0, 1),
        "little": ask(0, weight=0.2),
    }
    check_requests(asked.values(), looking.source)
    pictures = {name: backend.render(request, None) for name, request in asked.items()}
    assert len({p.data for p in (plain, *pictures.values())}) == 5
    assert backend.render(ask(), None) == plain
    for name in reversed(asked):
        assert backend.render(asked[name], None) == pictures[name], name
    assert backend.render(ask(), None) == plain


def test_a_picture_does_not_depend_on_those_before(looking: Looking) -> None:
    untouched = DiffusersBackend(BackendSpec("diffusers", looking.source, "cpu", looking.assets), print)
    untouched.prepare([looking.ask(0, 1)])
    assert untouched.render(looking.ask(0, 1), None) == looking.backend.render(looking.ask(0, 1), None)
    assert untouched.render(looking.ask(), None) == looking.backend.render(looking.ask(), None)
    untouched.close()


def test_looking_goes_with_a_start_and_an_adapter(looking: Looking) -> None:
    backend, base = looking.backend, looking.backend.render(looking.ask(seed=9), None)
    init, ink = Init(kind="asset", source="0", strength=0.6), (AdapterUse(sha256=looking.lora, weight=1.0),)
    asked = [
        looking.ask(init=init, steps=4),
        looking.ask(0, init=init, steps=4),
        looking.ask(0, init=init, steps=4, adapters=ink),
        looking.ask(init=init, steps=4, adapters=ink),
    ]
    pictures = [backend.render(request, base) for request in asked]
    assert len({p.data for p in pictures}) == 4
    assert [backend.render(request, base) for request in reversed(asked)] == list(reversed(pictures))


def test_pictures_may_be_looked_at_unequally(looking: Looking) -> None:
    one, other = (looking.ask(n).references[0] for n in (0, 1))
    weak = other.model_copy(update={"weight": 0.1})
    unequal = looking.ask(0, references=(one, weak))
    if looking.name == "sd3":
        looking.backend.render(unequal, None)  # It looks at one picture, in which both are.
        return
    drawn = looking.backend.render(unequal, None)
    assert drawn != looking.backend.render(looking.ask(0, 1), None)
    assert drawn != looking.backend.render(looking.ask(0), None)
    assert looking.backend.render(unequal, None) == drawn


def test_it_is_what_the_plain_pipeline_draws(looking: Looking) -> None:
    if looking.name not in ("sd2", "sdxl"):
        pytest.skip("the others load their weights from files of other names")
    import numpy
    from diffusers import DiffusionPipeline

    from novel.render.reference_pictures import opened, squared

    pipe = DiffusionPipeline.from_pretrained(looking.source.folder)
    pipe.set_progress_bar_config(disable=True)
    file = looking.assets[looking.adapter]
    pipe.load_ip_adapter(str(file.parent), subfolder="", weight_name=file.name, image_encoder_folder="image_encoder")
    pipe.set_ip_adapter_scale(0.8)
    picture = squared(opened(looking.pictures[0], looking.assets))
    theirs = pipe(
        "a red cat",
        negative_prompt=None,
        ip_adapter_image=picture,
        width=32,
        height=32,
        num_inference_steps=2,
        guidance_scale=5.0,
        output_type="np",
        generator=torch.Generator().manual_seed(1),
    ).images[0]
    ours = numpy.frombuffer(looking.backend.render(looking.ask(0), None).data, numpy.uint8).astype(int)
    assert abs(ours - (theirs * 255).round().astype(int).reshape(-1)).max() <= 1


def test_people_are_found_as_before(looking: Looking) -> None:
    drawn = looking.backend.render(looking.ask(0), None)
    found = looking.backend.locate(looking.ask(0), drawn, ["a red cat"])
    assert (found != [None]) == (looking.name in ("sd2", "sdxl"))
    assert looking.backend.render(looking.ask(0), None) == drawn


# Which files are meant.


@pytest.fixture
def xl(tmp_path: Path) -> tuple[Path, Any, ModelSource]:
    """A folder for IP-Adapters, a tiny pipeline of SDXL and where it lies."""
    folder = tiny_families.save("sdxl", tmp_path / "model")
    return tmp_path / "ip", tiny_families.stable_diffusion_xl(), ModelSource(folder=folder)


def named(name: str, base: Path, source: ModelSource | None = None) -> tuple[str, Path]:
    return resolve_adapter(name, base, FileHashes().sha256_of_file, source)


def test_the_plain_one_that_fits_is_taken(xl: tuple[Path, Any, ModelSource], tmp_path: Path) -> None:
    ip, pipe, source = xl
    fits = weights_for("sdxl", pipe)
    save_adapter(ip / "models" / "ip.safetensors", weights_for("sdxl", pipe, wider=8))
    plain = save_adapter(ip / "sdxl_models" / "ip-adapter_sdxl.safetensors", fits)
    save_adapter(ip / "sdxl_models" / "ip-adapter-plus_sdxl.safetensors", fits)
    save_encoder(ip / "models" / "image_encoder", projected=40)
    save_encoder(ip / "sdxl_models" / "image_encoder")
    assert named("ip", tmp_path, source)[1] == plain
    assert encoder_of(plain) == plain.parent / "image_encoder"
    chosen = "ip/sdxl_models/ip-adapter-plus_sdxl.safetensors"
    assert named(chosen, tmp_path, source)[1] == tmp_path / chosen
    with pytest.raises(MissingError, match=r"does not fit the model.*has layers of"):
        named("ip/models/ip.safetensors", tmp_path, source)


def test_a_fine_one_takes_the_encoder_by_what_that_gives_for_each_patch(tmp_path: Path) -> None:
    """In the best known folder, an encoder lies nearer whose one embedding has as many numbers by chance."""
    fine = {"image_proj.proj_in.weight": torch.zeros(8, 24), "ip_adapter.1.to_k_ip.weight": torch.zeros(16, 32)}
    file = save_adapter(tmp_path / "sdxl_models" / "ip-adapter-plus_sdxl_vit-h.safetensors", fine)
    save_encoder(tmp_path / "sdxl_models" / "image_encoder", width=32, projected=24)
    save_encoder(tmp_path / "models" / "image_encoder", width=24, projected=20)
    assert encoder_of(file) == tmp_path / "models" / "image_encoder"


def test_an_adapter_for_another_model_is_said_before_anything_is_loaded(
    xl: tuple[Path, Any, ModelSource], tmp_path: Path
) -> None:
    ip, pipe, source = xl
    save_encoder(ip / "image_encoder")
    good = save_adapter(ip / "good.safetensors", weights_for("sdxl", pipe))
    bad = save_adapter(ip / "bad.safetensors", weights_for("sdxl", pipe, wider=8))
    requests = [request_for(reference_adapter=n * 64) for n in ("1", "")]
    check_all(requests, {"1" * 64: good}, source, "mine")
    with pytest.raises(MissingError, match=r"bad\.safetensors does not fit the model mine.*32 × 40.*32 × 32") as caught:
        check_all(requests, {"1" * 64: bad}, source, "mine")
    assert caught.value.exit_code == 4
    check_all(requests[1:], {}, source, "mine")


def test_the_identity_follows_the_weights_and_the_encoder(xl: tuple[Path, Any, ModelSource], tmp_path: Path) -> None:
    ip, pipe, source = xl
    file = save_adapter(ip / "a.safetensors", weights_for("sdxl", pipe))
    save_encoder(ip / "image_encoder")
    before, _ = named("ip", tmp_path, source)
    assert named("ip/a.safetensors", tmp_path) == (before, file)
    config = json.loads((ip / "image_encoder" / "config.json").read_text())
    write_json(ip / "image_encoder" / "config.json", {**config, "layer_norm_eps": 0.5})
    after, _ = named("ip", tmp_path, source)
    assert after != before
    save_adapter(file, {key: value + 1 for key, value in weights_for("sdxl", pipe).items()})
    assert named("ip", tmp_path, source)[0] not in (before, after)


def test_what_is_missing_or_unsafe_is_said(
    xl: tuple[Path, Any, ModelSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ip, pipe, source = xl
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(MissingError, match=r"no IP-Adapter '\./ip'"):
        named("./ip", tmp_path, source)
    with pytest.raises(MissingError, match="not on this machine") as caught:
        named("h94/IP-Adapter/models/ip-adapter_sd15.safetensors", tmp_path, source)
    assert 'hf download h94/IP-Adapter --include "models/ip-adapter_sd15.safetensors"' in caught.value.hint
    ip.mkdir()
    with pytest.raises(MissingError, match="no safetensors file"):
        named("ip", tmp_path, source)
    (ip / "a.bin").touch()
    for name in ("ip", "ip/a.bin"):
        with pytest.raises(RefusedError, match="run code"):
            named(name, tmp_path, source)
    (ip / "a.bin").unlink()
    file = save_adapter(ip / "a.safetensors", weights_for("sdxl", pipe))
    with pytest.raises(MissingError, match="no image encoder") as caught:
        named("ip", tmp_path, source)
    assert "20 numbers" in caught.value.hint
    save_encoder(ip / "image_encoder", projected=40)
    with pytest.raises(MissingError, match="gives 40"):
        named("ip", tmp_path, source)
    save_encoder(ip / "image_encoder")
    named("ip", tmp_path, source)
    weights = ip / "image_encoder" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(MissingError, match="not whole"):
        named("ip", tmp_path, source)
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(RefusedError, match="pickled"):
        named("ip", tmp_path, source)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(MissingError, match="not whole"):
        named("ip", tmp_path, source)


def test_a_well_known_encoder_is_taken_from_the_hubs_cache(
    xl: tuple[Path, Any, ModelSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    ip, pipe, source = xl
    known = "openai/clip-vit-large-patch14"
    file = save_adapter(ip / "a.safetensors", weights_for("sdxl", pipe, projected=768))
    with pytest.raises(MissingError, match="no image encoder") as caught:
        named("ip", tmp_path, source)
    assert f"hf download {known}" in caught.value.hint
    repository = tmp_path / "cache" / f"models--{known.replace('/', '--')}"
    snapshot = repository / "snapshots" / ("0" * 40)
    save_encoder(snapshot, projected=768)
    # Published with its text encoder, whose config stands beside.
    config = json.loads((snapshot / "config.json").read_text())
    write_json(snapshot / "config.json", {"projection_dim": config.pop("projection_dim"), "vision_config": config})
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    assert named("ip", tmp_path, source)[1] == file
    assert encoder_of(file) == snapshot


def test_an_adapter_that_needs_a_face_detector_is_said(xl: tuple[Path, Any, ModelSource], tmp_path: Path) -> None:
    ip, pipe, source = xl
    more = {"ip_adapter.0.to_q_lora.down.weight": torch.zeros(4, 16)}
    save_adapter(ip / "faceid.safetensors", weights_for("sdxl", pipe) | more)
    with pytest.raises(MissingError, match="face detector"):
        named("ip", tmp_path, source)
