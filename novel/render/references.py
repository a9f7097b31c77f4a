"""IP-Adapters (Ye et al. 2023): which files are meant, and do they fit the model? Read from headers, nothing is loaded.

An IP-Adapter lets a model look at pictures: an image encoder turns a picture into a few words of a language of its own,
and extra layers beside the model's attention to words attend to these. Its weights are one file; the image encoder that
it was trained with is a folder beside it, ``image_encoder``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from novel import hub_cache
from novel.errors import FileError, MissingError, RefusedError
from novel.render import model_folder
from novel.render.backend import ModelSource
from novel.render.checkpoint_table import IMAGE_ENCODERS
from novel.render.families import family_of
from novel.render.family_table import STABLE_DIFFUSION_3, Family
from novel.render.model_folder import ModelFolder
from novel.render.safetensors_header import IncompleteFile, read_header
from novel.request import RenderRequest

_Shapes = Mapping[str, tuple[int, ...]]

PROJECTION = ("image_proj.", "ip_adapter_proj_model.")
"""How the keys begin of what turns a picture's encoding into tokens; the second is XLabs' spelling for FLUX.1."""
LAYERS = ("ip_adapter.", "double_blocks.")
"""How the keys begin of the layers beside the model's attention."""

_ENCODERS = ("image_encoder", "models/image_encoder", "sdxl_models/image_encoder")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")
_FETCHED = ("*.safetensors", "*image_encoder/*.json", "*.json")
_KEY = re.compile(r"to_k_ip\.weight$|ip_adapter_double_stream_k_proj\.weight$")


def resolve_adapter(
    name: str, base: Path | None, digest: Callable[[Path], str], model: ModelSource | None = None, called: str = ""
) -> tuple[str, Path]:
    """The IP-Adapter that a style names: a sha256 over its weights and its image encoder, and the file of its weights.

    ``name``: a folder or a file relative to ``base`` or the working folder, a hub id, or a hub id with a file's path
    behind it (``h94/IP-Adapter/models/ip-adapter-plus_sd15.safetensors``). Of several files in a folder that one counts
    that fits ``model`` (which the user calls ``called``); of several of these, the one with the shortest name, which is
    the plain one wherever they are published. ``digest`` gives a file's sha256.

    Raises MissingError where it isn't there, isn't whole or doesn't fit, RefusedError for pickled files. Fetches
    nothing.
    """
    root, file = _named(name, base)
    folder = None if model is None or model.folder is None else model_folder.read(model.folder)
    family = None if folder is None else family_of(folder)
    if folder is None or family is None or not family.reference_adapter:
        folder = family = None  # Whether the model takes one at all is said where its requests are checked.
    found = [file] if file is not None else list(_weights_in(root, name))
    fitting, reasons = [], []
    for path in found:
        reason = "" if folder is None or family is None else _misfit(_shapes(path), folder, family)
        if reason:
            reasons.append(f"{path.name} {reason}")
        else:
            fitting.append(path)
    if not fitting:
        assert folder is not None
        raise _wrong_base(name, called or folder.path.name, folder, reasons[0])
    weights = min(fitting, key=lambda path: (len(path.name), str(path)))
    encoder = encoder_of(weights)
    whole = hashlib.sha256(f"weights\0{digest(weights)}\n".encode())
    for part in ("config.json", "preprocessor_config.json", "model.safetensors"):
        if (encoder / part).is_file():
            whole.update(f"{part}\0{digest(encoder / part)}\n".encode())
    return whole.hexdigest(), weights


def check_all(requests: Iterable[RenderRequest], assets: Mapping[str, Path], source: ModelSource, called: str) -> None:
    """Raise MissingError unless every IP-Adapter that the requests use fits their model. ``called``: what the user
    calls it."""
    used = sorted({request.reference_adapter for request in requests if request.reference_adapter})
    if source.folder is None or not used:
        return
    folder = model_folder.read(source.folder)
    family = family_of(folder)
    for sha256 in used:
        path = assets[sha256]
        reason = _misfit(_shapes(path), folder, family)
        if reason:
            raise _wrong_base(path.name, called, folder, reason)


def _wrong_base(adapter: str, model: str, folder: ModelFolder, reason: str) -> MissingError:
    return MissingError(
        f"The IP-Adapter {adapter} does not fit the model {model} ({folder.pipeline}): {reason}.",
        "Take one that was made for this model, or the model that it was made for, or leave art.reference_adapter out.",
    )


def encoder_of(weights: Path) -> Path:
    """The folder of the image encoder that an IP-Adapter was trained with: of those near it, else of the well-known
    ones in the hub's cache, the one whose dimensions it takes. Raises MissingError where there is none."""
    name, wanted = _encoder_width(_shapes(weights))
    known = next((encoder for encoder in IMAGE_ENCODERS if encoder.width == wanted), None)
    places = [parent / folder for parent in list(weights.parents)[:3] for folder in _ENCODERS]
    fetch = ""
    if known is not None:
        try:
            places.append(hub_cache.find(known.hub_id, None)[0])
        except MissingError:
            files = ("config.json", "preprocessor_config.json", "model.safetensors")
            fetch = f"; or fetch it with: {hub_cache.download_command(known.hub_id, None, files)}"
    seen = []
    for place in places:
        if not (place / "config.json").is_file():
            continue
        whole = _json(place / "config.json")
        config = whole.get("vision_config", whole)
        width = config.get(name, whole.get(name)) if name else wanted
        if width != wanted:
            seen.append(f"{place} gives {width}")
            continue
        _check_encoder(place)
        return place
    told = f" ({'; '.join(dict.fromkeys(seen))})" if seen else ""
    raise MissingError(
        f"The IP-Adapter {weights.name} has no image encoder beside it{told}.",
        f"Put the one it was trained with into {weights.parent / 'image_encoder'}"
        + (f" (it gives {wanted} numbers)" if wanted else "")
        + f"{fetch or '.'}",
    )


def _check_encoder(place: Path) -> None:
    if _is_whole(place / "model.safetensors"):
        return
    pickled = [p.name for p in sorted(place.iterdir()) if p.suffix in _PICKLED]
    if pickled and not (place / "model.safetensors").exists():
        raise RefusedError(
            f"The image encoder in {place} is a pickled file ({pickled[0]}), which can run code when opened.",
            "Take its safetensors edition.",
        )
    raise MissingError(
        f"The image encoder in {place} is not whole: model.safetensors is missing or incomplete.",
        "Fetch it again from its source.",
    )


def _named(name: str, base: Path | None) -> tuple[Path, Path | None]:
    """The folder that is meant, and the file in it where the name says one."""
    written = Path(name).expanduser()
    here = [written] if written.is_absolute() else [*([base / written] if base else []), Path.cwd() / written]
    for path in here:
        if path.is_dir():
            return path, None
        if path.is_file():
            return path.parent, _safe(path)
    parts = name.split("/")
    hub_id = "/".join(parts[:2])
    if name.startswith((".", "/", "~")) or ".." in parts or not hub_cache.HUB_ID.fullmatch(hub_id):
        raise MissingError(
            f"There is no IP-Adapter {name!r} beside the style or in the working folder.",
            "Give a folder, a file, or a hub id such as h94/IP-Adapter.",
        )
    rest = "/".join(parts[2:])
    wanted = (rest, f"{rest.rpartition('/')[0]}/image_encoder/*".lstrip("/")) if rest else _FETCHED
    try:
        snapshot, commit = hub_cache.find(hub_id, None)
    except MissingError as missing:
        raise MissingError(
            missing.message.replace("The model", "The IP-Adapter"),
            f"Fetch it once with: {hub_cache.download_command(hub_id, None, wanted)}",
        ) from missing
    if not rest or (snapshot / rest).is_dir():
        return snapshot / rest, None
    if not (snapshot / rest).is_file():
        raise MissingError(
            f"The IP-Adapter {name} is not on this machine.",
            f"Fetch it once with: {hub_cache.download_command(hub_id, commit, wanted)}",
        )
    return snapshot, _safe(snapshot / rest)


def _safe(path: Path) -> Path:
    if path.suffix.lower() != ".safetensors":
        raise RefusedError(
            f"The IP-Adapter {path.name} is not a safetensors file; other formats can run code when they are opened.",
            "Take its safetensors edition.",
        )
    return path


def _weights_in(root: Path, name: str) -> Iterator[Path]:
    """The files of IP-Adapters in a folder. Raises where there is none."""
    files = [p for p in sorted(root.rglob("*.safetensors")) if "image_encoder" not in p.parent.parts]
    found = False
    for path in files:
        if any(key.startswith(LAYERS) for key in _shapes(path)):
            found = True
            yield path
    if not found:
        pickled = [p.name for p in sorted(root.rglob("*")) if p.suffix in _PICKLED]
        if pickled:
            _safe(root / pickled[0])
        raise MissingError(
            f"There is no IP-Adapter in {name}: no safetensors file there holds one.",
            "Name the folder that it lies in, or its file.",
        )


def _misfit(shapes: _Shapes, folder: ModelFolder, family: Family) -> str:
    """Why an IP-Adapter doesn't fit a model; empty where it does."""
    if any("lora" in key for key in shapes if key.startswith(LAYERS)):
        return "looks at faces through a face detector, which novel doesn't have"
    if not any(key.startswith(PROJECTION) for key in shapes):
        return "lacks its projection of pictures"
    keys = sorted(shape for key, shape in shapes.items() if _KEY.search(key))
    if family.denoiser == "unet":
        layers = [
            shape
            for file in folder.weights("unet")
            for key, shape in read_header(file).shapes.items()
            if key.endswith(".attn2.to_k.weight")
        ]
        if keys != sorted(layers):
            return f"has layers of {_told(keys)}, and the model's are of {_told(sorted(layers))}"
        return ""
    config = folder.config("transformer")
    width = int(config.get("num_attention_heads", 0)) * int(config.get("attention_head_dim", 0))
    count = int(config.get("num_layers", 0))
    outside = width if family is STABLE_DIFFUSION_3 else int(config.get("joint_attention_dim", 0))
    wanted = [(width, outside)] * count
    return "" if keys == wanted else f"has layers of {_told(keys)}, and the model's are of {_told(wanted)}"


def _told(shapes: Sequence[tuple[int, ...]]) -> str:
    sizes = " and ".join(sorted({" × ".join(map(str, shape)) for shape in shapes})[:3])
    return f"{len(shapes)} times {sizes}" if shapes else "no such kind"


def _encoder_width(shapes: _Shapes) -> tuple[str, int]:
    """What an IP-Adapter projects, by the name that it has in an encoder's config, and how many numbers that is.

    The plain ones take a picture's one embedding, the finer ones ("plus", "full") what was computed for each patch.
    """
    for prefix in PROJECTION:
        for key, name in (("proj.weight", "projection_dim"), ("proj_in.weight", ""), ("proj.0.weight", "")):
            if f"{prefix}{key}" in shapes:
                return name or "hidden_size", shapes[f"{prefix}{key}"][1]
    return "", 0


def _shapes(path: Path) -> _Shapes:
    try:
        return read_header(path).shapes
    except IncompleteFile as error:
        raise MissingError(
            f"The IP-Adapter {path.name} is not whole: {error}.", "Fetch it again from its source."
        ) from error


def _is_whole(path: Path) -> bool:
    try:
        return path.is_file() and bool(read_header(path).shapes)
    except IncompleteFile:
        return False


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise FileError(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, RecursionError) as error:
        raise MissingError(f"{path} is damaged: {error}.", "Fetch it again from its source.") from error
    return data if isinstance(data, dict) else {}
