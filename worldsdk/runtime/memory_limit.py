"""Loading a model into less memory than its weights take."""

from __future__ import annotations

import math

import torch

from worldsdk.errors import DeviceError
from worldsdk.models.footprint import model_bytes
from worldsdk.models.interface import WorldModel
from worldsdk.models.optimise import optimise
from worldsdk.models.streaming import Pool
from worldsdk.models.variants import Ready
from worldsdk.packs.lazily import load_lazily
from worldsdk.packs.pack import Pack


def load_limited(
    pack: Pack, device: torch.device, ready: Ready, limit_mb: float
) -> tuple[WorldModel, Pool | None]:
    """The pack's model, ready for play, its weights in at most ``limit_mb`` MB (10**6 bytes) of ``device``.

    What it gives is the same to the bit as without a limit. A layer's temporary results, sessions' memories
    and the interpreter are not counted. With room for all weights, and four times the largest group, nothing
    is fetched twice.

    Returns:
        the model, and what fetches its weights; None where the family has nothing to fetch.

    Raises:
        DeviceError: no number above 0; or too little even for the largest group of weights, or for a family
            that has none.
        PackError, PackChecksumError: as ``Pack.load_model``.
    """
    if not (math.isfinite(limit_mb) and limit_mb > 0.0):
        raise DeviceError(f"{limit_mb} MB", where="memory limit", fix="give a number above 0")
    limit = int(limit_mb * 1e6)
    model, pool = load_lazily(pack, device)
    # What the pool will fetch is not in memory yet. What is may grow to its first size again: some layers put
    # a copy of their weights in order when they first run.
    plain = model_bytes(model)
    optimise(model, device, ready)
    fixed = max(plain, model_bytes(model))
    if pool is not None:
        pool.settle(limit, fixed)
    elif fixed > limit:
        raise DeviceError(
            f"the weights of {pack.manifest.name!r} take {fixed / 1e6:.1f} MB, and family "
            f"{pack.manifest.family!r} has no groups that could be fetched one after another",
            where="memory limit",
            fix=f"give {fixed / 1e6 + 1:.0f} MB or more",
        )
    return model, pool
