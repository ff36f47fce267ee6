"""One evaluation: the figures of the next frame, of rollouts and of long play, for one world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from worldsdk.errors import DatasetError, EvaluationError
from worldsdk.evaluation.cells import TileBook
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.happenings import Score, foretold
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.long_play import LongPlay, play_long
from worldsdk.evaluation.measures import layer_measures, picture_measures, variable_measures
from worldsdk.evaluation.rollout import LONG, Measure, Table, fitting, groups, measure
from worldsdk.evaluation.source import frames_of
from worldsdk.evaluation.truth import Effort, Instruments, Stage, Truth, Workbench
from worldsdk.models.interface import Context
from worldsdk.runtime.world import World


@dataclass(frozen=True)
class Settings:
    """How much to measure.

    Attributes:
        horizons: dreamt frames after which to compare.
        next_windows: windows for the figures of the next frame.
        windows: windows for the other horizons.
        long_windows: at most so many for each horizon beyond ``LONG`` frames.
        sessions: sessions of long play; 0 leaves it out.
        minutes: length of long play, at most the time a collapse can be found in.
        tile: side of a tile in pixels, for worlds drawn from tiles.
        batch: windows at once.
        seed: of the choice of windows and of the sessions.
        reader_steps: batches that the reader is taught with; 0 leaves out all that needs it.
        tour_sessions: sessions of each scripted tour.
        tour_s: seconds of driving into walls.
        returns: at most so many ways out and back, recorded and in closed loop, for each time away.
    """

    horizons: tuple[int, ...] = (1, 4, 16, 32, 64, 256)
    next_windows: int = 512
    windows: int = 96
    long_windows: int = 32
    sessions: int = 4
    minutes: float = 10.0
    tile: int = 8
    batch: int = 16
    seed: int = 0
    reader_steps: int = 700
    tour_sessions: int = 4
    tour_s: float = 15.0
    returns: int = 8

    def check(self) -> None:
        """Raises EvaluationError naming the number that cannot be measured with."""
        for name, least in (
            ("next_windows", 1),
            ("windows", 1),
            ("long_windows", 1),
            ("sessions", 0),
            ("minutes", 0.0),
            ("tile", 1),
            ("batch", 1),
            ("seed", 0),
            ("reader_steps", 0),
            ("tour_sessions", 1),
            ("tour_s", 0.0),
            ("returns", 0),
        ):
            value = getattr(self, name)
            if not least <= value < 1e9:
                raise EvaluationError(f"is {value}", where=name, fix=f"give at least {least}")
        if not self.horizons or min(self.horizons) < 1:
            raise EvaluationError(f"are {self.horizons}", where="horizons", fix="give frames, 1 or more")


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
        happenings: kind of reward or end -> how well it is foretold, of those that the game has.
        truth: obedience, geometry and likeness.
        picture_network: name and digest of the one that LPIPS is by; None without.
    """

    next_frame: Table
    rollout: Table
    horizons: list[int]
    left_out: list[int]
    tiles: int
    long_play: LongPlay | None
    settings: Settings = field(default_factory=Settings)
    truth: Truth = field(default_factory=lambda: Truth({}, {}))
    happenings: Mapping[str, Score] = field(default_factory=dict)
    picture_network: dict[str, str] | None = None

    def settings_json(self) -> dict[str, Any]:
        return asdict(self.settings)


def evaluate(
    dreamer: ModelDreamer,
    heldout: HeldOut,
    starts: Context,
    settings: Settings,
    rate_hz: float,
    stage: Stage | None = None,
    instruments: Instruments | None = None,
) -> Results:
    """Measures a world.

    Args:
        dreamer: the world's model.
        heldout: real episodes that its training did not see.
        starts: the moments its sessions begin at, for long play.
        rate_hz: ticks per second of the world.
        stage: for progress bars.
        instruments: for what held-out frames alone cannot tell; none by default.

    Raises:
        DatasetError: too few or too short episodes, or too little play to teach the reader with.
        EvaluationError: a supplied feature network that does not fit.
        ModelError: the model made numbers that are not finite.
    """
    begin: Stage = stage or (lambda name, total: lambda count: None)
    kit = instruments or Instruments()
    effort = Effort(
        reader_steps=settings.reader_steps,
        tour_sessions=settings.tour_sessions,
        tour_s=settings.tour_s,
        returns=settings.returns,
        seed=settings.seed,
    )
    bench = Workbench(kit, effort, begin)
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
    if kit.picture is not None:
        network = kit.picture
        measures["lpips"] = lambda m: network.distance(m.real, m.dreamt)
        measures["repeat_lpips"] = lambda m: network.distance(m.real, m.last)
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
        most = settings.windows if max(group) <= LONG else min(settings.windows, settings.long_windows)
        windows = min(most, heldout.count(spec.history, max(group)))
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
            watcher=bench.watch,
        )
    happenings = foretold(
        dreamer,
        heldout,
        windows=settings.next_windows // 2,
        batch=settings.batch,
        seed=settings.seed,
        begin=begin,
    )
    truth = bench.results(dreamer, heldout, starts, horizons, rate_hz)
    long_play = (
        play_long(
            dreamer,
            heldout,
            starts,
            sessions=settings.sessions,
            minutes=settings.minutes,
            seed=settings.seed,
            rate_hz=rate_hz,
            begin=begin,
        )
        if settings.sessions
        else None
    )
    return Results(
        next_frame=next_frame,
        rollout=rollout,
        horizons=horizons,
        left_out=sorted(set(settings.horizons) - set(horizons)),
        tiles=len(book.tiles) if book is not None else 0,
        long_play=long_play,
        settings=settings,
        truth=truth,
        happenings=happenings,
        picture_network=None if kit.picture is None else kit.picture.about(),
    )


def start_contexts(world: World) -> Context:
    """All moments that sessions of ``world`` can begin at, as one batch."""
    return Context.join([world.context(index) for index in range(world.starts)])


def _tile_book(heldout: HeldOut, size: int) -> TileBook | None:
    try:
        return TileBook.learn(frames_of(heldout.episodes), size)
    except DatasetError:
        # Not a game drawn from tiles: most are not, and then there are no cells to count.
        return None
