"""What passes an adapter's check is really loaded, whatever tool has written it; what isn't is never passed over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from render_samples import ATTENTION, request_for

from novel.errors import MissingError
from novel.render import adapters, model_folder
from novel.render.backend import BackendSpec, ModelSource, Pixels
from novel.render.diffusers_backend import DiffusersBackend
from novel.request import AdapterUse

LAYER = f"{ATTENTION}.to_q"
FLAT = LAYER.replace(".", "_")
SPELLINGS = {
    "peft under the part's name": (f"unet.{LAYER}.lora_A.weight", f"unet.{LAYER}.lora_B.weight"),
    "peft by itself": (f"base_model.model.{LAYER}.lora_A.weight", f"base_model.model.{LAYER}.lora_B.weight"),
    "no part's name": (f"{LAYER}.lora_A.weight", f"{LAYER}.lora_B.weight"),
    "with an adapter's name": (f"unet.{LAYER}.lora_A.default.weight", f"unet.{LAYER}.lora_B.default.weight"),
    "diffusers": (f"unet.{LAYER}.lora.down.weight", f"unet.{LAYER}.lora.up.weight"),
    "old diffusers": (
        f"unet.{ATTENTION}.processor.to_q_lora.down.weight",
        f"unet.{ATTENTION}.processor.to_q_lora.up.weight",
    ),
    "kohya": (f"lora_unet_{FLAT}.lora_down.weight", f"lora_unet_{FLAT}.lora_up.weight"),
}


def lora(path: Path, names: tuple[str, str], **metadata: str) -> Path:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(3)
    save_file({names[0]: torch.randn(2, 16), names[1]: torch.randn(16, 2)}, str(path), metadata)
    return path


@pytest.fixture(scope="module")
def drawn(tiny_source: ModelSource) -> Callable[..., Pixels]:
    def draw(file: Path | None, warn: Any = None) -> Pixels:
        assets = {} if file is None else {"a" * 64: file}
        uses = (AdapterUse(sha256="a" * 64, weight=1.0),) if assets else ()
        backend = DiffusersBackend(BackendSpec("diffusers", tiny_source, "cpu", assets), warn or (lambda message: None))
        request = request_for(backend="diffusers", adapters=uses)
        backend.prepare([request])
        return backend.render(request, None)

    return draw


@pytest.fixture(scope="module")
def plain(drawn: Callable[..., Pixels]) -> Pixels:
    return drawn(None)


@pytest.fixture(scope="module")
def changed(drawn: Callable[..., Pixels], tmp_path_factory: pytest.TempPathFactory) -> Pixels:
    file = tmp_path_factory.mktemp("lora") / "first.safetensors"
    return drawn(lora(file, SPELLINGS["peft under the part's name"]))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_draws_the_same_picture(
    tmp_path: Path, drawn: Callable[..., Pixels], plain: Pixels, changed: Pixels, spelling: str
) -> None:
    assert changed.data != plain.data
    assert drawn(lora(tmp_path / "ink.safetensors", SPELLINGS[spelling])).data == changed.data


def test_an_adapter_of_which_nothing_was_loaded_is_an_error_that_names_both(
    tmp_path: Path, tiny_model: Path, tiny_source: ModelSource
) -> None:
    from diffusers import StableDiffusionPipeline

    file = lora(tmp_path / "ink.safetensors", ("transformer.x.lora_A.weight", "transformer.x.lora_B.weight"))
    pipe = StableDiffusionPipeline.from_pretrained(tiny_model, local_files_only=True)
    pipe.load_lora_weights(str(tmp_path), weight_name=file.name, adapter_name="ink")  # Only logs a warning.
    with pytest.raises(MissingError) as caught:
        adapters.check_attached(pipe, "ink", file, model_folder.read(tiny_model))
    assert "ink.safetensors" in caught.value.message
    assert tiny_model.name in caught.value.message


def test_an_adapter_for_other_weights_of_the_same_shapes_is_said(
    tmp_path: Path, drawn: Callable[..., Pixels], tiny_model: Path
) -> None:
    said: list[str] = []
    names = SPELLINGS["peft under the part's name"]
    file = lora(
        tmp_path / "jon.safetensors", names, **{"novel.base": "sha256:" + "1" * 64, "novel.base_name": "old-ink"}
    )
    drawn(file, said.append)
    assert len(said) == 1
    assert "jon.safetensors" in said[0]
    assert "old-ink (1111111111)" in said[0]
    assert tiny_model.name in said[0]
    drawn(lora(tmp_path / "mine.safetensors", names, **{"novel.base": request_for().model}), said.append)
    drawn(lora(tmp_path / "theirs.safetensors", names), said.append)
    assert len(said) == 1
