"""Whether a ``.safetensors`` file is sound, by its header alone.

The format: eight bytes with the header's length, the header as JSON, then the tensors' bytes without holes or overlaps
(huggingface/safetensors, README, "Format").
"""

from __future__ import annotations

import json
import os
from math import prod
from typing import Any, BinaryIO

from novel.story.faults import AssetFault

MAX_HEADER = 16_000_000
"""Bytes. The largest LoRAs have some thousand tensors of about 100 bytes each."""

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
_HINT = "Fetch the file again from where it came; don't use it if that doesn't help."


def check_safetensors(file: BinaryIO, name: str) -> None:
    """Raises ``AssetFault`` where the header is too large, no JSON, or describes tensors that can't be there."""
    size = os.fstat(file.fileno()).st_size
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > size - 8:
        raise _fault(name, "its header reaches beyond its end")
    if length > MAX_HEADER:
        raise _fault(name, f"its header has {length / 1e6:.0f} MB; the limit is {MAX_HEADER // 1_000_000} MB")
    try:
        header = json.loads(file.read(length), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _fault(name, "its header is no JSON") from None
    if not isinstance(header, dict):
        raise _fault(name, "its header is no table of tensors")
    header.pop("__metadata__", None)
    if not header:
        raise AssetFault("bad-adapter", f"`{name}` holds no tensors", _HINT)
    spans = sorted(_span(name, tensor, entry) for tensor, entry in header.items())
    at = 0
    for begin, end in spans:
        if begin != at:
            raise _fault(name, "its tensors overlap" if begin < at else "there are holes between its tensors")
        at = end
    if at != size - 8 - length:
        raise _fault(name, "its tensors don't fill the file")


def _span(name: str, tensor: str, entry: Any) -> tuple[int, int]:
    try:
        shape, (begin, end), bits = entry["shape"], entry["data_offsets"], _BITS[entry["dtype"]]
        numbers = [*shape, begin, end]
    except (KeyError, TypeError, ValueError):
        raise _fault(name, f"its header doesn't describe the tensor `{tensor[:60]}`") from None
    if len(shape) > 16 or not all(type(n) is int and 0 <= n < 2**48 for n in numbers):
        raise _fault(name, f"the tensor `{tensor[:60]}` has an impossible shape or place")
    if (end - begin) * 8 != prod(shape) * bits:
        raise _fault(name, f"the tensor `{tensor[:60]}` has another size than its shape")
    return begin, end


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name comes twice")
    return table


def _fault(name: str, what: str) -> AssetFault:
    return AssetFault("unsafe-adapter", f"`{name}` is no sound .safetensors file: {what}", _HINT, 7)
