"""What is wrong with a file that a story names, before it is known where the story names it."""

from __future__ import annotations


class AssetFault(Exception):
    """Caught by ``load``, which adds the place and makes it a diagnostic; it never leaves this package."""

    def __init__(self, code: str, message: str, hint: str = "", exit_code: int = 3) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
