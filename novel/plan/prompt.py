"""The prompt of a panel, put together from fixed parts in a fixed order.

1. the style's ``before``
2. the shot
3. the place: its adapter's trigger words, then its ``look``
4. each of the cast, in the order written: trigger words, ``look``, and the words for this panel alone
5. the panel's own ``prompt``
6. the style's ``after``

The same character is always the same words in the same place, so that nothing drifts because a sentence did.
"""

from __future__ import annotations

from collections.abc import Iterable

from novel.request import Sought
from novel.story.model import Adapter, CastMember, Panel, Shot, Story
from novel.story.style import Style

SHOT_WORDS: dict[Shot, str] = {
    "wide": "wide shot",
    "medium": "medium shot",
    "close-up": "close-up",
    "extreme-wide": "extreme wide shot",
    "over-shoulder": "over-the-shoulder shot",
    "overhead": "overhead shot",
}


def compose(story: Story, style: Style, panel: Panel) -> str:
    """The prompt that the model is sent for a panel."""
    art = style.art
    parts = [*(adapter.trigger for adapter in art.adapters), art.before, SHOT_WORDS[panel.shot]]
    if panel.place is not None:
        place = story.places[panel.place]
        parts += [_trigger(place.adapter), place.look]
    parts += [words_of(story, member) for member in panel.cast]
    return _joined([*parts, panel.prompt, art.after])


def words_of(story: Story, member: CastMember) -> str:
    """What the prompt says of one of the cast, letter for letter."""
    character = story.characters[member.id]
    return _joined([_trigger(character.adapter), character.look, member.words])


def sought(story: Story, panel: Panel) -> tuple[Sought, ...]:
    """Whom to look for in a panel's picture: all of its cast, by the words that the prompt has for them."""
    return tuple(Sought(character=member.id, words=words_of(story, member)) for member in panel.cast)


_MOST_PLACES = 50


def taken_apart(sent: str) -> list[tuple[str, Shot, str]]:
    """Every way to write a prompt as it was sent as a style's ``before``, a shot, and a panel's own words.

    From each of them ``compose`` puts the same prompt together again. None where no ``compose`` made it, since there
    are always the shot's words in it.
    """
    ways = []
    for shot, words in SHOT_WORDS.items():
        at = -1
        for _ in range(_MOST_PLACES):
            at = sent.find(words, at + 1)
            if at < 0:
                break
            before, rest = sent[:at].removesuffix(", "), sent[at + len(words) :].removeprefix(", ")
            # A panel must have words: a lone comma is one that leaves none.
            if _joined([before, words, rest]) == sent:
                ways.append((at, before, shot, rest or ","))
    return [(before, shot, rest) for _, before, shot, rest in sorted(ways)]


def negative(style: Style, panel: Panel) -> str:
    """What the picture should not show: the panel's own words where it has any, else the style's."""
    return " ".join((style.art.negative if panel.negative is None else panel.negative).split())


def alt_text(story: Story, panel: Panel) -> str:
    """The text alternative of a picture: the writer's, else who, where and what."""
    if panel.alt:
        return panel.alt
    who = _listed([story.characters[m.id].name + (f" ({m.words})" if m.words else "") for m in panel.cast])
    where = story.places[panel.place].look if panel.place is not None else ""
    return _joined([who, panel.prompt, where]) or panel.id


def _trigger(adapter: Adapter | None) -> str:
    return adapter.trigger if adapter is not None else ""


def _joined(parts: Iterable[str]) -> str:
    # Line breaks and runs of blanks in a writer's YAML are no part of a prompt; nor is a comma too many.
    clean = (" ".join(part.split()).strip(" ,") for part in parts)
    return ", ".join(part for part in clean if part)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
