"""The book at every save: what is drawn, what is shown, and that nothing else can be asked for."""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from novel.build import build
from novel.editor import watch
from novel.editor.draft import write_draft
from novel.editor.serve import BookServer
from novel.editor.sources import Watched, sources
from novel.prepare import Choices, prepare
from novel.render.progress import Quiet
from novel.story.takes import takes_file

WAIT = 60


class Watching:
    """A ``novel watch`` in a process of its own, its messages, and the stream that it tells browsers by."""

    def __init__(self, story: Path, *words: str) -> None:
        self.story = story
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "novel", "watch", story.name, *words],
            cwd=story.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
            # A shell's background jobs, and so these tests when run in one, have interruptions switched off.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def until(self, words: str) -> str:
        """The next line that holds these words."""
        end = time.monotonic() + WAIT
        while True:
            line = self._lines.get(timeout=max(0.1, end - time.monotonic()))
            assert line is not None, "\n".join(self.said)
            self.said.append(line)
            if words in line:
                return line

    def get(self, path: str, host: str = "", method: str = "GET") -> tuple[int, bytes]:
        place = urlsplit(self.url).netloc
        connection = http.client.HTTPConnection(place, timeout=WAIT)
        connection.request(method, path, headers={"Host": host or place})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def drawn(self) -> int:
        """How many pictures were drawn in all."""
        return sum(": 0." in line and line.startswith("[") for line in self.said)

    def edit(self, old: str, new: str) -> None:
        """Save the story as editors do: another file in its place."""
        text = self.story.read_text()
        assert old in text
        other = self.story.with_suffix(".swp")
        other.write_text(text.replace(old, new))
        other.replace(self.story)

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(WAIT)


@pytest.fixture
def watching(story_file: Path) -> Iterator[Watching]:
    running = Watching(story_file)
    yield running
    running.process.kill()


def events(url: str) -> Iterator[dict[str, object]]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=WAIT)
    connection.request("GET", "/events", headers={"Host": urlsplit(url).netloc})
    stream = connection.getresponse()
    while line := stream.readline():
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_words_draw_nothing_pictures_only_what_must_and_problems_are_shown(watching: Watching, novel) -> None:
    told = events(watching.url)
    watching.until("3 drawn")
    book = watching.story.parent / "output" / "story" / "story.html"
    assert watching.get("/book")[1] == book.read_bytes()
    while (state := next(told))["build"] != 2:  # the words at once, then the whole
        assert state["problem"] == ""
    watching.edit("Look at that!", "Look at this!")
    line = watching.until("story.html")
    assert "drawn" not in line
    assert next(told) == {"build": 3, "problem": ""}
    assert b"Look at this!" in watching.get("/book")[1] or b"LOOK AT THIS" in watching.get("/book")[1].upper()
    good = book.read_bytes()
    watching.edit("cast: [ann]\n        prompt: a robot", "cast: [nobody]\n        prompt: a robot")
    watching.until("nobody")
    state = next(told)
    assert state["build"] == 3
    assert "nobody" in str(state["problem"])
    assert book.read_bytes() == good, "the last good book stays"
    watching.edit("cast: [nobody]\n        prompt: a robot", "cast: [ann]\n        prompt: a dragon")
    watching.until("words after")
    assert "2 drawn" in watching.until("story.html"), "the panel, and the one that continues it"
    assert watching.end() == 0
    watching.until("stopped")
    mine = book.read_bytes()
    assert novel("build", watching.story, "--to", "html").returncode == 0
    assert book.read_bytes() == mine, "what watching leaves is what a build writes"


def test_the_takes_and_the_style_count_too(watching: Watching) -> None:
    watching.until("3 drawn")
    takes_file(watching.story).write_text("novel: 1\npanels:\n  first: {seed: 99}\n")
    assert "1 drawn" in watching.until("story.html")
    style = watching.story.parent / "styles" / "test.yaml"
    style.write_text(style.read_text() + "lettering: {size: 9pt}\n")
    assert "drawn" not in watching.until("story.html")
    style.write_text(style.read_text().replace("size", "sighs"))
    watching.until("sighs")
    style.write_text(style.read_text().replace("sighs", "size"))
    watching.until("story.html")
    assert watching.end(signal.SIGTERM) == 0


def test_only_the_book_is_served_and_only_under_this_machine_s_names(watching: Watching) -> None:
    watching.until("3 drawn")
    assert watching.url.startswith("http://127.0.0.1:")
    assert watching.get("/")[0] == 200
    assert watching.get("/watch.js")[0] == 200
    assert watching.get("/book", method="HEAD") == (200, b"")
    for path in ("/story.yaml", "/../story.yaml", "/output", "/panels/first.png", "//etc/passwd", "/book/../../x"):
        assert watching.get(path)[0] == 404, path
    port = urlsplit(watching.url).port
    assert watching.get("/book", host=f"localhost:{port}")[0] == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1"):
        assert watching.get("/book", host=host)[0] == 403
    assert watching.get("/book", method="POST")[0] == 501


def test_a_story_that_isn_t_there_and_a_port_that_is_taken_are_said(story_file: Path, novel) -> None:
    done = novel("watch", "stroy.yaml")
    assert done.returncode == 5
    assert "story.yaml" in done.stderr
    server = BookServer(story_file, 0)
    try:
        taken = novel("watch", story_file, "--port", str(urlsplit(server.url).port))
    finally:
        server.close()
    assert taken.returncode == 5
    assert "can't be used" in taken.stderr


def test_a_format_that_there_is_not_is_said_at_once(story_file: Path, novel) -> None:
    done = novel("watch", story_file, "--to", "docx")
    assert done.returncode == 2
    assert "docx" in done.stderr
    assert done.stdout == ""


def test_a_story_that_is_wrong_from_the_start_is_shown_beside_the_book_from_before(story_file: Path, novel) -> None:
    assert novel("build", story_file, "--to", "html").returncode == 0
    book = (story_file.parent / "output" / "story" / "story.html").read_bytes()
    text = story_file.read_text()
    story_file.write_text(text.replace("cast: [jon]", "cast: [nobody]"))
    running = Watching(story_file)
    try:
        told = events(running.url)
        while not (state := next(told))["problem"]:
            pass
        assert state["build"] == 1
        assert "nobody" in str(state["problem"])
        assert running.get("/book") == (200, book)
        story_file.write_bytes(text.replace("\n", "\r\n").encode())
        assert next(told) == {"build": 2, "problem": ""}
        assert running.get("/book") == (200, book), "line ends are no words"
    finally:
        running.process.kill()


def test_a_font_that_is_another_now_sets_the_words_anew(story_file: Path, novel) -> None:
    from novel.layout.fonts import FAMILIES

    style = story_file.parent / "styles" / "test.yaml"
    font = style.with_name("own.ttf")
    font.write_bytes(FAMILIES["comic-relief"].nearest(False, False).path.read_bytes())
    style.write_text(style.read_text() + "lettering: {font: own.ttf, caps: false}\n")
    running = Watching(story_file)
    book = story_file.parent / "output" / "story" / "story.html"
    try:
        running.until("3 drawn")
        before = book.read_bytes()
        other = font.with_suffix(".new")
        other.write_bytes(FAMILIES["patrick-hand"].nearest(False, False).path.read_bytes())
        other.replace(font)
        running.until("story.html")
        assert running.end() == 0
    finally:
        running.process.kill()
    mine = book.read_bytes()
    assert mine != before
    assert novel("build", story_file, "--to", "html").returncode == 0
    assert book.read_bytes() == mine


def test_a_draft_shows_the_last_picture_of_a_changed_panel_and_a_plain_one_for_a_new_one(story_file: Path) -> None:
    choices = Choices(formats=("html",), out=story_file.parent / "output")
    build(story_file, choices, Quiet())
    folder = story_file.parent / "output" / "story"
    text = story_file.read_text()
    story_file.write_text(
        text.replace("prompt: a robot", "prompt: a dragon")
        + "      - {id: fourth, prompt: a boat, caption: At last.}\n"
    )
    kept = {p.name: p.read_bytes() for p in [*(folder / "panels").iterdir(), folder / "build.json"]}
    write_draft(prepare(story_file, choices), choices)
    draft = (folder / "story.html").read_text()
    # Decoded and packed anew, the pictures have the same pixels; the plain one has a single colour.
    shown = [_pixels(part.partition('"')[0]) for part in draft.split("data:image/png;base64,")[1:]]
    old = [_decoded((folder / "panels" / f"{panel}.png").read_bytes()) for panel in ("first", "second", "third")]
    assert shown[:3] == old
    assert len(set(zip(*[iter(shown[3])] * 3, strict=True))) == 1
    assert "AT LAST." in draft.upper()
    now = {p.name: p.read_bytes() for p in [*(folder / "panels").iterdir(), folder / "build.json"]}
    assert now == kept, "what the last build made is not touched"


def _pixels(base64_png: str) -> bytes:
    import base64

    return _decoded(base64.b64decode(base64_png))


def _decoded(png: bytes) -> bytes:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB").tobytes()


def test_a_save_stops_the_drawing_after_the_picture_in_work_which_is_kept(story_file: Path) -> None:
    choices = Choices(formats=("html",), out=story_file.parent / "output")
    text = story_file.read_text()
    done: list[str] = []

    class Saving(Quiet):
        """Saves the story when the first picture is done."""

        def panel_done(self, panel: str, seconds: float) -> None:
            done.append(panel)
            if len(done) == 1:
                story_file.write_text(text.replace("prompt: a cat", "prompt: a dog"))

    watched = Watched(sources(story_file))
    with pytest.raises(watch._Changed):
        build(story_file, choices, watch._Alert(Saving(), watched))
    assert done == ["first"]
    assert not (choices.out / "story" / "story.html").exists(), "no book of an older order"
    result = build(story_file, choices, watch._Alert(Saving(), Watched(sources(story_file))))
    assert (result.rendered, result.from_store) == (2, 1)
    assert done == ["first", "second", "third"]


def test_a_browser_that_goes_away_leaves_no_trace(story_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = BookServer(story_file, 0)
    try:
        for fault in (ConnectionResetError(), BrokenPipeError(), ValueError("ours")):
            try:
                raise fault
            except (OSError, ValueError):
                server._server.handle_error(None, ("127.0.0.1", 1))
            assert bool(capsys.readouterr().err) == isinstance(fault, ValueError)
    finally:
        server.close()


def test_a_file_that_is_only_touched_has_not_changed(story_file: Path) -> None:
    watched = Watched(sources(story_file))
    assert {path.name for path in watched.files} == {"story.yaml", "test.yaml", "story.takes.yaml", "story.lock.yaml"}
    os.utime(story_file, (1, 1))
    assert not watched.changed()
    story_file.write_text(story_file.read_text() + "# more\n")
    assert watched.changed()


def test_where_the_story_can_t_be_read_the_folders_are_looked_at(story_file: Path) -> None:
    text = story_file.read_text()
    story_file.write_text(text.replace("prompt: a robot", "image: own.png"))
    watched = Watched(sources(story_file))
    assert not watched.changed()
    (story_file.parent / "own.png").write_bytes(b"x")
    assert watched.changed()


def test_the_browser_reloads_and_keeps_its_place(watching: Watching) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "export"))
    from chromium import Chromium

    watching.until("3 drawn")
    browser = Chromium()
    try:
        browser.do("Emulation.setDeviceMetricsOverride", width=900, height=500, deviceScaleFactor=1, mobile=False)
        browser.do("Page.navigate", url=watching.url)

        def value(script: str) -> object:
            return browser.do("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

        def wait_for(script: str) -> None:
            end = time.monotonic() + WAIT
            while not value(script):
                assert time.monotonic() < end, script
                time.sleep(0.05)

        frame = "document.querySelector('iframe:not(.coming)')"
        wait_for(f"!!(document.body && document.body.dataset.build && {frame})")
        before = value("document.body.dataset.build")
        value(f"{frame}.contentWindow.scrollTo({{top: 321, behavior: 'instant'}})")
        wait_for(f"{frame}.contentWindow.scrollY === 321")
        watching.edit("Look at that!", "Well, look at that!")
        wait_for(f"document.body.dataset.build !== '{before}'")
        assert value(f"{frame}.contentWindow.scrollY") == 321
        assert value("document.querySelectorAll('iframe').length") == 1
        watching.edit("cast: [jon, ann]", "cast: [jon, <b>ann]")
        wait_for("document.getElementById('problem').textContent.includes('<b>ann')")
        assert value("document.getElementById('problem').children.length") == 0
        assert watching.end() == 0
        wait_for("""document.getElementById('problem').textContent.includes("doesn't answer")""")
    finally:
        browser.close()


def test_a_model_stays_loaded_from_build_to_build(story_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from novel.render.fake import FakeBackend

    opened: list[str] = []
    closed: list[str] = []

    class Noted(FakeBackend):
        def close(self) -> None:
            closed.append("closed")

    def opener(made: object, device: str, progress: object) -> object:
        return lambda identity: opened.append(identity) or Noted()

    monkeypatch.setattr(watch, "opener", opener)
    warm = watch._Warm()
    choices = Choices(out=story_file.parent / "output")
    for words in ("a robot", "a dragon"):
        story_file.write_text(story_file.read_text().replace("a robot", words))
        watch.build(story_file, choices, Quiet(io.StringIO()), opening=warm.opening)
    assert len(opened) == 1
    assert not closed
    prepared = prepare(story_file, choices)
    warm.opening(prepared, "cpu:1", Quiet(io.StringIO()))(prepared.spec.identity)
    assert len(opened) == 2, "another device is another backend"
    warm.release()
    assert closed == ["closed"] * 2
