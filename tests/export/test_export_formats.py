from __future__ import annotations

import subprocess
import sys

import pytest

from novel.errors import UsageError
from novel.export import FORMATS, exporter


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_has_an_exporter(name: str) -> None:
    assert callable(exporter(name))
    assert exporter(f" {name.upper()} ") is exporter(name)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no format 'docx'") as caught:
        exporter("docx")
    assert "html, pdf" in caught.value.hint


def test_nothing_heavy_is_imported_before_a_format_is_asked_for() -> None:
    code = (
        "import sys, novel.export; print([m for m in ('reportlab', 'jinja2', 'PIL', 'uharfbuzz') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
