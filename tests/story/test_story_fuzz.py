"""Whatever text a writer sets, the reader gets; whatever bytes a file holds, nothing but a named error comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from novel.errors import NovelError
from novel.story.load import load_story
from novel.story.model import Story

# YAML's own set of characters; a text that is nothing but space is no text.
CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\n\t\x85"
)
TEXT = st.text(CHARACTERS, min_size=1, max_size=60).filter(lambda t: t.strip())
PIECES = st.sampled_from(
    [
        "title: ",
        "style: plain\n",
        "chapters:\n",
        "  - ",
        "panels:",
        "prompt: x",
        "say:\n",
        "jon: ",
        "id: a\n",
        "cast: [jon]\n",
        "continues: a\n",
        "'",
        '"',
        "*a",
        "&a ",
        "!!x ",
        "!",
        "[",
        "]",
        "{",
        "}",
        "|\n",
        ">",
        "<<: ",
        "? ",
        ": ",
        "-",
        "#",
        "\t",
        "\n",
        "  ",
        "---\n",
        "...\n",
        "%YAML 9\n",
        "\r",
        "é",
        "\x85",
        "\u2028",
        "<<<<<<< x\n",
        "=======\n",
        ">>>>>>> y\n",
    ]
)
RELAXED = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "story.yaml"


@RELAXED
@given(title=TEXT, words=TEXT, prose=TEXT, unicode=st.booleans(), style=st.sampled_from([None, "'", '"']))
@example(title="No", words="1:30", prose="on", unicode=True, style=None)
@example(title="null", words="~", prose="yes", unicode=True, style=None)
@example(title="I <3 you & <b>", words="*a* & #b: c", prose="\ufeffa\x85b\u2028c", unicode=True, style=None)
def test_text_comes_out_as_it_went_in(file, title, words, prose, unicode, style):
    story = {
        "title": title, "style": "plain", "author": [title, words], "characters": {"jon": {"name": words, "look": "x"}},
        "chapters": [{"title": title, "panels": [{"id": "a", "prompt": words, "cast": [{"jon": words}],
                      "say": [{"jon": words}], "caption": [words, prose], "sfx": words, "prose": prose,
                      "alt": title}]}],
    }  # fmt: skip
    texts = [json.dumps(story, ensure_ascii=False)]
    if not (unicode and set("\x85\u2028\u2029") & set(title + words + prose)):
        # Unescaped, PyYAML writes these as the line ends that they are in YAML 1.1 and nowhere else.
        texts.append(yaml.safe_dump(story, allow_unicode=unicode, default_style=style, width=10_000))
    for text in texts:
        file.write_bytes(text.encode())
        read = load_story(file).story
        panel = read.chapters[0].panels[0]
        assert (read.title, read.authors, read.chapters[0].title) == (title, (title, words), title)
        assert read.characters["jon"].name == words
        assert (panel.prompt, panel.say[0].text, panel.caption) == (words, words, (words, prose))
        assert (panel.cast[0].words, panel.sfx, panel.prose, panel.alt) == (words, (words,), prose, title)
        assert Story.model_validate(read.model_dump()) == read


def survives(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    said = None
    try:
        load_story(file)
    except NovelError as error:
        said = error
    if said is not None:
        assert said.exit_code in (3, 7)
        assert str(said)


@RELAXED
@given(data=st.binary(max_size=300))
def test_random_bytes(file, data):
    survives(file, data)


@RELAXED
@given(pieces=st.lists(PIECES, max_size=40))
def test_random_yaml(file, pieces):
    survives(file, "".join(pieces).encode())


@RELAXED
@given(data=st.data())
def test_a_sound_story_with_a_few_changes(file, head, data):
    text = list(head + "        say:\n          - jon: 'Hello'\n            kind: shout\n        caption: [a, b]\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at] = data.draw(st.sampled_from(["", " ", "\n", ":", "'", '"', "[", "}", "*", "\t", "#", "- ", "é", ","]))
    survives(file, "".join(text).encode())
