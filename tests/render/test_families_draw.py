"""Families beside Stable Diffusion 1, each as a tiny pipeline of random weights, made of its real classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import pytest
import tiny_families
import torch
from render_samples import request_for

from novel.errors import MissingError
from novel.geometry import Rect
from novel.render import masking
from novel.render.backend import BackendSpec, ModelSource, Offload, PanelFailed, Pixels
from novel.render.diffusers_backend import DiffusersBackend
from novel.render.families import resolve
from novel.render.family_table import FAMILIES, Family
from novel.request import AdapterUse, Init, MaskBox, Reference, RenderRequest
from novel.store import sha256_of


@dataclass
class Drawing:
    """A family's plain pipeline and our backend on the same files, with an adapter and pictures to look at."""

    name: str
    tiny: tiny_families.Tiny
    pipe: Any
    source: ModelSource
    assets: dict[str, Path]
    lora: str
    pictures: tuple[str, ...]
    backend: DiffusersBackend

    @property
    def family(self) -> Family:
        return FAMILIES[type(self.pipe).__name__]

    def ask(self, prompt: str = "a red cat", **fields: Any) -> RenderRequest:
        settings = {"backend": "diffusers", "width": 32, "height": 32, "guidance_rescale": 0.0}
        return request_for(prompt, **{**settings, "sampler": self.tiny.sampler, **fields})

    def open(self, **spec: Any) -> DiffusersBackend:
        return DiffusersBackend(BackendSpec("diffusers", self.source, "cpu", self.assets, **spec), print)


@pytest.fixture(scope="module", params=tiny_families.FAMILIES)
def drawing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Drawing:
    from diffusers import DiffusionPipeline

    root = tmp_path_factory.mktemp(request.param)
    folder = tiny_families.save(request.param, root / "model")
    _, source = resolve(str(folder))
    pipe = DiffusionPipeline.from_pretrained(folder, **({"processor": None} if request.param == "qwen-edit" else {}))
    pipe.set_progress_bar_config(disable=True)
    lora = tiny_families.save_lora(pipe, root)
    files = [
        lora,
        *(tiny_families.save_picture(root / f"{color}.png", color) for color in ("red", "blue", "green", "black")),
    ]
    assets = {sha256_of(file.read_bytes()): file for file in files}
    backend = DiffusersBackend(BackendSpec("diffusers", source, "cpu", assets), print)
    names = tuple(assets)
    return Drawing(
        request.param, tiny_families.FAMILIES[request.param], pipe, source, assets, names[0], names[1:], backend
    )


def difference(ours: Pixels, theirs: Any) -> int:
    one = numpy.frombuffer(ours.data, numpy.uint8).astype(int)
    two = (theirs * 255).round().astype(int).reshape(-1)
    return int(abs(one - two).max())


@pytest.mark.parametrize("negative", ["", "a blue cat"])
def test_it_is_what_the_plain_pipeline_draws(drawing: Drawing, negative: str) -> None:
    from diffusers import QwenImagePipeline

    pipe, tiny = drawing.pipe, drawing.tiny
    arguments: dict[str, Any] = {"negative_prompt": negative or None} if tiny.negative else {}
    if drawing.name == "klein":
        negative = ""  # The pipeline takes none in words.
    if drawing.name == "kontext":
        arguments["max_area"] = 32 * 32
    if "qwen" in drawing.name:
        arguments = {"negative_prompt": negative or " "}
    if drawing.name == "qwen-edit":
        pipe = QwenImagePipeline.from_pipe(pipe)
    theirs = pipe(
        prompt="a red cat",
        width=32,
        height=32,
        num_inference_steps=2,
        output_type="np",
        generator=torch.Generator().manual_seed(1),
        **{tiny.guidance_by: 5.0, **arguments},
    ).images[0]
    ours = drawing.backend.render(drawing.ask(negative=negative), None)
    assert difference(ours, theirs) <= 1
    assert drawing.backend.render(drawing.ask(negative=negative), None) == ours


def test_the_negative_prompt_counts_where_the_family_has_one(drawing: Drawing) -> None:
    one = drawing.backend.render(drawing.ask(), None)
    other = drawing.backend.render(drawing.ask(negative="a blue cat, noir style"), None)
    assert (one != other) == drawing.backend._family.negative


def test_it_continues_a_picture(drawing: Drawing) -> None:
    backend = drawing.backend
    base = backend.render(drawing.ask(), None)
    seen: list[tuple[int, int]] = []
    request = drawing.ask("a blue cat", steps=4, init=Init(kind="asset", source="0", strength=0.5))
    pixels = backend.render(request, base, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    assert (pixels.width, pixels.height) == (32, 32)
    assert pixels != base
    assert backend.render(request, base) == pixels
    assert backend.render(request, backend.render(drawing.ask(seed=9), None)) != pixels


def distance(one: Pixels, other: Pixels) -> float:
    pair = [numpy.frombuffer(p.data, numpy.uint8).astype(float) for p in (one, other)]
    return float(abs(pair[0] - pair[1]).mean())


def redone(drawing: Drawing, request: RenderRequest, base: Pixels) -> Pixels:
    return masking.draw(drawing.backend, request, base, None, masking.Masks(lambda sha256: Path()))


def test_it_draws_a_part_of_a_picture_anew(drawing: Drawing) -> None:
    base = drawing.backend.render(drawing.ask(), None)
    init = Init(kind="asset", source="0", strength=0.9, mask=MaskBox(box=(0, 0, 16, 32)))
    request = drawing.ask("a blue cat", steps=4, seed=3, init=init)
    assert drawing.backend._family.masks
    pixels = redone(drawing, request, base)
    assert_only_the_left_is_new(pixels, base)
    assert redone(drawing, request, base) == pixels


def assert_only_the_left_is_new(pixels: Pixels, base: Pixels) -> None:
    rows = [numpy.frombuffer(p.data, numpy.uint8).reshape(32, 32, 3) for p in (base, pixels)]
    assert (rows[0][:, 16:] == rows[1][:, 16:]).all()
    assert (rows[0][:, :12] != rows[1][:, :12]).any()


def test_an_adapter_comes_and_goes_without_a_trace(drawing: Drawing) -> None:
    backend, ink = drawing.backend, AdapterUse(sha256=drawing.lora, weight=1.0)
    init = Init(kind="asset", source="0", strength=0.5)
    plain = backend.render(drawing.ask(), None)
    plain_on = backend.render(drawing.ask(init=init, steps=4), plain)
    inked = backend.render(drawing.ask(adapters=(ink,)), None)
    half = backend.render(drawing.ask(adapters=(AdapterUse(sha256=drawing.lora, weight=0.5),)), None)
    assert len({p.data for p in (plain, inked, half)}) == 3
    assert backend.render(drawing.ask(), None) == plain
    assert backend.render(drawing.ask(init=init, steps=4, adapters=(ink,)), plain) != plain_on
    assert backend.render(drawing.ask(init=init, steps=4), plain) == plain_on
    assert backend.render(drawing.ask(adapters=(ink,)), None) == inked


def test_a_picture_does_not_depend_on_company_order_or_a_new_start(drawing: Drawing) -> None:
    requests = [
        drawing.ask("a red cat"),
        drawing.ask("a red cat", adapters=(AdapterUse(sha256=drawing.lora, weight=0.8),)),
        drawing.ask("a blue cat", width=64),
    ]
    if drawing.backend._family.edit:
        requests.append(drawing.ask("a red cat", references=looks(drawing, 1)))

    def draw(order: Sequence[int], prepare: bool) -> dict[int, Pixels]:
        backend = drawing.open()
        with small_references():
            if prepare:
                backend.prepare([requests[n] for n in order])
            found = {n: backend.render(requests[n], None) for n in order}
        backend.close()
        return found

    everything = range(len(requests))
    forth, back = draw(everything, True), draw(list(reversed(everything)), False)
    assert forth == back
    assert len({p.data for p in forth.values()}) == len(requests)


def test_the_end_of_a_long_prompt_counts(drawing: Drawing) -> None:
    long = "a red cat, " * 25
    one = drawing.backend.render(drawing.ask(f"{long} noir style"), None)
    assert one != drawing.backend.render(drawing.ask(f"{long} watercolor style"), None)


def test_every_sampler_of_the_family_draws(drawing: Drawing) -> None:
    backend = drawing.backend
    base = backend.render(drawing.ask(), None)
    for sampler in backend._family.samplers:
        backend.render(drawing.ask(sampler=sampler), None)
        backend.render(drawing.ask(sampler=sampler, init=Init(kind="asset", source="0", strength=0.6), steps=3), base)


def test_a_prompt_that_is_cut_is_said_with_what_is_lost(drawing: Drawing) -> None:
    if drawing.backend._family.chunked:
        pytest.skip("reads any length in pieces")
    heard: list[str] = []
    assert drawing.backend._prompts is not None
    drawing.backend._prompts._warn = heard.append
    limit = drawing.backend._family.prompt_tokens
    for _ in range(2):
        drawing.backend.render(drawing.ask("a red cat, " * 300 + "noir style"), None)
    assert len(heard) == 1
    assert f"{drawing.backend._family.name} reads" in heard[0]
    assert heard[0].count("red") + heard[0].count("r e d") >= 1
    heard.clear()
    drawing.backend.render(drawing.ask("cat " * (limit // 8)), None)
    assert heard == []


def test_offloading_is_taken_and_said_to_be_of_no_use_without_a_gpu(drawing: Drawing) -> None:
    offload: Offload = "sequential" if drawing.name == "sd2" else "model"
    heard: list[str] = []
    backend = DiffusersBackend(BackendSpec("diffusers", drawing.source, "cpu", {}, offload), heard.append)
    backend.prepare([drawing.ask()])
    assert backend.render(drawing.ask(), None) == drawing.backend.render(drawing.ask(), None)
    assert len(heard) == 1
    assert offload in heard[0]
    backend.close()


def test_with_its_parts_moved_in_turn_it_draws_the_same(drawing: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hooks that move a model's parts onto a GPU and off again, with the processor in the GPU's place."""
    if drawing.name not in ("sdxl", "klein", "qwen-edit"):
        pytest.skip("three kinds of families will do")

    def put(pipe: Any, *others: Any) -> None:
        pipe.enable_model_cpu_offload = partial(pipe.enable_model_cpu_offload, device="cpu")
        pipe.enable_model_cpu_offload()

    monkeypatch.setattr("novel.render.loading._put", put)
    moved = drawing.open()
    ink = (AdapterUse(sha256=drawing.lora, weight=1.0),)
    asked = [drawing.ask(), drawing.ask(adapters=ink), drawing.ask(init=Init(kind="asset", source="0", strength=0.5))]
    if drawing.backend._family.edit:
        asked.append(drawing.ask(references=looks(drawing, 0)))
    start = drawing.backend.render(asked[0], None)
    with small_references():
        moved.prepare(asked)
        for request in [*asked, asked[0]]:
            base = start if request.init else None
            assert moved.render(request, base) == drawing.backend.render(request, base)
    moved.close()


def test_a_u_net_is_asked_where_words_are_and_draws_the_same_afterwards(drawing: Drawing) -> None:
    backend = drawing.backend
    request = drawing.ask("a red cat, a blue dog, a red cat", width=64)
    before = backend.render(request, None)
    words = ["a blue dog", "a red cat", "a red cat", "a ghost"]
    found = backend.locate(request, before, words)
    assert len(found) == 4
    assert found[3] is None
    if not backend._family.finds_people:
        assert found == [None] * 4  # No U-Net: nobody is asked.
    else:
        assert any(found[:3])
        for box, sure in filter(None, found):
            assert Rect(0, 0, 1, 1).contains(box, slack=1e-9)
            assert box.area > 0
            assert 0 < sure <= 1
    assert backend.locate(request, before, words) == found
    # Any picture can be asked about, also one of another size.
    own = Pixels(96, 40, bytes(range(256)) * 45)
    assert len(backend.locate(request, own, words)) == 4
    assert backend.render(request, None) == before


def test_few_steps_without_guidance_begin_with_pure_noise(drawing: Drawing) -> None:
    """What an adapter for few steps was trained for, though the base's own schedule begins later ("leading")."""
    from novel.render.samplers import make_sampler

    if drawing.name != "sdxl":
        pytest.skip("flow matching begins there anyhow")
    for few, first in ((False, 751), (True, 999)):
        sampler = make_sampler("euler", drawing.pipe.scheduler, few_steps=few)
        sampler.set_timesteps(4)
        assert round(float(sampler.timesteps[0])) == first
    for guidance, steps in ((0.0, 4), (0.0, 12), (5.0, 4)):
        drawing.backend.render(drawing.ask(guidance=guidance, steps=steps), None)
        used = drawing.backend._pipe.scheduler.config.timestep_spacing
        assert used == ("trailing" if (guidance, steps) == (0.0, 4) else "leading")


# Families that look at pictures by themselves.


@contextmanager
def small_references() -> Iterator[None]:
    """Within it, the pipelines scale what they look at to small pictures, as all is small here."""
    import diffusers.pipelines.flux.pipeline_flux_kontext as kontext
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus as edit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kontext, "PREFERRED_KONTEXT_RESOLUTIONS", [(32, 32), (64, 32), (32, 64)])
        patch.setattr(edit, "VAE_IMAGE_SIZE", 32 * 32)
        patch.setattr(edit, "CONDITION_IMAGE_SIZE", 64 * 64)
        yield


def looks(drawing: Drawing, *numbers: int) -> tuple[Reference, ...]:
    return tuple(Reference(sha256=drawing.pictures[n], weight=0.6) for n in numbers)


@pytest.fixture
def looking(drawing: Drawing) -> Iterator[Drawing]:
    if drawing.backend._family.edit is None:
        pytest.skip("takes pictures through an IP-Adapter, or not at all")
    with small_references():
        yield drawing


def test_it_looks_at_pictures_and_forgets_them(looking: Drawing) -> None:
    backend, ask = looking.backend, looking.ask
    plain = backend.render(ask(), None)
    seen = {
        name: backend.render(ask(references=looks(looking, *numbers)), None)
        for name, numbers in (("one", [0]), ("other", [1]), ("both", [0, 1]), ("swapped", [1, 0]))
    }
    assert len({p.data for p in (plain, *seen.values())}) == 5
    assert backend.render(ask(), None) == plain
    assert backend.render(ask(references=looks(looking, 0)), None) == seen["one"]
    unseen = tuple(one.model_copy(update={"weight": 0.0}) for one in looks(looking, 0))
    assert backend.render(ask(references=unseen), None) == plain


def test_it_is_what_the_plain_pipeline_draws_of_a_picture(looking: Drawing) -> None:
    from novel.render.picture_reader import PictureReader
    from novel.render.reference_pictures import opened

    pipe, source = looking.pipe, looking.source
    picture = opened(looking.pictures[0], looking.assets)
    arguments: dict[str, Any] = {}
    if looking.name == "kontext":
        arguments["max_area"] = 32 * 32
    if looking.name == "qwen-edit":
        assert source.folder is not None
        pipe.processor = PictureReader(pipe.tokenizer, source.folder / "processor")
        arguments["negative_prompt"] = " "
    theirs = pipe(
        image=[picture] if looking.name != "kontext" else picture,
        prompt="a red cat",
        width=32,
        height=32,
        num_inference_steps=2,
        output_type="np",
        generator=torch.Generator().manual_seed(1),
        **{looking.tiny.guidance_by: 5.0, **arguments},
    ).images[0]
    ours = looking.backend.render(looking.ask(references=looks(looking, 0)), None)
    assert difference(ours, theirs) <= 1


def test_it_looks_at_pictures_while_it_continues_one(looking: Drawing) -> None:
    backend = looking.backend
    base = backend.render(looking.ask(), None)
    init = Init(kind="asset", source="0", strength=0.5)
    seen: list[tuple[int, int]] = []
    request = looking.ask("a blue cat", steps=4, init=init, references=looks(looking, 0))
    pixels = backend.render(request, base, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    alone = backend.render(request.model_copy(update={"references": ()}), base)
    assert len({p.data for p in (base, pixels, alone)}) == 3
    assert backend.render(request, base) == pixels
    assert backend.render(request, backend.render(looking.ask(seed=9), None)) != pixels
    far = backend.render(request.model_copy(update={"init": Init(kind="asset", source="0", strength=1.0)}), base)
    # From nothing but noise it is what is drawn without a start.
    assert distance(far, backend.render(request.model_copy(update={"init": None}), None)) < 0.1


def test_a_start_in_a_pipeline_that_looks_at_pictures_is_the_start_of_the_other(drawing: Drawing) -> None:
    """Kontext is the family that has both; the two ways must draw the same."""
    if drawing.name != "kontext":
        pytest.skip("one of the two ways only")
    from diffusers import FluxImg2ImgPipeline

    from novel.render.flow_start import started
    from novel.render.resize import as_image

    base = drawing.backend.render(drawing.ask(seed=9), None)
    shared: dict[str, Any] = {"prompt": "a blue cat", "width": 32, "height": 32, "output_type": "np"}
    shared |= {"num_inference_steps": 6, "guidance_scale": 3.0}
    pipe = FluxImg2ImgPipeline.from_pipe(drawing.pipe)
    pipe.vae.encode = Means(pipe.vae.encode)
    try:
        theirs = pipe(image=as_image(base), strength=0.5, generator=torch.Generator().manual_seed(1), **shared).images[
            0
        ]
        generator = torch.Generator().manual_seed(1)
        beginning = started(drawing.pipe, base, 6, 0.5, generator, torch.device("cpu"))
        ours = drawing.pipe(max_area=32 * 32, generator=generator, **beginning, **shared).images[0]
    finally:
        del pipe.vae.encode
    assert len(beginning["sigmas"]) == 3
    assert numpy.abs(ours - theirs).max() < 1e-3


class Means:
    """An autoencoder's encoding without chance: the one pipeline draws from it, the other one takes its mean."""

    def __init__(self, encode: Any) -> None:
        self._encode = encode

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from types import SimpleNamespace

        mean = self._encode(*args, **kwargs).latent_dist.mode()
        return SimpleNamespace(latent_dist=SimpleNamespace(sample=lambda generator: mean, mode=lambda: mean))


def test_it_looks_at_pictures_while_it_draws_a_part_anew(looking: Drawing) -> None:
    base = looking.backend.render(looking.ask(), None)
    init = Init(kind="asset", source="0", strength=0.9, mask=MaskBox(box=(0, 0, 16, 32)))
    request = looking.ask("a blue cat", steps=4, seed=3, init=init, references=looks(looking, 0))
    pixels = redone(looking, request, base)
    assert_only_the_left_is_new(pixels, base)
    assert pixels != redone(looking, request.model_copy(update={"references": ()}), base)


def test_a_picture_that_went_or_changed_is_said(looking: Drawing, tmp_path: Path) -> None:
    path = tiny_families.save_picture(tmp_path / "mina.png", "pink")
    sha256 = sha256_of(path.read_bytes())
    backend = DiffusersBackend(BackendSpec("diffusers", looking.source, "cpu", {sha256: path}), print)
    request = looking.ask(references=(Reference(sha256=sha256, weight=1.0),))
    tiny_families.save_picture(path, "white")
    with pytest.raises(PanelFailed, match=r"mina\.png has changed"):
        backend.render(request, None)
    with pytest.raises(PanelFailed, match="not among"):
        backend.render(looking.ask(references=(Reference(sha256="0" * 64, weight=1.0),)), None)


def test_more_pictures_than_it_looks_at_are_refused(looking: Drawing) -> None:
    most = looking.backend._family.most_references
    many = looks(looking, 0, 1, 2, 3, 0)
    if looking.backend._family.stitched:
        looking.backend.render(looking.ask(references=many), None)
        return
    with pytest.raises(MissingError, match=f"no more than {most}"):
        looking.backend.prepare([looking.ask(references=many)])
