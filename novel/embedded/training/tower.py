"""Trains the image tower: its reader of whole panels, here, and its knower of people; on the teacher's pictures alone.

Everything in a panel is learned where it stands, so one picture teaches as much as it holds people and things; what the
two networks are for, and how they are read, stands in :mod:`novel.embedded.tower`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from novel.embedded import scenes
from novel.embedded.tower import Tower
from novel.embedded.towernet import STYLE_WIDTH, WHOLE, Knower, Reader
from novel.embedded.towernet import split_people as of_heads
from novel.embedded.training import cast, corpus, knower, parallel, stand
from novel.embedded.training.probe import pixels_of, small_pictures
from novel.embedded.training.sights import COLUMNS, Truths, cells_of, heat_of, mirrored, moved, truths
from novel.embedded.training.wear import worn

#: Which file of a folder each network goes on from.
STANDS = {"reader": "tower-reader.pt", "knower": knower.STAND}
#: How many pictures a finished reader's styles are read off before it learns on.
_SEEN_FIRST = 512
#: How much sharper than a cosine the answers to "which style" are.
_SHARP = 16.0
#: What counts most of a person's facts.
_WEIGHT = {"kind": 1.0, "colour": 1.5, "clothes": 1.0, "hair": 1.0}


@dataclass(frozen=True, slots=True)
class Settings:
    """One run of training. ``plain``: how many of the probe's own pictures are learned from beside ``pictures`` with
    a cast that comes back; ``batch``: pictures a step in each of the reader's ``workers`` processes."""

    folder: Path
    seconds: float
    people_seconds: float
    pictures: int = 8000
    plain: int = 20000
    batch: int = 16
    rate: float = 2e-3
    seed: int = 0
    workers: int = 1


def _there(logits: Tensor, at: Tensor) -> Tensor:
    """The loss of "is there one here?": hard cells count, those beside a middle hardly (Law and Deng, 2018)."""
    heat, p = heat_of(at), logits.sigmoid()
    yes = (1 - p).square() * fn.logsigmoid(logits) * (heat == 1)
    no = (1 - heat).pow(4) * p.square() * fn.logsigmoid(-logits)
    return -(yes + no * (heat < 1)).sum() / max(1.0, float((heat == 1).sum()))


def _seen(logits: Tensor, classes: Tensor) -> Tensor:
    keep = classes >= 0
    if not keep.any():
        return logits.sum() * 0
    return fn.cross_entropy(logits[keep], classes[keep])


def loss_of(out: dict[str, Tensor], t: Truths, manners: Tensor) -> Tensor:
    """How wrong the reader is about pictures."""
    total = sum((_seen(out[head], t.whole[:, k]) for k, head in enumerate(WHOLE)), torch.zeros(()))
    total = total + 0.3 * _seen(_SHARP * out["manner"] @ fn.normalize(manners, dim=1).T, t.whole[:, 0])
    total = total + _there(out["people"][:, 0], t.people_at) + _there(out["things"][:, 0], t.things_at)
    for key, at, steps in (("people", t.people_at, (-1, 0, 1)), ("things", t.things_at, (-1, 0, 1))):
        which, x, y = cells_of(at)
        if not len(which):
            continue
        there = at[..., 0] >= 0
        # The cells beside the middle answer too: in a drawn picture the peak is seldom where it should be.
        for step in steps:
            here = (x + step).clamp(0, COLUMNS - 1)
            found = out[key][which, 1:, y, here]
            share = 0.5 if step == 0 else 0.25
            if key == "things":
                total = total + share * 1.5 * _seen(found, t.things[there])
                continue
            for k, (head, logits) in enumerate(of_heads(found).items()):
                total = total + share * _WEIGHT.get(head, 0.4) * _seen(logits, t.people[there][:, k])
    return total


def drawn(settings: Settings) -> list[npt.NDArray[np.uint8]]:
    """The pictures that are learned from, in two parts or one; drawn where they are not there yet."""
    parts = [cast.pictures(settings.folder, "cast", settings.pictures, settings.workers)]
    if settings.plain:
        parts.append(small_pictures(settings.folder, "probe", settings.plain, settings.workers))
    return parts


def known(settings: Settings) -> Truths:
    """What is true of those pictures, one after the other."""
    shown = [cast.scene_at("cast", i) for i in range(settings.pictures)]
    return truths(shown + [scenes.scene_number("probe", i, cast.WIDE) for i in range(settings.plain)])


def train_reader(settings: Settings) -> None:
    """Train the reader for a while; goes on from ``folder/tower-reader.pt`` until its seconds are spent."""
    drawn(settings)  # once, before there are processes that would each draw them
    parallel.launch(settings.workers, partial(_read_on, settings))


def _read_on(settings: Settings, rank: int, workers: int) -> None:
    torch.manual_seed(settings.seed)
    parts, truth = drawn(settings), known(settings)
    first, count = len(parts[0]), sum(map(len, parts))
    model = Reader()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    manners = nn.Parameter(torch.randn(len(WHOLE["style"]), STYLE_WIDTH))
    params = [*model.parameters(), manners]
    optimizer = torch.optim.AdamW(params, lr=settings.rate, weight_decay=0.02)
    course = stand.Stand(settings.folder / STANDS["reader"], settings.seconds, rank, workers)
    if not course.resume(model, optimizer, manners):
        manners.data.copy_(_manners(model, parts[0], truth))
    rng = torch.Generator().manual_seed((settings.seed + course.step) * workers + rank)
    order: list[int] = []
    while course.gone < 1:
        if len(order) < settings.batch:
            order = torch.randperm(count, generator=rng).tolist()
        rows = sorted(order.pop() for _ in range(settings.batch))
        pixels = np.stack([parts[0][i] if i < first else parts[1][i - first] for i in rows])
        x, t = pixels_of(pixels), truth.rows(torch.tensor(rows))
        if float(torch.rand((), generator=rng)) < 0.5:
            x, t = mirrored(x, t)
        x, t = moved(worn(x, rng), t, rng)
        loss = loss_of(model(x.contiguous(memory_format=torch.channels_last)), t, manners)
        course.learn(loss, optimizer, params, settings.rate)
        if course.due():
            course.save(model, optimizer, manners)
    course.save(model, optimizer, manners)


@torch.no_grad()
def _manners(model: Reader, pictures: npt.NDArray[np.uint8], truth: Truths) -> Tensor:
    """The styles' vectors as a finished reader has them: its mean over pictures of each; what it saw none of, at
    random."""
    model.eval()
    count = min(_SEEN_FIRST, len(pictures))
    seen = torch.cat([model(pixels_of(pictures[k : k + 16]))["manner"] for k in range(0, count, 16)])[:count]
    model.train()
    style = truth.whole[:count, 0]
    rows = [seen[style == k] for k in range(len(WHOLE["style"]))]
    return torch.stack([row.mean(0) if len(row) else torch.randn(STYLE_WIDTH) for row in rows])


def begin(folder: Path, file: Path) -> None:
    """Write ``folder``'s :data:`STANDS` out of a finished tower, to go on from with new optimisers."""
    finished = Tower.load(file)
    for part, network in (("reader", finished.reader), ("knower", finished.knower)):
        stand.begin(folder / STANDS[part], network)


def export(folder: Path, out: Path) -> dict[str, float]:
    """Write ``out/tower.safetensors`` in half precision, with the teacher's version; returns its megabytes."""
    from safetensors.torch import save_file

    corpus.manifest(folder)
    tensors = {}
    for part, network in (("reader", Reader()), ("knower", Knower())):
        state = torch.load(folder / STANDS[part], map_location="cpu", weights_only=True)["model"]
        for name in network.state_dict():
            if not name.endswith("num_batches_tracked"):
                tensors[f"{part}.{name}"] = state[name].half().contiguous()
    out.mkdir(parents=True, exist_ok=True)
    path = out / "tower.safetensors"
    save_file(tensors, path, {"teacher": str(scenes.VERSION), "format": "pt"})
    path.chmod(0o644)
    return {"megabytes": round(path.stat().st_size / 1e6, 2)}


def train(settings: Settings, out: Path) -> dict[str, float]:
    """Both networks, one after the other, and the file that ships; one that gets no seconds stays as it is."""
    if settings.seconds > 0:
        train_reader(settings)
    if settings.people_seconds > 0:
        knower.train(
            knower.Settings(
                settings.folder, settings.people_seconds, settings.pictures, rate=settings.rate, seed=settings.seed
            )
        )
    return export(settings.folder, out)
