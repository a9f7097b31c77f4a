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


class Stand:
    """Where a training stands: its step and the seconds it has spent, kept in a file with the weights."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds, self.step, self.before = path, seconds, 0, 0.0
        self.start = self.saved = time.time()
        self._shown: list[float] = []

    @property
    def gone(self) -> float:
        """The share of its time that is spent."""
        return (self.before + time.time() - self.start) / self.seconds

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer, *more: Tensor) -> None:
        """Go on from the file, where there is one."""
        if not self.path.exists():
            return
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        for tensor, kept in zip(more, state["more"], strict=True):
            tensor.data.copy_(kept)
        self.step, self.before = int(state["step"]), float(state["seconds"])

    def learn(self, loss: Tensor, optimizer: torch.optim.Optimizer, params: Sequence[Tensor], rate: float) -> None:
        """One step; the rate rises at once, holds, and falls to nothing along the run."""
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, self.gone)))
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (self.step + 1) / 60) * max(fall, 0.005)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(params, 5.0)
        optimizer.step()
        self.step += 1
        self._shown.append(float(loss.detach()))
        if self.step % 50 == 0:
            line = {"step": self.step, "seconds": round(self.gone * self.seconds)}
            print(json.dumps(line | {"loss": round(float(np.mean(self._shown[-50:])), 4)}), flush=True)

    def due(self) -> bool:
        """Whether it is time to save."""
        return time.time() - self.saved > 90

    def save(self, model: nn.Module, optimizer: torch.optim.Optimizer, *more: Tensor) -> None:
        """Write the file, whole or not at all."""
        self.saved = time.time()
        state: dict[str, Any] = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
        state |= {"more": [m.detach() for m in more], "step": self.step, "seconds": self.gone * self.seconds}
        part = self.path.with_suffix(".part")
        torch.save(state, part)
        part.rename(self.path)
