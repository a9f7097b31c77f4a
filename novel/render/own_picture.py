"""Pictures that a writer brings: opened with care, and turned into plain RGB."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from novel.errors import Diagnostic, DiagnosticsError, FileError, RefusedError
from novel.render.backend import Pixels

if TYPE_CHECKING:
    from PIL import Image

PIXEL_LIMIT = 64_000_000
"""The largest picture that is opened, in pixels. A spread at 600 dpi has some 50 million."""

BYTE_LIMIT = 256 << 20
"""The largest file that is read."""

FORMATS = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"), "WEBP": (".webp",)}


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """A writer's picture as an RGB PNG without metadata; the same file always gives the same bytes."""

    png: bytes
    sha256: str
    width: int
    height: int


def picture_from_file(path: Path) -> OwnPicture:
    """Read a writer's picture. What ``pixels_from_file`` raises holds here too."""
    from PIL import Image

    pixels = pixels_from_file(path)
    file = io.BytesIO()
    Image.frombytes("RGB", (pixels.width, pixels.height), pixels.data).save(file, "PNG", compress_level=6)
    png = file.getvalue()
    return OwnPicture(png, hashlib.sha256(png).hexdigest(), pixels.width, pixels.height)


def pixels_from_file(path: Path) -> Pixels:
    """The pixels of a PNG, JPEG or WebP file, upright, in sRGB, what is transparent on white.

    Raises DiagnosticsError for a damaged or mislabelled picture, RefusedError for one that is too large, of another
    format that may carry code, or no ordinary file, and FileError where it can't be read.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    data = _bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns where we refuse.
            with Image.open(io.BytesIO(data), formats=list(FORMATS)) as image:
                if image.width * image.height > PIXEL_LIMIT:
                    raise RefusedError(
                        f"{path} has {image.width} × {image.height} pixels; {PIXEL_LIMIT:,} in all is the limit.",
                        "Make the picture smaller.",
                    )
                suffixes = FORMATS[image.format or ""]
                if path.suffix.lower() not in suffixes:
                    raise _diagnostic(
                        path,
                        "image-mislabelled",
                        f"is a {image.format} file by its content",
                        f"Rename it to end in {suffixes[0]}.",
                    )
                image.load()
                upright = _in_srgb(ImageOps.exif_transpose(image))
                if "A" in upright.getbands() or "transparency" in upright.info:
                    layered = upright.convert("RGBA")
                    upright = Image.new("RGBA", layered.size, "white")
                    upright.alpha_composite(layered)
                flat = upright.convert("RGB")
                return Pixels(flat.width, flat.height, flat.tobytes())
    except UnidentifiedImageError as error:
        raise _diagnostic(
            path, "image-unknown", "is no picture that can be read", "Give a PNG, JPEG or WebP file."
        ) from error
    except Image.DecompressionBombError as error:
        raise RefusedError(
            f"{path} would unpack to an enormous picture; {PIXEL_LIMIT:,} pixels is the limit.",
            "Make the picture smaller.",
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, MemoryError) as error:
        raise _diagnostic(
            path, "image-damaged", f"is damaged or cut off ({error})", "Save it again from its source."
        ) from error


def _bytes(path: Path) -> bytes:
    if path.suffix.lower() in (".svg", ".svgz"):
        raise RefusedError(f"{path} is an SVG file, which can carry code and links.", "Export it as PNG.")
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError(f"{path} is not an ordinary file.", "Give a PNG, JPEG or WebP file.")
        if status.st_size > BYTE_LIMIT:
            raise RefusedError(f"{path} has {status.st_size:,} bytes; {BYTE_LIMIT:,} is the limit.", "Make it smaller.")
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from error


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB, by the profile it carries; as it is where it carries none or a broken one."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _diagnostic(path: Path, code: str, what: str, hint: str) -> DiagnosticsError:
    return DiagnosticsError([Diagnostic(str(path), 0, 0, code, f"{path.name} {what}", hint)])
