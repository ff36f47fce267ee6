"""Where the game itself looked: the points of its own screen that were averaged into one of our pixels.

Old games do not filter: a pixel of their screen is one texel. A recording is smaller than that screen, each
of its pixels the mean of ``samples`` x ``samples`` of the game's. What is known texel by texel (a floor that
repeats, the picture of a medkit) is therefore drawn the same way here: each sample finds its one texel, and
the mean is taken last. The grain in the distance is then the game's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from worldsdk.models.camera import Camera


class Samples(nn.Module):
    """Slopes of the rays of one image's samples: ``across`` [W * samples], ``down`` [H * samples]."""

    across: Tensor
    down: Tensor

    def __init__(self, camera: Camera, per_side: int) -> None:
        super().__init__()
        self.per_side = per_side
        step = (torch.arange(per_side) + 0.5) / per_side
        columns = torch.arange(camera.width)[:, None] + step - camera.width / 2
        rows = torch.arange(camera.height)[:, None] + step - camera.height / 2
        self.register_buffer("across", (columns / camera.focal_x).flatten(), persistent=False)
        self.register_buffer("down", (rows / camera.focal_y).flatten(), persistent=False)

    def rays(self, row: Tensor, column: Tensor) -> tuple[Tensor, Tensor]:
        """Slopes [..., samples] down and across of the samples of pixels [...]."""
        down = self.down.view(-1, self.per_side)[row]
        across = self.across.view(-1, self.per_side)[column]
        return down, across


@dataclass(frozen=True)
class View:
    """How a picture looks into the world: a ray for each pixel, and those of the game's own within it."""

    camera: Camera
    samples: Samples


class Dimming(nn.Module):
    """Light that fades with distance: depth [...] in map units -> gain and offset [..., 6] of a colour."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 6))

    def forward(self, depth: Tensor) -> Tensor:
        depth = depth.clamp(min=1.0)
        near = (64.0 / depth).clamp(max=4.0)
        out: Tensor = self.layers(torch.stack([near, depth.log() - 5.0], dim=-1))
        return out.float()

    def lit(self, colour: Tensor, presence: Tensor, depth: Tensor) -> Tensor:
        """colour [..., 3] that is already multiplied with its presence [..., 1], at depth [...]."""
        gain, offset = self(depth).split(3, dim=-1)
        out: Tensor = colour * (1.0 + gain) + presence * offset
        return out
