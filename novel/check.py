"""Everything that can be said about a story without drawing it: form, assets, model, adapters, words, lettering."""

from __future__ import annotations

from pathlib import Path

from novel.errors import Diagnostic, DiagnosticsError
from novel.imprint import own_words
from novel.prepare import Choices, Prepared, prepare
from novel.story.load import Book


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
    return [*warnings_of(made), *check_lettering(made.book, made.plan, colophon=own_words(made.book))]


def warnings_of(made: Prepared) -> list[Diagnostic]:
    """The warnings that need no lettering: of form and takes, and of what the model won't read or do as asked."""
    found = [*made.book.warnings, *made.takes.warnings, *made.left_out, *cut_prompts(made)]
    if made.spec.name == "embedded":
        found += unknown_words(made.book)
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
