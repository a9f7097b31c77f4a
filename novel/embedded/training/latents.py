"""The corpus as the denoiser sees it: latents, captions as token ids, and where people and things are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderKL

from novel.embedded import scenes
from novel.embedded.training import autoencoder, corpus, curriculum, language, wordings

#: How many wordings of each scene are kept; every other one tells its people in the other order.
TURNS = 4
#: The file of the latents' scale.
SCALE = "scale.json"
#: The share of each size in the corpus.
SHARES = (0.8, 0.1, 0.1)


@dataclass(frozen=True, slots=True)
class Shard:
    """One size's part of a corpus, mapped: n × channels × h × w, n × TURNS × tokens, n × h × w, n numbers of scenes of
    a split."""

    size: tuple[int, int]
    latents: npt.NDArray[np.float16]
    ids: npt.NDArray[np.uint16]
    weight: npt.NDArray[np.uint8]
    number: npt.NDArray[np.int64]
    split: str = "train"

    def __len__(self) -> int:
        return len(self.latents)


def weight_map(scene: scenes.Scene) -> npt.NDArray[np.uint8]:
    """How much each latent cell counts: 5 for a person's upper part, 3 for the rest of one, 3 to 12 for a thing, the
    more the smaller it is; else 1."""
    h, w = scene.height // autoencoder.FACTOR, scene.width // autoencoder.FACTOR
    out = np.ones((h, w), np.uint8)
    for box in scenes.boxes(scene):
        x0, x1 = int(box.left * w), max(int(box.left * w) + 1, round(box.right * w))
        y0, y1 = int(box.top * h), max(int(box.top * h) + 1, round(box.bottom * h))
        person = box.what == "person"
        # A thing fills a 50th of a picture or a third of it; its share of what is learned shall be much the same.
        share = (box.right - box.left) * (box.bottom - box.top)
        rest = 3 if person else round(min(12.0, max(3.0, 0.6 / max(share, 1e-3))))
        out[y0:y1, x0:x1] = np.maximum(out[y0:y1, x0:x1], rest)
        if person:
            upper = slice(y0, y0 + max(1, (y1 - y0) // 2))
            out[upper, x0:x1] = np.maximum(out[upper, x0:x1], 5)
    return out


def _named(size: tuple[int, int], split: str) -> str:
    return f"{size[0]}x{size[1]}" + (f"-{split}" if split != "train" else "")


def _files(folder: Path, size: tuple[int, int], split: str) -> dict[str, Path]:
    stem = f"v{scenes.VERSION}-{_named(size, split)}"
    return {k: folder / f"{k}-{stem}.npy" for k in ("latents", "ids", "weight", "number")}


def counts(total: int, kind: curriculum.Kind = "all") -> list[int]:
    """How many pictures of each size a corpus of ``total`` holds; what is chosen from all is wide."""
    return [round(total * share) for share in SHARES] if kind == "all" else [total, 0, 0]


def make(
    folder: Path, total: int, device: str, workers: int, half: bool, kind: curriculum.Kind = "all", skip: int = 0
) -> None:
    """Draw a corpus and encode it; what is there already stays, so it can be stopped and enlarged.

    ``kind`` is that of the pictures that are added; the scenes numbered below ``skip`` are left out. ``full`` ones are
    kept, and counted, for themselves.
    """
    corpus.manifest(folder)
    coder = _Coder.of(folder, device, half)
    split = scenes.FULL if kind == "full" else "train"
    for size, count in zip(scenes.SIZES, counts(total, kind), strict=True):
        _fill(_Source(folder, size, kind, workers, skip, split), count, coder)
    scale(folder)


@dataclass(frozen=True, slots=True)
class _Coder:
    """What makes latents of pictures, after they are made ``times`` smaller."""

    vae: AutoencoderKL
    times: int
    device: str
    half: bool

    @classmethod
    def of(cls, folder: Path, device: str, half: bool) -> _Coder:
        """The coder of a folder's corpus."""
        vae, times = autoencoder.encoder(folder, device)
        # Large pictures in few channels: that order of them takes half the time on a CPU.
        vae = vae.to(memory_format=torch.channels_last)
        return cls(vae.requires_grad_(False), times, device, half)

    @torch.no_grad()
    def __call__(self, pictures: list[corpus.Pixels]) -> npt.NDArray[np.float16]:
        x = torch.from_numpy(np.stack(pictures)).to(self.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        x = autoencoder.reduced(x, self.times).contiguous(memory_format=torch.channels_last)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.half):
            z = autoencoder.mean_of(self.vae, x)
        return z.float().cpu().numpy().astype(np.float16)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the pictures of one size come from."""

    folder: Path
    size: tuple[int, int]
    kind: curriculum.Kind
    workers: int
    skip: int
    split: str


def wordings_of(split: str, index: int) -> list[str]:
    """The :data:`TURNS` texts of a scene, half of them from left to right and half the other way."""
    return [wordings.told(split, index, turn, backwards=turn % 2 == 1).text for turn in range(TURNS)]


_Sample = tuple[corpus.Pixels, npt.NDArray[np.uint16], npt.NDArray[np.uint8]]


def _sample(job: corpus.Job) -> _Sample:
    """All that is made of a scene: its picture, its wordings and its weights."""
    split, index, size = job
    texts = wordings_of(split, index)
    return corpus.draw_job(job), language.encode(texts), weight_map(scenes.scene_number(split, index, size))


#: A few scenes' part of each of a corpus's arrays.
_Rows = dict[str, npt.NDArray[Any]]


def _rows(coder: _Coder, samples: list[_Sample]) -> _Rows:
    pictures, ids, weight = zip(*samples, strict=True)
    return {"latents": coder(list(pictures)), "ids": np.stack(ids), "weight": np.stack(weight)}


#: A drawing process's own coder.
_own: list[_Coder] = []


def _begin(folder: Path, half: bool) -> None:
    torch.set_num_threads(1)
    _own.append(_Coder.of(folder, "cpu", half))


def _drawn_and_coded(jobs: list[corpus.Job]) -> _Rows:
    return _rows(_own[0], [_sample(job) for job in jobs])


def _made(source: _Source, numbers: list[int], coder: _Coder) -> Iterator[_Rows]:
    """Scenes drawn and encoded, some at a time, in order.

    On a CPU each process does both with one thread: one coder for all would keep them waiting, and its own threads
    each other.
    """
    if coder.device == "cpu" and source.workers > 1:
        jobs: list[corpus.Job] = [(source.split, n, source.size) for n in numbers]
        groups = [jobs[i : i + 8] for i in range(0, len(jobs), 8)]
        with get_context("spawn").Pool(source.workers, _begin, (source.folder, coder.half)) as pool:
            yield from pool.imap(_drawn_and_coded, groups)
        return
    samples = corpus.each(_sample, source.split, numbers, source.size, source.workers)
    while group := list(islice(samples, 64 if coder.device != "cpu" else 8)):
        yield _rows(coder, group)


def _fill(source: _Source, count: int, coder: _Coder) -> None:
    folder, (width, height) = source.folder, source.size
    h, w = height // autoencoder.FACTOR, width // autoencoder.FACTOR
    channels = int(coder.vae.config["latent_channels"])
    shapes = {
        "latents": (np.float16, (channels, h, w)),
        "ids": (np.uint16, (TURNS, language.LENGTH)),
        "weight": (np.uint8, (h, w)),
        "number": (np.int64, ()),
    }
    files = _files(folder, source.size, source.split)
    done_path = _done(folder, source.size, source.split)
    done = json.loads(done_path.read_text())["count"] if done_path.exists() else 0
    if done >= count:
        return
    arrays = {}
    for k, (dtype, shape) in shapes.items():
        old = np.load(files[k], mmap_mode="r") if files[k].exists() and done else None
        part = files[k].with_suffix(".part")
        arrays[k] = np.lib.format.open_memmap(part, mode="w+", dtype=dtype, shape=(count, *shape))
        if old is not None:
            arrays[k][:done] = old[:done]
        part.rename(files[k])
    taken = frozenset(arrays["number"][:done].tolist())
    arrays["number"][done:] = list(
        islice(curriculum.numbers(source.split, source.size, source.kind, taken, source.skip), count - done)
    )
    at = kept = done
    for rows in _made(source, arrays["number"][done:].tolist(), coder):
        n = len(rows["ids"])
        for k, value in rows.items():
            arrays[k][at : at + n] = value
        at += n
        if at - kept >= 256 or at == count:
            kept = at
            for array in arrays.values():
                array.flush()
            done_path.write_text(json.dumps({"count": at}))
            print(json.dumps({"size": list(source.size), "pictures": at}), flush=True)


def _done(folder: Path, size: tuple[int, int], split: str) -> Path:
    return folder / f"done-{_named(size, split)}.json"


def shards(folder: Path, split: str = "train") -> list[Shard]:
    """The corpus in a folder, one shard a size; empty ones left out."""
    out = []
    for size in scenes.SIZES:
        done = _done(folder, size, split)
        if done.exists() and (n := json.loads(done.read_text())["count"]):
            arrays = {k: np.load(p, mmap_mode="r")[:n] for k, p in _files(folder, size, split).items()}
            out.append(Shard(size, arrays["latents"], arrays["ids"], arrays["weight"], arrays["number"], split))
    return out


def _told_anew(job: corpus.Job) -> npt.NDArray[np.uint16]:
    split, index, _ = job
    return language.encode(wordings_of(split, index))


def retell(folder: Path, workers: int) -> None:
    """Tell a corpus's pictures anew, in the words and tokens of today; its latents stay.

    Raises ValueError if another version of the teacher drew them, FileNotFoundError if there are none.
    """
    there = shards(folder) + shards(folder, scenes.FULL)
    if not there:
        raise FileNotFoundError(f"{folder} holds no corpus to tell anew: `latents` draws one")
    for shard in there:
        path = _files(folder, shard.size, shard.split)["ids"]
        part = path.with_suffix(".part")
        told = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint16, shape=(len(shard), TURNS, language.LENGTH))
        for row, ids in enumerate(corpus.each(_told_anew, shard.split, shard.number.tolist(), shard.size, workers)):
            told[row] = ids
        told.flush()
        changed = float(np.mean([(a != b).any() for a, b in zip(told, shard.ids, strict=True)]))
        part.rename(path)
        print(json.dumps({"size": list(shard.size), "told": len(shard), "changed": round(changed, 4)}), flush=True)
    corpus.manifest(folder, retold=True)


def scale(folder: Path) -> float:
    """What latents are multiplied by to have unit variance; measured once and kept in ``scale.json``."""
    path = folder / SCALE
    if not path.exists():
        sample = shards(folder)[0].latents[:512].astype(np.float32)
        path.write_text(json.dumps({"scale": round(float(1 / sample.std()), 5)}))
    return float(json.loads(path.read_text())["scale"])


@dataclass(frozen=True, slots=True)
class Mix:
    """What batches are made of, in shares from 0 to 1; None takes what the corpus holds.

    ``things`` show two things or more; ``crowds``, of those that don't, three people or more; of the rest, ``others``
    are none of the curriculum's beginning. ``even``: how far rare styles and hours are brought to be as frequent as
    common ones, 0 for not at all, 1 for wholly.
    """

    others: float | None = None
    things: float | None = None
    crowds: float | None = None
    even: float = 0.0


AS_IT_IS = Mix()


def _shared(chances: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_], share: float | None) -> bool:
    """Make the chosen ones ``share`` of all, in place; whether that is so now. None leaves all as they are."""
    if share is None:
        return True
    if not chosen.any() or chosen.all():
        return False
    chances[chosen] *= share / chances[chosen].sum()
    chances[~chosen] *= (1 - share) / chances[~chosen].sum()
    return True


def _chances(part: Shard, mix: Mix) -> tuple[npt.NDArray[np.float64] | None, Mix]:
    """How often each picture is taken, None for all alike; and what of the mix could not be had, for one kind alone is
    there."""
    if mix == AS_IT_IS:
        return None, mix
    shown = [scenes.scene_number("train", n, part.size) for n in part.number.tolist()]
    chances = _evened(shown, mix.even)
    rich = np.array([mix.things is not None and curriculum.shows_things(s) for s in shown])
    crowd = np.array([mix.crowds is not None and curriculum.is_a_crowd(s) for s in shown]) & ~rich
    first = np.array([curriculum.comes_first(s, n) for s, n in zip(shown, part.number.tolist(), strict=True)])
    missed = []
    for among, chosen, share in (
        (~rich & ~crowd, ~first, mix.others),
        (~rich, crowd, mix.crowds),
        (np.ones_like(rich), rich, mix.things),
    ):
        some = chances[among] / max(chances[among].sum(), 1e-12)
        missed.append(None if _shared(some, chosen[among], share) else share)
        chances[among] = some * chances[among].sum()
    others, crowds, things = missed
    return chances / chances.sum(), Mix(others, things, crowds)


def _evened(shown: list[scenes.Scene], even: float) -> npt.NDArray[np.float64]:
    """Chances of scenes, each by its style's and its hour's share of them to the power of ``-even``."""
    chances = np.ones(len(shown))
    for names in ([s.style for s in shown], [s.time for s in shown]):
        _, kind, count = np.unique(names, return_inverse=True, return_counts=True)
        chances *= (count / len(shown))[kind] ** -even
    out: npt.NDArray[np.float64] = chances / chances.sum()
    return out


def _must_be_had(missed: list[Mix]) -> None:
    """Raises ValueError, with the cure, where a share could be had in no part of a corpus."""
    if missed and all(m.things is not None for m in missed):
        raise ValueError("no share of scenes with two things or more can be had: add some with `latents --things`")
    if missed and all(m.crowds is not None for m in missed):
        raise ValueError("no share of scenes with three people or more can be had: add some with `latents --crowds`")
    if missed and all(m.others is not None for m in missed):
        raise ValueError(
            "no share of scenes beyond the curriculum's beginning can be had: the corpus holds one kind alone; "
            "`latents --first` adds its beginning, `latents` with more `--pictures` the others"
        )


def batches(
    parts: list[Shard], batch: int, seed: int, mix: Mix = AS_IT_IS
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Endless random batches of one size each: latents, token ids (one in ten an empty caption), weights.

    Raises ValueError where the mix can't be had.
    """
    rng = np.random.default_rng(seed)
    sizes = np.array([len(p) for p in parts], float)
    taken = [_chances(p, mix) for p in parts]
    _must_be_had([missed for _, missed in taken])
    empty = language.encode([""])[0]
    while True:
        which = rng.choice(len(parts), p=sizes / sizes.sum())
        part = parts[which]
        rows = np.sort(rng.choice(len(part), size=batch, p=taken[which][0]))
        ids = part.ids[rows, rng.integers(TURNS, size=batch)].astype(np.int64)
        ids[rng.random(batch) < 0.1] = empty
        yield (
            torch.from_numpy(part.latents[rows].astype(np.float32)),
            torch.from_numpy(ids),
            torch.from_numpy(part.weight[rows].astype(np.float32)),
        )
