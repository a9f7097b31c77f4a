"""An adapter that is written as a file on the hub: the command that fetches it, since a build fetches nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from novel.errors import DiagnosticsError
from novel.story.load import load_story


def faults(story: Path, written: str) -> DiagnosticsError:
    text = story.read_text()
    story.write_text(text.replace("a blue shirt}", f"a blue shirt, adapter: {{path: {written}}}}}"))
    with pytest.raises(DiagnosticsError) as caught:
        load_story(story)
    return caught.value


def test_a_file_on_the_hub_gets_the_command_that_fetches_it(story_file: Path) -> None:
    error = faults(story_file, "someone/jon-lora/sub/jon.safetensors")
    assert error.exit_code == 4
    assert "hf download someone/jon-lora sub/jon.safetensors --local-dir adapters" in str(error)
    assert "write `adapters/sub/jon.safetensors`" in str(error)


@pytest.mark.parametrize("written", ["loras/people/jno.safetensors", "jon.safetensors", "loras/jno.safetensors"])
def test_a_path_into_a_folder_that_is_there_is_a_slip(story_file: Path, written: str) -> None:
    folder = story_file.parent / "loras" / "people"
    folder.mkdir(parents=True)
    (folder / "jon.safetensors").touch()
    error = faults(story_file, written)
    assert error.exit_code == 3
    assert "hf download" not in str(error)
