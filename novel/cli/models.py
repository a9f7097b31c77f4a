"""``novel models``: what can be drawn with, what is here, and what fits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from novel.render.family_table import Family
    from novel.render.machine import Machine
    from novel.render.offer import Offer

EXAMPLES = """Examples:

novel models

novel models --family "FLUX.2 klein"

novel models --json | jq -r '.models[] | select(.fit == "whole") | .name'"""


def models(
    family: Annotated[
        str | None,
        typer.Option("--family", metavar="FAMILY", help="Tell all of one family.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """List the models that can be named in a style: what each can do, which are here, and which fit this machine.

    Nothing is loaded or fetched, and no network is asked. A folder in diffusers format, or any hub id of one of these
    families, can be named too.
    """
    from novel.render.family_table import FAMILIES
    from novel.render.machine import this_machine
    from novel.render.offer import offers

    machine = this_machine()
    families = list({known.name: known for known in FAMILIES.values()}.values())
    if family is not None:
        families = [_named(family, families)]
    offered = [offer for offer in offers(machine) if offer.family in families]
    if as_json:
        print(json.dumps(_data(machine, families, offered), ensure_ascii=False, indent=2))
        return
    for line in _machine(machine):
        print(line)
    print()
    print(_table(_model_rows(offered)))
    print()
    print(_table(_family_rows(families)))
    shortcuts = _shortcut_rows(families)
    if len(shortcuts) > 1:
        print()
        print(
            "Adapters that draw in few steps: name the file under art.adapters, with its steps, guidance and sampler."
        )
        print(_table(shortcuts))
    lookers = _looker_rows(families)
    if len(lookers) > 1:
        print()
        print("IP-Adapters, through which a family looks at references: name one as art.reference_adapter.")
        print(_table(lookers))
    if family is None:
        print()
        print("`novel models --family FAMILY` shows the commands that fetch a family's models.")
    else:
        for line in _all_of(families[0], offered):
            print(line)


def _named(name: str, families: Sequence[Family]) -> Family:
    from novel.errors import UsageError

    for family in families:
        if family.name.lower() == name.lower():
            return family
    raise UsageError(f"There is no family {name!r}.", f"There are: {', '.join(f.name for f in families)}.")


def _machine(machine: Machine) -> Iterable[str]:
    first, *others = machine.devices
    yield f"Draws on {_device(first)}." if first.kind != "cpu" else f"Draws on the processor: {_device(first)}."
    for other in others:
        yield f"Beside it {_device(other)}."
    if machine.note:
        yield machine.note


def _device(device: Any) -> str:
    if not device.memory:
        return str(device.name)
    return f"{device.name}, {device.memory / 1e9:.0f} GB of memory, {device.free / 1e9:.0f} GB free"


_HERE = {"yes": "here", "no": "–", "partly": "not whole"}
_FIT = {"whole": "fits", "offload": "offloaded", "no": "too large", "unknown": "?"}


def _model_rows(offered: Iterable[Offer]) -> list[list[str]]:
    rows = [["MODEL", "FAMILY", "STEPS", "GUIDANCE", "PIXELS", "MEMORY", "FITS", "HERE", "LICENCE"]]
    for offer in offered:
        spec = offer.spec
        side = round(spec.pixels**0.5)
        rows.append(
            [
                offer.name,
                offer.family.name,
                str(spec.steps),
                f"{spec.guidance:g}",
                "×".join(map(str, spec.own_size or (side, side))),
                f"{offer.gigabytes:.0f} GB" if offer.gigabytes >= 1 else f"{offer.gigabytes * 1000:.0f} MB",
                _FIT[offer.fit],
                _HERE[offer.here],
                offer.licence,
            ]
        )
    return rows


def _family_rows(families: Iterable[Family]) -> list[list[str]]:
    rows = [["FAMILY", "STARTS", "PARTS", "REFERENCES", "LORA", "PEOPLE", "NEGATIVE", "PROMPT", "GUIDANCE", "SAMPLERS"]]
    for family in families:
        low, high = family.guidance_range
        rows.append(
            [
                family.name,
                _yes(family.starts),
                _yes(family.masks),
                {"": "–", "adapter": "IP-Adapter", "edit": "yes"}[family.references],
                _yes(family.adapters),
                "found" if family.finds_people else "–",
                _yes(family.negative),
                "any length" if family.chunked else f"{family.prompt_tokens} tokens",
                f"{low:g} to {high:g}",
                " ".join(family.samplers),
            ]
        )
    return rows


def _shortcut_rows(families: Iterable[Family]) -> list[list[str]]:
    from novel.render.checkpoint_table import SHORTCUTS

    rows = [["ADAPTER", "FILE", "FAMILY", "STEPS", "GUIDANCE", "SAMPLER", "LICENCE"]]
    for one in SHORTCUTS:
        if one.family in families:
            settings = [str(one.steps), f"{one.guidance:g}", one.sampler]
            rows.append([one.hub_id, one.file, one.family.name, *settings, one.licence])
    return rows


def _looker_rows(families: Iterable[Family]) -> list[list[str]]:
    from novel.render.checkpoint_table import REFERENCE_ADAPTERS

    rows = [["IP-ADAPTER", "FAMILY", "IMAGE ENCODER", "LICENCE"]]
    for one in REFERENCE_ADAPTERS:
        if one.family in families:
            rows.append([one.name, one.family.name, one.encoder or "beside it", one.licence])
    return rows


def _all_of(family: Family, offered: Iterable[Offer]) -> Iterable[str]:
    yield ""
    yield f"Pipelines: {', '.join(f'{what} {name}' for what, name in _pipelines(family).items() if name)}."
    yield f"Sizes: multiples of {' or '.join(str(m) for m in sorted({o.spec.multiple for o in offered}))} pixels."
    how = "guides by the difference that the prompt makes" if family.guidance_by else "is a condition that it learned"
    yield f"Guidance: {how}."
    if family.most_references is not None and family.references:
        together = ", side by side in one" if family.stitched else ""
        yield f"References: {'any number' if family.stitched else f'up to {family.most_references}'}{together}."
    for offer in offered:
        if offer.fault:
            yield f"{offer.name}: {offer.fault}"
        if offer.fetch:
            yield f"{offer.name}: {offer.fetch}"


def _pipelines(family: Family) -> dict[str, str | None]:
    return {
        "text to image": family.text_to_image,
        "image to image": family.image_to_image,
        "inpaint": family.inpaint,
        "edit": family.edit,
    }


def _data(machine: Machine, families: Iterable[Family], offered: Iterable[Offer]) -> dict[str, Any]:
    from dataclasses import asdict

    from novel.render.checkpoint_table import REFERENCE_ADAPTERS, SHORTCUTS

    chosen = list(families)
    return {
        "machine": asdict(machine),
        "models": [
            {
                "name": offer.name,
                "family": offer.family.name,
                "revision": offer.revision,
                "licence": offer.licence,
                "here": offer.here,
                "fit": offer.fit,
                "gigabytes": round(offer.gigabytes, 2),
                "fault": offer.fault,
                "fetch": offer.fetch,
                "steps": offer.spec.steps,
                "guidance": offer.spec.guidance,
                "guidance_range": offer.spec.guidance_range,
                "sampler": offer.spec.sampler,
                "negative": offer.spec.supports_negative,
                "pixels": offer.spec.pixels,
                "own_size": offer.spec.own_size,
                "multiple": offer.spec.multiple,
            }
            for offer in offered
        ],
        "families": [
            {
                "name": family.name,
                "pipelines": _pipelines(family),
                "samplers": family.samplers,
                "starts": family.starts,
                "parts": family.masks,
                "references": family.references,
                "most_references": family.most_references,
                "adapters": family.adapters,
                "finds_people": family.finds_people,
                "negative": family.negative,
                "prompt_tokens": None if family.chunked else family.prompt_tokens,
                "guidance": family.guidance_means,
                "guidance_range": family.guidance_range,
            }
            for family in chosen
        ],
        "shortcuts": [{**asdict(one), "family": one.family.name} for one in SHORTCUTS if one.family in chosen],
        "reference_adapters": [
            {**asdict(one), "family": one.family.name} for one in REFERENCE_ADAPTERS if one.family in chosen
        ],
    }


def _yes(there: bool) -> str:
    return "yes" if there else "–"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
