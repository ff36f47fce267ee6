"""The anchored family's motion for playing on a CPU: ``anchored/motion.py`` as one compiled loop in float32.

Its sixty small tensors cost more than the walk that they compute. Sums come in another order than in the
plain one, so that the two agree to float32's rounding and not to the bit.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.anchored.motion import GROUND_CELLS, SPEED_UNIT, Motion
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]

OCTAVES = 6


class QuickMotion(nn.Module):
    """Takes and gives what ``Motion`` does. CPU only."""

    def __init__(self, motion: Motion) -> None:
        super().__init__()
        layers = [cast(nn.Linear, motion.correct[index]) for index in (0, 2, 4)]
        self.weights: tuple[Floats, ...] = (
            *(_array(tensor) for tensor in (motion.turn.weight, motion.thrust.weight, motion.friction[None])),
            _array(motion.walls[0].permute(1, 2, 0)),
            *(_array(tensor) for tensor in (motion.ground, motion.probes, motion.low, motion.high)),
            _array(motion.fastest),
            # Inputs first: a row at a time is added to all outputs, in vectors and in a fixed order.
            *(_array(tensor) for layer in layers for tensor in (layer.weight.T, layer.bias)),
        )

    def forward(self, pose: Tensor, velocity: Tensor, controls: Tensor) -> tuple[Tensor, Tensor]:
        moved, onward = np.empty((len(pose), 3), np.float32), np.empty((len(pose), 2), np.float32)
        _move(pose.numpy(), velocity.numpy(), controls.numpy(), moved, onward, *self.weights)
        return torch.from_numpy(moved), torch.from_numpy(onward)


def _array(tensor: Tensor) -> Floats:
    return cast(Floats, tensor.detach().float().contiguous().numpy())


@kernel(fastmath=False, vectors=True)
def _sum_up(inputs: Floats, weight: Floats, bias: Floats, out: Floats) -> None:
    """inputs [N], weight [N, M], bias [M] -> out [M]."""
    out[:] = bias
    for n in range(len(inputs)):
        for m in range(len(out)):
            out[m] += inputs[n] * weight[n, m]


@kernel(fastmath=False, vectors=True)
def _wake(values: Floats) -> None:
    """SiLU in place."""
    for n in range(len(values)):
        values[n] = values[n] / (np.float32(1.0) + np.float32(math.exp(-values[n])))


@kernel(fastmath=False, vectors=True)
def _move(
    poses: Floats,
    velocities: Floats,
    controls: Floats,
    moved: Floats,
    onward: Floats,
    turn: Floats,
    thrust: Floats,
    friction: Floats,
    walls: Floats,
    ground: Floats,
    probes: Floats,
    low: Floats,
    high: Floats,
    fastest: Floats,
    weight1: Floats,
    bias1: Floats,
    weight2: Floats,
    bias2: Floats,
    weight3: Floats,
    bias3: Floats,
) -> None:
    """Fills ``moved`` [B, 3] and ``onward`` [B, 2]; the rest is that of ``Motion`` in its order."""
    side, _, channels = walls.shape
    count = len(probes)
    features = np.empty(len(weight1), np.float32)
    first, second = np.empty(len(bias1), np.float32), np.empty(len(bias2), np.float32)
    last = np.empty(4, np.float32)
    position, free = np.empty(2, np.float32), np.empty(2, np.float32)
    span = high - low
    for b in range(len(poses)):
        heading = poses[b, 2]
        ahead = aside = np.float32(0.0)
        for c in range(controls.shape[1]):
            heading += np.float32(10.0) * turn[0, c] * controls[b, c]
            ahead += thrust[0, c] * controls[b, c]
            aside += thrust[1, c] * controls[b, c]
        angle = heading * np.float32(math.pi / 180.0)
        cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        free[0] = velocities[b, 0] + cos * ahead + sin * aside
        free[1] = velocities[b, 1] + sin * ahead - cos * aside
        position[0], position[1] = poses[b, 0], poses[b, 1]
        features[0], features[1] = free[0] / np.float32(SPEED_UNIT), free[1] / np.float32(SPEED_UNIT)
        for p in range(count):
            x, y = position[0] + probes[p, 0], position[1] + probes[p, 1]
            u, v = (x - low[0]) / span[0], (y - low[1]) / span[1]
            gx = min(max(u * side - np.float32(0.5), np.float32(0.0)), np.float32(side - 1))
            gy = min(max(v * side - np.float32(0.5), np.float32(0.0)), np.float32(side - 1))
            left, top = int(gx), int(gy)
            right, bottom = min(left + 1, side - 1), min(top + 1, side - 1)
            fx, fy = np.float32(gx - left), np.float32(gy - top)
            for c in range(channels):
                above = (np.float32(1.0) - fx) * walls[top, left, c] + fx * walls[top, right, c]
                below = (np.float32(1.0) - fx) * walls[bottom, left, c] + fx * walls[bottom, right, c]
                features[2 + c * count + p] = (np.float32(1.0) - fy) * above + fy * below
            column = min(max(round(u * GROUND_CELLS - 0.5), 0), GROUND_CELLS - 1)
            row = min(max(round(v * GROUND_CELLS - 0.5), 0), GROUND_CELLS - 1)
            off = max(abs(ground[0, row, column] - x) / span[0], abs(ground[1, row, column] - y) / span[1])
            features[2 + count * channels + p] = min(off * np.float32(GROUND_CELLS), np.float32(2.0))
        at = 2 + count * (channels + 1)
        for axis in range(2):
            place = (position[axis] - low[axis]) / span[axis]
            for octave in range(OCTAVES):
                wave = place * np.float32(math.pi * 2.0**octave)
                features[at + 2 * octave + axis] = math.sin(wave)
                features[at + 2 * OCTAVES + 2 * octave + axis] = math.cos(wave)
        _sum_up(features, weight1, bias1, first)
        _wake(first)
        _sum_up(first, weight2, bias2, second)
        _wake(second)
        _sum_up(second, weight3, bias3, last)
        speed = np.float32(math.sqrt(free[0] * free[0] + free[1] * free[1]))
        for axis in range(2):
            reached = position[axis] + free[axis] + last[axis] * speed
            moved[b, axis] = max(min(reached, high[axis]), low[axis])
            carried = (free[axis] + last[2 + axis] * speed) * friction[0]
            onward[b, axis] = max(min(carried, fastest[axis]), -fastest[axis])
        # Off the walked ground, the nearest point of the nearest walked cell.
        column = int((moved[b, 0] - low[0]) / span[0] * np.float32(GROUND_CELLS))
        row = int((moved[b, 1] - low[1]) / span[1] * np.float32(GROUND_CELLS))
        column, row = min(max(column, 0), GROUND_CELLS - 1), min(max(row, 0), GROUND_CELLS - 1)
        for axis in range(2):
            middle, half = ground[axis, row, column], span[axis] / np.float32(2 * GROUND_CELLS)
            moved[b, axis] = max(min(moved[b, axis], middle + half), middle - half)
        moved[b, 2] = heading % np.float32(360.0)
