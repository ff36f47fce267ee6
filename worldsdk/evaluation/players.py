"""Who carries out what a pilot presses: a world, dreaming from its own starts, or the real game, which says
what is right. A pilot is whoever holds the controls: a fixed script, or one that steers by the variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.data.games.catalogue import open_game
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.models.interface import Context, ModelSpec

Script = NDArray[np.float32]
"""float32 [B, T, A], control vectors of B sessions."""

Keep = Sequence[int] | NDArray[np.int64]
"""Ticks whose frames are wanted, 0 the first played one: [K] for all sessions alike, or [B, K]."""


class Pilot(Protocol):
    """Holds the controls of some sessions for a while.

    Attributes:
        sessions, ticks: how many, and how long each of them is played.
    """

    @property
    def sessions(self) -> int: ...

    @property
    def ticks(self) -> int: ...

    def press(self, session: int, tick: int, variables: NDArray[np.float32]) -> NDArray[np.float32]:
        """The control vector of one tick, float32 [A]. Asked for each session's ticks in their order.

        Args:
            variables: float32 [V], those reported with the frame before this tick's.
        """
        ...


class Scripted:
    """A pilot that looks at nothing: presses float32 [B, T, A] as they are written down."""

    def __init__(self, script: Script) -> None:
        self._script = script

    @property
    def sessions(self) -> int:
        return int(self._script.shape[0])

    @property
    def ticks(self) -> int:
        return int(self._script.shape[1])

    def press(self, session: int, tick: int, variables: NDArray[np.float32]) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._script[session, tick]
        return vector


@dataclass(frozen=True)
class Played:
    """What became of it.

    Attributes:
        pixels: uint8 [B, K, H, W, 3], the frames of the ticks that were asked for.
        variables: float32 [B, T, V], of every tick.
        whole: bool [B], whether the session lasted to the end.
    """

    pixels: NDArray[np.uint8]
    variables: NDArray[np.float32]
    whole: NDArray[np.bool_]


class Player(Protocol):
    """Lets a pilot play."""

    def play(self, pilot: Pilot, keep: Keep) -> Played:
        """``keep``: ticks whose frames are wanted."""
        ...


class DreamPlayer:
    """A world. Each session begins at another of ``starts`` ([B', ...], B' at least 1); all are one batch.

    Args:
        progress: told of each tick of all sessions, with their number.
    """

    def __init__(
        self,
        dreamer: ModelDreamer,
        starts: Context,
        seed: int = 0,
        progress: Callable[[int], Any] | None = None,
    ) -> None:
        self._dreamer, self._starts, self._seed = dreamer, starts, seed
        self._progress = progress or (lambda count: None)

    def play(self, pilot: Pilot, keep: Keep) -> Played:
        sessions, ticks = pilot.sessions, pilot.ticks
        count = len(self._starts.pixels)
        rows = [(row * count) // sessions if sessions <= count else row % count for row in range(sessions)]
        begin = self._starts.take(rows)
        state = self._dreamer.start(begin)
        seeds = range(self._seed, self._seed + sessions)
        wanted = _per_session(keep, sessions)
        kept: dict[tuple[int, int], NDArray[np.uint8]] = {}
        reported, variables = begin.variables[:, -1].cpu().numpy(), []
        for tick in range(ticks):
            pressed = np.stack([pilot.press(s, tick, reported[s]) for s in range(sessions)])
            state, output = self._dreamer.tick(state, torch.from_numpy(pressed), seeds, tick + 1)
            reported = output.variables.cpu().numpy()
            variables.append(reported)
            now = np.argwhere(wanted == tick).tolist()
            if now:
                pixels = output.pixels.cpu().numpy()
                kept.update({(row, column): pixels[row] for row, column in now})
            self._progress(sessions)
        frames = [[kept[row, column] for column in range(wanted.shape[1])] for row in range(sessions)]
        return Played(np.array(frames), np.stack(variables, axis=1), np.ones(sessions, bool))


class GamePlayer:
    """The real game, started anew for each session. Needs the game's package.

    Args:
        game: name in the catalogue of games.
        spec, controls: of the world that is held against it.
        seed: of the first session; each session's is one more. Or the seeds of all sessions.
        progress: told of each tick of a session, with 1, and of those that a game did not last for.
    """

    def __init__(
        self,
        game: str,
        spec: ModelSpec,
        controls: ControlSpec,
        seed: int | Sequence[int] = 0,
        progress: Callable[[int], Any] | None = None,
    ) -> None:
        self._game, self._spec, self._controls, self._seed = game, spec, controls, seed
        self._progress = progress or (lambda count: None)

    def play(self, pilot: Pilot, keep: Keep) -> Played:
        sessions, ticks = pilot.sessions, pilot.ticks
        wanted = _per_session(keep, sessions)
        shape = (self._spec.height, self._spec.width, 3)
        pixels = np.zeros((*wanted.shape, *shape), np.uint8)
        variables = np.zeros((sessions, ticks, len(self._spec.variables)), np.float32)
        whole = np.ones(sessions, bool)
        with closing(open_game(self._game, self._spec.width, self._spec.height)) as game:
            names = [variable.name for variable in game.info.variables]
            columns = [names.index(variable.name) for variable in self._spec.variables]
            for session in range(sessions):
                seen = game.reset(
                    self._seed + session if isinstance(self._seed, int) else self._seed[session]
                )
                for tick in range(ticks):
                    pressed = pilot.press(session, tick, seen.variables[columns])
                    seen = game.step(self._controls.from_vector(pressed))
                    variables[session, tick] = seen.variables[columns]
                    pixels[session, wanted[session] == tick] = seen.pixels
                    self._progress(1)
                    if (seen.ended or seen.cut) and tick < ticks - 1:
                        whole[session] = False
                        self._progress(ticks - 1 - tick)
                        break
        return Played(pixels, variables, whole)


def _per_session(keep: Keep, sessions: int) -> NDArray[np.int64]:
    ticks = np.asarray(keep, np.int64)
    return np.broadcast_to(ticks, (sessions, ticks.shape[-1]))
