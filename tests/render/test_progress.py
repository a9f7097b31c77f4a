"""What is shown while pictures are drawn."""

from __future__ import annotations

import io

import pytest

from novel.render.progress import Bar, PlainLines, Progress, Quiet, make_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(progress: Progress) -> None:
    progress.start(4, 1)
    progress.panel_started("late-night")
    for done in (1, 2):
        progress.step(done, 2)
    progress.panel_done("late-night", 70.0)
    progress.panel_started("[bold]the bird")
    progress.failed("[bold]the bird", "it came out [red]black")
    progress.note("something else")
    progress.finish()


def test_the_place_decides() -> None:
    assert isinstance(make_progress(stream=io.StringIO()), PlainLines)
    assert isinstance(make_progress(stream=Terminal()), Bar)
    assert isinstance(make_progress(quiet=True, stream=Terminal()), Quiet)


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(make_progress(stream=Terminal()), PlainLines)


def test_a_terminal_shows_a_bar_with_the_panels_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    tell(Bar(stream))
    shown = stream.getvalue()
    assert "[bold]the bird: failed: it came out [red]black" in shown
    assert "something else" in shown
    assert "3/4" in shown


def test_lines_without_a_terminal() -> None:
    stream = io.StringIO()
    tell(PlainLines(stream))
    assert stream.getvalue().splitlines() == [
        "drawing 3 of 4 pictures, 1 from the store",
        "[1/3] late-night: 70.0 s, about 2 min 20 s left",
        "[2/3] [bold]the bird: failed: it came out [red]black",
        "something else",
    ]


def test_quiet_says_only_what_went_wrong() -> None:
    stream = io.StringIO()
    tell(Quiet(stream))
    assert stream.getvalue().splitlines() == ["[bold]the bird: failed: it came out [red]black", "something else"]
