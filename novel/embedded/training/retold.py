"""A text encoder learns to say of other tokens what it said of those before.

When the tokenizer comes to leave words out, a denoiser that has learned from the encoder's states need not learn anew:
of the same text each word that stays, the padding and the slots are to have the states that they had. What was too long
for the slots before is learned from its facts alone; crowds are long, so every other caption shows one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import CLIPTextModel

from novel.embedded.teacher.captions import Caption
from novel.embedded.teacher.facts import SLOT_COUNT
from novel.embedded.training import language, wordings


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
    """Captions ``start`` … and their token ids; every other one shows a crowd, one in four is told backwards, one in
    forty is empty."""
    told = []
    for i, number in enumerate(wordings.numbers("text", start, count), start):
        told.append(Caption() if i % 40 == 0 else wordings.told("text", number, backwards=i % 4 == 1))
    return told, torch.from_numpy(language.encode([c.text for c in told]).astype(np.int64))
