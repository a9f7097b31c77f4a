"""A run of training: DreamBooth with a LoRA (Ruiz et al. 2023; Hu et al. 2021), for denoisers that are U-Nets.

Every step sees some of the character's pictures and, so that the model stays what it was elsewhere, some of its own
(prior preservation). For these the target is what the model said before it learned anything, and not the noise that was
put in: the same goal, without the noise's variance, so that few pictures do.

All chance of a step follows from the seed and the step's number alone: a run that was stopped and goes on ends with the
same bytes as one that was not.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from novel.render.backend import PanelFailed
from novel.render.tuning import checkpoint
from novel.render.tuning.checkpoint import Progressed
from novel.render.tuning.interruption import held
from novel.render.tuning.lesson import Lesson, Watcher
from novel.render.tuning.lora_file import written
from novel.render.tuning.pupil import Encoded, Pupil
from novel.render.tuning.recipe import Recipe

if TYPE_CHECKING:
    import torch

SAVED_EVERY = 30.0
"""Seconds between checkpoints: what a power cut may cost."""
SAMPLED = 4
"""Times in a run that pictures are drawn, beside once at the beginning."""
_REMEMBERED = 0.97
"""The share of the loss shown that comes from the steps before."""


def train(lesson: Lesson, watch: Watcher) -> bytes:
    """Train, from the beginning or from the checkpoint; the finished LoRA as a safetensors file.

    Raises KeyboardInterrupt after the step in which Ctrl-C was pressed, with a checkpoint written, and MissingError
    where the model can't be loaded.
    """
    import torch

    from novel.render.loading import import_quietly

    import_quietly()
    recipe = lesson.recipe
    pupil = Pupil(lesson.source, lesson.device, recipe, watch.note)
    encoded = pupil.encode([*lesson.examples, *lesson.priors])
    deck = _Deck(encoded[: len(lesson.examples)], encoded[len(lesson.examples) :], recipe)
    optimizer = torch.optim.AdamW(pupil.weights, lr=recipe.rate, weight_decay=1e-3)
    at = checkpoint.load(lesson.checkpoint, lesson.fingerprint, pupil.weights, optimizer)
    watch.start(recipe.steps, at.steps, pupil.device_name)
    pupil.unet.train()
    try:
        with held() as asked:
            if at.steps == 0:
                _sample(pupil, lesson, watch, 0)
            saved = time.monotonic()
            while at.steps < recipe.steps:
                loss = _step(pupil, deck, recipe, optimizer, at.steps)
                mean = loss if at.steps == 0 else _REMEMBERED * at.loss + (1 - _REMEMBERED) * loss
                at = Progressed(at.steps + 1, mean)
                watch.step(at.steps, at.loss)
                sampled = at.steps % max(1, recipe.steps // SAMPLED) == 0
                if sampled or asked.to_stop or time.monotonic() - saved > SAVED_EVERY:
                    checkpoint.save(lesson.checkpoint, lesson.fingerprint, at, pupil.weights, optimizer)
                    saved = time.monotonic()
                if asked.to_stop:
                    raise KeyboardInterrupt
                if sampled:
                    _sample(pupil, lesson, watch, at.steps)
    finally:
        watch.finish()
    return written(pupil.lora(), lesson.metadata)


class _Deck:
    """The examples by the size of their pictures, since one batch holds one size."""

    def __init__(self, examples: Sequence[Encoded], priors: Sequence[Encoded], recipe: Recipe) -> None:
        sizes = sorted({e.size for e in examples})
        self._examples = {size: [e for e in examples if e.size == size] for size in sizes}
        self._priors = {size: [e for e in priors if e.size == size] for size in sizes}
        self._each = [e.size for e in examples]
        self._recipe = recipe

    def batch(self, generator: torch.Generator, step: int) -> tuple[list[Encoded], int]:
        """A step's examples, all of one size, the character's first; and how many of them are hers or his."""
        import torch

        def pick(of: Sequence[Encoded], count: int) -> list[Encoded]:
            # Without repeats as long as there are enough.
            order = [int(n) for _ in range(-(-count // len(of))) for n in torch.randperm(len(of), generator=generator)]
            return [of[n] for n in order[:count]]

        size = self._each[int(torch.randint(len(self._each), (1,), generator=generator))]
        priors = 0
        if self._priors[size]:
            # The share as whole pictures: over the run's batches taken together, not in each.
            share, batch = self._recipe.prior_share, self._recipe.batch
            priors = int((step + 1) * batch * share) - int(step * batch * share)
        priors = min(priors, self._recipe.batch)
        own = self._recipe.batch - priors
        chosen = pick(self._examples[size], own) if own else []
        return [*chosen, *(pick(self._priors[size], priors) if priors else [])], own


def _step(pupil: Pupil, deck: _Deck, recipe: Recipe, optimizer: torch.optim.Optimizer, number: int) -> float:
    """One step; its loss."""
    import torch

    generator = torch.Generator().manual_seed(_seed(recipe.seed, number))
    examples, own = deck.batch(generator, number)
    latents = torch.stack([e.latents for e in examples])
    noise = torch.randn(latents.shape, generator=generator).to(latents.device)
    order = torch.randperm(len(examples), generator=generator)
    times = pupil.schedule.times(generator, len(examples))[order].to(latents.device)
    noised = pupil.schedule.noised(latents, noise, times)
    target = pupil.schedule.target(latents, noise, times)
    if own < len(examples):
        with torch.no_grad(), pupil.as_before():
            target[own:] = pupil.predict(noised[own:], times[own:], examples[own:])
    for group in optimizer.param_groups:
        group["lr"] = recipe.rate_at(number)
    optimizer.zero_grad(set_to_none=True)
    loss = torch.nn.functional.mse_loss(pupil.predict(noised, times, examples), target)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(pupil.weights, 1.0)
    optimizer.step()
    return float(loss.detach())


def _sample(pupil: Pupil, lesson: Lesson, watch: Watcher, done: int) -> None:
    for number, request in enumerate(lesson.samples, 1):
        try:
            watch.sample(done, number, pupil.draw(request))
        except PanelFailed as error:
            watch.note(f"a sample could not be drawn: {error}")


def _seed(seed: int, step: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{step}".encode()).digest()[:8], "big") >> 1
