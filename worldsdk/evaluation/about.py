"""What was evaluated, and where: the part of a report that is not a figure."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from worldsdk.evaluation.heldout import HeldOut
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
        "family": manifest.family,
        "steps": world.steps,
        "rate_hz": world.rate_hz,
        "data": data,
        "machine": machine(world.device),
    }


def machine(device: torch.device) -> dict[str, Any]:
    """The machine in words that say nothing about whose it is."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu_name(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "worldsdk": _own_version(),
    }


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _own_version() -> str:
    try:
        return version("worldsdk")
    except PackageNotFoundError:
        return "unknown"
