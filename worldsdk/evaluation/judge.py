"""Judging an errand by its pictures: which room does a frame show, and which way does it look?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.errands import Errand
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.evaluation.players import Played
from worldsdk.evaluation.poses import Numbers, Pose
from worldsdk.evaluation.returns import LOOKING, NEAR, SAME, PlaceBook

FACING = 1.0 / 8.0
"""Part of a full turn that the looked-up heading may be off: there may be no real frame of just that view."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Views:
    """What pictures say, one row an errand.

    Attributes:
        there: bool [N], the picture at B is of B.
        right: bool [N], the last picture is of A, and that at B was not.
        facing: bool [N], and it looks the right way.
    """

    there: Flags
    right: Flags
    facing: Flags


class Judge:
    """Looks pictures up among real ones.

    Args:
        book: of real frames that nothing is measured on.
        extent: of the ground, in the place's unit.
    """

    def __init__(self, book: PlaceBook, pose: Pose, extent: float) -> None:
        self._book, self._pose, self.extent = book, pose, extent

    def tells(self, episode: Episode, frames: NDArray[np.int64]) -> Flags:
        """Which of these real frames of an episode, int64 [N], are found where they were taken: bool [N]."""
        place, angle = self._book.pose(np.asarray(episode.pixels)[frames])
        variables = np.asarray(episode.variables)[frames]
        return self._same(place, self._pose.place(variables)) & self._faces(
            angle, self._pose.angle(variables)
        )

    def look(self, errands: Sequence[Errand], at_b: NDArray[np.uint8], last: NDArray[np.uint8]) -> Views:
        """Judges the frames at B and at the end, uint8 [N, H, W, 3] each."""
        a, b = (np.stack([errand.way[end] for errand in errands]) for end in (0, -1))
        where, (back, angle) = self._book.place(at_b), self._book.pose(last)
        right = self._same(back, a) & ~self._same(where, a)
        faces = self._faces(angle, np.array([errand.heading for errand in errands]))
        return Views(self._same(where, b), right, right & faces)

    def arrived(self, errands: Sequence[Errand], played: Played) -> Flags:
        """Who got to B in time, back to A, and looks the right way, by the reported variables: bool [N]."""
        rows = np.arange(len(errands))
        at_b = played.variables[rows, [errand.leave - 1 for errand in errands]]
        last = played.variables[:, -1]
        a, b = (np.stack([errand.way[end] for errand in errands]) for end in (0, -1))
        gone = np.linalg.norm(self._pose.place(at_b) - b, axis=1)
        left = np.linalg.norm(self._pose.place(last) - a, axis=1)
        heading = np.array([errand.heading for errand in errands])
        off = np.abs(self._pose.turned(heading, self._pose.angle(last)))
        near = np.maximum(gone, left) <= NEAR * self.extent
        found: Flags = played.whole & near & (off <= LOOKING * self._pose.period)
        return found

    def bounds(self, play: HeldOut, errands: Sequence[Errand]) -> dict[str, Any]:
        """``ceiling``: the shares for real frames; ``floor``: the share of real frames at B taken for A.

        For the last frame stand all real ones of the episode that were taken as near to A, and looking as
        much the same way, as a pilot must get.
        """
        rows: dict[str, list[float]] = {"there": [], "right": [], "facing": [], "floor": []}
        for errand in errands:
            episode = play.episodes[errand.episode]
            variables = np.asarray(episode.variables)
            near = self._pose.distance(variables, variables[errand.start]) <= NEAR * self.extent
            off = np.abs(self._pose.turned(np.asarray(errand.heading), self._pose.angle(variables)))
            about = np.asarray(episode.pixels)[near & (off <= LOOKING * self._pose.period)]
            at_b = np.repeat(np.asarray(episode.pixels[errand.away])[None], len(about), axis=0)
            seen = self.look([errand] * len(about), at_b, about)
            for name in ("there", "right", "facing"):
                rows[name].append(float(getattr(seen, name).mean()))
            rows["floor"].append(float(self._same(self._book.place(at_b[:1]), errand.way[:1]).mean()))
        means = {name: float(np.mean(values)) for name, values in rows.items()}
        return {"floor": means.pop("floor"), "ceiling": means}

    def _same(self, places: Numbers, others: Numbers) -> Flags:
        near: Flags = np.linalg.norm(places - others, axis=-1) <= SAME * self.extent
        return near

    def _faces(self, angles: Numbers, others: Numbers) -> Flags:
        near: Flags = np.abs(self._pose.turned(others, angles)) <= FACING * self._pose.period
        return near
