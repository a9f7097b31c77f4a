"""Texts in PNG files, against Pillow as a second reader and writer."""

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from novel.render.png_chunks import SIGNATURE, TEXT_LIMIT, DamagedPng, chunks, size, texts, with_texts_changed

KEYWORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=200)
KINDS = st.sampled_from(["plain", "packed", "international", "packed international"])


def picture(written: dict[str, tuple[str, str]]) -> bytes:
    info = PngInfo()
    for keyword, (text, kind) in written.items():
        if "international" in kind:
            info.add_itxt(keyword, text, zip="packed" in kind)
        else:
            info.add_text(keyword, text, zip="packed" in kind)
    file = io.BytesIO()
    Image.linear_gradient("L").resize((7, 5)).convert("RGB").save(file, "PNG", pnginfo=info)
    return file.getvalue()


@given(st.dictionaries(KEYWORDS, st.tuples(WORDS, KINDS), max_size=5))
def test_every_kind_of_text_is_read_as_it_was_written(written: dict[str, tuple[str, str]]) -> None:
    data = picture(written)
    assert texts(data) == {keyword: text for keyword, (text, _) in written.items()}
    assert size(data) == (7, 5)
    assert SIGNATURE + b"".join(chunk.raw for chunk in chunks(data)) == data
    assert with_texts_changed(data, lambda keyword, text: text) == data
    bare = with_texts_changed(data, lambda keyword, text: None)
    assert texts(bare) == {}
    assert bare == picture({})
    shouted = with_texts_changed(data, lambda keyword, text: (text or "") + "!é猫")
    with Image.open(io.BytesIO(shouted)) as image:
        image.load()
        assert {k: str(v) for k, v in image.info.items()} == {k: t + "!é猫" for k, (t, _) in written.items()}


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_is_said_to_be_damage(noise: bytes, at: int) -> None:
    whole = picture({"novel": ("a text", "plain")})
    for data in (noise, SIGNATURE + noise, whole[: at % len(whole)], whole[:at] + noise + whole[at:]):
        with suppress(DamagedPng):
            texts(data)
        with suppress(DamagedPng):
            assert [chunk.kind for chunk in chunks(data)][-1] == b"IEND"


def test_what_follows_the_last_chunk_is_left_out() -> None:
    data = picture({})
    assert with_texts_changed(data + b"a secret", lambda keyword, text: text) == data


@pytest.mark.parametrize("kind", ["plain", "packed", "international", "packed international"])
def test_a_text_over_the_limit_is_not_read(kind: str) -> None:
    assert set(texts(picture({"a": ("x" * (TEXT_LIMIT + 1), kind), "b": ("x" * TEXT_LIMIT, kind)}))) == {"b"}
