"""From a story file to a book: the five stages in their order.

load → plan → render → letter → export. Only rendering is kept between runs, by content; the rest is cheap and always
runs. Words are measured before a model is loaded, so that a text that can't fit costs no picture.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from novel.build_record import book_record
from novel.check import warnings_of
from novel.errors import DiagnosticsError, RenderIncomplete
from novel.imprint import colophon, generator, stack_versions
from novel.prepare import Choices, Prepared, last_build, own_panels, prepare
from novel.request import RenderedPanel, Subject
from novel.store import remove_temporaries, write_atomically

if TYPE_CHECKING:
    from novel.layout.picture import Picture
    from novel.render.backend import Backend
    from novel.render.engine import RenderReport
    from novel.render.likeness import Likeness
    from novel.render.progress import Progress

Say = Callable[[str], None]
"""Takes one line for the person who waits."""

Opening = Callable[[Prepared, str, "Progress"], Callable[[str], "Backend"]]
"""From a prepared story, a device and who is told of it to what opens the backend of one of its models."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build made: the files it wrote, how many pictures it drew and how many it had, the seconds by stage."""

    files: tuple[Path, ...]
    rendered: int
    from_store: int
    seconds: dict[str, float] = field(default_factory=dict)


def build(
    story: Path,
    choices: Choices,
    progress: Progress,
    say: Say = lambda message: None,
    opening: Opening | None = None,
) -> BuildResult:
    """Make the book. Raises a ``NovelError`` for whatever a user can mend; an old book then stays as it was.

    ``opening``: in place of ``opener``, for who keeps backends open from one build to the next.
    """
    from novel.export import exporter
    from novel.layout.letter import check_lettering, letter

    clock = _Clock()
    exporters = {name: exporter(name) for name in choices.formats}
    with clock("plan"):
        made = prepare(story, choices)
    only = tuple(made.book.known_panel(panel) for panel in choices.only)
    if count := len(warnings_of(made)):
        named = {"--style": choices.style, "--model": choices.model}
        command = " ".join(["novel check", str(story), *(f"{key} {name}" for key, name in named.items() if name)])
        say(f"{count} warning{'s' if count > 1 else ''} about {story}: `{command}` shows what")
    for note in lock_notes(made):
        say(note)
    lines = colophon(made.book, made.spec, made.plan, others=made.other_specs)
    with made.store.lock(on_wait=say):
        for part in (made.folder, made.folder / "panels"):
            remove_temporaries(part)  # Of a build that was killed as it wrote.
        if not all(made.store.contains(request.key) for request in made.plan.requests.values()):
            # Before a model is loaded: is there a text that can't be set?
            with clock("measure"):
                unfit = [d for d in check_lettering(made.book, made.plan, colophon=lines) if d.severity == "error"]
            if unfit:
                raise DiagnosticsError(unfit)
        with clock("render"):
            kept = _approved(made, say)
            report = _render(made, choices, only, progress, opening or opener)
            own = own_panels(made, (opening or opener)(made, choices.device, progress))
            panels = {**own, **report.panels, **kept}
            files = _write_panels(made, panels, strip_prompts=choices.strip_prompts)
        for sentence in made.store.damaged:
            say(sentence)
        if report.failures:
            raise _incomplete(report.failures)
        waiting = [panel.id for panel in made.book.story.panels() if panel.id not in panels]
        if waiting:
            say(f"The book itself waits for {len(waiting)} more pictures: build without --only to draw them.")
            asked = tuple(files[panel] for panel in only)
            return BuildResult(asked, report.rendered, report.from_store, clock.seconds)
        with clock("letter"):
            pictures = _pictures(panels)
            document = letter(made.book, made.plan, pictures, colophon=lines)
            document = replace(document, generator=generator(made.spec))
            if choices.show_layout:
                from novel.layout.overlay import annotated

                document = annotated(document, made.book.story, made.plan, pictures)
        books: dict[str, Path] = {}
        for name, write in exporters.items():
            books[name] = made.folder / f"{story.stem}{'-layout' if choices.show_layout else ''}.{name}"
            with clock(name):
                write(document, _PanelFiles({p.sha256: files[i] for i, p in panels.items()}), books[name])
        if not choices.show_layout:
            _write_record(made, story, panels, books, report, clock.seconds)
    return BuildResult(tuple(books.values()), report.rendered, report.from_store, clock.seconds)


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began


class _PanelFiles:
    """The chosen pictures for the exporters, by the hash of their bytes."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def png(self, sha256: str) -> bytes:
        return self._files[sha256].read_bytes()


def _render(
    made: Prepared, choices: Choices, only: tuple[str, ...], progress: Progress, opening: Opening
) -> RenderReport:
    from novel.render.engine import render_all

    if only:
        # First all that is at hand; the model is for what was asked.
        at_hand = [i for i, request in made.plan.requests.items() if made.store.contains(request.key)]
        wanted: list[str] | None = [i for i in made.plan.requests if i in only or i in at_hand]
    else:
        wanted = None
    return render_all(
        made.plan.requests,
        open_backend=opening(made, choices.device, progress),
        store=made.store,
        assets=made.plan.assets,
        progress=progress,
        only=wanted,
        beginnings=made.plan.beginnings,
        sought=made.plan.sought,
        open_judge=judging(made),
    )


def judging(made: Prepared) -> Callable[[], Likeness] | None:
    """Opens who chooses among several pictures of a panel; None where there is no choice."""
    if made.judge is None:
        return None
    from novel.render.likeness import open_judge

    return partial(open_judge, made.judge)


def opener(made: Prepared, device: str, progress: Progress) -> Callable[[str], Backend]:
    """Opens the backend for one of a book's models by its identity."""
    from novel.render.backend import BackendSpec
    from novel.render.run import open_backend

    def opened(identity: str) -> Backend:
        spec, source = made.sources[identity]
        return open_backend(BackendSpec(spec.backend, source, device, made.plan.assets, made.offload), progress.note)

    return opened


def lock_notes(made: Prepared) -> list[str]:
    """What is to be said of a lock that is obeyed: libraries of other versions, which may draw other bytes."""
    if made.lock is None:
        return []
    here = stack_versions(made.spec)
    others = [
        f"{package} {made.lock.versions[package]} (here {version})"
        for package, version in here.items()
        if made.lock.versions.get(package, version) != version
    ]
    if not others:
        return []
    return [
        f"{made.lock.file} was written with {', '.join(others)}: what is drawn now may differ a little. "
        f"`novel verify {made.book.file}` shows by how much."
    ]


def _approved(made: Prepared, say: Say) -> dict[str, RenderedPanel]:
    """The approved pictures that stay though the story now asks for others. Raises RenderIncomplete for lost ones."""
    from novel.render.engine import stored

    pictures: dict[str, RenderedPanel] = {}
    lost: dict[str, str] = {}
    shown = last_build(made.folder) if made.plan.kept else {}
    for panel, key in made.plan.kept.items():
        people = made.plan.sought.get(panel, ())
        picture = stored(made.store, key, people)
        if picture is None and _restore(made, panel, key, shown):
            picture = stored(made.store, key, people)
        release = f"novel approve {made.book.file} {panel} --undo"
        if picture is None:
            lost[panel] = (
                f"its approved picture is in neither the store nor panels/; `{release}` lets it be drawn as the story "
                "asks now"
            )
            continue
        pictures[panel] = picture
        say(f"{panel} is approved and keeps its picture, though the story now asks for another: `{release}` lets it go")
    if lost:
        raise _incomplete(lost)
    return pictures


def _restore(made: Prepared, panel: str, key: str, shown: Mapping[str, Any]) -> bool:
    """Put an approved picture back into the store from the book's own folder, if that still has it unchanged."""
    from novel.render.png import decode
    from novel.render.saliency import saliency
    from novel.render.subjects import nameless

    last: Any = shown.get(panel)
    try:
        data = (made.folder / "panels" / f"{panel}.png").read_bytes()
        if last["key"] != key or hashlib.sha256(data).hexdigest() != last["sha256"]:
            return False
        recipe = {name: value for name, value in last["recipe"].items() if name != "seconds"}
        people = [Subject(**subject) for subject in last["subjects"]]
        meta = {
            "width": last["width"],
            "height": last["height"],
            "subjects": nameless(people, made.plan.sought.get(panel, ())),
            "saliency": saliency(decode(data)).hex(),
            "recipe": recipe,
            "seconds": last["recipe"].get("seconds", 0.0),
        }
        made.store.put(key, data, meta)
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def _write_panels(
    made: Prepared, panels: Mapping[str, RenderedPanel], *, strip_prompts: bool = False
) -> dict[str, Path]:
    """Each chosen picture as ``panels/ID.png``; pictures of panels that the story no longer has are taken away.

    The books take their pictures from these files, so without prompts here there are none in a book.
    """
    from novel.render.png import without_prompts

    folder = made.folder / "panels"
    files = {panel: folder / f"{panel}.png" for panel in panels}
    for panel, picture in panels.items():
        entry = made.store.get(picture.key)
        assert entry is not None, "stored a moment ago, under this lock"
        write_atomically(files[panel], without_prompts(entry.payload) if strip_prompts else entry.payload)
    known = {panel.id for panel in made.book.story.panels()}
    for path in folder.glob("*.png") if folder.is_dir() else ():
        if path.stem not in known:
            path.unlink(missing_ok=True)
    return files


def _pictures(panels: Mapping[str, RenderedPanel]) -> dict[str, Picture]:
    from novel.layout.picture import Picture

    return {i: Picture.of(panel) for i, panel in panels.items()}


def _incomplete(failures: Mapping[str, str]) -> RenderIncomplete:
    lines = [f"    {panel}: {reason}" for panel, reason in failures.items()]
    count = len(lines)
    return RenderIncomplete(
        f"{count} panel{'s' if count > 1 else ''} did not render; the other pictures are kept:\n" + "\n".join(lines),
        "Build again to try only these once more.",
    )


def _write_record(
    made: Prepared,
    story: Path,
    panels: Mapping[str, RenderedPanel],
    books: Mapping[str, Path],
    report: RenderReport,
    seconds: Mapping[str, float],
) -> None:
    """``build.json``: what was made from what, by which versions, in how long."""
    told = book_record(made, story)
    record = {
        **{name: value for name, value in told.items() if name != "panels"},
        "books": {
            name: {"file": path.name, "bytes": path.stat().st_size, "sha256": made.store.sha256_of_file(path)}
            for name, path in books.items()
        },
        "rendered": report.rendered,
        "from_store": report.from_store,
        "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
        "panels": {
            i: {**panels[i].model_dump(mode="json", exclude={"saliency"}), **panel}
            for i, panel in told["panels"].items()
        },
    }
    write_atomically(made.folder / "build.json", json.dumps(record, ensure_ascii=False, indent=1).encode() + b"\n")
