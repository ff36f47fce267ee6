"""A tick's estimate as one tensor: the picture, and what was drawn by lot when it was begun."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.situation import THING


@dataclass(frozen=True)
class Estimate:
    """Attributes:
    picture: float32 [B, 3, H, W], about [-1, 1].
    inverse: [B, H, W], 1 / depth.
    kinds: [B, H, W], kind of thing that covers a pixel, 0 where none does.
    things: [B, S, THING] after the tick; S is 0 where none are followed.
    happenings: [B, 2 + meters], as ``Events`` gives them.
    """

    picture: Tensor
    inverse: Tensor
    kinds: Tensor
    things: Tensor
    happenings: Tensor

    def packed(self) -> Tensor:
        """[B, all of it]."""
        parts = (self.picture, self.inverse, self.kinds, self.things, self.happenings)
        return torch.cat([part.float().flatten(1) for part in parts], dim=1)

    @classmethod
    def unpacked(cls, packed: Tensor, config: AnchoredConfig) -> Estimate:
        count, height, width = len(packed), config.height, config.width
        pixels, slots = height * width, config.slots if config.things else 0
        sizes = [3 * pixels, pixels, pixels, slots * THING, 2 + len(config.meters)]
        picture, inverse, kinds, things, happenings = torch.split(packed, sizes, dim=1)
        return cls(
            picture.view(count, 3, height, width),
            inverse.view(count, height, width),
            kinds.view(count, height, width),
            things.view(count, slots, THING),
            happenings,
        )
