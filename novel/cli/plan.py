"""``novel plan``: what a build would draw, and what it has already."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StoryFile, StyleName

if TYPE_CHECKING:
    from novel.prepare import Prepared

EXAMPLES = """Examples:  novel plan story.yaml  ·  novel plan story.yaml --json | jq '.panels[].prompt'"""


def plan(
    story: StoryFile,
    style: StyleName = None,
    model: Model = None,
    steps: Steps = None,
    out: Out = DEFAULT_OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole plan as JSON.")] = False,
) -> None:
    """Show each panel's page, size, seed, prompt and key, and whether its picture is in the store or to be rendered."""
    from novel.prepare import Choices, prepare

    prepared = prepare(story, Choices(style=style, model=model, steps=steps, out=out))
    rows = list(_rows(prepared))
    if as_json:
        pages = [
            {"number": p.number, "kind": p.kind, "width": p.size.width, "height": p.size.height}
            for p in prepared.plan.pages
        ]
        data = {"story": str(story), "model": prepared.spec.name, "pages": pages, "panels": rows}
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return
    _table(rows)
    missing = sum(row["state"] == "render" for row in rows)
    print(
        f"{len(prepared.plan.pages)} pages, {len(rows)} panels: {len(rows) - missing} at hand, {missing} to render "
        f"with {prepared.spec.name}",
        file=sys.stderr,
    )


def _rows(prepared: Prepared) -> Iterator[dict[str, Any]]:
    from novel.plan.model import PanelSlot

    pages = {s.panel: p.number for p in reversed(prepared.plan.pages) for s in p.slots if isinstance(s, PanelSlot)}
    for panel in prepared.book.story.panels():
        row: dict[str, Any] = {"id": panel.id, "page": pages[panel.id]}
        if panel.id in prepared.plan.kept:
            asked = prepared.plan.let_go[panel.id].model_dump(mode="json")
            yield {**row, "state": "approved", **asked, "key": prepared.plan.kept[panel.id]}
            continue
        request = prepared.plan.requests.get(panel.id)
        if request is None:
            yield {**row, "state": "own picture", "image": str(prepared.plan.images[panel.id])}
            continue
        state = "store" if prepared.store.contains(request.key) else "render"
        yield {**row, "state": state, "key": request.key, **request.model_dump(mode="json")}


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (("page", "right"), ("panel", "left"), ("size", "left"), ("seed", "right"), ("key", "left")):
        table.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("state", no_wrap=True)
    table.add_column("prompt", ratio=1)
    for row in rows:
        if "key" not in row:
            table.add_row(str(row["page"]), row["id"], "", "", "", row["state"], escape(row["image"]))
            continue
        size = f"{row['width']}×{row['height']}"
        cells = (str(row["page"]), row["id"], size, str(row["seed"]), row["key"][:10], row["state"])
        table.add_row(*cells, escape(row["prompt"]))
    # Without a terminal the table is for a pipe: no line is folded.
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=10_000)
    console.print(table)
