"""Seeds that follow from the story and the panel's id, never from a panel's position: an insertion redraws nothing."""

from __future__ import annotations

import hashlib

from novel.story.model import Panel, Story


def panel_seed(story: Story, panel: Panel) -> int:
    """The panel's own seed where the writer gives one, else 31 bits drawn from the story's seed and the panel's id."""
    if panel.seed is not None:
        return panel.seed
    digest = hashlib.sha256(f"{story.seed}\x00{panel.id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
