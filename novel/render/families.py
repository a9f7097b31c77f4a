"""Which model a name means, what it asks of a plan, and what its family can't do. Nothing is loaded or fetched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import novel.embedded
from novel import hub_cache
from novel.errors import MissingError, RefusedError
from novel.plan.model import ModelSpec
from novel.render import model_folder
from novel.render.backend import ModelSource
from novel.render.checkpoint_table import CHECKPOINTS, Checkpoint
from novel.render.family_table import (
    FAMILIES,
    FLUX_1,
    FLUX_2_KLEIN,
    STABLE_DIFFUSION_XL,
    Family,
    Range,
)
from novel.render.model_folder import ModelFolder
from novel.request import RenderRequest, key_of
from novel.store import FileHashes

FAKE = "fake"
EMBEDDED = "embedded"


class AbsentModel(MissingError):
    """A known checkpoint is not on this machine. ``spec`` and ``source`` are what it would be planned with, so that
    what it can't do for a story is said before anybody fetches it."""

    def __init__(self, missing: MissingError, spec: ModelSpec, source: ModelSource) -> None:
        super().__init__(missing.message, missing.hint)
        self.spec, self.source = spec, source

    def knowing(self, left_out: Sequence[str]) -> AbsentModel:
        """The same, with what it would leave out of a story."""
        if not left_out:
            return self
        told = MissingError(f"{self.message}\n    For this story know that {'; '.join(left_out)}.", self.hint)
        return AbsentModel(told, self.spec, self.source)


def resolve(
    model: str,
    *,
    revision: str | None = None,
    base: Path | None = None,
    backend: str = "diffusers",
    digest: Callable[[Path], str] | None = None,
) -> tuple[ModelSpec, ModelSource]:
    """What a style's ``model`` means, read without loading it: ``embedded``, a folder in diffusers format (relative to
    ``base``, the folder of the file that names it, or to the working folder), a hub id from the local cache, or
    ``fake``.

    Raises MissingError with the command that fetches it (AbsentModel for a checkpoint that the table knows),
    RefusedError for code and pickles, FileError. Fetches nothing.
    ``digest`` gives a file's sha256 and may remember it (``Store.sha256_of_file``).
    """
    if FAKE in (model, backend):
        return _fake_spec(), ModelSource()
    hashing = digest or FileHashes().sha256_of_file
    path = _folder_named(model, base)
    if path is not None:
        folder = model_folder.read(path, "Copy the model's folder anew, with all of its files.")
        return _spec(model, folder, folder.identity(hashing), None), ModelSource(folder=path)
    if not hub_cache.HUB_ID.fullmatch(model):
        near = get_close_matches(model, [EMBEDDED, FAKE, *CHECKPOINTS], 1)
        raise MissingError(
            f"There is no model {model!r}: no folder of that name"
            + (f" beside the style or in {Path.cwd()}." if base else f" in {Path.cwd()}."),
            f"Did you mean {near[0]}?"
            if near
            else f"Give `embedded`, a folder in diffusers format, or a hub id such as {next(iter(CHECKPOINTS))}.",
        )
    checkpoint = CHECKPOINTS.get(model)
    snapshot, commit = _in_cache(model, revision, checkpoint)
    cure = f"Fetch the rest with: {hub_cache.download_command(model, revision or commit)}"
    folder = model_folder.read(snapshot, cure)
    return (
        _spec(model, folder, f"{model}@{commit}", checkpoint),
        ModelSource(folder=snapshot, hub_id=model, revision=commit),
    )


def _in_cache(model: str, revision: str | None, checkpoint: Checkpoint | None) -> tuple[Path, str]:
    """A hub model's snapshot and its commit. Without a wanted revision the branch ``main`` as it was fetched, else the
    commit that the table names."""
    known = checkpoint.revision if checkpoint is not None and revision is None else None
    try:
        return hub_cache.find(model, revision)
    except MissingError as error:
        missing = error
    if known is not None:
        try:
            return hub_cache.find(model, known)
        except MissingError as error:
            missing = MissingError(missing.message, error.hint)
    if checkpoint is None:
        raise missing
    raise AbsentModel(missing, spec_of(checkpoint), ModelSource(hub_id=model, revision=revision or known))


def family_of(folder: ModelFolder) -> Family:
    """A folder's family. Raises MissingError where no pipeline of ours draws with such a model."""
    family = FAMILIES.get(folder.pipeline)
    if family is None:
        names = ", ".join(sorted({f.name for f in FAMILIES.values()}))
        raise MissingError(
            f"The model in {folder.path} is a {folder.pipeline}, which novel can't draw panels with.",
            f"Take a text-to-image model of one of these families: {names}.",
        )
    return family


def check_requests(requests: Iterable[RenderRequest], source: ModelSource) -> None:
    """Say, before anything is loaded or fetched, what a model's family can't do for these requests.

    ``source`` may be a known checkpoint that is not on this machine. Raises MissingError with what to use instead.
    """
    if source.folder is not None:
        family = family_of(model_folder.read(source.folder))
    elif source.hub_id in CHECKPOINTS:
        family = CHECKPOINTS[source.hub_id].family
    else:
        return
    for request in requests:
        _check(request, family)


def _check(request: RenderRequest, family: Family) -> None:
    if request.sampler not in family.samplers:
        raise MissingError(
            f"{family.name} can't be sampled with {request.sampler!r}.",
            f"Take one of: {', '.join(family.samplers)}.",
        )
    if request.init is not None and request.init.mask is not None and not family.masks:
        raise MissingError(
            f"{family.name} can't draw a part of a picture anew (mask, region, extend).",
            f"Take a model of another family: {_those(lambda f: f.masks)}.",
        )
    if request.init is not None and not family.starts:
        raise MissingError(
            f"{family.name} can't start from a picture (continues, anchor).",
            f"Leave these out, or take a model of another family: {_those(lambda f: f.starts)}.",
        )
    if request.adapters and not family.adapters:
        raise MissingError(
            f"{family.name} takes no adapters here.",
            f"Leave the adapters out, or take a model of another family: {_those(lambda f: f.adapters)}.",
        )
    if request.reference_adapter and not family.reference_adapter:
        raise MissingError(
            f"{family.name} takes no IP-Adapter (art.reference_adapter).",
            "Leave it out: this family looks at reference pictures by itself."
            if family.edit
            else f"Leave it out, or take a model of another family: {_those(lambda f: f.reference_adapter)}.",
        )
    if not request.references:
        return
    if family.references == "":
        raise MissingError(
            f"{family.name} can't look at reference pictures (references).",
            f"Leave them out, or take a model of a family that can: {_those(lambda f: f.references == 'edit')}; or, "
            f"with an IP-Adapter as art.reference_adapter: {_those(lambda f: f.references == 'adapter')}.",
        )
    if family.references == "adapter" and not request.reference_adapter:
        raise MissingError(
            f"{family.name} looks at reference pictures through an IP-Adapter, and the style names none.",
            "Name one for this model as art.reference_adapter, or leave the references out.",
        )
    most = None if family.stitched else family.most_references
    if most is not None and len(request.references) > most:
        raise MissingError(
            f"{family.name} looks at no more than {most} reference pictures at once, and a panel has "
            f"{len(request.references)}.",
            "Leave the most telling one for each character, and none for the place.",
        )


def _those(can: Callable[[Family], bool]) -> str:
    return ", ".join(sorted({family.name for family in FAMILIES.values() if can(family)}))


def _folder_named(model: str, base: Path | None) -> Path | None:
    """The folder that a name means; None where it must be a hub id. Raises for single files."""
    if model == EMBEDDED:
        return novel.embedded.WEIGHTS
    written = Path(model).expanduser()
    candidates = [written] if written.is_absolute() else [*([base / written] if base else []), Path.cwd() / written]
    for path in candidates:
        if path.is_dir():
            return Path(os.path.abspath(path))
        if path.is_file():
            if path.suffix.lower() == ".safetensors":
                raise MissingError(
                    f"The model {model} is a single file, and novel loads folders in diffusers format.",
                    "Convert it once with diffusers: from_single_file(FILE), then save_pretrained(FOLDER).",
                )
            raise RefusedError(
                f"The model {model} is not in a format to be trusted.",
                "Take a folder in diffusers format, with safetensors.",
            )
    if model.startswith((".", "/", "~")) or model.count("/") > 1 or "\\" in model:
        return candidates[0]  # Nothing but a path is written so; that it's absent is said by the folder's reader.
    return None


@dataclass(frozen=True, slots=True)
class _Settings:
    """How a model is drawn with where nobody says otherwise."""

    steps: int
    guidance: float
    guidance_range: Range
    sampler: str
    pixels: int
    negative: bool


def _settings(family: Family, checkpoint: Checkpoint) -> _Settings:
    return _Settings(
        checkpoint.steps,
        checkpoint.guidance,
        checkpoint.guidance_range or family.guidance_range,
        checkpoint.sampler or family.sampler,
        checkpoint.side**2,
        checkpoint.negative,
    )


def _read_settings(family: Family, folder: ModelFolder) -> _Settings:
    """The settings of a model that the table doesn't know, as far as its configs tell. That a U-Net was distilled for
    few steps they don't."""
    steps, guidance, sensible, negative = family.steps, family.guidance, family.guidance_range, family.negative
    if family is FLUX_1 and not folder.config("transformer").get("guidance_embeds", True):
        steps, guidance, sensible = 4, 0.0, (0.0, 0.0)  # As schnell: it has no input for guidance.
    if family is FLUX_2_KLEIN and folder.settings.get("is_distilled"):
        steps, guidance, sensible, negative = 4, 1.0, (1.0, 1.0), False
    return _Settings(steps, guidance, sensible, family.sampler, folder.pixels or family.pixels, negative)


def _own_settings(family: Family, folder: ModelFolder) -> _Settings:
    """The embedded model's, as its card's figures were measured."""
    return _Settings(
        novel.embedded.STEPS, novel.embedded.GUIDANCE, (1.5, 9.0), "ddim", folder.pixels or family.pixels, True
    )


def _spec(name: str, folder: ModelFolder, identity: str, checkpoint: Checkpoint | None) -> ModelSpec:
    family = family_of(folder)
    zero_snr = bool(folder.config("scheduler").get("rescale_betas_zero_snr"))
    if name == EMBEDDED:
        asked = _own_settings(family, folder)
    else:
        asked = _read_settings(family, folder) if checkpoint is None else _settings(family, checkpoint)
    guidance = asked.guidance
    if zero_snr and checkpoint is None:
        # Lin et al. 2023 ("Common Diffusion Noise Schedules and Sample Steps are Flawed"): less guidance, rescaled.
        guidance = min(guidance, 5.0)
    factor = folder.unet_factor if family.size_factor is None else family.size_factor
    return ModelSpec(
        name=name,
        backend="diffusers",
        identity=identity,
        multiple=folder.vae_factor * factor,
        pixels=asked.pixels,
        steps=asked.steps,
        guidance=guidance,
        guidance_rescale=0.5 if zero_snr and family.guidance_rescale else 0.0,
        sampler=asked.sampler,
        supports_negative=asked.negative,
        prompt_tokens=family.prompt_tokens or folder.prompt_window,
        own_size=folder.oblong,
        references=family.references,
        guidance_range=asked.guidance_range,
    )


def spec_of(checkpoint: Checkpoint) -> ModelSpec:
    """What a checkpoint would be planned with, by the table alone: it need not be on this machine."""
    family = checkpoint.family
    asked = _settings(family, checkpoint)
    # A latent is eight pixels wide in all of these; the U-Nets halve it three times (Stable Diffusion) or twice (XL).
    factor = family.size_factor or (4 if family is STABLE_DIFFUSION_XL else 8)
    return ModelSpec(
        name=checkpoint.hub_id,
        backend="diffusers",
        identity=f"{checkpoint.hub_id}@{checkpoint.revision or 'main'}",
        multiple=8 * factor,
        pixels=asked.pixels,
        steps=asked.steps,
        guidance=asked.guidance,
        guidance_rescale=0.0,
        sampler=asked.sampler,
        supports_negative=asked.negative,
        prompt_tokens=family.prompt_tokens or 77,
        references=family.references,
        guidance_range=asked.guidance_range,
    )


def _fake_spec() -> ModelSpec:
    return ModelSpec(
        name=FAKE,
        backend=FAKE,
        identity=f"sha256:{key_of('the flat pictures of the fake backend, first edition')}",
        multiple=8,
        pixels=384 * 192,
        steps=4,
        guidance=5.0,
        guidance_rescale=0.0,
        sampler="dpm++",
        prompt_tokens=77,
    )
