"""A small model of every family, for what all of them must keep. A new family is one more line here."""

from __future__ import annotations

from collections.abc import Callable

from tests.models import samples
from tests.models.diamond import made
from tests.models.oasis.samples import oasis
from worldsdk.controls import Control, ControlSpec
from worldsdk.models.interface import WorldModel
from worldsdk.packs.manifest import Manifest

MAKERS: dict[str, Callable[[], WorldModel]] = {
    **samples.FAMILIES,
    "diamond": made.atari,
    "diamond-csgo": made.csgo,
    "oasis": oasis,
}


def manifest(name: str, model: WorldModel) -> Manifest:
    """One that fits the model; its controls are axes without names of their own."""
    controls = ControlSpec(
        tuple(Control(f"c{n}", "axis", low=-1.0, high=1.0) for n in range(model.spec.controls))
    )
    return Manifest(
        name=name,
        version="1",
        title=name,
        family=name.partition("-")[0],
        config={},
        controls=controls,
        rate_hz=10.0,
        licence="MIT",
        default_steps=min(2, model.spec.max_steps),
    )
