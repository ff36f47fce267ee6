"""Telling game from mush: does a frame still look like a frame of the real game?

Two questions are asked of a frame, both against real frames of *other* episodes:

- **strangeness**: how far, in levels of brightness, are its colours from those of the nearest real frame?
  Colours are compared as quantiles of red, green and blue in the upper and the lower half, so it does
  not matter where exactly a wall stands, but drifting, greying and noise show.
- **crispness**: how sharp is it beside the real frames that it most resembles? A blank wall is as soft as
  other blank walls; mush is softer than everything with its colours, noise is rougher.

What is normal is read off real frames held against the others: the limits are their own percentiles,
widened. A dream whose textures are soft is not lost (the sharpness ratio tells how soft it is); one that is
little more than half as sharp as the softest of the real frames like it, is. What the gauge cannot see is a
crisp picture in the game's own colours that makes no sense; the rollout figures and the pictures show that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from worldsdk.errors import DatasetError
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.metrics import sharpness

QUANTILES = np.linspace(0.02, 0.98, 17)
NEIGHBOURS = 8
REFERENCES = 2048
PERCENTILE = 0.5
"""Share, in percent, of real frames beyond each limit. Being beyond for two seconds on end is far rarer."""


@dataclass(frozen=True)
class Limits:
    """Beyond which a frame is unlike the game.

    Attributes:
        strangeness: the most, in levels.
        crispness_low, crispness_high: the least and the most, as a ratio.
    """

    strangeness: float
    crispness_low: float
    crispness_high: float


LEAST_RANGE = Limits(strangeness=4.0, crispness_low=0.8, crispness_high=1.25)
"""The usual range is no narrower than this, whatever the game: a board game repeats its frames exactly, and
a dream of it that is a level or two off everywhere has not collapsed."""


STRANGENESS_MARGIN = 1.5
CRISPNESS_MARGIN = 1.75
"""How many times beyond the usual range of real frames counts as unlike them. Chosen on real Doom frames made
worse on purpose: most frames are beyond with a blur of 2 pixels or a red cast of 40 levels, and almost none
with a blur of 0.7 or a cast of 10."""


class Gauge:
    """Knows what real frames look like. Build it with ``fit``."""

    def __init__(self, looks: NDArray[np.float32], sharp: NDArray[np.float64], limits: Limits) -> None:
        self._looks = torch.from_numpy(looks)
        self._sharp = sharp
        self.limits = limits

    @classmethod
    def fit(cls, heldout: HeldOut, seed: int = 0) -> Gauge:
        """Learns from every second episode and sets the limits on the others.

        Raises:
            DatasetError: fewer than two episodes.
        """
        if len(heldout.episodes) < 2:
            raise DatasetError(
                f"there is only {len(heldout.episodes)} held-out episode",
                where="held-out episodes",
                fix="record at least 2: what is normal is read off one half against the other",
            )
        known = _frames(heldout, 0, seed)
        others = _frames(heldout, 1, seed + 1)
        gauge = cls(look(known), sharpness(known), Limits(np.inf, 0.0, np.inf))
        strange, crisp = gauge.judge(others)
        low, high = np.percentile(crisp, [PERCENTILE, 100.0 - PERCENTILE])
        most = np.percentile(strange, 100.0 - PERCENTILE)
        gauge.limits = Limits(
            strangeness=max(float(most), LEAST_RANGE.strangeness) * STRANGENESS_MARGIN,
            crispness_low=min(float(low), LEAST_RANGE.crispness_low) / CRISPNESS_MARGIN,
            crispness_high=max(float(high), LEAST_RANGE.crispness_high) * CRISPNESS_MARGIN,
        )
        return gauge

    def judge(self, frames: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(strangeness, crispness), float64 [N] each, of uint8 [N, H, W, 3]."""
        distance = torch.cdist(torch.from_numpy(look(frames)), self._looks, p=1.0) / self._looks.shape[1]
        count = min(NEIGHBOURS, distance.shape[1])
        near = distance.topk(count, dim=1, largest=False)
        # One level per pixel is added on both sides, or the ratio of two blank walls would be noise.
        alike = np.median(self._sharp[near.indices.numpy()], axis=1) + 1.0
        return near.values[:, 0].double().numpy(), (sharpness(frames) + 1.0) / alike

    def unlike(self, frames: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which of uint8 [N, H, W, 3] lie outside the range of real frames: bool [N]."""
        strange, crisp = self.judge(frames)
        limits = self.limits
        beyond: NDArray[np.bool_] = (
            (strange > limits.strangeness) | (crisp < limits.crispness_low) | (crisp > limits.crispness_high)
        )
        return beyond


def look(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The colours of uint8 [N, H, W, 3] as quantiles of both halves: float32 [N, 2 * 3 * 17], 0 to 255."""
    half = frames.shape[1] // 2
    halves = [frames[:, :half], frames[:, half:]]
    parts = [
        np.quantile(part.reshape(len(part), -1, 3), QUANTILES, axis=1).transpose(1, 0, 2) for part in halves
    ]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1).astype(np.float32)


def _frames(heldout: HeldOut, parity: int, seed: int) -> NDArray[np.uint8]:
    """At most ``REFERENCES`` frames, spread over the episodes whose number has that parity."""
    episodes = heldout.episodes[parity::2]
    ends = np.cumsum([len(episode) for episode in episodes])
    count = min(REFERENCES, int(ends[-1]))
    offset = np.random.default_rng(seed).uniform(size=count)
    picks = np.floor((np.arange(count) + offset) * ends[-1] / count).astype(np.int64)
    numbers = np.searchsorted(ends, picks, side="right")
    starts = ends - [len(episode) for episode in episodes]
    return np.stack([episodes[n].pixels[pick - starts[n]] for n, pick in zip(numbers, picks, strict=True)])
