"""From values that were read without an error to the frozen models.

The reader has checked every value against the tables of the two forms; the models are made without checking them again,
which would cost a command more than reading the story.
"""

from __future__ import annotations

from typing import Any

from novel.story.model import Adapter, CastMember, Chapter, Character, Line, PageProfile, Panel, Place, Story
from novel.story.paper import DEFAULT_PAGE, PROFILES
from novel.story.record import Entry, Values
from novel.story.references import Draft, chapter_panels
from novel.story.style import Anchor, Art, Lettering, PageStyle, Style

_RTL_LANGUAGES = {"ar", "he", "fa", "ur", "yi", "dv", "ps", "sd", "ug", "ckb", "arc", "syr"}
_RTL_SCRIPTS = {"arab", "hebr", "syrc", "thaa", "nkoo", "adlm", "rohg"}


def direction_of(language: str) -> str:
    """The reading direction of a language: by its script where the tag names one, else by the language."""
    parts = language.lower().split("-")
    script = next((part for part in parts[1:] if len(part) == 4 and part.isalpha()), None)
    return "rtl" if (script in _RTL_SCRIPTS if script else parts[0] in _RTL_LANGUAGES) else "ltr"


def story(values: Values, result: Draft, style: str) -> Story:
    """The story as frozen models. Only for values without an error."""
    language = values.get("language", "en")
    return Story.model_construct(
        title=values["title"],
        authors=values.get("author", ()),
        language=language,
        direction=values.get("direction", direction_of(language)),
        style=style,
        page=_paper(values.get("page", DEFAULT_PAGE)),
        seed=values.get("seed", 0),
        colophon=values.get("colophon", ""),
        characters={entry.id: _character(entry) for entry in values.get("characters", ())},
        places={entry.id: Place.model_construct(**_described(entry.value)) for entry in values.get("places", ())},
        cover=_panel(values["cover"], result) if "cover" in values else None,
        chapters=tuple(
            _chapter(chapter, name, result) for chapter, name in zip(values["chapters"], result.chapters, strict=True)
        ),
    )


def _paper(page: str | Values) -> PageProfile:
    if isinstance(page, str):
        return PROFILES[page]
    # Where nothing is said: half an inch, or what a small page can spare.
    spare = min(36.0, page["width"] / 8, page["height"] / 8)
    safe_x, safe_y = page.get("safe", (spare, spare))
    return PageProfile.model_construct(
        name="custom",
        width=page["width"],
        height=page["height"],
        bleed=page.get("bleed", 0.0),
        safe_x=safe_x,
        safe_y=safe_y,
        strip=page.get("strip", False),
    )


def _described(values: Values) -> dict[str, Any]:
    fields = dict(values)
    if "adapter" in fields:
        fields["adapter"] = Adapter.model_construct(**fields["adapter"])
    return fields


def _character(entry: Entry) -> Character:
    return Character.model_construct(**{"name": entry.id[:1].upper() + entry.id[1:], **_described(entry.value)})


def _chapter(chapter: Values, name: str, result: Draft) -> Chapter:
    pages = None
    if "pages" in chapter:
        pages = tuple(tuple(result.ids[panel.where.start] for panel in page["panels"]) for page in chapter["pages"])
    return Chapter.model_construct(
        id=name,
        title=chapter["title"],
        panels=tuple(_panel(panel, result) for panel in chapter_panels(chapter)),
        pages=pages,
    )


def _panel(panel: Values, result: Draft) -> Panel:
    fields = dict(panel)
    fields["id"] = result.ids[panel.where.start]
    fields["id_given"] = fields["id"] not in result.made
    if "cast" in panel:
        fields["cast"] = tuple(CastMember.model_construct(id=member, words=words) for member, words, _ in panel["cast"])
    if "say" in panel:
        fields["say"] = tuple(Line.model_construct(**line) for line in panel["say"])
    for key in ("place", "continues"):
        if key in fields:
            fields[key] = fields[key].strip()
    return Panel.model_construct(**fields)


def style(values: Values, name: str) -> Style:
    """The style as frozen models. Only for values without an error."""
    art = dict(values.get("art", {}))
    if "adapters" in art:
        art["adapters"] = tuple(Adapter.model_construct(**adapter) for adapter in art["adapters"])
    if "anchor" in art:
        art["anchor"] = Anchor.model_construct(**art["anchor"])
    return Style.model_construct(
        name=values.get("name", name),
        art=Art.model_construct(**art),
        lettering=Lettering.model_construct(**values.get("lettering", {})),
        page=PageStyle.model_construct(**values.get("page", {})),
    )
