"""Fonts of the system that tests need: skipped where there is none, but never in continuous integration."""

from __future__ import annotations

import os

import pytest

from novel.layout.scripts import script_of, system_files


def need_font(*files: str) -> None:
    """Needs one of these font files."""
    if not any(file in system_files() for file in files):
        lacking = f"none of {', '.join(files)} is installed"
        if os.environ.get("CI"):
            pytest.fail(f"{lacking}, and CI must have one")
        pytest.skip(lacking)


def need_font_for(text: str, language: str = "en") -> None:
    """Needs a font for the first letter of a text that no bundled font has."""
    script = next(s for s in (script_of(c) for c in text if c.isalpha()) if s)
    need_font(*script.files_for(language))
