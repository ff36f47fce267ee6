"""What happens: reward, end, and the change of meters such as health, read from what was last seen."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.camera import heading_vector


class Events(nn.Module):
    """Remembered frames, how far the walker has come since each, controls and meters -> happenings.

    Outputs [B, 2 + meters]: reward, logit of the end, change of each meter as a share of its range.
    """

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        lags, meters = len(config.lags), len(config.meters)
        self.look = nn.Sequential(
            nn.Conv2d(48 * lags, 48, 1),
            nn.SiLU(),
            nn.Conv2d(48, 48, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(48, 32, 3, stride=2, padding=1),
            nn.SiLU(),
        )
        cells = -(-config.height // 16) * -(-config.width // 16)
        facts = 4 * lags + config.controls + meters
        self.decide = nn.Sequential(nn.Linear(32 * cells + facts, 128), nn.SiLU(), nn.Linear(128, 2 + meters))

    def forward(self, pose: Tensor, past: Tensor, past_poses: Tensor, facts: Tensor) -> Tensor:
        """pose [B, 3]; past [B, L, 3, H, W]; past_poses [B, L, 3]; facts [B, controls + meters]."""
        seen = self.look(F.pixel_unshuffle(past.flatten(1, 2), 4))
        offset = pose[:, None, :2] - past_poses[..., :2]
        cos, sin = heading_vector(past_poses[..., 2])
        ahead = offset[..., 0] * cos + offset[..., 1] * sin
        aside = offset[..., 0] * sin - offset[..., 1] * cos
        cos, sin = heading_vector(pose[:, None, 2] - past_poses[..., 2])
        moved = torch.stack([ahead / 32.0, aside / 32.0, cos, sin], dim=2).flatten(1)
        out: Tensor = self.decide(torch.cat([seen.flatten(1), moved, facts], dim=1))
        return out.float()
