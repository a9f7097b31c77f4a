"""Read a model folder in diffusers format without loading it: is it safe, is it whole, what does its config say?"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from novel.errors import FileError, MissingError, RefusedError
from novel.render.safetensors_header import IncompleteFile, read_header

INDEX = "model_index.json"

NOT_LOADED = frozenset({"safety_checker", "feature_extractor", "image_encoder"})
"""Components that no picture of ours goes through; they need not be there and don't count in the identity."""

_LIBRARIES = frozenset({"diffusers", "transformers"})
_PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
_SMALL_FILE_LIMIT = 64 << 20
_VARIANTS = ("", "fp16", "bf16")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What a folder's files say of a model.

    ``files``: those that decide a picture, relative, sorted. ``configs``: component → its config. ``variant``: the
    infix of its weight files (``fp16``), empty where there is none. ``settings``: what the index says beside the
    components.
    """

    path: Path
    pipeline: str
    components: Mapping[str, tuple[str, str]]
    configs: Mapping[str, Mapping[str, Any]]
    files: tuple[str, ...]
    variant: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def config(self, component: str) -> Mapping[str, Any]:
        """A component's config; empty where there is no such component."""
        return self.configs.get(component, {})

    @property
    def vae_factor(self) -> int:
        """How many pixels stand behind one latent, along each side."""
        vae = self.config("vae")
        if "temperal_downsample" in vae:  # The Wan and Qwen-Image family of VAEs; spelled so in their configs.
            return int(2 ** len(vae["temperal_downsample"]))
        blocks = vae.get("block_out_channels") or vae.get("encoder_block_out_channels") or [0] * 4
        return int(2 ** (len(blocks) - 1))

    @property
    def unet_factor(self) -> int:
        """By how much the U-Net shrinks latents before it grows them again; 1 where there is no U-Net."""
        blocks = self.config("unet").get("down_block_types", ())
        return int(2 ** max(0, len(blocks) - 1))

    @property
    def pixels(self) -> int | None:
        """The area, in pixels, at which the denoiser was trained, as far as its config tells."""
        size = (self.config("unet") or self.config("transformer")).get("sample_size")
        if size is None:
            return None
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        return int(height) * int(width) * self.vae_factor**2

    @property
    def oblong(self) -> tuple[int, int] | None:
        """The width and height in pixels at which the denoiser was trained, where its config names two unlike sides."""
        size = (self.config("unet") or self.config("transformer")).get("sample_size")
        if not isinstance(size, (list, tuple)) or size[0] == size[1]:
            return None
        return int(size[1]) * self.vae_factor, int(size[0]) * self.vae_factor

    @property
    def prompt_window(self) -> int | None:
        """How many tokens the first text encoder reads at a time, as far as its config tells."""
        encoder = self.config("text_encoder")
        window = encoder.get("max_position_embeddings") or encoder.get("text_config", {}).get("max_position_embeddings")
        return int(window) if window else None

    def identity(self, sha256_of_file: Callable[[Path], str]) -> str:
        """``sha256:…`` over the names and contents of ``files``."""
        digest = hashlib.sha256()
        for name in self.files:
            digest.update(f"{name}\0{sha256_of_file(self.path / name)}\n".encode())
        return f"sha256:{digest.hexdigest()}"

    def weights(self, component: str) -> tuple[Path, ...]:
        """The safetensors files of one component."""
        return tuple(self.path / f for f in self.files if f.startswith(f"{component}/") and f.endswith(".safetensors"))


def read(path: Path, cure: str = "") -> ModelFolder:
    """Read and judge a folder. ``cure`` is what to do where files are missing.

    Raises RefusedError for code or pickled weights, MissingError (with the list) for what is absent or half-downloaded,
    FileError for what can't be read.
    """
    if not path.is_dir():
        raise MissingError(f"There is no model folder {path}.", cure)
    _refuse_code(path)
    if not (path / INDEX).is_file():
        raise _no_index(path, cure)
    index = _json(path / INDEX)
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str):
        raise RefusedError(
            f"{path / INDEX} asks for a pipeline of its own code.", "Use a model in plain diffusers format."
        )
    components: dict[str, tuple[str, str]] = {}
    for name, value in sorted(index.items()):
        if name.startswith("_") or not isinstance(value, list) or len(value) != 2 or value[0] is None:
            continue
        library, class_name = str(value[0]), str(value[1])
        if name in NOT_LOADED:
            continue
        if library not in _LIBRARIES and not library.startswith("diffusers."):
            # diffusers takes any other word for a module inside the model's own folder or its own pipelines.
            raise RefusedError(f"{path / INDEX} takes {name} from {library}, which is code outside diffusers.", "")
        components[name] = (library, class_name)
    variant = _variant(path, components)
    files, missing = [INDEX], []
    for name in components:
        found, absent = _component(path, name, variant)
        files += found
        missing += absent
    missing += [str(p.relative_to(path)) for p in sorted(path.rglob("*.incomplete"))]
    if missing:
        shown = ", ".join(missing[:12]) + (f" and {len(missing) - 12} more" if len(missing) > 12 else "")
        raise MissingError(f"The model in {path} is not whole; missing or incomplete: {shown}.", cure)
    configs = {n: _json(path / n / c) for n in components for c in _CONFIGS if (path / n / c).is_file()}
    settings = {k: v for k, v in sorted(index.items()) if k[:1] != "_" and isinstance(v, (bool, int, float, str))}
    return ModelFolder(path, pipeline, components, configs, tuple(sorted(files)), variant, settings)


_CONFIGS = ("config.json", "scheduler_config.json", "tokenizer_config.json", "preprocessor_config.json")


def _refuse_code(path: Path) -> None:
    seen: set[str] = set()  # Links to folders are followed, and may lead in a circle.
    for folder, folders, names in os.walk(path, followlinks=True):
        if os.path.realpath(folder) in seen:
            folders.clear()
            continue
        seen.add(os.path.realpath(folder))
        for name in sorted(names):
            if name.lower().endswith((".py", ".pyc", ".so", ".pyd")):
                found = Path(folder, name).relative_to(path)
                raise RefusedError(
                    f"The model folder {path} contains code ({found}), and a model is data.",
                    "Use the plain diffusers files of that model.",
                )


def _no_index(path: Path, cure: str) -> Exception:
    pickled = [p.name for p in sorted(path.iterdir()) if p.suffix.lower() in _PICKLED]
    if pickled:
        return _pickled(path, pickled[0])
    return MissingError(f"{path} is not a model in diffusers format: it has no {INDEX}.", cure)


def _pickled(path: Path, name: str) -> RefusedError:
    return RefusedError(
        f"{path} has its weights in a pickled file only ({name}), which can run code when it is opened.",
        "Take the model's safetensors edition.",
    )


def _variant(path: Path, components: Mapping[str, tuple[str, str]]) -> str:
    """The first variant for which some model component has weights: the plain files before the halved ones."""
    for variant in _VARIANTS:
        infix = f".{variant}" if variant else ""
        for name in components:
            for stem in ("model", "diffusion_pytorch_model"):
                if any(
                    os.path.lexists(path / name / file)
                    for file in (f"{stem}{infix}.safetensors", _index_name(stem, variant))
                ):
                    return variant
    return ""


def _index_name(stem: str, variant: str) -> str:
    return f"{stem}.safetensors.index.{variant}.json" if variant else f"{stem}.safetensors.index.json"


def _component(path: Path, name: str, variant: str) -> tuple[list[str], list[str]]:
    """The deciding files of one component, and those that are missing; both relative to the model's folder."""
    folder = path / name
    if not folder.is_dir():
        return [], [f"{name}/"]
    kept = [
        p.name
        for p in sorted(folder.iterdir())
        if p.suffix in (".json", ".txt", ".model", ".jinja") and ".safetensors.index." not in p.name
    ]
    found, missing = [f"{name}/{f}" for f in kept if (folder / f).is_file()], []
    missing += [f"{name}/{f}" for f in kept if not (folder / f).is_file()]  # A link whose target never came.
    if name.startswith("scheduler"):
        needed = ["scheduler_config.json"]
    elif name.startswith("tokenizer"):
        needed = ["tokenizer_config.json"]
        if not any((folder / f).is_file() for f in ("tokenizer.json", "vocab.json", "spiece.model", "tokenizer.model")):
            missing.append(f"{name}/tokenizer.json")
        elif (folder / "vocab.json").is_file() and not (folder / "tokenizer.json").is_file():
            needed.append("merges.txt")
    elif name.startswith(("processor", "image_processor")):
        # Newer libraries write one file for a processor and its parts.
        needed = [] if "processor_config.json" in kept else ["preprocessor_config.json"]
    else:
        needed = ["config.json"]
        weights, absent = _weights(folder, name, variant)
        found += weights
        missing += absent
    missing += [f"{name}/{f}" for f in needed if f not in kept]
    return found, missing


def _weights(folder: Path, name: str, variant: str) -> tuple[list[str], list[str]]:
    for stem in ("diffusion_pytorch_model", "model"):
        index = folder / _index_name(stem, variant)
        single = folder / (f"{stem}.{variant}.safetensors" if variant else f"{stem}.safetensors")
        if os.path.lexists(index):
            if not index.is_file():
                return [], [f"{name}/{index.name}"]
            shards = sorted({str(v) for v in _json(index).get("weight_map", {}).values()})
            if any(Path(s).name != s for s in shards):
                raise RefusedError(f"{index} points out of its own folder.", "Fetch the model again from its source.")
            files = [index.name, *shards]
        elif os.path.lexists(single):
            files = [single.name]
        else:
            continue
        whole = [f for f in files if _is_whole(folder / f)]
        return [f"{name}/{f}" for f in whole], [f"{name}/{f}" for f in files if f not in whole]
    pickled = [p.name for p in sorted(folder.iterdir()) if p.suffix.lower() in _PICKLED]
    if pickled:
        raise _pickled(folder, pickled[0])
    stem = "model" if name.startswith("text_encoder") else "diffusion_pytorch_model"
    return [], [f"{name}/{stem}.safetensors"]


def _is_whole(path: Path) -> bool:
    if not path.is_file():  # Absent, a link whose target never came, or a pipe that nobody would ever fill.
        return False
    if path.suffix == ".safetensors":
        try:
            read_header(path)
        except IncompleteFile:
            return False
    return True


def _json(path: Path) -> dict[str, Any]:
    try:
        if os.stat(path).st_size > _SMALL_FILE_LIMIT:
            raise RefusedError(f"{path} is too long for a config.", "Fetch the model again from its source.")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise FileError(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, RecursionError) as error:
        raise MissingError(f"{path} is damaged: {error}.", "Fetch the model again from its source.") from error
    if not isinstance(data, dict):
        raise MissingError(f"{path} is damaged: it holds no mapping.", "Fetch the model again from its source.")
    return data
