"""What is no mistake of form, yet most likely not what the writer meant: warnings, few and each at its place."""

from __future__ import annotations

import re

from novel.story.reading import Reading
from novel.story.record import Values, text_nodes
from novel.story.references import Draft
from novel.story.tree import Node

MAX_BALLOON_WORDS = 25
MAX_PANEL_WORDS = 35
"""Words to a balloon and to a panel, as comics letterers and editors count them."""

_QUOTED = re.compile(r"[\"“„«][^\"“”„«»]+[\"”“»]")
_DRAWN_WORDS = re.compile(r"\b(?:speech (?:balloon|bubble)|(?:saying|says)\s*[:,]?\s*[\"“«])", re.IGNORECASE)


def story(values: Values, draft: Draft, reading: Reading) -> None:
    """Warns of what is doubtful in a story."""
    _unused(values, draft, reading)
    places = values.get("places", ())
    anchors = {e.id for e in places if isinstance(e.value, Values) and e.value.get("anchor")}
    for panel_id, panel in draft.panels.items():
        if panel_id in draft.made and ("prompt" in panel or "image" in panel):
            reading.warn(
                panel.where, "no-id", "this panel has no `id`; one was made from its prompt",
                f"Write `id: {panel_id}`: then editing the prompt later keeps the panel's seed and name.",
            )  # fmt: skip
        _panel(panel, reading, anchored=panel.get("place", "").strip() in anchors)


def style(values: Values, reading: Reading) -> None:
    """Warns of what is doubtful in a style."""
    art = values.get("art", {})
    if "revision" in art and art.get("model", "embedded") == "embedded":
        reading.warn(
            art.node("revision"), "no-effect", "`revision` has no effect: the embedded model has one version",
            "Take it out, or name a hub id under `model`.",
        )  # fmt: skip


def _panel(panel: Values, reading: Reading, *, anchored: bool) -> None:
    if "continues" in panel and "strength" not in panel.nodes:
        reading.warn(
            panel.node("continues"), "no-strength", "a panel that continues another says nothing of how much changes",
            "Write `strength:`, such as 0.5 for a small change or 0.8 for a large one.",
        )  # fmt: skip
    if "strength" in panel and not anchored and "continues" not in panel.nodes and "image" not in panel.nodes:
        reading.warn(
            panel.node("strength"), "no-effect", "`strength` is for a panel that continues another one",
            "Write `continues:` with that panel's id, or take `strength` out.",
        )  # fmt: skip
    if "image" in panel:
        for key in ("continues", "seed", "negative", "steps", "guidance", "pixels"):
            if key in panel.nodes:
                reading.warn(
                    panel.node(key), "no-effect", f"`{key}` has no effect beside a picture of your own (`image`)",
                    f"Take `{key}` or `image` out.",
                )  # fmt: skip
    prompt = panel.get("prompt", "")
    if _DRAWN_WORDS.search(prompt) or any(len(quoted.split()) > 1 for quoted in _QUOTED.findall(prompt)):
        reading.warn(
            panel.node("prompt"), "words-in-prompt", "the prompt holds words to be read, which a model can't draw",
            "Write them under `say`, `caption` or `sfx`; describe only what is seen.",
        )  # fmt: skip
    _words(panel, reading)


def _words(panel: Values, reading: Reading) -> None:
    total = 0
    balloons: list[tuple[str, Node]] = [(line["text"], line.where) for line in panel.get("say", ()) if "text" in line]
    if "caption" in panel:
        balloons += list(zip(panel["caption"], text_nodes(panel.node("caption")), strict=True))
    long = False
    for text, node in balloons:
        count = len(text.split())
        total += count
        if count > MAX_BALLOON_WORDS:
            long = True
            reading.warn(
                node, "long-balloon", f"{count} words are many for one balloon; {MAX_BALLOON_WORDS} read well",
                "Split them into several, or give some to another panel.",
            )  # fmt: skip
    if total > MAX_PANEL_WORDS and not (long and len(balloons) == 1):
        reading.warn(
            panel.where, "wordy-panel", f"{total} words are many for one panel; {MAX_PANEL_WORDS} read well",
            "Give some of them to another panel.",
        )  # fmt: skip


def _unused(values: Values, draft: Draft, reading: Reading) -> None:
    if not reading.faithful or "chapters" not in values:
        return
    people = {member for panel in draft.panels.values() for member, _, _ in panel.get("cast", ())}
    voices = {line["speaker"] for panel in draft.panels.values() for line in panel.get("say", ()) if "speaker" in line}
    places = {panel["place"].strip() for panel in draft.panels.values() if "place" in panel}
    for entry in values.get("characters", ()):
        if entry.id not in people and entry.id not in voices:
            reading.warn(entry.key, "unused", f"the character `{entry.id}` is in no panel")
        elif (
            entry.id in people
            and isinstance(entry.value, Values)
            and not (entry.value.get("look", "").strip() or "adapter" in entry.value.nodes)
        ):
            reading.warn(
                entry.key, "no-look", f"the character `{entry.id}` is seen but has no `look`: each panel will differ",
                "Describe them under `look`: age, hair, clothes.",
            )  # fmt: skip
    for entry in values.get("places", ()):
        if entry.id not in places:
            reading.warn(entry.key, "unused", f"the place `{entry.id}` is in no panel")
