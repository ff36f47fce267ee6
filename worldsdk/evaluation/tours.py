"""Scripted tours that end where they began: a full turn on the spot, and looking away for a while.

A world passes when the last picture is the first one. What no memory would show stands beside it: the
picture from half-way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.drive import Drive
from worldsdk.evaluation.estimate import estimate
from worldsdk.evaluation.metrics import psnr
from worldsdk.evaluation.players import Player, Scripted

REST_S = 1.0
"""Rest before a tour and after each turn: for the motion a session began with to die out, and for a world
that answers late, which is another fault than forgetting."""


@dataclass(frozen=True)
class Tour:
    """A script and the ticks that are looked at.

    Attributes:
        script: float32 [T, A], the same for every session.
        first, halfway, last: ticks.
    """

    script: NDArray[np.float32]
    first: int
    halfway: int
    last: int

    def for_sessions(self, count: int) -> Scripted:
        return Scripted(np.repeat(self.script[None], count, axis=0))


def turnabout(drive: Drive, rate_hz: float, away_s: float = 0.0) -> Tour:
    """Rest, turn half-way round, look there for ``away_s`` seconds, turn on to where it began, rest."""
    rest, away = max(1, round(REST_S * rate_hz)), round(away_s * rate_hz)
    half = drive.turn_ticks // 2
    still = np.zeros_like(drive.turn)
    turn = [drive.turn] * half
    script = np.stack([*[still] * rest, *turn, *[still] * (rest + away), *turn, *[still] * rest])
    return Tour(script, first=rest - 1, halfway=2 * rest - 1 + half + away, last=len(script) - 1)


@dataclass(frozen=True)
class TourResult:
    """What a tour showed.

    Attributes:
        figures: plain JSON, see ``walk``.
        pictures: uint8 [B, 3, H, W, 3]: first, half-way and last frames.
    """

    figures: dict[str, Any]
    pictures: NDArray[np.uint8]


def walk(tour: Tour, player: Player, sessions: int) -> TourResult | None:
    """Plays a tour in ``sessions`` sessions; None where none of them lasted to its end.

    ``psnr`` compares the last frame with the first, ``halfway_psnr`` the half-way one with the first.
    ``recognised`` is the share of sessions whose last frame is nearer to their own first frame than to any
    session's half-way frame or any other session's first one.
    """
    played = player.play(tour.for_sessions(sessions), [tour.first, tour.halfway, tour.last])
    if not played.whole.any():
        return None
    pictures = played.pixels[played.whole]
    first, halfway, last = (np.ascontiguousarray(pictures[:, i]) for i in range(3))
    return TourResult(
        {
            "psnr": estimate(psnr(first, last)).to_json(),
            "halfway_psnr": estimate(psnr(first, halfway)).to_json(),
            "recognised": _recognised(first, halfway, last),
            "sessions": len(pictures),
        },
        pictures,
    )


def _recognised(first: NDArray[np.uint8], halfway: NDArray[np.uint8], last: NDArray[np.uint8]) -> float:
    views = np.concatenate([first, halfway]).astype(np.float32).reshape(2 * len(first), -1)
    right = 0
    for row, picture in enumerate(last.astype(np.float32).reshape(len(last), -1)):
        errors = np.square(views - picture).mean(axis=1)
        # Two sessions may begin at one place and see the very same; then either is the right one. But a
        # view that is as near to what was behind the player never turned.
        right += bool(errors[row] <= errors[: len(first)].min() and errors[row] < errors[len(first) :].min())
    return right / len(last)
