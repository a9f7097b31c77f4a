"""The words that go with pictures: a trigger for the character, prompts for theirs, and prompts for everything else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from novel.errors import UsageError
from novel.plan.prompt import compose
from novel.story.load import Book
from novel.story.model import Adapter, CastMember, Character, Panel, Place, Shot, Story

SHOTS: tuple[Shot, ...] = ("medium", "close-up", "wide")
DOING = (
    "standing", "smiling, seen from the front", "walking", "looking to the left", "waving", "looking to the right",
    "sitting", "pointing at something", "surprised", "reading a book", "laughing",
)  # fmt: skip
PLACES = (
    "in a plain room by day", "on a street by day", "in a park in the morning", "in a library", "on a beach at sunset",
    "in a forest by day", "in a kitchen", "on a rooftop at night", "by a river", "in a field in golden light",
)  # fmt: skip
"""Where a character is shown whose story has few places: what is always behind somebody is learned along."""
STRANGERS = ("a man", "a woman", "a child", "an old man", "an old woman", "")
"""Who is shown where the character is not to be seen; the last is nobody."""
_FEW_PLACES = 4


def made_up(character: str) -> str:
    """A trigger for a character: a word that no model has pictures for, as a name that it knows brings its own face."""
    return f"{re.sub(r'[^a-z]', '', character.lower())[:12]}xo"


def checked_trigger(written: str) -> str:
    """A trigger as the writer wrote it, in one line. Raises UsageError for one that a prompt would take apart."""
    words = " ".join(written.split())
    if not words or "," in words or len(words) > 60:
        raise UsageError(
            f"{written!r} can't be a trigger.", "Take one word or two that stand for nobody else, without a comma."
        )
    return words


def prompt_for(caption: str, character: Character, trigger: str, book: Book) -> str:
    """The prompt that is to give a character's picture, from what its writer says of it.

    A caption that holds the trigger is the prompt. In one that holds the character's look, the trigger goes before
    that. Any other says what is to be seen beside the character, and gets both, and the style's words around it.
    """
    look = " ".join(character.look.split()).strip(" ,")
    if re.search(rf"(?<!\w){re.escape(trigger)}(?!\w)", caption, re.IGNORECASE):
        return caption
    if look and look in caption:
        return caption.replace(look, f"{trigger}, {look}", 1)
    art = book.style.art
    parts = (" ".join(part.split()).strip(" ,") for part in (art.before, caption, trigger, look, art.after))
    return ", ".join(part for part in parts if part)


def panel_prompt(book: Book, character: str, number: int, trigger: str = "") -> str:
    """A prompt that shows a character, alone, as a panel of the story would: another shot, place and pose for each
    number."""
    adapter = Adapter(path="", trigger=trigger) if trigger else None
    who = book.story.characters[character].model_copy(update={"adapter": adapter})
    return _composed(book, {character: who}, DOING[number % len(DOING)], number)


def other_prompts(book: Book, character: str, count: int) -> list[str]:
    """Prompts without the character, as the story's panels might have them: its other people, strangers, and nobody."""
    others = [
        who.model_copy(update={"adapter": None})
        for name, who in book.story.characters.items()
        if name != character and who.look
    ]
    strangers = [Character(name="", look=look) for look in STRANGERS]
    prompts = []
    for number in range(count):
        among = others if number % 2 and others else strangers
        who = among[number // 2 % len(among)]
        cast = {"somebody": who} if who.look else {}
        prompts.append(_composed(book, cast, DOING[(number * 5 + 2) % len(DOING)], number + 1))
    return prompts


def _composed(book: Book, people: Mapping[str, Character], doing: str, number: int) -> str:
    places = _places(book.story)
    place = places[(number * 3 + number // len(places)) % len(places)]
    story = book.story.model_copy(update={"characters": dict(people), "places": {"there": place}})
    # The style's adapters are not loaded while a character is learned, so neither are their triggers said.
    style = book.style.model_copy(update={"art": book.style.art.model_copy(update={"adapters": ()})})
    cast = tuple(CastMember(id=name, words=doing) for name in people)
    return compose(story, style, Panel(id="picture", place="there", cast=cast, shot=SHOTS[number % len(SHOTS)]))


def _places(story: Story) -> list[Place]:
    own = [place.model_copy(update={"adapter": None}) for place in story.places.values() if place.look]
    return own if len(own) >= _FEW_PLACES else [*own, *(Place(look=look) for look in PLACES)]
