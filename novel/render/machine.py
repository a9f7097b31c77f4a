"""What this machine can compute with, asked of the system itself: torch, which also knows, takes seconds to import."""

from __future__ import annotations

import ctypes
import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Device:
    """Something that computes. ``memory`` and ``free`` are in bytes; free is what programs may still take."""

    kind: Literal["cuda", "mps", "cpu"]
    name: str
    memory: int
    free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """``devices``: the one that draws by default comes first; the processor itself is always there, the last.
    ``note``: why a GPU that is there isn't among them."""

    devices: tuple[Device, ...]
    note: str = ""


def this_machine() -> Machine:
    """The machine that this runs on. Nothing is loaded onto any device."""
    memory, free = _memory()
    processor = Device(
        "cpu", f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors", memory, free
    )
    gpus = _nvidia()
    if gpus and _torch_is_for_processors():
        return Machine((processor,), f"{gpus[0].name} is here, but the torch that is installed is made without CUDA.")
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Machine((Device("mps", "Apple silicon", memory, free), processor))
    return Machine((*gpus, processor))


def _torch_is_for_processors() -> bool:
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return True


class _Memory(ctypes.Structure):
    """``nvmlMemory_t`` (docs.nvidia.com/deploy/nvml-api)."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _nvidia() -> tuple[Device, ...]:
    """NVIDIA's GPUs, as its driver's own library for watching them tells; none where there is no driver."""
    try:
        nvml = ctypes.CDLL("nvml.dll" if os.name == "nt" else "libnvidia-ml.so.1")
        if nvml.nvmlInit_v2() != 0:
            return ()
    except (OSError, AttributeError):
        return ()
    try:
        count = ctypes.c_uint()
        nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
        found = [_gpu(nvml, number) for number in range(count.value)]
    finally:
        nvml.nvmlShutdown()
    return tuple(gpu for gpu in found if gpu is not None)


def _gpu(nvml: ctypes.CDLL, number: int) -> Device | None:
    handle, memory, name = ctypes.c_void_p(), _Memory(), ctypes.create_string_buffer(96)
    if nvml.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(handle)) != 0:
        return None
    if nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) != 0:
        return None
    nvml.nvmlDeviceGetName(handle, name, len(name))
    return Device("cuda", name.value.decode(errors="replace") or "NVIDIA", memory.total, memory.free)


def _memory(root: Path = Path("/")) -> tuple[int, int]:
    """The memory of the machine, or of the container that this runs in, and what of it is free; 0 where unknown."""
    total = free = 0
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        known = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if len(line.split()) > 1}
        total, free = known["MemTotal"], known["MemAvailable"]
    except (OSError, ValueError, KeyError):
        if hasattr(os, "sysconf"):
            try:
                total = free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
            except (OSError, ValueError):
                return 0, 0
    try:
        limit = int((root / "sys/fs/cgroup/memory.max").read_text())
        used = int((root / "sys/fs/cgroup/memory.current").read_text())
        total, free = min(total, limit), min(free, max(0, limit - used))
    except (OSError, ValueError):
        pass
    return total, free
