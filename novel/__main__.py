"""``python -m novel`` is ``novel``."""

from novel.cli import entry

entry()
