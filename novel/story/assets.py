"""Files that a story or style names: inside its folder, ordinary files, and what they claim to be.

Nothing here opens a file before its path is known to be safe and its type an ordinary file's, and nothing decodes it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from novel import hub_cache
from novel.errors import MissingError
from novel.story.faults import AssetFault
from novel.story.spelling import closest

_DRIVE = re.compile(r"[A-Za-z]:")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_HUB_FILE = re.compile(r"(?P<id>(?P<owner>[A-Za-z0-9][\w.-]*)/[A-Za-z0-9][\w.-]*)/(?P<file>[\w./-]+\.safetensors)")
"""A file of a repository on the hub, as people write it."""
_FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc", ".woff", ".woff2")
_FONT_MAGIC = (b"\x00\x01\x00\x00", b"true", b"OTTO", b"ttcf", b"wOFF", b"wOF2")


def resolve(folder: Path, written: str) -> Path:
    """The file that a path, as written in a file of ``folder``, stands for; raises ``AssetFault`` where it may not.

    The path must lead to an ordinary file inside the folder, also when links are followed.
    """
    if _DRIVE.match(written) or written.startswith(("/", "\\", "~/")):
        raise AssetFault("unsafe-path", f"`{written}` is an absolute path", _INSIDE, 7)
    if _URL.match(written):
        raise AssetFault("unsafe-path", f"`{written}` is a URL; a build fetches nothing", _DOWNLOAD, 7)
    if "\\" in written:
        raise AssetFault(
            "unsafe-path", f"`{written}` has a backslash", "Write / between folders; it works on every system.", 7
        )
    depth = 0
    for part in PurePosixPath(written).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            raise AssetFault("unsafe-path", f"`{written}` leads out of the folder", _INSIDE, 7)
    base = Path(os.path.realpath(folder))
    path = base / written
    try:
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(base):
            raise AssetFault("unsafe-path", f"`{written}` leads out of the folder through a link", _INSIDE, 7)
        mode = real.stat().st_mode
    except FileNotFoundError:
        raise AssetFault("missing-file", f"there is no file `{written}`", _nearest(base, written)) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise AssetFault("missing-file", f"`{written}` can't be read ({reason})") from None
    if stat.S_ISDIR(mode):
        raise AssetFault("not-a-file", f"`{written}` is a folder, not a file", "Name a file in it.", 7)
    if not stat.S_ISREG(mode):
        raise AssetFault(
            "not-a-file", f"`{written}` is no ordinary file (a pipe or a device)", "Name an ordinary file.", 7
        )
    return Path(os.path.normpath(path))


_INSIDE = "Put the file into the folder of the file that names it (or one below), and write the path from there."
_DOWNLOAD = "Download the file into the story's folder and write its path."


def image(folder: Path, written: str) -> Path:
    """A picture named in a file of ``folder``: PNG, JPEG or WebP, whole, and not too large."""
    from novel.story.images import IMAGE_SUFFIXES, check_image  # noqa: PLC0415 - many stories name no picture

    suffix = PurePosixPath(written).suffix.lower()
    path = resolve(folder, written)
    if suffix in (".svg", ".svgz"):
        raise AssetFault(
            "unsafe-image", f"`{written}` is an SVG, which can hold scripts and links", "Save it as PNG.", 7
        )
    if suffix not in IMAGE_SUFFIXES:
        raise AssetFault("bad-image", f"`{written}` is no PNG, JPEG or WebP by its name", "Save the picture as PNG.")
    _checked(path, written, check_image)
    return path


def find(folder: Path, written: str) -> Path:
    """A file of ``folder`` (see ``resolve``), or an adapter on the hub, ``owner/repository/file.safetensors``, which is
    in its cache on this machine.

    Raises ``AssetFault``, for what would be on the hub with the command that fetches it.
    """
    try:
        return resolve(folder, written)
    except AssetFault as fault:
        on_hub = _HUB_FILE.fullmatch(written)
        if fault.code != "missing-file" or on_hub is None or (folder / on_hub["owner"]).is_dir():
            raise
        with suppress(MissingError, OSError):
            file = hub_cache.find(on_hub["id"], None)[0] / on_hub["file"]
            if ".." not in file.parts and file.is_file():
                return file
        hint = f"If it is on the hub, fetch it once with: hf download {on_hub['id']} {on_hub['file']}"
        raise AssetFault(fault.code, fault.message, hint, 4) from None


def adapter(folder: Path, written: str) -> Path:
    """A LoRA named in a file of ``folder``: a sound ``.safetensors`` file. No other format is even opened."""
    from novel.story.tensors import check_safetensors  # noqa: PLC0415 - many stories name no adapter

    path = find(folder, written)
    if PurePosixPath(written).suffix.lower() != ".safetensors":
        raise AssetFault(
            "unsafe-adapter", f"`{written}` is no .safetensors file; other formats can run code and were not opened",
            "Ask its author for a .safetensors file, or convert it where you trust it.", 7,
        )  # fmt: skip
    _checked(path, written, check_safetensors)
    return path


def font(folder: Path, written: str) -> Path:
    """A font file named in a file of ``folder``; only its first bytes are looked at here."""
    path = resolve(folder, written)
    with path.open("rb") as file:
        magic = file.read(4)
    if magic not in _FONT_MAGIC:
        raise AssetFault("bad-font", f"`{written}` is no font file", "Name a .ttf or .otf file.")
    return path


def is_font_path(written: str) -> bool:
    """Whether a font is named by a path and not by a bundled font's name."""
    return "/" in written or "\\" in written or written.lower().endswith(_FONT_SUFFIXES)


def _checked(path: Path, written: str, check: Callable[[BinaryIO, str], object]) -> None:
    try:
        # Not blocking, should the file have become a pipe since it was looked at.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            check(file, written)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise AssetFault("missing-file", f"`{written}` can't be read ({reason})", exit_code=5) from None


def _nearest(base: Path, written: str) -> str:
    folder = (base / written).parent
    try:
        suffix, stem = PurePosixPath(written).suffix.lower(), PurePosixPath(written).stem
        # Only what could have been meant: files of the same kind, or of the same name.
        names = sorted(e.name for e in folder.iterdir() if e.suffix.lower() == suffix or e.stem == stem)
    except OSError:
        return f"There is no folder `{PurePosixPath(written).parent}`." if "/" in written else ""
    near = closest(PurePosixPath(written).name, names, 0.5)
    return f"Did you mean `{PurePosixPath(written).with_name(near)}`?" if near else ""
