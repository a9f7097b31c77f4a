"""Where to compute, how precisely, and with how many threads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from novel.errors import MissingError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Placement:
    """A device, the precision of the weights on it, and what to call both in a recipe."""

    device: torch.device
    dtype: torch.dtype
    name: str


def place(wanted: str) -> Placement:
    """The placement for ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Half precision on a GPU (bfloat16 where the hardware has it, because its range is that of float32), full on a CPU.
    Raises MissingError, with what there is, where the device isn't there.
    """
    import torch

    there = _devices()
    chosen = there[0] if wanted == "auto" else "cuda:0" if wanted == "cuda" else wanted
    if chosen not in there:
        raise MissingError(f"There is no device {wanted!r} here.", f"What there is: {', '.join(there)}.")
    if chosen == "cpu":
        torch.set_num_threads(threads())
        return Placement(torch.device("cpu"), torch.float32, f"cpu, {torch.get_num_threads()} threads")
    if chosen == "mps":
        return Placement(torch.device("mps"), torch.float16, "mps")
    # The same kernels and the same order of sums on every run, and no rounding of inputs behind our back.
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    device = torch.device(chosen)
    return Placement(device, torch.bfloat16 if bfloat16 else torch.float16, torch.cuda.get_device_name(device))


def threads() -> int:
    """How many threads to compute with: what torch would take, but no more than the processors that we may use.

    torch counts the machine's processors; in a container that has been given two of sixty-four, it would take
    thirty-two and be slower by far.
    """
    import torch

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(torch.get_num_threads(), allowed, _quota() or allowed))


def _quota(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """The processors' worth of time that this control group may use, rounded up; None where there is no limit."""
    try:
        limit, period = (root / "cpu.max").read_text().split()
        return None if limit == "max" else max(1, -(-int(limit) // int(period)))
    except (OSError, ValueError):
        return None


def _devices() -> list[str]:
    """The devices that are there, the fastest first."""
    import torch

    found = [f"cuda:{n}" for n in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]
