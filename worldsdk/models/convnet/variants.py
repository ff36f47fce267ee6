"""What can be chosen about a pack of a world seen from above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from worldsdk.models.convnet.overhead_config import OverheadConfig
from worldsdk.models.variants import Variant, smaller_frames


def variants(config: Mapping[str, Any], device: torch.device) -> list[Variant]:
    """Smaller frames than the pack's own, down to those that were recorded: see ``models.variants``.

    Raises TypeError or ValueError for a config that is none.
    """
    if "ground" not in config:
        return []
    given = OverheadConfig.from_json(config)
    return smaller_frames(given.width, given.height, given.fine, given.ground.samples)
