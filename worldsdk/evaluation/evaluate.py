"""One evaluation: the figures of the next frame, of rollouts and of long play, for one world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldsdk.errors import DatasetError, EvaluationError
from worldsdk.evaluation.cells import TileBook
from worldsdk.evaluation.collapse import Life, false_alarms, lifetimes, script
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.gauge import Gauge, Limits
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.measures import layer_measures, picture_measures, variable_measures
from worldsdk.evaluation.rollout import Measure, Table, fitting, groups, measure
from worldsdk.evaluation.source import frames_of
from worldsdk.models.interface import Context
from worldsdk.runtime.world import World

Stage = Callable[[str, int], Callable[[int], Any]]
"""(what begins, how many units it has) -> to be told of finished units."""


@dataclass(frozen=True)
class Settings:
    """How much to measure.

    Attributes:
        horizons: dreamt frames after which to compare.
        next_windows: windows for the figures of the next frame.
        windows: windows for the other horizons.
        sessions: sessions of long play; 0 leaves it out.
        minutes: length of long play, at most the time a collapse can be found in.
        tile: side of a tile in pixels, for worlds drawn from tiles.
        batch: windows at once.
        seed: of the choice of windows and of the sessions.
    """

    horizons: tuple[int, ...] = (1, 4, 16, 32, 64)
    next_windows: int = 512
    windows: int = 96
    sessions: int = 4
    minutes: float = 10.0
    tile: int = 8
    batch: int = 16
    seed: int = 0

    def check(self) -> None:
        """Raises EvaluationError naming the number that cannot be measured with."""
        for name, least in (
            ("next_windows", 1),
            ("windows", 1),
            ("sessions", 0),
            ("minutes", 0.0),
            ("tile", 1),
            ("batch", 1),
            ("seed", 0),
        ):
            value = getattr(self, name)
            if not least <= value < 1e9:
                raise EvaluationError(f"is {value}", where=name, fix=f"give at least {least}")
        if not self.horizons or min(self.horizons) < 1:
            raise EvaluationError(f"are {self.horizons}", where="horizons", fix="give frames, 1 or more")


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


@dataclass(frozen=True)
class Results:
    """Everything measured.

    Attributes:
        next_frame: one frame after real history.
        rollout: ``horizons`` frames of dreaming.
        horizons: those that the held-out episodes are long enough for.
        left_out: the horizons that they are too short for.
        tiles: how many different tiles the game shows; 0 where it is not drawn from tiles.
        long_play: None where it was left out.
    """

    next_frame: Table
    rollout: Table
    horizons: list[int]
    left_out: list[int]
    tiles: int
    long_play: LongPlay | None
    settings: Settings = field(default_factory=Settings)

    def settings_json(self) -> dict[str, Any]:
        return asdict(self.settings)


def evaluate(
    dreamer: ModelDreamer,
    heldout: HeldOut,
    starts: Context,
    settings: Settings,
    rate_hz: float,
    stage: Stage | None = None,
) -> Results:
    """Measures a world.

    Args:
        dreamer: the world's model.
        heldout: real episodes that its training did not see.
        starts: the moments its sessions begin at, for long play.
        rate_hz: ticks per second of the world.
        stage: for progress bars.

    Raises:
        DatasetError: too few or too short episodes.
        ModelError: the model made numbers that are not finite.
    """
    begin: Stage = stage or (lambda name, total: lambda count: None)
    spec = dreamer.model.spec
    known = heldout.episodes[0].layers
    measures: dict[str, Measure] = {
        **picture_measures(),
        **variable_measures(spec.variables),
        **layer_measures([layer for layer in spec.layers if layer.name in known]),
    }
    book = _tile_book(heldout, settings.tile)
    if book is not None:
        measures.update(book.measures())
    horizons = fitting(heldout, spec.history, settings.horizons)
    count = min(settings.next_windows, heldout.count(spec.history, 1))
    next_frame = measure(
        dreamer,
        heldout,
        measures,
        [1],
        history=spec.history,
        windows=settings.next_windows,
        batch=settings.batch,
        seed=settings.seed,
        progress=begin("next frame", count),
    )
    rollout = Table()
    for group in groups(heldout, spec.history, horizons):
        windows = min(settings.windows, heldout.count(spec.history, max(group)))
        measure(
            dreamer,
            heldout,
            measures,
            group,
            history=spec.history,
            windows=windows,
            batch=settings.batch,
            seed=settings.seed,
            progress=begin(f"rollouts to {max(group)}", windows * max(group)),
            table=rollout,
        )
    long_play = _play_long(dreamer, heldout, starts, settings, rate_hz, begin) if settings.sessions else None
    return Results(
        next_frame=next_frame,
        rollout=rollout,
        horizons=horizons,
        left_out=sorted(set(settings.horizons) - set(horizons)),
        tiles=len(book.tiles) if book is not None else 0,
        long_play=long_play,
        settings=settings,
    )


def start_contexts(world: World) -> Context:
    """All moments that sessions of ``world`` can begin at, as one batch."""
    contexts = [world.context(index) for index in range(world.starts)]
    return Context(
        torch.cat([context.pixels for context in contexts]),
        torch.cat([context.controls for context in contexts]),
        torch.cat([context.variables for context in contexts]),
    )


def _tile_book(heldout: HeldOut, size: int) -> TileBook | None:
    try:
        return TileBook.learn(frames_of(heldout.episodes), size)
    except DatasetError:
        # Not a game drawn from tiles: most are not, and then there are no cells to count.
        return None


def _play_long(
    dreamer: ModelDreamer,
    heldout: HeldOut,
    starts: Context,
    settings: Settings,
    rate_hz: float,
    begin: Stage,
) -> LongPlay:
    ticks = max(1, round(settings.minutes * 60.0 * rate_hz))
    rows = _spread(len(starts.pixels), settings.sessions)
    gauge = Gauge.fit(heldout, settings.seed)
    album = Album([0.0, 5.0, 30.0, 60.0, 120.0, 300.0, settings.minutes * 60.0])
    lives = lifetimes(
        dreamer,
        gauge,
        Context(starts.pixels[rows], starts.controls[rows], starts.variables[rows]),
        script(heldout, settings.sessions, ticks),
        rate_hz,
        seeds=range(settings.seed, settings.seed + settings.sessions),
        progress=begin("long play", ticks),
        on_look=album.look,
    )
    return LongPlay(lives, ticks / rate_hz / 60.0, gauge.limits, false_alarms(gauge, heldout), album.pages)


def _spread(count: int, wanted: int) -> list[int]:
    """``wanted`` row numbers below ``count``, as different as possible."""
    return [(i * count) // wanted if wanted <= count else i % count for i in range(wanted)]


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
