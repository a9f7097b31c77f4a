"""The book again at every save, at once: words first, then the pictures that they need."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.build import BuildResult, Say, build, opener
from novel.editor.draft import is_complete, write_draft
from novel.editor.serve import BookServer
from novel.editor.sources import Watched, settled, sources
from novel.errors import NovelError
from novel.layout.fonts import face
from novel.prepare import Choices, Prepared, prepare
from novel.story.assets import is_font_path

if TYPE_CHECKING:
    from novel.render.backend import Backend
    from novel.render.progress import Progress

_LOOK_EVERY = 0.1
"""Seconds between looks at the files."""
_GONE_FOR = 1.0
"""Seconds that a file may be missing before it counts as gone: editors save by putting another file in its place."""


class _Changed(Exception):
    """A file was saved while pictures were drawn: what is drawn now may be for nothing."""


def watch(story: Path, choices: Choices, say: Say, *, port: int = 0, open_browser: bool = False) -> None:
    """Build the book, show it in a browser, and do so again whenever a file that it follows from says something new.

    Returns when it is interrupted. Problems are shown beside the last good book. Raises FileError where the port is
    taken or the story's file is not there at the start, UsageError for a format that there isn't.
    """
    from novel.export import exporter
    from novel.render.progress import make_progress
    from novel.story.textfile import read_source

    for name in choices.formats:
        exporter(name)  # A format that isn't one stays wrong, whatever is saved.
    with _faults_are_shown():
        read_source(story, "story")  # A name that was mistyped is said at once, not waited for.
    if "html" not in choices.formats:
        choices = _with_html(choices)
    server = BookServer(choices.out / story.stem / f"{story.stem}.html", port)
    warm = _Warm()
    try:
        with _interrupted_by_signals():
            print(server.url, flush=True)
            if open_browser:
                import webbrowser

                webbrowser.open(server.url)
            while True:
                watched = _steady(story, choices)
                _once(story, choices, make_progress(quiet=False), server, warm, watched, say)
                while not watched.changed():
                    time.sleep(_LOOK_EVERY)
    except KeyboardInterrupt:
        say("stopped")
    finally:
        warm.release()
        server.close()


@contextmanager
def _faults_are_shown() -> Iterator[None]:
    """Within it, what is wrong inside of a story's file is no reason to stop: it will be shown."""
    from novel.errors import DiagnosticsError

    with suppress(DiagnosticsError):
        yield


def _once(
    story: Path, choices: Choices, progress: Progress, server: BookServer, warm: _Warm, watched: Watched, say: Say
) -> None:
    """One round: the words at once, then what must be drawn, then the whole."""
    began = time.perf_counter()
    drafted = False
    if any(is_font_path(path.name) for path in watched.files):
        face.cache_clear()  # A font of the writer's own may be another one by now.
    try:
        made = prepare(story, choices)
        if not is_complete(made):
            with made.store.lock(on_wait=say):
                write_draft(made, choices)
            drafted = True
            server.written()
            say(f"words after {time.perf_counter() - began:.1f} s; drawing")
        result = build(story, choices, _Alert(progress, watched), say, warm.opening)
        server.written()
        say(_told(result, time.perf_counter() - began))
    except _Changed:
        say("saved meanwhile; beginning again")
    except KeyboardInterrupt:
        if drafted:
            say(f"Not all pictures are drawn; the book shows what there was: `novel build {story}` goes on.")
        raise
    except NovelError as error:
        server.problem(str(error))
        say(str(error))


def _told(result: BuildResult, seconds: float) -> str:
    drawn = f", {result.rendered} drawn" if result.rendered else ""
    return f"{', '.join(str(path) for path in result.files)}{drawn} ({seconds:.1f} s)"


def _steady(story: Path, choices: Choices) -> Watched:
    """The files as they are once nobody is writing any more."""
    last: tuple[object, ...] = ()
    missing = 0.0
    while True:
        now = settled({story})
        if now == last and (now[0] is not None or missing >= _GONE_FOR):
            return Watched(sources(story, choices.style))
        missing = missing + _LOOK_EVERY / 2 if now[0] is None else 0.0
        last = now
        time.sleep(_LOOK_EVERY / 2)


def _with_html(choices: Choices) -> Choices:
    from dataclasses import replace

    return replace(choices, formats=("html", *choices.formats))


class _Warm:
    """Keeps one backend open from build to build: loading a model takes longer than drawing a picture."""

    def __init__(self) -> None:
        self._backend: Backend | None = None
        self._of: tuple[Any, ...] = ()

    def opening(self, made: Prepared, device: str, progress: Progress) -> Callable[[str], Backend]:
        """As ``build.opener``; what it opens stays open."""
        opened = opener(made, device, progress)

        def warm(identity: str) -> Backend:
            adapters = tuple(sorted((key, str(path)) for key, path in made.plan.assets.items()))
            of = (identity, device, made.sources[identity][1], adapters)
            if self._backend is None or of != self._of:
                self.release()
                self._backend, self._of = opened(identity), of
            return _StaysOpen(self._backend)

        return warm

    def release(self) -> None:
        """Close what is open."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None


class _StaysOpen:
    """A backend that is not closed by who has drawn with it."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def close(self) -> None:
        """Nothing is closed."""


class _Alert:
    """A progress that stops the drawing between two pictures when a file has changed."""

    def __init__(self, progress: Progress, watched: Watched) -> None:
        self._progress, self._watched = progress, watched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._progress, name)

    def panel_started(self, panel: str) -> None:
        """Raises _Changed where something was saved."""
        if self._watched.changed():
            raise _Changed
        self._progress.panel_started(panel)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Within it, a request to end is an interruption like Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
