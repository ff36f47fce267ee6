"""A game small enough to check by hand, and datasets made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.data.format import DatasetInfo, LayerInfo
from worldsdk.data.games.game import GameInfo, Observation
from worldsdk.data.shards import Arrays
from worldsdk.data.writer import DatasetWriter
from worldsdk.models.interface import Variable

SPEC = ControlSpec((Control("forward"), Control("turn", "axis", low=-8.0, high=8.0, unit="degrees/tick")))
HEIGHT, WIDTH = 6, 8
VARIABLES = (Variable("x", 0.0, 1000.0, "steps"), Variable("heading", 0.0, 360.0, "degrees", 360.0))
LAYERS = (LayerInfo("depth", "float16", (HEIGHT, WIDTH), 0.0, 500.0, "steps"),)


class ToyGame:
    """x counts steps forward, heading sums turns; the picture shows both. Ends after ``life`` ticks.

    Args:
        life: ticks until the end; the seed adds 0 to 2.
        draws_end: whether the last tick has a picture.
    """

    def __init__(self, life: int = 20, *, draws_end: bool = True) -> None:
        self.life = life
        self.draws_end = draws_end
        self.closed = False
        self.seeds: list[int] = []
        self.info = GameInfo(
            game="toy",
            height=HEIGHT,
            width=WIDTH,
            controls=SPEC,
            variables=VARIABLES,
            layers=LAYERS,
            rate_hz=10.0,
            licence="CC0-1.0",
            settings={"life": life},
            versions={"toy": "1"},
        )

    def reset(self, seed: int) -> Observation:
        self.seeds.append(seed)
        self._end = self.life + seed % 3
        self._tick = 0
        self._x = 0.0
        self._heading = float(seed % 360)
        return self._show()

    def step(self, controls: Controls) -> Observation:
        self._tick += 1
        self._x += controls["forward"]
        self._heading = (self._heading + controls["turn"]) % 360.0
        return self._show(reward=controls["forward"])

    def close(self) -> None:
        self.closed = True

    def _show(self, reward: float = 0.0) -> Observation:
        ended = self._tick >= self._end
        pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        pixels[..., 0] = int(self._x) % 256
        pixels[..., 1] = int(self._heading) % 256
        return Observation(
            pixels=pixels,
            variables=np.array([self._x, self._heading], np.float32),
            layers={"depth": np.full((HEIGHT, WIDTH), self._x, np.float16)},
            reward=reward,
            ended=ended,
            drawn=self.draws_end or not ended,
        )


class ToyPolicy:
    """Random forward and turn."""

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def act(self, observation: Observation) -> Controls:
        return SPEC.parse({"forward": float(self._rng.integers(2)), "turn": float(self._rng.uniform(-8, 8))})


def toy_info(shard_frames: int = 16) -> DatasetInfo:
    return DatasetInfo(
        game="toy",
        height=HEIGHT,
        width=WIDTH,
        controls=SPEC,
        variables=VARIABLES,
        layers=LAYERS,
        rate_hz=10.0,
        recorder={"seed": 1},
        shard_frames=shard_frames,
    )


def toy_arrays(lengths: list[int], first_episode: int = 0, seed: int = 0) -> Arrays:
    """One shard with episodes of these lengths, ids counting up from ``first_episode``."""
    rng = np.random.default_rng(seed)
    count = sum(lengths)
    return {
        "pixels": rng.integers(0, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8),
        "controls": rng.uniform(-1, 1, (count, len(SPEC))).astype(np.float32),
        "variables": rng.normal(size=(count, len(VARIABLES))).astype(np.float32),
        "reward": rng.normal(size=count).astype(np.float32),
        "ended": rng.integers(0, 2, count, dtype=np.uint8),
        "episode": np.repeat(np.arange(len(lengths), dtype=np.int32) + first_episode, lengths),
        "depth": rng.uniform(0, 500, (count, HEIGHT, WIDTH)).astype(np.float16),
    }


def toy_dataset(folder: Path, shards: list[list[int]]) -> list[Arrays]:
    """Writes a dataset with these episode lengths per shard; returns what is in it."""
    writer = DatasetWriter(folder, toy_info())
    written = []
    episode = 0
    for number, lengths in enumerate(shards):
        arrays = toy_arrays(lengths, episode, seed=number)
        writer.write(number, arrays, tuple(range(episode, episode + len(lengths))))
        written.append(arrays)
        episode += len(lengths)
    return written
