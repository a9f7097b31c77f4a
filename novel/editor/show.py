"""How a picture was made: found in the picture itself, told for people and as data, and taken out of a copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from novel.editor.recipe import Recipe, Told, read_file, told_by
from novel.editor.safe_text import as_json, printable
from novel.errors import DiagnosticsError, FileError, MissingError, UsageError
from novel.prepare import Choices, Prepared, prepare
from novel.render import best_of
from novel.render.png_chunks import SIGNATURE
from novel.request import Init, MaskBox, MaskFile, MaskMargins, MaskPerson, RenderRequest
from novel.store import Store, sha256_of, write_atomically
from novel.story.story_form import ID


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture whose recipe is asked for. ``made`` and ``panel`` are set where a story's panel was named.

    ``names``: panel ids by the keys of their pictures; ``own``: the writer's file, where it is one.
    """

    path: Path
    png: bytes
    told: Told
    store: Store
    panel: str | None = None
    made: Prepared | None = None
    own: Path | None = None
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def recipe(self) -> Recipe:
        """Our recipe. Raises MissingError where there is none."""
        if self.own is not None:
            raise MissingError(f"{self.path} is the writer's own picture, {self.own}: nothing was drawn.")
        if self.told.recipe is None:
            raise MissingError(
                f"{self.path} holds no recipe of novel's.",
                self.told.damage or "Another tool made it, or one that saved it anew has taken the recipe out.",
            )
        return self.told.recipe


def find(what: Path, panel: str | None, choices: Choices) -> Picture:
    """The picture that is meant: a story's panel, or any PNG file.

    Raises UsageError, FileError and RefusedError; a story that can't be read any more still has its pictures.
    """
    store = Store(choices.out / ".store")
    if panel is None:
        png = _png_alone(what)
        png, told, notes = _with_prompts(png, told_by(png, what), what, store)
        return Picture(what, png, told, store, notes=notes)
    made, note = _made(what, choices)
    if made is not None:
        made.book.known_panel(panel)
    elif not re.fullmatch(ID, panel):
        raise UsageError(f"{panel!r} is no panel's id.", "Ids are of small letters, digits and hyphens.")
    path = choices.out / what.stem / "panels" / f"{panel}.png"
    if not path.exists():
        raise FileError(f"{panel} has no picture in {choices.out / what.stem} yet.", f"Draw it: novel build {what}")
    png = read_file(path)
    png, told, notes = _with_prompts(png, told_by(png, path), path, store)
    notes = (note, *notes) if note else notes
    if made is None:
        return Picture(path, png, told, store, panel, notes=notes)
    return Picture(path, png, told, store, panel, made, made.plan.images.get(panel), notes, _panels_by_key(made))


def _with_prompts(png: bytes, told: Told, path: Path, store: Store) -> tuple[bytes, Told, tuple[str, ...]]:
    """The picture as the store has it, where its prompts were taken out of this copy."""
    if told.recipe is None or not told.recipe.prompts_taken_out:
        return png, told, ()
    entry = store.get(told.recipe.key)
    if entry is None:
        return png, told, ()
    note = "This copy of the picture has no prompts; these are from the store."
    return entry.payload, told_by(entry.payload, path), (note,)


def _png_alone(what: Path) -> bytes:
    data = read_file(what)
    if data.startswith(SIGNATURE):
        return data
    if what.suffix.lower() in (".yaml", ".yml"):
        raise UsageError(f"Which panel of {what}?", f"As in: novel show {what} PANEL. `novel plan {what}` lists them.")
    raise FileError(
        f"{what} is no PNG file.", "novel writes its recipes into PNG files; give one, or a story and a panel."
    )


def _made(story: Path, choices: Choices) -> tuple[Prepared | None, str]:
    """The story as it stands, or a note that says why it can't be compared with."""
    from dataclasses import replace

    try:
        return prepare(story, replace(choices, obey_lock=False)), ""
    except (DiagnosticsError, MissingError) as error:
        reason = printable(str(error).splitlines()[0])
        return None, f"Whether the story still asks for this picture can't be told: {reason}"


def _panels_by_key(made: Prepared) -> dict[str, str]:
    names = {request.key: panel for panel, request in reversed(list(made.plan.requests.items()))}
    return {**names, **{key: panel for panel, key in made.plan.kept.items()}}


def write_without_prompts(picture: Picture, to: Path) -> None:
    """Write a copy without prompts: the same pixels, the mark of AI media still in it. Raises FileError."""
    from novel.render.png import without_prompts

    if to.is_dir():
        raise FileError(f"{to} is a folder.", "Name the file to write.")
    write_atomically(to, without_prompts(picture.png))


@dataclass(frozen=True, slots=True)
class Shown:
    """A recipe made ready to be told. ``changed``: in what the story now asks for another picture; None where no story
    was named, or it can't be told."""

    picture: Picture
    model: str | None
    files: Mapping[str, str]
    seconds: float | None
    changed: tuple[str, ...] | None
    notes: tuple[str, ...]

    def as_json(self) -> str:
        """All of it as JSON."""
        picture, told = self.picture, self.picture.told
        data: dict[str, Any] = {
            "picture": str(picture.path),
            "panel": picture.panel,
            "sha256": sha256_of(picture.png),
            "width": told.width,
            "height": told.height,
            "ai_mark": told.ai_mark,
        }
        if told.recipe is not None:
            recipe = told.recipe
            request, *beginnings = [_wordless(r, recipe) for r in (recipe.request, *recipe.beginnings)]
            data |= {
                "key": recipe.key,
                "request": request,
                "beginnings": beginnings,
                "prompts_taken_out": recipe.prompts_taken_out,
                "model": {"name": self.model, "identity": recipe.request.model},
                "adapters": [
                    {"file": self.files.get(use.sha256), **use.model_dump(mode="json")}
                    for use in recipe.request.adapters
                ],
                "recipe": dict(recipe.stack),
                "novel": recipe.novel,
                "seconds": self.seconds,
            }
            if recipe.request.init is not None:
                source = recipe.request.init.source
                data["starts_from"] = {"panel": picture.names.get(source), "file": self.files.get(source)}
        if picture.own is not None:
            data["own_picture"] = str(picture.own)
        if told.texts:
            data["texts"] = dict(told.texts)
        if self.changed is not None:
            data |= {"current": not self.changed, "changed": list(self.changed)}
        data["notes"] = list(self.notes)
        return as_json(data)

    def report(self, out: TextIO) -> None:
        """All of it for people."""
        rows = list(self._rows())
        width = max(len(name) for name, _ in rows)
        for name, text in rows:
            first, *more = printable(text).split("\n") if text else [""]
            print(f"{name:<{width}}  {first}".rstrip(), file=out)
            for line in more:
                print(f"{'':<{width}}  {line}".rstrip(), file=out)
        for note in self.notes:
            print(printable(note), file=out)

    def _rows(self) -> Iterator[tuple[str, str]]:
        picture, told = self.picture, self.picture.told
        yield "picture", f"{picture.path}, {told.width} × {told.height} pixels"
        if picture.own is not None:
            yield "made by", f"the writer: {picture.own}"
            return
        if told.recipe is None:
            yield from told.texts.items()
        else:
            yield from self._recipe_rows(told.recipe)
        yield "AI mark", "made by a trained model (IPTC)" if told.ai_mark else "none"

    def _recipe_rows(self, recipe: Recipe) -> Iterator[tuple[str, str]]:
        request = recipe.request
        if recipe.prompts_taken_out:
            yield "prompt", "(taken out)"
        else:
            yield "prompt", request.prompt
            yield "negative", request.negative or "(none)"
        yield "seed", str(request.seed)
        if (request.width, request.height) != (self.picture.told.width, self.picture.told.height):
            yield "drawn at", f"{request.width} × {request.height}"
        rescaled = f", rescaled by {request.guidance_rescale:g}" if request.guidance_rescale else ""
        yield "steps", f"{request.steps} with {request.sampler}"
        yield "guidance", f"{request.guidance:g}{rescaled}"
        yield "model", f"{self.model} ({request.model})" if self.model is not None else request.model
        for use in request.adapters:
            file = self.files.get(use.sha256)
            name = f"{file} (sha256 {use.sha256[:12]}…)" if file else f"sha256 {use.sha256}"
            yield "adapter", f"{name} at {use.weight:g}"
        at = request
        for begun in (*recipe.beginnings, None):
            if at.init is None:
                break
            yield "starts from" if at is request else "and that from", self._start(at.init)
            if begun is None:
                break
            at = begun
        stack = [
            f"{name} {version}"
            for name, version in recipe.stack.items()
            if name not in ("backend", "device", "precision", *best_of.TOLD)
        ]
        chosen = [f"{name} {recipe.stack[name]}" for name in best_of.TOLD if name in recipe.stack]
        if chosen:
            yield "chosen", ", ".join(chosen)
        yield "versions", ", ".join([f"novel {recipe.novel}", *stack])
        where = [recipe.stack[name] for name in ("device", "precision") if name in recipe.stack]
        if where:
            yield "drawn on", "; ".join(where)
        if self.seconds is not None:
            yield "time", f"{self.seconds:.1f} s"
        yield "key", recipe.key

    def _start(self, init: Init) -> str:
        panel, file = self.picture.names.get(init.source), self.files.get(init.source)
        if init.kind == "asset":
            what = f"the picture {file}" if file else f"the picture with the sha256 {init.source}"
        else:
            what = f"the picture of {panel}" if panel else f"the picture with the key {init.source}"
        part = ""
        if isinstance(init.mask, MaskFile):
            part = f" within the mask {self.files.get(init.mask.sha256) or init.mask.sha256}"
        elif isinstance(init.mask, MaskBox):
            part = " within x {}, y {}, width {}, height {}".format(*init.mask.box)
        elif isinstance(init.mask, MaskMargins):
            part = f" in {init.mask.left} new pixels on the left and {init.mask.right} on the right"
        elif isinstance(init.mask, MaskPerson):
            part = f" where “{init.mask.words}” is"
        return f"{what}, {init.strength * 100:g}% changed{part}"


def _wordless(request: RenderRequest, recipe: Recipe) -> dict[str, Any]:
    data = request.model_dump(mode="json")
    return {k: v for k, v in data.items() if k not in ("prompt", "negative")} if recipe.prompts_taken_out else data


def look(picture: Picture) -> Shown:
    """The recipe with all that can be told around it. Raises MissingError where there is nothing to tell."""
    told = picture.told
    recipe = told.recipe
    notes = list(picture.notes)
    if recipe is None:
        if picture.own is None and not told.texts and not told.damage and not told.ai_mark:
            picture.recipe  # noqa: B018 - raises what is missing
        notes += [told.damage] if told.damage else []
        return Shown(picture, None, {}, None, None, tuple(notes))
    if not recipe.agrees:
        notes.append("Its key isn't that of this recipe: somebody changed it, or another edition of novel wrote it.")
    changed, more = _changed(picture, recipe)
    entry = picture.store.get(recipe.key)
    seconds = entry.meta.get("seconds") if entry is not None else None
    return Shown(
        picture=picture,
        model=model_of(recipe.request, picture)[0],
        files=_files(picture),
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        changed=changed,
        notes=(*notes, *more),
    )


def _changed(picture: Picture, recipe: Recipe) -> tuple[tuple[str, ...] | None, list[str]]:
    """In what the story's panel now asks for another picture, and that in a sentence."""
    if picture.made is None or picture.panel is None:
        return None, []
    plan = picture.made.plan
    asked = plan.let_go.get(picture.panel) or plan.requests.get(picture.panel)
    if asked is None:
        return None, []
    if best_of.answers(asked, recipe.key, recipe.stack):
        return (), []
    fields = [name for name in RenderRequest.model_fields if getattr(asked, name) != getattr(recipe.request, name)]
    if recipe.prompts_taken_out:
        fields = [name for name in fields if name not in ("prompt", "negative")] or ["prompt"]
    words = ", ".join(name.replace("_", " ") for name in fields)
    if picture.panel in plan.kept:
        return tuple(fields), [f"It is approved and stays, though the story now asks for another picture: {words}."]
    return tuple(fields), [f"The story now asks for another picture than this one: {words}."]


def model_of(request: RenderRequest, picture: Picture) -> tuple[str | None, Path | None]:
    """What a request's model is called, as far as that can be told from here, and its folder if it is one."""
    from novel.render.families import EMBEDDED, FAKE, resolve

    if request.backend == FAKE:
        return FAKE, None
    if "@" in request.model:
        return request.model.partition("@")[0], None
    if picture.made is not None and request.model in picture.made.sources:
        spec, source = picture.made.sources[request.model]
        return spec.name, None if spec.name == EMBEDDED else source.folder
    if resolve(EMBEDDED, digest=picture.store.sha256_of_file)[0].identity == request.model:
        return EMBEDDED, None
    return None, None


def _files(picture: Picture) -> dict[str, str]:
    """The story's files by their sha256, as the writer would name them."""
    if picture.made is None:
        return {}
    folder = picture.made.book.file.parent.resolve()
    return {
        sha256: str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
        for sha256, path in picture.made.plan.assets.items()
    }
