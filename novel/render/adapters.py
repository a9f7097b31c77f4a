"""LoRA files: which file is meant, and does it fit the base? Read from headers alone, before any model is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from novel.errors import MissingError, RefusedError
from novel.render import model_folder
from novel.render.backend import ModelSource
from novel.render.model_folder import ModelFolder
from novel.render.safetensors_header import IncompleteFile, read_header
from novel.request import RenderRequest

_Shape = tuple[int, ...]

_DOWN = re.compile(
    r"(?:\.processor)?[._](?:lora_A(?:\.default)?|lora\.down|lora_down|lora_linear_layer\.down|lora\.A)\.weight$|_lora\.down\.weight$"
)
_UP = re.compile(
    r"(?:\.processor)?[._](?:lora_B(?:\.default)?|lora\.up|lora_up|lora_linear_layer\.up|lora\.B)\.weight$|_lora\.up\.weight$"
)
_BESIDE = re.compile(
    r"\.(?:alpha|dora_scale|lora_magnitude_vector(?:\.default)?(?:\.weight)?|lora_B(?:\.default)?\.bias|diff_b)$"
)

_PEFT = "base_model.model."
"""What stands before every name in the files that peft writes by itself."""
_KOHYA = {"lora_unet_": "unet", "lora_te1_": "text_encoder", "lora_te2_": "text_encoder_2", "lora_te_": "text_encoder"}
_DOTTED = {
    "unet.": "unet",
    "text_encoder.": "text_encoder",
    "text_encoder_2.": "text_encoder_2",
    "transformer.": "transformer",
}


def name_of(sha256: str) -> str:
    """The name under which an adapter is attached; one word, because module names can't hold dots."""
    return f"adapter_{sha256[:16]}"


def file_of(sha256: str, assets: Mapping[str, Path]) -> Path:
    """The adapter's file. Raises MissingError where it isn't among the assets, RefusedError for a pickled one."""
    path = assets.get(sha256)
    if path is None:
        raise MissingError(f"The adapter {sha256[:12]}… is not among the story's files.", "Check the adapter's path.")
    refuse_pickled(path)
    return path


def refuse_pickled(path: Path) -> None:
    """Raise RefusedError unless it is a safetensors file by its name."""
    if path.suffix.lower() != ".safetensors":
        raise RefusedError(
            f"The adapter {path.name} is not a safetensors file; other formats can run code when they are opened.",
            "Take the adapter's safetensors edition.",
        )


def wrong_base(path: Path, folder: ModelFolder, reason: str, called: str = "") -> MissingError:
    """The error for an adapter that doesn't fit; it names both. ``called``: what the user calls the model."""
    return MissingError(
        f"The adapter {path.name} does not fit the model {called or folder.path.name} ({folder.pipeline}): {reason}.",
        "Take an adapter that was trained for this model, or the model that it was trained for.",
    )


def check_all(requests: Iterable[RenderRequest], assets: Mapping[str, Path], source: ModelSource, called: str) -> None:
    """``check`` for every adapter that the requests use, before anything is loaded."""
    used = sorted({use.sha256 for request in requests for use in request.adapters})
    if source.folder is None or not used:
        return
    folder = model_folder.read(source.folder)
    for sha256 in used:
        check(file_of(sha256, assets), folder, called)


def check(path: Path, folder: ModelFolder, called: str = "") -> None:
    """Raise MissingError unless every layer of a LoRA has its place in the base, with the dimensions of that place.

    diffusers only warns when keys don't match, and then draws without them. Knows the spellings of peft and diffusers,
    and of kohya's scripts for U-Nets. For transformers only names of the model's own are checked here; other tools' are
    left to the loader, and to ``check_attached``.
    """
    refuse_pickled(path)
    try:
        shapes = read_header(path).shapes
    except IncompleteFile as error:
        raise MissingError(
            f"The adapter {path.name} is not whole: {error}.", "Fetch it again from its source."
        ) from error
    downs: dict[str, _Shape] = {}
    ups: dict[str, _Shape] = {}
    for key, shape in shapes.items():
        if _DOWN.search(key):
            downs[_module(key, _DOWN)] = shape
        elif _UP.search(key):
            ups[_module(key, _UP)] = shape
        elif not _BESIDE.search(key):
            raise wrong_base(path, folder, f"it holds {key}, which is no part of a LoRA", called)
    if not downs or downs.keys() != ups.keys():
        odd = sorted(downs.keys() ^ ups.keys())
        raise wrong_base(path, folder, f"{odd[0]} lacks its other half" if odd else "it holds no LoRA layers", called)
    bases = {name: _base_layers(folder, name) for name in folder.components}
    for module in sorted(downs):
        component, found = _place(module, bases, folder)
        if component is None:
            continue
        if found is None:
            raise wrong_base(path, folder, f"{module} has no counterpart in it", called)
        reason = _misfit(downs[module], ups[module], found)
        if reason:
            raise wrong_base(path, folder, f"{module} {reason}", called)


def trained_elsewhere(path: Path, identity: str, called: str = "") -> str:
    """A sentence for the user where an adapter of `novel train`'s says that it was trained for other weights than those
    of ``identity``; empty where it says nothing, or these.

    Two bases of one shape take each other's adapters without a word, and the character comes out as somebody else.
    """
    try:
        told = read_header(path).metadata
    except IncompleteFile:
        return ""
    base = told.get("novel.base", "")
    if base in ("", identity):
        return ""
    return (
        f"The adapter {path.name} was trained for {_named(told.get('novel.base_name', ''), base)}, and is used with "
        f"{_named(called, identity)}. If these are other weights, the character may look otherwise; `novel train` "
        "makes an adapter for these."
    )


def _named(name: str, identity: str) -> str:
    """A model's name and the beginning of its identity."""
    short = identity if "@" in identity else identity.removeprefix("sha256:")[:10]
    return short if name in ("", short) or short.startswith(name) else f"{name} ({short})"


def check_attached(pipe: Any, name: str, path: Path, folder: ModelFolder) -> None:
    """Raise MissingError unless a pipeline has taken up an adapter that it was told to load.

    Where it knows none of a file's names, diffusers only logs a warning, and goes on without.
    """
    if not any(name in names for names in pipe.get_list_adapters().values()):
        raise wrong_base(path, folder, "none of its layers was found in the model")


def _module(key: str, part: re.Pattern[str]) -> str:
    """The layer that a key belongs to. Old diffusers files hang attention layers on a processor: undone here."""
    module = part.sub("", key).removeprefix(_PEFT)
    return re.sub(r"\.processor\.(to_q|to_k|to_v)$", r".\1", re.sub(r"\.processor\.to_out$", ".to_out.0", module))


def _place(
    module: str, bases: Mapping[str, Mapping[str, _Shape]], folder: ModelFolder
) -> tuple[str | None, _Shape | None]:
    """The component that a layer belongs to and its weight's shape there; no component where only the loader can
    tell."""
    transformer = "transformer" in bases
    for prefix, component in _KOHYA.items():
        if module.startswith(prefix):
            if transformer and (component != "unet" or not _is_unet_name(module)):
                return None, None
            layers = bases.get(component)
            return component, None if layers is None else _flat(layers).get(
                _kohya_name(module.removeprefix(prefix), folder)
            )
    for prefix, component in _DOTTED.items():
        if module.startswith(prefix):
            layers = bases.get(component)
            return component, None if layers is None else _dotted(layers, module.removeprefix(prefix))
    if transformer:
        # Names of the model's own, as peft writes them; others are another tool's, which the loader translates.
        layers = bases["transformer"]
        return ("transformer", layers.get(module)) if _first(module) in _firsts(layers) else (None, None)
    return "unet", _dotted(bases.get("unet", {}), module)


def with_plain_names(path: Path, folder: ModelFolder) -> dict[str, Any] | None:
    """The tensors of a file under the names that diffusers reads, where its own are such as it passes over; None where
    the file can be loaded as it is.

    Files that peft writes by itself don't say which part of the model a layer belongs to (it is the denoiser), and may
    hold the name that the adapter had in training: diffusers then loads nothing, or makes layers and leaves them empty.
    """
    denoiser = "unet" if "unet" in folder.components else "transformer"
    firsts = _firsts(_base_layers(folder, denoiser))
    names = {}
    for key in read_header(path).shapes:
        plain = key.removeprefix(_PEFT)
        plain = f"{denoiser}.{plain}" if _first(plain) in firsts else key
        names[key] = re.sub(r"\.(lora_A|lora_B)\.default\.", r".\1.", plain).replace(
            ".lora_magnitude_vector.default.weight", ".lora_magnitude_vector"
        )
    if all(key == name for key, name in names.items()):
        return None
    from safetensors.torch import load_file

    return {names[key]: tensor for key, tensor in load_file(str(path)).items()}


def _first(name: str) -> str:
    return name.split(".", 1)[0]


def _firsts(layers: Iterable[str]) -> set[str]:
    return {_first(name) for name in layers}


def _is_unet_name(module: str) -> bool:
    return module.startswith(
        (
            "lora_unet_down_blocks",
            "lora_unet_up_blocks",
            "lora_unet_mid_block",
            "lora_unet_input_",
            "lora_unet_output_",
            "lora_unet_middle_",
        )
    )


def _dotted(layers: Mapping[str, _Shape], module: str) -> _Shape | None:
    found = layers.get(module)
    if found is None and module.endswith(".to_out"):
        found = layers.get(f"{module}.0")
    if found is None:  # transformers moved text encoders' layers up one level; files may hold either spelling.
        found = layers.get(module.removeprefix("text_model.")) or layers.get(f"text_model.{module}")
    return found


def _flat(layers: Mapping[str, _Shape]) -> dict[str, _Shape]:
    """Layers by kohya's spelling, in which dots are underscores; text encoders with and without their outer level."""
    flat = {}
    for name, shape in layers.items():
        flat[name.replace(".", "_")] = shape
        flat[f"text_model_{name.replace('.', '_')}"] = shape
    return flat


def _base_layers(folder: ModelFolder, component: str) -> dict[str, _Shape]:
    layers = {}
    for path in folder.weights(component):
        for name, shape in read_header(path).shapes.items():
            if name.endswith(".weight"):
                layers[name.removesuffix(".weight")] = shape
    return layers


def _misfit(down: _Shape, up: _Shape, base: _Shape) -> str:
    """Why a pair of LoRA weights doesn't fit a layer; empty where it does. Shapes are (out, in) or (out, in, h, w)."""
    if down[0] != up[1]:
        return f"has ranks {down[0]} and {up[1]}, which should be one"
    if (up[0], down[1]) != (base[0], base[1] if len(base) > 1 else 1):
        shape = " × ".join(str(n) for n in base[:2])
        return f"is for {up[0]} × {down[1]} weights, and the model's are {shape}"
    if len(down) == 4 and len(base) == 4 and down[2:] != base[2:]:
        return f"has a kernel of {down[2]} × {down[3]}, and the model's is {base[2]} × {base[3]}"
    return ""


_ORIGINAL_RESNET = {
    "in_layers_2": "conv1",
    "out_layers_3": "conv2",
    "emb_layers_1": "time_emb_proj",
    "skip_connection": "conv_shortcut",
}
"""The original code's names for a residual block's layers, and diffusers' names."""


def _kohya_name(name: str, folder: ModelFolder) -> str:
    """A U-Net layer's name in diffusers' words, where kohya's scripts use those of the original code (SDXL).

    There a stage's blocks are counted through: ``input_blocks_4_1`` is the fifth in all, its second part the attention.
    """
    found = re.fullmatch(r"(input|output)_blocks_(\d+)_(\d+)_(.+)|middle_block_(\d)_(.+)", name)
    if not found:
        return name
    rest = found[4] or found[6]
    rest = _ORIGINAL_RESNET.get(rest, rest)
    if found[5]:
        part = {0: "resnets_0", 1: "attentions_0", 2: "resnets_1"}.get(int(found[5]), "")
        return f"mid_block_{part}_{rest}"
    outer, inner = int(found[2]), int(found[3])
    per_stage = int(folder.config("unet").get("layers_per_block", 2)) + 1
    if found[1] == "input":
        stage, layer = divmod(outer - 1, per_stage)
        if rest == "op":
            return f"down_blocks_{stage}_downsamplers_0_conv"
        return f"down_blocks_{stage}_{'attentions' if inner else 'resnets'}_{layer}_{rest}"
    stage, layer = divmod(outer, per_stage)
    if rest == "conv":
        return f"up_blocks_{stage}_upsamplers_0_conv"
    return f"up_blocks_{stage}_{'attentions' if inner else 'resnets'}_{layer}_{rest}"
