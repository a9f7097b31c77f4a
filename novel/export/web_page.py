"""A laid-out page as a web page shows it: layers of SVG around pictures, and figures with their words.

The layers are what is seen on a desk; reading software skips them and reads the figures' words instead, which are also
what a phone shows. So each text is read once, whichever way the page is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from novel.export.outline import number, outline_text
from novel.export.reading import Figure, block_rects, reading_order, union
from novel.export.web_lettering import Lettering, run_style
from novel.geometry import Rect, Size
from novel.layout.page import Document, ImageItem, PageLayout, PathItem, TextBlock, TextItem

_BALLOON = 9.0
"""Points by which a balloon reaches beyond its text, about: what must be seen with it."""
_FORMS = {"M": "M%.2f %.2f", "L": "L%.2f %.2f", "C": "C%.2f %.2f %.2f %.2f %.2f %.2f", "Z": "Z"}
"""Segments in SVG's path data."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline in a layer. ``d`` is SVG path data."""

    d: str
    fill: str
    stroke: str
    width: str
    dash: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text in a layer. ``style`` names a CSS class; ``x`` is where the run begins in its own direction."""

    text: str
    style: str
    x: str
    y: str
    length: str
    turn: str
    rtl: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """Items between two pictures in z-order."""

    z: int
    items: tuple[Shape | Run, ...]


@dataclass(frozen=True, slots=True)
class Art:
    """A picture in its frame: ``left``, ``top``, ``width``, ``height`` in percent of the page.

    ``image`` places the whole picture in the frame, in percent of the frame; ``view`` is the part that is seen, in
    shares of the picture. Either shows the same.
    """

    sha256: str
    alt: str
    z: int
    left: str
    top: str
    width: str
    height: str
    aspect: str
    image: tuple[str, str, str, str]
    view: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text as it is read: beneath its picture on a phone, by ear anywhere. ``side``: where its balloon hangs."""

    kind: str
    text: str
    speaker: str
    side: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure. Of a picture that runs across two pages, the first figure has the ``whole`` for a phone, and the second
    comes ``again``."""

    id: str
    alt: str
    left: str
    top: str
    arts: tuple[Art, ...]
    words: tuple[Words, ...]
    whole: Art | None
    again: bool


@dataclass(frozen=True, slots=True)
class PageView:
    """A page, ready for the template. ``poster``: a cover or title page, which a phone too shows as it is. ``steps`` is
    for the script: what to look at, one after another."""

    number: int
    paper: str
    label: str
    chapter: str
    side: str
    poster: bool
    width: str
    height: str
    background: str
    layers: tuple[Layer, ...]
    loose: tuple[Art, ...]
    entries: tuple[Panel | Words, ...]
    steps: str


def repeated_pictures(document: Document) -> dict[str, str]:
    """The pictures that are placed more than once → the id under which the file keeps the one copy."""
    placed = Counter(item.sha256 for page in document.pages for item in page.items if isinstance(item, ImageItem))
    return {sha256: f"picture-{sha256[:16]}" for sha256, times in placed.items() if times > 1}


def papers(document: Document) -> dict[Size, str]:
    """The sizes of the pages, each with the name of the paper it is printed on."""
    sizes = dict.fromkeys(page.trim for page in document.pages)
    return {size: f"paper{index}" for index, size in enumerate(sizes)}


def page_views(document: Document, lettering: Lettering) -> Iterator[PageView]:
    """Every page, one at a time."""
    halves: dict[str, list[ImageItem]] = {}
    for page in document.pages:
        for item in page.items:
            if isinstance(item, ImageItem):
                halves.setdefault(item.panel, []).append(item)
    pages_of = Counter(box.panel for page in document.pages for box in page.panels)
    spreads = {panel: _whole(items) for panel, items in halves.items() if pages_of[panel] > 1}
    seen: set[str] = set()
    names = papers(document)
    for index, page in enumerate(document.pages):
        yield _view(page, lettering, _side(document, index), names[page.trim], seen, spreads)
        seen |= {box.panel for box in page.panels}


def _whole(items: list[ImageItem]) -> Art:
    """All that is seen of a picture on any of its pages, as one."""
    first = items[0]
    seen = first.source
    for item in items[1:]:
        if item.sha256 == first.sha256:
            seen = union(seen, item.source)
    across, down = seen.width / first.source.width, seen.height / first.source.height
    joined = Rect(0.0, 0.0, first.rect.width * across, first.rect.height * down)
    return _art(ImageItem(joined, first.panel, first.sha256, seen, first.alt), joined.size, 0)


def _side(document: Document, index: int) -> str:
    """Whether a page lies on the left or right of an open book (``verso``, ``recto``), or ``alone``."""
    recto = document.pages[index].number % 2 == 1
    partner = index - 1 if recto else index + 1
    if not 0 <= partner < len(document.pages) or (document.pages[partner].number % 2 == 1) == recto:
        return "alone"
    return "recto" if recto else "verso"


def _view(
    page: PageLayout, lettering: Lettering, side: str, paper: str, seen: set[str], spreads: dict[str, Art]
) -> PageView:
    layers, arts = _stack(page, lettering)
    rects = block_rects(page)
    order = reading_order(page)
    entries: list[Panel | Words] = []
    for entry in order:
        if isinstance(entry, Figure):
            box = entry.box
            again = box.panel in seen
            entries.append(
                Panel(
                    id=f"panel-{box.panel}-again-{page.number}" if again else f"panel-{box.panel}",
                    alt=box.alt,
                    left=number(box.rect.x / page.trim.width * 100),
                    top=number(box.rect.y / page.trim.height * 100),
                    arts=tuple(arts.pop(box.panel, ())),
                    words=tuple(_words(block, rects, box.rect) for block in entry.blocks),
                    whole=None if again else spreads.get(box.panel),
                    again=again,
                )
            )
        elif entry.kind != "folio":
            entries.append(_words(entry, rects, None))
    return PageView(
        number=page.number,
        paper=paper,
        label=page.label,
        chapter=page.chapter,
        side=side,
        poster=_is_poster(page),
        width=number(page.trim.width),
        height=number(page.trim.height),
        background=page.background,
        layers=layers,
        loose=tuple(art for rest in arts.values() for art in rest),
        entries=tuple(entries),
        steps=_steps(page, order, rects),
    )


def _is_poster(page: PageLayout) -> bool:
    """Whether nothing but large letters stands on a page: a cover, a title page."""
    kinds = {block.kind for block in page.blocks}
    return "title" in kinds and kinds <= {"title", "sfx", "folio"}


def _stack(page: PageLayout, lettering: Lettering) -> tuple[tuple[Layer, ...], dict[str, list[Art]]]:
    """The page's items in z-order, each picture by its panel, what lies between them in layers."""
    layers: list[Layer] = []
    arts: dict[str, list[Art]] = {}
    between: list[Shape | Run] = []
    z = 1

    def close() -> None:
        nonlocal z
        if between:
            layers.append(Layer(z, tuple(between)))
            between.clear()
            z += 1

    for item in page.items:
        if isinstance(item, ImageItem):
            close()
            arts.setdefault(item.panel, []).append(_art(item, page.trim, z))
            z += 1
        elif isinstance(item, PathItem):
            between.append(_shape(item))
        elif item.text:
            between.append(_run(item, lettering))
    close()
    return tuple(layers), arts


def _art(item: ImageItem, page: Size, z: int) -> Art:
    rect, source = item.rect, item.source
    return Art(
        sha256=item.sha256,
        alt=item.alt,
        z=z,
        left=number(rect.x / page.width * 100),
        top=number(rect.y / page.height * 100),
        width=number(rect.width / page.width * 100),
        height=number(rect.height / page.height * 100),
        aspect=number(rect.width / rect.height, 4),
        image=(
            number(-source.x / source.width * 100),
            number(-source.y / source.height * 100),
            number(100 / source.width),
            number(100 / source.height),
        ),
        view=" ".join(number(share, 5) for share in (source.x, source.y, source.width, source.height)),
    )


def _shape(item: PathItem) -> Shape:
    stroked = item.stroke is not None and item.stroke_width > 0
    return Shape(
        d=outline_text(item.segments, _FORMS),
        fill=item.fill or "none",
        stroke=item.stroke if stroked and item.stroke else "",
        width=number(item.stroke_width),
        dash=" ".join(number(length) for length in item.dash),
    )


def _run(item: TextItem, lettering: Lettering) -> Run:
    # A run from right to left begins at its right end.
    start = item.x + item.width if item.rtl else item.x
    turn = f"rotate({number(item.angle)} {number(item.x)} {number(item.baseline)})" if item.angle else ""
    style = lettering.classes[run_style(item)]
    return Run(item.text, style, number(start), number(item.baseline), number(item.width), turn, item.rtl)


def _words(block: TextBlock, rects: dict[str, Rect], frame: Rect | None) -> Words:
    side = ""
    if frame is not None and block.id in rects:
        share = (rects[block.id].center.x - frame.x) / frame.width
        side = "left" if share < 0.42 else "right" if share > 0.58 else "middle"
    return Words(block.kind, block.text, block.speaker, side)


def _steps(page: PageLayout, order: list[Figure | TextBlock], rects: dict[str, Rect]) -> str:
    """What a reader looks at, one after another: the frames of the panels, and the texts that stand between them.

    Each step is ``x y width height`` in points, then the same of every text in it that is small enough to need a closer
    look, separated by commas; steps are separated by semicolons. A frame reaches out to hold all its words.
    """
    whole = Rect(0.0, 0.0, page.trim.width, page.trim.height)
    steps: list[list[Rect]] = []
    flowing = False
    for entry in order if not _is_poster(page) else ():
        if isinstance(entry, Figure):
            frame = entry.box.rect
            for block in entry.blocks:
                frame = union(frame, rects.get(block.id, frame))
            small = [block.id for block in entry.blocks if block.id in rects and block.kind != "sfx"]
            texts = [rects[block].inset(-_BALLOON) for block in small]
            # What runs into the bleed is cut off with it.
            steps.append([frame.intersection(whole) or frame, *texts])
            flowing = False
        elif entry.id not in rects or entry.kind == "folio":
            continue
        elif entry.kind in ("heading", "title"):
            rect = rects[entry.id].inset(-18)
            steps.append([Rect(0.0, rect.y, whole.width, rect.height)])
            flowing = False
        else:
            if not flowing:
                steps.append([rects[entry.id].inset(-12)])
            steps[-1][0] = union(steps[-1][0], rects[entry.id].inset(-12)).intersection(whole) or whole
            for column in _columns(page, entry.id):
                last = steps[-1][-1]
                if len(steps[-1]) > 1 and abs(last.x - column.x) < 36 and column.y >= last.y:
                    steps[-1][-1] = union(last, column)
                else:
                    steps[-1].append(column)
            flowing = True
    return ";".join(
        ",".join(" ".join(number(side, 1) for side in (r.x, r.y, r.width, r.height)) for r in step)
        for step in steps or [[whole]]
    )


def _columns(page: PageLayout, block: str) -> list[Rect]:
    """The parts of a text that stand in columns: a line that begins above the last one begins a column."""
    columns: list[Rect] = []
    last: Rect | None = None
    for item in page.items:
        if isinstance(item, TextItem) and item.block == block:
            if last is not None and item.rect.bottom > last.y:
                columns[-1] = union(columns[-1], item.rect)
            else:
                columns.append(item.rect)
            last = item.rect
    return columns
