"""The text encoder, taught to read before it is taught to draw.

A causal text encoder has idle positions after the words: the padding. The last ones of a fixed-length sequence
see the whole prompt, so they are made into slots that state what the prompt says (place, who is on the left, the
colour of that one's clothes …). Learning that from text alone costs next to nothing; the denoiser then finds
every fact at a fixed position, whatever the wording, and binding a colour to its owner is no longer its problem.
"""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as fn
from transformers import CLIPTextConfig, CLIPTextModel

from novel.embedded.teacher.facts import HEADS, SLOT_COUNT, SLOTS
from novel.embedded.training import language, lessons, parallel, retold
from novel.embedded.training.lessons import Lesson

WIDTH = 192


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of training. ``hold``: how firmly the encoder stays what it is at the run's start, wherever that is
    right, for a denoiser has learned from it. ``was``: a finished model with another tokenizer, to whose states it is
    held instead (:mod:`retold`)."""

    folder: Path
    seconds: float
    device: str = "cpu"
    workers: int = 1
    batch: int = 48
    rate: float = 1e-3
    seed: int = 0
    half: bool = False
    hold: float = 0.0
    was: Path | None = None


def build(layers: int = 4) -> CLIPTextModel:
    """A fresh text encoder over the model's words."""
    t = language.tokenizer()
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=t.get_vocab_size(),
            hidden_size=WIDTH,
            intermediate_size=4 * WIDTH,
            num_hidden_layers=layers,
            num_attention_heads=4,
            max_position_embeddings=language.LENGTH,
            hidden_act="gelu",
            projection_dim=WIDTH,
            pad_token_id=t.token_to_id(language.PAD),
            bos_token_id=t.token_to_id(language.START),
            eos_token_id=t.token_to_id(language.END),
            initializer_factor=1.0,
        )
    )


class Reader(nn.Module):
    """Reads the facts off the slots: one linear layer a head."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleDict({head: nn.Linear(WIDTH, len(names) + 1) for head, names in HEADS.items()})

    def forward(self, states: Tensor) -> list[Tensor]:
        """Logits of each head from the text encoder's last states (batch × length × width)."""
        slots = states[:, -SLOT_COUNT:]
        out = []
        for k, heads in enumerate(SLOTS.values()):
            out += [self.heads[head](slots[:, k]) for head in heads]
        return out


def train(settings: Settings) -> None:
    """Train for a while; goes on from ``folder/text.pt``. Prints the share of facts read right on unseen captions.

    Raises ValueError if it is to be held to what another was and is not held at all.
    """
    if settings.was is not None and settings.hold <= 0:
        raise ValueError("--was says what to stay like; say with --hold how firmly (100 serves)")
    parallel.launch(settings.workers if settings.device == "cpu" else 1, partial(_run, settings))


def _run(settings: Settings, rank: int, workers: int) -> None:
    torch.manual_seed(settings.seed)
    device = torch.device(settings.device)
    model, reader = build().to(device), Reader().to(device)
    params = [*model.parameters(), *reader.parameters()]
    optimizer = torch.optim.AdamW(params, lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.01)
    path = settings.folder / "text.pt"
    step, read = 0, False
    if path.exists():
        state = torch.load(path, map_location=device, weights_only=True)
        same = adopt(model, state)
        read = state["reader"] is not None
        if read:
            reader.load_state_dict(state["reader"])
        if same and state["optimizer"] is not None:
            optimizer.load_state_dict(state["optimizer"])
        step = int(state["step"])
    start = saved = time.time()
    first = step
    held: Held | retold.Former | None = None
    if settings.was is not None:
        held = retold.Former(settings.was, settings.device)
    elif settings.hold > 0:
        held = Held(model, reader if read else None)
    model.train()
    if device.type == "cpu":
        # plain products: PyTorch's fused attention goes backward slowly on CPUs with bfloat16
        model.set_attn_implementation("eager")
    while parallel.agree(time.time() - start < settings.seconds, workers):
        gone = (time.time() - start) / settings.seconds
        rate = (
            settings.rate
            * min(1.0, (step - first + 1) / 100)
            * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, gone))))
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = _loss(settings, model, reader, held, lessons.lesson(settings.batch, step * workers + rank))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parallel.average_gradients(params, workers)
        nn.utils.clip_grad_norm_(params, 1.0)
        optimizer.step()
        step += 1
        if rank == 0 and step % 50 == 0:
            line: dict[str, object] = {
                "step": step,
                "seconds": round(time.time() - start),
                "loss": round(float(loss.detach()), 4),
            }
            if step % 200 == 0:
                line |= read_right(model, reader, 96)
            print(json.dumps(line), flush=True)
        if rank == 0 and time.time() - saved > 120:
            saved = time.time()
            _save(path, model, reader, optimizer, step)
    if rank == 0:
        _save(path, model, reader, optimizer, step)
        print(json.dumps({"step": step, **read_right(model, reader, 400)}), flush=True)


class Held:
    """An encoder as it is at a run's start, from which a denoiser has learned, and what it read right.

    ``reader``: the one that has learned along with it; None where that was not kept (a finished model has none).
    """

    def __init__(self, model: CLIPTextModel, reader: Reader | None) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.reader = copy.deepcopy(reader).eval().requires_grad_(False) if reader is not None else None

    def wanted(self, taught: Lesson) -> tuple[Tensor, Tensor]:
        """Its states of captions, and at which positions they are to stay: not in a slot that it read wrong."""
        states = self.model(input_ids=taught.ids).last_hidden_state.float()
        stays = torch.ones_like(taught.ids, dtype=torch.bool)
        if self.reader is None:
            return states, stays
        right = torch.stack([h.argmax(1) for h in self.reader(states)], 1) == taught.target
        at, k = taught.ids.shape[1] - SLOT_COUNT, 0
        for slot, heads in enumerate(SLOTS.values()):
            stays[:, at + slot] = right[:, k : k + len(heads)].all(1)
            k += len(heads)
        return states, stays


def _loss(
    settings: Settings, model: CLIPTextModel, reader: Reader, held: Held | retold.Former | None, taught: Lesson
) -> Tensor:
    """The loss on one lesson, told in both orders."""
    taught = taught.to(settings.device)
    with torch.autocast(taught.ids.device.type, torch.bfloat16, enabled=settings.half):
        states = model(input_ids=torch.cat([taught.ids, taught.back])).last_hidden_state
        loss = loss_of(reader(states), torch.cat([taught.target, taught.back_target]))
        if held is None:
            return loss
        with torch.no_grad():
            wanted, stays = held.wanted(taught)
    if not stays.any():
        return loss
    return loss + settings.hold * fn.mse_loss(states[: len(stays)].float()[stays], wanted[stays])


def loss_of(logits: list[Tensor], target: Tensor) -> Tensor:
    """How wrong a reading of captions is: one tensor of logits a head, and the classes."""
    # A fact that is stated counts more than one that is left open: most are open in any one caption.
    total = torch.zeros((), device=target.device)
    for k, head in enumerate(logits):
        each = fn.cross_entropy(head.float(), target[:, k], reduction="none")
        total = total + (each * torch.where(target[:, k] > 0, 3.0, 1.0)).mean()
    return total / len(logits)


@torch.no_grad()
def read_right(model: CLIPTextModel, reader: Reader, count: int) -> dict[str, float]:
    """Shares read right on unseen captions: of stated facts, of open ones, and of whole captions."""
    model.eval()
    device = next(model.parameters()).device
    _, ids, target = lessons.batch_of(range(count), "text-test")
    logits = reader(model(input_ids=ids.to(device)).last_hidden_state)
    right = torch.stack([h.argmax(1) for h in logits], 1).cpu() == target
    stated = target > 0
    colour = [k for k, head in enumerate(HEADS) if head.endswith("-colour")]
    model.train()
    return {
        "stated": round(right[stated].float().mean().item(), 4),
        "open": round(right[~stated].float().mean().item(), 4),
        "colour": round(right[:, colour][stated[:, colour]].float().mean().item(), 4),
        "whole": round(right.all(1).float().mean().item(), 4),
    }


def adopt(model: CLIPTextModel, state: dict[str, Any]) -> bool:
    """Load a saved encoder, word by word where the vocabulary has changed since; returns whether it is the same."""
    here, there = language.word_list(), tuple(state["words"])
    weights = dict(state["model"])
    if here != there:
        (name,) = [k for k in weights if k.endswith("token_embedding.weight")]
        rows = model.state_dict()[name].clone()
        old, first = weights[name], len(weights[name]) - len(there)
        rows[:first] = old[:first]
        places = {word: k for k, word in enumerate(there)}
        for k, word in enumerate(here):
            if word in places:
                rows[first + k] = old[first + places[word]]
        weights[name] = rows
    model.load_state_dict(weights)
    return here == there


def _save(path: Path, model: nn.Module, reader: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    state = {"model": model.state_dict(), "reader": reader.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(state | {"step": step, "words": list(language.word_list())}, part)
    part.rename(path)


def begin(folder: Path, start: Path) -> None:
    """Write ``folder/text.pt`` out of a saved model (a diffusers folder): its encoder and its words."""
    encoder = CLIPTextModel.from_pretrained(start / "text_encoder", torch_dtype=torch.float32, local_files_only=True)
    words = language.words_of(start / "tokenizer")
    state = {"model": encoder.state_dict(), "reader": None, "optimizer": None, "step": 0, "words": words}
    torch.save(state, folder / "text.pt")


def load(folder: Path, device: str = "cpu") -> CLIPTextModel:
    """The text encoder as far as it is trained; FileNotFoundError if it isn't."""
    model = build()
    adopt(model, torch.load(folder / "text.pt", map_location="cpu", weights_only=True))
    return model.to(device).eval()
