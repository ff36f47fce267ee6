"""Playing a game into a dataset.

Every shard is a function of (dataset seed, shard number) alone: it begins with a fresh episode, and its
episodes' seeds and its policy's randomness are derived from those two numbers. So a recording that was
stopped goes on exactly where it would have, and several workers give the same bytes as one.
"""

from __future__ import annotations

import atexit
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from worldsdk.data.format import SHARD_FRAMES, DatasetInfo, GameInfo
from worldsdk.data.games.catalogue import habits, make_policy, open_game
from worldsdk.data.games.game import Game, Observation
from worldsdk.data.policies.policy import Policy, PolicyDone
from worldsdk.data.shards import Arrays, ShardEntry, write_shard
from worldsdk.data.writer import DatasetWriter
from worldsdk.errors import RecordError

Progress = Callable[[int], object]
"""Called with the number of frames recorded since the last call."""

MakePolicy = Callable[[Game], Policy]

# Several episodes in a row that end at once are a game that cannot be recorded, not bad luck.
_EMPTY_EPISODES = 20


@dataclass(frozen=True)
class RecordPlan:
    """What to record; together with the package versions it fixes every byte.

    Attributes:
        game: name in the catalogue.
        width, height: of the frames.
        policy: who plays.
        seed: of the whole dataset.
        episode_ticks: longest episode.
        warm_up_ticks: most ticks that are played unrecorded at an episode's start.
        shard_frames: frames of a full shard.
    """

    game: str
    width: int
    height: int
    policy: str = "mix"
    seed: int = 0
    episode_ticks: int = 1000
    warm_up_ticks: int = 0
    shard_frames: int = SHARD_FRAMES

    def __post_init__(self) -> None:
        for name, low, high in (
            ("seed", 0, 2**31 - 1),
            ("episode_ticks", 2, 2**31 - 1),
            ("warm_up_ticks", 0, 2**31 - 1),
            ("shard_frames", 2, 1 << 20),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise RecordError(f"{name} is {value}", fix=f"give {low} to {high}")

    @classmethod
    def usual(cls, game: str, **changes: Any) -> RecordPlan:
        """The plan with the game's own habits, except where ``changes`` says otherwise."""
        return cls(**{"game": game, **asdict(habits(game)), **changes})


def dataset_info(game: Game, plan: RecordPlan) -> DatasetInfo:
    """What ``dataset.json`` says about a recording of ``game``."""
    info = game.info
    shared = {item.name: getattr(info, item.name) for item in fields(GameInfo)}
    shared["versions"] = {**info.versions, "numpy": version("numpy"), "worldsdk": _own_version()}
    how = {key: value for key, value in asdict(plan).items() if key not in ("game", "width", "height")}
    return DatasetInfo(**shared, recorder=how, shard_frames=plan.shard_frames)


def record(
    plan: RecordPlan,
    folder: Path,
    frames: int,
    *,
    resume: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
    policy: MakePolicy | None = None,
) -> DatasetWriter:
    """Records until the dataset has ``frames`` frames.

    An interrupt (KeyboardInterrupt) drops the unfinished shard and leaves a usable dataset.

    Args:
        folder: of the dataset; made if missing.
        frames: in all, those of an earlier run included.
        resume: go on with a dataset that is there.
        workers: processes that play at the same time.
        policy: makes the player for the running game, instead of ``plan.policy``; alone it can stop early,
            by raising PolicyDone. Such a recording takes one worker.

    Raises:
        RecordError, MissingExtraError: the game cannot be played as asked.
        DatasetError: the folder holds another dataset.
        StorageError: the disk is full; finished shards stay.
    """
    if frames < 1 or workers < 1:
        raise RecordError(f"frames is {frames}, workers is {workers}", fix="both are at least 1")
    if policy is not None and workers > 1:
        raise RecordError("several workers cannot share one player", fix="use one worker")
    report = progress or (lambda count: None)
    game = open_game(plan.game, plan.width, plan.height)
    try:
        writer = DatasetWriter(folder, dataset_info(game, plan), resume=resume)
        jobs = missing_shards(writer, frames)
        if writer.frames:
            report(writer.frames)
        if workers == 1 or len(jobs) < 2:
            player = policy(game) if policy is not None else make_policy(plan.policy, plan.game, game)
            for number, size in jobs:
                arrays, seeds = play_shard(game, player, plan, number, size, report)
                if seeds:
                    writer.write(number, arrays, seeds)
                if len(arrays["episode"]) < size:
                    break
            return writer
    finally:
        game.close()
    _record_parallel(plan, writer, jobs, workers, report)
    return writer


def missing_shards(writer: DatasetWriter, frames: int) -> list[tuple[int, int]]:
    """(number, frames) of every shard still to record so that the dataset has ``frames`` frames."""
    jobs: list[tuple[int, int]] = []
    missing = frames - writer.frames
    number = 0
    while missing > 0:
        if number not in writer.entries:
            size = min(writer.info.shard_frames, missing)
            jobs.append((number, size))
            missing -= size
        number += 1
    return jobs


def play_shard(
    game: Game, policy: Policy, plan: RecordPlan, number: int, size: int, progress: Progress
) -> tuple[Arrays, tuple[int, ...]]:
    """Plays the ``size`` frames of shard ``number``.

    Returns:
        the shard's tensors, and the game seed of each of its episodes. Fewer frames than ``size``, perhaps
        none, where the policy was done.

    Raises:
        RecordError: the game ends at once again and again.
    """
    arrays: Arrays = {
        name: np.zeros((size, *shape), dtype)
        for name, (dtype, shape) in dataset_info(game, plan).tensor_shapes().items()
    }
    seeds: list[int] = []
    row = 0
    empty = 0
    source = np.random.SeedSequence([plan.seed, number])
    while row < size:
        rng = np.random.default_rng(source.spawn(1)[0])
        seed = int(rng.integers(2**31))
        try:
            observation = _warm_up(game, policy, rng, seed, plan.warm_up_ticks)
        except PolicyDone:
            break
        if observation.ended or observation.cut:
            empty += 1
            if empty >= _EMPTY_EPISODES:
                raise RecordError(
                    f"{empty} episodes in a row ended within {plan.warm_up_ticks} ticks",
                    where=plan.game,
                    fix="record with fewer warm-up ticks",
                )
            continue
        empty = 0
        seeds.append(seed)
        first = row
        # Unique in the dataset, and the same whichever worker records the shard.
        episode = number * plan.shard_frames + first
        _put(arrays, row, observation, episode)
        arrays["reward"][row] = 0.0
        row += 1
        done = False
        while row < size and row - first < plan.episode_ticks:
            try:
                controls = policy.act(observation)
            except PolicyDone:
                done = True
                break
            observation = game.step(controls)
            if not observation.drawn:
                # There is no picture of this tick: its end and reward belong to the last one that has.
                arrays["ended"][row - 1] = 1
                arrays["reward"][row - 1] += observation.reward
                break
            _put(arrays, row, observation, episode)
            arrays["controls"][row] = game.info.controls.to_vector(controls)
            row += 1
            if observation.ended or observation.cut:
                break
        progress(row - first)
        if done:
            break
    return {name: array[:row] for name, array in arrays.items()}, tuple(seeds)


def _warm_up(game: Game, policy: Policy, rng: np.random.Generator, seed: int, most: int) -> Observation:
    """Starts an episode and plays up to ``most`` ticks of it; the last observation."""
    observation = game.reset(seed)
    policy.reset(rng)
    for _ in range(int(rng.integers(most, endpoint=True))):
        observation = game.step(policy.act(observation))
        if observation.ended or observation.cut:
            break
    return observation


def _put(arrays: Arrays, row: int, observation: Observation, episode: int) -> None:
    arrays["pixels"][row] = observation.pixels
    arrays["variables"][row] = observation.variables
    arrays["reward"][row] = observation.reward
    arrays["ended"][row] = observation.ended
    arrays["episode"][row] = episode
    for name, layer in observation.layers.items():
        arrays[name][row] = layer


def _record_parallel(
    plan: RecordPlan, writer: DatasetWriter, jobs: list[tuple[int, int]], workers: int, report: Progress
) -> None:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start_worker, initargs=(plan, str(writer.folder))
    )
    try:
        pending: set[Future[ShardEntry]] = {pool.submit(_work, number, size) for number, size in jobs}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                entry = future.result()
                writer.append(entry)
                report(entry.frames)
    finally:
        pool.shutdown(cancel_futures=True)


_worker: tuple[RecordPlan, Path, Game, Policy] | None = None


def _start_worker(plan: RecordPlan, folder: str) -> None:
    # Ctrl-C goes to the whole group; the parent decides, workers finish their shard.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    global _worker
    game = open_game(plan.game, plan.width, plan.height)
    atexit.register(game.close)
    _worker = (plan, Path(folder), game, make_policy(plan.policy, plan.game, game))


def _work(number: int, size: int) -> ShardEntry:
    assert _worker is not None  # the pool's initializer has run
    plan, folder, game, policy = _worker
    arrays, seeds = play_shard(game, policy, plan, number, size, lambda count: None)
    return write_shard(folder, number, arrays, dataset_info(game, plan), seeds)


def _own_version() -> str:
    try:
        return version("worldsdk")
    except PackageNotFoundError:
        return "unknown"
