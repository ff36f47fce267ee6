"""Packs of Oasis and DIAMOND with random weights, for benchmarks: speed does not depend on what weights are.

Reduced sizes, so that ``worldsdk bench --matrix`` takes minutes; ``--full`` writes the published sizes::

    python benchmarks/random_packs.py packs
    worldsdk bench packs/oasis-small --matrix
    worldsdk bench packs/diamond-small --matrix
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from diamond import atari_config, random_model, start_context
from oasis import random_model as random_oasis

from worldsdk.controls import Control, ControlSpec
from worldsdk.models.diamond import DiamondConfig, DiamondModel
from worldsdk.models.diamond.config import OutcomeConfig
from worldsdk.models.interface import Context
from worldsdk.models.oasis import OasisConfig, OasisModel
from worldsdk.packs import Manifest, save_pack

OASIS = {"hidden": 128, "heads": 2, "depth": 4, "window": 16, "max_steps": 4, "pixel_patch": 4}
OASIS |= {"height": 72, "width": 128}
OASIS |= {f"{way}_{what}": n for way in ("encoder", "decoder") for what, n in (("hidden", 128), ("heads", 2))}
OASIS |= {"encoder_depth": 2, "decoder_depth": 2}
"""144 tokens a frame, as published, and a sixteenth of the window's work in all else."""


def oasis(full: bool) -> tuple[OasisModel, ControlSpec, Context]:
    """A model of fresh weights; what training begins at zero is drawn, too, so that every path is open."""
    config = OasisConfig() if full else OasisConfig(**OASIS)  # type: ignore[arg-type]
    model = random_oasis(config)
    names = [f"action{n}" for n in range(config.controls)]
    pixels = torch.randint(0, 256, (1, 1, 9, 16, 3), dtype=torch.uint8)
    enlarged = pixels.repeat_interleave(config.height // 9, 2).repeat_interleave(config.width // 16, 3)
    starts = Context(enlarged, torch.zeros(1, 1, config.controls), torch.zeros(1, 1, 0))
    return model, ControlSpec(tuple(Control(name) for name in names)), starts


def diamond(full: bool) -> tuple[DiamondModel, ControlSpec, Context]:
    """Breakout's, or the same with half the channels at 48 x 48."""
    controls, config = atari_config()
    model = random_model(config if full else _smaller(config))
    return model, controls, start_context(model)


def _smaller(config: DiamondConfig) -> DiamondConfig:
    assert config.outcome is not None
    unet = replace(config.denoiser.unet, channels=(32,) * 4, condition=128)
    teller = replace(config.outcome.unet, channels=(16,) * 4, condition=64)
    return replace(
        config,
        height=48,
        width=48,
        denoiser=replace(config.denoiser, unet=unet),
        outcome=OutcomeConfig(teller, 128),
        max_steps=4,
    )


MAKERS: dict[str, Callable[[bool], tuple[OasisModel | DiamondModel, ControlSpec, Context]]] = {
    "oasis": oasis,
    "diamond": diamond,
}


def main(argv: list[str] | None = None) -> int:
    """Writes them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--full", action="store_true", help="the published sizes; Oasis takes 3.4 GB")
    args = parser.parse_args(argv)
    for family, make in MAKERS.items():
        torch.manual_seed(7)
        model, controls, starts = make(args.full)
        name = f"{family}-{'full' if args.full else 'small'}"
        steps = min(3, model.spec.max_steps) if family == "diamond" else model.spec.max_steps
        manifest = Manifest(
            *(name, "1.0", name, family, model.config.to_json(), controls, 20.0, "MIT"),
            default_steps=steps,
            summary="Random weights, for benchmarks.",
        )
        folder = save_pack(
            args.folder / name, manifest, model.state_dict(), starts, {"LICENSE": b"Random numbers.\n"}
        )
        print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
