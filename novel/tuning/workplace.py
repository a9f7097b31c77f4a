"""What training a character needs to know of the story: its book, its model, where things are kept, how to draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from novel.errors import MissingError, RenderIncomplete, UsageError
from novel.plan.model import ModelSpec
from novel.plan.pixels import pixel_size
from novel.request import RenderRequest
from novel.store import Store
from novel.story.load import Book, load_story
from novel.story.lock_form import load_lock
from novel.story.model import Character
from novel.story.spelling import did_you_mean

if TYPE_CHECKING:
    from novel.render.backend import Backend, ModelSource, Pixels
    from novel.render.progress import Progress

LEARNING_FAMILIES = ("StableDiffusionPipeline", "StableDiffusionXLPipeline")
"""The pipelines whose denoiser is a U-Net that ``novel.render.tuning`` can train."""
SHAPE = 2.0
"""The width of a sheet's and a sample's picture over its height; that of a panel as wide as the page."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """A story whose character is to be learned. ``folder`` holds all that comes of it but the adapter."""

    book: Book
    character: str
    spec: ModelSpec
    source: ModelSource
    store: Store
    folder: Path
    device: str

    @property
    def who(self) -> Character:
        """The character."""
        return self.book.story.characters[self.character]

    def request(self, prompt: str, seed: int, size: tuple[int, int] | None = None) -> RenderRequest:
        """What the bare model is asked for a prompt, as a panel of the story would ask. Without adapters."""
        art, spec = self.book.style.art, self.spec
        width, height = size or pixel_size(SHAPE, spec)
        return RenderRequest(
            backend=spec.backend,
            model=spec.identity,
            prompt=prompt,
            negative=" ".join(art.negative.split()) if spec.supports_negative else "",
            width=width,
            height=height,
            seed=seed,
            steps=art.steps or spec.steps,
            guidance=spec.guidance if art.guidance is None else art.guidance,
            guidance_rescale=spec.guidance_rescale if art.guidance_rescale is None else art.guidance_rescale,
            sampler=art.sampler or spec.sampler,
        )

    def drawn(
        self, requests: Mapping[str, RenderRequest], progress: Progress, say: Callable[[str], None]
    ) -> dict[str, bytes]:
        """The pictures of requests as PNG files, by their names; from the store what is there already.

        Raises RenderIncomplete where one can't be drawn; the others are kept.
        """
        from novel.render.backend import BackendSpec
        from novel.render.engine import render_all
        from novel.render.families import check_requests
        from novel.render.run import open_backend

        check_requests(list(requests.values()), self.source)

        def opened(identity: str) -> Backend:
            return open_backend(BackendSpec(self.spec.backend, self.source, self.device), progress.note)

        with self.store.lock(on_wait=say):
            report = render_all(requests, open_backend=opened, store=self.store, assets={}, progress=progress)
        found = {name: self.store.get(requests[name].key) for name in report.panels}
        missing = [name for name in requests if found.get(name) is None]
        if missing:
            reasons = "\n".join(f"    {name}: {report.failures.get(name, 'it is gone')}" for name in missing)
            raise RenderIncomplete(f"{len(missing)} pictures did not render; the others are kept:\n{reasons}")
        return {name: entry.payload for name, entry in found.items() if entry is not None}


def open_workplace(
    story: Path, character: str, out: Path, *, model: str | None, style: str | None, device: str
) -> Workplace:
    """Load the story and find its model. Raises what is wrong with either, UsageError for a character that isn't there,
    and MissingError for a model that no character can be taught to here."""
    from novel.render.families import AbsentModel, resolve

    book = load_story(story, style=style)
    if character not in book.story.characters:
        known = list(book.story.characters)
        hint = did_you_mean(character, known) or (f"Characters: {', '.join(known)}." if known else "It has none.")
        raise UsageError(f"There is no character {character!r} in {story}.", hint)
    store = Store(out / ".store")
    art, lock = book.style.art, load_lock(story)
    try:
        spec, source = resolve(
            model or art.model,
            revision=None if model else art.revision or (lock.revision_of(art.model) if lock is not None else None),
            base=None if model else book.style_file.parent,
            digest=store.sha256_of_file,
        )
    except AbsentModel as absent:
        # That it can't learn is said before anybody fetches it.
        _check_can_learn(absent.spec, absent.source)
        raise
    _check_can_learn(spec, source)
    return Workplace(book, character, spec, source, store, out / story.stem / "train" / character, device)


def _check_can_learn(spec: ModelSpec, source: ModelSource) -> None:
    from novel.render import families, model_folder
    from novel.render.checkpoint_table import CHECKPOINTS

    if source.folder is not None:
        family = families.family_of(model_folder.read(source.folder))
    elif source.hub_id in CHECKPOINTS:
        family = CHECKPOINTS[source.hub_id].family
    else:
        raise MissingError(
            f"The model {spec.name} draws flat pictures for tests and can't learn.", "Take another: --model embedded."
        )
    if family.text_to_image not in LEARNING_FAMILIES:
        raise MissingError(
            f"`novel train` can't teach {spec.name}: of the families, it trains Stable Diffusion 1.5 and 2 and SDXL, "
            f"and this is {family.name}.",
            f"Train a LoRA for {family.name} with diffusers' own scripts (examples/dreambooth) or another trainer and "
            "name its file under `adapter`; or give pictures of the character under `references`, if the model takes "
            "them.",
        )
    if spec.guidance <= 1.0:
        raise MissingError(
            f"{spec.name} was distilled to draw in {spec.steps} steps, and training would undo that.",
            "Train for the model that it was made from (--model), and use the adapter with either.",
        )


def sizes_of(shapes: Sequence[tuple[int, int]], spec: ModelSpec) -> list[tuple[int, int]]:
    """The sizes, in pixels, at which a model sees pictures of these widths and heights."""
    return [pixel_size(width / height, spec) for width, height in shapes]


def at_size(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture at a size. What sticks out is cut off; above less than below, since heads are above."""
    from PIL import Image, ImageOps

    from novel.render.backend import Pixels as Made
    from novel.render.resize import as_image

    if (pixels.width, pixels.height) == (width, height):
        return pixels
    fitted = ImageOps.fit(as_image(pixels), (width, height), Image.Resampling.LANCZOS, centering=(0.5, 0.25))
    return Made(width, height, fitted.tobytes())
