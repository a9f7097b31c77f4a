"""The command line: one file a verb; each imports its stage when it runs."""

from __future__ import annotations

import gc
import os
import sys


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code. Standard output is data; messages go to standard error."""
    # Start-up makes many objects and little garbage: looking for it is a twentieth of the time. Plugins are not ours.
    gc.set_threshold(200_000, 20, 20)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from novel.cli.app import run

    return run(sys.argv[1:] if argv is None else argv)


def entry() -> None:
    """The ``novel`` command."""
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone (``novel plan | head``): no error of ours, and nothing left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
