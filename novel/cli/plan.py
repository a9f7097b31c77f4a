"""``novel plan``: what a build would draw, and what it has already."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from novel.cli.options import DEFAULT_OUT, Model, Out, Steps, StoryFile, StyleName

if TYPE_CHECKING:
    from novel.plan.model import Plan
    from novel.prepare import Prepared
    from novel.request import RenderRequest
    from novel.story.style import Art

EXAMPLES = """Examples:  novel plan story.yaml  ·  novel plan story.yaml --json | jq '.panels[].prompt'"""


def plan(
    story: StoryFile,
    style: StyleName = None,
    model: Model = None,
    steps: Steps = None,
    out: Out = DEFAULT_OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole plan as JSON.")] = False,
) -> None:
    """Show each panel's page, size, seed, prompt and key, and whether its picture is in the store or to be rendered.

    On a terminal, what the style adds to each prompt is dimmed.
    """
    from novel.prepare import Choices, prepare
    from novel.render.engine import to_draw

    prepared = prepare(story, Choices(style=style, model=model, steps=steps, out=out))
    rows = list(_rows(prepared))
    if as_json:
        pages = [
            {"number": p.number, "kind": p.kind, "width": p.size.width, "height": p.size.height}
            for p in prepared.plan.pages
        ]
        art = prepared.book.style.art
        adds = {"before": art.before, "after": art.after, "negative": art.negative}
        data = {"story": str(story), "model": prepared.spec.name, "style": adds, "pages": pages, "panels": rows}
        print(json.dumps(data, ensure_ascii=False, indent=2))
        return
    _table(rows, prepared.book.style.art)
    missing = sum(row["state"] == "render" for row in rows)
    pictures = to_draw(prepared.plan.requests, prepared.plan.beginnings, prepared.store)
    several = f" ({pictures} pictures)" if pictures > missing else ""
    print(
        f"{len(prepared.plan.pages)} pages, {len(rows)} panels: {len(rows) - missing} at hand, {missing} to render"
        f"{several} with {prepared.spec.name}",
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
        row["whole"] = _whole(request, prepared.plan).prompt
        yield {**row, "state": state, "key": request.key, **request.model_dump(mode="json")}


def _whole(request: RenderRequest, plan: Plan) -> RenderRequest:
    """What shows all of a panel's people, where each of them is drawn anew by themselves afterwards."""
    while request.init is not None and request.init.mask is not None and request.init.source in plan.beginnings:
        request = plan.beginnings[request.init.source]
    return request


def _prompt(prompt: str, art: Art) -> str:
    """A prompt as it is printed, with the words that the style adds set back."""
    from rich.markup import escape

    before, after = (" ".join(words.split()).strip(" ,") for words in (art.before, art.after))
    start = len(before) if before and prompt.startswith(before) else 0
    end = len(prompt) - (len(after) if after and prompt[start:].endswith(after) else 0)
    parts = (("dim", prompt[:start]), ("", prompt[start:end]), ("dim", prompt[end:]))
    return "".join(f"[{look}]{escape(part)}[/]" if look and part else escape(part) for look, part in parts)


def _table(rows: list[dict[str, Any]], art: Art) -> None:
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
        table.add_row(*cells, _prompt(row.get("whole", row["prompt"]), art))
    # Without a terminal the table is for a pipe: no line is folded.
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=10_000)
    console.print(table)
