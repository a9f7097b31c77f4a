"""The fixture that makes a book from plain data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from laid_pages import Made, write_book


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Made]:
    def make(panels: list[dict[str, Any]], **more: Any) -> Made:
        return write_book(tmp_path, panels, **more)

    return make
