"""Which pixels of which frames surfaces and the pictures of things are learnt from."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.anchored.painter import Painter
from worldsdk.models.anchored.sprites import KIND, SUNK, Z, look_at
from worldsdk.training.footage import Footage

PEOPLED = 0.5
"""Share of the frames that are drawn from those with something near, and of the pixels of such a frame that
are drawn from one thing's picture. Things are small and seldom near: of pixels drawn evenly one in a hundred
shows any, and each texel of a picture would be met a few times in all."""
NEAR = 400.0
"""Map units within which a thing is large enough to learn from."""
CHUNK = 8192
"""Frames looked through at once."""


class Spots:
    """Draws frames, and pixels in them.

    Args:
        footage: with the layer ``things`` where there are sprites.
        at: frames to draw from.
        painter: whose view it is. Where it follows no things everything is drawn evenly.
    """

    def __init__(self, footage: Footage, at: NDArray[np.int64], painter: Painter) -> None:
        self._footage, self._at, self._sprites = footage, at, painter.sprites
        self._samples = painter.samples
        self._peopled = np.zeros(0, np.int64)
        if painter.sprites is not None:
            found = [
                part[self._ahead(part).any(1).cpu().numpy()]
                for part in np.array_split(at, max(1, len(at) // CHUNK))
            ]
            self._peopled = np.concatenate(found)

    def frames(self, draw: np.random.Generator, count: int) -> NDArray[np.int64]:
        """``count`` frames: [count]."""
        chosen: NDArray[np.int64] = draw.choice(self._at, count)
        if len(self._peopled):
            near = round(PEOPLED * count)
            chosen[:near] = draw.choice(self._peopled, near)
        return chosen

    def pixels(
        self, draw: np.random.Generator, at: NDArray[np.int64], count: int, height: int, width: int
    ) -> tuple[Tensor, Tensor]:
        """Rows and columns [B, count] in frames ``at``, on the footage's device."""
        device = self._footage.pixels.device
        drawn = torch.from_numpy(draw.integers(0, height * width, (len(at), count))).to(device)
        row, column = drawn // width, drawn % width
        if len(self._peopled):
            some = round(PEOPLED * count)
            inside, down, across = self._on_things(draw, at, some)
            row[:, :some] = torch.where(inside, down, row[:, :some])
            column[:, :some] = torch.where(inside, across, column[:, :some])
        return row, column

    def _ahead(self, at: NDArray[np.int64]) -> Tensor:
        """bool [B, S]: which things stand near and in view."""
        assert self._sprites is not None
        rows = torch.from_numpy(at).to(self._footage.pixels.device)
        things = self._footage.layers["things"][rows]
        seen = look_at(self._footage.variables[rows, :3], things, self._sprites.facets)
        edge = self._samples.across[-1]
        in_view = (seen.depth > self._sprites.side / 2) & (seen.aside.abs() < edge * seen.depth)
        return (things[..., KIND] > 0.5) & in_view & (seen.depth < NEAR)

    def _on_things(
        self, draw: np.random.Generator, at: NDArray[np.int64], count: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Points spread evenly over one thing's picture in each frame: if in view, row, column [B, count]."""
        assert self._sprites is not None
        device, sprites = self._footage.pixels.device, self._sprites
        ahead = self._ahead(at)
        lots = torch.from_numpy(draw.random(ahead.shape, np.float32)).to(device)
        chosen = torch.where(ahead, lots, -1.0).argmax(1, keepdim=True)
        rows = torch.from_numpy(at).to(device)
        thing = self._footage.layers["things"][rows].take_along_dim(chosen[..., None], dim=1)
        seen = look_at(self._footage.variables[rows, :3], thing, sprites.facets)
        over, up = torch.from_numpy(draw.random((2, len(at), count), np.float32)).to(device)
        left, above = (over - 0.5) * sprites.side, up * sprites.side - SUNK
        across = (left + seen.aside) / seen.depth
        down = (sprites.eye_height - thing[..., Z] - above) / seen.depth
        samples = self._samples
        column = torch.searchsorted(samples.across, across.contiguous())
        row = torch.searchsorted(samples.down, down.contiguous())
        inside = (column > 0) & (column < len(samples.across)) & (row > 0) & (row < len(samples.down))
        return inside & ahead.any(1, keepdim=True), row // samples.per_side, column // samples.per_side
