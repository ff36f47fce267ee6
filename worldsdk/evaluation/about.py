"""What was evaluated, and where: the part of a report that is not a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from worldsdk.evaluation.heldout import HeldOut
from worldsdk.packs.manifest import WEIGHTS_NAME
from worldsdk.runtime.machine import describe
from worldsdk.runtime.world import World


def about(world: World, heldout: HeldOut) -> dict[str, Any]:
    """World, pack digest, data and machine, as plain JSON."""
    manifest = world.manifest
    data: Mapping[str, Any] = {
        **heldout.source,
        "episodes": len(heldout.episodes),
        "frames": heldout.frames,
    }
    return {
        "world": manifest.name,
        "world_version": manifest.version,
        "pack_digest": world.digest,
        # The pack's digest changes when this report is put into it; that of the weights does not.
        "weights_sha256": manifest.files[WEIGHTS_NAME].sha256,
        "family": manifest.family,
        "steps": world.steps,
        "rate_hz": world.rate_hz,
        "data": data,
        "provenance": dict(manifest.provenance),
        "machine": describe(world.device) | {"threads": torch.get_num_threads()},
    }
