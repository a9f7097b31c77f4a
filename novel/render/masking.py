"""Drawing only a part of a finished picture anew: what the model starts from, and how its drawing comes back.

The model draws at a size of its own; the result has the finished picture's full size, and outside of the mask every
pixel is that picture's, bit for bit. ``unchanged`` proves it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.errors import NovelError
from novel.render.backend import Backend, PanelFailed, Pixels, Stencil, Step
from novel.render.own_picture import PIXEL_LIMIT, pixels_from_file
from novel.render.resize import as_image
from novel.request import Mask, MaskBox, MaskFile, MaskMargins, MaskPerson, RenderRequest

if TYPE_CHECKING:
    from PIL import Image

FEATHER = 48
"""The seam is as wide as this part of the picture's shorter side, within limits, and lies inside of the mask."""
_FEATHER_LEAST, _FEATHER_MOST = 2, 16

AS_GOOD_AS_BLACK = 8
"""What is darker than this, of 255, in a mask that isn't a PNG is black: JPEG leaves such traces around white."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A finished picture of which a part is to be drawn anew.

    ``canvas``: the picture at full size, with any new room beside it filled from its edge. ``mask``: of the canvas'
    size; 255 is drawn anew, 0 stays. ``start`` and ``start_mask``: both at the size that the model draws at.
    """

    canvas: Pixels
    mask: Stencil
    start: Pixels
    start_mask: Stencil

    def composed(self, drawn: Pixels) -> Pixels:
        """The canvas with the drawing in place of what the mask covers."""
        from PIL import Image

        size = self.canvas.width, self.canvas.height
        new = as_image(drawn)
        if new.size != size:
            new = new.resize(size, Image.Resampling.LANCZOS)
        inward = _feathered(Image.frombytes("L", size, self.mask.data))
        result = Image.composite(new, as_image(self.canvas), inward)
        return Pixels(*size, result.tobytes())

    def unchanged(self, result: Pixels) -> bool:
        """Whether every pixel outside of the mask is the canvas'."""
        from PIL import Image, ImageChops

        size = self.canvas.width, self.canvas.height
        if (result.width, result.height) != size:
            return False
        outside = Image.frombytes("L", size, self.mask.data).point([255] + [0] * 255)
        difference = ImageChops.difference(as_image(result), as_image(self.canvas))
        black = Image.new("RGB", size)
        return Image.composite(difference, black, outside).getbbox() is None


@dataclass(frozen=True, slots=True)
class Masks:
    """What masks are made from: ``file`` gives a mask's file by its sha256, ``room`` where somebody is, in shares of
    the picture (x, y, width, height). Both may raise PanelFailed. Without ``room``, people are where they usually are.
    """

    file: Callable[[str], Path]
    room: Callable[[MaskPerson], tuple[float, float, float, float]] = attrgetter("otherwise")


def draw(backend: Backend, request: RenderRequest, source: Pixels | None, step: Step | None, masks: Masks) -> Pixels:
    """One picture of a backend; of one that is redone in part, the whole at full size. ``source``: what it starts from.

    Raises PanelFailed, also for a mask that covers nothing or has another size than the picture.
    """
    if source is None or request.init is None or request.init.mask is None:
        return backend.render(request, source, step)
    redone = masked(request, source, masks)
    result = redone.composed(backend.render(request, redone.start, step, redone.start_mask))
    assert redone.unchanged(result), "a pixel outside of the mask was changed"
    return result


def masked(request: RenderRequest, source: Pixels, masks: Masks) -> Masked:
    """What a request with a mask starts from.

    Raises PanelFailed for a mask that can't be read, covers nothing or has another size than the picture.
    """
    from PIL import Image

    assert request.init is not None
    assert request.init.mask is not None
    canvas, mask = _canvas(source, request.init.mask, masks)
    if mask.getbbox() is None:
        raise PanelFailed("its mask covers nothing of the picture: paint white, or name, what is to be drawn anew")
    size = request.width, request.height
    start = canvas if canvas.size == size else canvas.resize(size, Image.Resampling.LANCZOS)
    # A pixel that the mask touches at all is drawn anew: better too much, for what comes back is cut to the mask.
    small = mask.point([0] + [255] * 255)
    if mask.size != size:
        # In floating point, where the share of a single pixel isn't rounded to nothing.
        shares = small.convert("F").resize(size, Image.Resampling.BOX)
        small = shares.point(lambda share: share * PIXEL_LIMIT).convert("L").point([0] + [255] * 255)
    return Masked(_pixels(canvas), _mask(mask), _pixels(start), _mask(small))


def _canvas(source: Pixels, mask: Mask, masks: Masks) -> tuple[Image.Image, Image.Image]:
    from PIL import Image

    picture = as_image(source)
    if isinstance(mask, MaskMargins):
        return _widened(picture, mask)
    if isinstance(mask, MaskPerson):
        x, y, width, height = masks.room(mask)
        left, top = int(x * source.width), int(y * source.height)
        right, bottom = math.ceil((x + width) * source.width), math.ceil((y + height) * source.height)
        mask = MaskBox(box=(left, top, max(1, right - left), max(1, bottom - top)))
    if isinstance(mask, MaskBox):
        x, y, width, height = mask.box
        left, top = max(0, x), max(0, y)
        right, bottom = min(source.width, x + width), min(source.height, y + height)
        if left >= right or top >= bottom:
            raise PanelFailed(
                f"the part to draw anew (x {x}, y {y}, {width} × {height} pixels) lies outside of the picture, which "
                f"has {source.width} × {source.height}; name a part of it"
            )
        part = Image.new("L", picture.size)
        part.paste(255, (left, top, right, bottom))
        return picture, part
    assert isinstance(mask, MaskFile)
    path = masks.file(mask.sha256)
    try:
        painted = pixels_from_file(path)
    except NovelError as error:
        raise PanelFailed(f"{path.name}, its mask, can't be used: {error}") from error
    if (painted.width, painted.height) != picture.size:
        raise PanelFailed(
            f"its mask has {painted.width} × {painted.height} pixels, and the picture {source.width} × {source.height}"
            f"; make {path.name} anew over this picture"
        )
    grey = as_image(painted).convert("L")
    if path.suffix.lower() != ".png":
        grey = grey.point([v if v >= AS_GOOD_AS_BLACK else 0 for v in range(256)])
    return picture, grey


def _widened(picture: Image.Image, margins: MaskMargins) -> tuple[Image.Image, Image.Image]:
    """The picture with room beside it, which goes on with the picture mirrored, and the mask of that room."""
    from PIL import Image, ImageOps

    width, height = picture.size
    if min(margins.left, margins.right) < 0 or margins.left + margins.right == 0:
        raise PanelFailed(
            f"the room to draw beside the picture is {margins.left} pixels on the left and {margins.right} on the "
            "right; ask for one pixel or more"
        )
    if (margins.left + width + margins.right) * height > PIXEL_LIMIT:
        raise PanelFailed(
            f"with the new room the picture would have {margins.left + width + margins.right} × {height} pixels; "
            f"{PIXEL_LIMIT:,} in all is the limit"
        )
    canvas = Image.new("RGB", (margins.left + width + margins.right, height))
    mirrored = ImageOps.mirror(picture)
    first = -(-margins.left // width)
    for number in range(-first, -(-margins.right // width) + 1):
        canvas.paste(mirrored if number % 2 else picture, (margins.left + number * width, 0))
    mask = Image.new("L", canvas.size, 255)
    mask.paste(0, (margins.left, 0, margins.left + width, height))
    return canvas, mask


def _feathered(mask: Image.Image) -> Image.Image:
    """How much of the drawing shows: nothing outside of the mask, and inside more and more over the seam's width.

    Where the mask is narrower than two seams, its middle still shows in full. The picture's own edge is no seam.
    """
    import numpy
    from PIL import Image

    seam = min(_FEATHER_MOST, max(_FEATHER_LEAST, min(mask.size) // FEATHER))
    values = numpy.asarray(mask)
    # Each pixel's distance from what is outside, at most the seam's width: how often the mask can be worn off before it
    # is gone.
    inside = (values > 0).astype(numpy.uint8)
    distance = numpy.zeros_like(inside)
    for _ in range(seam):
        distance += inside
        inside = _over_neighbours(inside, numpy.minimum)
    # The greatest distance nearby is the seam's width, or less where the mask is narrow.
    reach = distance
    for _ in range(seam):
        reach = _over_neighbours(reach, numpy.maximum)
    steps, most = numpy.meshgrid(numpy.arange(seam + 1), numpy.arange(seam + 1))
    ramps = numpy.minimum(255, numpy.round(255 * steps / numpy.maximum(most, 1))).astype(numpy.uint8)
    return Image.fromarray(numpy.minimum(values, ramps[reach, distance]))


def _over_neighbours(values: Any, choose: Any) -> Any:
    """The least or the greatest of each pixel and its eight neighbours, as far as the picture has them."""
    rows = values.copy()
    choose(rows[1:], values[:-1], out=rows[1:])
    choose(rows[:-1], values[1:], out=rows[:-1])
    both = rows.copy()
    choose(both[:, 1:], rows[:, :-1], out=both[:, 1:])
    choose(both[:, :-1], rows[:, 1:], out=both[:, :-1])
    return both


def _pixels(image: Image.Image) -> Pixels:
    return Pixels(image.width, image.height, image.tobytes())


def _mask(image: Image.Image) -> Stencil:
    return Stencil(image.width, image.height, image.tobytes())
