"""Reward and end of a tick, from the frames before and after it and an LSTM's memory of those before."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.diamond.blocks import inputs_of, level_blocks, shrinking
from worldsdk.models.diamond.config import OutcomeConfig


class Happening(NamedTuple):
    """``reward`` [B], in [-1, 1]; ``ended`` [B], a probability; the LSTM's memory, ``hidden`` and ``cell``
    [B, H], float32.
    """

    reward: Tensor
    ended: Tensor
    hidden: Tensor
    cell: Tensor


class Outcome(nn.Module):
    """The original draws reward (-1, 0 or 1) and end from their probabilities. Here nothing is drawn once the
    picture is made: the reward is its mean, and the end is told as a probability.
    """

    def __init__(self, config: OutcomeConfig, height: int, width: int, actions: int) -> None:
        super().__init__()
        unet, hidden = config.unet, config.hidden
        self.actions = nn.Parameter(torch.randn(actions, unet.condition))
        self.stem = nn.Conv2d(6, unet.channels[0], 3, padding=1)
        levels = zip(inputs_of(unet), unet.channels, unet.depths, unet.attention, strict=True)
        self.levels = nn.ModuleList(level_blocks(i, c, n, unet.condition, a) for i, c, n, a in levels)
        self.middle = level_blocks(unet.channels[-1], unet.channels[-1], 2, unet.condition, True)
        self.shrink = shrinking(unet)
        divisor = 2 ** len(self.shrink)
        features = unet.channels[-1] * (height // divisor) * (width // divisor)
        self.lstm_input = nn.Linear(features, 4 * hidden)
        self.lstm_hidden = nn.Linear(hidden, 4 * hidden)
        self.head = nn.Sequential(nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 5, bias=False))

    def memory(self, batch: int) -> tuple[Tensor, Tensor]:
        """The LSTM's hidden and cell state before anything was seen, float32 [B, H] each."""
        empty = torch.zeros(batch, self.hidden, device=self.actions.device)
        return empty, empty.clone()

    @property
    def hidden(self) -> int:
        """Width of the LSTM."""
        return int(cast(nn.Linear, self.head[0]).weight.shape[0])

    def encode(self, before: Tensor, after: Tensor, action: Tensor) -> Tensor:
        """Frames [B, 3, H, W] in [-1, 1] and the action vector between them [B, actions] -> [B, features]."""
        condition = action @ self.actions
        x = self.stem(torch.cat([before, after], dim=1))
        for level, blocks in enumerate(self.levels):
            x = self.shrink[level - 1](x) if level else x
            for block in cast(nn.ModuleList, blocks):
                x = block(x, condition)
        for block in self.middle:
            x = block(x, condition)
        return cast(Tensor, x.flatten(1))

    def forward(self, features: Tensor, hidden: Tensor, cell: Tensor) -> Happening:
        """One step of the LSTM (Hochreiter and Schmidhuber 1997, with a forget gate) and what it tells."""
        return self.told(
            self.lstm_input(features).float() + self.lstm_hidden(hidden).float(), cell, self.head
        )

    @staticmethod
    def told(gates: Tensor, cell: Tensor, head: nn.Module) -> Happening:
        """What the gates [B, 4 H] (input, forget, update, output) make of the cell, and what that tells."""
        enter, forget, update, leave = gates.chunk(4, dim=1)
        cell = forget.sigmoid() * cell + enter.sigmoid() * update.tanh()
        hidden = leave.sigmoid() * cell.tanh()
        logits = head(hidden).float()
        rewards, ended = F.softmax(logits[:, :3], dim=1), F.softmax(logits[:, 3:], dim=1)
        return Happening(rewards[:, 2] - rewards[:, 0], ended[:, 1], hidden, cell)
