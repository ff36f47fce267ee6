"""Does the world pay and end as its game does? What happens within a few frames of real history.

The world is shown the frames up to shortly before a reward or an end of the real episode, and dreams on
under the same controls. The happening is **found** where the dream has one of its kind within ``SLACK``
frames of the game's. A stretch of real play in which nothing happens is a **false alarm** where the dream has
something. The F1 score is of both together, with stretches weighed by the share of play that they stand for.

A reward is what differs from the one that the game pays most of the time: where each tick survived pays a
point, that point is no happening.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.heldout import Episode, HeldOut, Place

LEAD = 2
"""Frames dreamt before the happening is due."""
SLACK = 2
"""Frames that a happening may come early or late."""
QUIET = LEAD + 1 + SLACK
"""Frames of a stretch in which nothing happens."""
CERTAIN = 0.5
"""The chance of an end from which on it counts as one."""
UNUSUAL = 0.5
"""How far from the usual reward counts as another, as a share of how far the nearest other one lies."""


@dataclass(frozen=True)
class Score:
    """Of one kind of happening.

    Attributes:
        events: in held-out play.
        found: share of them that the world has as well.
        right: share of the world's own that the game has as well; None where it has none.
    """

    events: int
    found: float
    right: float | None

    @property
    def f1(self) -> float:
        """Harmonic mean of ``found`` and ``right``; 0 where either is."""
        if not self.right or not self.found:
            return 0.0
        return 2.0 * self.found * self.right / (self.found + self.right)

    def to_json(self) -> dict[str, Any]:
        return {"events": self.events, "found": self.found, "right": self.right, "f1": self.f1}


class Kinds:
    """What counts as a happening in one game: ``gain``, ``loss`` (rewards) and ``end``."""

    def __init__(self, episodes: list[Episode]) -> None:
        rewards = np.concatenate([_reward(episode) for episode in episodes])
        values, counts = np.unique(rewards, return_counts=True)
        self.usual = float(values[counts.argmax()]) if len(values) else 0.0
        others = np.abs(values - self.usual)
        self._least = UNUSUAL * float(others[others > 0.0].min(initial=np.inf))

    def happened(self, reward: NDArray[np.float32], ended: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
        """Which of those frames, [...] each, had a happening of each kind."""
        return {
            "gain": reward - self.usual >= self._least,
            "loss": self.usual - reward >= self._least,
            "end": np.asarray(ended) > CERTAIN,
        }


def foretold(
    dreamer: ModelDreamer,
    heldout: HeldOut,
    *,
    windows: int,
    batch: int,
    seed: int = 0,
    begin: Callable[[str, int], Callable[[int], Any]],
) -> dict[str, Score]:
    """Scores of the kinds that held-out play has; none where its game tells neither rewards nor ends.

    Args:
        windows: at most so many of each kind, and twice as many quiet stretches.
        batch: windows at once.
        begin: for progress bars, of frames.

    Raises:
        ModelError: the model made numbers that are not finite.
    """
    history = dreamer.model.spec.history
    kinds = Kinds(list(heldout.episodes))
    real = [kinds.happened(_reward(e), _ended(e)) for e in heldout.episodes]
    due = {name: _due(real, name, history) for name in ("gain", "loss", "end")}
    quiet = _quiet(real, history)
    drawn = {name: _spread(places, windows, seed) for name, places in due.items() if places}
    if not drawn:
        return {}
    rest = _spread(quiet, 2 * windows, seed)
    # Ends are the last frame there is: nothing can come late there.
    horizons = {name: LEAD + 1 + (0 if name == "end" else SLACK) for name in drawn}
    frames = sum(len(places) * horizons[name] for name, places in drawn.items()) + len(rest) * QUIET
    report = begin("happenings", frames)

    def dreamt(places: list[Place], horizon: int) -> dict[str, NDArray[np.bool_]]:
        found: dict[str, list[NDArray[np.bool_]]] = {}
        for first in range(0, len(places), batch):
            some = places[first : first + batch]
            reward, ended = _dream(dreamer, heldout, some, horizon, first)
            for name, flags in kinds.happened(reward, ended).items():
                found.setdefault(name, []).append(np.any(flags, axis=1))
            report(len(some) * horizon)
        return {name: np.concatenate(flags) for name, flags in found.items()}

    calm = dreamt(rest, QUIET) if rest else {}
    scores = {}
    for name, places in drawn.items():
        hits = dreamt(places, horizons[name])[name]
        true = float(hits.mean()) * len(due[name])
        alarms = float(calm[name].mean()) * len(quiet) / QUIET if rest else 0.0
        right = true / (true + alarms) if true + alarms > 0.0 else None
        scores[name] = Score(len(due[name]), float(hits.mean()), right)
    return scores


def happenings_lines(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Section of the card."""
    lines = [
        f"Happenings, dreamt from real history: found where the world has one within {SLACK} frames of the "
        "game's, right where the game has one where the world does.",
        "",
        "| | in held-out play | found | right | F1 |",
        "|---|---|---|---|---|",
    ]
    names = {"gain": "reward above the usual", "loss": "reward below the usual", "end": "end of the episode"}
    for name, score in found.items():
        right = "none dreamt" if score["right"] is None else f"{100 * score['right']:.0f} %"
        found_too = f"{100 * score['found']:.0f} %"
        lines.append(f"| {names[name]} | {score['events']:,} | {found_too} | {right} | {score['f1']:.2f} |")
    return [*lines, ""]


def _dream(
    dreamer: ModelDreamer, heldout: HeldOut, places: list[Place], horizon: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rewards and chances of an end, float32 [B, horizon] each."""
    cut = heldout.gather(places, dreamer.model.spec.history, horizon)
    seeds = list(range(seed, seed + len(places)))
    state = dreamer.start(cut.context)
    rewards, ends = [], []
    for tick in range(horizon):
        state, output = dreamer.tick(state, cut.controls[:, tick], seeds, tick + 1)
        rewards.append(output.reward.cpu())
        ends.append(output.ended.cpu())
    return torch.stack(rewards, 1).float().numpy(), torch.stack(ends, 1).float().numpy()


def _due(real: list[dict[str, NDArray[np.bool_]]], name: str, history: int) -> list[Place]:
    """Windows in which a happening of that kind falls due after ``LEAD`` frames."""
    after = 0 if name == "end" else SLACK
    return [
        (number, int(at) - LEAD - history)
        for number, flags in enumerate(real)
        for at in np.nonzero(flags[name])[0]
        if at - LEAD - history >= 0 and at + after < len(flags[name])
    ]


def _quiet(real: list[dict[str, NDArray[np.bool_]]], history: int) -> list[Place]:
    """All windows of ``QUIET`` frames in which nothing of any kind happens."""
    places = []
    for number, flags in enumerate(real):
        any_kind = np.logical_or.reduce(list(flags.values()))
        so_far = np.concatenate([[0], np.cumsum(any_kind)])
        first = np.arange(history, len(any_kind) - QUIET + 1)
        calm = so_far[first + QUIET] == so_far[first]
        places += [(number, int(at) - history) for at in first[calm]]
    return places


def _spread(places: list[Place], most: int, seed: int) -> list[Place]:
    """At most so many of them, spread evenly."""
    if len(places) <= most:
        return places
    offset = np.random.default_rng(seed).uniform(size=most)
    return [places[int(pick)] for pick in np.floor((np.arange(most) + offset) * len(places) / most)]


def _reward(episode: Episode) -> NDArray[np.float32]:
    return np.zeros(len(episode), np.float32) if episode.reward is None else episode.reward


def _ended(episode: Episode) -> NDArray[Any]:
    return np.zeros(len(episode), np.bool_) if episode.ended is None else episode.ended
