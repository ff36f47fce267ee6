"""Held-out play: real episodes that no training saw, and windows cut from them.

A window is ``history`` real frames and the ``horizon`` frames that followed. The world is shown the
former and the controls of the latter; what it dreams is compared with what the game did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldsdk.errors import DatasetError
from worldsdk.models.interface import Context, Variable

Place = tuple[int, int]
"""(number of the episode, index of the window's first frame in it)."""


@dataclass(frozen=True)
class Episode:
    """One unbroken piece of real play.

    Attributes:
        pixels: uint8 [T, H, W, 3], RGB.
        controls: float32 [T, A]; ``controls[t]`` led to ``pixels[t]``.
        variables: float32 [T, V], in the variables' units.
        layers: name -> numbers [T, H, W], in the layer's unit: those that dreams are compared with.
        memory: name -> numbers [T, ...]: those that the world starts from.
        reward: float32 [T]; None where it is not known.
        ended: [T], not 0 where the episode ended with that frame; None where it is not known.
    """

    pixels: NDArray[np.uint8]
    controls: NDArray[np.float32]
    variables: NDArray[np.float32]
    layers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    memory: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    reward: NDArray[np.float32] | None = None
    ended: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class Windows:
    """A batch of windows.

    Attributes:
        context: the real history shown to the world, [B, history, ...].
        controls: float32 [B, horizon, A], what was pressed afterwards.
        pixels: uint8 [B, horizon, H, W, 3], what the game then showed.
        variables: float32 [B, horizon, V].
        layers: name -> float32 [B, horizon, H, W].
        last_layers: name -> float32 [B, H, W], the layers of the last real frame.
    """

    context: Context
    controls: torch.Tensor
    pixels: NDArray[np.uint8]
    variables: NDArray[np.float32]
    layers: Mapping[str, NDArray[np.float32]]
    last_layers: Mapping[str, NDArray[np.float32]]

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class HeldOut:
    """Episodes for one world.

    Attributes:
        episodes: at least one.
        variables: what the columns of ``Episode.variables`` mean.
        rate_hz: ticks per second.
        source: where they come from, plain JSON for the report.
    """

    episodes: Sequence[Episode]
    variables: tuple[Variable, ...]
    rate_hz: float
    source: Mapping[str, Any]

    @property
    def frames(self) -> int:
        return sum(len(episode) for episode in self.episodes)

    def count(self, history: int, horizon: int) -> int:
        """How many windows of that size there are, overlapping ones included."""
        return sum(max(0, len(e) - history - horizon + 1) for e in self.episodes)

    def places(self, count: int, history: int, horizon: int, seed: int = 0) -> list[Place]:
        """``count`` windows spread evenly over all that there are; all, where there are fewer.

        Raises:
            DatasetError: no episode is long enough for even one.
        """
        total = self.count(history, horizon)
        if total == 0:
            longest = max((len(e) for e in self.episodes), default=0)
            raise DatasetError(
                f"the longest held-out episode has {longest} frames",
                where="held-out episodes",
                fix=f"record episodes of at least {history + horizon} frames",
            )
        if count >= total:
            picks = np.arange(total)
        else:
            offset = np.random.default_rng(seed).uniform(size=count)
            picks = np.floor((np.arange(count) + offset) * total / count).astype(np.int64)
        return [self._locate(int(pick), history, horizon) for pick in picks]

    def _locate(self, index: int, history: int, horizon: int) -> Place:
        for number, episode in enumerate(self.episodes):
            here = max(0, len(episode) - history - horizon + 1)
            if index < here:
                return number, index
            index -= here
        raise IndexError("window beyond the last episode")

    def gather(self, places: Sequence[Place], history: int, horizon: int) -> Windows:
        """The windows at ``places``, copied into one batch."""
        cuts = [(self.episodes[number], at) for number, at in places]

        def past(name: str) -> torch.Tensor:
            return torch.from_numpy(np.stack([getattr(e, name)[at : at + history] for e, at in cuts]))

        def future(name: str) -> NDArray[Any]:
            return np.stack([getattr(e, name)[at + history :][:horizon] for e, at in cuts])

        def layer(name: str) -> NDArray[np.float32]:
            return np.stack([e.layers[name][at + history - 1 :][: horizon + 1] for e, at in cuts])

        def remembered(name: str) -> torch.Tensor:
            stacked = np.stack([e.memory[name][at : at + history] for e, at in cuts])
            return torch.from_numpy(stacked.astype(np.float32))

        layers = {name: layer(name).astype(np.float32) for name in cuts[0][0].layers}
        memory = {name: remembered(name) for name in cuts[0][0].memory}
        return Windows(
            context=Context(past("pixels"), past("controls"), past("variables"), memory),
            controls=torch.from_numpy(future("controls")),
            pixels=future("pixels"),
            variables=future("variables"),
            layers={name: values[:, 1:] for name, values in layers.items()},
            last_layers={name: values[:, 0] for name, values in layers.items()},
        )
