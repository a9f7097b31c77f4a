"""From laid-out pages to files; an exporter is looked up by the name of its format.

An exporter converts units and writes bytes. It decides no position, and the same ``Document`` and pictures always give
the same bytes. It writes a file whole or not at all, so an old export survives a failed one.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from novel.errors import UsageError
from novel.layout.page import Document


class Pictures(Protocol):
    """Where an exporter gets the pictures that a document names."""

    def png(self, sha256: str) -> bytes:
        """The PNG file with this hash. Asked once for each picture and exporter, in the order of the pages."""


Exporter = Callable[[Document, Pictures, Path], None]
"""Writes a document to a path. Raises OutputError where the document can't be shown as it is, FileError where the file
can't be written."""

FORMATS: dict[str, str] = {
    "html": "novel.export.html:write_html",
    "pdf": "novel.export.pdf:write_pdf",
}
"""The name of a format, which is also its file's extension → ``module:function``, imported when first used."""


def exporter(format: str) -> Exporter:
    """The exporter of a format, by its name. Raises UsageError with the known names for any other."""
    target = FORMATS.get(format.strip().lower())
    if target is None:
        known = ", ".join(sorted(FORMATS))
        raise UsageError(f"There is no format {format!r}.", f"Choose from: {known}.")
    module, _, function = target.partition(":")
    return cast(Exporter, getattr(import_module(module), function))
