"""The sampler: DDIM without noise (Song et al. 2021, arXiv:2010.02502) of a model that predicts v.

With a the share of signal left at a level, a noisy latent is x = sqrt(a) x0 + sqrt(1 - a) e, and the model
predicts v = sqrt(a) e - sqrt(1 - a) x0 (Salimans and Ho 2022, arXiv:2202.00512).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from worldsdk.models.oasis.config import LEVELS

NOISE_LIMIT = 20.0
"""Starting noise is cut at this, as published."""


def signal_shares(levels: int = LEVELS, start: float = -3.0, end: float = 3.0) -> Tensor:
    """a of every level, least noisy first: float32 [levels].

    Sigmoid schedule (Jabri et al. 2022, arXiv:2212.11972), each step's beta kept within 0 and 0.999.
    """
    # On the CPU always: these are numbers of the method, also of a model that has no memory yet.
    time = torch.linspace(0.0, 1.0, levels + 1, dtype=torch.float64, device="cpu")
    low, high = torch.tensor([start, end], dtype=torch.float32, device="cpu").sigmoid().double()
    shares = (high - (time * (end - start) + start).sigmoid()) / (high - low)
    shares = shares / shares[0]
    betas = (1.0 - shares[1:] / shares[:-1]).clamp(0.0, 0.999)
    # The published sampler multiplies them up in float32.
    return torch.cumprod(1.0 - betas.float(), 0)


def schedule(steps: int, levels: int = LEVELS) -> list[int]:
    """Levels from the noisiest to none, int [steps + 1]; the last, -1, stands for a clean frame."""
    # linspace is evaluated from the clean end, and cut to whole levels, as published.
    edges = torch.linspace(-1.0, levels - 1.0, steps + 1, device="cpu")
    return [int(level) for level in edges.tolist()][::-1]


def ddim(noisy: Tensor, velocity: Tensor, share: float, following: float) -> tuple[Tensor, Tensor]:
    """One step.

    Args:
        noisy, velocity: [B, ...], at a level whose a is ``share``.
        following: a of the next level, 1 for a clean frame.

    Returns:
        the clean latent that the model believes in, and the noisy one of the next level.
    """
    signal, spread = math.sqrt(share), math.sqrt(1.0 - share)
    clean = signal * noisy - spread * velocity
    noise = spread * noisy + signal * velocity
    return clean, math.sqrt(following) * clean + math.sqrt(1.0 - following) * noise
