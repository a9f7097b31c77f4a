"""A review told: as a table for people, and as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from novel.editor.safe_text import as_json, printable
from novel.render.families import EMBEDDED
from novel.render.likeness import Kind
from novel.review.result import Outlier, Review, Reviewed, Showing

KINDS: dict[Kind, tuple[str, str]] = {
    "person": ("characters", "character"),
    "place": ("places", "place"),
    "style": ("style", "style"),
}
"""A kind in the plural and in the singular."""
LEGEND = (
    "Found: in how many of the panels that cast somebody they were seen. Cross: how alike the crops are to what they "
    "are compared with. Self: to each other, over all pairs. Others: to the crops of others; figures no higher than "
    "that say nothing. Prompt: how well the panels show their prompts. 1 is the most that each can be."
)


OWN = "the picture is the writer’s own"
"""In place of a command, where nothing can be drawn anew."""


def as_data(review: Review, sheets: Path | None) -> dict[str, Any]:
    """All of a review as plain data. Figures are cosines; ``found`` and ``panels`` count panels."""
    return {
        "story": str(review.story),
        "title": review.title,
        "judge": {"name": review.judge, "identity": review.identity},
        "drawn_with": review.drawn_with,
        "panels": review.panels,
        "count_match": _rounded(review.count_match),
        **{plural: [_group(one) for one in review.of_kind(kind)] for kind, (plural, _) in KINDS.items()},
        "outliers": [_outlier(one) for one in review.outliers],
        "sheets": str(sheets) if sheets is not None else None,
    }


def report(review: Review, out: TextIO) -> None:
    """The table and what falls out of line, for people."""
    _table(review, out)
    print(file=out)
    print(f"Compared by {judged_by(review)}.", file=out)
    if review.count_match is not None:
        people = review.of_kind("person")
        found, cast = sum(one.found for one in people), sum(len(one.showings) for one in people)
        print(f"People found: {found} of {cast} (count match {review.count_match:.1f} of 100).", file=out)
    if not review.outliers:
        print("Nothing falls out of line.", file=out)
        return
    print(f"Out of line ({len(review.outliers)}), and what draws it anew:", file=out)
    for (panel, command), lines in _by_command(review.outliers).items():
        print(f"  {printable(panel)}: {'; '.join(map(printable, lines))}", file=out)
        print(f"      {printable(command) or OWN}", file=out)


def _by_command(outliers: Sequence[Outlier]) -> dict[tuple[str, str], list[str]]:
    """What is wrong with each panel that one command mends; those of whom the same is wrong together."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in outliers:
        reasons = found.setdefault((one.panel, one.command), {})
        reasons.setdefault(", ".join(one.reasons), []).extend([one.of.id] if one.of is not None else [])
    return {
        command: [f"{', '.join(whose)} {reason}".lstrip() for reason, whose in reasons.items()]
        for command, reasons in found.items()
    }


def judged_by(review: Review) -> str:
    """The judge as it is told to people."""
    return "the embedded image tower" if review.judge == EMBEDDED else review.judge


def number(value: float | None) -> str:
    """A figure as it is shown: two digits, a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def _table(review: Review, out: TextIO) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("found", justify="right", no_wrap=True)
    for title in ("cross", "self", "others", "prompt"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("cross compares with")
    for kind, (plural, _) in KINDS.items():
        rows = review.of_kind(kind)
        if rows and kind != "style":
            table.add_row(f"[bold]{plural}[/bold]")
        once = [one for one in rows if kind == "place" and one.cross is None and one.self is None]
        for one in rows:
            if one in once:
                continue
            name = f"style: {one.group.name}" if kind == "style" else f"  {one.group.id}"
            table.add_row(escape(printable(name)), *(escape(printable(cell)) for cell in _cells(one)))
        if once:
            table.add_row(f"  {len(once)} more, each seen once")
    # Without a terminal the table is for a pipe: no line is folded.
    console = Console(highlight=False, file=out) if out.isatty() else Console(highlight=False, file=out, width=10_000)
    console.print(table)


def _cells(one: Reviewed) -> Iterator[str]:
    yield f"{one.found} of {len(one.showings)}"
    for value in (one.cross, one.self, one.others, one.agreement):
        yield number(value)
    yield one.compared_to


def _group(one: Reviewed) -> dict[str, Any]:
    return {
        "id": one.group.id,
        "name": one.group.name,
        "panels": len(one.showings),
        "found": one.found,
        "cross": _rounded(one.cross),
        "compared_to": one.compared_to,
        "self": _rounded(one.self),
        "others": _rounded(one.others),
        "agreement": _rounded(one.agreement),
        "shown": [_showing(showing) for showing in one.showings],
    }


def _showing(one: Showing) -> dict[str, Any]:
    return {
        "panel": one.panel,
        "found": one.found,
        "box": list(one.box) if one.box is not None else None,
        "confidence": one.confidence,
        "fit": _rounded(one.fit),
        "cross": _rounded(one.cross),
        "agreement": _rounded(one.agreement),
        "same_as": one.same_as,
    }


def _outlier(one: Outlier) -> dict[str, Any]:
    return {
        "panel": one.panel,
        "of": one.of.id if one.of is not None else None,
        "kind": KINDS[one.of.kind][1] if one.of is not None else "prompt",
        "reasons": list(one.reasons),
        "command": one.command or None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def print_json(review: Review, sheets: Path | None) -> None:
    """The review as JSON on standard output."""
    print(as_json(as_data(review, sheets)), file=sys.stdout)
