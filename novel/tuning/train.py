"""Teaching a story's model one of its characters, from pictures or from a sheet that the writer has approved."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from novel import __version__
from novel.errors import NovelError, UsageError
from novel.request import RenderRequest, key_of
from novel.store import write_atomically
from novel.tuning.pictures import TrainingPicture, gather
from novel.tuning.sheet import PICTURES, Sheet, draw_sheet, sheet_at, side_by_side
from novel.tuning.words import checked_trigger, made_up, other_prompts, panel_prompt, prompt_for
from novel.tuning.workplace import Workplace, at_size, open_workplace, sizes_of

if TYPE_CHECKING:
    from novel.render.backend import Pixels
    from novel.render.progress import Progress
    from novel.render.tuning.lesson import Example, Watcher
    from novel.render.tuning.recipe import Recipe

Say = Callable[[str], None]

VERSION = 1
"""Raised whenever the same pictures and the same recipe would no longer make the same file."""
SAMPLES = 2
"""Pictures drawn of the character at each stop along the way."""
_CUT_TELLS = 0.34
"""The share of a picture that may be cut off without a word."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller of a training may choose; None leaves it to the model and the story."""

    images: Path | None = None
    sheet: int | None = None
    approve: bool = False
    steps: int | None = None
    rank: int | None = None
    seed: int | None = None
    trigger: str | None = None
    save: Path | None = None
    model: str | None = None
    style: str | None = None
    device: str = "auto"
    out: Path = Path("output")


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a call. ``sheet``: one that waits for the writer's choice; then nothing was trained. ``lines``: what
    to write into the story."""

    sheet: Sheet | None = None
    file: Path | None = None
    lines: str = ""
    samples: Path | None = None


def train(story: Path, character: str, wishes: Wishes, progress: Progress, watch: Watcher, say: Say) -> Trained:
    """Train, or draw the sheet that comes before. Nothing in the story changes.

    Raises UsageError, FileError and RefusedError for pictures that can't be learned from, MissingError for a model that
    can't learn, KeyboardInterrupt when stopped, with the steps so far kept.
    """
    _sound(wishes)
    work = open_workplace(story, character, wishes.out, model=wishes.model, style=wishes.style, device=wishes.device)
    trigger = _trigger(work, wishes)
    file = wishes.save or story.parent / story.stem / f"{character}.safetensors"
    _check_target(file, character)
    folder = wishes.images
    if folder is None:
        sheet = sheet_at(work)
        if not wishes.approve:
            return Trained(sheet=_with_pictures(work, sheet, wishes, progress, say))
        if not sheet.pictures:
            raise UsageError(
                f"There is no sheet of {character} to approve.",
                f"`novel train {story} {character}` draws one; or give pictures: --images DIR.",
            )
        folder = sheet.folder
    pictures = gather(folder, work.store.sha256_of_file, _least_side(work), say)
    return _trained(work, pictures, trigger, file, wishes, progress, watch, say)


def _sound(wishes: Wishes) -> None:
    if wishes.images is not None and (wishes.approve or wishes.sheet is not None):
        raise UsageError("With --images there is no sheet to draw or to approve.", "Leave one of them out.")
    if wishes.approve and wishes.sheet is not None:
        raise UsageError("--sheet draws pictures and --approve trains on them.", "First one, then the other.")


def _with_pictures(work: Workplace, sheet: Sheet, wishes: Wishes, progress: Progress, say: Say) -> Sheet:
    """The sheet, after drawing what was asked for; one that is there is left alone unless more were asked for."""
    if not work.who.look:
        raise UsageError(
            f"{work.character} has no `look` in the story, so there is nothing to draw a sheet from.",
            "Write a look, or give pictures: --images DIR.",
        )
    if sheet.pictures and wishes.sheet is None:
        say(f"The sheet of {work.character} waits for your choice.")
        return sheet
    return draw_sheet(work, wishes.sheet or PICTURES, wishes.seed or 0, progress, say)


def _trigger(work: Workplace, wishes: Wishes) -> str:
    if wishes.trigger is not None:
        return checked_trigger(wishes.trigger)
    own = work.who.adapter
    return checked_trigger(own.trigger) if own is not None and own.trigger else made_up(work.character)


def _least_side(work: Workplace) -> int:
    """Half of what the model draws: blown up more than twice, a picture teaches blur."""
    from novel.plan.pixels import pixel_size

    return min(pixel_size(1.0, work.spec)) // 2


def _check_target(file: Path, character: str) -> None:
    """Refuse, before anything is trained, to write where something else stands."""
    from novel.render.safetensors_header import IncompleteFile, read_header

    if file.suffix.lower() != ".safetensors":
        raise UsageError(f"{file} does not end in .safetensors.", "Adapters are kept in that format alone.")
    if file.is_dir():
        raise UsageError(f"{file} is a folder.", "Name a file.")
    if not os.path.lexists(file):
        return
    try:
        ours = read_header(file).metadata.get("novel.character") == character
    except (IncompleteFile, NovelError):
        ours = False
    if not ours:
        raise UsageError(
            f"{file} is there already, and `novel train` did not write it for {character}.",
            "Save under another name (--save FILE), or move that file away.",
        )


def _trained(
    work: Workplace,
    pictures: Sequence[TrainingPicture],
    trigger: str,
    file: Path,
    wishes: Wishes,
    progress: Progress,
    watch: Watcher,
    say: Say,
) -> Trained:
    from novel.render import model_folder
    from novel.render.tuning.lesson import Example, Lesson
    from novel.render.tuning.recipe import suited, with_choices
    from novel.render.tuning.run import train as run

    assert work.source.folder is not None
    suits = suited(model_folder.read(work.source.folder))
    recipe = with_choices(suits, wishes.steps, wishes.rank, wishes.seed or 0)
    examples = _examples(work, pictures, trigger, say)
    say(f"the model draws {recipe.priors} pictures without {work.character}, to stay as it is")
    priors = _prior_requests(work, recipe, [(e.pixels.width, e.pixels.height) for e in examples])
    drawn = work.drawn(priors, progress, say)
    stops = _samples(work, trigger, recipe)
    told = {
        "version": VERSION,
        "base": work.spec.identity,
        "recipe": asdict(recipe),
        "examples": [
            [p.sha256, e.prompt, e.pixels.width, e.pixels.height] for p, e in zip(pictures, examples, strict=True)
        ],
        "priors": [request.key for request in priors.values()],
    }
    from novel.render.png import decode

    lesson = Lesson(
        source=work.source,
        recipe=recipe,
        examples=examples,
        priors=[Example(decode(drawn[name]), request.prompt) for name, request in priors.items()],
        samples=stops,
        checkpoint=work.folder / "checkpoint.safetensors",
        fingerprint=key_of(told),
        device=work.device,
        metadata=_metadata(work, pictures, trigger, recipe),
    )
    kept = _KeepingSamples(watch, stops, work.folder / "samples")
    write_atomically(file, run(lesson, kept))
    overview = kept.overview(work.folder / "samples.png")
    return Trained(file=file, lines=_lines(work, file, trigger), samples=overview)


def _examples(work: Workplace, pictures: Sequence[TrainingPicture], trigger: str, say: Say) -> list[Example]:
    from novel.render.own_picture import pixels_from_file
    from novel.render.tuning.lesson import Example

    made = []
    for picture in pictures:
        whole = pixels_from_file(picture.path)
        (size,) = sizes_of([(whole.width, whole.height)], work.spec)
        kept = min(size[0] / size[1] / (whole.width / whole.height), whole.width / whole.height / (size[0] / size[1]))
        if 1 - kept > _CUT_TELLS:
            say(
                f"{picture.path.name}: {round(100 * (1 - kept))} % is cut off, since the model draws {size[0]} × "
                f"{size[1]}; better cut it yourself"
            )
        made.append(Example(at_size(whole, *size), prompt_for(picture.caption, work.who, trigger, work.book)))
    return made


def _prior_requests(work: Workplace, recipe: Recipe, sizes: Sequence[tuple[int, int]]) -> dict[str, RenderRequest]:
    """What the model draws by itself, at the sizes of the character's pictures in turn."""
    prompts = other_prompts(work.book, work.character, recipe.priors)
    requests = {}
    for number, prompt in enumerate(prompts):
        chance = key_of({"prior": work.character, "seed": recipe.seed, "number": number})
        size = sizes[number * len(sizes) // len(prompts)]
        requests[f"without {work.character} {number + 1}"] = work.request(prompt, int(chance[:8], 16) >> 1, size)
    return requests


def _samples(work: Workplace, trigger: str, recipe: Recipe) -> list[RenderRequest]:
    numbers = (2, 4)  # A wide shot, and a close-up in another place.
    return [
        work.request(panel_prompt(work.book, work.character, number, trigger), recipe.seed + number)
        for number in numbers[:SAMPLES]
    ]


def _metadata(work: Workplace, pictures: Sequence[TrainingPicture], trigger: str, recipe: Recipe) -> dict[str, str]:
    """What the file tells of itself; texts, as the format has nothing else."""
    return {
        "novel.version": __version__,
        "novel.base": work.spec.identity,
        "novel.base_name": work.spec.name,
        "novel.character": work.character,
        "novel.trigger": trigger,
        "novel.look": " ".join(work.who.look.split()),
        "novel.steps": str(recipe.steps),
        "novel.rank": str(recipe.rank),
        "novel.seed": str(recipe.seed),
        "novel.recipe": json.dumps(asdict(recipe), sort_keys=True),
        "novel.pictures": json.dumps([picture.sha256 for picture in pictures]),
    }


def _lines(work: Workplace, file: Path, trigger: str) -> str:
    """The YAML that puts the adapter to use."""
    base = work.book.file.parent
    try:
        path = Path(os.path.realpath(file)).relative_to(os.path.realpath(base)).as_posix()
    except ValueError:
        path = file.name  # It has to be moved there first, which the caller says.
    return (
        f"characters:\n  {work.character}:\n"
        f"    adapter: {{path: {_scalar(path)}, weight: 1.0, trigger: {_scalar(trigger)}}}\n"
    )


def _scalar(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][\w./ -]*", text) else json.dumps(text, ensure_ascii=False)


def is_beside(story: Path, file: Path) -> bool:
    """Whether a file lies where a story may name it: in the story's folder or below."""
    return Path(os.path.realpath(file)).is_relative_to(os.path.realpath(story.parent))


class _KeepingSamples:
    """A watcher that writes the samples to files, and passes on all the rest."""

    def __init__(self, watch: Watcher, requests: Sequence[RenderRequest], folder: Path) -> None:
        self._watch, self._requests, self._folder = watch, requests, folder
        self.start, self.step, self.note, self.finish = watch.start, watch.step, watch.note, watch.finish

    def sample(self, done: int, number: int, pixels: Pixels) -> None:
        """Write one sample; those of an earlier run make way when a new one begins."""
        from novel.render.png import encode

        if done == 0 and number == 1:
            for old in self._folder.glob("step-*.png"):
                old.unlink()
        write_atomically(self._folder / f"step-{done:05}-{number}.png", encode(pixels, self._requests[number - 1], {}))
        self._watch.sample(done, number, pixels)

    def overview(self, file: Path) -> Path | None:
        """All samples side by side; None where there are none."""
        found = {p.stem: p.read_bytes() for p in sorted(self._folder.glob("step-*.png"))}
        if not found:
            return None
        write_atomically(file, side_by_side(found, SAMPLES))
        return file
