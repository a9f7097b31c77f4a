"""Read what a safetensors file holds, from its header alone: no tensor is loaded and no library is needed.

Format: 8 bytes little-endian header length, a JSON header, then the tensors' bytes without a gap
(github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

from novel.errors import FileError, RefusedError

HEADER_LIMIT = 100_000_000
"""The longest header that the safetensors library reads, in bytes."""

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


class IncompleteFile(Exception):
    """The file ends before what its header promises: a download that stopped half-way."""


@dataclass(frozen=True, slots=True)
class Header:
    """The tensors' shapes by name, and the free text that the file carries."""

    shapes: dict[str, tuple[int, ...]]
    metadata: dict[str, str]


def read_header(path: Path) -> Header:
    """The header of a safetensors file.

    Raises IncompleteFile where the file is shorter than it says, RefusedError where the header is hostile (too long, or
    tensors that overlap or reach outside) or no header at all, and FileError where the file can't be read.
    """
    try:
        size = os.stat(path).st_size
        with open(path, "rb") as file:
            if size < 8:
                raise IncompleteFile(f"{size} bytes")
            length = int.from_bytes(file.read(8), "little")
            if length > HEADER_LIMIT:
                raise _refused(path, f"its header claims {length:,} bytes; {HEADER_LIMIT:,} is the limit")
            if 8 + length > size:
                raise IncompleteFile(f"{size} bytes where the header alone needs {8 + length}")
            text = file.read(length)
    except OSError as error:
        raise FileError(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from error
    try:
        fields = json.loads(text)
        metadata = {str(k): str(v) for k, v in (fields.pop("__metadata__", None) or {}).items()}
        spans, shapes = [], {}
        for name, tensor in fields.items():
            shape = tuple(int(n) for n in tensor["shape"])
            begin, end = (int(n) for n in tensor["data_offsets"])
            if (
                min((*shape, begin, end - begin)) < 0
                or (math.prod(shape) * _BITS[tensor["dtype"]] + 7) // 8 != end - begin
            ):
                raise ValueError(f"{name} does not fill the bytes that it claims")
            shapes[name] = shape
            spans.append((begin, end))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _refused(path, f"its header is malformed ({error})") from error
    position = 0
    for begin, end in sorted(spans):
        if begin != position:
            raise _refused(path, "its tensors overlap or leave gaps")
        position = end
    if 8 + length + position > size:
        raise IncompleteFile(f"{size} bytes where the header promises {8 + length + position}")
    if 8 + length + position < size:
        raise _refused(path, "it holds more than its header tells")
    return Header(shapes, metadata)


def _refused(path: Path, reason: str) -> RefusedError:
    return RefusedError(f"{path} is not a safetensors file to be trusted: {reason}.", "Fetch it again from its source.")
