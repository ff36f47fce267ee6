"""Do walls block? Driving straight ahead, and counting the ticks spent where nobody has ever walked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.drive import Drive
from worldsdk.evaluation.estimate import estimate
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.players import Player, Script, Scripted
from worldsdk.evaluation.poses import Numbers, Pose
from worldsdk.evaluation.reader import Reader

FIELDS = 32
"""Most fields along the longer side of the walked ground; a room is some five to ten of them wide."""
LOOK_TICKS = 5
"""Ticks between pictures that are read."""
LEG_S = 2.5
"""Driven in one direction before the next turn: enough to reach a wall from most places."""


class Ground:
    """Where real players have been, as fields of a grid.

    Where one tick leads over several fields, as on boards, a field is as large as that step. Elsewhere the
    neighbours of a field count as walked too, since play never covers all of the floor.

    Attributes:
        extent: the longer side of the walked ground, in the place's unit.
    """

    def __init__(self, play: HeldOut, pose: Pose) -> None:
        paths = [pose.place(np.asarray(e.variables)) for e in play.episodes]
        places = np.concatenate(paths)
        steps = np.concatenate([np.linalg.norm(np.diff(path, axis=0), axis=1) for path in paths])
        step = float(np.median(steps[steps > 0.0])) if (steps > 0.0).any() else 0.0
        low = places.min(axis=0)
        self.extent = max(float((places.max(axis=0) - low).max()), 1e-6)
        board = step > self.extent / FIELDS
        self._side = step if board else self.extent / FIELDS
        # On a board the places are the middles of the fields.
        self._low = low - self._side / 2.0
        rows = self._field(places)
        walked = np.zeros((FIELDS + 5, FIELDS + 5), bool)
        walked[rows[:, 0], rows[:, 1]] = True
        wide = walked.copy()
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                wide |= np.roll(walked, (down, right), axis=(0, 1))
        self._walked = walked if board else wide

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


def crash(
    ground: Ground, pose: Pose, player: Player, script: Script, reader: Reader
) -> dict[str, Any] | None:
    """Drives ``script`` and counts, as plain JSON; None where no session lasted.

    ``off_ground`` is the share of ticks spent where nobody has walked, by the state variables;
    ``off_ground_seen`` the same by what the reader sees in the pictures, since a world's state and its
    pictures can disagree (it has never seen anyone inside a wall, and may take that for the floor beside it);
    ``distance`` how far a session went, since a world that stands still hits no wall
    either.
    """
    ticks = script.shape[1]
    looks = list(range(1, ticks, LOOK_TICKS))
    played = player.play(Scripted(script), [tick for look in looks for tick in (look - 1, look)])
    if not played.whole.any():
        return None
    places = pose.place(played.variables[played.whole])
    film = played.pixels[played.whole]
    seen = [reader.read_pairs(pairs[0::2], pairs[1::2]).place for pairs in film]
    travelled = np.linalg.norm(np.diff(places, axis=1), axis=-1).sum(axis=1)
    return {
        "off_ground": estimate(ground.off(places).mean(axis=1, dtype=np.float64)).to_json(),
        "off_ground_seen": estimate(ground.off(np.stack(seen)).mean(axis=1, dtype=np.float64)).to_json(),
        "distance": float(travelled.mean()),
        "unit": pose.place_unit,
        "sessions": len(places),
        "ticks": ticks,
    }


def off_in_real_play(ground: Ground, heldout: HeldOut, pose: Pose, reader: Reader) -> dict[str, float]:
    """The same shares for held-out play: the instrument's own errors, by ground not yet walked and by the
    reader's mistakes."""
    places = np.concatenate([pose.place(np.asarray(e.variables)) for e in heldout.episodes])
    seen = []
    for episode in heldout.episodes:
        looks = np.arange(1, len(episode), LOOK_TICKS)
        if len(looks):
            pixels = np.asarray(episode.pixels)
            seen.append(reader.read_pairs(pixels[looks - 1], pixels[looks]).place)
    return {
        "off_ground": float(ground.off(places).mean()),
        "off_ground_seen": float(ground.off(np.concatenate(seen)).mean()) if seen else 0.0,
    }
