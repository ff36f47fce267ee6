"""How long a dream lasts: long scripted play, watched for the moment it stops being the game.

A session has **collapsed** at the first moment from which on, for ``PATIENCE_S``, at least ``SHARE`` of the
frames looked at are unlike real ones (see ``gauge``), or from which on the picture stood still for
``FROZEN_S`` although the controls kept changing. The script is the controls of held-out play,
episode after episode, so it presses what people and explorers press. Where the model says that the
episode ended, play begins anew, as it does in the game; how often that was is told, since a world that
kept ending would hide what becomes of it. Nothing else is reset.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.gauge import Gauge
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.models.interface import Context

PATIENCE_S = 2.0
SHARE = 0.8
FROZEN_S = 10.0
FROZEN_CHANGES = 5
"""How often the controls must have changed meanwhile: a player who does nothing sees nothing move."""
STILL_LEVELS = 0.5
"""Mean absolute change, in levels, below which two pictures count as the same."""
LOOKS_PER_SECOND = 5.0


@dataclass(frozen=True)
class Life:
    """What became of one session.

    Attributes:
        seconds: until collapse, or the whole time where there was none.
        cause: ``unlike``, ``frozen``, or empty where it lived.
        endings: how often its episode ended and it began anew, in the whole time.
    """

    seconds: float
    cause: str = ""
    endings: int = 0


class Watch:
    """Watches one session, look by look.

    Args:
        period_s: seconds between looks.
    """

    def __init__(self, period_s: float) -> None:
        self._period = period_s
        self._looks = 0
        self._window: deque[bool] = deque(maxlen=round(PATIENCE_S / period_s) + 1)
        self._still_since = 0
        self._last: NDArray[np.uint8] | None = None
        self._pressed = b""
        self._changes = 0
        self.collapse: Life | None = None

    def look(self, frame: NDArray[np.uint8], unlike: bool, controls: NDArray[np.float32]) -> None:
        """One look. frame: uint8 [H, W, 3]; controls: what is pressed, any shape."""
        now = self._looks
        self._looks += 1
        if self._last is None or np.abs(frame.astype(np.int16) - self._last).mean() > STILL_LEVELS:
            self._last, self._still_since, self._changes = frame.astype(np.int16), now, 0
        self._changes += controls.tobytes() != self._pressed
        self._pressed = controls.tobytes()
        self._window.append(unlike)
        if self.collapse is not None:
            return
        full = len(self._window) == self._window.maxlen
        if full and self._window[0] and sum(self._window) >= SHARE * len(self._window):
            self.collapse = Life((now + 1 - len(self._window)) * self._period, "unlike")
        elif (now - self._still_since) * self._period >= FROZEN_S and self._changes >= FROZEN_CHANGES:
            self.collapse = Life(self._still_since * self._period, "frozen")


def script(heldout: HeldOut, sessions: int, ticks: int) -> NDArray[np.float32]:
    """Controls of real play for each session, float32 [sessions, ticks, A]; each begins elsewhere."""
    everything = np.concatenate([episode.controls for episode in heldout.episodes])
    first = (np.arange(sessions) * len(everything)) // sessions
    rows = (first[:, None] + np.arange(ticks)[None]) % len(everything)
    pressed: NDArray[np.float32] = everything[rows]
    return pressed


def lifetimes(
    dreamer: ModelDreamer,
    gauge: Gauge,
    starts: Context,
    controls: NDArray[np.float32],
    rate_hz: float,
    *,
    seeds: Sequence[int],
    progress: Callable[[int], Any] | None = None,
    on_look: Callable[[float, NDArray[np.uint8]], Any] | None = None,
) -> list[Life]:
    """Plays each session's script from its start and tells how long it lasted.

    Args:
        dreamer: the world.
        gauge: of real frames.
        starts: one moment per session.
        controls: float32 [sessions, ticks, A].
        rate_hz: ticks per second.
        seeds: one per session.
        progress: told of each tick, with 1.
        on_look: told the seconds played and uint8 [sessions, H, W, 3] at each look, for pictures.
    """
    sessions, ticks, _ = controls.shape
    every = max(1, round(rate_hz / LOOKS_PER_SECOND))
    watches = [Watch(every / rate_hz) for _ in range(sessions)]
    state = first = dreamer.start(starts)
    endings = np.zeros(sessions, np.int64)
    for tick in range(ticks):
        state, output = dreamer.tick(state, torch.from_numpy(controls[:, tick]), seeds, tick + 1)
        ended = output.ended > 0.5
        if bool(ended.any()):
            state = {name: _choose(ended, first[name], tensor) for name, tensor in state.items()}
            endings += ended.cpu().numpy()
        if tick % every == 0:
            frames = output.pixels.cpu().numpy()
            unlike = gauge.unlike(frames)
            for row, watch in enumerate(watches):
                watch.look(frames[row], bool(unlike[row]), controls[row, tick])
            if on_look is not None:
                on_look(tick / rate_hz, frames)
        if progress is not None:
            progress(1)
    return [
        replace(watch.collapse or Life(ticks / rate_hz), endings=int(count))
        for watch, count in zip(watches, endings, strict=True)
    ]


def _choose(rows: Tensor, new: Tensor, old: Tensor) -> Tensor:
    return torch.where(rows.view(-1, *[1] * (old.ndim - 1)), new, old)


def false_alarms(gauge: Gauge, heldout: HeldOut) -> float:
    """Share of the *real* episodes, among those that set the limits, that would be called collapsed.

    This is the instrument's own error; a world cannot be held to less.
    """
    every = max(1, round(heldout.rate_hz / LOOKS_PER_SECOND))
    episodes = heldout.episodes[1::2]
    called = 0
    for episode in episodes:
        watch = Watch(every / heldout.rate_hz)
        frames = np.asarray(episode.pixels[::every])
        for frame, unlike, pressed in zip(
            frames, gauge.unlike(frames), episode.controls[::every], strict=True
        ):
            watch.look(frame, bool(unlike), pressed)
        called += watch.collapse is not None
    return called / len(episodes)
