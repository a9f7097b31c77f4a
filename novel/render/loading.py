"""A pipeline of diffusers from a model's folder: imported without noise, loaded offline, put where it is to compute."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from novel.errors import MissingError
from novel.render import model_folder
from novel.render.backend import Offload, Warn
from novel.render.device import Placement
from novel.render.model_folder import ModelFolder
from novel.render.picture_reader import PictureReader

_BESIDE_THE_WEIGHTS = 2 << 30
"""The memory, in bytes, that drawing takes beside the weights: activations, the workspace of the libraries."""

_IDLE = 0.5
"""The mean number of processes at work, over the last minute, below which the processors count as free."""


def waiting() -> str:
    """How threads that wait for one another should wait, as OpenMP calls it.

    ``ACTIVE``, spinning, where the processors are free: that took a quarter off a picture on two of them. Else
    ``PASSIVE``, asleep: a spinning thread takes a processor from the very one that it waits for as soon as another
    program is at work, and a picture took two to ten times as long.
    """
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows has none
        return "PASSIVE"
    return "ACTIVE" if load < _IDLE else "PASSIVE"


def import_quietly() -> None:
    """Import the libraries with their own chatter, bars and networking off. Nothing here asks the hub for anything."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("OMP_WAIT_POLICY", waiting())  # read when torch is loaded
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import diffusers
            import transformers
        except ImportError as error:
            raise MissingError(
                f"A library that draws pictures can't be imported: {first_line(error)}.",
                "Install novel anew: pip install novel",
            ) from error
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def load_pipeline(folder: ModelFolder, placed: Placement, offload: Offload, warn: Warn) -> Any:
    """The pipeline that the folder's index names, on its device. Raises MissingError where it can't be loaded or
    doesn't fit."""
    import diffusers
    import torch

    pipeline = getattr(diffusers, folder.pipeline)
    takes = inspect.signature(pipeline.__init__).parameters
    unused: dict[str, Any] = {name: None for name in sorted(model_folder.NOT_LOADED) if name in takes}
    if "requires_safety_checker" in takes:
        unused["requires_safety_checker"] = False
    if "processor" in takes:
        unused["processor"] = None
    try:
        pipe = pipeline.from_pretrained(
            str(folder.path),
            local_files_only=True,
            use_safetensors=True,
            dtype=placed.dtype,
            variant=folder.variant or None,
            **unused,
        )
        if "processor" in takes:
            pipe.register_modules(processor=None)
            pipe.processor = PictureReader(pipe.tokenizer, folder.path / "processor")
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise MissingError(
            f"The model in {folder.path} can't be loaded: {first_line(error)}.",
            "Fetch it again from its source, or take another model.",
        ) from error
    pipe.set_progress_bar_config(disable=True)
    for part in (getattr(pipe, "unet", None), pipe.vae):
        if part is not None and _is_flat(part):
            part.to(memory_format=torch.channels_last)  # The convolutions' own order; saves them a tenth of the time.
    if hasattr(pipe.vae, "enable_slicing"):
        pipe.vae.enable_slicing()  # A sliced decode has the bits of a single one; a batched one doesn't.
    _put(pipe, placed, offload, warn)
    return pipe


def sharing(pipe: Any, name: str, placed: Placement) -> Any:
    """Another pipeline, by the name of its class, that shares the weights of one that was loaded."""
    import diffusers

    with _whole_sample_size(getattr(pipe, "unet", None)):
        other = getattr(diffusers, name).from_pipe(pipe, dtype=placed.dtype)
    other.set_progress_bar_config(disable=True)
    return other


def move_in_turn(pipe: Any, placed: Placement) -> None:
    """Keep on the device only the part of the model that is at work."""
    import torch

    torch.cuda.empty_cache()
    pipe.enable_model_cpu_offload(device=placed.device)


def without_gradients(pipe: Any) -> AbstractContextManager[None]:
    """Within it, nothing is kept for learning. Where parts are moved in turn, what is moved must stay ordinary
    weights, which torch's faster mode for mere inference would not let it: adapters could then not be switched."""
    import torch

    moved = getattr(pipe, "_offload_device", None) is not None
    context: AbstractContextManager[None] = torch.no_grad() if moved else torch.inference_mode()
    return context


def first_line(error: Exception) -> str:
    """What a library's error says, without its last full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def _put(pipe: Any, placed: Placement, offload: Offload, warn: Warn) -> None:
    import torch

    if placed.device.type != "cuda":
        if offload in ("model", "sequential"):
            warn(f"Offloading ({offload}) is for GPUs with memory of their own; on this device there is none to spare.")
        pipe.to(placed.device)
        return
    if offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=placed.device)
        return
    if offload == "model":
        move_in_turn(pipe, placed)
        return
    needed, free = _bytes(pipe) + _BESIDE_THE_WEIGHTS, torch.cuda.mem_get_info(placed.device)[0]
    try:
        if offload == "none" or needed <= free:
            pipe.to(placed.device)
            return
    except torch.OutOfMemoryError as error:
        if offload == "none":
            raise MissingError(
                f"The model takes {needed / 1e9:.0f} GB of GPU memory, and {free / 1e9:.0f} GB are free.",
                "Let its parts wait in the computer's memory (offload: model), or take a smaller model.",
            ) from error
    warn(
        f"The model takes {needed / 1e9:.0f} GB of GPU memory, and {free / 1e9:.0f} GB are free: its parts are moved "
        "in and out in turn, which is slower."
    )
    move_in_turn(pipe, placed)


def _bytes(pipe: Any) -> int:
    import torch

    modules = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    return sum(p.numel() * p.element_size() for module in modules for p in module.parameters())


def _is_flat(part: Any) -> bool:
    """Whether a part computes on pictures of two dimensions; some autoencoders see them as films of one frame."""
    return not any(parameter.dim() == 5 for parameter in part.parameters())


@contextmanager
def _whole_sample_size(unet: Any) -> Iterator[None]:
    """Within it, a U-Net's oblong ``sample_size`` is one number: diffusers' image-to-image pipeline compares it with
    one when it is made, and never looks at it again."""
    size = unet.config.sample_size if unet is not None else None
    if not isinstance(size, (list, tuple)):
        yield
        return
    unet.register_to_config(sample_size=max(size))
    try:
        yield
    finally:
        unet.register_to_config(sample_size=size)
