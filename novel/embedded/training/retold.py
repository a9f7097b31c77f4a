"""A text encoder learns to say of other tokens what it said of those before.

When the tokenizer comes to leave words out, a denoiser that has learned from the encoder's states need not learn anew:
of the same text each word that stays, the padding and the slots are to have the states that they had. What was too long
for the slots before is learned from its facts alone.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import CLIPTextModel

from novel.embedded.teacher.facts import SLOT_COUNT
from novel.embedded.training.lessons import Lesson


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
        return free, torch.tensor(then, dtype=torch.long).view(shape), torch.tensor(at, dtype=torch.long).view(shape)

    def wanted(self, taught: Lesson) -> tuple[Tensor, Tensor]:
        """The states that today's positions are to have (n × length × width), and which of them are to: all of a text
        that left the slots free."""
        free, then, at = (t.to(taught.ids.device) for t in self.matched(taught.texts, taught.ids))
        width = int(self.encoder.config.hidden_size)
        states = torch.zeros(*taught.ids.shape, width, device=taught.ids.device)
        if free.any():
            found = self.encoder(input_ids=then).last_hidden_state.float()
            states[free] = torch.gather(found, 1, at[..., None].expand(-1, -1, width))
        return states, free[:, None].expand(taught.ids.shape)


def _places(old: list[int], new: list[int], window: int) -> list[int]:
    """Of each of ``new`` where it stands in ``old``, of which it is a part in order; padding from there on."""
    places, k = [], 0
    for token in new:
        k = old.index(token, k)
        places.append(k)
        k += 1
    return places + [max(j, len(old)) for j in range(len(places), window)]
