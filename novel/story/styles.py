"""Where a style of a given name stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_PARENTS = 3
"""How many folders above the story's are searched."""


def folders(story: Path) -> Iterator[Path]:
    """The folders that styles are looked for in, the nearest first: beside the story, above it, where the command runs,
    and those that came with the package."""
    seen: set[Path] = set()
    home = story.absolute().parent
    package = Path(__file__).parents[1]
    for folder in (
        home / "styles",
        *(parent / "styles" for parent in list(home.parents)[:_PARENTS]),
        Path.cwd() / "styles",
        package / "data" / "styles",
        # In a checkout the styles stand beside the package.
        *([package.parent / "styles"] if (package.parent / "pyproject.toml").is_file() else []),
    ):
        if folder not in seen and folder.is_dir():
            seen.add(folder)
            yield folder


def find(name: str, story: Path) -> Path | None:
    """The file of the style called ``name``."""
    if not name or name.startswith(".") or set(name) & set("/\\:\0"):
        return None
    return next((f / f"{name}.yaml" for f in folders(story) if (f / f"{name}.yaml").is_file()), None)


def names(story: Path) -> list[str]:
    """Every style's name that ``find`` knows, in order."""
    return sorted({file.stem for folder in folders(story) for file in folder.glob("*.yaml") if file.is_file()})


def is_path(style: str) -> bool:
    """Whether a style is given by a path and not by a name."""
    return "/" in style or "\\" in style or style.lower().endswith((".yaml", ".yml"))
