"""What may stand in a style: every key, its kind of value, and its meaning."""

from __future__ import annotations

from typing import get_args

from novel.story.adapter_form import ADAPTER, SHARE
from novel.story.kinds import Choice, Color, Length, ListOf, Number, Text, Texts, Truth
from novel.story.record import Field, Record
from novel.story.style import Punctuation, Regions, Sampler

ANCHOR = Record(
    "an anchor",
    {
        "image": Field(Text(filled=True), "The picture that every first picture starts from.", required=True),
        "strength": Field(SHARE, "How much of it is changed, 0 to 1; 0.85 where left out."),
    },
    "A picture that every first picture starts from (img2img).",
)

ART = Record(
    "`art`",
    {
        "model": Field(Text(filled=True), "`embedded`, a folder in diffusers format, or a hub id."),
        "revision": Field(Text(filled=True), "A commit, for a hub id; `novel lock` fills it in."),
        "before": Field(Text(), "Style descriptors, put before every prompt."),
        "after": Field(Text(), "Style descriptors, put after every prompt."),
        "negative": Field(Text(), "What no picture may show."),
        "steps": Field(Number(1, 500, whole=True), "How many steps a picture takes."),
        "guidance": Field(Number(0, 50), "How closely the prompt is followed."),
        "guidance_rescale": Field(SHARE, "Tames the contrast of strong guidance, 0 to 1."),
        "sampler": Field(Choice(get_args(Sampler)), "How noise is taken out, step by step."),
        "adapters": Field(ListOf(ADAPTER, "a list of adapters"), "LoRAs for the style."),
        "anchor": Field(ANCHOR, "A picture that every first picture starts from."),
        "reference_adapter": Field(
            Text(filled=True), "The IP-Adapter that looks at `references`: a folder beside this file, or a hub id."
        ),
        "reference_weight": Field(SHARE, "How strongly `references` are looked at, 0 to 1; 0.6 where left out."),
        "candidates": Field(
            Number(1, 64, whole=True),
            "How many pictures of a panel are drawn, of which the best is kept; 1 where left out.",
        ),
        "regions": Field(
            Choice(get_args(Regions)),
            "Whether each of several people is drawn anew by themselves, so that looks don't mix. `auto`, where left "
            "out: where two or more have adapters.",
        ),
    },
    "Everything that decides a picture beside the panel's own words.",
)

LETTERING = Record(
    "`lettering`",
    {
        "font": Field(Text(filled=True), "A bundled font's name, or a font file relative to this file."),
        "size": Field(Length(4, 72), "The letters' size, as 8.5pt."),
        "caps": Field(Truth(), "Whether dialogue is set in capitals."),
        "punctuation": Field(
            Choice(get_args(Punctuation)),
            "`comic`, where left out: dashes become --, an ellipsis three full stops. `typed`: both stay.",
        ),
        "balloon": Field(Color(), "The balloons' fill."),
        "ink": Field(Color(), "The letters' and outlines' colour."),
        "caption": Field(Color(), "The caption boxes' fill. Left out: a tint that goes with the balloons."),
        "prose": Field(Text(filled=True), "The face of running text. Left out: the bundled text face."),
        "fallback": Field(Texts(), "Further fonts for scripts that `font` doesn't have."),
    },
    "How words are set.",
)

PAGE_STYLE = Record(
    "`page`",
    {
        "gutter": Field(Length(0, 144), "The distance between panels."),
        "margin": Field(Length(0, 720), "The panels' distance from the trim. Left out: the page profile's live area."),
        "border": Field(Length(0, 36), "The panels' outline; 0 for none."),
        "background": Field(Color(), "The page's colour."),
    },
    "How panels stand on the page.",
    elsewhere={
        "width": "The paper's size is the story's: `page:` in the story file.",
        "height": "The paper's size is the story's: `page:` in the story file.",
    },
)

STYLE = Record(
    "the style",
    {
        "name": Field(Text(filled=True), "The style's name in full. Left out: the file's name."),
        "art": Field(ART, "What decides the pictures."),
        "lettering": Field(LETTERING, "How words are set."),
        "page": Field(PAGE_STYLE, "How panels stand on the page."),
    },
    "A style for `novel build`.",
    elsewhere={
        **{key: f"Put `{key}` under `art:`." for key in ART.fields},
        **{key: f"Put `{key}` under `lettering:`." for key in LETTERING.fields},
        **{key: f"Put `{key}` under `page:`." for key in PAGE_STYLE.fields},
        "chapters": "This is the file of a style; a story has chapters.",
    },
)
