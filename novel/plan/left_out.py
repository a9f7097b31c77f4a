"""What a story asks that its model does otherwise or leaves out: warnings, each at its place, with what to use instead.

What a model's family can't draw at all is no warning but an error (``render.families.check_requests``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from novel.errors import Diagnostic
from novel.plan.model import ModelSpec, Plan
from novel.story.load import Book

FEW_STEPS = 10
"""Up to so many steps, guidance that is none is meant: a model or an adapter was distilled for it."""


def left_out(book: Book, spec: ModelSpec, plan: Plan, specs: Mapping[str, ModelSpec]) -> list[Diagnostic]:
    """The warnings for a story as it is planned. ``specs``: the models that draw it, by identity."""
    if spec.backend == "fake":
        return []
    return [*_references(book, spec), *_negative(book, spec), *_guidance(book, plan, specs)]


def _references(book: Book, spec: ModelSpec) -> Iterator[Diagnostic]:
    adapter = book.style.art.reference_adapter
    if adapter is not None and spec.references != "adapter":
        yield book.style_at(
            "art",
            "reference_adapter",
            message=f"{spec.name} takes no IP-Adapter",
            code="references-unused",
            hint="It looks at reference pictures by itself." if spec.references else _WHO_LOOKS,
            severity="warning",
        )
    if spec.references == "edit" and "reference_weight" in book.style.art.model_fields_set:
        yield book.style_at(
            "art",
            "reference_weight",
            message=f"{spec.name} looks at reference pictures as it sees fit: `reference_weight` changes nothing",
            code="references-unused",
            hint="Leave it out; 0 for no look at all is heeded.",
            severity="warning",
        )
    if spec.references == "edit" or (spec.references == "adapter" and adapter is not None):
        return
    why, hint = f"{spec.name} can't", _WHO_LOOKS
    if spec.name == "embedded":
        why, hint = "there is no IP-Adapter for the embedded model", f"`novel train` makes it an adapter. {_WHO_LOOKS}"
    elif spec.references:
        why = "the style names no IP-Adapter to look through"
        hint = f"Name one as `art.reference_adapter`. {_WHO_LOOKS}"
    where = [("characters", i) for i, c in book.story.characters.items() if c.references]
    where += [("places", i) for i, p in book.story.places.items() if p.references]
    for kind, name in where:
        yield book.story_at(
            kind,
            name,
            "references",
            message=f"the reference pictures of `{name}` are not looked at: {why}",
            code="references-unused",
            hint=hint,
            severity="warning",
        )


_WHO_LOOKS = "`novel models` shows who looks at reference pictures; a look in words and an adapter work everywhere."


def _negative(book: Book, spec: ModelSpec) -> Iterator[Diagnostic]:
    if spec.supports_negative:
        return
    message, hint = f"{spec.name} takes no negative prompt", "Say what is to be seen instead, in `after` or a `look`."
    if book.style.art.negative:
        yield book.style_at("art", "negative", message=message, code="negative-unused", hint=hint, severity="warning")
    for panel in book.story.panels():
        if panel.negative:
            yield book.at(panel.id, "negative", message=message, code="negative-unused", hint=hint, severity="warning")


def _guidance(book: Book, plan: Plan, specs: Mapping[str, ModelSpec]) -> Iterator[Diagnostic]:
    """A warning where guidance is far from what the model was made for; for the style's, one."""
    told = False
    for panel in book.story.panels():
        request = plan.requests.get(panel.id)
        if request is None:
            continue
        spec = specs[request.model]
        message = _odd(request.guidance, spec)
        # An adapter may have been made for few steps without guidance (LCM, Lightning): no config would tell.
        if not message or (request.adapters and request.steps <= FEW_STEPS and request.guidance <= 2.0):
            continue
        own = panel.guidance is not None
        if (not own and (told or book.style.art.guidance is None)) or request.guidance == spec.guidance:
            continue
        told = told or not own
        low, high = spec.guidance_range or (0.0, 0.0)
        hint = "Leave it out." if low == high else f"Take {low:g} to {high:g}, or leave it out for {spec.guidance:g}."
        yield (
            book.at(panel.id, "guidance", message=message, code="guidance-odd", hint=hint, severity="warning")
            if own
            else book.style_at("art", "guidance", message=message, code="guidance-odd", hint=hint, severity="warning")
        )


def _odd(guidance: float, spec: ModelSpec) -> str:
    if spec.guidance_range is None:
        return ""
    low, high = spec.guidance_range
    if low == high and guidance != low:
        return f"`guidance: {guidance:g}` has no effect: {spec.name} was distilled to draw without it"
    if guidance < low:
        return f"`guidance: {guidance:g}` is so little that {spec.name} hardly follows the prompt"
    if guidance > high:
        return f"`guidance: {guidance:g}` is so much that {spec.name} overdoes contrast and colour"
    return ""
