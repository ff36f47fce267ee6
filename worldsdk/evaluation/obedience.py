"""Does the world do as it is told? Commands against what the reader sees happen, in dreams and in the game.

Every figure stands between two others: the **ceiling**, the same reading of the real film of the same
windows, and the **floor**, commands of other windows. The **share** is how far up from the floor to the
ceiling the world comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.evaluation.estimate import RESAMPLES
from worldsdk.evaluation.poses import MOTIONS, Pose
from worldsdk.evaluation.reader import Numbers
from worldsdk.evaluation.tracks import Track

READABLE = 0.2
"""Ceiling, as a correlation, below which the reader cannot tell a control, and nothing is said about it."""
MOST_DELAY = 10
"""Frames that a response is looked for after its command."""
LEAST_RESPONSE = 0.1
"""Correlation of changes below which no response is recognised;"""
CHANCE = 5.0
"""nor is one within so many times the spread that chance gives the correlation of as many numbers."""


def obedience(tracks: Sequence[Track], spec: ControlSpec, pose: Pose | None) -> dict[str, Any] | None:
    """Controls and motions, commanded against realised, as plain JSON; None without tracks.

    ``controls`` holds, for each control, correlations between the command and what the reader says was
    pressed.
    ``motions`` holds the same between what the engine's replay of the commands did and what the reader sees,
    with ``gain`` (realised for each unit commanded) and ``error`` (mean absolute, in the motion's unit).
    ``delay`` is in frames; 0 is the very frame made with the command. None stands for what the reader cannot
    tell from real frames.
    """
    if not tracks:
        return None
    controls: dict[str, Any] = {}
    for column, control in enumerate(spec):
        told = [track.commands[:, column] for track in tracks]
        read = {
            name: [getattr(track, name).controls[:, column] for track in tracks]
            for name in ("dreamt", "real")
        }
        entry = _compare(told, read["dreamt"], read["real"], tracks)
        known = (entry["ceiling"] or 0.0) >= READABLE
        entry["delay"] = delay(told, read["dreamt"]) if known else None
        entry["delay_real"] = delay(told, read["real"]) if known else None
        controls[control.name] = entry
    motions: dict[str, Any] = {}
    if pose is not None:
        done = [pose.motion(track.truth[:-1], track.truth[1:]) for track in tracks]
        for column, name in enumerate(MOTIONS):
            told = [motion[:, column] for motion in done]
            dreamt = [track.dreamt.motion[:, column] for track in tracks]
            real = [track.real.motion[:, column] for track in tracks]
            entry = _compare(told, dreamt, real, tracks)
            if entry["ceiling"] is not None:
                entry["unit"] = f"{pose.units[column]} a tick"
                for key, film in (("", dreamt), ("_real", real)):
                    entry[f"error{key}"] = float(np.abs(np.concatenate(film) - np.concatenate(told)).mean())
                    entry[f"gain{key}"] = _gain(np.concatenate(told), np.concatenate(film))
            motions[name] = entry
    return {"windows": len(tracks), "controls": controls, "motions": motions}


def delay(commands: Sequence[Numbers], responses: Sequence[Numbers]) -> int | None:
    """Frames from a command to its response: where their *changes* correlate most; None where nowhere.

    Changes, since a key that is held for long resembles itself at every delay.

    Args:
        commands, responses: float64 [T] for each window, T of its own for each.
    """
    scores = []
    count = sum(len(c) for c in commands)
    for lag in range(MOST_DELAY + 1):
        pairs = [
            (np.diff(c)[: len(c) - 1 - lag], np.diff(r)[lag:])
            for c, r in zip(commands, responses, strict=True)
            if len(c) - 1 > lag
        ]
        if not pairs:
            break
        score = correlation(np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs]))
        scores.append(-1.0 if score is None else score)
    if not scores or max(scores) < max(LEAST_RESPONSE, CHANCE / np.sqrt(count)):
        return None
    return int(np.argmax(scores))


def correlation(one: Numbers, other: Numbers) -> float | None:
    """Pearson's, of [N] and [N]; None where one of them does not change."""
    if len(one) < 2 or one.std() < 1e-9 or other.std() < 1e-9:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _compare(
    told: Sequence[Numbers], dreamt: Sequence[Numbers], real: Sequence[Numbers], tracks: Sequence[Track]
) -> dict[str, Any]:
    commands, dreams, films = (np.concatenate(parts) for parts in (told, dreamt, real))
    world, ceiling = correlation(commands, dreams), correlation(commands, films)
    # Half the whole away lies another window; within windows the rhythm of play is kept.
    floor = correlation(np.roll(commands, len(commands) // 2), dreams)
    share = interval = None
    if world is not None and ceiling is not None and floor is not None and ceiling >= READABLE:
        share = (world - floor) / max(ceiling - floor, 1e-6)
    if world is not None:
        low, high = _interval(told, dreamt, [track.episode for track in tracks])
        interval = {"low": low, "high": high}
    return {"world": world, "interval": interval, "ceiling": ceiling, "floor": floor, "share": share}


def _interval(
    told: Sequence[Numbers], seen: Sequence[Numbers], episodes: Sequence[int]
) -> tuple[float, float]:
    """95 % bootstrap interval of the correlation, drawing whole episodes."""
    _, numbers = np.unique(episodes, return_inverse=True)
    terms: tuple[Callable[[Numbers, Numbers], Any], ...] = (
        lambda a, b: len(a),
        lambda a, b: a.sum(),
        lambda a, b: b.sum(),
        lambda a, b: (a * a).sum(),
        lambda a, b: (b * b).sum(),
        lambda a, b: (a * b).sum(),
    )
    sums = np.zeros((int(numbers.max()) + 1, len(terms)))
    for number, a, b in zip(numbers, told, seen, strict=True):
        sums[number] += [term(a, b) for term in terms]
    generator = np.random.default_rng(0)
    picks = generator.integers(0, len(sums), size=(RESAMPLES, len(sums)))
    n, a, b, aa, bb, ab = sums[picks].sum(axis=1).T
    spread: NDArray[np.float64] = np.sqrt(np.clip((aa - a * a / n) * (bb - b * b / n), 0.0, None))
    values = np.divide(ab - a * b / n, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _gain(told: Numbers, seen: Numbers) -> float | None:
    power = float((told * told).sum())
    return float((told * seen).sum()) / power if power > 1e-9 else None
