"""The pictures that show how people and places look, opened for a model that looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from novel.errors import NovelError
from novel.render.backend import PanelFailed
from novel.render.own_picture import pixels_from_file
from novel.render.resize import as_image
from novel.store import FileHashes

if TYPE_CHECKING:
    from PIL import Image


def opened(sha256: str, assets: Mapping[str, Path]) -> Image.Image:
    """A reference picture, upright, in sRGB. Raises PanelFailed where it isn't there, has changed or can't be read."""
    path = assets.get(sha256)
    if path is None:
        raise PanelFailed(f"the reference picture {sha256[:12]}… is not among the story's files")
    try:
        if FileHashes().sha256_of_file(path) != sha256:
            raise PanelFailed(f"the reference picture {path.name} has changed since the build began")
        return as_image(pixels_from_file(path))
    except NovelError as error:
        raise PanelFailed(f"the reference picture {path.name} can't be used: {error}") from error


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Several pictures as one, in a row, each as high as the highest, for models that look at one only."""
    from PIL import Image

    if len(pictures) == 1:
        return pictures[0]
    height = max(picture.height for picture in pictures)
    scaled = [
        p.resize((max(1, round(p.width * height / p.height)), height), Image.Resampling.LANCZOS) for p in pictures
    ]
    row = Image.new("RGB", (sum(p.width for p in scaled), height), "white")
    left = 0
    for picture in scaled:
        row.paste(picture, (left, 0))
        left += picture.width
    return row


def squared(picture: Image.Image) -> Image.Image:
    """A picture on a white square. Image encoders look at the square in the middle, and a figure's head and feet
    count."""
    from PIL import Image

    side = max(picture.size)
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square
