"""Prompts: fixed parts in a fixed order."""

from novel.plan.prompt import alt_text, compose, negative
from novel.plan.seeds import panel_seed
from novel.story.model import Adapter, CastMember, Chapter, Character, PageProfile, Panel, Place, Story
from novel.story.style import Art, Style

PANEL = Panel(
    id="p",
    prompt="equations on\n  every screen",
    place="lab",
    cast=(CastMember(id="jon", words="tired"), CastMember(id="ann")),
    shot="close-up",
)
STORY = Story(
    title="T",
    style="s",
    page=PageProfile(name="x", width=400, height=600),
    seed=7,
    characters={
        "jon": Character(name="Jon", look="a man in blue", adapter=Adapter(path="a.safetensors", trigger="jonho")),
        "ann": Character(name="Ann", look="a woman in red,"),
    },
    places={"lab": Place(look="inside a lab")},
    chapters=(Chapter(id="c", title="C", panels=(PANEL,)),),
)
STYLE = Style(name="S", art=Art(before="bright comic style", after="clean ink lines", negative="blurry"))


def test_the_parts_stand_in_their_order() -> None:
    assert compose(STORY, STYLE, PANEL) == (
        "bright comic style, close-up, inside a lab, jonho, a man in blue, tired, a woman in red, "
        "equations on every screen, clean ink lines"
    )


def test_a_character_is_the_same_words_in_every_panel() -> None:
    other = PANEL.model_copy(update={"id": "q", "prompt": "a robot", "shot": "wide"})
    assert "jonho, a man in blue" in compose(STORY, STYLE, other)


def test_a_panels_own_negative_replaces_the_styles() -> None:
    assert negative(STYLE, PANEL) == "blurry"
    assert negative(STYLE, PANEL.model_copy(update={"negative": "rain"})) == "rain"
    assert negative(STYLE, PANEL.model_copy(update={"negative": ""})) == ""


def test_alt_text_says_who_what_and_where() -> None:
    assert alt_text(STORY, PANEL) == "Jon (tired) and Ann, equations on every screen, inside a lab"
    assert alt_text(STORY, PANEL.model_copy(update={"alt": "My words."})) == "My words."


def test_seeds_follow_from_story_seed_and_id_alone() -> None:
    moved = STORY.model_copy(update={"title": "Other", "places": {}})
    assert panel_seed(STORY, PANEL) == panel_seed(moved, PANEL)
    assert panel_seed(STORY, PANEL) != panel_seed(STORY.model_copy(update={"seed": 8}), PANEL)
    assert panel_seed(STORY, PANEL) != panel_seed(STORY, PANEL.model_copy(update={"id": "q"}))
    assert panel_seed(STORY, PANEL.model_copy(update={"seed": 3})) == 3
    assert 0 <= panel_seed(STORY, PANEL) < 2**31
