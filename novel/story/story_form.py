"""What may stand in a story: every key, its kind of value, and its meaning.

Reading and the JSON Schema both come from these tables, so they can't disagree.
"""
# ruff: noqa: D102 - read and schema are documented once, in Kind

from __future__ import annotations

from typing import get_args

from novel.story.adapter_form import ADAPTER, SHARE
from novel.story.ids import slug
from novel.story.kinds import Choice, Length, ListOf, Name, Number, PixelSize, Text, Texts, Truth
from novel.story.model import Kind as LineKind
from novel.story.model import PanelSize, Shot, Side
from novel.story.paper import LARGEST, PROFILES, SMALLEST
from novel.story.reading import BAD, Bad, Reading, Schema, listing, what_is
from novel.story.record import Field, Named, Record, Values
from novel.story.spelling import did_you_mean
from novel.story.style_form import STYLE
from novel.story.tree import Broken, Mapping, Node, Scalar, Sequence, shown

ID = r"[a-z0-9-]+"
"""Panels and chapters: their ids become file names."""
PERSON_ID = r"[\w.-]+"
"""Characters and places: any letters, since `No` and `José` are names too."""
SIDES = get_args(Side)
KINDS = get_args(LineKind)
MAX_SEED = 2**63 - 1
# RFC 5646, section 2.1: language, script, region, variants, extensions, private use.
LANGUAGE = (
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
)
_TAGS = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "italian": "it", "italiano": "it", "portuguese": "pt", "português": "pt", "dutch": "nl",
    "polish": "pl", "russian": "ru", "turkish": "tr", "greek": "el", "arabic": "ar", "hebrew": "he", "persian": "fa",
    "hindi": "hi", "japanese": "ja", "chinese": "zh", "korean": "ko", "swedish": "sv", "norwegian": "no",
    "danish": "da", "finnish": "fi", "czech": "cs", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi",
}  # fmt: skip


def _tag(language: str) -> str:
    """The tag of a language that was written by its name; empty where it isn't known."""
    return _TAGS.get(language.lower()) or (language.replace("_", "-") if "_" in language else "")


ID_NAME = Name(ID, "a name of small letters, digits and hyphens", suggest=slug)

CHARACTER = Record(
    "a character",
    {
        "name": Field(Text(filled=True), "The name in full. Left out: the id."),
        "look": Field(Text(), "What they look like, in the same words in every prompt they are cast in."),
        "adapter": Field(ADAPTER, "A LoRA that draws this character."),
        "references": Field(Texts(), "Pictures of the character, relative to this file."),
    },
    "Somebody in the story.",
    inline=True,
)

PLACE = Record(
    "a place",
    {
        "look": Field(
            Text(filled=True), "What it looks like, in the same words in every prompt set here.", required=True
        ),
        "adapter": Field(ADAPTER, "A LoRA that draws this place."),
        "references": Field(Texts(), "Pictures of the place, relative to this file."),
        "anchor": Field(Truth(), "Whether panels that are set here start from the first picture that is."),
    },
    "Where panels happen.",
    inline=True,
)


def _words(node: Node) -> bool:
    return not (isinstance(node, Scalar) and node.is_null)


class CastItem:
    """A character's id, or ``{id: words that hold for this panel alone}``; read as ``(id, words, node)``."""

    def read(self, node: Node, name: str, reading: Reading) -> tuple[str, str, Node] | Bad:
        if isinstance(node, Broken):
            return BAD
        if isinstance(node, Scalar) and node.value.strip():
            return node.value.strip(), "", node
        if isinstance(node, Mapping) and node.pairs and not any(_words(value) for _, value in node.pairs[1:]):
            key, value = node.pairs[0]
            if isinstance(value, Scalar) and value.is_null and not value.value:
                return key.value, "", key
            words = Text().read(value, key.value, reading)
            # Keys without values are what YAML makes of the words after a comma.
            return (
                BAD
                if isinstance(words, Bad)
                else (key.value, ", ".join([words, *(k.value for k, _ in node.pairs[1:])]), key)
            )
        if isinstance(node, Mapping) and node.pairs:
            key = node.pairs[1][0]
            return reading.error(
                key, "cast", "one item of `cast` is one character", "Start a new item with `- ` for the next character."
            )
        return reading.error(
            node, "cast", f"an item of `cast` must be a character's id, not {what_is(node)}",
            "Write `cast: [jon]`, or `- jon: words for this panel`.",
        )  # fmt: skip

    def schema(self) -> Schema:
        return {
            "anyOf": [
                {"type": ["string", "number", "boolean"]},
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
                },
            ]
        }


class SayItem:
    """A line: one speaker's id with the words, and ``kind`` and ``at`` beside it.

    Read as ``Values`` with ``speaker``, ``text``, ``kind``, ``at``; the speaker's node is under ``speaker``.
    """

    kind = Choice(KINDS)
    at = Choice(SIDES)

    def read(self, node: Node, name: str, reading: Reading) -> Values | Bad:
        if isinstance(node, Broken):
            return BAD
        if not isinstance(node, Mapping):
            return reading.error(
                node, "say", f"a line of `say` must be `speaker: words`, not {what_is(node)}",
                "Begin it with a character's id and a colon, as in `- jon: Hello.`",
            )  # fmt: skip
        values = Values(node)
        for key, value in node.pairs:
            if key.value in ("kind", "at"):
                if not (isinstance(value, Scalar) and value.is_null):
                    read = getattr(self, key.value).read(value, key.value, reading)
                    if read is not BAD:
                        values[key.value] = read
                continue
            if "speaker" in values.nodes:
                reading.error(
                    key, "say", f"a line has one speaker; `{shown(key.value)}` is a second key",
                    "Start a new line with `- `, or put words that hold a colon in quotes.",
                )  # fmt: skip
                continue
            values.nodes["speaker"] = (key, value)
            values["speaker"] = key.value
            text = Text(filled=True, wanted="what is said").read(value, key.value, reading)
            if text is not BAD:
                values["text"] = text
        if "speaker" not in values.nodes and reading.faithful:
            return reading.error(node, "say", "a line of `say` has no speaker", "Add a character's id and the words.")
        return values

    def schema(self) -> Schema:
        return {
            "type": "object",
            "description": "One line: a character's id and the words; `kind` and `at` may stand beside it.",
            "properties": {
                "kind": {"description": "How it is said; speech where left out.", **self.kind.schema()},
                "at": {"description": "Where the balloon goes.", **self.at.schema()},
            },
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            "minProperties": 1,
        }


PANEL = Record(
    "a panel",
    {
        "id": Field(ID_NAME, "A stable name, unique in the story. Left out: made from the chapter and the prompt."),
        "prompt": Field(Text(filled=True), "What the picture shows. Needed unless `image` gives a picture."),
        "image": Field(Text(filled=True), "The writer's own picture (PNG, JPEG or WebP), relative to this file."),
        "place": Field(Text(filled=True), "A place's id; adds its look to the prompt."),
        "cast": Field(ListOf(CastItem(), "a list of characters"), "Who is seen, in reading order."),
        "shot": Field(Choice(get_args(Shot)), "The camera; wide where left out."),
        "caption": Field(Texts(), "Narration boxes: one text or a list."),
        "say": Field(ListOf(SayItem(), "a list of lines"), "What is said, in speaking order: `- jon: Hello.`"),
        "sfx": Field(Texts(), "Drawn sounds: one text or a list."),
        "prose": Field(Text(), "Running text, set after the panel; as long as it needs to be."),
        "continues": Field(Text(filled=True), "The id of the panel whose picture this one starts from."),
        "strength": Field(SHARE, "How much of that picture is changed, 0 to 1."),
        "seed": Field(Number(0, MAX_SEED, whole=True), "Overrides the seed for this panel alone."),
        "negative": Field(Text(), "Overrides what the picture must not show, for this panel alone."),
        "steps": Field(Number(1, 500, whole=True), "Overrides the number of steps for this panel alone."),
        "guidance": Field(Number(0, 50), "Overrides how closely the prompt is followed, for this panel alone."),
        "pixels": Field(
            PixelSize(), "The picture's exact size in pixels, as 384x192. Left out: it follows from the page."
        ),
        "size": Field(Choice(get_args(PanelSize)), "Its room on the page; wide (the full width) where left out."),
        "page_break": Field(Choice(("before",)), "`before` starts a new page with this panel."),
        "alt": Field(Text(), "The text alternative. Left out: made from cast, place and prompt."),
    },
    "One picture and the words that go with it.",
    elsewhere={
        "panels": "A panel holds no panels; start a new chapter or page for them.",
        "characters": "Who is seen stands in `cast`; characters are described once, at the top of the story.",
        "dialogue": "Lines are written under `say`.",
        "dialog": "Lines are written under `say`.",
        "narration": "Narration is written under `caption`.",
        "text": "Words are written under `say`, `caption` or `prose`.",
        "style": "One style holds for the whole story, so that all panels match.",
        "model": "The model is the style's (`art: {model: …}`), so that all panels match.",
    },
    one_of=("prompt", "image"),
)

PANELS = ListOf(PANEL, "a list of panels", filled=True)

PAGE_OF_PANELS = Record(
    "a page", {"panels": Field(PANELS, "The panels of this page, in reading order.", required=True)}, "One page."
)


def _check_chapter(values: Values, reading: Reading) -> None:
    if "panels" in values.nodes and "pages" in values.nodes:
        first, second = sorted((values.nodes["panels"][0], values.nodes["pages"][0]), key=lambda key: key.start)
        reading.error(
            second, "panels-and-pages", f"a chapter has `panels` or `pages`, not both; `{first.value}` is on line "
            f"{reading.source.place(first.start)[0]}", "Move the panels into the pages, or take `pages` out.",
        )  # fmt: skip


CHAPTER = Record(
    "a chapter",
    {
        "id": Field(ID_NAME, "A stable name, unique among the chapters. Left out: made from the title."),
        "title": Field(Text(filled=True), "The chapter's title.", required=True),
        "panels": Field(PANELS, "The panels, in reading order; pages are broken by the planner."),
        "pages": Field(
            ListOf(PAGE_OF_PANELS, "a list of pages", filled=True), "Pages broken by hand, each with its `panels`."
        ),
    },
    "A run of panels under a title.",
    elsewhere={"prompt": "A prompt belongs to a panel; put it under `panels:`, after a `- `."},
    check=_check_chapter,
    one_of=("panels", "pages"),
)


class Safe:
    """The live area's distance from the trim: one length, or two in a list (sides, then top and bottom)."""

    def read(self, node: Node, name: str, reading: Reading) -> tuple[float, float] | Bad:
        items = node.items if isinstance(node, Sequence) else [node]
        if isinstance(node, Sequence) and len(items) != 2:
            return reading.error(node, "bad-length", f"`{name}` must be one length or two (sides, then top and bottom)")
        read = [Length().read(item, name, reading) for item in items]
        if any(isinstance(value, Bad) for value in read):
            return BAD
        return read[0], read[-1]  # type: ignore[return-value]

    def schema(self) -> Schema:
        one = Length().schema()
        return {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 2, "maxItems": 2}]}


def _check_paper(values: Values, reading: Reading) -> None:
    safe = values.get("safe")
    if safe is None:
        return
    for axis, edge, distance in (("width", "sides", safe[0]), ("height", "top and bottom", safe[1])):
        if axis in values and values[axis] - 2 * distance < SMALLEST / 2:
            reading.error(
                values.node("safe"), "bad-page", f"`safe` ({edge}) leaves no room on a page of this `{axis}`",
                f"`safe` is the distance from the page's edge; take less than half of the {axis}.",
            )  # fmt: skip


PAPER = Record(
    "a page",
    {
        "width": Field(Length(SMALLEST, LARGEST), "The trimmed page's width.", required=True),
        "height": Field(Length(SMALLEST, LARGEST), "The trimmed page's height.", required=True),
        "bleed": Field(Length(0, 72), "How far pictures reach beyond the trim; 0 where left out."),
        "safe": Field(Safe(), "How far words keep from the trim: one length, or two (sides, top and bottom)."),
        "strip": Field(Truth(), "True for one endless strip of this width (a webtoon)."),
    },
    "A page of one's own. Lengths as 6.625in, 170mm, 432pt, 800px; a plain number is in points.",
    check=_check_paper,
)


class Page:
    """A page profile by name, or a mapping; read as a name or ``Values``."""

    def read(self, node: Node, name: str, reading: Reading) -> str | Values | Bad:
        if isinstance(node, Mapping):
            return PAPER.read(node, name, reading)
        if isinstance(node, Scalar) and node.value.strip() in PROFILES:
            return node.value.strip()
        if isinstance(node, Broken):
            return BAD
        names = tuple(PROFILES)
        near = did_you_mean(node.value.strip(), names) if isinstance(node, Scalar) else ""
        return reading.error(
            node, "unknown-page", f"`{name}` must be a page profile or a mapping, not {what_is(node)}",
            near or f"The profiles are {listing(names)}; a mapping sets width and height.",
        )  # fmt: skip

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "string", "enum": list(PROFILES)}, PAPER.schema()]}


class StyleChoice:
    """A style by name or path, or written out in the story; read as a text or as the style's ``Values``."""

    def read(self, node: Node, name: str, reading: Reading) -> str | Values | Bad:
        if isinstance(node, Mapping):
            return STYLE.read(node, name, reading)
        return Text(filled=True, wanted="a style's name").read(node, name, reading)

    def schema(self) -> Schema:
        return {"anyOf": [Text().schema(), STYLE.schema()]}


class Version:
    """The format's version."""

    def read(self, node: Node, name: str, reading: Reading) -> int | Bad:
        if isinstance(node, Broken):
            return BAD
        if isinstance(node, Scalar) and node.value.strip() == "1":
            return 1
        return reading.error(
            node, "unknown-version", f"`{name}` must be 1, not {what_is(node)}: the version that this program reads",
            "Write `novel: 1`; for a later version, upgrade this program.",
        )  # fmt: skip

    def schema(self) -> Schema:
        return {"enum": [1]}


STORY = Record(
    "the story",
    {
        "novel": Field(Version(), "The version of this format: 1."),
        "title": Field(Text(filled=True), "The book's title.", required=True),
        "author": Field(Texts(), "Who wrote it: one name or a list."),
        "language": Field(
            Name(LANGUAGE, "a language tag such as en, de or pt-BR (BCP 47)", suggest=_tag),
            "The language, as a BCP 47 tag (en, de, pt-BR …); en where left out.",
        ),
        "direction": Field(Choice(("ltr", "rtl")), "The reading direction; follows the language where left out."),
        "style": Field(
            StyleChoice(),
            "A style's name in styles/, a path relative to this file, or the style itself as a mapping.",
            required=True,
        ),
        "page": Field(Page(), "The paper: a profile's name or a mapping; us-comic where left out."),
        "seed": Field(Number(0, MAX_SEED, whole=True), "Every panel's seed follows from it and the panel's id."),
        "colophon": Field(Text(), "Words for the colophon: sources, thanks, that dialogue is imagined."),
        "characters": Field(
            Named(CHARACTER, PERSON_ID, "a mapping of characters by id", reserved=("kind", "at")),
            "Everybody in the story, by id.",
        ),
        "places": Field(Named(PLACE, PERSON_ID, "a mapping of places by id"), "The places of the story, by id."),
        "cover": Field(PANEL, "The cover: a panel of its own before the first chapter."),
        "chapters": Field(ListOf(CHAPTER, "a list of chapters", filled=True), "The chapters, in order.", required=True),
    },
    "A story for `novel build`.",
    elsewhere={
        "panels": "Panels stand in a chapter: `chapters:`, then `- title: …` and under it `panels:`.",
        "pages": "Pages stand in a chapter: `chapters:`, then `- title: …` and under it `pages:`.",
        "authors": "Write `author`, with one name or a list.",
        "art": "`art` belongs in the style file, or under `style:`.",
        "lettering": "`lettering` belongs in the style file, or under `style:`.",
    },
)
