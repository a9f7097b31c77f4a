"""A run's state on disk: the LoRA so far and the optimizer's memory of it. A safetensors file, as all weights here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.store import write_atomically

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a run has come."""

    steps: int
    loss: float


def save(path: Path, fingerprint: str, at: Progressed, weights: Sequence[torch.Tensor], optimizer: Any) -> None:
    """Write the state after ``at.steps`` steps, whole or not at all."""
    from safetensors.torch import save as to_bytes

    tensors = {}
    for number, weight in enumerate(weights):
        tensors[f"{number}.weight"] = weight.detach().cpu().contiguous()
        for name, value in optimizer.state.get(weight, {}).items():
            tensors[f"{number}.{name}"] = value.detach().cpu().contiguous()
    told = {"fingerprint": fingerprint, "steps": str(at.steps), "loss": repr(at.loss)}
    write_atomically(path, to_bytes(tensors, told))


def load(path: Path, fingerprint: str, weights: Sequence[torch.Tensor], optimizer: Any) -> Progressed:
    """Put back what ``save`` wrote. At the beginning where there is nothing, or something else, to go on from."""
    import torch
    from safetensors import SafetensorError, safe_open

    none = Progressed(0, 0.0)
    if not path.is_file():
        return none
    try:
        with safe_open(str(path), "pt") as file:
            told = file.metadata() or {}
            if told.get("fingerprint") != fingerprint:
                return none
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        found = Progressed(int(told["steps"]), float(told["loss"]))
        for number, weight in enumerate(weights):
            if tensors[f"{number}.weight"].shape != weight.shape:
                return none
    except (SafetensorError, OSError, KeyError, ValueError):
        return none  # A damaged file costs the time that it stood for, and nothing else.
    with torch.no_grad():
        for number, weight in enumerate(weights):
            weight.copy_(tensors[f"{number}.weight"])
            state = {
                name.split(".", 1)[1]: value
                for name, value in tensors.items()
                if name.startswith(f"{number}.") and not name.endswith(".weight")
            }
            if state:
                optimizer.state[weight] = {n: v if n == "step" else v.to(weight.device) for n, v in state.items()}
    return found
