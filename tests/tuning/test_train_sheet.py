"""Without pictures of their own, a writer gets a sheet to choose from, and what is left of it is learned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from novel.errors import UsageError
from novel.render.safetensors_header import read_header
from novel.tuning.train import Trained


def test_the_sheet_comes_first_then_the_writer_chooses_then_it_is_learned(
    learn: Callable[..., Trained], tmp_path: Path
) -> None:
    first = learn()
    assert first.file is None
    assert first.sheet is not None
    assert first.sheet.pictures == tuple(f"{n:02}.png" for n in range(1, 13))
    assert first.sheet.overview.is_file()
    caption = (first.sheet.folder / "01.txt").read_text()
    assert "a man with black hair wearing a blue shirt" in caption
    assert "jonxo" not in caption
    for name in first.sheet.pictures[5:]:
        (first.sheet.folder / name).unlink()
    kept = learn().sheet  # A second look changes nothing.
    assert kept is not None
    assert kept.pictures == first.sheet.pictures[:5]
    done = learn(approve=True)
    assert done.file is not None
    assert len(json.loads(read_header(done.file).metadata["novel.pictures"])) == 5


def test_more_pictures_get_new_numbers_and_deleted_ones_stay_away(learn: Callable[..., Trained]) -> None:
    first = learn(sheet=4).sheet
    assert first is not None
    for name in ("02.png", "04.png"):
        (first.folder / name).unlink()
    more = learn(sheet=2).sheet
    assert more is not None
    assert more.pictures == ("01.png", "03.png", "05.png", "06.png")


def test_a_sheet_of_too_few_is_not_learned(learn: Callable[..., Trained]) -> None:
    learn(sheet=3)
    with pytest.raises(UsageError, match="at least 4"):
        learn(approve=True)


def test_approving_before_there_is_a_sheet_says_how_to_get_one(learn: Callable[..., Trained]) -> None:
    with pytest.raises(UsageError, match="no sheet") as caught:
        learn(approve=True)
    assert "novel train" in caught.value.hint
