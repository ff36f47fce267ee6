"""How much arithmetic a frame takes, and how much this machine can do at best."""

from __future__ import annotations

import time

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from worldsdk.models.interface import Context, WorldModel

SIDE = 2048
"""Side of the square matrices whose product measures the peak."""


def gflop_per_frame(model: WorldModel, context: Context, steps: int) -> float:
    """Billions of floating-point operations of one tick (a multiply-add is two).

    Counted, not estimated: every matrix product, convolution and attention that torch runs.

    Args:
        model: plain, as the pack builds it: an optimised one hides its operations from the counter.
        context: a batch of one to start from.
        steps: denoising steps.
    """
    spec = model.spec
    noise = torch.zeros(1, *spec.noise_shape, device=model.device)
    with torch.no_grad():
        state = model.start(context)
        with FlopCounterMode(display=False) as counter:
            condition = model.condition(state, torch.zeros(1, spec.controls, device=model.device))
            estimate: Tensor | None = None
            for step in range(steps):
                estimate = model.denoise(condition, estimate, noise, step, steps)
            assert estimate is not None
            model.commit(state, condition, estimate)
    return float(counter.get_total_flops()) / 1e9


def peak_gflops(device: torch.device, side: int = SIDE, seconds: float = 1.0) -> tuple[float, str]:
    """The fastest matrix product this machine does with its current threads, and its number format.

    The better of bfloat16 and float32: processors without bfloat16 units are slower at it than at float32.
    Each is repeated for about ``seconds``, at least three times; the best run counts.
    """
    best = {
        name: _best_rate(side, dtype, device, seconds)
        for name, dtype in (("bfloat16", torch.bfloat16), ("float32", torch.float32))
    }
    name = max(best, key=lambda key: best[key])
    return best[name], name


def _best_rate(side: int, dtype: torch.dtype, device: torch.device, seconds: float) -> float:
    a = torch.full((side, side), 0.5, dtype=dtype, device=device)
    b = torch.full((side, side), 0.25, dtype=dtype, device=device)
    times: list[float] = []
    begun = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begun < seconds:
        started = time.perf_counter()
        torch.mm(a, b)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - started)
    return 2.0 * side**3 / min(times) / 1e9
