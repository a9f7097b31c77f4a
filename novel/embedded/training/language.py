"""The model's words and its tokenizer: one token a word, and one that stands for every other word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from novel.embedded.teacher import captions, words, words_people, words_places, words_things
from novel.embedded.teacher.facts import SLOT_COUNT

LENGTH = 96
#: How many tokens a caption may have, with its first and last, so that the slots stay free.
ROOM = LENGTH - SLOT_COUNT
PAD, START, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
#: The tokens that are no words; the first ones.
_SIGNS = (PAD, START, END, UNKNOWN, ",", ".", ":")

#: Words that the model does without, so that a long prompt has room: what they say, its neighbours say too.
UNSAID = ("a", "an", "are", "dressed", "has", "have", "is", "of", "the", "there", "wearing", "who")
_UNSAID = rf"\b(?:{'|'.join(UNSAID)})\b"

_FUNCTION_WORDS = """
place a an the and or of in on at by to with under over behind beside near from into who has have is are there it
its his her their them they he she wearing dressed holding shot view scene picture panel style nobody no one
empty people two three four both another other while as up down background back front middle left right center
centre side third first second friends small big little old young tall one whole every all
""".split()


def _phrases(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from _phrases(v)
    elif isinstance(value, (tuple, list)):
        for v in value:
            yield from _phrases(v)


def plural(word: str) -> str:
    """The plain plural (or third person) of a word."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def split(text: str) -> list[str]:
    """The tokens of a text as the tokenizer sees them, unknown ones included and :data:`UNSAID` ones left out."""
    plain = text.lower().replace("é", "e").replace("’", "'")
    plain = re.sub(r"'s\b", "", plain)
    return re.findall(r"[a-z0-9]+|[,.:]", re.sub(_UNSAID, " ", plain))


@lru_cache(maxsize=1)
def word_list() -> tuple[str, ...]:
    """Every word that captions use, and the plain plural of each thing, place and garment; sorted."""
    found: set[str] = set(_FUNCTION_WORDS)
    tables = {**vars(words), **vars(words_people), **vars(words_places), **vars(words_things)}
    for name, value in tables.items():
        if name.isupper():
            for phrase in _phrases(value):
                found.update(split(phrase))
    for table in (words_things.THING, words_people.KIND, words_people.CLOTHES, words_people.HAT, words_places.PLACE):
        for phrase in _phrases(table):
            last = split(phrase)[-1]
            found.add(plural(last))
    found -= {captions.UNKNOWN, "{}", ",", ".", ":"}
    return tuple(sorted(found))


def words_of(folder: Path) -> list[str]:
    """The words of a saved tokenizer, in the order of their tokens."""
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    return sorted(vocabulary, key=lambda word: vocabulary[word])[len(_SIGNS) :]


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    """The tokenizer: lower case, no accents, no possessive; fixed length, padded at the end.

    The slots' padding is part of its template, so that truncation cuts words and never fills slots with them.
    """
    vocabulary = {t: i for i, t in enumerate((*_SIGNS, *word_list()))}
    t = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    t.normalizer = normalizers.Sequence(
        [
            normalizers.NFD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            normalizers.Replace("’", "'"),
            normalizers.Replace(Regex(r"'s\b"), ""),
            normalizers.Replace(Regex(r"[^a-z0-9,.:]+"), " "),
            normalizers.Replace(Regex(_UNSAID), " "),
            normalizers.Strip(),
        ]
    )
    t.pre_tokenizer = pre_tokenizers.Split(Regex(r"[a-z0-9]+|[,.:]"), "removed", invert=True)
    t.post_processor = processors.TemplateProcessing(
        single=" ".join([START, "$A", END, *[PAD] * SLOT_COUNT]),
        special_tokens=[(sign, vocabulary[sign]) for sign in (START, END, PAD)],
    )
    t.enable_truncation(LENGTH)
    t.enable_padding(pad_id=vocabulary[PAD], pad_token=PAD, length=LENGTH)
    return t


def encode(texts: Sequence[str]) -> npt.NDArray[np.uint16]:
    """Token ids, one row a text, ``LENGTH`` long."""
    return np.array([e.ids for e in tokenizer().encode_batch(list(texts))], np.uint16)


def fits(text: str) -> bool:
    """Whether a caption leaves the slots free."""
    return len(split(text)) + 2 <= ROOM


def save(folder: Path) -> None:
    """Write the tokenizer as transformers loads it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": LENGTH,
        "padding_side": "right",
        "truncation_side": "right",
        "pad_token": PAD,
        "bos_token": START,
        "eos_token": END,
        "unk_token": UNKNOWN,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
