"""Exponentially averaged weights: the ones that are shown, measured and shipped."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class WeightAverage:
    """Average of a model's parameters over about 1 / (1 - decay) steps, shorter while there were few.

    Buffers need no average: none of ours changes in training.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.weights = {name: value.detach().clone() for name, value in model.named_parameters()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1.0 + self.steps) / (10.0 + self.steps))
        parameters = dict(model.named_parameters())
        names = list(self.weights)
        torch._foreach_lerp_(
            [self.weights[n] for n in names], [parameters[n].detach() for n in names], 1.0 - decay
        )

    @torch.no_grad()
    def copy_to(self, model: nn.Module) -> None:
        for name, value in model.named_parameters():
            value.copy_(self.weights[name])

    @torch.no_grad()
    def load(self, weights: Mapping[str, Tensor], steps: int) -> None:
        self.steps = steps
        for name, value in self.weights.items():
            value.copy_(weights[name])
