"""LoRA files are judged by their headers: what fits passes in every spelling, what doesn't names both files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from render_samples import ATTENTION, write_json, write_safetensors

from novel.errors import MissingError, RefusedError
from novel.render import adapters, model_folder
from novel.render.model_folder import ModelFolder

MakeModel = Callable[..., Path]
FLAT = ATTENTION.replace(".", "_")


@pytest.fixture
def base(make_model: MakeModel) -> ModelFolder:
    return model_folder.read(make_model("my-base"))


def pair(down: str, up: str, width: int = 8, rank: int = 4, height: int = 8) -> dict[str, tuple[int, ...]]:
    return {down: (rank, width), up: (height, rank)}


SPELLINGS = {
    "peft": pair(f"unet.{ATTENTION}.to_q.lora_A.weight", f"unet.{ATTENTION}.to_q.lora_B.weight"),
    "peft's own files": pair(
        f"base_model.model.{ATTENTION}.to_q.lora_A.weight", f"base_model.model.{ATTENTION}.to_q.lora_B.weight"
    ),
    "with an adapter's name": pair(
        f"unet.{ATTENTION}.to_q.lora_A.default.weight", f"unet.{ATTENTION}.to_q.lora_B.default.weight"
    ),
    "diffusers": pair(f"unet.{ATTENTION}.to_out.0.lora.down.weight", f"unet.{ATTENTION}.to_out.0.lora.up.weight"),
    "old diffusers": pair(
        f"unet.{ATTENTION}.processor.to_out_lora.down.weight", f"unet.{ATTENTION}.processor.to_out_lora.up.weight"
    ),
    "kohya": {
        **pair(f"lora_unet_{FLAT}_to_k.lora_down.weight", f"lora_unet_{FLAT}_to_k.lora_up.weight"),
        f"lora_unet_{FLAT}_to_k.alpha": (),
    },
    "kohya, SDXL's original names": pair(
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_v.lora_down.weight",
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_v.lora_up.weight",
    ),
    "kohya, text encoder": pair(
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight",
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight",
        width=6,
        height=6,
    ),
    "peft, text encoder": pair(
        "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
        "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_B.weight",
        width=6,
        height=6,
    ),
    "a convolution": {"unet.conv_in.lora_A.weight": (2, 4, 3, 3), "unet.conv_in.lora_B.weight": (8, 2, 1, 1)},
    "with magnitudes": {
        **pair(f"unet.{ATTENTION}.to_q.lora_A.weight", f"unet.{ATTENTION}.to_q.lora_B.weight"),
        f"unet.{ATTENTION}.to_q.lora_magnitude_vector": (8,),
    },
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_adapter_that_fits_passes_in_every_spelling(tmp_path: Path, base: ModelFolder, spelling: str) -> None:
    adapters.check(write_safetensors(tmp_path / "fits.safetensors", SPELLINGS[spelling]), base)


def renamed(shapes: dict[str, tuple[int, ...]], old: str, new: str) -> dict[str, tuple[int, ...]]:
    return {key.replace(old, new): shape for key, shape in shapes.items()}


MISFITS = {
    "another width": pair(f"unet.{ATTENTION}.to_q.lora_A.weight", f"unet.{ATTENTION}.to_q.lora_B.weight", width=16),
    "another height": pair(f"unet.{ATTENTION}.to_q.lora_A.weight", f"unet.{ATTENTION}.to_q.lora_B.weight", height=16),
    "two ranks": {f"unet.{ATTENTION}.to_q.lora_A.weight": (4, 8), f"unet.{ATTENTION}.to_q.lora_B.weight": (8, 2)},
    "a layer that isn't there": renamed(SPELLINGS["peft"], "down_blocks.0", "down_blocks.3"),
    "kohya, a layer that isn't there": renamed(SPELLINGS["kohya"], "down_blocks_0", "down_blocks_3"),
    "one layer too many": {**SPELLINGS["peft"], **renamed(SPELLINGS["peft"], "attn1", "attn2")},
    "a transformer's": renamed(
        SPELLINGS["peft"], f"unet.{ATTENTION}.to_q", "transformer.transformer_blocks.0.attn.to_q"
    ),
    "another encoder": renamed(SPELLINGS["kohya, text encoder"], "lora_te_", "lora_te2_"),
    "no prefix that we know": renamed(SPELLINGS["peft"], "unet.down", "diffusion_model.down"),
    "half a pair": {f"unet.{ATTENTION}.to_q.lora_A.weight": (4, 8)},
    "no LoRA at all": {f"{ATTENTION}.to_q.weight": (8, 8)},
    "LyCORIS": {f"lora_unet_{FLAT}_to_k.hada_w1_a": (8, 4)},
    "another kernel": {"unet.conv_in.lora_A.weight": (2, 4, 5, 5), "unet.conv_in.lora_B.weight": (8, 2, 1, 1)},
    "nothing": {},
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_an_adapter_for_another_base_names_both(tmp_path: Path, base: ModelFolder, misfit: str) -> None:
    file = write_safetensors(tmp_path / "ink.safetensors", MISFITS[misfit])
    with pytest.raises(MissingError) as caught:
        adapters.check(file, base)
    assert caught.value.exit_code == 4
    assert "ink.safetensors" in caught.value.message
    assert "my-base" in caught.value.message


def test_every_part_of_sdxl_in_its_original_names_is_found(make_model: MakeModel, tmp_path: Path) -> None:
    """The pairs are those of the published conversion of the original code's names."""
    folder = make_model()
    names = {
        "lora_unet_input_blocks_4_1_proj_in": "down_blocks.1.attentions.0.proj_in",
        "lora_unet_input_blocks_8_1_proj_in": "down_blocks.2.attentions.1.proj_in",
        "lora_unet_input_blocks_7_0_in_layers_2": "down_blocks.2.resnets.0.conv1",
        "lora_unet_input_blocks_3_0_op": "down_blocks.0.downsamplers.0.conv",
        "lora_unet_middle_block_1_proj_out": "mid_block.attentions.0.proj_out",
        "lora_unet_middle_block_2_out_layers_3": "mid_block.resnets.1.conv2",
        "lora_unet_output_blocks_5_1_proj_in": "up_blocks.1.attentions.2.proj_in",
        "lora_unet_output_blocks_2_2_conv": "up_blocks.0.upsamplers.0.conv",
        "lora_unet_output_blocks_0_0_emb_layers_1": "up_blocks.0.resnets.0.time_emb_proj",
    }
    for number, (theirs, ours) in enumerate(names.items()):
        width = 3 + number  # So that no layer can stand in for another.
        write_safetensors(folder / "unet/diffusion_pytorch_model.safetensors", {f"{ours}.weight": (width, width)})
        lora = pair(f"{theirs}.lora_down.weight", f"{theirs}.lora_up.weight", width=width, height=width)
        adapters.check(write_safetensors(tmp_path / "x.safetensors", lora), model_folder.read(folder))


def test_a_transformers_adapter_is_checked_in_its_own_spelling(make_model: MakeModel, tmp_path: Path) -> None:
    folder = make_model("flux")
    index = (folder / "model_index.json").read_text().replace("StableDiffusionPipeline", "FluxPipeline")
    (folder / "model_index.json").write_text(
        index.replace('"unet"', '"transformer"').replace("UNet2DCondition", "FluxTransformer2D")
    )
    (folder / "unet").rename(folder / "transformer")
    layer = "transformer_blocks.0.attn.to_q"
    write_safetensors(folder / "transformer/diffusion_pytorch_model.safetensors", {f"{layer}.weight": (8, 8)})
    write_json(folder / "transformer/config.json", {})
    base = model_folder.read(folder)
    good = pair(f"transformer.{layer}.lora_A.weight", f"transformer.{layer}.lora_B.weight")
    adapters.check(write_safetensors(tmp_path / "good.safetensors", good), base)
    own = renamed(good, "transformer.transformer_blocks", "base_model.model.transformer_blocks")
    bare = renamed(good, "transformer.transformer_blocks", "transformer_blocks")
    for fits in (own, bare):
        adapters.check(write_safetensors(tmp_path / "good.safetensors", fits), base)
    wide = pair(f"transformer.{layer}.lora_A.weight", f"transformer.{layer}.lora_B.weight", width=16)
    ranks = {f"transformer.{layer}.lora_A.weight": (4, 8), f"transformer.{layer}.lora_B.weight": (8, 2)}
    misspelt = [renamed(each, "to_q", "to_x") for each in (good, own, bare)]
    for bad in (*misspelt, wide, ranks, SPELLINGS["peft"], SPELLINGS["kohya"]):
        with pytest.raises(MissingError, match="flux"):
            adapters.check(write_safetensors(tmp_path / "bad.safetensors", bad), base)


@pytest.mark.parametrize("name", ["a.pt", "a.ckpt", "a.bin", "a.safetensors.pkl"])
def test_a_pickled_adapter_is_refused_and_never_opened(tmp_path: Path, base: ModelFolder, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n(S'touch canary'\ntR.")
    (tmp_path / name).chmod(0)
    with pytest.raises(RefusedError, match="safetensors") as caught:
        adapters.check(tmp_path / name, base)
    assert caught.value.exit_code == 7


def test_a_truncated_adapter_is_missing(tmp_path: Path, base: ModelFolder) -> None:
    file = write_safetensors(tmp_path / "cut.safetensors", SPELLINGS["peft"])
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(MissingError, match=r"cut\.safetensors"):
        adapters.check(file, base)


def test_an_adapter_that_is_not_among_the_files_is_missing() -> None:
    with pytest.raises(MissingError):
        adapters.file_of("0" * 64, {})
