"""What a world's real frames look like, and how far any frame is from them: the measure behind the watchdog.

A frame is held against the real frames that it resembles most. **Strangeness** is the distance of its
colours from those of the nearest one, in levels. **Crispness** is its sharpness beside that of its nearest
ones. What is usual is read off the real frames themselves, each held against all that are not of its own
moment; ``score`` is 1 where a frame is a margin times as far out as that.

It cannot see a crisp picture in the world's own colours that makes no sense. Every pack brings its own real
frames, the start contexts; they are few and chosen for being varied, so limits taken from them are wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import SessionError
from worldsdk.models.interface import Context
from worldsdk.pixels.look import distances, look

NEIGHBOURS = 5
MOST_REFERENCES = 1024
"""Real frames that each frame is held against: more would cost more than looking at the picture does."""

USUAL_PERCENTILE = 98.0
"""What so many in a hundred real frames stay within is usual; the rest may be odd frames of the recording."""

STRANGENESS_MARGIN = 2.0
CRISPNESS_MARGIN = 1.5
"""How many times beyond the usual counts as unlike. Chosen on real Doom and MiniGrid play, and on the same
made worse on purpose: real play is not called lost; a blur of 2 pixels, or a cast of 40 levels in a world of
narrow colours, is."""

LEAST_STRANGENESS = 6.0
"""Levels that are no drift in any world: a board game repeats its frames exactly, and a dream of it that is
a few levels off everywhere is still the game."""

LEAST_SOFTENING = math.log(2.0)
"""Half or twice as sharp as frames like it is no drift in any world: models are a little soft, walls that are
looked at closely are blank, and start contexts hold few of them."""


@dataclass(frozen=True)
class Verdict:
    """How far one frame is from real ones.

    Attributes:
        score: 0 is a real frame; 1 and above is unlike.
        strangeness: levels to the colours of the nearest real frame.
        crispness: its sharpness as a ratio to that of real frames like it.
    """

    score: float
    strangeness: float
    crispness: float

    @property
    def unlike(self) -> bool:
        """Whether it is farther out than real frames are."""
        return self.score >= 1.0


class Familiar:
    """Knows what real frames look like. Made by ``learn``; immutable, shared by all sessions of a world."""

    def __init__(self, colours: NDArray[np.float32], sharp: NDArray[np.float64], groups: NDArray[np.int64]):
        self._colours = colours
        self._sharp = np.log(sharp + 1.0)
        strange, crisp = self._among_themselves(groups)
        usual = np.percentile(strange, USUAL_PERCENTILE) if len(strange) else 0.0
        soft = np.percentile(np.abs(crisp), USUAL_PERCENTILE) if len(crisp) else 0.0
        self.strangeness_limit = max(float(usual), LEAST_STRANGENESS) * STRANGENESS_MARGIN
        self.crispness_limit = max(float(soft), LEAST_SOFTENING) * CRISPNESS_MARGIN
        """Of the logarithm of the ratio, either way."""

    @classmethod
    def learn(cls, frames: NDArray[np.uint8], groups: NDArray[np.int64] | None = None) -> Familiar:
        """From real frames.

        Args:
            frames: uint8 [N, H, W, 3], RGB, N at least 1; of very many, evenly spread ones are taken.
            groups: int64 [N]: frames of one moment share a number and are not held against each other;
                all of different moments where left out.

        Raises:
            SessionError: no frames, or another dtype or shape.
        """
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or not len(frames):
            raise SessionError(
                f"real frames are {frames.dtype} {frames.shape}",
                where="watch",
                fix="give uint8 [N, H, W, 3], at least one",
            )
        numbers = np.arange(len(frames)) if groups is None else np.asarray(groups, np.int64)
        count = min(len(frames), MOST_REFERENCES)
        picks = (np.arange(count) * len(frames)) // count
        looks = [look(frames[pick]) for pick in picks]
        return cls(
            np.stack([colours for colours, _ in looks]),
            np.array([sharpness for _, sharpness in looks]),
            numbers[picks],
        )

    @classmethod
    def of_starts(cls, starts: Context) -> Familiar:
        """From the start contexts of a pack: every frame of their histories."""
        count, history = starts.pixels.shape[:2]
        frames = starts.pixels.cpu().numpy().reshape(count * history, *starts.pixels.shape[2:])
        return cls.learn(frames, np.repeat(np.arange(count), history))

    def judge(self, pixels: NDArray[np.uint8]) -> Verdict:
        """How far uint8 [H, W, 3] is from the real frames."""
        colours, sharpness = look(pixels)
        distance = distances(self._colours, colours)
        strange, alike = self._nearest(distance)
        crisp = math.log(sharpness + 1.0) - alike
        score = max(strange / self.strangeness_limit, abs(crisp) / self.crispness_limit)
        return Verdict(score, strange, math.exp(crisp))

    def _nearest(self, distance: NDArray[np.float32]) -> tuple[float, float]:
        count = min(NEIGHBOURS, len(distance))
        near = np.argpartition(distance, count - 1)[:count]
        return float(distance[near].min()), float(np.sort(self._sharp[near])[count // 2])

    def _among_themselves(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        strange: list[float] = []
        crisp: list[float] = []
        for row, group in enumerate(groups):
            distance = distances(self._colours, self._colours[row])
            distance[groups == group] = np.inf
            if not np.isfinite(distance).any():
                continue
            nearest, alike = self._nearest(distance)
            strange.append(nearest)
            crisp.append(float(self._sharp[row]) - alike)
        return np.array(strange), np.array(crisp)
