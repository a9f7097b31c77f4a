"""A prompt as it was sent, written as parts that give the same prompt again."""

from hypothesis import given
from hypothesis import strategies as st

from novel.plan.prompt import SHOT_WORDS, compose, taken_apart
from novel.story.model import Adapter, CastMember, Character, PageProfile, Panel, Place, Story
from novel.story.style import Art, Style

WORDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from([*SHOT_WORDS.values(), "a, wide shot, b", " ,wide shot,, ", "extreme wide shot, wide shot", ","]),
)


def story(*, place: str = "", look: str = "", trigger: str = "") -> Story:
    return Story(
        title="T",
        style="s",
        page=PageProfile(name="custom", width=400, height=600),
        characters={"jon": Character(name="Jon", look=look, adapter=Adapter(path="a.safetensors", trigger=trigger))},
        places={"lab": Place(look=place)},
        chapters=(),
    )


@given(WORDS, WORDS, WORDS, WORDS, WORDS, WORDS, WORDS, st.sampled_from(list(SHOT_WORDS)))
def test_every_prompt_comes_apart_and_together_again(
    before: str, after: str, place: str, look: str, trigger: str, words: str, prompt: str, shot: str
) -> None:
    style = Style(
        name="S", art=Art(before=before, after=after, adapters=(Adapter(path="s.safetensors", trigger=trigger),))
    )
    panel = Panel(id="p", prompt=prompt, shot=shot, place="lab", cast=(CastMember(id="jon", words=words),))  # type: ignore[arg-type]
    sent = compose(story(place=place, look=look, trigger=trigger), style, panel)
    ways = taken_apart(sent)
    assert ways
    for before_again, shot_again, rest in ways:
        assert rest.strip()
        again = Panel(id="p", prompt=rest, shot=shot_again)
        assert compose(story(), Style(name="A", art=Art(before=before_again)), again) == sent


@given(st.text())
def test_what_no_story_sent_has_no_parts_or_right_ones(sent: str) -> None:
    for before, shot, rest in taken_apart(sent):
        again = Panel(id="p", prompt=rest, shot=shot)
        assert compose(story(), Style(name="A", art=Art(before=before)), again) == sent


def test_a_long_row_of_shots_is_soon_done() -> None:
    assert taken_apart("a cat") == []
    assert taken_apart("wide shots, a cat") == []
    assert taken_apart("extreme wide shot, a cat") == [("", "extreme-wide", "a cat")]
    assert len(taken_apart(", ".join(["wide shot"] * 100_000))) <= 50
