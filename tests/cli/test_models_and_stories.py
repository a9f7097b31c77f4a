"""What `novel check` and `novel build` say of a story that asks more than its model does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from novel.build import build
from novel.check import check_story
from novel.errors import MissingError, NovelError
from novel.prepare import Choices, prepare
from novel.render.checkpoint_table import CHECKPOINTS
from novel.render.progress import Quiet

STORY = """\
novel: 1
title: A Small Story
author: Nobody
style: test
seed: 7
characters:
  jon: {name: Jon, look: a man with black hair wearing a blue shirt, references: [jon.png]}
chapters:
  - id: one
    title: One
    panels:
      - {id: first, cast: [jon], prompt: a screen, say: [{jon: Hello?}]}
      - {id: second, cast: [jon], prompt: a cat, continues: first}
"""


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A story with reference pictures; nothing is in the hub's cache."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "styles").mkdir()
    Image.effect_mandelbrot((64, 64), (-2, -1.5, 1, 1.5), 30).convert("RGB").save(tmp_path / "jon.png")
    (tmp_path / "story.yaml").write_text(STORY)
    return style(tmp_path / "story.yaml", model="embedded")


def style(story: Path, **art: object) -> Path:
    written = {"name": "Test", "art": {"before": "bright comic style", "steps": 2, **art}}
    (story.parent / "styles" / "test.yaml").write_text(json.dumps(written))
    return story


def codes(story: Path) -> dict[str, str]:
    """The warnings about what is drawn otherwise: code → message and cure."""
    watched = ("references-unused", "negative-unused", "guidance-odd", "prompt-cut")
    found = check_story(story)
    assert all(d.severity == "warning" for d in found), found
    return {d.code: f"{d.message} {d.hint}" for d in found if d.code in watched}


def test_pictures_that_nobody_looks_at_are_told(story: Path) -> None:
    told = codes(story)
    assert list(told) == ["references-unused"]
    assert "the reference pictures of `jon` are not looked at" in told["references-unused"]
    assert "novel train" in told["references-unused"]
    error = absent(story, "stabilityai/stable-diffusion-xl-base-1.0")
    assert "`jon` are not looked at: the style names no IP-Adapter" in error.message
    assert "\n" not in absent(story, "stabilityai/sdxl-turbo", reference_adapter="h94/IP-Adapter").message


def test_a_build_counts_every_warning_that_check_shows(story: Path) -> None:
    story.write_text(STORY.replace("a screen", "a cathedral"))
    (story.parent / "styles" / "other.yaml").write_text((story.parent / "styles" / "test.yaml").read_text())

    def nothing(*_: object) -> None:
        raise NovelError("no model today")

    said: list[str] = []
    with pytest.raises(NovelError, match="no model today"):
        build(story, Choices(style="other"), Quiet(), said.append, nothing)  # type: ignore[arg-type]
    assert {d.code for d in check_story(story, style="other")} == {"no-strength", "references-unused", "unknown-word"}
    assert said == [f"3 warnings about {story}: `novel check {story} --style other` shows what"]


@pytest.mark.parametrize(
    ("guidance", "said"),
    [(5.0, ""), (1.5, ""), (9, ""), (1.0, "so little"), (0, "so little"), (30, "so much"), (None, "")],
)
def test_guidance_out_of_range_is_told_once(story: Path, guidance: float | None, said: str) -> None:
    style(story, model="embedded", guidance=guidance)
    found = [d for d in check_story(story) if d.code == "guidance-odd"]
    assert len(found) == bool(said)
    for diagnostic in found:
        assert said in diagnostic.message
        assert diagnostic.file.endswith("test.yaml")
        assert "Take 1.5 to 9" in diagnostic.hint


def test_a_panels_own_guidance_is_told_at_the_panel(story: Path) -> None:
    story.write_text(STORY.replace("prompt: a cat", "prompt: a cat, guidance: 40"))
    found = [d for d in check_story(story) if d.code == "guidance-odd"]
    assert [(d.line, "so much" in d.message) for d in found] == [(13, True)]


def test_with_an_adapter_for_few_steps_no_guidance_is_meant(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from novel.plan.left_out import left_out
    from novel.request import AdapterUse

    style(story, model="embedded", guidance=0)
    made = prepare(story, Choices())
    specs = {identity: spec for identity, (spec, _) in made.sources.items()}
    for panel, request in made.plan.requests.items():
        made.plan.requests[panel] = request.model_copy(update={"adapters": (AdapterUse(sha256="0" * 64, weight=1.0),)})  # type: ignore[index]
    assert "guidance-odd" not in {d.code for d in left_out(made.book, made.spec, made.plan, specs)}


def test_how_strongly_pictures_are_looked_at_may_be_no_question(story: Path) -> None:
    error = absent(story, "black-forest-labs/FLUX.2-klein-4B", reference_weight=0.9)
    assert "`reference_weight` changes nothing" in error.message


def absent(story: Path, hub_id: str, **art: object) -> MissingError:
    style(story, model=hub_id, **art)
    with pytest.raises(MissingError) as caught:
        check_story(story)
    assert caught.value.exit_code == 4
    return caught.value


def test_what_an_absent_model_leaves_out_is_said_with_the_command(story: Path) -> None:
    error = absent(story, "Tongyi-MAI/Z-Image-Turbo", negative="blurry", guidance=5)
    assert "is not on this machine" in error.message
    assert "the reference pictures of `jon` are not looked at: Tongyi-MAI/Z-Image-Turbo can't" in error.message
    assert "takes no negative prompt" in error.message
    assert "`guidance: 5` is so much" in error.message
    assert "hf download Tongyi-MAI/Z-Image-Turbo" in error.hint
    # Nothing to say of one that can do all of it.
    assert "\n" not in absent(story, "black-forest-labs/FLUX.2-klein-base-4B").message


def test_what_an_absent_model_cannot_draw_is_said_instead_of_the_command(story: Path) -> None:
    error = absent(story, "black-forest-labs/FLUX.1-dev", sampler="dpm++")
    assert "FLUX.1 can't be sampled with 'dpm++'" in error.message
    assert "hf download" not in str(error)
    story.write_text(STORY.replace("[jon.png]", "[jon.png, a.png, b.png, c.png]"))
    for name in "abc":
        image = Image.effect_mandelbrot((64, 64), (-2, -1.5, 1, 1.5), 30 + ord(name)).convert("RGB")
        image.save(story.parent / f"{name}.png")
    assert "no more than 3" in absent(story, "Qwen/Qwen-Image-Edit-2509").message
    assert "hf download" in absent(story, "black-forest-labs/FLUX.1-Kontext-dev").hint


def test_the_model_of_a_take_is_asked_as_well(story: Path) -> None:
    def takes(model: str) -> None:
        text = json.dumps({"novel": 1, "panels": {"first": {"model": model}}})
        (story.parent / "story.takes.yaml").write_text(text)

    takes("stabilityai/sdxl-turbo")
    with pytest.raises(MissingError, match="sdxl-turbo is not on this machine"):
        check_story(story)
    style(story, model="embedded", sampler="dpm++")
    takes("Tongyi-MAI/Z-Image")
    with pytest.raises(MissingError, match="Z-Image can't be sampled with 'dpm"):
        check_story(story)


@pytest.mark.parametrize("hub_id", CHECKPOINTS)
def test_every_known_model_can_be_named_by_a_story(story: Path, hub_id: str) -> None:
    assert f"hf download {hub_id}" in absent(story, hub_id).hint
