"""Memory of surfaces: what every spot of wall, floor and ceiling looks like, kept in world coordinates.

A multi-resolution hash grid (Instant-NGP, Mueller et al. 2022, section 3) looked up once per pixel, where
that pixel's ray meets the standing world. There is no marching along rays: the depth is known already.
What is painted from here is as sharp after an hour as at the start, for nothing of it passes through
frames that the model made itself.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.cells import PRIME_Y, PRIME_Z, gather
from worldsdk.models.anchored.config import AnchoredConfig

CELL_FEATURES = 4
"""Per cell: one gather fetches them together."""
GAIN = 8.0
"""Cells are learnt at this many times the learning rate of the rest: each is seen by few pixels."""
HIDDEN = 32
HINTS = 5
"""Features of a pixel's surface that the painter is handed besides its colour."""


class Texture(nn.Module):
    """(world points [N, 3], their pixels' footprints [N], depth [N], map units) -> [N, 3 + HINTS], float32.

    The first three are the colour in about [-1, 1]. Points carry no gradient.
    """

    cells: Tensor
    masks: Tensor
    offsets: Tensor
    primes: Tensor

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        cells = config.texture_cells
        slots = [2**power for power in config.texture_log2_slots]
        levels = len(slots)
        self.table = nn.Parameter((torch.rand(sum(slots), CELL_FEATURES) - 0.5) * 0.02)
        offsets = torch.tensor([sum(slots[:level]) for level in range(levels)])
        self.register_buffer("cells", torch.tensor(cells)[:, None], persistent=False)
        self.register_buffer("masks", torch.tensor(slots)[:, None, None] - 1, persistent=False)
        self.register_buffer("offsets", offsets[:, None, None], persistent=False)
        self.register_buffer("primes", torch.tensor((1, PRIME_Y, PRIME_Z))[:, None], persistent=False)
        # Light fades with distance: the colour of a surface depends on it.
        self.colour = nn.Sequential(
            nn.Linear(levels * CELL_FEATURES + 2, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, 3 + HINTS)
        )

    def forward(self, points: Tensor, size: Tensor, depth: Tensor) -> Tensor:
        return self.paint(self.recall(points), size, depth)

    def paint(self, values: Tensor, size: Tensor, depth: Tensor) -> Tensor:
        """``forward`` from what ``recall`` gave."""
        # Where a pixel covers more than a cell, its neighbours' mixture is meant: coarser levels hold that.
        fade = torch.exp(-((size / self.cells) ** 2) / 6.0)
        features = (values * fade[..., None]).transpose(0, 1).flatten(1)
        distance = torch.stack([(64.0 / depth).clamp(max=4.0), depth.clamp(min=1.0).log() - 5.0], dim=1)
        out: Tensor = self.colour(torch.cat([features, distance], dim=1))
        return out.float()

    def recall(self, points: Tensor) -> Tensor:
        """[levels, N, CELL_FEATURES]: each level's cells around each point, mixed trilinearly."""
        if points.device.type == "cpu" and not torch.is_grad_enabled():
            return self._gathered(points)
        places = points / self.cells[:, :, None]
        low = places.floor()
        share = places - low
        weights = torch.stack([1.0 - share, share], dim=-1)
        x, y, z = weights.unbind(2)
        mix = x[..., :, None, None] * y[..., None, :, None] * z[..., None, None, :]
        corners = torch.stack([low, low + 1.0], dim=-1).long()
        x, y, z = (corners * self.primes).unbind(2)
        mixed = x[..., :, None, None] ^ y[..., None, :, None] ^ z[..., None, None, :]
        slots = (mixed.flatten(2) & self.masks) + self.offsets
        found = F.embedding_bag(
            slots.view(-1, 8), self.table, per_sample_weights=mix.reshape(-1, 8), mode="sum"
        )
        return found.view(len(self.cells), len(points), CELL_FEATURES) * GAIN

    def _gathered(self, points: Tensor) -> Tensor:
        """``recall`` by the compiled loop, which has no gradient."""
        found = torch.empty(len(self.cells), CELL_FEATURES, len(points))
        gather(
            points.float().t().contiguous().numpy(),
            self.cells[:, 0].numpy(),
            self.masks[:, 0, 0].numpy(),
            self.offsets[:, 0, 0].numpy(),
            self.table.detach().float().numpy(),
            found.numpy(),
        )
        return found.transpose(1, 2) * GAIN
