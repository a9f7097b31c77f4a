"""Reading a story and its style: all of both's mistakes at once, each at its place; or a ``Book`` to build from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from novel.errors import Diagnostic, DiagnosticsError
from novel.story import assemble, assets, check, references, styles
from novel.story.book import Book, SourceMap
from novel.story.faults import AssetFault
from novel.story.reading import MAX_ERRORS, Enough, Reading
from novel.story.record import Record, Values, text_nodes
from novel.story.spelling import did_you_mean
from novel.story.story_form import STORY
from novel.story.style_form import STYLE
from novel.story.textfile import read_source
from novel.story.tree import Mapping, Node, shown

__all__ = ["INLINE", "Book", "SourceMap", "load_story"]

INLINE = "(in the story)"
"""What stands for the style's name in a story that holds its style itself."""


def load_story(file: Path, *, style: str | None = None) -> Book:
    """Reads a story and its style.

    ``style`` takes the place of the story's own: a style's name, or a path from the working folder. Raises
    ``DiagnosticsError`` with all errors and warnings of both files, ``FileError`` where one can't be read at all, and
    ``RefusedError`` where one is a pipe or a device.
    """
    file = Path(file)
    source, unreadable = read_source(file, "story")
    reading = Reading(source, unreadable, supplied=("style",) if style is not None else ())
    drafted = references.Draft()
    values, style_file = None, None
    written: str | Values = style or ""
    with _until_enough(reading):
        values = _values(reading, STORY, "story")
        if values is not None:
            drafted = references.draft(values, reading)
            _check_story_assets(values, file.parent, reading)
            check.story(values, drafted, reading)
            written = style if style is not None else values.get("style", "")
    style_reading, style_values = None, None
    if isinstance(written, Values):
        style_file, style_reading, style_values, written = file, reading, written, INLINE
        with _until_enough(reading):
            _check_style(style_values, file.parent, reading)
    else:
        with _until_enough(reading):
            style_file = _find_style(written.strip(), file, reading, values if style is None else None)
    diagnostics = _in_order(reading)
    if style_file is not None and style_reading is None:
        try:
            style_reading = Reading(*read_source(style_file, "style"))
        except DiagnosticsError as error:
            diagnostics += error.diagnostics
        else:
            with _until_enough(style_reading):
                style_values = _values(style_reading, STYLE, "style")
                if style_values is not None:
                    _check_style(style_values, style_file.parent, style_reading)
            diagnostics += _in_order(style_reading)
    if any(d.severity == "error" for d in diagnostics):
        raise DiagnosticsError(diagnostics)
    # Without an error each of these was read.
    assert values is not None
    assert style_file is not None
    assert style_reading is not None
    assert style_values is not None
    panels = {name: panel.where for name, panel in drafted.panels.items()}
    return Book(
        story=assemble.story(values, drafted, written.strip()),
        style=assemble.style(style_values, style_file.stem),
        file=file,
        style_file=style_file,
        source=SourceMap(source, values.where, panels),
        style_source=SourceMap(style_reading.source, style_values.where, {}),
        warnings=tuple(diagnostics),
    )


@contextmanager
def _until_enough(reading: Reading) -> Iterator[None]:
    try:
        yield
    except Enough:
        hint = "Mend the first ones and look again; or check that this is the file you meant."
        message = f"there are more than {MAX_ERRORS} errors; the others are not shown"
        reading.diagnostics.append(reading.source.whole("too-many-errors", message, hint))


def _values(reading: Reading, form: Record, what: str) -> Values | None:
    """What stands in a file, as far as it can be read; None where it is nothing sensible."""
    if isinstance(reading.root, Mapping):
        values = form.read(reading.root, what, reading)
        return values if isinstance(values, Values) else None
    if reading.diagnostics:
        return None
    if reading.root is None:
        hint = "The first line of a story is `novel: 1`." if form is STORY else "A style has `art:`, for a start."
        reading.diagnostics.append(reading.source.whole("empty", f"the {what} file holds nothing but comments", hint))
    else:
        message = f"the {what} must be a mapping: lines of `key: value`"
        reading.error(reading.root, "wrong-type", message, "Write a space after each colon.")
    return None


def _in_order(reading: Reading) -> list[Diagnostic]:
    # Stable: what stands at one place stays in the order in which it was found.
    return sorted([*reading.diagnostics, *reading.warnings()], key=lambda d: (d.line, d.column))


def _find_style(written: str, file: Path, reading: Reading, values: Values | None) -> Path | None:
    """The style's file, or None after reporting that there is none. ``values``: the story that names it, if it does."""
    if not written:
        return None
    if styles.is_path(written) and values is None:
        # On the command line a path is the user's own, from where they stand.
        return Path(written)
    try:
        found = assets.resolve(file.parent, written) if styles.is_path(written) else styles.find(written, file)
        if found is not None:
            return found
        known = styles.names(file)
        listed = f"Styles: {', '.join(known)}." if known else "No styles were found; put one into `styles/`."
        fault = AssetFault(
            "unknown-style", f"there is no style `{shown(written)}`", f"{did_you_mean(written, known)} {listed}".strip()
        )
    except AssetFault as caught:
        fault = caught
    if values is None:
        whole = reading.source.whole(fault.code, fault.message, fault.hint, exit_code=fault.exit_code)
        reading.diagnostics.append(whole)
    else:
        reading.error(values.node("style"), fault.code, fault.message, fault.hint, exit_code=fault.exit_code)
    return None


def _check(reading: Reading, node: Node, look: Callable[[Path, str], Path], folder: Path, written: str) -> None:
    try:
        look(folder, written)
    except AssetFault as fault:
        reading.error(node, fault.code, fault.message, fault.hint, exit_code=fault.exit_code)


def _check_story_assets(values: Values, folder: Path, reading: Reading) -> None:
    for entry in (*values.get("characters", ()), *values.get("places", ())):
        if not isinstance(entry.value, Values):
            continue
        if "path" in entry.value.get("adapter", {}):
            lora = entry.value["adapter"]
            _check(reading, lora.node("path"), assets.adapter, folder, lora["path"])
        nodes = text_nodes(entry.value.node("references"))
        written = entry.value.get("references", ())
        for node, path in zip(nodes, written, strict=True):
            _check(reading, node, assets.image, folder, path)
    for panel in _all_panels(values):
        if "image" in panel:
            _check(reading, panel.node("image"), assets.image, folder, panel["image"])


def _all_panels(values: Values) -> Iterator[Values]:
    if "cover" in values:
        yield values["cover"]
    for chapter in values.get("chapters", ()):
        yield from references.chapter_panels(chapter)


def _check_style(values: Values, folder: Path, reading: Reading) -> None:
    _check_style_assets(values, folder, reading)
    check.style(values, reading)


def _check_style_assets(values: Values, folder: Path, reading: Reading) -> None:
    art, lettering = values.get("art", {}), values.get("lettering", {})
    for lora in art.get("adapters", ()):
        if "path" in lora:
            _check(reading, lora.node("path"), assets.adapter, folder, lora["path"])
    anchor = art.get("anchor", {})
    if "image" in anchor:
        _check(reading, anchor.node("image"), assets.image, folder, anchor["image"])
    for key in ("font", "prose"):
        if key in lettering and assets.is_font_path(lettering[key]):
            _check(reading, lettering.node(key), assets.font, folder, lettering[key])
    if "fallback" in lettering:
        for node, written in zip(text_nodes(lettering.node("fallback")), lettering["fallback"], strict=True):
            if assets.is_font_path(written):
                _check(reading, node, assets.font, folder, written)
