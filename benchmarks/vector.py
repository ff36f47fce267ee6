"""Frames per second of a VectorEnv, beside those of as many single environments stepped one by one.

The single environments are Gymnasium's ``SyncVectorEnv`` over ``WorldEnv``: the same world, actions, seeds
and bookkeeping, one pass for each frame. The vector is measured both fused and in the deterministic mode.
Prints JSON with the machine it ran on::

    python benchmarks/vector.py doom-field --envs 32 --seconds 10
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from worldsdk.client.gym import WorldEnv, WorldVectorEnv
from worldsdk.runtime.machine import describe
from worldsdk.runtime.world import load

WARM_UP_STEPS = 3
"""Steps before the stopwatch: compilers and caches settle."""

ROUNDS = 3
"""The variants take turns, so that a machine that grows busy is unkind to all of them; the best counts."""


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--envs", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each variant in each round")
    args = parser.parse_args(argv)
    fused = load(args.world, args.device, deterministic=False, rewind_ticks=0)
    exact = load(args.world, args.device, deterministic=True, rewind_ticks=0)
    variants: dict[str, Callable[[], Any]] = {
        "single": lambda: SyncVectorEnv(
            [lambda: WorldEnv(exact)] * args.envs, autoreset_mode=AutoresetMode.NEXT_STEP
        ),
        "vector_deterministic": lambda: WorldVectorEnv(args.envs, exact),
        "vector": lambda: WorldVectorEnv(args.envs, fused),
    }
    rates = dict.fromkeys(variants, 0.0)
    for _ in range(ROUNDS):
        for name, make in variants.items():
            rates[name] = max(rates[name], frames_per_second(make(), args.seconds))
    json.dump(
        {
            "world": fused.manifest.name,
            "envs": args.envs,
            "steps": fused.steps,
            "machine": describe(fused.device),
            "threads": torch.get_num_threads(),
            "frames_per_second": {name: round(rate, 1) for name, rate in rates.items()},
            "times_single": round(rates["vector"] / rates["single"], 2),
        },
        sys.stdout,
        indent=1,
    )
    print()
    return 0


def frames_per_second(envs: Any, seconds: float) -> float:
    """Frames of all environments together, per second of wall time, after a warm-up. Closes ``envs``."""
    envs.reset(seed=0)
    envs.action_space.seed(0)
    actions = [envs.action_space.sample() for _ in range(64)]
    for step in range(WARM_UP_STEPS):
        envs.step(actions[step])
    steps, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        envs.step(actions[steps % len(actions)])
        steps += 1
    rate = steps * envs.num_envs / (time.perf_counter() - begun)
    envs.close()
    return rate


if __name__ == "__main__":
    sys.exit(main())
