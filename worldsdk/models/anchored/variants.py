"""What can be chosen about an anchored pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.variants import Variant

SIZE = "frame size"


def variants(config: Mapping[str, Any], device: torch.device) -> list[Variant]:
    """Smaller frames than the pack's own, down to those that it paints: see ``models.variants``.

    Raises TypeError or ValueError for a config that is none.
    """
    given = AnchoredConfig.from_json(config)
    smaller = [fine for fine in range(1, given.fine) if given.samples % fine == 0]
    return [Variant(f"{given.width * fine}x{given.height * fine}", SIZE, {"fine": fine}) for fine in smaller]
