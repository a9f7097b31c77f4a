"""Pictures to learn from are judged before anything is loaded, and all that is wrong is said at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from novel.errors import FileError, NovelError, RefusedError, UsageError
from novel.tuning.pictures import TrainingPicture, gather

MakePictures = Callable[..., Path]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def gathered(folder: Path, said: list[str] | None = None, least: int = 16) -> tuple[TrainingPicture, ...]:
    return gather(folder, digest, least, (said if said is not None else []).append)


def test_pictures_come_in_the_order_of_names_with_their_captions(make_pictures: MakePictures) -> None:
    folder = make_pictures(5)
    (folder / "03.txt").write_text("\ufeffin a forest,\n  on the left\n", encoding="utf-8")
    (folder / "notes.txt").write_text("not a caption of anything")
    (folder / ".hidden.png").write_bytes(b"not looked at")
    found = gathered(folder)
    assert [p.path.name for p in found] == ["00.png", "01.png", "02.png", "03.png", "04.png"]
    assert [p.caption for p in found] == ["", "", "", "in a forest, on the left", ""]
    assert {(p.width, p.height) for p in found} == {(64, 32)}


@pytest.mark.parametrize(
    ("count", "words"), [(0, "no picture"), (1, "1 picture"), (3, "3 pictures"), (31, "31 pictures")]
)
def test_too_few_and_too_many_are_said_with_the_limit(make_pictures: MakePictures, count: int, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        gathered(make_pictures(count))
    assert words in caught.value.message
    assert ("at most 30" if count > 30 else "at least 4") in caught.value.message
    assert caught.value.hint


def test_the_same_picture_twice_counts_once(make_pictures: MakePictures) -> None:
    folder = make_pictures(4)
    (folder / "again.png").write_bytes((folder / "00.png").read_bytes())
    said: list[str] = []
    assert len(gathered(folder, said)) == 4
    assert "again.png" in said[0]
    (folder / "03.png").unlink()
    with pytest.raises(UsageError, match=r"again\.png"):
        gathered(folder)


def test_all_that_is_wrong_is_said_at_once(make_pictures: MakePictures) -> None:
    folder = make_pictures(6)
    (folder / "00.png").write_bytes((folder / "00.png").read_bytes()[:-20])
    (folder / "01.png").write_bytes(b"")
    (folder / "02.png").rename(folder / "02.jpg")
    (folder / "03.txt").write_bytes(b"\xff\xfe\x00")
    (folder / "04.txt").write_text("word " * 2000)
    with pytest.raises(FileError) as caught:
        gathered(folder)
    for name in ("00.png", "01.png", "02.jpg", "03.txt", "04.txt"):
        assert name in caught.value.message
    assert "05" not in caught.value.message


def test_a_picture_that_is_too_small_is_said_with_both_sizes(make_pictures: MakePictures) -> None:
    with pytest.raises(FileError, match=r"64 × 32 pixels; its shorter side must have at least 200"):
        gathered(make_pictures(4), least=200)


def test_an_enormous_picture_and_a_hostile_one_are_refused(make_pictures: MakePictures) -> None:
    from PIL import Image

    folder = make_pictures(4)
    Image.new("1", (9000, 9000)).save(folder / "huge.png")
    (folder / "page.png").write_text("<svg onload='x()'/>")
    with pytest.raises(RefusedError) as caught:
        gathered(folder)
    assert "81 megapixels" in caught.value.message
    assert "page.png" in caught.value.message
    assert caught.value.exit_code == 7


def test_a_pipe_is_refused_and_never_waited_for(make_pictures: MakePictures) -> None:
    folder = make_pictures(4)
    os.mkfifo(folder / "pipe.png")
    os.mkfifo(folder / "00.txt")
    with pytest.raises(NovelError) as caught:
        gathered(folder)
    assert "pipe.png" in caught.value.message
    assert "00.txt" in caught.value.message


def test_other_formats_are_named_and_left_out(make_pictures: MakePictures) -> None:
    folder = make_pictures(4)
    (folder / "phone.heic").write_bytes(b"anything")
    said: list[str] = []
    assert len(gathered(folder, said)) == 4
    assert "phone.heic" in said[0]


@pytest.mark.parametrize("what", ["absent", "a file"])
def test_a_folder_that_is_none_is_said(tmp_path: Path, what: str) -> None:
    target = tmp_path / "target"
    if what == "a file":
        target.touch()
    with pytest.raises(UsageError, match="target"):
        gathered(target)
