"""From a story file to a graphic novel.

The public names are loaded when first used, so that ``import novel`` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Diagnostic": "novel.errors",
    "NovelError": "novel.errors",
    "Book": "novel.story.load",
    "load_story": "novel.story.load",
    "RenderRequest": "novel.request",
    "RenderedPanel": "novel.request",
    "Plan": "novel.plan.model",
    "build": "novel.build",
}

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604 - names are strings, just not literals


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'novel' has no attribute {name!r}")
