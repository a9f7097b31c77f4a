"""The pictures that a character is learned from: found in a folder, judged before anything heavy is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from novel.errors import FileError, NovelError, RefusedError, UsageError
from novel.story.faults import AssetFault
from novel.story.images import IMAGE_SUFFIXES, check_image

FEWEST, MOST = 4, 30
"""How many pictures a character is learned from. Fewer teach a picture, not a person; more teach little more, and are
usually a whole album by mistake."""
CAPTION_BYTES = 4000
"""The longest caption: longer than any prompt, shorter than a text that lies there for another reason."""
_OTHER_PICTURES = (".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".psd", ".svg")


@dataclass(frozen=True, slots=True)
class TrainingPicture:
    """A picture file and what its writer says of it. ``width`` and ``height`` in pixels, as the file tells them."""

    path: Path
    sha256: str
    width: int
    height: int
    caption: str


def gather(
    folder: Path, digest: Callable[[Path], str], least_side: int, say: Callable[[str], None]
) -> tuple[TrainingPicture, ...]:
    """The pictures of a folder in the order of their names, each with the text of the ``.txt`` beside it.

    ``least_side``: the shortest side, in pixels, that is any use. All that is wrong is said at once. Raises UsageError
    for a folder that isn't there and for too few or too many pictures, RefusedError for what isn't safe, FileError for
    what can't be read.
    """
    names = _names(folder)
    paths = [folder / name for name in names if Path(name).suffix.lower() in IMAGE_SUFFIXES]
    left_out = [name for name in names if Path(name).suffix.lower() in _OTHER_PICTURES]
    if left_out:
        say(f"not used, since only PNG, JPEG and WebP are: {', '.join(left_out)}")
    _check_count(len(paths), folder, [])
    found: list[TrainingPicture] = []
    faults: list[str] = []
    refused = False
    for path in paths:
        try:
            found.append(_looked_at(path, digest, least_side))
        except AssetFault as fault:
            faults.append(f"{fault.message}. {fault.hint}".rstrip())
            refused = refused or fault.exit_code == 7
        except NovelError as error:
            faults.append(f"{error.message} {error.hint}".rstrip())
    if faults:
        lines = "\n".join(f"    {fault}" for fault in faults)
        kind = RefusedError if refused else FileError
        count = f"{len(faults)} of the pictures" if len(faults) > 1 else "One of the pictures"
        raise kind(f"{count} in {folder} can't be used:\n{lines}", "Mend them, or take them out of the folder.")
    return _each_once(found, folder, say)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))
    except FileNotFoundError:
        raise UsageError(f"There is no folder {folder}.", "Give the folder with the character's pictures.") from None
    except NotADirectoryError:
        raise UsageError(f"{folder} is a file.", "Give the folder that the pictures are in.") from None
    except OSError as error:
        raise FileError(f"{folder} can't be read: {(error.strerror or str(error)).lower()}") from error


def _check_count(count: int, folder: Path, twice: list[str]) -> None:
    same = f" ({', '.join(twice)} is there under another name too)" if len(twice) == 1 else ""
    same = f" ({', '.join(twice)} are there under other names too)" if len(twice) > 1 else same
    if count < FEWEST:
        had = "no picture" if count == 0 else f"{count} picture{'s' if count > 1 else ''}"
        raise UsageError(
            f"{folder} holds {had}{same}; a character is learned from at least {FEWEST}.",
            "Add pictures (PNG, JPEG or WebP) that show the character in other poses, places and lights.",
        )
    if count > MOST:
        raise UsageError(
            f"{folder} holds {count} pictures; a character is learned from at most {MOST}.",
            "Keep the clearest: the character alone or large, each picture different from the others.",
        )


def _looked_at(path: Path, digest: Callable[[Path], str], least_side: int) -> TrainingPicture:
    if not path.is_file():
        raise RefusedError(f"{path.name} is no ordinary file.")
    try:
        with path.open("rb") as file:
            width, height = check_image(file, path.name)
    except OSError as error:
        raise FileError(f"{path.name} can't be read: {(error.strerror or str(error)).lower()}.") from error
    if min(width, height) < least_side:
        raise FileError(
            f"{path.name} has {width} × {height} pixels; its shorter side must have at least {least_side}.",
            "Take a larger copy.",
        )
    return TrainingPicture(path, digest(path), width, height, _caption(path.with_suffix(".txt")))


def _caption(path: Path) -> str:
    """The text beside a picture, as one line; empty where there is none."""
    try:
        if not path.exists():
            return ""
        if not path.is_file():
            raise RefusedError(f"{path.name} is no ordinary file.")
        with path.open("rb") as file:
            data = file.read(CAPTION_BYTES + 1)
        if len(data) > CAPTION_BYTES:
            raise FileError(f"{path.name} is longer than a caption.", f"At most {CAPTION_BYTES} bytes.")
        return " ".join(data.decode("utf-8-sig").split())
    except OSError as error:
        raise FileError(f"{path.name} can't be read: {(error.strerror or str(error)).lower()}.") from error
    except UnicodeDecodeError:
        raise FileError(f"{path.name} is no UTF-8 text.", "Save it as UTF-8.") from None


def _each_once(found: list[TrainingPicture], folder: Path, say: Callable[[str], None]) -> tuple[TrainingPicture, ...]:
    """Without pictures that are there twice, which would count twice."""
    kept: dict[str, TrainingPicture] = {}
    twice = []
    for picture in found:
        if picture.sha256 in kept:
            twice.append(picture.path.name)
        else:
            kept[picture.sha256] = picture
    if twice:
        say(f"the same as another picture, and used once: {', '.join(twice)}")
    _check_count(len(kept), folder, twice)
    return tuple(kept.values())
