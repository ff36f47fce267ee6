"""Dreaming many windows and measuring every horizon of each.

A *measure* turns one horizon of a batch into one number per window. The table that comes out keeps all
numbers, so that intervals and ratios are taken over windows and not over averages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.dreamers import Dream, Dreamer
from worldsdk.evaluation.estimate import Estimate, estimate
from worldsdk.evaluation.heldout import HeldOut, Windows

Numbers = NDArray[np.float64]
Layers = Mapping[str, NDArray[np.float32]]
Progress = Callable[[int], Any]
"""Told after each batch how many dreamt frames it brought."""

Watcher = Callable[[Windows, Dream, Sequence[int]], Any]
"""Shown (windows, what was dreamt of them, the number of each window's episode)."""


@dataclass(frozen=True)
class Moment:
    """One horizon of a batch of windows: what the game showed, what was dreamt, what came last before.

    Attributes:
        real, dreamt, last: uint8 [B, H, W, 3].
        real_variables, dreamt_variables, last_variables: float32 [B, V].
        real_layers, dreamt_layers, last_layers: name -> float32 [B, H, W].
    """

    real: NDArray[np.uint8]
    dreamt: NDArray[np.uint8]
    last: NDArray[np.uint8]
    real_variables: NDArray[np.float32]
    dreamt_variables: NDArray[np.float32]
    last_variables: NDArray[np.float32]
    real_layers: Layers
    dreamt_layers: Layers
    last_layers: Layers


Measure = Callable[[Moment], Numbers]
"""One number per window, float64 [B]; NaN where a window has nothing to measure."""


class Table:
    """Measured numbers by measure and horizon."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, int], list[Numbers]] = {}
        self._episodes: dict[tuple[str, int], list[NDArray[np.int64]]] = {}

    def add(self, name: str, horizon: int, values: Numbers, episodes: Sequence[int] | None = None) -> None:
        """Appends a batch's numbers, float64 [B]; NaNs are left out.

        Args:
            episodes: the number of each window's episode; each window is its own where they are not given.
        """
        key, kept = (name, horizon), ~np.isnan(values)
        before = len(self.values(name, horizon))
        # Below zero, so that they cannot be mistaken for a given episode.
        own = -1 - before - np.arange(len(values)) if episodes is None else np.asarray(episodes, np.int64)
        self._values.setdefault(key, []).append(values[kept])
        self._episodes.setdefault(key, []).append(own[kept])

    @property
    def names(self) -> set[str]:
        """Of the measures."""
        return {name for name, _ in self._values}

    def values(self, name: str, horizon: int) -> Numbers:
        """All numbers, float64 [N]; empty where nothing was measured."""
        batches = self._values.get((name, horizon))
        return np.concatenate(batches) if batches else np.empty(0)

    def estimate(self, name: str, horizon: int) -> Estimate | None:
        """Mean and interval, or None where no window had anything to measure."""
        values = self.values(name, horizon)
        return estimate(values, episodes=self._from(name, horizon)) if len(values) else None

    def ratio(self, name: str, other: str, horizon: int) -> Estimate | None:
        """The mean of ``name`` divided by that of ``other``; the interval is that of the former."""
        values, others = self.values(name, horizon), self.values(other, horizon)
        if not len(values) or not len(others) or others.mean() == 0.0:
            return None
        return estimate(values / others.mean(), episodes=self._from(name, horizon))

    def _from(self, name: str, horizon: int) -> NDArray[np.int64]:
        return np.concatenate(self._episodes[name, horizon])

    def row(self, name: str, horizons: Sequence[int]) -> dict[str, Estimate]:
        """Horizon (as JSON writes it) -> estimate, for the horizons that were measured."""
        found = {str(h): self.estimate(name, h) for h in horizons}
        return {h: value for h, value in found.items() if value is not None}


LONG = 64
"""Frames of dreaming beyond which a horizon is a long one."""


def fitting(heldout: HeldOut, history: int, horizons: Sequence[int], least: int = 8) -> list[int]:
    """The horizons for which at least ``least`` windows exist (or, for the shortest, one), ascending."""
    wanted = sorted(set(horizons))
    return [h for h in wanted if heldout.count(history, h) >= (1 if h == wanted[0] else least)]


def groups(heldout: HeldOut, history: int, horizons: Sequence[int]) -> list[list[int]]:
    """Horizons that may share their windows, so that each dream is dreamt once.

    A window must fit the longest horizon of its group. Where that would leave less than half of the windows
    that the shortest has, as in games with short episodes, the horizon is measured on windows of its own:
    otherwise the short horizons would be measured on the beginnings of long episodes only. So is one beyond
    ``LONG``, which takes as long to dream as all others together and is measured on fewer windows.
    """
    most = heldout.count(history, horizons[0])
    shared = [h for h in horizons if 2 * heldout.count(history, h) >= most and h <= LONG]
    shared = shared or [horizons[0]]
    return [shared, *([h] for h in horizons if h not in shared)]


def measure(
    dreamer: Dreamer,
    heldout: HeldOut,
    measures: Mapping[str, Measure],
    horizons: Sequence[int],
    *,
    history: int,
    windows: int,
    batch: int = 16,
    seed: int = 0,
    progress: Progress | None = None,
    table: Table | None = None,
    watcher: Watcher | None = None,
) -> Table:
    """Dreams ``windows`` windows up to the longest horizon and measures each horizon.

    Args:
        dreamer: what continues the windows; session seeds are ``seed``, ``seed + 1``, ...
        heldout: the real episodes.
        measures: name -> measure.
        horizons: numbers of dreamt frames after which to measure, 1 the first.
        history: real frames shown before the dream.
        windows: how many, spread evenly over the episodes.
        batch: windows dreamt at once; changes the time taken, not the windows.
        table: to add to; a new one by default.
        watcher: shown each batch's dream as a whole.

    Raises:
        DatasetError: no episode is long enough.
    """
    longest = max(horizons)
    places = heldout.places(windows, history, longest, seed)
    table = Table() if table is None else table
    for first in range(0, len(places), batch):
        numbers = [number for number, _ in places[first : first + batch]]
        chosen = heldout.gather(places[first : first + batch], history, longest)
        dream = dreamer.dream(
            chosen.context, chosen.controls, range(seed + first, seed + first + len(chosen))
        )
        for horizon in horizons:
            moment = moment_at(chosen, dream, horizon)
            for name, function in measures.items():
                table.add(name, horizon, function(moment), numbers)
        if watcher is not None:
            watcher(chosen, dream, numbers)
        if progress is not None:
            progress(len(chosen) * longest)
    return table


def moment_at(windows: Windows, dream: Dream, horizon: int) -> Moment:
    """The frames ``horizon`` ticks into the dream."""
    at = horizon - 1
    return Moment(
        real=windows.pixels[:, at],
        dreamt=dream.pixels[:, at],
        last=windows.context.pixels[:, -1].numpy(),
        real_variables=windows.variables[:, at],
        dreamt_variables=dream.variables[:, at],
        last_variables=windows.context.variables[:, -1].numpy(),
        real_layers={name: values[:, at] for name, values in windows.layers.items()},
        dreamt_layers={name: values[:, at] for name, values in dream.layers.items()},
        last_layers=windows.last_layers,
    )
