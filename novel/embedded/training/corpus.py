"""Pictures for training, drawn by all cores and kept as plain arrays on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from novel.embedded import scenes
from novel.embedded.training import language

Pixels = npt.NDArray[np.uint8]


Job = tuple[str, int, tuple[int, int] | None]
T = TypeVar("T")


def draw_job(job: Job) -> Pixels:
    """The picture of (split, number, size): height × width × 3, 8 bits."""
    split, index, size = job
    return scenes.draw(scenes.scene_number(split, index, size))


def each(
    do: Callable[[Job], T], split: str, indices: Sequence[int], size: tuple[int, int] | None, workers: int
) -> Iterator[T]:
    """What ``do`` makes of each scene, in order, made by ``workers`` processes."""
    jobs = [(split, i, size) for i in indices]
    if workers <= 1:
        yield from map(do, jobs)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(do, jobs, chunksize=8)


def cache(folder: Path, split: str, count: int, size: tuple[int, int], workers: int) -> Pixels:
    """The first ``count`` pictures of a split at one size, drawn once and memory-mapped afterwards."""
    width, height = size
    path = folder / f"pictures-v{scenes.VERSION}-{split}-{width}x{height}-{count}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(count, height, width, 3))
        for i, picture in enumerate(each(draw_job, split, range(count), size, workers)):
            array[i] = picture
        array.flush()
        del array
        part.rename(path)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def manifest(folder: Path, retold: bool = False) -> dict[str, object]:
    """What the data in a folder was drawn and told by; written on first use, checked afterwards. ``retold``: its
    captions are in today's tokens now.

    Raises ValueError if the folder holds data of another version of the teacher, or captions in other tokens.
    """
    path = folder / "manifest.json"
    unsaid = list(language.UNSAID)
    here: dict[str, object] = {"teacher": scenes.VERSION, "sizes": [list(s) for s in scenes.SIZES], "unsaid": unsaid}
    if path.exists():
        there = json.loads(path.read_text())
        if there.get("teacher") != scenes.VERSION:
            raise ValueError(
                f"{folder} holds data of teacher {there.get('teacher')}; this is {scenes.VERSION}, which draws other "
                "pictures: draw them anew in another folder (`begin`, then `latents`)"
            )
        if not retold:
            if there.get("unsaid", []) != unsaid:
                raise ValueError(
                    f"{folder} holds captions in the tokens of another tokenizer: `latents --retell` tells them anew"
                )
            return dict(there)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(here, indent=1))
    return here
