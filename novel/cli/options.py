"""The arguments that several verbs share, so that each means the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StoryFile = Annotated[Path, typer.Argument(help="The story file (YAML).", metavar="STORY", show_default=False)]
PanelId = Annotated[str, typer.Argument(help="The panel's id.", metavar="PANEL", show_default=False)]
Panels = Annotated[list[str], typer.Argument(help="The panels' ids.", metavar="PANEL...", show_default=False)]
Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="The folder for books and for the store of pictures.")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="Draw with this model instead of the style's: 'embedded', a folder in diffusers format, or a hub id.",
        show_default=False,
    ),
]
StyleName = Annotated[
    str | None,
    typer.Option(
        "--style", "-s", metavar="STYLE", help="A style's name or file, instead of the story's.", show_default=False
    ),
]
Steps = Annotated[
    int | None,
    typer.Option("--steps", min=1, max=500, help="Sampling steps, instead of the style's.", show_default=False),
]
DEFAULT_OUT = Path("output")
