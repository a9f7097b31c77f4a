"""Which words of a prompt a family would not read, told by the files of its tokenizer and by its pipeline alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_families
from render_samples import request_for

from novel.check import check_story
from novel.render.backend import BackendSpec, ModelSource
from novel.render.diffusers_backend import DiffusersBackend
from novel.render.families import resolve
from novel.render.prompt_limit import PromptLimit

STORY = """\
novel: 1
title: A Small Story
author: Nobody
style: test
chapters:
  - id: one
    title: One
    panels:
      - {id: first, prompt: a screen}
      - {id: second, prompt: PROMPT}
"""


@pytest.mark.parametrize("name", ["flux1", "sd3", "z"])
def test_what_is_lost_is_told_before_loading_as_by_the_pipeline(name: str, tmp_path: Path) -> None:
    folder = tiny_families.save(name, tmp_path / "model")
    spec, source = resolve(str(folder))
    limit = PromptLimit(source)
    assert limit.tokens is not None
    fits, long = "a red cat " * (limit.tokens // 3 - 8), "a red cat " * limit.tokens + "noir style"
    assert limit.lost(fits) == ""
    lost = limit.lost(long)
    assert lost.endswith("red cat noir style")
    heard: list[str] = []
    backend = DiffusersBackend(BackendSpec("diffusers", source, "cpu"), heard.append)
    asked = [request_for(words, backend="diffusers", sampler=spec.sampler, guidance=1.0) for words in (fits, long)]
    backend.prepare(asked)
    assert len(heard) == 1
    # A template around the words is counted by the pipeline and reckoned before.
    assert abs(limit.tokens - int(heard[0].split(" reads ")[1].split()[0])) <= 16
    backend.close()
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "test.yaml").write_text(f"name: Test\nart: {{model: '{folder}'}}\n")
    (tmp_path / "story.yaml").write_text(STORY.replace("PROMPT", f"'{long}'"))
    told = [d for d in check_story(tmp_path / "story.yaml") if d.code == "prompt-cut"]
    assert [(d.severity, d.line) for d in told] == [("warning", 10)]
    assert "noir style”" in told[0].message


def test_the_embedded_model_s_slots_are_kept_free_and_what_is_cut_for_them_is_said(tmp_path: Path) -> None:
    spec, source = resolve("embedded")
    limit = PromptLimit(source)
    assert limit.tokens == 75
    # articles take no room: it does without them
    fits, long = "the red cat, " * 25, "the red cat, " * 25 + "noir style"
    assert limit.lost(fits) == ""
    assert limit.lost(long) == "noir style"
    heard: list[str] = []
    backend = DiffusersBackend(BackendSpec("diffusers", source, "cpu"), heard.append)
    asked = [request_for(words, backend="diffusers", sampler=spec.sampler, guidance=1.0) for words in (fits, long)]
    backend.prepare(asked)
    assert len(heard) == 1
    assert " reads 75 tokens " in heard[0]
    assert "“noir style”" in heard[0]
    assert backend._prompts is not None
    first, second = (backend._prompts.encode(words, None, ())["prompt_embeds"] for words in (fits, long))
    assert first.shape == second.shape == (1, 96, 192)
    assert bool((first == second).all())
    backend.close()


def test_those_that_read_in_pieces_lose_nothing(tmp_path: Path) -> None:
    _, source = resolve(str(tiny_families.save("sd2", tmp_path / "model")))
    assert PromptLimit(source).lost("a red cat " * 1000) == ""
    assert PromptLimit(ModelSource()).lost("a red cat " * 1000) == ""
    assert PromptLimit(ModelSource(hub_id="Qwen/Qwen-Image")).lost("a red cat " * 1000) == ""
