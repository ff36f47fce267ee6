"""From noise to a picture, one step at a time (Karras et al. 2022, algorithm 2, first order).

A step is given all noise it uses, so that it is a pure function; what a step leaves for the next is a value.
"""

from __future__ import annotations

import math

from torch import Tensor

from worldsdk.models.diamond.config import SamplerConfig

CHURN_LIMIT = math.sqrt(2.0) - 1.0


def noise_levels(config: SamplerConfig, steps: int) -> list[float]:
    """The deviations that ``steps`` steps begin at, descending, and 0 for the end: ``steps + 1`` numbers."""
    high, low = config.sigma_max ** (1.0 / config.rho), config.sigma_min ** (1.0 / config.rho)
    shares = [index / (steps - 1) if steps > 1 else 0.0 for index in range(steps)]
    return [*((high + share * (low - high)) ** config.rho for share in shares), 0.0]


def churned(config: SamplerConfig, sigma: float, steps: int) -> float:
    """The deviation that noise is put in up to before a step at ``sigma``; ``sigma`` itself where none is."""
    gamma = min(config.churn / steps, CHURN_LIMIT)
    # A level computed as churn_min must count as inside.
    inside = config.churn_min * (1.0 - 1e-6) <= sigma <= config.churn_max * (1.0 + 1e-6)
    return sigma * (1.0 + gamma) if gamma > 0.0 and inside else sigma


def churn(config: SamplerConfig, sample: Tensor, sigma: float, higher: float, noise: Tensor) -> Tensor:
    """``sample`` with noise put in, from the deviation ``sigma`` up to ``higher``."""
    if higher <= sigma:
        return sample
    return sample + noise * (config.churn_noise * math.sqrt(higher * higher - sigma * sigma))


def euler(sample: Tensor, denoised: Tensor, sigma: float, after: float) -> Tensor:
    """Along the line from ``sample`` to ``denoised``, from the deviation ``sigma`` to ``after``."""
    return sample + (sample - denoised) / sigma * (after - sigma)
