"""Contact sheets: what is compared, side by side, as HTML that needs no other file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import novel
from novel.errors import FileError
from novel.review.report import KINDS, LEGEND, OWN, judged_by, number
from novel.review.result import Outlier, Review, Reviewed
from novel.store import write_atomically


@dataclass(frozen=True, slots=True)
class _Cell:
    """One crop on a sheet. ``src`` is the picture itself, empty where nobody was found."""

    title: str
    src: str
    facts: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    command: str = ""


def write_sheets(review: Review, folder: Path) -> Path:
    """Write ``index.html`` and a sheet for each character, each place and the style into a folder; sheets of what the
    story no longer has are taken away. Returns the index. Raises FileError."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Path(novel.__file__).parent / "data" / "templates"
    environment = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("review.html.j2")
    shared = {
        "language": review.language,
        "story": review.title,
        "judge": judged_by(review),
        "legend": LEGEND,
        "own": OWN,
    }
    files = {"index.html": template.render(**shared, **_index(review))}
    for one in review.reviewed:
        files[sheet_name(one)] = template.render(**shared, **_sheet(review, one))
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    for old in sorted(folder.glob("*.html")):
        if old.name not in files and old.name.partition("-")[0] in ("character", "place"):
            try:
                old.unlink()
            except OSError as error:
                raise FileError(f"{old} can't be removed: {(error.strerror or str(error)).lower()}") from error
    return folder / "index.html"


def sheet_name(one: Reviewed) -> str:
    """The name of a group's sheet."""
    return "style.html" if one.group.kind == "style" else f"{KINDS[one.group.kind][1]}-{one.group.id}.html"


def _index(review: Review) -> dict[str, Any]:
    rows = [
        {
            "file": sheet_name(one),
            "kind": KINDS[one.group.kind][1],
            "name": one.group.name if one.group.kind != "place" else one.group.id,
            "found": f"{one.found} of {len(one.showings)}",
            "figures": [number(v) for v in (one.cross, one.self, one.others, one.agreement)],
            "compared_to": one.compared_to,
            "outliers": sum(outlier.of == one.group for outlier in review.outliers),
        }
        for one in review.reviewed
    ]
    return {"title": "Review", "rows": rows, "cells": [], "outliers": [_told(o) for o in review.outliers]}


def _told(outlier: Outlier) -> dict[str, Any]:
    whose = f"{outlier.of.id} in {outlier.panel}" if outlier.of is not None else outlier.panel
    return {"what": whose, "reasons": outlier.reasons, "command": outlier.command}


def _sheet(review: Review, one: Reviewed) -> dict[str, Any]:
    wrong = {outlier.panel: outlier for outlier in review.outliers if outlier.of == one.group}
    cells = [
        _Cell(f"reference: {path.name}", _data(jpeg), ())
        for path, jpeg in zip(one.group.references, one.references, strict=True)
    ]
    for showing in one.showings:
        facts = [
            f"{what} {number(value)}" for what, value in (("self", showing.fit), ("cross", showing.cross)) if value
        ]
        if showing.agreement is not None:
            facts.append(f"prompt {number(showing.agreement)}")
        if showing.confidence is not None:
            facts.append(f"found with {showing.confidence:.2f}")
        if showing.same_as is not None:
            facts.append(f"the same picture as {showing.same_as}")
        outlier = wrong.get(showing.panel)
        cells.append(
            _Cell(
                showing.panel,
                _data(showing.thumbnail) if showing.thumbnail else "",
                tuple(facts),
                outlier.reasons if outlier is not None else (),
                outlier.command if outlier is not None else "",
            )
        )
    summary = [f"found in {one.found} of {len(one.showings)} panels", f"self {number(one.self)}"]
    summary.append(f"cross {number(one.cross)}" + (f" ({one.compared_to})" if one.compared_to else ""))
    summary += [f"others {number(one.others)}", f"prompt {number(one.agreement)}"]
    return {"title": one.group.name, "summary": summary, "cells": cells, "rows": [], "outliers": []}


def _data(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
