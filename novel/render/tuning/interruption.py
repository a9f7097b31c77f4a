"""Ctrl-C between two steps: what a step changes is changed whole or not at all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Asked:
    """Whether somebody has asked to stop."""

    def __init__(self) -> None:
        self.to_stop = False


@contextmanager
def held() -> Iterator[Asked]:
    """Within it a first Ctrl-C is only noted; a second one stops at once. Elsewhere than in a program's main thread
    nothing can be held, and nothing is."""
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def note(number: int, frame: FrameType | None) -> None:
        if asked.to_stop:
            raise KeyboardInterrupt
        asked.to_stop = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
