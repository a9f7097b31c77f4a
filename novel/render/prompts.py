"""Turn prompts into the embeddings that a pipeline takes, each text once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from novel.render.backend import Warn
from novel.render.family_table import (
    FLUX_1,
    FLUX_1_KONTEXT,
    QWEN_IMAGE,
    QWEN_IMAGE_EDIT,
    STABLE_DIFFUSION,
    STABLE_DIFFUSION_3,
    STABLE_DIFFUSION_XL,
    Family,
)

if TYPE_CHECKING:
    import torch

Embeddings = dict[str, Any]
"""Arguments for a pipeline's call, by name."""


@dataclass(frozen=True, slots=True)
class _Text:
    """What an encoding depends on: the words, the adapters at work (they may change a text encoder), the pieces."""

    words: str
    adapters: tuple[tuple[str, float], ...]
    pieces: int


class PromptEncoder:
    """Encodes texts one by one and remembers them.

    One by one, because a batch of another size gives other last bits, and a picture must not depend on its company.
    Models that read with CLIP alone get a long prompt in pieces of their window, all joined; the negative prompt gets
    as many. One whose tokenizer keeps slots of its window gets what fits: the slots sum up a whole prompt, and those of
    two pieces would contradict each other.
    """

    def __init__(self, pipe: Any, family: Family, device: torch.device, warn: Warn) -> None:
        self._pipe, self._family, self._device, self._warn = pipe, family, device, warn
        self._known: dict[_Text, Embeddings] = {}
        self._warned: set[str] = set()

    def encode(self, prompt: str, negative: str | None, adapters: tuple[tuple[str, float], ...]) -> Embeddings:
        """The arguments for a prompt and, unless None, a negative prompt, with the given adapters already at work."""
        pieces = max(self._pieces(prompt), self._pieces(negative) if negative else 1)
        arguments = dict(self._encoded(_Text(prompt, adapters, pieces)))
        if negative is not None:
            if not negative and self._zeros_for_empty():
                found = {name: value.new_zeros(value.shape) for name, value in arguments.items()}
            else:
                found = self._encoded(_Text(negative, adapters, pieces))
            arguments |= {f"negative_{name}": value for name, value in found.items()}
        return arguments

    def _zeros_for_empty(self) -> bool:
        """Whether the model was trained to see zeros for "no negative prompt" (SDXL)."""
        return self._family is STABLE_DIFFUSION_XL and bool(
            self._pipe.config.get("force_zeros_for_empty_prompt", False)
        )

    def _encoded(self, text: _Text) -> Embeddings:
        if text not in self._known:
            self._known[text] = self._encode_now(text)
        return self._known[text]

    def _encode_now(self, text: _Text) -> Embeddings:
        if self._family is STABLE_DIFFUSION:
            self._warn_if_cut(text.words)
            encoder = _last_hidden(self._pipe.text_encoder)
            return {"prompt_embeds": self._in_pieces(text, self._pipe.tokenizer, encoder)[0]}
        if self._family is STABLE_DIFFUSION_XL:
            return self._encode_xl(text)
        self._warn_if_cut(text.words)
        return self._encode_by_pipeline(text.words)

    def _encode_by_pipeline(self, words: str) -> Embeddings:
        """The other families' own encoding, which pads each text alike or not at all."""
        # An empty text would leave Qwen-Image no token at all; its own convention is a space.
        arguments: dict[str, Any] = {"prompt": words or " ", "device": self._device}
        takes = inspect.signature(self._pipe.encode_prompt).parameters
        arguments |= {name: None for name in ("prompt_2", "prompt_3") if name in takes}
        if "do_classifier_free_guidance" in takes:
            arguments["do_classifier_free_guidance"] = False
        # (embeds, pooled, text ids); (embeds, mask); (embeds, text ids); (embeds, none); or with the absent negative
        # between: (embeds, none, pooled, none).
        found = self._pipe.encode_prompt(**arguments)
        names = {
            FLUX_1.name: ("prompt_embeds", "pooled_prompt_embeds"),
            FLUX_1_KONTEXT.name: ("prompt_embeds", "pooled_prompt_embeds"),
            QWEN_IMAGE.name: ("prompt_embeds", "prompt_embeds_mask"),
            QWEN_IMAGE_EDIT.name: ("prompt_embeds", "prompt_embeds_mask"),
            STABLE_DIFFUSION_3.name: ("prompt_embeds", "", "pooled_prompt_embeds"),
        }.get(self._family.name, ("prompt_embeds",))
        return {name: value for name, value in zip(names, found, strict=False) if name}

    def _encode_xl(self, text: _Text) -> Embeddings:
        """SDXL: both encoders' last but one layers side by side, and the second one's pooled view of the beginning."""
        import torch

        pipe = self._pipe
        parts, pooled = [], None
        for tokenizer, encoder in ((pipe.tokenizer, pipe.text_encoder), (pipe.tokenizer_2, pipe.text_encoder_2)):
            if encoder is None:
                continue
            hidden, pools = self._in_pieces(text, tokenizer, _last_but_one(encoder))
            parts.append(hidden)
            pooled = pools
        return {"prompt_embeds": torch.cat(parts, dim=-1), "pooled_prompt_embeds": pooled}

    def _in_pieces(
        self, text: _Text, tokenizer: Any, encode: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor | None]]
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """A text in exactly ``text.pieces`` windows, encoded one by one and joined; and the first one's pooled view."""
        import torch

        joined, pooled = [], None
        for number, ids in enumerate(_windows(tokenizer, text.words, text.pieces)):
            hidden, pool = encode(torch.tensor([ids], device=self._device))
            joined.append(hidden)
            pooled = pool if number == 0 else pooled
        return torch.cat(joined, dim=1), pooled

    def _pieces(self, words: str) -> int:
        """How many windows a text fills."""
        if not self._family.chunked or keeps_slots(self._pipe.tokenizer):
            return 1
        tokenizers = [t for t in (self._pipe.tokenizer, getattr(self._pipe, "tokenizer_2", None)) if t is not None]
        return max(len(_split(t, words)) for t in tokenizers)

    def _warn_if_cut(self, words: str) -> None:
        """Say which words of a text are beyond what its reader reads: of several readers, the one that reads most."""
        pipe, limit = self._pipe, self._family.prompt_tokens
        if self._family.chunked and keeps_slots(pipe.tokenizer):
            limit = pipe.tokenizer.model_max_length
        readers = [n for n in ("_3", "_2", "") if getattr(pipe, f"text_encoder{n}", None) is not None]
        tokenizer = getattr(pipe, f"tokenizer{readers[0]}", None) if readers else None
        if limit is None or tokenizer is None or words in self._warned:
            return
        if self._family is STABLE_DIFFUSION_3 and readers[0] != "_3":
            limit = tokenizer.model_max_length  # Without T5 there is CLIP alone.
        own = tokenizer(words, add_special_tokens=False, truncation=False).input_ids
        room = limit - _beside_the_words(tokenizer, self._family)
        if len(own) <= room:
            return
        self._warned.add(words)
        lost = tokenizer.decode(own[room:]).strip()
        self._warn(
            f"{self._family.name} reads {room} tokens of a prompt, and this one has {len(own)}; what is lost is its "
            f"end: “{lost if len(lost) <= 200 else lost[:200] + '…'}”. Shorten the looks, the panel's prompt or what "
            "the style adds."
        )


def _beside_the_words(tokenizer: Any, family: Family) -> int:
    """How many tokens of its window a reader spends on what stands around the words."""
    if family in (QWEN_IMAGE, QWEN_IMAGE_EDIT):
        return 0  # Its template has room of its own.
    if getattr(tokenizer, "chat_template", None):
        empty = tokenizer.apply_chat_template(
            [{"role": "user", "content": ""}], tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return len(tokenizer(empty, add_special_tokens=False).input_ids)
    return _kept(tokenizer)


def _kept(tokenizer: Any) -> int:
    """How many tokens a tokenizer puts around any words: CLIP's a first and a last one."""
    return len(tokenizer("", padding=False).input_ids)


def keeps_slots(tokenizer: Any) -> bool:
    """Whether a tokenizer keeps places of its window free in which the text encoder sums a prompt up."""
    return tokenizer is not None and _kept(tokenizer) > 2


def _last_hidden(encoder: Any) -> Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor | None]]:
    return lambda ids: (encoder(ids)[0].to(encoder.dtype), None)


def _last_but_one(encoder: Any) -> Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor | None]]:
    def encode(ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        output = encoder(ids, output_hidden_states=True)
        return output.hidden_states[-2].to(encoder.dtype), output[0]

    return encode


def _split(tokenizer: Any, words: str) -> list[list[int]]:
    """A text's tokens in runs that fit a window beside what is kept of it, parted at commas where one is near."""
    ids = list(tokenizer(words, add_special_tokens=False, truncation=False, padding=False).input_ids)
    room = tokenizer.model_max_length - _kept(tokenizer)
    if keeps_slots(tokenizer):
        return [ids[:room]]
    comma = tokenizer.convert_tokens_to_ids(",</w>" if ",</w>" in tokenizer.get_vocab() else ",")
    runs = []
    while len(ids) > room:
        cut = next((n + 1 for n in range(room - 1, room * 3 // 4, -1) if ids[n] == comma), room)
        runs.append(ids[:cut])
        ids = ids[cut:]
    return [*runs, ids]


def _windows(tokenizer: Any, words: str, count: int) -> list[list[int]]:
    """The runs, each with its first and last token and padding; empty windows at the end up to ``count``."""
    runs = _split(tokenizer, words)
    runs += [[] for _ in range(count - len(runs))]
    full = tokenizer.model_max_length
    return [
        [tokenizer.bos_token_id, *run, tokenizer.eos_token_id, *[tokenizer.pad_token_id] * (full - 2 - len(run))]
        for run in runs
    ]
