"""Where a training stands, and how its rate runs."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from novel.embedded.training import parallel


def begin(path: Path, model: nn.Module) -> None:
    """Write the file of a finished model, to go on from: no optimiser, none of the other tensors, nothing spent."""
    state: dict[str, Any] = {"model": model.state_dict(), "optimizer": None, "more": []}
    torch.save(state | {"step": 0, "seconds": 0.0}, path)


class Stand:
    """Where a training stands: its step and the seconds it has spent, kept in a file with the weights.

    Of several processes (see :mod:`novel.embedded.training.parallel`) all go by the first one's clock, so that their
    weights stay the same, and it alone saves and tells."""

    def __init__(self, path: Path, seconds: float, rank: int = 0, workers: int = 1) -> None:
        self.path, self.seconds, self.step, self.before = path, seconds, 0, 0.0
        self.rank, self.workers = rank, workers
        self.start = self.saved = time.time()
        self._shown: list[float] = []

    @property
    def gone(self) -> float:
        """The share of its time that is spent, by the first process's clock: all must ask for it together."""
        return parallel.of_first((self.before + time.time() - self.start) / self.seconds, self.workers)

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer, *more: Tensor) -> bool:
        """Go on from the file, where there is one. False where it is that of a finished model (:func:`begin`): the
        optimiser and the other tensors are left as they are."""
        if not self.path.exists():
            return True
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        self.step, self.before = int(state["step"]), float(state["seconds"])
        if state["optimizer"] is None:
            return False
        optimizer.load_state_dict(state["optimizer"])
        for tensor, kept in zip(more, state["more"], strict=True):
            tensor.data.copy_(kept)
        return True

    def learn(self, loss: Tensor, optimizer: torch.optim.Optimizer, params: Sequence[Tensor], rate: float) -> None:
        """One step; the rate rises at once, holds, and falls to nothing along the run."""
        gone = self.gone
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, gone)))
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (self.step + 1) / 60) * max(fall, 0.005)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients(params, self.workers)
        torch.nn.utils.clip_grad_norm_(params, 5.0)
        optimizer.step()
        self.step += 1
        self._shown.append(float(loss.detach()))
        if self.rank == 0 and self.step % 50 == 0:
            line = {"step": self.step, "seconds": round(gone * self.seconds)}
            print(json.dumps(line | {"loss": round(float(np.mean(self._shown[-50:])), 4)}), flush=True)

    def due(self) -> bool:
        """Whether it is time to save."""
        return self.rank == 0 and time.time() - self.saved > 90

    def save(self, model: nn.Module, optimizer: torch.optim.Optimizer, *more: Tensor) -> None:
        """Write the file, whole or not at all."""
        if self.rank != 0:
            return
        self.saved = time.time()
        spent = self.before + self.saved - self.start
        state: dict[str, Any] = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
        state |= {"more": [m.detach() for m in more], "step": self.step, "seconds": spent}
        part = self.path.with_suffix(".part")
        torch.save(state, part)
        part.rename(self.path)
