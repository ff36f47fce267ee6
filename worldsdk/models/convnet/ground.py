"""Memory of the ground: one picture of the whole place from above, and how far it is to where it pays."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.convnet.ground_loop import view_ground
from worldsdk.models.convnet.overhead_config import OverheadConfig

AROUND = 0.2
"""Metres to each side of a point over which the ground under it is averaged."""
NEVER = 1e9
"""Metres: so far goes on what has no end that anybody saw."""
CELL = 1.0
"""Metres between the places for which it is known how far they are from where it pays."""


class Ground(nn.Module):
    """Nothing in it is learnt by steps: it is measured (``training/objectives/survey.py``).

    Texels are aligned with the axes, rows with growing y. What pictures show of it depends on the pose alone,
    so it cannot wear off, however long a dream.
    """

    texels: Tensor
    away: Tensor
    verge: Tensor
    origin: Tensor
    corner: Tensor
    right: Tensor
    ahead: Tensor
    around: Tensor

    def __init__(self, config: OverheadConfig) -> None:
        super().__init__()
        self.config = config.ground
        self.height, self.width = config.height, config.width
        ground, (x, y) = config.ground, config.variables[:2]
        pixel = ground.across / config.width
        side = ground.samples
        columns = (torch.arange(config.width * side) + 0.5) / side - ground.pivot[0] * config.width
        rows = ground.pivot[1] * config.height - (torch.arange(config.height * side) + 0.5) / side
        self.register_buffer("right", columns * pixel / ground.texel, persistent=False)
        self.register_buffer("ahead", rows * pixel / ground.texel, persistent=False)
        reach = math.hypot(float(columns.abs().max()), float(rows.abs().max())) * pixel
        self.register_buffer("origin", torch.tensor([x.low - reach, y.low - reach]), persistent=False)
        size = [math.ceil((v.high - v.low + 2.0 * reach) / ground.texel) for v in (y, x)]
        self.register_buffer("texels", torch.zeros((*size, 3), dtype=torch.uint8))
        cells = [math.ceil((v.high - v.low) / CELL) + 1 for v in (y, x)]
        self.register_buffer("away", torch.zeros(cells))
        self.register_buffer("verge", torch.tensor(NEVER))
        self.register_buffer("corner", torch.tensor([x.low, y.low]), persistent=False)
        steps = torch.tensor([-AROUND, 0.0, AROUND])
        around = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), dim=-1).view(1, 9, 2)
        under = torch.tensor(ground.under)[:, None] + around
        self.register_buffer("around", under, persistent=False)

    def grid(self, pose: Tensor) -> Tensor:
        """Poses [B, 3] in metres and radians -> column and row among the texels, and radians."""
        return torch.cat([(pose[:, :2] - self.origin) / self.config.texel, pose[:, 2:3]], dim=1).float()

    def view(self, pose: Tensor, fine: int = 1) -> Tensor:
        """What is seen of the ground from poses [B, 3]: float32 [B, 3, H, W] in [-1, 1].

        fine: times the size that recorded frames have; the samples are the same, fewer a pixel.
        """
        height, width = self.height * fine, self.width * fine
        if pose.device.type == "cpu":
            seen = np.empty((len(pose), height, width, 3), np.float32)
            poses = self.poses_to_loop(pose)
            right, ahead = self.right.numpy(), self.ahead.numpy()
            view_ground(poses, self.texels.numpy(), right, ahead, 1.0 / 127.5, -1.0, seen)
            return torch.from_numpy(seen).movedim(-1, 1)
        return self._gather(self.grid(pose), fine).movedim(-1, 1) / 127.5 - 1.0

    def under(self, pose: Tensor) -> Tensor:
        """Colours in [-1, 1] of the ground at the points ``under`` of the configuration: [B, points * 3]."""
        cos, sin = (t[:, None, None] for t in (pose[:, 2].cos(), pose[:, 2].sin()))
        ahead, left = self.around.unbind(-1)
        x = (pose[:, 0, None, None] + cos * ahead - sin * left - self.origin[0]) / self.config.texel
        y = (pose[:, 1, None, None] + sin * ahead + cos * left - self.origin[1]) / self.config.texel
        colours = self._texel(x, y).mean(dim=2)
        return (colours / 127.5 - 1.0).flatten(1)

    def distance(self, pose: Tensor) -> Tensor:
        """Metres [B] from where it pays, interpolated between cells."""
        place = (pose[:, :2] - self.corner) / CELL
        rows, columns = self.away.shape
        size = torch.tensor([columns - 1, rows - 1], dtype=torch.float32, device=pose.device)
        at = (place / size.clamp(min=1.0) * 2.0 - 1.0)[None, None]
        found = F.grid_sample(
            self.away[None, None], at, mode="bilinear", padding_mode="border", align_corners=True
        )
        return found[0, 0, 0]

    def poses_to_loop(self, pose: Tensor) -> NDArray[np.float32]:
        """``grid`` as the compiled loops take it."""
        poses: NDArray[np.float32] = self.grid(pose.detach().cpu()).contiguous().numpy()
        return poses

    def _texel(self, x: Tensor, y: Tensor) -> Tensor:
        rows, columns = self.texels.shape[:2]
        found = self.texels[
            y.floor().long().clamp(0, rows - 1), x.floor().long().clamp(0, columns - 1)
        ].float()
        return found

    def _gather(self, grid: Tensor, fine: int = 1) -> Tensor:
        """``view_ground`` in tensor operations, for other devices."""
        side = self.config.samples // fine
        cos, sin = grid[:, 2].cos()[:, None, None], grid[:, 2].sin()[:, None, None]
        ahead, right = self.ahead[None, :, None], self.right[None, None]
        x = grid[:, 0, None, None] + ahead * cos + right * sin
        y = grid[:, 1, None, None] + ahead * sin - right * cos
        samples = self._texel(x, y)
        return samples.view(-1, self.height * fine, side, self.width * fine, side, 3).mean(dim=(2, 4))
