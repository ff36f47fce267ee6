"""Does a world rank players as its game does? Returns of fixed policies, dreamt beside real.

A model can draw well and still pay for the wrong things. So the same policies play both, the world from its
stored starts and the game from its own, and their mean returns are compared by rank (Spearman's
correlation): 1 where the world would choose among these players as the game does, 0 where it knows nothing.
The interval comes from drawing whole episodes anew.

Policies see a dreamt frame as they would see a real one; layers that the model does not dream (labels,
boards) are missing, so only policies that do without them are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.data.games.game import Game, Observation
from worldsdk.data.policies.policy import Policy
from worldsdk.data.policies.sticky import StickyRandom
from worldsdk.data.policies.walker import Explorer, Wanderer
from worldsdk.errors import EvaluationError
from worldsdk.evaluation.fixed import Hold, Scatter
from worldsdk.frame import Frame
from worldsdk.runtime.world import World

RESAMPLES = 2000
MOST_HOLDS = 6
"""Controls whose being held all the time is a policy of its own; a keyboard's worth would only repeat it."""

Returns = NDArray[np.float64]
Progress = Callable[[int], Any]


@dataclass(frozen=True)
class Agreement:
    """What came of it.

    Attributes:
        names: of the policies.
        dreamt, real: float64 [policies, episodes], the return of each episode.
        correlation: Spearman's, of the mean returns; None where all of one side are equal.
        low, high: ends of its 95 % interval; None likewise.
    """

    names: tuple[str, ...]
    dreamt: Returns
    real: Returns
    correlation: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, Any]:
        return {
            "spearman": self.correlation,
            "interval": None if self.low is None else [self.low, self.high],
            "policies": {
                name: {
                    "dreamt": float(self.dreamt[row].mean()),
                    "real": float(self.real[row].mean()),
                    "episodes": [self.dreamt.shape[1], self.real.shape[1]],
                }
                for row, name in enumerate(self.names)
            },
        }


def fixed_policies(spec: ControlSpec, layers: Sequence[str] = ()) -> dict[str, Policy]:
    """Players with different habits for any game, by name.

    Args:
        spec: the world's controls.
        layers: names of those that both the world and its game show.
    """
    found: dict[str, Policy] = {
        "rest": Hold(spec, {}),
        "random each tick": Scatter(spec),
        "sticky, short": StickyRandom(spec, hold=(2, 6)),
        "sticky, long": StickyRandom(spec, hold=(15, 40), rest=0.05),
    }
    for control in list(spec)[:MOST_HOLDS]:
        if control.kind == "button":
            found[f"hold {control.name}"] = Hold(spec, {control.name: 1.0})
        else:
            for end in (control.low, control.high):
                if end:
                    found[f"hold {control.name} {end:g}"] = Hold(spec, {control.name: control.snap(end)})
    if {"forward", "back", "left", "right", "turn"} <= set(spec.names):
        found["wanderer"] = Wanderer(spec)
        if "depth" in layers:
            found["explorer, near walls"] = Explorer(spec, near=50.0)
            found["explorer, far from walls"] = Explorer(spec, near=160.0)
    return found


def play_real(
    game: Game, policy: Policy, episodes: int, ticks: int, seed: int = 0, progress: Progress | None = None
) -> Returns:
    """Return of each of ``episodes`` episodes of at most ``ticks`` ticks in the game: float64 [episodes]."""
    returns = np.zeros(episodes)
    for episode in range(episodes):
        seen = game.reset(seed + episode)
        policy.reset(np.random.default_rng([seed, episode]))
        for _ in range(ticks):
            seen = game.step(policy.act(seen))
            returns[episode] += seen.reward
            if seen.ended or seen.cut:
                break
        if progress is not None:
            progress(1)
    return returns


def play_dreamt(
    world: World, policy: Policy, episodes: int, ticks: int, seed: int = 0, progress: Progress | None = None
) -> Returns:
    """``play_real`` in the world; episodes begin at its starts in turn, as spread out as can be."""
    returns = np.zeros(episodes)
    for episode in range(episodes):
        start = (episode * world.starts) // episodes if episodes <= world.starts else episode % world.starts
        session = world.session(seed + episode, start)
        policy.reset(np.random.default_rng([seed, episode]))
        # Layers are there from the first dreamt frame on: a tick of rest shows them.
        frame = session.step()
        for _ in range(ticks):
            frame = session.step(policy.act(as_observation(frame, world)))
            returns[episode] += frame.reward
            if frame.ended:
                break
        if progress is not None:
            progress(1)
    return returns


def as_observation(frame: Frame, world: World) -> Observation:
    """A dreamt frame as a policy sees frames."""
    values = [frame.state[variable.name] for variable in world.spec.variables]
    return Observation(frame.pixels, np.array(values, np.float32), frame.layers, frame.reward, frame.ended)


def agreement(
    world: World,
    open_game: Callable[[], Game],
    policies: Mapping[str, Policy],
    *,
    episodes: int = 8,
    ticks: int = 300,
    seed: int = 0,
    progress: Progress | None = None,
) -> Agreement:
    """Lets every policy play ``episodes`` episodes in the world and in the game.

    Args:
        open_game: starts the game; it is closed here.
        ticks: longest episode.
        progress: told of each episode, ``2 * episodes`` a policy.

    Raises:
        EvaluationError: fewer than 3 policies or 2 episodes, or the game has other controls.
    """
    if len(policies) < 3 or episodes < 2 or ticks < 1:
        raise EvaluationError(
            f"{len(policies)} policies, {episodes} episodes of {ticks} ticks cannot be ranked",
            where="agents",
            fix="give at least 3 policies, 2 episodes and 1 tick",
        )
    with closing(open_game()) as game:
        if game.info.controls.names != world.controls.names:
            raise EvaluationError(
                f"the game listens to {list(game.info.controls.names)}",
                where=game.info.game,
                fix=f"name the game that was recorded; the world listens to {list(world.controls.names)}",
            )
        real = np.stack([play_real(game, p, episodes, ticks, seed, progress) for p in policies.values()])
    dreamt = np.stack([play_dreamt(world, p, episodes, ticks, seed, progress) for p in policies.values()])
    correlation = spearman(dreamt.mean(axis=1), real.mean(axis=1))
    low, high = _interval(dreamt, real, seed) if correlation is not None else (None, None)
    return Agreement(tuple(policies), dreamt, real, correlation, low, high)


def spearman(a: Returns, b: Returns) -> float | None:
    """Correlation of the ranks of two float64 [N]; equal values share their mean rank. None for constants."""
    ranks = [_ranks(np.asarray(values, np.float64)) for values in (a, b)]
    centred = [rank - rank.mean() for rank in ranks]
    scale = float(np.sqrt(np.square(centred[0]).sum() * np.square(centred[1]).sum()))
    return float((centred[0] * centred[1]).sum() / scale) if scale > 0 else None


def _ranks(values: Returns) -> Returns:
    _, numbers, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: Returns = last - (counts - 1) / 2.0
    return np.asarray(means[numbers], np.float64)


def _interval(dreamt: Returns, real: Returns, seed: int) -> tuple[float, float]:
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES):
        one, other = (
            np.take_along_axis(returns, generator.integers(0, returns.shape[1], returns.shape), axis=1)
            for returns in (dreamt, real)
        )
        value = spearman(one.mean(axis=1), other.mean(axis=1))
        # A draw in which all policies are paid alike says nothing about their order.
        found.append(0.0 if value is None else value)
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
