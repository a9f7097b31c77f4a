"""What a PNG tells of its own making, read as what it is: something that anybody may have written."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from novel.errors import FileError, RefusedError
from novel.render.png import AI_SOURCE, PROMPT_TEXTS
from novel.render.png_chunks import DamagedPng, size, texts
from novel.request import RenderRequest

BYTE_LIMIT = 256 << 20
"""The largest file that is read; the same as for a writer's own pictures."""
_MOST_BEGINNINGS = 1000
_MOST_VERSIONS, _LONGEST_VERSION = 32, 200


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one of our pictures was made. ``beginnings``: the requests of those it goes back to, the nearest first.

    ``prompts_taken_out``: then the requests' prompts are empty, and say nothing. ``agrees``: whether the key that the
    file states is that of its request, as it is unless somebody changed the file or another edition wrote it.
    """

    request: RenderRequest
    key: str
    beginnings: tuple[RenderRequest, ...]
    stack: Mapping[str, str]
    novel: str
    prompts_taken_out: bool
    agrees: bool


@dataclass(frozen=True, slots=True)
class Told:
    """All that a PNG tells. ``recipe`` is None where it isn't ours; ``texts`` then holds what other tools wrote.

    ``damage`` says why a recipe that is there can't be read; ``ai_mark``: whether IPTC's mark of machine-made media is
    in its XMP.
    """

    width: int
    height: int
    recipe: Recipe | None
    texts: Mapping[str, str] = field(default_factory=dict)
    damage: str = ""
    ai_mark: bool = False


def read_file(path: Path) -> bytes:
    """A picture file's bytes. Raises FileError, and RefusedError for what is no ordinary file or too large."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise FileError(f"{path} is a folder.", "Name a picture in it.")
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError(f"{path} is not an ordinary file.", "Give a PNG file.")
        if status.st_size > BYTE_LIMIT:
            raise RefusedError(f"{path} has {status.st_size:,} bytes; {BYTE_LIMIT:,} is the limit.", "Is it a picture?")
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from error


def told_by(png: bytes, path: Path) -> Told:
    """What a PNG tells. ``path`` is for messages. Raises FileError where it is no whole PNG."""
    try:
        width, height = size(png)
        found = texts(png)
    except DamagedPng as error:
        raise FileError(f"{path} {error}.", "Give a PNG as it was written.") from error
    ai_mark = AI_SOURCE in found.get("XML:com.adobe.xmp", "")
    recipe, damage = None, ""
    if "novel" in found:
        try:
            recipe = _recipe(found["novel"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            damage = "It holds a recipe of novel's that can't be read: damaged, or written by a later version."
    others = {name: found[name] for name in sorted(PROMPT_TEXTS & found.keys())}
    return Told(width, height, recipe, others, damage, ai_mark)


def _recipe(text: str) -> Recipe:
    data = json.loads(text)
    told = [data["request"], *list(data.get("beginnings", ()))[:_MOST_BEGINNINGS]]
    taken_out = not all("prompt" in request for request in told)
    requests = [_request(request) for request in told]
    key = data["key"]
    if not isinstance(key, str) or len(key) != 64 or set(key) - set("0123456789abcdef"):
        raise ValueError("no key")
    stack = {str(k)[:_LONGEST_VERSION]: str(v)[:_LONGEST_VERSION] for k, v in list(data["recipe"].items())}
    return Recipe(
        request=requests[0],
        key=key,
        beginnings=tuple(requests[1:]),
        stack=dict(list(stack.items())[:_MOST_VERSIONS]),
        novel=str(data["novel"])[:_LONGEST_VERSION],
        prompts_taken_out=taken_out,
        agrees=taken_out or requests[0].key == key,
    )


def _request(data: dict[str, Any]) -> RenderRequest:
    request = RenderRequest.model_validate({"prompt": "", "negative": "", **data})
    request.key  # noqa: B018 - raises ValueError for what has none: numbers that are none, halves of characters
    return request
