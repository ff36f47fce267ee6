"""The training loop: stages of a recipe under a time budget, stoppable and resumable at every step."""

from __future__ import annotations

import math
import platform
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from worldsdk.data.reader import Dataset
from worldsdk.errors import ModelError
from worldsdk.models.interface import WorldModel
from worldsdk.models.precision import has_bfloat16
from worldsdk.packs.storage import make_folder
from worldsdk.training.average import WeightAverage
from worldsdk.training.build import new_model
from worldsdk.training.checkpoint import (
    Progress,
    load_optimiser,
    load_progress,
    load_weights,
    save_checkpoint,
)
from worldsdk.training.footage import Footage
from worldsdk.training.monitor import Monitor
from worldsdk.training.objectives import find_objective
from worldsdk.training.objectives.objective import Objective
from worldsdk.training.recipe import Recipe, Stage

SAVE_EVERY = 90.0
"""Seconds between checkpoints: what a power cut may cost."""
NOTE_EVERY = 10.0
"""Seconds between points of the curves."""


@dataclass(frozen=True)
class Budget:
    """Either minutes or steps for the whole recipe, shared out by the stages' ``share``.

    Steps make runs repeatable to the bit; minutes are what people have.
    """

    minutes: float | None = None
    steps: int | None = None

    def progress(self, stage: Stage, step: int, seconds: float) -> float:
        """Part of the stage that is done, 0 to 1 and above."""
        if self.steps is not None:
            return step / max(1, round(self.steps * stage.share))
        return seconds / max(1e-9, (self.minutes or 0.0) * 60.0 * stage.share)


class Trainer:
    """One run of a recipe in one folder.

    Args:
        recipe: what to train.
        dataset: to train on.
        folder: of the run; a checkpoint in it is continued.
        budget: of the whole run, earlier parts of it included.
        device: to train on.
        quiet: no progress bars.

    Raises:
        CheckpointError: the folder's checkpoint is damaged or of another recipe.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        folder: Path,
        budget: Budget,
        device: torch.device,
        *,
        quiet: bool = False,
    ) -> None:
        make_folder(folder)
        self.recipe, self.folder, self.budget, self.device, self.quiet = recipe, folder, budget, device, quiet
        torch.manual_seed(recipe.seed)
        self.model: WorldModel = new_model(recipe, dataset.info).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.shown: WorldModel = new_model(recipe, dataset.info).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = WeightAverage(self.model, recipe.ema)
        self.footage = Footage.load(dataset, device)
        digest = recipe.digest()
        self.progress = load_progress(folder, digest) or Progress(digest)
        self.resumed = self.progress.total_steps > 0
        if self.resumed:
            load_weights(folder, self.progress, self.model, self.average)
        here = machine_name(device)
        if here not in self.progress.hardware:
            self.progress.hardware.append(here)
        self.monitor = Monitor(folder, self.footage, self.model.spec)
        # All of them now: a mistake in the last stage must not wait for the first to end.
        self.objectives = [
            find_objective(recipe.world.family, stage.objective)(self.model, self.footage, stage)
            for stage in recipe.stages
        ]
        self._stop = False

    def run(self) -> bool:
        """Trains until the budget is used or a signal comes; returns whether the recipe is finished."""
        with _signals(self.stop):
            while self.progress.stage < len(self.recipe.stages) and not self._stop:
                self._run_stage(self.recipe.stages[self.progress.stage])
        return self.progress.stage >= len(self.recipe.stages)

    def stop(self) -> None:
        """Ends the run after the current step, checkpoint written."""
        self._stop = True

    def averaged(self) -> WorldModel:
        """The model with the averaged weights, for showing and shipping."""
        self.average.copy_to(self.shown)
        # Buffers are facts of the footage, not learnt: nothing to average.
        for shown, own in zip(self.shown.buffers(), self.model.buffers(), strict=True):
            shown.copy_(own)
        return self.shown.eval()

    def _run_stage(self, stage: Stage) -> None:
        progress = self.progress
        objective = self.objectives[progress.stage]
        optimiser = torch.optim.AdamW(
            objective.parameters(),
            lr=stage.lr,
            betas=(0.9, 0.98),
            weight_decay=self.recipe.weight_decay,
            fused=True,
        )
        if progress.step > 0:
            load_optimiser(self.folder, self.model, optimiser)
        began, saved, noted = time.monotonic() - progress.seconds, time.monotonic(), 0.0
        bar = tqdm(total=100.0, desc=stage.name, unit="%", disable=self.quiet, bar_format=BAR, leave=True)
        while not self._stop:
            done = self.budget.progress(stage, progress.step, progress.seconds)
            bar.n = min(100.0, 100.0 * done)
            if done >= 1.0:
                break
            terms = self._step(objective, optimiser, stage, done)
            progress.step += 1
            progress.total_steps += 1
            progress.frames[stage.name] = progress.frames.get(stage.name, 0) + objective.frames_per_step
            progress.seconds = time.monotonic() - began
            progress.minutes[stage.name] = progress.seconds / 60.0
            now = time.monotonic()
            if now - noted > NOTE_EVERY:
                noted = now
                self._note(stage, terms)
                rate = progress.frames[stage.name] / max(progress.seconds, 1e-9)
                bar.set_postfix_str(f"loss {float(terms['total']):.4f}, {rate:.0f} frames/s")
            if now - saved > SAVE_EVERY:
                saved = now
                self._show(stage)
                save_checkpoint(self.folder, progress, self.model, self.average, optimiser)
        bar.close()
        if not self._stop:
            self._show(stage)
            progress.stage, progress.step, progress.seconds = progress.stage + 1, 0, 0.0
        save_checkpoint(self.folder, progress, self.model, self.average, optimiser)

    def _step(
        self, objective: Objective, optimiser: torch.optim.Optimizer, stage: Stage, done: float
    ) -> dict[str, torch.Tensor]:
        step = self.progress.step
        warm = min(1.0, (step + 1) / max(1, stage.warmup))
        for group in optimiser.param_groups:
            group["lr"] = stage.lr * warm * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
        # Functions of the place in the recipe: a resumed run draws what it would have drawn.
        place = [self.recipe.seed, self.progress.stage, step]
        draw = np.random.default_rng(place)
        noise = torch.Generator(self.device).manual_seed(int(draw.integers(2**62)))
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=has_bfloat16(self.device)):
            terms = objective.losses(draw, noise)
        total = terms["total"]
        total.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(objective.parameters(), self.recipe.clip)
        if not bool(torch.isfinite(norm)):
            raise ModelError(
                "the gradient is not finite",
                where=f"stage {stage.name!r}, step {step}",
                fix="lower lr in the recipe; the last checkpoint is intact",
            )
        optimiser.step()
        self.average.update(self.model)
        return {name: term.detach() for name, term in terms.items()}

    def _note(self, stage: Stage, terms: dict[str, torch.Tensor]) -> None:
        spent = sum(self.progress.minutes.values())
        row: dict[str, Any] = {"minutes": round(spent, 3), "stage": stage.name, "step": self.progress.step}
        row |= {f"{stage.name}/{name}": round(float(term), 6) for name, term in terms.items()}
        self.monitor.note(row)

    def _show(self, stage: Stage) -> None:
        figures = self.monitor.dream(self.averaged(), stage.name)
        spent = sum(self.progress.minutes.values())
        row = {"minutes": round(spent, 3), "stage": stage.name, "frames": sum(self.progress.frames.values())}
        self.monitor.note({**row, **{name: round(value, 3) for name, value in figures.items()}})
        self.monitor.draw_curves()
        if not self.quiet:
            words = ", ".join(f"{name} {value:.2f} dB" for name, value in figures.items())
            tqdm.write(f"{stage.name}, {spent:.1f} min: {words}")


BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}"


def machine_name(device: torch.device) -> str:
    """Hardware in words, for provenance."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads, bfloat16 {has_bfloat16(device)}"


@contextmanager
def _signals(stop: Any) -> Iterator[None]:
    """SIGINT and SIGTERM ask for a clean stop; a second one acts as usual."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        stop()
        signal.signal(number, before[signal.Signals(number)])

    try:
        for number in before:
            signal.signal(number, handle)
    except ValueError:  # not the main thread: whoever runs us there stops us by ``stop``
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
