"""A small story that makes one picture again, written from the picture's recipe.

The pictures that it goes back to become panels before it, each of which the next one continues; parts that were drawn
anew become redos in a takes file. Adapters come by way of characters who have nothing but them, because those can
differ from panel to panel; what a first picture starts from is the style's anchor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from novel import __version__
from novel.editor.again_files import ADAPTERS, PICTURES, Files, inside
from novel.editor.again_redo import redo
from novel.editor.recipe import Recipe
from novel.editor.safe_text import in_yaml
from novel.editor.show import Picture, model_of
from novel.errors import MissingError, UsageError
from novel.plan.prompt import taken_apart
from novel.prepare import own_picture_size
from novel.request import SCHEMA_VERSION, AdapterUse, RenderRequest
from novel.story.ids import slug
from novel.story.model import Shot

_PLAIN = re.compile(r"[a-z][a-z+-]*[a-z+]|[0-9]+x[0-9]+|[a-z]+(?:-[a-z0-9]+)+")
_WORDS_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null"}
_HINT = "`--json` gives the recipe of each."


@dataclass(frozen=True, slots=True)
class Again:
    """The story as YAML, its takes file where it needs one, and what its reader should know beside it."""

    text: str
    takes: str | None
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Step:
    """One panel of the new story: a picture that is drawn whole (or the writer's own, by its sha256), and what was then
    drawn anew within it, one after another."""

    whole: RenderRequest | None
    own: str | None = None
    redos: list[RenderRequest] = field(default_factory=list)

    @property
    def requests(self) -> list[RenderRequest]:
        return [*([self.whole] if self.whole is not None else []), *self.redos]


_Words = tuple[str, Shot, str]
"""A prompt taken apart: the style's ``before``, the shot, the panel's own words."""


def story_of(picture: Picture, folder: Path) -> Again:
    """A story that makes the picture again. ``folder``: where it will stand, for the paths of files in it.

    Raises MissingError where the recipe doesn't tell enough, UsageError where a story has no words for it.
    """
    recipe = picture.recipe
    if recipe.prompts_taken_out:
        raise MissingError(
            f"The prompts were taken out of {picture.path}: it can't be made again from what it tells.",
            "Where it was drawn, its store still knows them.",
        )
    chain = _chain(recipe, picture)
    files = Files(picture, folder)
    steps = _steps(chain)
    words = _words(steps, picture)
    ids = _ids(steps, picture)
    art, notes = _art(chain, picture, folder, words[chain[0].key][0])
    first = steps[0].whole
    if first is not None and first.init is not None:
        path = files.written(first.init.source, PICTURES, "The picture that it starts from", _start(first.init.source))
        art["anchor"] = {"image": path, "strength": first.init.strength}
    characters, cast = _characters(chain, files)
    if recipe.request.schema_version != SCHEMA_VERSION:
        notes.append("Another edition of novel drew it; this one may draw the same words otherwise.")
    elif not recipe.agrees:
        notes.append("Its key isn't that of its recipe, so that the picture it gives may be another one.")
    panels, takes = [], {}
    for number, step in enumerate(steps):
        panels.append(_panel(step, ids, number, words, cast, art, files))
        if step.redos:
            takes[ids[number]] = {"redo": _redos(step, words, picture, files)}
    story = {
        "novel": 1,
        "title": f"The picture {ids[-1]}",
        "style": {"name": "As it was drawn", "art": art},
        **({"characters": characters} if characters else {}),
        "chapters": [{"title": "Again", "panels": panels}],
    }
    head = (
        f"# Makes the picture {ids[-1]} again. `novel build` of this file puts it into panels/{ids[-1]}.png, the same\n"
        "# to the last byte where the same libraries run on the same kind of machine.\n"
        f"# Written by `novel show --yaml`, novel {__version__}.\n"
    )
    return Again(
        head + _yaml(story),
        f"# What was drawn anew in the picture {ids[-1]}.\n" + _yaml({"novel": 1, "panels": takes}) if takes else None,
        (*notes, *files.notes),
    )


def _start(sha256: str) -> str:
    return f"start-{sha256[:12]}.png"


def _chain(recipe: Recipe, picture: Picture) -> list[RenderRequest]:
    """The requests from the first picture to this one."""
    known = {request.key: request for request in recipe.beginnings}
    if picture.made is not None:
        plan = picture.made.plan
        known |= {**plan.beginnings, **{request.key: request for request in plan.requests.values()}}
    chain = [recipe.request]
    while (init := chain[0].init) is not None and init.kind == "request":
        if init.source not in known:
            raise MissingError(
                f"{picture.path} continues a picture that it doesn't tell about (key {init.source}).",
                "Name the story and the panel instead, if you have them.",
            )
        chain.insert(0, known[init.source])
        if len({request.key for request in chain}) < len(chain):
            raise MissingError(f"The recipe in {picture.path} goes round in a circle.", "Somebody changed it.")
    return chain


def _steps(chain: Sequence[RenderRequest]) -> list[_Step]:
    steps: list[_Step] = []
    for request in chain:
        if request.init is None or request.init.mask is None:
            steps.append(_Step(request))
            continue
        if not steps:
            steps.append(_Step(None, own=request.init.source))
        steps[-1].redos.append(request)
        if request.adapters != steps[-1].requests[0].adapters:
            raise UsageError("A part was drawn anew with other adapters; a story has no words for that.", _HINT)
    return steps


def _words(steps: Sequence[_Step], picture: Picture) -> dict[str, _Words]:
    """Each request's prompt taken apart, by its key: the style's words are the same for all, the shot for a panel."""
    ways = {request.key: taken_apart(request.prompt) for step in steps for request in step.requests}
    first = steps[0].requests[0]
    for before, _, _ in ways[first.key]:
        found: dict[str, _Words] = {}
        for step in steps:
            for _, shot, _ in ways[step.requests[0].key]:
                fitting = {
                    request.key: way
                    for request in step.requests
                    for way in reversed(ways[request.key])
                    if way[:2] == (before, shot)
                }
                if len(fitting) == len(step.requests):
                    found |= fitting
                    break
        if len(found) == len(ways):
            return found
    if not all(ways.values()):
        raise UsageError(
            f"A prompt of {picture.path} holds no shot such as “wide shot”, as every prompt of a story does.",
            "It was not drawn for a panel. `--json` gives the whole recipe.",
        )
    raise UsageError(f"{picture.path} goes back to pictures of another style; one story has one style.", _HINT)


def _ids(steps: Sequence[_Step], picture: Picture) -> list[str]:
    """A panel id for each step: the story's own where they are known."""
    last = picture.panel or slug(picture.path.stem)[:60].strip("-") or "picture"
    ids: list[str] = []
    for number, step in enumerate(steps[:-1], 1):
        name = picture.names.get(step.requests[-1].key) or f"step-{number}"
        while name in (*ids, last):
            name += f"-{number}"
        ids.append(name)
    return [*ids, last]


def _art(
    chain: Sequence[RenderRequest], picture: Picture, folder: Path, before: str
) -> tuple[dict[str, Any], list[str]]:
    """The style's ``art``: what holds for every picture of the chain; and what is to be said of it."""
    last = chain[-1]
    for name, words in (("model", "models"), ("sampler", "samplers"), ("guidance_rescale", "ways to rescale guidance")):
        if len({getattr(request, name) for request in chain}) > 1:
            raise UsageError(
                f"{picture.path} and the pictures that it goes back to were drawn with several {words}; one style has "
                "one.",
                _HINT,
            )
    notes: list[str] = []
    called, model_folder = model_of(last, picture)
    name = called or ""
    if called is None:
        name = f"./model-{last.model.removeprefix('sha256:')[:12]}"
        notes.append(
            f"The model is known by its hash alone ({last.model}), and isn't the embedded one of today: write the "
            "folder that holds it to `model`."
        )
    elif model_folder is not None and "@" not in last.model:
        within = inside(model_folder, folder)
        name = f"./{within}" if within is not None else str(model_folder)
    art: dict[str, Any] = {"model": name}
    if "@" in last.model:
        art["revision"] = last.model.partition("@")[2]
    if before:
        art["before"] = before
    art |= {"negative": last.negative, "steps": last.steps, "guidance": last.guidance}
    return art | {"guidance_rescale": last.guidance_rescale, "sampler": last.sampler}, notes


def _characters(chain: Sequence[RenderRequest], files: Files) -> tuple[dict[str, Any], Mapping[tuple[str, float], str]]:
    """A character for each adapter at each weight, and their ids."""
    characters: dict[str, Any] = {}
    cast: dict[tuple[str, float], str] = {}
    for use in (use for request in chain for use in request.adapters):
        if (use.sha256, use.weight) in cast:
            continue
        name = f"adapter-{len(cast) + 1}"
        path = files.written(use.sha256, ADAPTERS, "The adapter", f"adapter-{use.sha256[:12]}.safetensors")
        characters[name] = {"name": Path(path).stem, "adapter": {"path": path, "weight": use.weight}}
        cast[use.sha256, use.weight] = name
    return characters, cast


def _panel(
    step: _Step,
    ids: Sequence[str],
    number: int,
    words: Mapping[str, _Words],
    cast: Mapping[tuple[str, float], str],
    art: Mapping[str, Any],
    files: Files,
) -> dict[str, Any]:
    request = step.requests[0]
    _, shot, own_words = words[request.key]
    panel: dict[str, Any] = {"id": ids[number]}
    if number and request.init is not None:
        panel |= {"continues": ids[number - 1], "strength": request.init.strength}
    panel["shot"] = shot
    if request.adapters:
        panel["cast"] = [cast[_use(use)] for use in request.adapters]
    if step.own is not None:
        return panel | {"image": files.written(step.own, PICTURES, "The writer's own picture", _start(step.own))}
    panel |= {"prompt": own_words, "seed": request.seed}
    panel |= {
        name: getattr(request, name)
        for name in ("negative", "steps", "guidance")
        if getattr(request, name) != art[name]
    }
    return panel | {"pixels": f"{request.width}x{request.height}"}


def _redos(step: _Step, words: Mapping[str, _Words], picture: Picture, files: Files) -> list[dict[str, Any]]:
    if step.whole is not None:
        size = step.whole.width, step.whole.height
    else:
        assert step.own is not None
        path = files.found(step.own, PICTURES)
        if path is None:
            raise MissingError(
                f"The picture with the sha256 {step.own}, of which a part was drawn anew, was not found.",
                f"Put it beside {picture.path}.",
            )
        size = own_picture_size(picture.store, path)
    redos = []
    for request in step.redos:
        fields, size = redo(request, words[request.key][2], size, files)
        redos.append(fields)
    return redos


def _use(use: AdapterUse) -> tuple[str, float]:
    return use.sha256, use.weight


def _yaml(value: Mapping[str, Any]) -> str:
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A mapping as lines of YAML."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield f"{indent}{key}:"
            yield from _lines(inner, indent + "  ")
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield f"{indent}{key}:"
            for item in inner:
                first, *more = _lines(item, indent + "    ")
                yield f"{indent}  - {first.lstrip()}"
                yield from more
        else:
            yield f"{indent}{key}: {_scalar(inner)}"


def _scalar(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(value)}]"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value not in _WORDS_OF_YAML else in_yaml(value)
    return repr(value)
