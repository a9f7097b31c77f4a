"""A book's review: its pictures from the store, cut up, compared, and what falls out of line."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from novel.plan.prompt import compose
from novel.plan.takes import decided
from novel.prepare import Choices, Prepared, prepare
from novel.render.families import EMBEDDED, FAKE
from novel.render.likeness import Judge, Kind, Likeness, find_judge, open_judge
from novel.render.margin import without_margin
from novel.request import RenderedPanel
from novel.review import figures, redo
from novel.review.crops import Appearance, appearances, as_array, cut, groups, pictures, pixels
from novel.review.result import Group, Outlier, Review, Reviewed, Showing

if TYPE_CHECKING:
    from novel.render.likeness import Crop, Vectors

Say = Callable[[str], None]

_THUMBNAIL = 320
"""Pixels: the longer side of a crop on a contact sheet."""
_OTHERS_LEAST = 3
"""The mean over fewer crops is high by chance for some of many groups: it is no measure for anybody else's."""


def review(story: Path, choices: Choices, asked: str | None = None, say: Say = lambda message: None) -> Review:
    """Review a built story. ``asked``: the judge, as ``find_judge`` takes it.

    Raises MissingError where pictures are missing, or the judge is.
    """
    made = prepare(story, choices)
    judge = find_judge(asked, drawn_with=made.spec.name, digest=made.store.sha256_of_file)
    shown = pictures(made, choices)
    if judge.name == EMBEDDED and made.spec.name not in (EMBEDDED, FAKE):
        say(
            f"The embedded image tower compares, and it was taught other pictures than those of {made.spec.name}: a "
            "judge such as openai/clip-vit-large-patch14 in the hub cache tells more."
        )
    return reviewed(made, choices, shown, judge, open_judge(judge, choices.device))


def reviewed(
    made: Prepared, choices: Choices, shown: Mapping[str, RenderedPanel], judge: Judge, likeness: Likeness
) -> Review:
    """The review of these pictures by a judge that is at hand."""
    tables = [_Table(group, list(appearances(made, group, shown))) for group in groups(made)]
    agreements = _look(made, shown, tables, likeness)
    for table in tables:
        _compare(table, likeness)
    results = tuple(_told(table, tables, agreements) for table in tables)
    outliers = [*_outliers(made, choices, tables, results), *_unlike_prompt(made, choices, agreements)]
    place = {panel.id: i for i, panel in enumerate(made.book.story.panels())}
    matches = list(_count_matches(made, results))
    return Review(
        title=made.book.story.title,
        language=made.book.story.language,
        story=made.book.file,
        judge=judge.name,
        identity=likeness.identity,
        drawn_with=made.spec.name,
        reviewed=results,
        outliers=tuple(sorted(outliers, key=lambda one: place[one.panel])),
        count_match=figures.mean(matches),
        panels=len(shown),
    )


@dataclass(slots=True)
class _Table:
    """A group while it is worked on. ``vectors``: those of its different crops; ``rows``: for each appearance the row
    of its crop, None where nobody was found."""

    group: Group
    appearances: list[Appearance]
    vectors: Vectors | None = None
    rows: list[int | None] = field(default_factory=list)
    crops: dict[tuple[str, tuple[int, int, int, int]], int] = field(default_factory=dict)
    waiting: list[Vectors] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)
    references: list[bytes] = field(default_factory=list)
    figures: figures.Consistency | None = None
    compared_to: str = ""


def _look(
    made: Prepared, shown: Mapping[str, RenderedPanel], tables: Sequence[_Table], likeness: Likeness
) -> dict[str, float | None]:
    """Give the tables their crops' vectors, picture by picture, so that a long book needn't fit the memory. Returns
    each panel's agreement with its prompt."""
    agreements: dict[str, float | None] = {}
    for table in tables:
        table.rows = [None] * len(table.appearances)
    for panel in made.book.story.panels():
        picture = pixels(made, shown[panel.id])
        words = decided(panel, made.takes.panels.get(panel.id))
        told = words.prompt or words.cast or panel.id in made.plan.requests
        prompt = compose(made.book.story, made.book.style, words)
        agreements[panel.id] = likeness.agreement(picture, prompt) if told else None
        for kind in ("person", "place", "style"):
            _embed(picture, panel.id, kind, [t for t in tables if t.group.kind == kind], likeness)
    return agreements


def _embed(picture: Crop, panel: str, kind: Kind, tables: Sequence[_Table], likeness: Likeness) -> None:
    new: list[tuple[_Table, Crop]] = []
    for table in tables:
        for i, seen in enumerate(table.appearances):
            if seen.panel != panel or seen.box is None:
                continue
            row = table.crops.setdefault((seen.picture, seen.box), len(table.crops))
            table.rows[i] = row
            if row == len(table.thumbnails):
                crop = cut(picture, seen.box)
                table.thumbnails.append(_thumbnail(crop))
                new.append((table, crop))
    if new:
        for (table, _), vector in zip(new, likeness.embed([crop for _, crop in new], kind), strict=True):
            table.waiting.append(vector[None])


def _compare(table: _Table, likeness: Likeness) -> None:
    """A table's figures: to its references, else to its first picture, and among themselves."""
    import numpy as np

    from novel.render.own_picture import pixels_from_file

    table.vectors = np.concatenate(table.waiting) if table.waiting else np.zeros((0, 1), np.float32)
    table.waiting.clear()
    files = [as_array(pixels_from_file(path)) for path in table.group.references]
    if table.group.kind == "person":
        files = [without_margin(crop) for crop in files]
    table.references = [_thumbnail(crop) for crop in files]
    own: tuple[int, ...] = ()
    if files:
        references = likeness.embed(files, table.group.kind)
        table.compared_to = f"{len(files)} reference{'s' if len(files) > 1 else ''}"
    else:
        references, own = table.vectors[:1], (0,)
        first = next((a.panel for a, row in zip(table.appearances, table.rows, strict=True) if row == 0), None)
        table.compared_to = f"its first: {first}" if first is not None and len(table.vectors) > 1 else ""
    table.figures = figures.consistency(table.vectors, references, own)


def _told(table: _Table, tables: Sequence[_Table], agreements: Mapping[str, float | None]) -> Reviewed:
    import numpy as np

    assert table.figures is not None
    assert table.vectors is not None
    others = [t.vectors for t in _others(table, tables) if t.vectors is not None and len(t.vectors)]
    apart = figures.between(table.vectors, np.concatenate(others)) if others else None
    return Reviewed(
        group=table.group,
        showings=tuple(_showings(table, agreements)),
        cross=table.figures.cross,
        self=table.figures.self,
        others=apart,
        agreement=figures.mean([agreements[panel] for panel in table.group.panels]),
        compared_to=table.compared_to,
        references=tuple(table.references),
    )


def _others(table: _Table, tables: Sequence[_Table]) -> list[_Table]:
    return [other for other in tables if other is not table and other.group.kind == table.group.kind]


def _showings(table: _Table, agreements: Mapping[str, float | None]) -> Iterator[Showing]:
    assert table.figures is not None
    first: dict[int, str] = {}
    for seen, row in zip(table.appearances, table.rows, strict=True):
        showing = Showing(seen.panel, seen.box, seen.confidence, agreement=agreements[seen.panel])
        if row is None:
            yield showing
            continue
        earlier = first.setdefault(row, seen.panel)
        yield replace(
            showing,
            fit=table.figures.fits[row],
            cross=table.figures.to_references[row],
            same_as=None if earlier == seen.panel else earlier,
            thumbnail=table.thumbnails[row],
        )


def _outliers(
    made: Prepared, choices: Choices, tables: Sequence[_Table], results: Sequence[Reviewed]
) -> Iterator[Outlier]:
    """Crops that are unlike the others of their group or more like another group's, and people who weren't found."""
    for table, result in zip(tables, results, strict=True):
        assert table.figures is not None
        unlike = set(figures.strays(table.figures.fits, result.others))
        far = set(figures.strays(table.figures.to_references, result.others)) if result.group.references else set()
        for showing, row in zip(result.showings, table.rows, strict=True):
            reasons = []
            if row is None:
                reasons.append("not found in the picture")
            else:
                fit, cross = table.figures.fits[row], table.figures.to_references[row]
                if row in unlike:
                    reasons.append(f"unlike the others: {fit:.2f}, all of them {result.self:.2f}")
                if row in far:
                    reasons.append(f"unlike {result.compared_to}: {cross:.2f}, all of them {result.cross:.2f}")
                nearer = _nearer(table, row, tables, result.others)
                if nearer is not None:
                    reasons.append(nearer)
            if reasons:
                anew = redo.command(made, choices, showing.panel, table.group, found=row is not None)
                yield Outlier(showing.panel, table.group, tuple(reasons), anew)


def _nearer(table: _Table, row: int, tables: Sequence[_Table], others: float | None) -> str | None:
    """In words, whose crops one is more like than its own group's; None where there is no such."""
    assert table.figures is not None
    assert table.vectors is not None
    own = table.figures.fits[row]
    if own is None or len(table.vectors) < _OTHERS_LEAST:
        return None
    best: tuple[float, Group] | None = None
    for other in _others(table, tables):
        if other.vectors is None or len(other.vectors) < _OTHERS_LEAST:
            continue
        value = figures.between(table.vectors[row : row + 1], other.vectors)
        if (
            value is not None
            and value > own + figures.NEARER * figures.room(others)
            and (best is None or value > best[0])
        ):
            best = value, other.group
    return None if best is None else f"more like {best[1].id} ({best[0]:.2f}) than like its own ({own:.2f})"


def _unlike_prompt(made: Prepared, choices: Choices, agreements: Mapping[str, float | None]) -> Iterator[Outlier]:
    panels, values = list(agreements), list(agreements.values())
    middle = figures.mean(values)
    for i in figures.strays(values):
        anew = redo.command(made, choices, panels[i], None, found=True)
        yield Outlier(
            panels[i], None, (f"shows little of its prompt: {values[i]:.2f}, all of them {middle:.2f}",), anew
        )


def _count_matches(made: Prepared, results: Sequence[Reviewed]) -> Iterator[float]:
    found: dict[str, int] = {}
    for result in results:
        if result.group.kind == "person":
            for showing in result.showings:
                found[showing.panel] = found.get(showing.panel, 0) + showing.found
    for panel in made.book.story.panels():
        if panel.cast:
            yield figures.count_match(found.get(panel.id, 0), len(panel.cast))


def _thumbnail(crop: Crop) -> bytes:
    import numpy as np
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(crop))
    image.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=82)
    return file.getvalue()
