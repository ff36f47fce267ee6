"""Who plays a script: a world, dreaming from its own starts, or the real game, which says what is right."""

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


@dataclass(frozen=True)
class Played:
    """What became of a script.

    Attributes:
        pixels: uint8 [B, K, H, W, 3], the frames of the ticks that were asked for.
        variables: float32 [B, T, V], of every tick.
        whole: bool [B], whether the session lasted to the end of the script.
    """

    pixels: NDArray[np.uint8]
    variables: NDArray[np.float32]
    whole: NDArray[np.bool_]


class Player(Protocol):
    """Plays scripts."""

    def play(self, script: Script, keep: Sequence[int]) -> Played:
        """``keep``: ticks whose frames are wanted, 0 the first dreamt one."""
        ...


class DreamPlayer:
    """A world. Each session begins at another of ``starts`` ([B', ...], B' at least 1).

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

    def play(self, script: Script, keep: Sequence[int]) -> Played:
        sessions, ticks, _ = script.shape
        count = len(self._starts.pixels)
        rows = [(row * count) // sessions if sessions <= count else row % count for row in range(sessions)]
        state = self._dreamer.start(self._starts.take(rows))
        seeds = range(self._seed, self._seed + sessions)
        wanted = set(keep)
        kept, variables = {}, []
        for tick in range(ticks):
            state, output = self._dreamer.tick(state, torch.from_numpy(script[:, tick]), seeds, tick + 1)
            variables.append(output.variables.cpu().numpy())
            if tick in wanted:
                kept[tick] = output.pixels.cpu().numpy()
            self._progress(sessions)
        return Played(
            np.stack([kept[tick] for tick in keep], axis=1),
            np.stack(variables, axis=1),
            np.ones(sessions, bool),
        )


class GamePlayer:
    """The real game, started anew for each session. Needs the game's package.

    Args:
        game: name in the catalogue of games.
        spec, controls: of the world that is held against it.
        seed: of the first session.
    """

    def __init__(self, game: str, spec: ModelSpec, controls: ControlSpec, seed: int = 0) -> None:
        self._game, self._spec, self._controls, self._seed = game, spec, controls, seed

    def play(self, script: Script, keep: Sequence[int]) -> Played:
        sessions, ticks, _ = script.shape
        shape = (self._spec.height, self._spec.width, 3)
        pixels = np.zeros((sessions, len(keep), *shape), np.uint8)
        variables = np.zeros((sessions, ticks, len(self._spec.variables)), np.float32)
        whole = np.ones(sessions, bool)
        column_of = {tick: column for column, tick in enumerate(keep)}
        with closing(open_game(self._game, self._spec.width, self._spec.height)) as game:
            names = [variable.name for variable in game.info.variables]
            columns = [names.index(variable.name) for variable in self._spec.variables]
            for session in range(sessions):
                game.reset(self._seed + session)
                for tick in range(ticks):
                    seen = game.step(self._controls.from_vector(script[session, tick]))
                    variables[session, tick] = seen.variables[columns]
                    if tick in column_of:
                        pixels[session, column_of[tick]] = seen.pixels
                    if (seen.ended or seen.cut) and tick < ticks - 1:
                        whole[session] = False
                        break
        return Played(pixels, variables, whole)
