"""What the runtime adds to the model's own time: sessions, noise, checks, history, the clock.

Ticks of ``Session.step`` and of the real-time clock (its waiting left out) in turn; inside each, the model's
own methods are timed. What is left of a tick is the runtime's. Prints JSON with the machine it ran on::

    python benchmarks/overhead.py doom-maze --ticks 600 --json FILE

With one thread in torch, times are of the thread's processor: other programs on the machine do not count.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from worldsdk.packs.storage import write_file
from worldsdk.play.script import wander
from worldsdk.runtime.machine import describe
from worldsdk.runtime.world import World, load

WARM_UP = 20
MODEL = ("condition", "denoise", "commit")


class Unhurried:
    """A clock that measures like the real one and never waits: it skips to the next beat."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def monotonic(self) -> float:
        return time.perf_counter() + self._skipped

    def sleep_until(self, moment: float) -> None:
        self._skipped += max(0.0, moment - self.monotonic())


class Meter:
    """Replaces a world's model's methods by timed ones; ``spent`` is the sum since ``begin``, in seconds."""

    def __init__(self, world: World) -> None:
        self.now = time.thread_time if _alone(world) else time.perf_counter
        self.spent = 0.0
        self._device = world.device
        for name in MODEL:
            setattr(world.model, name, self._timed(getattr(world.model, name)))

    def tick(self, step: Callable[[], object]) -> tuple[float, float]:
        """Seconds of ``step``, and of the model within it."""
        self.spent, started = 0.0, self.now()
        step()
        return self.now() - started, self.spent

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            started = self.now()
            result = method(*args)
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)
            self.spent += self.now() - started
            return result

        return timed


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--ticks", type=int, default=600, help="of each kind")
    parser.add_argument("--json", type=Path, help="write the report there as well")
    args = parser.parse_args(argv)
    world = load(args.world, args.device)
    report = {
        "world": world.manifest.name,
        "steps": world.steps,
        "machine": describe(world.device),
        "threads": torch.get_num_threads(),
        "processor_time": _alone(world),
        **measure(world, args.ticks),
    }
    text = json.dumps(report, indent=1)
    print(text)
    if args.json:
        write_file(args.json, f"{text}\n".encode())
    return 0


def measure(world: World, ticks: int) -> dict[str, Any]:
    """Of each kind of tick: median ms in all, in the model, and the runtime's as a share of the model's."""
    script = wander(world.controls, ticks + WARM_UP, world.rate_hz)
    meter = Meter(world)
    stepped, clocked = world.session(seed=1), world.session(seed=1)
    with clocked.realtime(steps=world.steps, clock=Unhurried()) as live:
        kinds: dict[str, Callable[[int], object]] = {
            "session": lambda tick: stepped.step(script.at(tick)),
            "clock": lambda tick: live.tick(script.at(tick)),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
        for tick in range(ticks + WARM_UP):
            for name, kind in kinds.items():
                taken[name].append(meter.tick(lambda kind=kind, tick=tick: kind(tick)))  # type: ignore[misc]
    return {"ticks": ticks, **{name: _summary(np.array(pairs[WARM_UP:])) for name, pairs in taken.items()}}


def _summary(pairs: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float]:
    total, model = np.median(pairs, axis=0) * 1000.0
    added = float(np.median(pairs[:, 0] - pairs[:, 1])) * 1000.0
    return {
        "tick_ms": float(total),
        "model_ms": float(model),
        "added_ms": added,
        "added": added / float(model),
    }


def _alone(world: World) -> bool:
    return world.device.type == "cpu" and torch.get_num_threads() == 1


if __name__ == "__main__":
    sys.exit(main())
