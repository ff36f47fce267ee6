"""Leaving a room and returning on one's own feet: is it still the same room?

Sessions begin at real held-out moments A. A pilot walks out of the room to B, waits, walks back and looks
where it looked at first (see ``errands``), all in about 5, 15 or 60 seconds. Then the last frame is looked up
among real frames: the place of the nearest one says where the *picture* is. The pilot steers by the state
that the world reports, so a world whose state says A while its picture shows another room fails. So does one
in which the pilot gets stuck, and one whose picture never left A.

A view of a bare wall tells no place, not even in the game. So errands begin only at moments whose real
picture, looked up, is found where it was taken; ``told`` says how many of all moments are such.

Beside it stand the ceiling, real frames from about A looked up in the same book; the floor, the real frame at
B taken for the last one; and the game itself, where it can be played, with ways from its own starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.data.games.catalogue import make_policy, open_game
from worldsdk.errors import RecordError
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.errands import Errand, ErrandPilot, Timing, find_errands
from worldsdk.evaluation.estimate import estimate
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.evaluation.judge import Judge
from worldsdk.evaluation.players import DreamPlayer, GamePlayer, Player
from worldsdk.evaluation.returns import GAPS_S
from worldsdk.evaluation.steering import Steering
from worldsdk.models.interface import ModelSpec

TRIES = 64
"""Moments of each episode that are looked at for a beginning."""
GAME_TRIES = 3
"""Games that are begun for each errand wanted: not every start tells where it is, and some players stay."""
WALK_S = 8.0
"""How much of each of them is played to find a way."""

Stage = Callable[[str, int], Callable[[int], Any]]


@dataclass(frozen=True)
class Run:
    """What became of some errands.

    Attributes:
        figures: plain JSON, see ``run``.
        pictures: uint8 [N, 3, H, W, 3], the frames at A (the real one), at B and at the end.
    """

    figures: dict[str, Any]
    pictures: NDArray[np.uint8]


def run(
    play: HeldOut, errands: Sequence[Errand], player: Player, steering: Steering, timing: Timing, judge: Judge
) -> Run:
    """Walks errands of ``play``, at least one, and judges them.

    ``arrived``, ``there`` (the picture at B is of B), ``right`` (the last one is of A) and ``facing`` (and
    looks the right way) are shares of all errands: who did not arrive is not right, whatever is to be seen.
    """
    keep = np.array([[errand.leave - 1, timing.ticks - 1] for errand in errands])
    played = player.play(ErrandPilot(errands, steering, timing), keep)
    arrived = judge.arrived(errands, played)
    seen = judge.look(errands, played.pixels[:, 0], played.pixels[:, 1])
    shares = {
        "arrived": arrived,
        "there": seen.there,
        "right": arrived & seen.right,
        "facing": arrived & seen.facing,
    }
    episodes = np.array([errand.episode for errand in errands])
    distances = [errand.distance for errand in errands]
    figures = {
        "errands": len(errands),
        "ticks": timing.ticks,
        "distance": float(np.mean(distances)),
        "least_distance": float(np.min(distances)),
        "unit": steering.pose.place_unit,
        **{
            name: estimate(share.astype(np.float64), episodes=episodes).to_json()
            for name, share in shares.items()
        },
        **judge.bounds(play, errands),
    }
    first = np.stack([play.episodes[errand.episode].pixels[errand.start] for errand in errands])
    return Run(figures, np.stack([first, played.pixels[:, 0], played.pixels[:, 1]], axis=1))


def dreamt(
    dreamer: ModelDreamer,
    heldout: HeldOut,
    steering: Steering,
    judge: Judge,
    *,
    most: int,
    rate_hz: float,
    seed: int,
    begin: Stage,
) -> dict[str, Run | None]:
    """Errands of each length in the world, all of one length as one batch of sessions; None where held-out
    play has no way that there is time for."""
    history = dreamer.model.spec.history
    starts, told = [], []
    for number, episode in enumerate(heldout.episodes):
        frames = np.arange(history - 1, len(episode) - 1)
        frames = np.random.default_rng([seed, number]).permutation(frames)[:TRIES]
        tells = judge.tells(episode, frames)
        starts.append(frames[tells].tolist())
        told.append(tells)

    def player(errands: Sequence[Errand], bar: Callable[[int], Any]) -> Player:
        at = [(errand.episode, errand.start + 1 - history) for errand in errands]
        return DreamPlayer(dreamer, heldout.gather(at, history, 0).context, seed, bar)

    found = _of_each_length(heldout, starts, player, steering, judge, most, rate_hz, begin, "")
    for done in found.values():
        if done is not None:
            done.figures["told"] = float(np.concatenate(told).mean())
    return found


def in_the_game(
    game: str,
    spec: ModelSpec,
    controls: ControlSpec,
    steering: Steering,
    judge: Judge,
    *,
    most: int,
    rate_hz: float,
    seed: int,
    begin: Stage,
) -> dict[str, Run | None]:
    """The same in the real game. Its sessions begin at its own starts, and the ways are those that the game's
    own explorer takes from there.

    Raises:
        MissingExtraError: the game's package is not installed.
        RecordError: no such game, or not at this frame size.
    """
    play = first_walks(game, spec, most * GAME_TRIES, seed)
    first = np.zeros(1, np.int64)
    starts = [first[judge.tells(episode, first)].tolist() for episode in play.episodes]

    def player(errands: Sequence[Errand], bar: Callable[[int], Any]) -> Player:
        return GamePlayer(game, spec, controls, [seed + errand.episode for errand in errands], bar)

    return _of_each_length(play, starts, player, steering, judge, most, rate_hz, begin, " in the game")


def _of_each_length(
    play: HeldOut,
    starts: Sequence[list[int]],
    player: Callable[[Sequence[Errand], Callable[[int], Any]], Player],
    steering: Steering,
    judge: Judge,
    most: int,
    rate_hz: float,
    begin: Stage,
    where: str,
) -> dict[str, Run | None]:
    found: dict[str, Run | None] = {}
    for gap in GAPS_S:
        timing = Timing.of(gap, rate_hz)
        errands = find_errands(play, steering, judge.extent, timing, starts, most)
        if not errands:
            found[f"{gap:g}"] = None
            continue
        bar = begin(f"errands of {gap:g} s{where}", len(errands) * timing.ticks)
        found[f"{gap:g}"] = run(play, errands, player(errands, bar), steering, timing, judge)
    return found


def first_walks(game: str, spec: ModelSpec, games: int, seed: int) -> HeldOut:
    """The first ``WALK_S`` seconds of ``games`` games, seeds ``seed`` and on, by the game's own explorer."""
    episodes = []
    with closing(open_game(game, spec.width, spec.height)) as opened:
        info = opened.info
        names = [variable.name for variable in info.variables]
        columns = [names.index(variable.name) for variable in spec.variables]
        try:
            walker = make_policy("explore", game, opened)
        except RecordError:
            # Not every game has an explorer.
            walker = make_policy("mix", game, opened)
        for number in range(games):
            seen, pressed = [opened.reset(seed + number)], [info.controls.rest]
            walker.reset(np.random.default_rng([seed, number]))
            for _ in range(round(WALK_S * info.rate_hz)):
                if seen[-1].ended or seen[-1].cut:
                    break
                pressed.append(walker.act(seen[-1]))
                seen.append(opened.step(pressed[-1]))
            shown = [s for s in seen if s.drawn]
            episodes.append(
                Episode(
                    np.stack([s.pixels for s in shown]),
                    np.stack([info.controls.to_vector(p) for p in pressed[: len(shown)]]),
                    np.stack([s.variables[columns] for s in shown]),
                )
            )
    return HeldOut(episodes, spec.variables, info.rate_hz, {"game": game})
