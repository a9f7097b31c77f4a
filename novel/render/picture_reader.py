"""Words and pictures for the encoder of Qwen-Image-Edit, as transformers' Qwen2VLProcessor prepares them.

That one can't be made without torchvision, for films that nobody shows it here; and with torchvision it scales pictures
by other arithmetic, so that a model's pictures would depend on whether the library happens to be installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

_PICTURE = "<|image_pad|>"
"""Stands in a text where a picture is meant; in the encoder's input, once for each of the picture's patches."""


class PictureReader:
    """What ``QwenImageEditPipeline`` and its successor call their ``processor``."""

    def __init__(self, tokenizer: Any, folder: Path) -> None:
        """``folder``: where the model's ``preprocessor_config.json`` is. Raises OSError or ValueError where it's not
        one of a Qwen2-VL encoder."""
        from transformers import Qwen2VLImageProcessorPil

        self._tokenizer = tokenizer
        self._pictures = Qwen2VLImageProcessorPil.from_pretrained(str(folder), local_files_only=True)

    def __call__(
        self, text: Sequence[str], images: Any = None, padding: bool = True, return_tensors: str = "pt"
    ) -> Any:
        """The inputs of the encoder, as tensors."""
        from transformers import BatchFeature

        texts, inputs = list(text), {}
        pictures: Sequence[Image.Image] = [] if images is None else images if isinstance(images, list) else [images]
        if pictures:
            inputs = dict(self._pictures(images=pictures, return_tensors=return_tensors))
            cells = self._pictures.merge_size**2
            counts = iter([int(grid.prod()) // cells for grid in inputs["image_grid_thw"]])
            texts = [self._expanded(one, counts) for one in texts]
        tokens = self._tokenizer(texts, padding=padding, return_tensors=return_tensors)
        return BatchFeature(
            {"input_ids": tokens["input_ids"], "attention_mask": tokens["attention_mask"], **inputs},
            tensor_type=return_tensors,
        )

    def _expanded(self, text: str, counts: Any) -> str:
        first, *rest = text.split(_PICTURE)
        return first + "".join(_PICTURE * next(counts) + part for part in rest)
