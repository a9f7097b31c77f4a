"""A loaded story with its style, and the way back from any part of it to its place in the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from novel.errors import Diagnostic, RefusedError, UsageError
from novel.story import assets
from novel.story.faults import AssetFault
from novel.story.model import Story
from novel.story.source import SourceText
from novel.story.spelling import did_you_mean
from novel.story.style import Style
from novel.story.tree import Mapping, Node, Sequence


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Where each part of a file stands. ``panels``: each panel by its id."""

    source: SourceText
    root: Node
    panels: dict[str, Node]

    def find(self, start: Node, path: tuple[str | int, ...]) -> Node:
        """The node at the end of a path of keys and list positions, or the deepest that there is on the way."""
        node = start
        for step in path:
            inner: Node | None = None
            if isinstance(node, Mapping) and isinstance(step, str):
                inner = node.get(step)
            elif isinstance(node, Sequence) and isinstance(step, int) and -len(node.items) <= step < len(node.items):
                inner = node.items[step]
            # One text may stand where a list could: its only item is the text itself.
            node = inner if inner is not None else node
        return node


@dataclass(frozen=True, slots=True)
class Book:
    """A story and its style, sound as far as their files tell, and the way back to the places in those files."""

    story: Story
    style: Style
    file: Path
    style_file: Path
    source: SourceMap
    style_source: SourceMap
    warnings: tuple[Diagnostic, ...]

    def story_asset(self, rel: str) -> Path:
        """The file that the story names as ``rel``. Raises ``RefusedError`` for a path that isn't safe."""
        return _asset(self.file, rel)

    def style_asset(self, rel: str) -> Path:
        """The file that the style names as ``rel``. Raises ``RefusedError`` for a path that isn't safe."""
        return _asset(self.style_file, rel)

    def known_panel(self, panel_id: str) -> str:
        """The panel's id, which must be one of the story's. Raises ``UsageError`` with the nearest."""
        known = [panel.id for panel in self.story.panels()]
        if panel_id not in known:
            hint = did_you_mean(panel_id, known) or "`novel plan` lists the panels."
            raise UsageError(f"There is no panel {panel_id!r} in {self.file}.", hint)
        return panel_id

    def at(
        self,
        panel_id: str,
        *path: str | int,
        message: str,
        code: str,
        hint: str = "",
        severity: Literal["error", "warning"] = "error",
        exit_code: int = 3,
    ) -> Diagnostic:
        """A diagnostic that points at a panel, or at a part of it such as ``"say", 0`` or ``"prompt"``."""
        node = self.source.find(self.source.panels.get(panel_id, self.source.root), path)
        return self.source.source.diagnostic(node.start, code, message, hint, severity=severity, exit_code=exit_code)

    def story_at(
        self,
        *path: str | int,
        message: str,
        code: str,
        hint: str = "",
        severity: Literal["error", "warning"] = "error",
        exit_code: int = 3,
    ) -> Diagnostic:
        """A diagnostic that points at a part of the story file, such as ``"title"`` or ``"chapters", 0, "title"``."""
        node = self.source.find(self.source.root, path)
        return self.source.source.diagnostic(node.start, code, message, hint, severity=severity, exit_code=exit_code)

    def style_at(
        self,
        *path: str | int,
        message: str,
        code: str,
        hint: str = "",
        severity: Literal["error", "warning"] = "error",
        exit_code: int = 3,
    ) -> Diagnostic:
        """A diagnostic that points at a part of the style file, such as ``"lettering", "font"``."""
        node = self.style_source.find(self.style_source.root, path)
        return self.style_source.source.diagnostic(
            node.start, code, message, hint, severity=severity, exit_code=exit_code
        )


def _asset(file: Path, rel: str) -> Path:
    try:
        return assets.find(file.parent, rel)
    except AssetFault as fault:
        raise RefusedError(f"{file}: {fault.message}", fault.hint) from None
