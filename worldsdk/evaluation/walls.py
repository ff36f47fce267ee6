"""Do walls block? Driving straight ahead, and counting the ticks spent where nobody has ever walked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.drive import Drive
from worldsdk.evaluation.estimate import estimate
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.players import Player, Script
from worldsdk.evaluation.poses import Numbers, Pose
from worldsdk.evaluation.tours import lasting

FIELDS = 32
"""Fields along the longer side of the walked ground; a room is some five to ten of them wide."""
LEG_S = 2.5
"""Driven in one direction before the next turn: enough to reach a wall from most places."""


class Ground:
    """Where real players have been, as fields of a grid; the neighbours of a field count as walked too.

    Attributes:
        extent: the longer side of the walked ground, in the place's unit.
    """

    def __init__(self, play: HeldOut, pose: Pose) -> None:
        places = np.concatenate([pose.place(np.asarray(e.variables)) for e in play.episodes])
        self._low = places.min(axis=0)
        self.extent = max(float((places.max(axis=0) - self._low).max()), 1e-6)
        self._side = self.extent / FIELDS
        rows = self._field(places)
        walked = np.zeros((FIELDS + 5, FIELDS + 5), bool)
        walked[rows[:, 0], rows[:, 1]] = True
        wide = walked.copy()
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                wide |= np.roll(walked, (down, right), axis=(0, 1))
        self._walked = wide

    def _field(self, places: Numbers) -> NDArray[np.int64]:
        # Two fields of margin all round, so that what lies outside has a field of its own.
        rows = np.floor((places - self._low) / self._side).astype(np.int64) + 2
        fields: NDArray[np.int64] = np.clip(rows, 0, FIELDS + 4)
        return fields

    def off(self, places: Numbers) -> NDArray[np.bool_]:
        """Which of float64 [..., 2] lie where nobody has walked (nor next to it)."""
        rows = self._field(places)
        outside: NDArray[np.bool_] = ~self._walked[rows[..., 0], rows[..., 1]]
        return outside


def crash_script(drive: Drive, sessions: int, seconds: float, rate_hz: float, seed: int) -> Script:
    """Legs of driving ahead, each after a turn by a random angle, float32 [sessions, T, A]."""
    ticks, leg = max(1, round(seconds * rate_hz)), max(1, round(LEG_S * rate_hz))
    generator = np.random.default_rng(seed)
    script = np.repeat(drive.forward[None, None], ticks, axis=1).repeat(sessions, axis=0)
    for session in range(sessions):
        at = 0
        while at < ticks:
            turning = int(generator.integers(0, drive.turn_ticks))
            script[session, at : at + turning] = drive.turn
            at += turning + leg
    return script


def crash(ground: Ground, pose: Pose, player: Player, script: Script) -> dict[str, Any] | None:
    """Drives ``script`` and counts, as plain JSON; None where no session lasted.

    ``off_ground`` is the share of ticks spent where nobody has walked, by the player's own state;
    ``distance`` how far a session went, since a world that stands still hits no wall either.
    """
    variables = lasting(player.play(script, [0]))
    if not len(variables):
        return None
    places = pose.place(variables)
    travelled = np.linalg.norm(np.diff(places, axis=1), axis=-1).sum(axis=1)
    return {
        "off_ground": estimate(ground.off(places).mean(axis=1, dtype=np.float64)).to_json(),
        "distance": float(travelled.mean()),
        "unit": pose.place_unit,
        "sessions": len(variables),
        "ticks": script.shape[1],
    }


def off_in_real_play(ground: Ground, heldout: HeldOut, pose: Pose) -> float:
    """The same share for held-out play, which is the instrument's own error: ground not yet walked."""
    places = np.concatenate([pose.place(np.asarray(e.variables)) for e in heldout.episodes])
    return float(ground.off(places).mean())
