"""Where a dream says the player is, against where the engine's replay of the same controls put it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from worldsdk.evaluation.poses import Pose
from worldsdk.evaluation.reader import Numbers, Reading
from worldsdk.evaluation.rollout import Table
from worldsdk.evaluation.tracks import Track

VIEWS = ("dreamt", "real", "own", "repeat")
"""The reader on dreamt frames; the reader on real ones (its own error); the world's own state; no motion."""


def pose_errors(tracks: Sequence[Track], pose: Pose, horizons: Sequence[int]) -> dict[str, Any]:
    """Errors of place and heading by horizon, as plain JSON: quantity -> view -> horizon -> estimate."""
    table = Table()
    for horizon in horizons:
        long = [track for track in tracks if len(track) >= horizon]
        if not long:
            continue
        episodes = [track.episode for track in long]
        truth = np.stack([track.truth[horizon] for track in long])
        states = {
            "own": np.stack([track.own[horizon - 1] for track in long]),
            "repeat": np.stack([track.truth[0] for track in long]),
        }
        for view, state in states.items():
            table.add(f"place:{view}", horizon, pose.distance(state, truth), episodes)
            turned = np.abs(pose.turned(pose.angle(truth), pose.angle(state)))
            table.add(f"heading:{view}", horizon, turned, episodes)
        for view in ("dreamt", "real"):
            readings = [getattr(track, view) for track in long]
            place, angle = _at(readings, horizon - 1)
            table.add(f"place:{view}", horizon, np.linalg.norm(place - pose.place(truth), axis=-1), episodes)
            turned = np.abs(pose.turned(pose.angle(truth), angle))
            table.add(f"heading:{view}", horizon, turned, episodes)
    return {
        quantity: {
            "unit": unit,
            **{
                view: {h: e.to_json() for h, e in table.row(f"{quantity}:{view}", horizons).items()}
                for view in VIEWS
            },
        }
        for quantity, unit in (("place", pose.place_unit), ("heading", pose.heading_unit))
    }


def _at(readings: Sequence[Reading], row: int) -> tuple[Numbers, Numbers]:
    return (
        np.stack([reading.place[row] for reading in readings]),
        np.stack([reading.heading[row] for reading in readings]),
    )
