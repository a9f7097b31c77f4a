"""What a user can draw with: the families and their checkpoints, which of them are on this machine, which fit it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from novel import hub_cache
from novel.errors import NovelError
from novel.plan.model import ModelSpec
from novel.render import model_folder
from novel.render.checkpoint_table import CHECKPOINTS, Checkpoint
from novel.render.families import EMBEDDED, AbsentModel, family_of, resolve, spec_of
from novel.render.family_table import Family
from novel.render.machine import Device, Machine

Here = Literal["yes", "no", "partly"]
Fit = Literal["whole", "offload", "no", "unknown"]

OWN_LICENCE = "as novel's own"
_FULL_PRECISION = 2
"""A processor computes with numbers twice as long as a GPU."""
_BESIDE = 1e9
"""What the program itself takes beside a model, in bytes."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be named. ``spec``: how a plan would take it; ``here``: whether its files are on this machine;
    ``fit``: on the first device whole, only with its parts moved in and out (``offload``), or not. ``gigabytes``: of
    memory that it takes there; ``fault``: why it can't be used though it is here. ``fetch``: the command for it."""

    name: str
    family: Family
    spec: ModelSpec
    licence: str
    gigabytes: float
    here: Here
    fit: Fit
    revision: str | None = None
    fault: str = ""
    fetch: str = ""


def offers(machine: Machine) -> list[Offer]:
    """Everything that can be named: the embedded model, the checkpoints of the table, and others in the hub's cache.

    Nothing is loaded or fetched.
    """
    device, processor = machine.devices[0], machine.devices[-1]
    found = [_embedded(device, processor)]
    found += [_known(checkpoint, device, processor) for checkpoint in CHECKPOINTS.values()]
    return [*found, *_others(device, processor)]


def _embedded(device: Device, processor: Device) -> Offer:
    spec, source = resolve(EMBEDDED, digest=_no_digest)
    assert source.folder is not None
    folder = model_folder.read(source.folder)
    size = _gigabytes(source.folder, device)
    return Offer(EMBEDDED, family_of(folder), spec, OWN_LICENCE, size, "yes", _fit(size, size, device, processor))


def _known(checkpoint: Checkpoint, device: Device, processor: Device) -> Offer:
    times = _FULL_PRECISION if device.kind == "cpu" else 1
    size, largest = checkpoint.gigabytes * times, checkpoint.largest * times
    here: Here = "yes"
    fault = fetch = ""
    revision = checkpoint.revision
    spec = spec_of(checkpoint)
    try:
        spec, source = resolve(checkpoint.hub_id, digest=_no_digest)
        revision = source.revision
    except AbsentModel as absent:
        here, fetch = "no", absent.hint.removeprefix("Fetch it once with: ")
    except NovelError as error:
        here, fault, fetch = "partly", error.message, error.hint
    return Offer(
        checkpoint.hub_id,
        checkpoint.family,
        spec,
        checkpoint.licence,
        size,
        here,
        _fit(size, largest, device, processor),
        revision,
        fault,
        fetch,
    )


def _others(device: Device, processor: Device) -> Iterator[Offer]:
    """Models in the hub's cache that the table doesn't know and that novel can draw with."""
    for hub_id in hub_cache.ids():
        if hub_id in CHECKPOINTS:
            continue
        try:
            spec, source = resolve(hub_id, digest=_no_digest)
            assert source.folder is not None
            family = family_of(model_folder.read(source.folder))
        except NovelError:
            continue  # Not a model for pictures, or not whole; who names it is told.
        size = _gigabytes(source.folder, device)
        yield Offer(
            hub_id, family, spec, "see its page", size, "yes", _fit(size, size, device, processor), source.revision
        )


def _gigabytes(folder: Path, device: Device) -> float:
    """The memory that a folder's weights take, with a third more for drawing, by what its files' headers say."""
    from novel.render.safetensors_header import read_header

    read = model_folder.read(folder)
    numbers = 0
    for component in read.components:
        for file in read.weights(component):
            for shape in read_header(file).shapes.values():
                count = 1
                for side in shape:
                    count *= side
                numbers += count
    return numbers * (4 if device.kind == "cpu" else 2) * 4 / 3 / 1e9


def _fit(size: float, largest: float, device: Device, processor: Device) -> Fit:
    """Whether a model of so many gigabytes, of which ``largest`` are at work at a time, fits a device."""
    if not device.memory:
        return "unknown"
    if size * 1e9 + _BESIDE <= device.free:
        return "whole"
    if device.kind == "cuda" and largest * 1e9 <= device.free and size * 1e9 + _BESIDE <= processor.free:
        return "offload"
    return "no"


def _no_digest(path: Path) -> str:
    """No hash is needed to tell what a model is; reading gigabytes for it would take minutes."""
    return "0" * 64
