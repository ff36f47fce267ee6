"""Which form of a pack's model is loaded, and into how much memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from worldsdk.models.interface import WorldModel
from worldsdk.models.optimise import optimise
from worldsdk.models.streaming import Pool
from worldsdk.models.variants import DEFAULT, find_variant, variants_of
from worldsdk.packs.manifest import Manifest
from worldsdk.packs.pack import Pack
from worldsdk.runtime import measured
from worldsdk.runtime.device import settle_threads
from worldsdk.runtime.measured import Expected
from worldsdk.runtime.memory_limit import load_limited

AUTO = "auto"
"""The variant that is chosen by what was measured."""


@dataclass(frozen=True)
class Loaded:
    """A model ready to play.

    Attributes:
        manifest: the pack's, with the config that the model was built from.
        variant: name of the form.
        weights: what fetches weights right before they run; None where all are in memory.
        expected: what ticks cost when they were last measured here; None where they were not.
    """

    manifest: Manifest
    model: WorldModel
    variant: str
    weights: Pool | None
    expected: Expected | None


def load_form(pack: Pack, device: torch.device, variant: str | None, limit_mb: float | None) -> Loaded:
    """See ``worldsdk.load``. Settles the number of threads, too.

    Raises:
        PackError, PackChecksumError: also for a variant that there is not.
        DeviceError: also for a limit that is too low.
    """
    given, form = pack.manifest, DEFAULT
    if variant == AUTO:
        kept = measured.find(given.digest, device)
        variant = None if kept is None else kept.best(1000.0 / given.rate_hz)
    if variant is not None:
        form = find_variant(variant, variants_of(given.family, given.config, device))
    if form.config:
        pack = replace(pack, manifest=replace(given, config={**given.config, **form.config}))
    weights = None
    if limit_mb is None:
        model = optimise(pack.load_model("cpu"), device, form.prepared())
    else:
        model, weights = load_limited(pack, device, form.prepared(), limit_mb)
    settle_threads(model.useful_threads)
    # Weights that have to be fetched make ticks slower than any that were measured.
    kept = None if weights is not None else measured.find(given.digest, device, torch.get_num_threads())
    return Loaded(pack.manifest, model, form.name, weights, None if kept is None else kept.expected(variant))
