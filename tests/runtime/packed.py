"""Small packs of the families that others trained, for what is measured and loaded from disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.models.diamond import made
from tests.models.families import manifest
from tests.models.oasis.samples import oasis
from tests.models.samples import context
from worldsdk.models.diamond import DiamondModel
from worldsdk.models.oasis import OasisModel
from worldsdk.packs import save_pack

WIDE = {f"{part}hidden": 64 for part in ("", "encoder_", "decoder_")}
WIDE |= {f"{part}heads": 1 for part in ("", "encoder_", "decoder_")}


def write(folder: Path, name: str, precision: str = "bfloat16") -> Path:
    """A pack of ``oasis``, ``diamond`` or ``diamond-csgo`` with random weights; returns its folder."""
    model: OasisModel | DiamondModel
    if name == "oasis":
        model = oasis(**WIDE, depth=3, precision=precision)
    else:
        model = made.atari() if name == "diamond" else made.csgo()
    config = {**model.config.to_json(), "precision": precision}
    told = replace(manifest(name, model), config=config)
    return save_pack(folder, told, model.state_dict(), context(model), {"LICENSE": b"MIT\n"})
