"""Real pipelines of diffusers with random weights: what decides a picture, and that nothing else does."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
import torch
from PIL import Image
from render_samples import request_for

from novel.errors import MissingError, RefusedError
from novel.render.backend import BackendSpec, ModelSource, PanelFailed, Pixels
from novel.render.device import _quota, place
from novel.render.diffusers_backend import DiffusersBackend
from novel.render.engine import render_all
from novel.render.families import resolve
from novel.render.family_table import UNET_SAMPLERS
from novel.render.progress import Quiet
from novel.request import AdapterUse, Init, RenderRequest
from novel.store import Store, sha256_of


def ask(prompt: str = "bright comic style, a red cat", **fields: Any) -> RenderRequest:
    return request_for(prompt, **{"backend": "diffusers", **fields})


@pytest.fixture(scope="module")
def backend(tiny_source: ModelSource, loras: dict[str, Path]) -> Iterator[DiffusersBackend]:
    backend = open_with(tiny_source, loras)
    yield backend
    backend.close()


def open_with(source: ModelSource, assets: dict[str, Path], warn: Callable[[str], None] = print) -> DiffusersBackend:
    return DiffusersBackend(BackendSpec("diffusers", source, "cpu", assets), warn)


@pytest.fixture(scope="module")
def loras(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two LoRA files of random weights, by hash; the second one is for the text encoder as well."""
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict
    from transformers import CLIPTextModel

    folder = tmp_path_factory.mktemp("loras")
    files: dict[str, Path] = {}
    for number, name in enumerate(("unet", "both")):
        torch.manual_seed(10 + number)
        unet = UNet2DConditionModel.from_pretrained(tiny_model, subfolder="unet")
        config = LoraConfig(r=2, lora_alpha=2, init_lora_weights=False, target_modules=["to_q", "to_v"])
        unet.add_adapter(config)
        layers: dict[str, Any] = {"unet_lora_layers": convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))}
        if name == "both":
            text = CLIPTextModel.from_pretrained(tiny_model, subfolder="text_encoder")
            text.add_adapter(
                LoraConfig(r=2, lora_alpha=2, init_lora_weights=False, target_modules=["q_proj", "v_proj"])
            )
            layers["text_encoder_lora_layers"] = convert_state_dict_to_diffusers(get_peft_model_state_dict(text))
        StableDiffusionPipeline.save_lora_weights(folder, weight_name=f"{name}.safetensors", **layers)
        path = folder / f"{name}.safetensors"
        files[sha256_of(path.read_bytes())] = path
    return files


# Text to image.


def test_a_request_becomes_a_picture_of_its_size(backend: DiffusersBackend) -> None:
    pixels = backend.render(ask(width=48, height=16), None)
    assert (pixels.width, pixels.height, len(pixels.data)) == (48, 16, 48 * 16 * 3)


def test_it_is_what_the_plain_pipeline_draws(backend: DiffusersBackend, tiny_model: Path) -> None:
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(tiny_model, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    request = ask(negative="blurry", steps=3)
    image = pipe(
        request.prompt,
        negative_prompt=request.negative,
        width=32,
        height=16,
        num_inference_steps=3,
        guidance_scale=5.0,
        guidance_rescale=0.5,
        generator=torch.Generator().manual_seed(1),
    ).images[0]
    ours = numpy.frombuffer(backend.render(request, None).data, numpy.uint8).astype(int)
    theirs = numpy.frombuffer(image.tobytes(), numpy.uint8).astype(int)
    assert abs(ours - theirs).max() <= 1


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "noir style, a blue cat"},
        {"negative": "red"},
        {"seed": 2},
        {"seed": 2**63 - 1},
        {"steps": 3},
        {"guidance": 1.0},
        {"guidance": 9.0},
        {"guidance_rescale": 0.0},
        {"sampler": "euler-a"},
    ],
)
def test_everything_in_a_request_counts(backend: DiffusersBackend, changed: dict[str, Any]) -> None:
    assert backend.render(ask(), None) != backend.render(ask(**changed), None)


def test_without_guidance_the_negative_prompt_is_not_even_encoded(backend: DiffusersBackend) -> None:
    one = backend.render(ask(guidance=1.0, negative="red"), None)
    assert one == backend.render(ask(guidance=1.0, negative="blue"), None)


@pytest.mark.parametrize("sampler", UNET_SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 6])
def test_each_sampler_draws_with_any_number_of_steps(backend: DiffusersBackend, sampler: str, steps: int) -> None:
    seen: list[tuple[int, int]] = []
    request = ask(sampler=sampler, steps=steps)
    pixels = backend.render(request, None, lambda done, total: seen.append((done, total)))
    assert seen == [(n + 1, steps) for n in range(steps)]
    assert backend.render(request, None) == pixels


def test_samplers_are_told_apart(backend: DiffusersBackend) -> None:
    pictures = {backend.render(ask(sampler=s, steps=4), None).data for s in UNET_SAMPLERS}
    assert len(pictures) >= len(UNET_SAMPLERS) - 1  # Euler and DDIM take the same path where nothing random is added.


# Nothing else decides it.


def test_a_picture_does_not_depend_on_company_order_or_a_new_start(
    tiny_source: ModelSource, loras: dict[str, Path]
) -> None:
    ink = AdapterUse(sha256=next(iter(loras)), weight=0.8)
    requests = [
        ask("a red cat"),
        ask("a blue cat", sampler="euler-a", negative="red"),
        ask("a green cat in a forest, " * 20, sampler="unipc", steps=3),
        ask("a red cat", adapters=(ink,), sampler="lcm"),
        ask("a pink cat", width=48, height=32),
    ]

    def draw(order: Sequence[int], prepare: bool) -> dict[int, Pixels]:
        backend = open_with(tiny_source, loras)
        if prepare:
            backend.prepare([requests[n] for n in order])
        found = {n: backend.render(requests[n], None) for n in order}
        backend.close()
        return found

    forth, back, alone = draw([0, 1, 2, 3, 4], True), draw([4, 3, 2, 1, 0], True), draw([2], False)
    assert forth == back
    assert alone[2] == forth[2]
    assert len({p.data for p in forth.values()}) == 5


def test_through_the_engine_bytes_are_the_same_after_an_interruption(tiny_source: ModelSource, tmp_path: Path) -> None:
    first = ask("a red cat")
    requests = {"a": first, "b": ask("b", init=Init(kind="request", source=first.key, strength=0.5)), "c": ask("c")}

    def run(name: str, *batches: list[str]) -> dict[str, str]:
        store = Store(tmp_path / name)
        report = None
        for batch in batches:
            report = render_all(
                requests,
                open_backend=lambda model: open_with(tiny_source, {}),
                store=store,
                assets={},
                progress=Quiet(io.StringIO()),
                only=batch,
            )
            assert report.failures == {}
        assert report is not None
        return {name: panel.sha256 for name, panel in report.panels.items()}

    everything = ["a", "b", "c"]
    assert run("one", everything) == run("two", ["c"], ["b"], everything)


# Image to image.


def start(width: int = 32, height: int = 16, seed: int = 0) -> Pixels:
    data = numpy.random.default_rng(seed).integers(0, 255, (height, width, 3), numpy.uint8)
    return Pixels(width, height, data.tobytes())


def continuing(strength: float = 0.5, **fields: Any) -> RenderRequest:
    return ask(init=Init(kind="request", source="0" * 64, strength=strength), **{"steps": 4, **fields})


def test_a_picture_continues_another(backend: DiffusersBackend) -> None:
    base = start()
    pictures = [backend.render(continuing(s), base) for s in (0.3, 0.6, 1.0)]
    assert len({p.data for p in pictures}) == 3
    assert pictures[1] == backend.render(continuing(0.6), base)
    assert pictures[1] != backend.render(continuing(0.6), start(seed=1))


def test_another_size_to_start_from_is_fitted(backend: DiffusersBackend) -> None:
    pixels = backend.render(continuing(0.5, width=48, height=16), start(100, 64))
    assert (pixels.width, pixels.height) == (48, 16)


def test_no_strength_leaves_the_picture_as_it_is(backend: DiffusersBackend) -> None:
    assert backend.render(continuing(0.0), start()) == start()


@pytest.mark.parametrize("steps", [1, 3, 49])
def test_a_little_strength_is_at_least_one_step(backend: DiffusersBackend, steps: int) -> None:
    seen: list[tuple[int, int]] = []
    backend.render(continuing(0.001, steps=steps), start(), lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_guidance_is_rescaled_here_too(backend: DiffusersBackend) -> None:
    """The pipeline itself can't; what the hook does must be what the other pipeline does, and leave nothing behind."""
    plain = backend.render(continuing(guidance_rescale=0.0), start())
    assert backend.render(continuing(guidance_rescale=0.7), start()) != plain
    assert backend.render(continuing(guidance_rescale=0.0), start()) == plain
    from novel.render.guidance import rescaled_guidance

    pipe = backend._pipe
    pipe.scheduler = type(backend._scheduler).from_config(backend._scheduler.config)
    arguments = {"prompt": "a cat", "width": 32, "height": 16, "num_inference_steps": 2, "output_type": "np"}

    def draw(**more: float) -> Any:
        return pipe(**arguments, guidance_scale=5.0, generator=torch.Generator().manual_seed(1), **more).images[0]

    with rescaled_guidance(pipe, 5.0, 0.7):
        hooked = draw()
    assert numpy.abs(hooked - draw(guidance_rescale=0.7)).max() < 1e-4
    assert numpy.abs(hooked - draw()).max() > 1e-3


@pytest.mark.parametrize("sampler", UNET_SAMPLERS)
def test_each_sampler_continues_a_picture(backend: DiffusersBackend, sampler: str) -> None:
    backend.render(continuing(0.5, sampler=sampler), start())


# Prompts.


def test_words_beyond_the_window_count(backend: DiffusersBackend) -> None:
    long = "a red cat, " * 30
    assert backend.render(ask(long + "noir style"), None) != backend.render(ask(long + "watercolor style"), None)


def test_the_last_word_of_a_long_negative_prompt_counts(backend: DiffusersBackend) -> None:
    long = "a red cat, " * 30
    one = backend.render(ask(negative=long + "noir"), None)
    assert one != backend.render(ask(negative=long + "watercolor"), None)


def test_a_prompt_of_one_window_is_encoded_as_the_pipeline_does(backend: DiffusersBackend) -> None:
    backend.prepare([ask()])
    assert backend._prompts is not None
    for words in ("", "a red cat", "a red cat, " * 12, "words, nobody; ever told it!"):
        ours = backend._prompts.encode(words, "", ())
        theirs, negative = backend._pipe.encode_prompt(words, "cpu", 1, True)
        assert torch.equal(ours["prompt_embeds"], theirs), words
        assert torch.equal(ours["negative_prompt_embeds"], negative)


def test_each_text_is_encoded_once(tiny_source: ModelSource) -> None:
    backend = open_with(tiny_source, {})
    requests = [ask(f"a {c} cat", negative="blurry", seed=s) for c in ("red", "blue") for s in (1, 2, 3)]
    backend.prepare(requests)
    assert backend._prompts is not None
    known = dict(backend._prompts._known)
    assert len(known) == 3
    for request in requests:
        backend.render(request, None)
    assert backend._prompts._known == known
    backend.close()


# Adapters.


def test_adapters_come_and_go_without_a_trace(tiny_source: ModelSource, loras: dict[str, Path]) -> None:
    untouched = open_with(tiny_source, loras)
    plain = untouched.render(ask(), None)
    plain_continued = untouched.render(continuing(), start())
    untouched.close()
    backend = open_with(tiny_source, loras)
    first, second = loras
    uses = [
        (AdapterUse(sha256=first, weight=1.0),),
        (AdapterUse(sha256=second, weight=1.0),),
        (AdapterUse(sha256=second, weight=0.5),),
        (AdapterUse(sha256=first, weight=0.7), AdapterUse(sha256=second, weight=0.3)),
    ]
    requests = [ask(adapters=u) for u in uses]
    pictures = [backend.render(r, None) for r in requests]
    assert len({p.data for p in [plain, *pictures]}) == 5
    assert backend.render(ask(), None) == plain
    assert [backend.render(r, None) for r in reversed(requests)] == list(reversed(pictures))
    assert backend.render(continuing(), start()) == plain_continued
    assert backend.render(continuing(adapters=uses[0]), start()) != plain_continued
    backend.close()


def test_an_adapter_of_no_weight_changes_nothing_but_last_bits(
    backend: DiffusersBackend, loras: dict[str, Path]
) -> None:
    none = backend.render(ask(adapters=(AdapterUse(sha256=next(iter(loras)), weight=0.0),)), None)
    plain = backend.render(ask(), None)
    difference = numpy.frombuffer(none.data, numpy.uint8).astype(int) - numpy.frombuffer(plain.data, numpy.uint8)
    assert abs(difference).max() <= 1


def test_an_adapter_for_another_base_is_said_before_anything_is_loaded(
    tiny_source: ModelSource, tmp_path: Path
) -> None:
    from render_samples import write_safetensors

    shapes = {"unet.nowhere.to_q.lora_A.weight": (4, 8), "unet.nowhere.to_q.lora_B.weight": (8, 4)}
    file = write_safetensors(tmp_path / "ink.safetensors", shapes)
    sha256 = sha256_of(file.read_bytes())
    backend = open_with(tiny_source, {sha256: file})
    with pytest.raises(MissingError, match=r"ink\.safetensors.*model"):
        backend.prepare([ask(), ask(adapters=(AdapterUse(sha256=sha256, weight=1.0),))])
    assert backend._pipe is None
    pickled = tmp_path / "ink.pt"
    pickled.touch()
    backend = open_with(tiny_source, {"1" * 64: pickled})
    with pytest.raises(RefusedError):
        backend.prepare([ask(adapters=(AdapterUse(sha256="1" * 64, weight=1.0),))])


# What goes wrong.


class Broken:
    """Stands where the pipeline stood; gives a picture that is none, or raises."""

    def __init__(self, real: Any, outcome: Any) -> None:
        self._real, self._outcome = real, outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __call__(
        self,
        width: int = 0,
        height: int = 0,
        guidance_rescale: float = 0.0,
        **kwargs: Any,
    ) -> Any:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return SimpleNamespace(images=[self._outcome])


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (numpy.full((16, 32, 3), numpy.nan, numpy.float32), "no numbers"),
        (numpy.zeros((16, 32, 3), numpy.float32), "one flat colour"),
        (numpy.full((16, 32, 3), 0.4, numpy.float32), "one flat colour"),
        (RuntimeError("shapes do not match\nmore"), "^shapes do not match$"),
        (torch.OutOfMemoryError("full"), "memory"),
    ],
)
def test_a_broken_picture_is_a_failure_and_never_kept(
    tiny_source: ModelSource, tmp_path: Path, outcome: Any, reason: str
) -> None:
    backend = open_with(tiny_source, {})
    backend.prepare([ask()])
    backend._pipe = Broken(backend._pipe, outcome)
    with pytest.raises(PanelFailed, match=reason):
        backend.render(ask(), None)
    store = Store(tmp_path)
    report = render_all(
        {"a": ask()}, open_backend=lambda model: backend, store=store, assets={}, progress=Quiet(io.StringIO())
    )
    assert report.panels == {}
    assert list(report.failures) == ["a"]
    assert not store.contains(ask().key)


def test_a_device_that_is_not_here_is_said_with_what_is(tiny_source: ModelSource) -> None:
    with pytest.raises(MissingError, match="cuda:99") as caught:
        DiffusersBackend(BackendSpec("diffusers", tiny_source, "cuda:99"), print)
    assert "cpu" in caught.value.hint
    assert place("cpu").dtype == torch.float32


def test_threads_keep_to_what_a_container_was_given(tmp_path: Path) -> None:
    for text, expected in (("max 100000", None), ("250000 100000", 3), ("50000 100000", 1), ("", None)):
        (tmp_path / "cpu.max").write_text(text)
        assert _quota(tmp_path) == expected


def test_nothing_is_printed_and_no_socket_is_opened(
    tiny_source: ModelSource, loras: dict[str, Path], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *a, **k: pytest.fail("a connection was tried"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        backend = open_with(tiny_source, loras)
        use = AdapterUse(sha256=next(iter(loras)), weight=1.0)
        backend.prepare([ask(adapters=(use,))])
        backend.render(ask("long words, " * 50, adapters=(use,)), None)
        backend.render(continuing(), start())
        backend.close()
    assert capfd.readouterr() == ("", "")


# The model that ships.


def test_the_shipped_model_draws_and_continues(tmp_path: Path) -> None:
    spec, source = resolve("embedded")
    backend = open_with(source, {})
    request = ask(
        "bright comic style, in a forest by day",
        model=spec.identity,
        width=spec.multiple * 8,
        height=spec.multiple * 4,
        steps=3,
        guidance=spec.guidance,
        guidance_rescale=spec.guidance_rescale,
        sampler=spec.sampler,
    )
    pixels = backend.render(request, None)
    assert pixels == backend.render(request, None)
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.data)
    assert len(set(image.resize((16, 8)).getdata())) > 20
    on = request.model_copy(update={"init": Init(kind="request", source=request.key, strength=0.7)})
    assert backend.render(on, pixels) != pixels
    backend.close()
