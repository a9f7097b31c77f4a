"""Which model a name means, what it asks of a plan, and what its family can't do. Nothing is loaded or fetched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path

from novel.errors import MissingError, RefusedError
from novel.plan.model import ModelSpec
from novel.render import hub_cache, model_folder
from novel.render.backend import ModelSource
from novel.render.family_table import CHECKPOINTS, FAMILIES, FLUX_1, Checkpoint, Family
from novel.render.model_folder import ModelFolder
from novel.request import RenderRequest, key_of
from novel.store import FileHashes

FAKE = "fake"
EMBEDDED = "embedded"


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

    Raises MissingError with the command that fetches it, RefusedError for code and pickles, FileError. Fetches nothing.
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
    snapshot, commit = hub_cache.find(model, revision)
    cure = f"Fetch the rest with: {hub_cache.download_command(model, revision or commit)}"
    folder = model_folder.read(snapshot, cure)
    return (
        _spec(model, folder, f"{model}@{commit}", CHECKPOINTS.get(model)),
        ModelSource(folder=snapshot, hub_id=model, revision=commit),
    )


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
    """Say, before anything is loaded, what a model's family can't do for these requests. Raises MissingError."""
    if source.folder is None:
        return
    family = family_of(model_folder.read(source.folder))
    for request in requests:
        if request.sampler not in family.samplers:
            raise MissingError(
                f"{family.name} can't be sampled with {request.sampler!r}.",
                f"Take one of: {', '.join(family.samplers)}.",
            )
        if request.init is not None and request.init.mask is not None and not family.masks:
            raise MissingError(
                f"{family.name} can't draw a part of a picture anew (mask, region, extend).",
                "Take a model of another family: "
                + ", ".join(sorted({f.name for f in FAMILIES.values() if f.masks}))
                + ".",
            )
        if request.init is not None and family.image_to_image is None:
            raise MissingError(
                f"{family.name} can't start from a picture (continues, anchor).",
                "Leave these out, or take a model of another family: "
                + ", ".join(sorted({f.name for f in FAMILIES.values() if f.image_to_image}))
                + ".",
            )
        if request.adapters and not family.adapters:
            raise MissingError(f"{family.name} takes no adapters here.", "Leave the adapters out.")


def _folder_named(model: str, base: Path | None) -> Path | None:
    """The folder that a name means; None where it must be a hub id. Raises for single files."""
    if model == EMBEDDED:
        return _embedded_weights()
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


def _embedded_weights() -> Path:
    import novel
    import novel.embedded

    return Path(getattr(novel.embedded, "WEIGHTS", Path(novel.__file__).parent / "embedded" / "weights"))


def _spec(name: str, folder: ModelFolder, identity: str, checkpoint: Checkpoint | None) -> ModelSpec:
    family = family_of(folder)
    scheduler = folder.config("scheduler")
    zero_snr = bool(scheduler.get("rescale_betas_zero_snr"))
    # A distilled FLUX (schnell) has no guidance input, and a turbo U-Net says by its trailing few steps nothing that a
    # config could tell; only the checkpoint's own entry does.
    guidance = (
        0.0 if family is FLUX_1 and not folder.config("transformer").get("guidance_embeds", True) else family.guidance
    )
    steps = 4 if family is FLUX_1 and guidance == 0.0 else family.steps
    sampler = family.sampler
    if zero_snr:
        # Lin et al. 2023 ("Common Diffusion Noise Schedules and Sample Steps are Flawed"): less guidance, rescaled.
        guidance = min(guidance, 5.0)
    pixels = folder.pixels or family.pixels
    negative = family.negative
    if checkpoint is not None:
        guidance, steps, pixels = checkpoint.guidance, checkpoint.steps, checkpoint.side**2
        sampler = checkpoint.sampler or sampler
        negative = checkpoint.negative
    factor = folder.unet_factor if family.size_factor is None else family.size_factor
    return ModelSpec(
        name=name,
        backend="diffusers",
        identity=identity,
        multiple=folder.vae_factor * factor,
        pixels=pixels,
        steps=steps,
        guidance=guidance,
        guidance_rescale=0.5 if zero_snr and family.guidance_rescale else 0.0,
        sampler=sampler,
        supports_negative=negative,
        prompt_tokens=family.prompt_tokens or folder.prompt_window,
        own_size=folder.oblong,
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
