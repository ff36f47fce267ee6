"""Long scripted play from a world's own starts: how long its sessions last, with pictures on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.collapse import Life, false_alarms, lifetimes, script
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.gauge import Gauge, Limits
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.models.interface import Context

PICTURED_S = (0.0, 5.0, 30.0, 60.0, 120.0, 300.0)
"""Moments of long play, in seconds, that are kept as pictures beside the last one."""


@dataclass(frozen=True)
class LongPlay:
    """Long scripted play.

    Attributes:
        lives: one per session.
        minutes: played.
        limits: of real frames, beyond which a frame counts as unlike the game.
        false_alarms: share of real episodes that the detector would call collapsed.
        pictures: (seconds, uint8 [sessions, H, W, 3]) at some moments.
    """

    lives: list[Life]
    minutes: float
    limits: Limits
    false_alarms: float
    pictures: list[tuple[float, NDArray[np.uint8]]]

    def alive(self, minute: float) -> float | None:
        """Share of sessions alive after ``minute``; None where play was shorter."""
        if minute > self.minutes + 1e-9:
            return None
        ends = [life.seconds if life.cause else np.inf for life in self.lives]
        return float(np.mean([end >= minute * 60.0 for end in ends]))


class Album:
    """Keeps the frames of the looks that come nearest after the given moments, in seconds."""

    def __init__(self, moments: Sequence[float]) -> None:
        self._wanted = sorted(set(moments))
        self._last: tuple[float, NDArray[np.uint8]] | None = None
        self._pages: list[tuple[float, NDArray[np.uint8]]] = []

    def look(self, seconds: float, frames: NDArray[np.uint8]) -> None:
        self._last = (seconds, frames)
        if self._wanted and seconds >= self._wanted[0]:
            self._pages.append(self._last)
            self._wanted = [moment for moment in self._wanted if moment > seconds]

    @property
    def pages(self) -> list[tuple[float, NDArray[np.uint8]]]:
        """The kept frames, with the last look of all at the end."""
        if self._last is not None and (not self._pages or self._pages[-1][0] != self._last[0]):
            return [*self._pages, self._last]
        return list(self._pages)


def play_long(
    dreamer: ModelDreamer,
    heldout: HeldOut,
    starts: Context,
    *,
    sessions: int,
    minutes: float,
    seed: int,
    rate_hz: float,
    begin: Callable[[str, int], Callable[[int], Any]],
) -> LongPlay:
    """Plays ``sessions`` sessions for ``minutes`` under the controls of held-out play.

    Raises:
        DatasetError: fewer than two held-out episodes.
        ModelError: the model made numbers that are not finite.
    """
    ticks = max(1, round(minutes * 60.0 * rate_hz))
    gauge = Gauge.fit(heldout, seed)
    album = Album([*PICTURED_S, minutes * 60.0])
    lives = lifetimes(
        dreamer,
        gauge,
        pick(starts, sessions),
        script(heldout, sessions, ticks),
        rate_hz,
        seeds=range(seed, seed + sessions),
        progress=begin("long play", ticks),
        on_look=album.look,
    )
    return LongPlay(lives, ticks / rate_hz / 60.0, gauge.limits, false_alarms(gauge, heldout), album.pages)


def pick(starts: Context, wanted: int) -> Context:
    """``wanted`` of the moments, as different as possible; some twice where there are fewer."""
    count = len(starts.pixels)
    rows = [(i * count) // wanted if wanted <= count else i % count for i in range(wanted)]
    return starts.take(rows)
