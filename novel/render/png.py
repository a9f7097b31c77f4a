"""Finished pictures as PNG files that tell how they were made, and that a machine made them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence

from novel import __version__
from novel.render.backend import Pixels
from novel.render.png_chunks import with_texts_changed
from novel.request import RenderRequest

AI_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for media made by a trained model (cv.iptc.org/newscodes/digitalsourcetype)."""

_COMPRESSION = 6
_SAMPLER_NAMES = {
    "euler": "Euler",
    "euler-a": "Euler a",
    "ddim": "DDIM",
    "dpm++": "DPM++ 2M",
    "unipc": "UniPC",
    "lcm": "LCM",
    "flow": "Euler",
}
"""Our samplers in the words of the tools that read ``parameters``."""


def encode(
    pixels: Pixels, request: RenderRequest, recipe: Mapping[str, str], beginnings: Sequence[RenderRequest] = ()
) -> bytes:
    """A PNG with the recipe in it: ``novel`` (the whole request as JSON), ``parameters`` (as A1111's web UI writes
    them) and XMP with the mark of machine-made media. Nothing in it depends on the time or on a path.

    ``beginnings``: the requests of the pictures that this one goes back to, the nearest first, so that the file alone
    tells how it was made.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", parameters(request))
    told: dict[str, object] = {
        "request": request.model_dump(mode="json"),
        "key": request.key,
        "recipe": dict(recipe),
        "novel": __version__,
    }
    if beginnings:
        told["beginnings"] = [begun.model_dump(mode="json") for begun in beginnings]
    info.add_text("novel", json.dumps(told, sort_keys=True))
    info.add_itxt("XML:com.adobe.xmp", _xmp())
    file = io.BytesIO()
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.data)
    image.save(file, "PNG", pnginfo=info, compress_level=_COMPRESSION)
    return file.getvalue()


def decode(png: bytes) -> Pixels:
    """The pixels of a PNG that ``encode`` made."""
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return Pixels(image.width, image.height, image.convert("RGB").tobytes())


PROMPT_TEXTS = frozenset(
    "parameters prompt workflow invokeai_metadata invokeai_graph invokeai_workflow sd-metadata Dream Description "
    "Comment Title".split()
)
"""The texts in which picture tools keep their prompts, by keyword."""


def without_prompts(png: bytes) -> bytes:
    """The same picture without the words it was drawn from: its prompts, and those of the pictures it goes back to.

    All else stays, byte for byte: the pixels, the mark of machine-made media, and what our own recipe says of seeds,
    sizes, models and versions. The key stays too; it tells no prompt, but who guesses one can check it. Raises
    DamagedPng where the bytes are no whole PNG.
    """

    def change(keyword: str, text: str | None) -> str | None:
        if keyword in PROMPT_TEXTS:
            return None
        return _wordless(text) if keyword == "novel" else text

    return with_texts_changed(png, change)


def _wordless(text: str | None) -> str | None:
    """Our recipe without its prompts; nothing where it isn't one that can be read."""
    try:
        told = json.loads(text or "")
        requests = [told["request"], *told.get("beginnings", ())]
        found = False
        for request in requests:
            for words in ("prompt", "negative"):
                found = request.pop(words, None) is not None or found
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return json.dumps(told, sort_keys=True) if found else text


def parameters(request: RenderRequest) -> str:
    """The request as A1111's web UI writes it: the prompt, the negative prompt, then a line of settings."""
    kind, _, name = request.model.partition(":")
    settings = {
        "Steps": request.steps,
        "Sampler": _SAMPLER_NAMES.get(request.sampler, request.sampler),
        "CFG scale": request.guidance,
        "Seed": request.seed,
        "Size": f"{request.width}x{request.height}",
        **({"Model hash": name[:10]} if kind == "sha256" else {"Model": request.model}),
        **({"CFG rescale": request.guidance_rescale} if request.guidance_rescale else {}),
        **({"Denoising strength": request.init.strength} if request.init else {}),
    }
    if request.adapters:
        settings["Lora hashes"] = '"' + ", ".join(f"{a.sha256[:12]}: {a.weight}" for a in request.adapters) + '"'
    settings["Version"] = f"novel {__version__}"
    lines = [request.prompt]
    if request.negative:
        lines.append(f"Negative prompt: {request.negative}")
    lines.append(", ".join(f"{name}: {value}" for name, value in settings.items()))
    return "\n".join(lines)


def _xmp() -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'xmp:CreatorTool="novel {__version__}" Iptc4xmpExt:DigitalSourceType="{AI_SOURCE}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
