"""What can be chosen about a DIAMOND pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from worldsdk.models.precision import has_bfloat16
from worldsdk.models.variants import FORMAT, NO_BFLOAT16, Variant

NO_SMALL = "convolutions, which nearly all of it is, have no kernels in so few bits here"


def variants(config: Mapping[str, Any], device: torch.device) -> list[Variant]:
    """See ``models.variants``."""
    half = "" if has_bfloat16(device) else NO_BFLOAT16
    own = config.get("precision", "bfloat16")
    return [
        Variant("float32", FORMAT, {} if own == "float32" else {"precision": "float32"}),
        Variant("bfloat16", FORMAT, {} if own == "bfloat16" else {"precision": "bfloat16"}, missing=half),
        Variant("int8", FORMAT, missing=NO_SMALL),
        Variant("int4", FORMAT, missing=NO_SMALL),
    ]
