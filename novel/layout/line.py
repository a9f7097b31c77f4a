"""A line set at a size: words become text items, one a run of one font in one direction, from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from novel.geometry import Rect
from novel.layout.page import Color, Glyph, TextItem
from novel.layout.text import Piece, Word

THICKENING = 0.035
"""The stroke that makes a face bold that has no bold cut, in shares of its size."""


def set_line(
    words: Sequence[Word],
    *,
    size: float,
    x: float,
    baseline: float,
    color: Color,
    role: str,
    block: str,
    level: int = 0,
    stretch: float = 0.0,
    angle: float = 0.0,
    outline: Color | None = None,
    outline_width: float = 0.0,
) -> list[TextItem]:
    """The text items of one line whose left end is at ``x``. ``stretch`` (points) is added to every space of it."""
    pieces: list[tuple[Piece, float]] = []
    for i, word in enumerate(words):
        pieces += [(piece, 0.0) for piece in word.pieces]
        if word.space and i < len(words) - 1:
            pieces.append((word.space, stretch))
    items: list[TextItem] = []
    for run in _runs(_visual(pieces)):
        item = _item(run, size, x, baseline, color, role, block, angle, outline, outline_width)
        items.append(item)
        x += item.width
    if level & 1 or any(piece.level for piece, _ in pieces):
        # Files hold the runs as they are read, wherever they stand on the line.
        order = {id(piece): i for i, (piece, _) in enumerate(pieces)}
        firsts = [min(order[id(p)] for p, _ in run) for run in _runs(_visual(pieces))]
        items = [item for _, item in sorted(zip(firsts, items, strict=True), key=lambda pair: pair[0])]
    return items


def _visual(pieces: list[tuple[Piece, float]]) -> list[tuple[Piece, float]]:
    """Reordered from left to right (rule L2 of the bidirectional algorithm)."""
    highest = max((piece.level for piece, _ in pieces), default=0)
    out = list(pieces)
    for level in range(highest, 0, -1):
        at = 0
        while at < len(out):
            end = at
            while end < len(out) and out[end][0].level >= level:
                end += 1
            out[at:end] = reversed(out[at:end])
            at = max(end, at + 1)
    return out


def _runs(pieces: list[tuple[Piece, float]]) -> list[list[tuple[Piece, float]]]:
    runs: list[list[tuple[Piece, float]]] = []
    for piece, extra in pieces:
        if runs and runs[-1][-1][0].face is piece.face and runs[-1][-1][0].level == piece.level:
            runs[-1].append((piece, extra))
        else:
            runs.append([(piece, extra)])
    return runs


def _item(
    run: list[tuple[Piece, float]],
    size: float,
    x: float,
    baseline: float,
    color: Color,
    role: str,
    block: str,
    angle: float,
    outline: Color | None,
    outline_width: float,
) -> TextItem:
    face = run[0][0].face
    rtl = bool(run[0][0].level & 1)
    advances: list[float] = []
    for piece, extra in reversed(run) if rtl else run:
        scaled = [advance * size for advance in piece.advances]
        scaled[-1] += extra
        advances += scaled
    # A face that stands in for another has a size of its own; its measures are in shares of the line's.
    glyphs: tuple[Glyph, ...] = ()
    if not all(piece.plain for piece, _ in run):
        glyphs = tuple(
            (gid, advance * size + (extra if i == len(piece.glyphs) - 1 else 0.0), dx * size, dy * size)
            for piece, extra in run
            for i, (gid, advance, dx, dy) in enumerate(piece.glyphs)
        )
    if face.thickened and outline is None:
        outline, outline_width = color, THICKENING * size * face.scale
    width = sum(advances)
    text = "".join(piece.text for piece, _ in (reversed(run) if rtl else run))
    top = baseline - face.ascent * size
    rect = Rect(x, top, width, (face.ascent + face.descent) * size)
    return TextItem(
        rect=rect,
        role=role,
        text=text,
        font=face.embedded,
        size=size * face.scale,
        color=color,
        x=x,
        baseline=baseline,
        width=width,
        advances=tuple(advances),
        block=block,
        angle=angle,
        outline=outline,
        outline_width=outline_width,
        rtl=rtl,
        glyphs=glyphs,
    )
