"""What can be chosen about an Oasis pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from worldsdk.models.oasis.config import OasisConfig
from worldsdk.models.precision import has_bfloat16
from worldsdk.models.variants import FORMAT, NO_BFLOAT16, Variant

REUSE = "reuse"
WINDOW = "attention"
HISTORY = "history"

SINK = 2
"""Frames of the sink that is offered."""


def variants(config: Mapping[str, Any], device: torch.device) -> list[Variant]:
    """See ``models.variants``. Raises TypeError or ValueError for a config that is none."""
    given = OasisConfig.from_json(config)
    half = "" if has_bfloat16(device) else NO_BFLOAT16
    whole = "8 and 4 bits are made for CPUs only" if device.type != "cpu" else half
    plain = {"sink": 0, "kept": "whole"}
    sliding = {"reuse": "sliding", "sink": given.sink, "kept": given.kept}
    offered = [
        Variant("float32", FORMAT, {"precision": "float32"}),
        Variant("bfloat16", FORMAT, {"precision": "bfloat16"}, missing=half),
        Variant("int8", FORMAT, {"precision": "int8"}, missing=whole or _no_small()),
        Variant("int4", FORMAT, {"precision": "int4"}, missing=whole),
        *(Variant(f"reuse-{way}", REUSE, {**plain, "reuse": way}) for way in ("none", "frame")),
        Variant("sliding", REUSE, sliding),
        *_windows(given),
        Variant("sliding-8bit", HISTORY, {**sliding, "kept": "int8"}),
    ]
    return [_unchanged(variant, given) for variant in offered]


def _windows(given: OasisConfig) -> list[Variant]:
    """A quarter and half of the window, and a sink."""
    short = [window for window in (given.window // 4, given.window // 2) if window > given.history + 1]
    found = [Variant(f"window-{window}", WINDOW, {"window": window}) for window in short]
    sink = {"reuse": "sliding", "sink": SINK}
    for window in (*short, given.window):
        if window > SINK + 1:
            name = "sink" if window == given.window else f"window-{window}-sink"
            found.append(Variant(name, WINDOW, {**sink, "window": window}))
    if given.sink:
        # The pack's own would not fit every shorter window.
        found = [Variant(v.name, v.toggle, {"sink": 0, **v.config}) for v in found]
    return found


def _unchanged(variant: Variant, given: OasisConfig) -> Variant:
    """The same, without what the pack has already."""
    config = {name: value for name, value in variant.config.items() if getattr(given, name) != value}
    return Variant(variant.name, variant.toggle, config, variant.ready, variant.missing)


def _no_small() -> str:
    # Imported here: it compiles, which other devices need not wait for.
    from worldsdk.models.inference.products import has_small_products

    return "" if has_small_products() else "this torch has no 8-bit products for the CPU"
