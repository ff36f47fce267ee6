"""What the reader saw in rollouts: for each window the commands, the truth and the readings of both films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.dreamers import Dream
from worldsdk.evaluation.heldout import Windows
from worldsdk.evaluation.networks import CLIP_FRAMES, VideoNetwork
from worldsdk.evaluation.reader import Numbers, Reader, Reading


@dataclass(frozen=True)
class Track:
    """One window of T dreamt frames.

    Attributes:
        episode: its number.
        commands: float64 [T, A], control vectors.
        truth: float32 [T + 1, V], what the game's variables were; row 0 is the last real frame's.
        own: float32 [T, V], what the world says they are.
        real, dreamt: readings of the real and of the dreamt film, both beginning at the last real frame.
    """

    episode: int
    commands: Numbers
    truth: NDArray[np.float32]
    own: NDArray[np.float32]
    real: Reading
    dreamt: Reading

    def __len__(self) -> int:
        return len(self.commands)


class Tracker:
    """A watcher of rollouts (see ``rollout.measure``) that keeps a track of each window."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.tracks: list[Track] = []

    def __call__(self, windows: Windows, dream: Dream, episodes: Sequence[int]) -> None:
        last = windows.context.pixels[:, -1].numpy()
        before = windows.context.variables[:, -1].numpy()
        commands = windows.controls.double().numpy()
        for row, episode in enumerate(episodes):
            real, dreamt = (
                self.reader.read(np.concatenate([last[row : row + 1], film[row]]))
                for film in (windows.pixels, dream.pixels)
            )
            truth = np.concatenate([before[row : row + 1], windows.variables[row]])
            self.tracks.append(Track(episode, commands[row], truth, dream.variables[row], real, dreamt))


class ClipKeeper:
    """A watcher that keeps video features of the first ``CLIP_FRAMES`` frames, dreamt and real.

    Attributes:
        real, dreamt: float64 [1, F] each, one a window.
    """

    def __init__(self, network: VideoNetwork) -> None:
        self.network = network
        self.real: list[Numbers] = []
        self.dreamt: list[Numbers] = []

    def __call__(self, windows: Windows, dream: Dream, episodes: Sequence[int]) -> None:
        if dream.pixels.shape[1] < CLIP_FRAMES:
            return
        self.real.append(self.network.features(windows.pixels[:, :CLIP_FRAMES]))
        self.dreamt.append(self.network.features(dream.pixels[:, :CLIP_FRAMES]))
