"""Muon: matrices step along their orthogonalised momentum, so that no few directions take all of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
import torch.distributed as dist
from torch import Tensor, nn

#: Coefficients of the quintic iteration (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/).
QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """About U Vᵀ of a matrix U S Vᵀ: its singular values brought near 1 by Newton-Schulz rounds, in bfloat16."""
    a, b, c = QUINTIC
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = (x / (x.norm() + 1e-7)).contiguous()
    for _ in range(rounds):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Steps as long as AdamW's are, for its rates: 0.2 √(the longer side) times an orthogonal matrix (Liu et al. 2025,
    https://arxiv.org/abs/2502.16982). Kernels count as matrices of outputs by all else.

    PyTorch has one of its own, for plain matrices in one process; here processes that train together each
    orthogonalise a share, which is a third of a step's time for one alone.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.01) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step; where every process has the same gradients, all have the same weights. ``closure`` is unused."""
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            for p, along in zip(params, self._directions(params, group["momentum"]), strict=True):
                length = 0.2 * max(p.shape[0], p.numel() // p.shape[0]) ** 0.5
                p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(along.view_as(p), alpha=group["lr"] * length)

    def _directions(self, params: list[Tensor], momentum: float) -> list[Tensor]:
        """The orthogonalised momentum of each, flat."""
        rank, workers = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
        owners = _shares([p.flatten(1).shape for p in params], workers)
        found: list[Tensor] = []
        for p, owner in zip(params, owners, strict=True):
            held = self.state[p].setdefault("momentum", torch.zeros_like(p))
            held.lerp_(p.grad, 1 - momentum)
            ahead = p.grad.lerp(held, momentum)  # type: ignore[union-attr]
            found.append(orthogonal(ahead.flatten(1)).float().reshape(-1) if owner == rank else p.new_zeros(p.numel()))
        if workers > 1 and found:
            flat = torch.cat(found)
            dist.all_reduce(flat)
            found = list(torch.split(flat, [p.numel() for p in params]))
        return found


def _shares(shapes: list[torch.Size], workers: int) -> list[int]:
    """Who orthogonalises which matrix, so that all have about as much to do; the longest work is given out first."""
    cost = [rows * columns * min(rows, columns) for rows, columns in shapes]
    load = [0] * workers
    owners = [0] * len(shapes)
    for i in sorted(range(len(shapes)), key=lambda i: -cost[i]):
        owners[i] = load.index(min(load))
        load[owners[i]] += cost[i]
    return owners


def split(model: nn.Module) -> tuple[list[Tensor], dict[float, list[Tensor]]]:
    """A denoiser's inner matrices, which are Muon's, and by the factor of their rate all others, which are AdamW's: the
    layers to and from the latents, biases, gains, single vectors. The gain of the words' summary begins at nothing and
    may go faster.
    """
    inner: list[Tensor] = []
    outer: dict[float, list[Tensor]] = {1.0: [], 5.0: []}
    for name, p in model.named_parameters():
        if name.startswith("add_embedding.norm2"):
            outer[5.0].append(p)
        elif p.ndim > 1 and min(p.shape[:2]) > 1 and not name.startswith(("conv_in", "conv_out")):
            inner.append(p)
        else:
            outer[1.0].append(p)
    return inner, outer
