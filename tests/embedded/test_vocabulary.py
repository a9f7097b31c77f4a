"""The words that the embedded model knows, and what is said of the others."""

import json
import subprocess
import sys

import pytest

from novel.embedded import WEIGHTS
from novel.embedded.kinship import table
from novel.embedded.vocabulary import UnknownWord, content_words, folded, known_words, unknown_words

KNOWN = frozenset("castle man woman dog screen red night forest run fox sit book scientist hair coffee".split())


def words(prompt):
    return [u.word for u in unknown_words(prompt, KNOWN)]


def test_known_words_and_stop_words_are_not_named():
    assert words("A red dog, in the forest at night; the man is near it!") == []


def test_case_plurals_verb_endings_possessives_and_accents_make_no_difference():
    assert words("DOGS, Foxes, running, sitting, the woman's books, the scientists' castles, CÓFFEE") == []


def test_an_unknown_word_is_named_once_in_order():
    assert words("zeppelin over a gazebo, zeppelin again") == ["zeppelin", "gazebo"]


def test_near_words_are_of_like_meaning_then_of_like_meaning_at_second_hand():
    assert unknown_words("cathedral", KNOWN) == [UnknownWord("cathedral", ("castle",))]
    assert unknown_words("physicists", KNOWN)[0].near[0] == "scientist"
    assert unknown_words("laptop", KNOWN)[0].near == ("screen",)


def test_near_words_fall_back_on_spelling():
    assert unknown_words("castel", KNOWN)[0].near == ("castle",)
    assert unknown_words("xylograph", KNOWN)[0].near == ()


def test_near_words_are_always_known():
    for word in table():
        for found in unknown_words(word, KNOWN):
            assert set(found.near) <= KNOWN


def test_content_words():
    assert content_words("The café's 3 owls — and I!") == ["cafe", "owls"]


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("cities", "city"),
        ("boxes", "box"),
        ("knives", "knife"),
        ("smiling", "smile"),
        ("running", "run"),
        ("waved", "wave"),
    ],
)
def test_folding(word, base):
    assert base in folded(word)


def test_the_list_is_that_of_the_weights(tmp_path):
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.json").write_text(
        json.dumps({"model": {"vocab": {"<pad>": 0, "close-up": 1, "owl": 2, ",": 3}}})
    )
    assert known_words(tmp_path) == {"close", "up", "owl"}


def test_the_shipped_weights_have_a_vocabulary():
    assert {"comic", "night", "red"} <= known_words(WEIGHTS)
    assert unknown_words("red") == []


def test_nothing_heavy_is_imported():
    code = (
        "import sys, novel.embedded, novel.embedded.vocabulary as v; v.unknown_words('a zeppelin'); "
        "print([m for m in ('torch', 'PIL', 'numpy', 'diffusers', 'transformers', 'skia') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
