"""A text encoder learns to say of other tokens what it said of those before.

When the tokenizer comes to leave words out, a denoiser that has learned from the encoder's states need not learn anew:
of the same text each word that stays, the padding and the slots are to have the states that they had. What was too long
for the slots before is learned from its facts alone; crowds are long, so every other caption shows one.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as fn
from transformers import CLIPTextModel

from novel.embedded import scenes
from novel.embedded.teacher.captions import Caption
from novel.embedded.teacher.facts import SLOT_COUNT, classes
from novel.embedded.training import language, parallel, text, wordings

HOLD = 100.0
#: People in a crowd, and every how many captions show one.
CROWD, EVERY = 3, 2


@dataclass(frozen=True, slots=True)
class Settings:
    """One run: ``was`` is the model as it was, a folder that ``export`` wrote; ``hold`` how firmly its states stay."""

    folder: Path
    was: Path
    seconds: float
    device: str = "cpu"
    workers: int = 1
    batch: int = 48
    rate: float = 7e-4
    seed: int = 0
    half: bool = False
    hold: float = HOLD


class Former:
    """The encoder and the tokenizer as they were."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        self.encoder = CLIPTextModel.from_pretrained(
            folder / "text_encoder", torch_dtype=torch.float32, local_files_only=True
        ).to(device)
        self.encoder.eval().requires_grad_(False)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer/tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.window = int(self.encoder.config.max_position_embeddings)

    def matched(self, texts: list[str], ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Which texts left the slots free then (a mask), their tokens then, and for each of today's positions the one
        then: words that are left out today are skipped, padding answers to padding and slots to slots."""
        room = self.window - SLOT_COUNT
        free, then, at = torch.zeros(len(texts), dtype=torch.bool), [], []
        for row, told in enumerate(texts):
            old = self.tokenizer.encode(told).ids
            while old and old[-1] == 0:  # a template that keeps the slots free has its padding already
                old.pop()
            if len(old) > room:
                continue
            free[row] = True
            then.append(old + [0] * (self.window - len(old)))
            at.append(_places(old, [i for i in ids[row].tolist() if i], self.window))
        shape = (len(then), self.window)
        return free, torch.tensor(then).view(shape), torch.tensor(at).view(shape)

    def states(self, tokens: Tensor, at: Tensor) -> Tensor:
        """The states that today's positions are to have: n × length × width."""
        found = self.encoder(input_ids=tokens).last_hidden_state.float()
        return torch.gather(found, 1, at[..., None].expand(-1, -1, found.shape[-1]))


def _places(old: list[int], new: list[int], window: int) -> list[int]:
    """Of each of ``new`` where it stands in ``old``, of which it is a part in order; padding from there on."""
    places, k = [], 0
    for token in new:
        k = old.index(token, k)
        places.append(k)
        k += 1
    return places + [max(j, len(old)) for j in range(len(places), window)]


def lesson(start: int, count: int) -> tuple[list[Caption], Tensor]:
    """Captions ``start`` … and their token ids; of every :data:`EVERY` all but the first show a crowd, one in four is
    told backwards, one in forty is empty."""
    told = []
    for i in range(start, start + count):
        number = i
        if i % EVERY:
            while len(scenes.scene_number("text", number).people) < CROWD:
                number += count
        told.append(Caption() if i % 40 == 0 else wordings.told("text", number, backwards=i % 4 == 1))
    return told, torch.from_numpy(language.encode([c.text for c in told]).astype(np.int64))


def train(settings: Settings) -> None:
    """Train for a while from ``folder/text.pt`` on; prints the share of facts read right on unseen captions."""
    parallel.launch(settings.workers if settings.device == "cpu" else 1, partial(_run, settings))


def _run(settings: Settings, rank: int, workers: int) -> None:
    torch.manual_seed(settings.seed)
    device = torch.device(settings.device)
    path = settings.folder / "text.pt"
    state = torch.load(path, map_location="cpu", weights_only=True)
    model, reader = text.build().to(device), text.Reader().to(device)
    text.adopt(model, state)
    if state["reader"] is not None:
        reader.load_state_dict(state["reader"])
    former = Former(settings.was, settings.device)
    params = [*model.parameters(), *reader.parameters()]
    optimizer = torch.optim.AdamW(params, lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.01)
    step = first = int(state["step"])
    start = time.time()
    model.train()
    while parallel.agree(time.time() - start < settings.seconds, workers):
        gone = min(1.0, (time.time() - start) / settings.seconds)
        rate = settings.rate * min(1.0, (step - first + 1) / 60) * (0.02 + 0.49 * (1 + math.cos(math.pi * gone)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        told, ids = lesson((step * workers + rank) * settings.batch, settings.batch)
        loss, drift = _loss(settings, model, reader, former, told, ids)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients(params, workers)
        nn.utils.clip_grad_norm_(params, 1.0)
        optimizer.step()
        step += 1
        if rank == 0 and step % 50 == 0:
            line = {"step": step, "seconds": round(time.time() - start), "loss": round(float(loss.detach()), 4)}
            print(json.dumps(line | {"drift": round(drift, 5)}), flush=True)
    if rank == 0:
        text.save(path, model, reader, optimizer, step)
        print(json.dumps({"step": step, **text.read_right(model, reader, 400)}), flush=True)


def _loss(
    settings: Settings, model: CLIPTextModel, reader: nn.Module, former: Former, told: list[Caption], ids: Tensor
) -> tuple[Tensor, float]:
    """The loss on one lesson, and how far states have moved."""
    device = next(model.parameters()).device
    target = torch.tensor([classes(c.facts) for c in told], device=device)
    free, then, at = former.matched([c.text for c in told], ids)
    with torch.autocast(device.type, torch.bfloat16, enabled=settings.half):
        states = model(input_ids=ids.to(device)).last_hidden_state
        loss = text.loss_of(reader(states), target)
        if not free.any():
            return loss, 0.0
        with torch.no_grad():
            wanted = former.states(then.to(device), at.to(device))
    drift = fn.mse_loss(states[free.to(device)].float(), wanted)
    return loss + settings.hold * drift, float(drift.detach())
