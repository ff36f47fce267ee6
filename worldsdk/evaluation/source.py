"""Where held-out episodes come from: a dataset, or the game itself, played anew with seeds of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.data.memory import check_memory
from worldsdk.data.reader import Dataset, Split
from worldsdk.data.recorder import RecordPlan, record
from worldsdk.errors import DatasetError
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.models.interface import ModelSpec

HELD_OUT_SEED = 2_000_000_000
"""Datasets of this seed and above are for evaluation: recipes and `worldsdk record` stay below it."""

LESSON_SEED = 50_000_000
"""Added to an evaluation's seed for the play that the reader is taught with, so that it is other play."""


def from_dataset(
    dataset: Dataset, spec: ModelSpec, controls: ControlSpec, split: Split = "held_out"
) -> HeldOut:
    """The episodes of ``split`` as a world with ``spec`` and ``controls`` needs them.

    Raises:
        DatasetError: no such episodes, or frames, controls, variables or remembered layers that are not the
            world's.
    """
    where = str(dataset.folder)
    info = dataset.info
    finer = [by for by in range(1, spec.enlarges + 1) if spec.enlarges % by == 0]
    sizes = {(spec.height // by, spec.width // by) for by in finer}
    if (info.height, info.width) not in sizes:
        raise DatasetError(
            f"frames are {info.width}x{info.height}",
            where=where,
            fix=f"this world needs {spec.width}x{spec.height}: record with --size {spec.width}x{spec.height}",
        )
    check_controls(info.controls, controls, where)
    names = [variable.name for variable in info.variables]
    missing = [variable.name for variable in spec.variables if variable.name not in names]
    if missing:
        raise DatasetError(f"has no {missing}", where=where, fix="record it from the game the world dreams")
    columns = [names.index(variable.name) for variable in spec.variables]
    layers = [layer.name for layer in spec.layers if layer.name in dataset.layers]
    check_memory(spec.memory, {name: column.shape[1:] for name, column in dataset.layers.items()}, where)
    found = dataset.split(split)
    if not found:
        raise DatasetError(
            f"has no episodes in its part {split!r}", where=where, fix="record more, or use all of it"
        )
    episodes = [
        Episode(
            dataset.pixels[e.start : e.stop],
            dataset.controls[e.start : e.stop],
            dataset.variables[e.start : e.stop][:, columns],
            {name: dataset.layers[name][e.start : e.stop] for name in layers},
            {name: dataset.layers[name][e.start : e.stop] for name in spec.memory},
            np.asarray(dataset.reward[e.start : e.stop], np.float32),
            dataset.ended[e.start : e.stop],
        )
        for e in found
    ]
    source = {
        "game": info.game,
        "split": split,
        "episodes": len(episodes),
        "frames": sum(len(e) for e in episodes),
        "seed": info.recorder.get("seed"),
        "policy": info.recorder.get("policy"),
        "settings": dict(info.settings),
        "versions": dict(info.versions),
    }
    return HeldOut(episodes, spec.variables, info.rate_hz, source)


def check_controls(found: ControlSpec, wanted: ControlSpec, where: str) -> None:
    """Raises DatasetError where recorded control vectors would mean something else to the world."""
    have = [(c.name, c.scale) for c in found]
    want = [(c.name, c.scale) for c in wanted]
    if have != want:
        raise DatasetError(
            f"controls are {have}", where=where, fix=f"the world has {want} (name and largest value)"
        )


@contextmanager
def freshly_recorded(
    game: str,
    spec: ModelSpec,
    controls: ControlSpec,
    episodes: int,
    *,
    seed: int = 0,
    progress: Callable[[int], Any] | None = None,
) -> Iterator[HeldOut]:
    """Plays ``game`` for about ``episodes`` episodes into a folder that lives as long as the block.

    Args:
        game: name in the catalogue of games.
        seed: another one plays other episodes, as far from all training seeds.
        progress: told of recorded frames.

    Raises:
        MissingExtraError: the game's package is not installed.
        RecordError: no such game, or not at the world's frame size.
    """
    # As the world was taught: what it draws between those pixels is not what it is asked for here.
    width, height = spec.width // spec.enlarges, spec.height // spec.enlarges
    plan = RecordPlan.usual(game, width=width, height=height, seed=HELD_OUT_SEED + seed)
    with tempfile.TemporaryDirectory(prefix="worldsdk-eval-") as folder:
        path = Path(folder) / "held-out"
        record(plan, path, fresh_frames(plan, episodes), progress=progress)
        yield from_dataset(Dataset.open(path), spec, controls, "all")


def fresh_frames(plan: RecordPlan, episodes: int) -> int:
    """Frames that ``episodes`` episodes of full length have."""
    return plan.episode_ticks * episodes


def first_episodes(play: HeldOut, most: int) -> HeldOut:
    """The first ``most`` episodes of ``play``; all, where there are no more."""
    return HeldOut(play.episodes[:most], play.variables, play.rate_hz, play.source)


def frames_of(episodes: Sequence[Episode], batch: int = 1024) -> Iterator[NDArray[np.uint8]]:
    """All frames, uint8 [<= batch, H, W, 3] at a time."""
    for episode in episodes:
        for first in range(0, len(episode), batch):
            yield episode.pixels[first : first + batch]
