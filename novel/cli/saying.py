"""Where the commands' messages go: standard output is data, words are for standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable


def say_to_the_user(*, quiet: bool = False) -> Callable[[str], None]:
    """What takes a line for the person who waits; with ``quiet`` nobody hears it."""
    return _nothing if quiet else _say


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _nothing(message: str) -> None:
    pass
