"""The finished adapter's bytes: the same ones for the same LoRA, always."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def written(tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> bytes:
    """A safetensors file. The library writes the metadata in an order of chance; here it is that of the names."""
    from safetensors.torch import save

    data: bytes = save(dict(tensors), {**metadata, "format": "pt"})
    length = int.from_bytes(data[:8], "little")
    fields = json.loads(data[8 : 8 + length])
    fields["__metadata__"] = dict(sorted(fields["__metadata__"].items()))
    header = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)  # The format wants the tensors to begin at a multiple of eight.
    return len(header).to_bytes(8, "little") + header + data[8 + length :]
