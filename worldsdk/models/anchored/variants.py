"""What can be chosen about an anchored pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.variants import Variant, smaller_frames


def variants(config: Mapping[str, Any], device: torch.device) -> list[Variant]:
    """Smaller frames than the pack's own, down to those that it paints: see ``models.variants``.

    Raises TypeError or ValueError for a config that is none.
    """
    given = AnchoredConfig.from_json(config)
    return smaller_frames(given.width, given.height, given.fine, given.samples)
