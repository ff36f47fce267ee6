"""A dataset's columns as tensors on the training device, and the windows to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.data.memory import check_memory
from worldsdk.data.reader import Dataset
from worldsdk.errors import DatasetError
from worldsdk.models.interface import Context

NOTHING: Mapping[str, tuple[int, ...]] = MappingProxyType({})


@dataclass(frozen=True)
class Footage:
    """N frames, episode after episode, on one device.

    Attributes:
        pixels: uint8 [N, H, W, 3].
        controls: float32 [N, A]; row t led to frame t.
        variables: float32 [N, V].
        reward: float32 [N].
        ended: float32 [N].
        layers: name -> tensor [N, ...] ([N, H, W] for per-pixel layers), in the dataset's dtype.
        first: int64 [N], the first frame of each frame's episode.
        train: int64 numpy [M], frames of the training episodes; ``held_out`` of the others.
        last: int64 numpy [N], one past the last frame of each frame's episode.
    """

    pixels: Tensor
    controls: Tensor
    variables: Tensor
    reward: Tensor
    ended: Tensor
    layers: Mapping[str, Tensor]
    first: Tensor
    last: NDArray[np.int64]
    train: NDArray[np.int64]
    held_out: NDArray[np.int64]

    @classmethod
    def load(cls, dataset: Dataset, device: torch.device) -> Footage:
        """Reads the whole dataset into memory: training draws frames at random, many times each."""
        first = np.zeros(len(dataset), np.int64)
        last = np.zeros(len(dataset), np.int64)
        for episode in dataset.episodes:
            first[episode.start : episode.stop] = episode.start
            last[episode.start : episode.stop] = episode.stop
        parts = {
            which: np.concatenate(
                [np.arange(e.start, e.stop, dtype=np.int64) for e in dataset.split(which)]
                or [np.zeros(0, np.int64)]
            )
            for which in ("train", "held_out")
        }

        def move(column: object) -> Tensor:
            return torch.from_numpy(np.array(np.asarray(column))).to(device)

        return cls(
            pixels=move(dataset.pixels),
            controls=move(dataset.controls),
            variables=move(dataset.variables),
            reward=move(dataset.reward),
            ended=move(dataset.ended).float(),
            layers={name: move(column) for name, column in dataset.layers.items()},
            first=torch.from_numpy(first).to(device),
            last=last,
            train=parts["train"],
            held_out=parts["held_out"],
        )

    def windows(self, before: int, after: int, *, held_out: bool = False) -> NDArray[np.int64]:
        """Frames t with at least ``before`` frames before and ``after`` frames from t on in their episode.

        Raises:
            DatasetError: there is no such frame.
        """
        frames = self.held_out if held_out else self.train
        first = self.first.cpu().numpy()
        fitting = frames[(frames - first[frames] >= before) & (frames + after <= self.last[frames])]
        if len(fitting) == 0:
            raise DatasetError(
                f"no {'held-out' if held_out else 'training'} episode has {before + after} frames in a row",
                fix="record longer or more episodes",
            )
        windows: NDArray[np.int64] = fitting
        return windows

    def context(
        self, at: NDArray[np.int64], history: int, memory: Mapping[str, tuple[int, ...]] = NOTHING
    ) -> Context:
        """The ``history`` frames before frames ``at`` as start contexts.

        Args:
            memory: the layers that go with them, as ``ModelSpec.memory`` has it.

        Raises:
            DatasetError: a layer that is not there, or of another shape.
        """
        check_memory(memory, {name: tuple(t.shape[1:]) for name, t in self.layers.items()}, "training data")
        rows = torch.from_numpy(at[:, None] - history + np.arange(history)).to(self.pixels.device)
        return Context(
            self.pixels[rows],
            self.controls[rows],
            self.variables[rows],
            {name: self.layers[name][rows].float() for name in memory},
        )
