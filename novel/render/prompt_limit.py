"""Which words of a prompt a model would not read, told without loading it: its tokenizer's own file is enough."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from novel.render.backend import ModelSource
from novel.render.families import family_of
from novel.render.family_table import QWEN_IMAGE, QWEN_IMAGE_EDIT, STABLE_DIFFUSION_3
from novel.render.model_folder import ModelFolder, read

_TEMPLATE = 16
"""About how many tokens a language model's template for a talk puts around the words."""


_ENDS = 2
"""CLIP's first and last token; a tokenizer that keeps more keeps slots, and its prompts are cut, not read in pieces."""


class PromptLimit:
    """How much a model reads at most. ``tokens`` is None for one that reads any length, or that can't be told of."""

    def __init__(self, source: ModelSource) -> None:
        self.tokens: int | None = None
        self._file: Path | None = None
        if source.folder is None:
            return
        folder = read(source.folder)
        family = family_of(folder)
        reader = _reader(folder)
        self._file = folder.path / reader / "tokenizer.json"
        if family.chunked:
            kept = _kept(self._file) if self._file.is_file() else 0
            if kept > _ENDS and folder.prompt_window:
                self.tokens = folder.prompt_window - kept
            return
        if family.prompt_tokens is None:
            return
        limit = family.prompt_tokens
        if family is STABLE_DIFFUSION_3 and reader != "tokenizer_3":
            limit = int(folder.config(reader).get("model_max_length", 77))  # Without T5 there is CLIP alone.
        around = 2 if "_" in reader else 0 if family in (QWEN_IMAGE, QWEN_IMAGE_EDIT) else _TEMPLATE
        if self._file.is_file():
            self.tokens = limit - around

    def lost(self, words: str) -> str:
        """The end of a prompt that isn't read; empty where all of it is."""
        # No token is shorter than a byte, so that most prompts need not be counted.
        if self.tokens is None or self._file is None or len(words.encode()) <= self.tokens:
            return ""
        encoded = _tokenizer(self._file).encode(words, add_special_tokens=False)
        if len(encoded.ids) <= self.tokens:
            return ""
        return words[encoded.offsets[self.tokens][0] :].strip()


def _reader(folder: ModelFolder) -> str:
    """The tokenizer of the encoder that reads most, as pipelines with several of them number these."""
    return next(name for name in ("tokenizer_3", "tokenizer_2", "tokenizer") if name in folder.components)


def _kept(file: Path) -> int:
    """How many tokens a tokenizer's file puts around any words."""
    template = json.loads(file.read_text("utf-8")).get("post_processor") or {}
    return sum("SpecialToken" in piece for piece in template.get("single") or ())


@lru_cache(maxsize=4)
def _tokenizer(file: Path) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
