"""What a story and a style have in common: adapters, and shares of a whole."""

from __future__ import annotations

from novel.story.kinds import Number, Text
from novel.story.record import Field, Record

SHARE = Number(0, 1)

ADAPTER = Record(
    "an adapter",
    {
        "path": Field(Text(filled=True), "The LoRA file, `.safetensors`, relative to this file.", required=True),
        "weight": Field(Number(-10, 10), "How strongly it acts; 1 is as trained."),
        "trigger": Field(Text(), "Words that call it up, added to the prompt."),
    },
    "A LoRA: a small file that teaches the model a character, a place or a style.",
    inline=True,
)
