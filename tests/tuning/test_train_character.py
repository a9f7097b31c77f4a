"""A character is learned end to end by a tiny model: the file loads and acts, stopping costs nothing, all is the same
twice."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from novel.errors import MissingError, UsageError
from novel.prepare import Choices, prepare
from novel.render.safetensors_header import read_header
from novel.tuning.progress import Watching
from novel.tuning.train import Trained

MakePictures = Callable[..., Path]


class Stopper(Watching):
    """Presses Ctrl-C while a step is under way."""

    def __init__(self, at: int) -> None:
        super().__init__(quiet=True)
        self._at = at
        self.began_at = -1

    def start(self, steps: int, done: int, device: str) -> None:
        self.began_at = done

    def step(self, done: int, loss: float) -> None:
        if done == self._at:
            import signal

            signal.raise_signal(signal.SIGINT)


def test_a_file_comes_out_that_tells_what_it_is_and_the_story_can_use(
    learn: Callable[..., Trained], make_pictures: MakePictures, learning_story: Path
) -> None:
    pictures = make_pictures(5)
    done = learn(images=pictures)
    assert done.file == learning_story.parent / "story" / "jon.safetensors"
    header = read_header(done.file)
    assert all(
        name.startswith("unet.") and name.endswith((".lora_A.weight", ".lora_B.weight")) for name in header.shapes
    )
    told = header.metadata
    assert told["novel.trigger"] == "jonxo"
    assert told["novel.steps"] == "6"
    assert told["novel.rank"] == "2"
    assert told["novel.base"].startswith("sha256:")
    assert len(json.loads(told["novel.pictures"])) == 5
    text = learning_story.read_text().replace(
        "a blue shirt}", "a blue shirt,\n    adapter: {path: story/jon.safetensors}}"
    )
    assert done.lines == (
        "characters:\n  jon:\n    adapter: {path: story/jon.safetensors, weight: 1.0, trigger: jonxo}\n"
    )
    learning_story.write_text(text.replace("{path: story/jon.safetensors}", done.lines.split("adapter: ")[1].strip()))
    made = prepare(learning_story, Choices())
    assert "jonxo, a man with black hair" in made.plan.requests["first"].prompt
    assert len(made.plan.requests["first"].adapters) == 1


def test_other_tools_load_it_and_it_changes_the_picture(
    learn: Callable[..., Trained], make_pictures: MakePictures, tiny_sd: Path
) -> None:
    import torch
    from diffusers import StableDiffusionPipeline

    file = learn(images=make_pictures(4), steps=12).file
    assert file is not None
    pipe = StableDiffusionPipeline.from_pretrained(tiny_sd, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)

    def picture() -> Any:
        generator = torch.Generator().manual_seed(1)
        return pipe("a man", width=64, height=32, num_inference_steps=2, generator=generator, output_type="np").images

    before = picture()
    pipe.load_lora_weights(str(file.parent), weight_name=file.name, use_safetensors=True)
    assert abs(picture() - before).max() > 1e-4
    pipe.disable_lora()
    assert abs(picture() - before).max() == 0


def test_learning_lowers_the_loss_on_what_was_shown(learn: Callable[..., Trained], make_pictures: MakePictures) -> None:
    losses: list[float] = []

    class Noting(Watching):
        def step(self, done: int, loss: float) -> None:
            losses.append(loss)

    learn(Noting(quiet=True), images=make_pictures(4), steps=60)
    assert losses[-1] < 0.8 * losses[0]


def test_stopping_and_going_on_gives_the_same_bytes(
    learn: Callable[..., Trained], make_pictures: MakePictures, tmp_path: Path
) -> None:
    pictures = make_pictures(4)
    whole = learn(images=pictures).file
    assert whole is not None
    once = whole.read_bytes()
    other = tmp_path / "elsewhere"
    with pytest.raises(KeyboardInterrupt):
        learn(Stopper(3), images=pictures, out=other)
    watch = Stopper(-1)
    again = learn(watch, images=pictures, out=other).file
    assert watch.began_at == 3
    assert again is not None
    assert again.read_bytes() == once


@pytest.mark.parametrize("change", [{"seed": 5}, {"trigger": "other"}])
def test_another_wish_does_not_go_on_from_the_old_run(
    learn: Callable[..., Trained], make_pictures: MakePictures, change: dict[str, Any]
) -> None:
    pictures = make_pictures(4)
    with pytest.raises(KeyboardInterrupt):
        learn(Stopper(2), images=pictures)
    watch = Stopper(1)
    with pytest.raises(KeyboardInterrupt):
        learn(watch, images=pictures, **change)
    assert watch.began_at == 0


def test_a_damaged_checkpoint_costs_time_only(
    learn: Callable[..., Trained], make_pictures: MakePictures, tmp_path: Path
) -> None:
    pictures = make_pictures(4)
    with pytest.raises(KeyboardInterrupt):
        learn(Stopper(2), images=pictures)
    checkpoint = tmp_path / "output" / "story" / "train" / "jon" / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-30])
    watch = Stopper(-1)
    assert learn(watch, images=pictures).file is not None
    assert watch.began_at == 0


def test_samples_are_kept_as_pictures(
    learn: Callable[..., Trained], make_pictures: MakePictures, tmp_path: Path
) -> None:
    from PIL import Image

    done = learn(images=make_pictures(4), steps=8)
    names = sorted(p.name for p in (tmp_path / "output/story/train/jon/samples").glob("*.png"))
    assert names == [f"step-{step:05}-{number}.png" for step in (0, 2, 4, 6, 8) for number in (1, 2)]
    assert done.samples is not None
    with Image.open(io.BytesIO(done.samples.read_bytes())) as sheet:
        assert sheet.height > sheet.width / 2


def test_pictures_of_other_shapes_and_captions_are_learned_together(
    learn: Callable[..., Trained], make_pictures: MakePictures
) -> None:
    folder = make_pictures(3)
    for name, size in (("tall", (40, 96)), ("wide", (128, 40))):
        extra = make_pictures(2, name, size)
        for file in extra.iterdir():
            file.rename(folder / f"{name}-{file.name}")
    (folder / "00.txt").write_text("a very long caption " + "of many words, " * 60)
    assert learn(images=folder).file is not None


def test_sdxl_learns_too(learn: Callable[..., Trained], make_pictures: MakePictures, tiny_xl: Path) -> None:
    import torch
    from diffusers import StableDiffusionXLPipeline

    file = learn(images=make_pictures(4, size=(64, 64)), model=str(tiny_xl), steps=12).file
    assert file is not None
    pipe = StableDiffusionXLPipeline.from_pretrained(tiny_xl, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)

    def picture() -> Any:
        generator = torch.Generator().manual_seed(1)
        return pipe("a man", width=64, height=64, num_inference_steps=2, generator=generator, output_type="np").images

    before = picture()
    pipe.load_lora_weights(str(file.parent), weight_name=file.name, use_safetensors=True)
    assert abs(picture() - before).max() > 1e-4


def test_what_was_not_shown_stays_nearer_to_what_it_was(
    learn: Callable[..., Trained], make_pictures: MakePictures, tiny_sd: Path
) -> None:
    """Prior preservation: a prompt without the character moves less than one with."""
    from novel.render.backend import BackendSpec, ModelSource
    from novel.render.families import resolve
    from novel.render.run import open_backend
    from novel.request import AdapterUse, RenderRequest

    file = learn(images=make_pictures(4), steps=80).file
    assert file is not None
    spec, _ = resolve(str(tiny_sd))
    backend = open_backend(BackendSpec("diffusers", ModelSource(folder=tiny_sd), "cpu", {"a" * 64: file}))

    def moved(prompt: str) -> float:
        request = RenderRequest(
            backend="diffusers", model=spec.identity, prompt=prompt, negative="", width=64, height=32, seed=4, steps=3,
            guidance=1.0, guidance_rescale=0.0, sampler="ddim",
        )  # fmt: skip
        plain = backend.render(request, None).data
        use = (AdapterUse(sha256="a" * 64, weight=1.0),)
        changed = backend.render(request.model_copy(update={"adapters": use}), None).data
        return sum(abs(a - b) for a, b in zip(plain, changed, strict=True)) / len(plain)

    shown = moved("bright comic style, jonxo, a man with black hair wearing a blue shirt")
    assert shown > 1.0
    assert moved("bright comic style, medium shot, inside a lab at night") <= shown


# --- what can't be done ----------------------------------------------------------------------------


def test_a_file_of_somebody_else_is_not_overwritten(
    learn: Callable[..., Trained], make_pictures: MakePictures, learning_story: Path
) -> None:
    target = learning_story.parent / "story" / "jon.safetensors"
    target.parent.mkdir()
    target.write_bytes(b"bought for a lot of money")
    with pytest.raises(UsageError, match=r"jon\.safetensors"):
        learn(images=make_pictures(4))
    assert target.read_bytes() == b"bought for a lot of money"
    assert learn(images=make_pictures(4), save=target.with_name("mine.safetensors")).file is not None
    assert learn(images=make_pictures(4), save=target.with_name("mine.safetensors"), seed=3).file is not None


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("Qwen/Qwen-Image", "Qwen-Image"),
        ("black-forest-labs/FLUX.1-dev", "FLUX.1"),
        ("stabilityai/stable-diffusion-3.5-medium", "Stable Diffusion 3.5"),
        ("stabilityai/sdxl-turbo", "distilled"),
        ("fake", "can't learn"),
    ],
)
def test_a_model_that_cannot_learn_says_so_before_anything_is_fetched(
    learn: Callable[..., Trained], make_pictures: MakePictures, model: str, words: str
) -> None:
    with pytest.raises(MissingError, match=words) as caught:
        learn(images=make_pictures(4), model=model)
    assert caught.value.exit_code == 4
    assert caught.value.hint
    assert "hf download" not in str(caught.value)


def test_wishes_that_exclude_one_another_are_refused(learn: Callable[..., Trained], tmp_path: Path) -> None:
    for wishes in (
        {"images": tmp_path, "approve": True},
        {"images": tmp_path, "sheet": 3},
        {"approve": True, "sheet": 3},
    ):
        with pytest.raises(UsageError):
            learn(**wishes)
