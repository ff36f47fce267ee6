"""Leaving a place and coming back: is it still the same place?

The ways there and back are real ones: stretches of held-out play in which the player left and, after about
5, 15 or 60 seconds, stood at the same spot again, looking the same way. The world dreams such a stretch under
the recorded controls, and its last frame is looked up among real frames: the place of the nearest one says
where the dream is. The same look-up of the real last frame is the ceiling; of the real frame from the
farthest moment, the floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from worldsdk.evaluation.dreamers import Dreamer
from worldsdk.evaluation.estimate import estimate
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.poses import Numbers, Pose

GAPS_S = (5.0, 15.0, 60.0)
SLACK = 0.2
"""A stretch may be shorter or longer than asked for by this part."""
NEAR = 0.05
"""Part of the ground's extent within which the player counts as back."""
FAR = 0.25
"""Part of the extent that it must have been away: more than a room."""
SAME = 0.15
"""Part of the extent within which the looked-up place is the right one: less than a room."""
LOOKING = 1.0 / 16.0
"""Part of a full turn that the view may be off when it is back."""
ALBUM_FRAMES = 12000
ALBUM_SIZE = (12, 16)
"""Real frames that are looked among, and the rows and columns they are compared at: coarse, since a dream
need not be exact to show the right room."""


@dataclass(frozen=True)
class Stretch:
    """One way out and back: dreamt from frame ``start`` (exclusive) to ``end``; farthest at ``away``."""

    episode: int
    start: int
    away: int
    end: int


class PlaceBook:
    """Real frames with their places, to be looked among."""

    def __init__(self, play: HeldOut, pose: Pose) -> None:
        every = max(1, play.frames // ALBUM_FRAMES)
        self._frames = torch.cat([_coarse(np.asarray(e.pixels[::every])) for e in play.episodes])
        self._places = np.concatenate([pose.place(np.asarray(e.variables[::every])) for e in play.episodes])
        self._angles = np.concatenate([pose.angle(np.asarray(e.variables[::every])) for e in play.episodes])

    def pose(self, frames: NDArray[np.uint8]) -> tuple[Numbers, Numbers]:
        """Where the nearest real frame of each of uint8 [N, H, W, 3] was taken, float64 [N, 2], and the
        heading there, float64 [N]."""
        nearest = torch.cdist(_coarse(frames), self._frames, p=1.0).argmin(dim=1).numpy()
        return self._places[nearest], self._angles[nearest]

    def place(self, frames: NDArray[np.uint8]) -> Numbers:
        """The place alone."""
        return self.pose(frames)[0]


def find(
    heldout: HeldOut, pose: Pose, extent: float, gap_s: float, history: int, most: int, seed: int = 0
) -> list[Stretch]:
    """At most ``most`` stretches of about ``gap_s`` seconds, one or few an episode, chosen by ``seed``."""
    shortest = max(2, round(gap_s * (1.0 - SLACK) * heldout.rate_hz))
    longest = max(shortest + 1, round(gap_s * (1.0 + SLACK) * heldout.rate_hz))
    generator = np.random.default_rng(seed)
    rounds: list[list[Stretch]] = []
    for number, episode in enumerate(heldout.episodes):
        variables = np.asarray(episode.variables)
        found = []
        starts = np.arange(history - 1, len(episode) - shortest)
        for start in generator.permutation(starts):
            stretch = _return(variables, pose, extent, number, int(start), shortest, longest)
            if stretch is not None:
                found.append(stretch)
            if len(found) == most:
                break
        rounds.append(found)
    # One of each episode first, then a second one: different episodes tell more.
    deep = max((len(found) for found in rounds), default=0)
    return [found[i] for i in range(deep) for found in rounds if i < len(found)][:most]


def _return(
    variables: NDArray[np.floating],
    pose: Pose,
    extent: float,
    number: int,
    start: int,
    shortest: int,
    longest: int,
) -> Stretch | None:
    ahead = variables[start : start + longest + 1]
    distance = pose.distance(ahead, ahead[:1])
    turned = np.abs(pose.turned(pose.angle(ahead[:1]), pose.angle(ahead)))
    farthest = np.maximum.accumulate(distance)
    back = (distance <= NEAR * extent) & (turned <= LOOKING * pose.period) & (farthest >= FAR * extent)
    back[:shortest] = False
    if not back.any():
        return None
    end = int(back.argmax())
    return Stretch(number, start, start + int(distance[: end + 1].argmax()), start + end)


def same_place(
    dreamer: Dreamer,
    heldout: HeldOut,
    book: PlaceBook,
    pose: Pose,
    extent: float,
    stretches: list[Stretch],
    *,
    history: int,
    seed: int = 0,
    progress: Callable[[int], Any] | None = None,
) -> dict[str, Any] | None:
    """Shares of returns that end at the right place, as plain JSON; None without stretches."""
    if not stretches:
        return None
    right: dict[str, list[bool]] = {"right": [], "ceiling": [], "floor": []}
    for number, stretch in enumerate(stretches):
        ticks = stretch.end - stretch.start
        at = (stretch.episode, stretch.start + 1 - history)
        window = heldout.gather([at], history, ticks)
        dream = dreamer.dream(window.context, window.controls, [seed + number])
        truth = pose.place(window.variables[:, -1])
        away = stretch.away - stretch.start - 1
        for name, frame in (
            ("right", dream.pixels[:, -1]),
            ("ceiling", window.pixels[:, -1]),
            ("floor", window.pixels[:, away]),
        ):
            off = np.linalg.norm(book.place(frame) - truth, axis=-1)
            right[name].append(bool(off[0] <= SAME * extent))
        if progress is not None:
            progress(1)
    episodes = np.array([stretch.episode for stretch in stretches])
    shares = {name: np.array(found, np.float64) for name, found in right.items()}
    return {
        "right": estimate(shares["right"], episodes=episodes).to_json(),
        "ceiling": float(shares["ceiling"].mean()),
        "floor": float(shares["floor"].mean()),
        "returns": len(stretches),
    }


def _coarse(frames: NDArray[np.uint8]) -> torch.Tensor:
    pixels = torch.from_numpy(frames.astype(np.float32)).permute(0, 3, 1, 2)
    return F.adaptive_avg_pool2d(pixels, ALBUM_SIZE).flatten(1)
