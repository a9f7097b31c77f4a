"""Small files and requests for the renderer's tests."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from novel.request import RenderRequest

Shapes = Mapping[str, tuple[int, ...]]


def write_safetensors(path: Path, shapes: Shapes, fill: int = 0) -> Path:
    """A file of float32 tensors that all hold the same byte."""
    header: dict[str, Any] = {}
    position = 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes([fill]) * position)
    return path


def write_json(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))
    return path


ATTENTION = "down_blocks.0.attentions.0.transformer_blocks.0.attn1"


def request_for(prompt: str = "a red cat", **fields: Any) -> RenderRequest:
    """A request that the tiny model and the fake backend can draw."""
    return RenderRequest(
        **{
            "backend": "fake",
            "model": "sha256:" + "0" * 64,
            "prompt": prompt,
            "negative": "",
            "width": 32,
            "height": 16,
            "seed": 1,
            "steps": 2,
            "guidance": 5.0,
            "guidance_rescale": 0.5,
            "sampler": "dpm++",
            **fields,
        }
    )
