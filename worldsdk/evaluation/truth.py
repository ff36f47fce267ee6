"""The instruments that need more than held-out frames: a reader taught on real play, and the game itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.evaluation.closed_loop import dreamt, in_the_game
from worldsdk.evaluation.dreamers import Dream, ModelDreamer
from worldsdk.evaluation.drive import Drive
from worldsdk.evaluation.heldout import HeldOut, Windows
from worldsdk.evaluation.judge import Judge
from worldsdk.evaluation.lessons import teach
from worldsdk.evaluation.likeness import distances, video_distance
from worldsdk.evaluation.networks import PictureNetwork, VideoNetwork
from worldsdk.evaluation.obedience import obedience
from worldsdk.evaluation.players import DreamPlayer, GamePlayer, Player
from worldsdk.evaluation.pose_error import pose_errors
from worldsdk.evaluation.poses import Pose
from worldsdk.evaluation.reader import Reader
from worldsdk.evaluation.returns import GAPS_S, PlaceBook, find, same_place
from worldsdk.evaluation.steering import Steering
from worldsdk.evaluation.tours import turnabout, walk
from worldsdk.evaluation.tracks import ClipKeeper, Tracker
from worldsdk.evaluation.walls import Ground, crash, crash_script, off_in_real_play
from worldsdk.models.interface import Context

Stage = Callable[[str, int], Callable[[int], Any]]
"""(what begins, how many units it has) -> to be told of finished units."""

GAME_SEED = 1_900_000_000
"""Of the real game's sessions in tours: as far from training seeds as the held-out ones, and not theirs."""
AWAY_S = (0.0, 5.0, 15.0, 60.0)
"""How long a tour looks the other way."""


@dataclass(frozen=True)
class Instruments:
    """What there is to measure with; what is missing leaves its figures out.

    Attributes:
        lessons: real play to teach the reader with, none of it measured on.
        controls: of the world; goes with ``lessons``.
        game: name of the real game where it can be played, for the same tours in it.
        picture, video: feature networks supplied by the user.
    """

    lessons: HeldOut | None = None
    controls: ControlSpec | None = None
    game: str | None = None
    picture: PictureNetwork | None = None
    video: VideoNetwork | None = None


@dataclass(frozen=True)
class Effort:
    """How much to measure; see ``evaluate.Settings``, which holds these numbers for the caller."""

    reader_steps: int
    tour_sessions: int
    tour_s: float
    returns: int
    seed: int


@dataclass(frozen=True)
class Truth:
    """What was found, as plain JSON by report key, with pictures.

    Attributes:
        figures: ``frechet``, ``fvd``, ``obedience``, ``geometry``; None for what was not measured.
        reasons: key -> why it was not measured.
        tours: name -> uint8 [B, 3, H, W, 3], first, half-way and last frames of the world's sessions.
        errands: name -> likewise, the real frames at A and the dreamt ones at B and after the return.
    """

    figures: dict[str, Any]
    reasons: dict[str, str]
    tours: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    errands: dict[str, NDArray[np.uint8]] = field(default_factory=dict)


class Workbench:
    """Measures one world. Make it before the rollouts, show it each of them, then ask for ``results``.

    Raises:
        DatasetError: too little play in ``lessons``.
    """

    def __init__(self, instruments: Instruments, effort: Effort, begin: Stage) -> None:
        self._kit, self._effort, self._begin = instruments, effort, begin
        self._clips = ClipKeeper(instruments.video) if instruments.video is not None else None
        self._tracker: Tracker | None = None
        if instruments.lessons is not None and effort.reader_steps:
            steps = effort.reader_steps
            reader = teach(
                instruments.lessons, steps, seed=effort.seed, progress=begin("teaching the reader", steps)
            )
            self._tracker = Tracker(reader)

    def watch(self, windows: Windows, dream: Dream, episodes: Sequence[int]) -> None:
        """A watcher of rollouts."""
        for watcher in (self._tracker, self._clips):
            if watcher is not None:
                watcher(windows, dream, episodes)

    def results(
        self,
        dreamer: ModelDreamer,
        heldout: HeldOut,
        starts: Context,
        horizons: Sequence[int],
        rate_hz: float,
    ) -> Truth:
        """All figures, after the rollouts."""
        figures: dict[str, Any] = dict.fromkeys(("frechet", "fvd", "obedience", "geometry"))
        reasons: dict[str, str] = {}
        tours: dict[str, NDArray[np.uint8]] = {}
        figures["fvd"] = video_distance(self._clips)
        if self._clips is None:
            reasons["fvd"] = "no published feature network was supplied"
        elif figures["fvd"] is None:
            reasons["fvd"] = "no rollouts are long enough for clips"
        if self._kit.picture is None:
            reasons["lpips"] = "no published feature network was supplied"
        lessons, spec = self._kit.lessons, self._kit.controls
        if self._tracker is None or lessons is None or spec is None:
            for name in ("frechet", "obedience", "geometry"):
                reasons[name] = "there was no real play to teach the reader with"
            return Truth(figures, reasons)
        tracks, reader = self._tracker.tracks, self._tracker.reader
        figures["frechet"] = distances(tracks, reader, horizons)
        figures["obedience"] = obedience(tracks, spec, reader.pose)
        if reader.pose is None:
            reasons["geometry"] = "the game has no place and heading among its variables"
            return Truth(figures, reasons)
        geometry: dict[str, Any] = {"pose": pose_errors(tracks, reader.pose, horizons)}
        drive = Drive.learn(lessons, spec, reader.pose)
        if drive is None:
            reasons["tours"] = "no control of the game walks and turns"
        else:
            found, tours = self._tours(dreamer, starts, drive, reader.pose, heldout, lessons, rate_hz, reader)
            geometry.update(found)
        geometry["returns"] = self._returns(dreamer, heldout, lessons, reader.pose)
        figures["geometry"] = geometry
        loop, errands = self._errands(dreamer, heldout, lessons, drive, reader.pose, rate_hz)
        geometry["returns"]["closed_loop"] = loop
        if loop is None:
            reasons["closed_loop"] = "no control of the game walks and turns"
        return Truth(figures, reasons, tours, errands)

    def _tours(
        self,
        dreamer: ModelDreamer,
        starts: Context,
        drive: Drive,
        pose: Pose,
        heldout: HeldOut,
        lessons: HeldOut,
        rate_hz: float,
        reader: Reader,
    ) -> tuple[dict[str, Any], dict[str, NDArray[np.uint8]]]:
        effort, game, spec = self._effort, self._kit.game, self._kit.controls
        assert spec is not None  # results() has looked
        count = effort.tour_sessions
        plans = {f"{away:g}": turnabout(drive, rate_hz, away) for away in AWAY_S}
        script = crash_script(drive, count, effort.tour_s, rate_hz, effort.seed)
        total = count * (sum(len(tour.script) for tour in plans.values()) + script.shape[1])
        world = DreamPlayer(dreamer, starts, effort.seed, self._begin("tours", total))
        players: dict[str, Player] = {"world": world}
        if game is not None:
            players["game"] = GamePlayer(game, dreamer.spec, spec, GAME_SEED + effort.seed)
        ground = Ground(lessons, pose)
        turns: dict[str, Any] = {}
        pictures: dict[str, NDArray[np.uint8]] = {}
        for away, tour in plans.items():
            results = {name: walk(tour, player, count) for name, player in players.items()}
            turns[away] = {name: None if r is None else r.figures for name, r in results.items()}
            dreamt = results["world"]
            if dreamt is not None:
                pictures[away] = dreamt.pictures
        walls: dict[str, Any] = {
            name: crash(ground, pose, player, script, reader) for name, player in players.items()
        }
        walls["real_play"] = off_in_real_play(ground, heldout, pose, reader)
        return {"turn_and_return": turns, "walls": walls}, pictures

    def _returns(
        self, dreamer: ModelDreamer, heldout: HeldOut, lessons: HeldOut, pose: Pose
    ) -> dict[str, Any]:
        effort, history = self._effort, dreamer.model.spec.history
        extent = Ground(lessons, pose).extent
        book = PlaceBook(lessons, pose)
        found: dict[str, Any] = {}
        for gap in GAPS_S:
            stretches = find(heldout, pose, extent, gap, history, effort.returns, effort.seed)
            found[f"{gap:g}"] = same_place(
                dreamer,
                heldout,
                book,
                pose,
                extent,
                stretches,
                history=history,
                seed=effort.seed,
                progress=self._begin(f"returns after {gap:g} s", len(stretches)) if stretches else None,
            )
        return found

    def _errands(
        self,
        dreamer: ModelDreamer,
        heldout: HeldOut,
        lessons: HeldOut,
        drive: Drive | None,
        pose: Pose,
        rate_hz: float,
    ) -> tuple[dict[str, Any] | None, dict[str, NDArray[np.uint8]]]:
        effort, game, spec = self._effort, self._kit.game, self._kit.controls
        assert spec is not None  # results() has looked
        extent = Ground(lessons, pose).extent
        steering = None if drive is None else Steering.learn(lessons, spec, pose, drive, extent)
        if steering is None:
            return None, {}
        judge = Judge(PlaceBook(lessons, pose), pose, extent)
        size: dict[str, Any] = {"most": effort.returns, "rate_hz": rate_hz, "begin": self._begin}
        runs = {"world": dreamt(dreamer, heldout, steering, judge, seed=effort.seed, **size)}
        if game is not None:
            seed = GAME_SEED + effort.seed
            runs["game"] = in_the_game(game, dreamer.spec, spec, steering, judge, seed=seed, **size)
        figures: dict[str, Any] = {}
        for name, found in runs.items():
            for gap, done in found.items():
                figures.setdefault(gap, {})[name] = None if done is None else done.figures
        pictures = {gap: done.pictures for gap, done in runs["world"].items() if done is not None}
        return figures, pictures
