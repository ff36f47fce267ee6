"""Playing without a window: scripted inputs in, a film, a contact sheet and timings out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.client.session import RemoteSession
from worldsdk.client.sync import RemoteWorld
from worldsdk.errors import PlayError
from worldsdk.packs.storage import write_file
from worldsdk.pixels import Method, contact_sheet, filmstrip, pick_evenly
from worldsdk.play.face import face_of
from worldsdk.play.layer_view import layer_picture, picture_names
from worldsdk.play.pictures import write_png
from worldsdk.play.recorder import FilmWriter, film_size
from worldsdk.play.script import InputScript, wander

if TYPE_CHECKING:
    from worldsdk.client.description import RemoteLayer
    from worldsdk.client.live import RemoteLive
    from worldsdk.frame import Frame
    from worldsdk.models.interface import Layer
    from worldsdk.runtime.realtime import OnMiss, Realtime
    from worldsdk.runtime.session import Session
    from worldsdk.runtime.statistics import Statistics
    from worldsdk.runtime.world import World

DEFAULT_SECONDS = 20.0
FILM, SHEET, TIMING, LAYERS = "demo.mp4", "contact-sheet.png", "timing.json", "layers.png"
SHEET_FRAMES, SHEET_COLUMNS = 30, 6
LAYER_COLUMNS = 6


@dataclass(frozen=True)
class HeadlessOptions:
    """What to play.

    Attributes:
        out: folder for the files.
        seconds: of world time; ``None`` is the script's length, or 20 s without a script.
        script: what is held when; ``None`` walks about.
        seed, start: of the session.
        realtime: pace by the clock and let it choose the steps. Otherwise every tick takes the same
            steps, as fast as they go, and the run has a digest that a second run repeats.
        fps, budget_ms, on_miss: of the clock; without it, what counts as a missed tick.
        method: how the film is enlarged.
        layer_sheet: write ``layers.png``, too: a few frames, and below each what its layers hold.
    """

    out: Path
    seconds: float | None = None
    script: InputScript | None = None
    seed: int = 0
    start: int = 0
    realtime: bool = False
    fps: float | None = None
    budget_ms: float | None = None
    on_miss: OnMiss = "hold"
    method: Method = "edge"
    layer_sheet: bool = False


def play_headless(
    world: World | RemoteWorld,
    options: HeadlessOptions,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Plays, writes ``demo.mp4``, ``contact-sheet.png`` and ``timing.json`` (and ``layers.png``, where asked
    for); returns what ``timing.json`` holds.

    A connected world is played in lockstep, to the same digest as here, or by the server's clock.

    Args:
        progress: called after every tick with (ticks done, ticks in all).

    Raises:
        PlayError: no time to play.
        StorageError: ``out`` cannot be written; a film that was not finished is gone.
        ControlError, ModelError, SessionError: as ``Session.step``.
    """
    rate = options.fps or world.rate_hz
    ticks = _ticks(options, rate)
    script = options.script or wander(world.controls, ticks, rate)
    session = world.session(seed=options.seed, start=options.start)
    face = face_of(world)
    statistics = _new_statistics(ticks)
    run = _Run(session, script, ticks, rate, options.budget_ms or 1000.0 / rate, options.on_miss, statistics)
    height, width = world.spec.height, world.spec.width
    film = FilmWriter(options.out / FILM, *film_size(height, width), rate, options.method)
    picks = set(pick_evenly(ticks, SHEET_FRAMES))
    looks = set(pick_evenly(ticks, LAYER_COLUMNS)) if options.layer_sheet else set()
    picked: list[NDArray[np.uint8]] = []
    looked: list[Frame] = []
    waiting: list[NDArray[np.uint8]] = []
    # An encoder at work slows the world down. Between two ticks it does no harm; where a clock runs
    # there is no time between ticks, and frames wait until the end.
    show = waiting.append if options.realtime else film.add
    digest = hashlib.sha256()
    with film:
        for index, frame in enumerate(run.paced() if options.realtime else run.stepped()):
            show(frame.pixels)
            digest.update(frame.digest().encode())
            if index in picks:
                picked.append(frame.pixels)
            if index in looks:
                looked.append(frame)
            if progress is not None:
                progress(index + 1, ticks)
        for pixels in waiting:
            film.add(pixels)
    factor = max(1, 192 // width)
    sheet = contact_sheet(picked, columns=SHEET_COLUMNS, scale=factor, gap=4, method=options.method)
    write_png(options.out / SHEET, sheet)
    if looked:
        write_png(options.out / LAYERS, _layer_sheet(looked, world.spec.layers, factor))
    report = {
        "world": face.name,
        "pack_digest": world.digest,
        "device": face.device,
        "seed": options.seed,
        "start": options.start,
        "rate_hz": rate,
        "budget_ms": run.budget_ms,
        "realtime": options.realtime,
        "steps": None if options.realtime else session.steps,
        "seconds": ticks / rate,
        **statistics.summary(),
        **({"connection": asdict(session.quality)} if isinstance(session, RemoteSession) else {}),
        "digest": None if options.realtime else digest.hexdigest(),
        "encoder": film.encoder,
        "files": {"film": FILM, "sheet": SHEET} | ({"layers": LAYERS} if looked else {}),
    }
    write_file(options.out / TIMING, (json.dumps(report, indent=2) + "\n").encode())
    return report


def _layer_sheet(
    frames: Sequence[Frame], layers: Sequence[Layer | RemoteLayer], factor: int
) -> NDArray[np.uint8]:
    """A row of the frames, and one of each layer; what a frame lacks (the first may) is its colour again."""
    limits = {layer.name: (layer.low, layer.high) for layer in layers}
    rows = [[frame.pixels for frame in frames]]
    for name in picture_names(frames[-1].layers):
        drawn = [layer_picture(frame.layers, name, limits) for frame in frames]
        rows.append([f.pixels if d is None else d for f, d in zip(frames, drawn, strict=True)])
    return filmstrip(rows, scale=factor, gap=4)


def _ticks(options: HeadlessOptions, rate: float) -> int:
    if options.seconds is not None:
        ticks = round(options.seconds * rate)
    elif options.script is not None:
        ticks = options.script.length
    else:
        ticks = round(DEFAULT_SECONDS * rate)
    if ticks < 1:
        raise PlayError(f"{options.seconds} seconds is less than a tick", fix=f"give {1 / rate:.3f} or more")
    return ticks


@dataclass(frozen=True)
class _Run:
    """A session, what is played to it, and where the timings go."""

    session: Session | RemoteSession
    script: InputScript
    ticks: int
    rate: float
    budget_ms: float
    on_miss: OnMiss
    statistics: Statistics

    def stepped(self) -> Iterator[Frame]:
        """Tick after tick without a clock; one that took longer than the budget would have been missed."""
        for index in range(self.ticks):
            frame = self.session.step(self.script.at(index))
            self.statistics.add(frame.timing)
            self.statistics.miss(int(frame.timing.total_ms > self.budget_ms))
            yield frame

    def paced(self) -> Iterator[Frame]:
        """Beat after beat of the real-time clock, which counts its own misses."""
        clock: AbstractContextManager[Realtime | RemoteLive]
        if isinstance(self.session, RemoteSession):
            clock = self.session.realtime(self.rate)
        else:
            clock = self.session.realtime(fps=self.rate, budget_ms=self.budget_ms, on_miss=self.on_miss)
        with clock as live:
            for index in range(self.ticks):
                frame = live.tick(self.script.at(index))
                if not frame.held:
                    self.statistics.add(frame.timing)
                yield frame
            self.statistics.miss(live.missed)


def _new_statistics(ticks: int) -> Statistics:
    from worldsdk.runtime.statistics import Statistics

    # Room for the whole run: its percentiles are exact.
    return Statistics(capacity=ticks)
