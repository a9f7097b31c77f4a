"""CLIP, SigLIP and DINO as judges of how alike pictures look, from a folder in transformers' format.

The measures are those of the field:

- how alike two crops are: the cosine of their image features. CLIP's are what ViStoryBench (2026) compares drawn
  characters by ("CIDS") and ConsiStory+ (1Prompt1Story, arXiv 2501.13554) whole pictures ("CLIP-I"); DINO's class token
  is DreamBooth's ("DINO", Ruiz et al. 2023).
- how well a picture shows its prompt: CLIPScore, 2.5 times the cosine of picture and words where that is above 0
  (Hessel et al. 2021), at most 1; for SigLIP the probability that it was trained to give (Zhai et al. 2023).

Otherwise than there, a crop is not cut to a square but padded to one with the mean of what the model was trained on, so
that somebody tall keeps head and feet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.errors import MissingError
from novel.render.likeness import Judge, Kind
from novel.render.safetensors_header import IncompleteFile, read_header

if TYPE_CHECKING:
    from novel.render.likeness import Crop, Vectors

KNOWN = {"clip": "CLIPModel", "siglip": "SiglipModel", "dinov2": "Dinov2Model", "dinov3_vit": "DINOv3ViTModel"}
"""``model_type`` → the class that loads it."""
_CLIPSCORE = 2.5
_BATCH = 16
_KEPT = 64
"""So many crops' features are remembered."""
_SIZE = 224
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""CLIP's own, where a folder has no preprocessor_config.json."""


class HubLikeness:
    """One loaded model. A crop's features don't depend on the crops beside it beyond the last bits of a sum."""

    def __init__(self, judge: Judge, device: str = "cpu") -> None:
        """Load it. Raises MissingError for files that are not whole, or an architecture that isn't in ``KNOWN``."""
        import transformers

        from novel.render.device import place

        assert judge.folder is not None
        self._judge, self._folder = judge, judge.folder
        config = _json(judge.folder / "config.json")
        self._type = str(config.get("model_type"))
        if self._type not in KNOWN:
            raise MissingError(
                f"{judge.name} is of the type {self._type!r}, which can't judge here.",
                f"Types: {', '.join(KNOWN)}. Or leave --judge out.",
            )
        self._device = place(device).device
        transformers.utils.logging.disable_progress_bar()
        try:
            for file in sorted(judge.folder.glob("*.safetensors")):
                read_header(file)  # transformers would fail on a file cut short in words of its own.
            model, found = getattr(transformers, KNOWN[self._type]).from_pretrained(
                str(judge.folder), local_files_only=True, use_safetensors=True, output_loading_info=True
            )
        except IncompleteFile as error:
            raise _broken(judge, "its weights are cut off") from error
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise _broken(judge, error) from error
        if found["missing_keys"]:
            # transformers makes up what is missing, and that judges by chance.
            raise _broken(judge, f"it has no weights for {sorted(found['missing_keys'])[0]}")
        self._model: Any = model.to(self._device).float().eval()
        looks = _json(judge.folder / "preprocessor_config.json", missing={})
        vision = config.get("vision_config") or config
        self._size = int(vision.get("image_size") or _SIZE) if self._type in ("clip", "siglip") else _SIZE
        self._mean, self._std = looks.get("image_mean", _MEAN), looks.get("image_std", _STD)
        self._tokenizer: Any = None
        self._of_prompts: dict[str, Any] = {}
        self._known: dict[bytes, Any] = {}

    @property
    def identity(self) -> str:
        """Its hub id and commit, or the hash of its files."""
        return self._judge.identity

    def embed(self, crops: Sequence[Crop], kind: Kind) -> Vectors:
        """The image features, of length 1; the same of people, places and styles."""
        import numpy as np

        rows = self._seen(crops)
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 1), np.float32)

    def _seen(self, crops: Sequence[Crop]) -> list[Any]:
        """The features of crops. A whole picture is asked for as a place, as a style and with its prompt: it is looked
        at once."""
        import torch

        names = [_name(crop) for crop in crops]
        known = {name: self._known[name] for name in names if name in self._known}
        new = {name: crop for name, crop in zip(names, crops, strict=True) if name not in known}
        waiting = list(new)
        with torch.inference_mode():
            for start in range(0, len(waiting), _BATCH):
                batch = waiting[start : start + _BATCH]
                pixels = torch.stack([self._pixels(new[name]) for name in batch]).to(self._device)
                features = torch.nn.functional.normalize(self._features(pixels), dim=-1).cpu().numpy()
                known.update(zip(batch, features, strict=True))
        self._known = dict(list({**self._known, **known}.items())[-_KEPT:])
        return [known[name] for name in names]

    def agreement(self, picture: Crop, prompt: str) -> float | None:
        """CLIPScore, at most 1, or SigLIP's probability; None for DINO, which has never read a word.

        Of a prompt that is longer than the model reads, the beginning counts.
        """
        import torch

        if self._type not in ("clip", "siglip"):
            return None
        with torch.inference_mode():
            (seen,) = self._seen([picture])
            cosine = float(torch.from_numpy(seen) @ self._words(prompt)[0].cpu())
            if self._type == "clip":
                return min(1.0, _CLIPSCORE * max(0.0, cosine))
            logit = cosine * self._model.logit_scale.exp() + self._model.logit_bias
            return float(torch.sigmoid(logit).item())

    def _features(self, pixels: Any) -> Any:
        if self._type in ("clip", "siglip"):
            return _pooled(self._model.get_image_features(pixel_values=pixels))
        return self._model(pixel_values=pixels).last_hidden_state[:, 0]

    def _words(self, prompt: str) -> Any:
        import torch

        if prompt not in self._of_prompts:
            inputs = self._tokens(prompt)
            self._of_prompts[prompt] = torch.nn.functional.normalize(
                _pooled(self._model.get_text_features(**inputs)), dim=-1
            )
        return self._of_prompts[prompt]

    def _tokens(self, prompt: str) -> dict[str, Any]:
        from transformers import AutoTokenizer

        if self._tokenizer is None:
            try:
                self._tokenizer = AutoTokenizer.from_pretrained(str(self._folder), local_files_only=True)
            except (OSError, ValueError, KeyError) as error:
                raise _broken(self._judge, error) from error
        limit = self._model.config.text_config.max_position_embeddings
        # SigLIP was trained on captions padded to its whole length; CLIP looks at the last word of its own.
        padding = "max_length" if self._type == "siglip" else False
        tokens = self._tokenizer(prompt, truncation=True, max_length=limit, padding=padding, return_tensors="pt")
        return {name: tokens[name].to(self._device) for name in ("input_ids", "attention_mask") if name in tokens}

    def _pixels(self, crop: Crop) -> Any:
        """A crop at the model's size, padded to a square, in its normalisation."""
        import numpy as np
        import torch
        from PIL import Image

        height, width = crop.shape[:2]
        share = self._size / max(height, width)
        size = max(1, round(width * share)), max(1, round(height * share))
        small = Image.fromarray(np.ascontiguousarray(crop)).resize(size, Image.Resampling.BICUBIC)
        values = (np.asarray(small, np.float32) / 255 - np.float32(self._mean)) / np.float32(self._std)
        square = np.zeros((self._size, self._size, 3), np.float32)
        top, left = (self._size - size[1]) // 2, (self._size - size[0]) // 2
        square[top : top + size[1], left : left + size[0]] = values
        return torch.from_numpy(square).permute(2, 0, 1)


def _name(crop: Crop) -> bytes:
    import numpy as np

    return hashlib.sha256(repr(crop.shape).encode() + np.ascontiguousarray(crop).tobytes()).digest()


def _pooled(output: Any) -> Any:
    """The features themselves: some releases of transformers give them within the whole output."""
    return getattr(output, "pooler_output", output)


def _json(path: Path, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        if missing is not None:
            return missing
        raise MissingError(f"{path} is missing.", "Fetch the judge again from its source, or take another.") from error
    except (OSError, ValueError) as error:
        raise MissingError(f"{path} can't be read: {error}.", "Fetch the judge again from its source.") from error
    if not isinstance(data, dict):
        raise MissingError(f"{path} is not what transformers writes.", "Fetch the judge again from its source.")
    return data


def _broken(judge: Judge, error: Exception | str) -> MissingError:
    lines = str(error).strip().rstrip(".").splitlines()
    return MissingError(
        f"The judge {judge.name} can't be loaded: {lines[0] if lines else type(error).__name__}.",
        "Fetch it again from its source, or take another with --judge.",
    )
