"""An adapter that is written as a file on the hub: taken from the cache, never fetched by a build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from novel.errors import DiagnosticsError
from novel.prepare import Choices, prepare
from novel.story.load import load_story

ADAPTER = Path(__file__).parents[2] / "stories" / "overdue" / "odile.safetensors"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def test_what_the_cache_has_is_drawn_with(story_file: Path, tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--someone--jon-lora"
    blob = repository / "blobs" / "aa"
    file = repository / "snapshots" / COMMIT / "sub" / "jon.safetensors"
    for path in (blob, file, repository / "refs" / "main"):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ADAPTER, blob)
    file.symlink_to(blob)
    (repository / "refs" / "main").write_text(COMMIT)
    text = story_file.read_text()
    written = "someone/jon-lora/sub/jon.safetensors"
    story_file.write_text(text.replace("a blue shirt}", f"a blue shirt, adapter: {{path: {written}}}}}"))
    plan = prepare(story_file, Choices(out=tmp_path / "out")).plan
    assert [use.sha256 for use in plan.requests["first"].adapters] == [
        sha256 for sha256, path in plan.assets.items() if path == file
    ]
    out = faults(story_file, "someone/jon-lora/../../x.safetensors", "someone/jon-lora/sub/jon.safetensors")
    assert out.exit_code != 0


def faults(story: Path, written: str, before: str = "") -> DiagnosticsError:
    text = story.read_text()
    if before:
        story.write_text(text.replace(before, written))
    else:
        story.write_text(text.replace("a blue shirt}", f"a blue shirt, adapter: {{path: {written}}}}}"))
    with pytest.raises(DiagnosticsError) as caught:
        load_story(story)
    return caught.value


def test_a_file_on_the_hub_gets_the_command_that_fetches_it(story_file: Path) -> None:
    error = faults(story_file, "someone/jon-lora/sub/jon.safetensors")
    assert error.exit_code == 4
    assert "hf download someone/jon-lora sub/jon.safetensors" in str(error)


@pytest.mark.parametrize("written", ["loras/people/jno.safetensors", "jon.safetensors", "loras/jno.safetensors"])
def test_a_path_into_a_folder_that_is_there_is_a_slip(story_file: Path, written: str) -> None:
    folder = story_file.parent / "loras" / "people"
    folder.mkdir(parents=True)
    (folder / "jon.safetensors").touch()
    error = faults(story_file, written)
    assert error.exit_code == 3
    assert "hf download" not in str(error)
