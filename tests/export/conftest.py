"""A sample book, its pictures, and the programs that read what is exported."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest
from chromium import Chromium
from sample_book import Album, make_book, need

from novel.layout.page import Document


@pytest.fixture
def album() -> Album:
    return Album()


@pytest.fixture
def book(album: Album) -> Document:
    return make_book(album)


@pytest.fixture
def tool() -> Callable[..., str]:
    """Runs a system program on a file and gives what it prints."""

    def call(program: str, *arguments: object) -> str:
        done = subprocess.run([need(program), *map(str, arguments)], capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        assert b"rror" not in done.stderr, done.stderr.decode()
        return done.stdout.decode()

    return call


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()
