"""A denoiser: the network, and what makes its output a picture (EDM; Karras et al. 2022, section 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.diamond.blocks import EPSILON, FourierFeatures, UNet, groups_of
from worldsdk.models.diamond.config import DenoiserConfig


@dataclass(frozen=True)
class Preconditioning:
    """Factors for one noise level: what the network is given and what its output is multiplied with."""

    c_in: float
    c_skip: float
    c_out: float
    c_noise: float

    @classmethod
    def at(cls, sigma: float, config: DenoiserConfig) -> Preconditioning:
        """EDM's, for the deviation of ``sigma`` and the noise common to a channel together."""
        level = math.hypot(sigma, config.sigma_offset)
        data = config.sigma_data
        total = level * level + data * data
        return cls(
            c_in=1.0 / math.sqrt(total),
            c_skip=data * data / total,
            c_out=level * data / math.sqrt(total),
            c_noise=math.log(level) / 4.0,
        )


class Conditioned(nn.Module):
    """What a network is told beside pictures. Its definition and its quick form fill in the parts."""

    noise_features: FourierFeatures
    context_features: FourierFeatures | None
    actions: nn.Parameter | None
    embed: nn.Module

    def embedding(self, actions: Tensor) -> Tensor:
        """Of the last ``history`` actions, vectors [B, history, actions], oldest first: [B, condition]."""
        assert self.actions is not None
        return (actions @ self.actions).flatten(1)

    def condition(self, c_noise: Tensor, c_context: Tensor, embedding: Tensor | None) -> Tensor:
        """The condition vector [B, condition]; c_noise and c_context are [B]."""
        total: Tensor = self.noise_features(c_noise)
        if self.context_features is not None:
            total = total + self.context_features(c_context)
        if embedding is not None:
            total = total + embedding
        return cast(Tensor, self.embed(total))


class Network(Conditioned):
    """Past frames and a noisy one -> what is to be added to the noisy one.

    Args:
        extra: pictures beside past frames and the noisy one (the small frame, enlarged).
        actions: length of the action vector; 0 where it takes none.
    """

    def __init__(self, config: DenoiserConfig, extra: int, actions: int) -> None:
        super().__init__()
        width, channels = config.unet.condition, config.unet.channels[0]
        self.noise_features = FourierFeatures(width)
        self.context_features = FourierFeatures(width) if config.told_context_noise else None
        self.actions = nn.Parameter(torch.randn(actions, width // config.history)) if actions else None
        self.embed = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.stem = nn.Conv2d(3 * (config.history + extra + 1), channels, 3, padding=1)
        self.unet = UNet(config.unet)
        self.norm = nn.GroupNorm(groups_of(channels), channels, eps=EPSILON)
        self.head = nn.Conv2d(channels, 3, 3, padding=1)
        nn.init.zeros_(self.head.weight)

    def forward(self, pictures: Tensor, condition: Tensor) -> Tensor:
        """pictures [B, 3 * all, H, W], the noisy one last -> [B, 3, H, W]."""
        x = self.unet(self.stem(pictures), condition)
        return cast(Tensor, self.head(F.silu(self.norm(x.float()))))


class Denoiser(nn.Module):
    """Denoised pictures, in the 256 levels that a screen has."""

    def __init__(self, config: DenoiserConfig, extra: int = 0, actions: int = 0) -> None:
        super().__init__()
        self.config = config
        self.network = Network(config, extra, actions)

    def forward(
        self,
        noisy: Tensor,
        sigma: float,
        context: Tensor,
        embedding: Tensor | None,
        context_sigma: float = 0.0,
    ) -> Tensor:
        """The picture that ``noisy`` most likely was, float32 [B, 3, H, W] in [-1, 1].

        Args:
            noisy: float32 [B, 3, H, W]: a picture and noise of deviation ``sigma``.
            context: float32 [B, 3 * n, H, W] in [-1, 1], the other pictures, as they are.
            embedding: of the actions, [B, condition]; or ``None``.
            context_sigma: deviation of the noise in ``context``; 0 where there is none.
        """
        factors = Preconditioning.at(sigma, self.config)
        batch = len(noisy)
        c_context = math.log(context_sigma) / 4.0 if context_sigma > 0.0 else 0.0
        condition = self.network.condition(
            noisy.new_full((batch,), factors.c_noise), noisy.new_full((batch,), c_context), embedding
        )
        pictures = torch.cat([context / self.config.sigma_data, noisy * factors.c_in], dim=1)
        output = self.network(pictures, condition).float()
        return to_levels(factors.c_skip * noisy + factors.c_out * output)


def to_levels(picture: Tensor) -> Tensor:
    """The next lower of the 256 levels in [-1, 1] for every number, as the original cuts. NaN stays NaN."""
    return signed((picture.clamp(-1.0, 1.0) + 1.0).div(2.0).mul(255.0).floor())


def signed(levels: Tensor) -> Tensor:
    """0 to 255 -> -1 to 1, in float32 and in the order of the original's operations."""
    return levels.float().div(255.0).mul(2.0).sub(1.0)
