"""Everything that can be said about a story without drawing it: form, assets, model, adapters, words, lettering."""

from __future__ import annotations

from pathlib import Path

from novel.errors import Diagnostic, DiagnosticsError
from novel.imprint import own_words
from novel.plan.prompt import words_of
from novel.prepare import Choices, Prepared, prepare
from novel.story.load import Book
from novel.story.model import Panel, Story


def check_story(story: Path, *, style: str | None = None, model: str | None = None) -> list[Diagnostic]:
    """All errors and warnings, in the order in which the stages find them.

    Raises ``NovelError`` only for what has no place in the story or style: a file that can't be read, a model that
    isn't there.
    """
    from novel.layout.letter import check_lettering

    try:
        made = prepare(story, Choices(style=style, model=model))
    except DiagnosticsError as error:
        return list(error.diagnostics)
    found = [
        *made.book.warnings,
        *made.takes.warnings,
        *check_lettering(made.book, made.plan, colophon=own_words(made.book)),
    ]
    found += made.left_out
    found += cut_prompts(made)
    if made.spec.name == "embedded":
        found += unknown_words(made.book)
        found += told_from_the_right(made.book)
    return found


def cut_prompts(made: Prepared) -> list[Diagnostic]:
    """A warning for each panel whose prompt is longer than its model reads, with the words that are lost."""
    from novel.render.prompt_limit import PromptLimit

    limits = {identity: PromptLimit(source) for identity, (_, source) in made.sources.items()}
    found = []
    for panel, request in made.plan.requests.items():
        limit = limits[request.model]
        lost = limit.lost(request.prompt)
        if lost:
            found.append(
                made.book.at(
                    panel,
                    "prompt",
                    message=f"the prompt is longer than the {limit.tokens} tokens that "
                    f"{made.sources[request.model][0].name} reads; lost is its end: “{lost}”",
                    code="prompt-cut",
                    hint="Shorten the looks, this prompt or what the style adds (`novel plan` shows all of it).",
                    severity="warning",
                )
            )
    return found


def unknown_words(book: Book) -> list[Diagnostic]:
    """A warning for each panel whose prompt brings words that the embedded model has never seen, with what it knows
    instead. A word is told where it stands first."""
    from novel.embedded.vocabulary import unknown_words as unknown

    found = []
    told: set[str] = set()
    for panel in book.story.panels():
        new = [word for word in unknown(panel.prompt) if word.word not in told]
        if not new:
            continue
        told.update(word.word for word in new)
        words = ", ".join(f"`{w.word}`" + (f" (near: {', '.join(w.near)})" if w.near else "") for w in new)
        message = f"not known to the embedded model: {words}"
        found.append(book.at(panel.id, "prompt", message=message, code="unknown-word", severity="warning"))
    return found


_FROM_LEFT = ("left", "center", "fourth", "right")


def told_from_the_right(book: Book) -> list[Diagnostic]:
    """A warning for each panel whose people the embedded model might mix up: it reads them best from left to right,
    and in some pictures of those told in another order one has what is the other's."""
    found = []
    for panel in book.story.panels():
        order = _from_left(_sides(book.story, panel))
        if order == sorted(order):
            continue
        if panel.cast:
            hint = f"List the cast in this order: {', '.join(panel.cast[k].id for k in order)}."
        else:
            hint = "Write who stands on the left first."
        message = "people told from right to left, whom the embedded model mixes up now and then"
        at = "cast" if panel.cast else "prompt"
        found.append(book.at(panel.id, at, message=message, code="right-to-left", hint=hint, severity="warning"))
    return found


def _sides(story: Story, panel: Panel) -> list[str]:
    """Where each of a panel's people is told to be, in the order told; empty where it isn't said."""
    from novel.embedded.asked import read_prompt

    if not panel.cast:
        return [person.side for person in read_prompt(panel.prompt).people]
    # A look may hold no word for a person that is known: one stands in for whoever it is.
    told = (read_prompt(f"person, {words_of(story, member)}").people for member in panel.cast)
    return [next((person.side for person in people if person.side), "") for people in told]


def _from_left(sides: list[str]) -> list[int]:
    """The order from left to right; as told where a side is missing."""
    told = list(range(len(sides)))
    return sorted(told, key=lambda k: _FROM_LEFT.index(sides[k])) if all(sides) else told
