"""Parts of pictures that were drawn anew, written as the takes file writes them: the redos of a panel."""

from __future__ import annotations

from typing import Any

from novel.editor.again_files import PICTURES, Files
from novel.errors import UsageError
from novel.plan.takes import box_of
from novel.request import Mask, MaskBox, MaskFile, MaskPerson, RenderRequest
from novel.story.takes import extension

_HINT = "`--json` gives the whole recipe."


def redo(
    request: RenderRequest, words: str, size: tuple[int, int], files: Files
) -> tuple[dict[str, Any], tuple[int, int]]:
    """A redo's fields, and the size in pixels of what comes of it. ``size``: that of the picture that it starts from.

    Raises UsageError where a takes file has no words for its mask.
    """
    assert request.init is not None
    assert request.init.mask is not None
    fields: dict[str, Any] = {
        "seed": request.seed,
        "strength": request.init.strength,
        "prompt": words,
        "negative": request.negative,
        "steps": request.steps,
        "guidance": request.guidance,
    }
    part, size = _part(request.init.mask, size, files)
    return fields | part, size


def _part(mask: Mask, size: tuple[int, int], files: Files) -> tuple[dict[str, Any], tuple[int, int]]:
    width, height = size
    if isinstance(mask, MaskFile):
        path = files.written(mask.sha256, PICTURES, "The mask", f"mask-{mask.sha256[:12]}.png")
        return {"mask": path}, size
    if isinstance(mask, MaskBox):
        return {"region": _region(mask.box, width, height)}, size
    if isinstance(mask, MaskPerson):
        raise UsageError("Somebody in it was drawn anew by themselves; a takes file has no words for that.", _HINT)
    if mask.left and mask.right:
        raise UsageError("A picture was widened on both sides at once; a takes file widens one side at a time.", _HINT)
    side, room = ("left", mask.left) if mask.left else ("right", mask.right)
    for digits in range(5):
        text = f"{side} {room / width * 100:.{digits}f}%"
        found = extension(text)
        if found is not None and max(1, round(width * found.percent / 100)) == room:
            return {"extend": text}, (width + room, height)
    raise UsageError(f"A picture was widened by {room} pixels; a takes file has no words for so much.", _HINT)


def _region(box: tuple[int, int, int, int], width: int, height: int) -> list[str]:
    """The box in shares of the picture, with as many digits as it takes to mean just these pixels."""
    x, y, w, h = box
    for digits in (2, 4, 6, 9, 12):
        shares = tuple(
            round(part / whole, digits) for part, whole in ((x, width), (y, height), (w, width), (h, height))
        )
        region = shares[0], shares[1], shares[2], shares[3]
        if min(region[2:]) > 0 and max(region[:2]) < 1 and box_of(region, width, height) == box:
            return [f"{share:.{digits}f}".rstrip("0").rstrip(".") for share in shares]
    raise UsageError(f"The region {box} isn't one of a picture of {width} × {height} pixels.", _HINT)
