"""A reader of video: a small network, trained on real frames of one game, that tells from two successive
frames which controls led from the one to the other, how the player moved, and where it now is.

It is the instrument that obedience and geometry are measured with, on dreamt and on real frames alike; what
it says of real frames that it was not trained on is its own error, and the most that a world can be held to.
The means of its layers' channels are also the features that the Frechet distance is taken of.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.evaluation.poses import Pose

Numbers = NDArray[np.float64]

WIDTHS = (16, 32, 48)
HIDDEN = 128
SHIFTS = (*((0, x) for x in range(-7, 8)), (-2, 0), (-1, 0), (1, 0), (2, 0))
"""(down, right) in pixels by which the earlier frame is moved over the later one. Turning is by far the
fastest motion of a picture, hence more of them to the sides."""
GRID = (4, 8)
"""Rows and columns of fields that each shift is judged in: walking moves the two sides apart."""
BATCH = 256
"""Pairs read at once; more would only take more memory."""


@dataclass(frozen=True)
class Reading:
    """What the reader saw in N pairs of frames.

    Attributes:
        controls: float64 [N, A], as control vectors, not clipped.
        motion: float64 [N, 3] as ``MOTIONS``; NaN where the game has no pose.
        place: float64 [N, 2], of the second frame; NaN without a pose.
        heading: float64 [N], likewise.
        features: float64 [N, ``sum(WIDTHS)``], of the second frame and the change to it.
    """

    controls: Numbers
    motion: Numbers
    place: Numbers
    heading: Numbers
    features: Numbers


@dataclass(frozen=True)
class Scale:
    """Mean and spread of what is predicted, so that the network works on numbers of size one.

    Attributes:
        mean, spread: float64 [A + 3 + 4] (controls, motion, place, cosine and sine of the heading), or
            [A] without a pose.
    """

    mean: Numbers
    spread: Numbers


class ReaderNet(nn.Module):
    """Convolutions over the later frame and the change to it say what is to be seen; how well the earlier
    frame, moved by each of ``SHIFTS``, fits the later one in each field of ``GRID`` says how it moved. One
    hidden layer joins the two.

    Convolutions alone learn motion slowly: they must find out by themselves that shifts are to be compared.

    Args:
        height, width: of the frames.
        outputs: how many numbers are predicted.
    """

    def __init__(self, height: int, width: int, outputs: int) -> None:
        super().__init__()
        channels = (6, *WIDTHS)
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 4 if i == 0 else 3, stride=2, padding=1)
            for i, (a, b) in enumerate(pairwise(channels))
        )
        with torch.no_grad():
            size = self.trunk(torch.zeros(1, 6, height, width))[-1].numel()
        size += len(SHIFTS) * GRID[0] * GRID[1]
        self.hidden = nn.Linear(size, HIDDEN)
        self.head = nn.Linear(HIDDEN, outputs)

    def trunk(self, pair: Tensor) -> list[Tensor]:
        """What each layer makes of float32 [N, 6, H, W]."""
        found = []
        for layer in self.layers:
            pair = F.relu(layer(pair))
            found.append(pair)
        return found

    def forward(self, pair: Tensor) -> tuple[Tensor, Tensor]:
        """float32 [N, 6, H, W] -> (predictions [N, outputs], features [N, sum(WIDTHS)])."""
        layers = self.trunk(pair)
        features = torch.cat([layer.mean(dim=(2, 3)) for layer in layers], dim=1)
        seen = torch.cat([layers[-1].flatten(1), misfit(pair)], dim=1)
        return self.head(F.relu(self.hidden(seen))), features


def misfit(pair: Tensor) -> Tensor:
    """How badly each shift of the earlier frame fits, beside the mean of all shifts, field by field.

    Args:
        pair: float32 [N, 6, H, W] as ``prepare`` makes it.

    Returns:
        float32 [N, len(SHIFTS) * fields], about -1 (fits) to 1.
    """
    # Brightness is enough to match by, at a third of the time that three colours take.
    late = pair[:, :3].mean(dim=1, keepdim=True)
    early = late - pair[:, 3:].mean(dim=1, keepdim=True)
    height, width = pair.shape[2:]
    reach = max(max(abs(down), abs(right)) for down, right in SHIFTS)
    padded = F.pad(early, (reach, reach, reach, reach), mode="replicate")
    costs = []
    for down, right in SHIFTS:
        moved = padded[:, :, reach - down :, reach - right :][:, :, :height, :width]
        costs.append(F.adaptive_avg_pool2d((late - moved).abs(), GRID))
    cost = torch.cat(costs, dim=1)
    # The small number keeps fields without texture, where all shifts fit, from becoming noise.
    usual = cost.mean(dim=1, keepdim=True) + 0.01
    return ((cost - usual) / usual).flatten(1)


def prepare(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Tensor:
    """uint8 [N, H, W, 3] twice -> float32 [N, 6, H, W]: the later frame and the change, about -1 to 1."""
    late, early = (
        torch.from_numpy(frames.astype(np.float32)).permute(0, 3, 1, 2) / 127.5 - 1.0
        for frames in (after, before)
    )
    return torch.cat([late, late - early], dim=1)


class Reader:
    """Made by ``lessons.teach``.

    Attributes:
        pose: of the game, or None where it has none.
        pairs: how many pairs of real frames it was trained on.
    """

    def __init__(self, net: ReaderNet, scale: Scale, controls: int, pose: Pose | None, pairs: int) -> None:
        self.net = net
        self.pose = pose
        self.pairs = pairs
        self._scale = scale
        self._controls = controls

    def read(self, frames: NDArray[np.uint8]) -> Reading:
        """Reads a row of frames, uint8 [N + 1, H, W, 3], pair by pair."""
        return self.read_pairs(frames[:-1], frames[1:])

    def read_pairs(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Reading:
        """Reads uint8 [N, H, W, 3] and [N, H, W, 3], N at least 1."""
        guesses, features = [], []
        with torch.inference_mode():
            for first in range(0, len(after), BATCH):
                rows = slice(first, first + BATCH)
                guess, feature = self.net(prepare(before[rows], after[rows]))
                guesses.append(guess)
                features.append(feature)
        values = torch.cat(guesses).double().numpy() * self._scale.spread + self._scale.mean
        seen: Numbers = torch.cat(features).double().numpy()
        count, a = len(values), self._controls
        if self.pose is None:
            missing = np.full((count, 3), np.nan)
            return Reading(values, missing, missing[:, :2], missing[:, 0], seen)
        angle = np.arctan2(values[:, a + 6], values[:, a + 5]) * self.pose.period / (2.0 * np.pi)
        return Reading(
            controls=values[:, :a],
            motion=values[:, a : a + 3],
            place=values[:, a + 3 : a + 5],
            heading=np.mod(angle, self.pose.period),
            features=seen,
        )
