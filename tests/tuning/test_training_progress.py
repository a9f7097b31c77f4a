"""Who waits for a training sees how far it is, in few lines, and on standard error alone."""

from __future__ import annotations

import io

import pytest

from novel.tuning.progress import Watching


def test_a_long_run_takes_few_lines_and_tells_the_time_left() -> None:
    stream = io.StringIO()
    watch = Watching(stream=stream)
    watch.start(400, 0, "cpu, 2 threads")
    for done in range(1, 401):
        watch.step(done, 0.5)
    watch.finish()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "training for 400 steps on cpu, 2 threads"
    assert 10 <= len(lines) <= 16
    assert lines[1].startswith("step 33/400, loss 0.5000, about ")
    assert lines[-1] == "step 400/400, loss 0.5000"


def test_a_run_that_goes_on_says_so_and_one_that_is_done_says_nothing() -> None:
    stream = io.StringIO()
    Watching(stream=stream).start(400, 120, "cpu")
    assert "going on after step 120" in stream.getvalue()
    stream = io.StringIO()
    Watching(stream=stream).start(400, 400, "cpu")
    assert stream.getvalue() == ""


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watching(quiet=True)
    watch.start(10, 0, "cpu")
    for done in range(1, 11):
        watch.step(done, 0.1)
    watch.note("a word")
    watch.finish()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
