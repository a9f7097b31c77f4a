"""Several training processes with one thread each.

Two single-threaded processes that average their gradients beat one process with two threads by a wide margin
on cores that other work shares: a preempted thread makes all others of its process wait at every operation.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable

import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import spawn


def launch(workers: int, run: Callable[[int, int], None]) -> None:
    """Call ``run(rank, workers)`` in each of ``workers`` processes, one thread each (in this one if there is but one;
    it has as many threads afterwards as before)."""
    if workers <= 1:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            run(0, 1)
        finally:
            torch.set_num_threads(threads)
        return
    with tempfile.TemporaryDirectory() as folder:
        spawn(_entry, args=(workers, os.path.join(folder, "meet"), run), nprocs=workers, join=True)  # type: ignore[no-untyped-call]


def _entry(rank: int, workers: int, meet: str, run: Callable[[int, int], None]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meet}", rank=rank, world_size=workers)
    try:
        run(rank, workers)
        # one that leaves while the other still talks to it makes that one abort as it ends
        dist.barrier()
    finally:
        dist.destroy_process_group()


def average_gradients(params: Iterable[Tensor], workers: int) -> None:
    """Replace each gradient by its mean over the processes."""
    if workers <= 1:
        return
    grads = [p.grad for p in params if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in grads])
    dist.all_reduce(flat)
    flat /= workers
    at = 0
    for g in grads:
        g.copy_(flat[at : at + g.numel()].view_as(g))
        at += g.numel()


def of_first(value: float, workers: int) -> float:
    """The first process's number, in all of them."""
    if workers <= 1:
        return value
    shared = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(shared, 0)
    return float(shared.item())


def agree(value: bool, workers: int) -> bool:
    """What the first process says, in all of them."""
    return bool(of_first(value, workers))
