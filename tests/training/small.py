"""A recipe and a dataset small enough to train on in seconds: a walker in an empty room."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from worldsdk.controls import Control, ControlSpec
from worldsdk.data.format import DatasetInfo, LayerInfo
from worldsdk.data.writer import DatasetWriter
from worldsdk.models.interface import Variable

HEIGHT, WIDTH = 16, 24
SPEC = ControlSpec(
    (Control("forward", keys={"KeyW": 1.0}), Control("turn", "axis", -8.0, 8.0, keys={"ArrowLeft": -4.0}))
)
INFO = DatasetInfo(
    game="room",
    height=HEIGHT,
    width=WIDTH,
    controls=SPEC,
    variables=(
        Variable("x", 0.0, 512.0, "map units"),
        Variable("y", 0.0, 512.0, "map units"),
        Variable("heading", 0.0, 360.0, "degrees", 360.0),
        Variable("vx", -16.0, 16.0, "map units/tick"),
        Variable("vy", -16.0, 16.0, "map units/tick"),
    ),
    layers=(
        LayerInfo("depth", "float16", (HEIGHT, WIDTH), 0.0, 700.0, "map units"),
        LayerInfo("things", "float32", (3, 6), 0.0, 512.0, "thing", classes=("none", "lamp")),
    ),
    rate_hz=35.0,
    licence="CC0-1.0",
    notices={"ROOM.txt": "Nobody drew this room."},
)

RECIPE = """
[world]
name = "room"
title = "Room"
summary = "An empty room."
family = "{family}"
starts = 5

[data]
game = "room"
frames = 800

[model]
channels = [8, 12, 16]
condition = 16
{model}

[train]
minutes = 1.0
seed = 3

{stages}
"""

ANCHORED_MODEL = """
lags = [1, 4]
keyframes = 4
map_cells = 16
map_channels = 4
rays = 8
place_channels = 8
"""

ANCHORED_STAGES = """
[[stage]]
name = "motion"
objective = "motion"
share = 0.5
batch = 16
lr = 1e-2
warmup = 2
unroll = 4

[[stage]]
name = "place"
objective = "place"
share = 0.25
batch = 16
lr = 2e-3
warmup = 2

[[stage]]
name = "surface"
objective = "surface"
share = 0.125
batch = 16
lr = 2e-2
warmup = 2
pixels = 256

[[stage]]
name = "picture"
objective = "picture"
share = 0.125
batch = 4
unroll = 2
warmup = 2
"""

FOLLOWED_MODEL = (
    ANCHORED_MODEL
    + """
tile = 16
walls = 2
wall_tile = 16
samples = 2
fine = 2
things = ["lamp"]
slots = 3
sprite = 8
"""
)

FOLLOWED_STAGES = """
[[stage]]
name = "things"
objective = "things"
share = 0.25
batch = 32
lr = 1e-2
warmup = 2
""" + ANCHORED_STAGES.replace("share = 0.5", "share = 0.25")

CONVNET_STAGES = """
[[stage]]
name = "frame"
objective = "frame"
share = 1.0
batch = 4
unroll = 2
warmup = 2
"""


def recipe_text(family: str) -> str:
    if family == "followed":
        return RECIPE.format(family="anchored", model=FOLLOWED_MODEL, stages=FOLLOWED_STAGES)
    if family == "anchored":
        return RECIPE.format(family=family, model=ANCHORED_MODEL + "flats = 40\n", stages=ANCHORED_STAGES)
    return RECIPE.format(family=family, model="history = 2", stages=CONVNET_STAGES)


def write_recipe(folder: Path, family: str) -> Path:
    path = folder / f"{family}.toml"
    path.write_text(recipe_text(family), "utf-8")
    return path


def write_dataset(folder: Path, episodes: int = 8, length: int = 100) -> Path:
    """Walks with friction in the middle of a room; the picture is a function of the pose."""
    rng = np.random.default_rng(0)
    count = episodes * length
    controls = np.zeros((count, 2), np.float32)
    variables = np.zeros((count, 5), np.float32)
    row = 0
    for _ in range(episodes):
        x, y, heading, vx, vy = 256.0, 256.0, float(rng.uniform(0, 360)), 0.0, 0.0
        for tick in range(length):
            forward, turn = (float(rng.random() < 0.7), float(rng.uniform(-1, 1))) if tick else (0.0, 0.0)
            heading = (heading - 8.0 * turn) % 360.0
            vx += 0.5 * forward * math.cos(math.radians(heading))
            vy += 0.5 * forward * math.sin(math.radians(heading))
            x, y = min(max(x + vx, 0.0), 512.0), min(max(y + vy, 0.0), 512.0)
            vx, vy = 0.9 * vx, 0.9 * vy
            controls[row], variables[row] = (forward, turn), (x, y, heading, vx, vy)
            row += 1
    columns = np.arange(WIDTH) * 360.0 / WIDTH
    bright = 127 + 100 * np.cos(np.radians(variables[:, 2:3] + columns))
    pixels = np.repeat(bright[:, None, :, None], HEIGHT, axis=1).repeat(3, axis=3).astype(np.uint8)
    writer = DatasetWriter(folder, INFO)
    writer.write(
        0,
        {
            "pixels": pixels,
            "controls": controls,
            "variables": variables,
            "reward": np.zeros(count, np.float32),
            "ended": np.zeros(count, np.uint8),
            "episode": np.repeat(np.arange(episodes, dtype=np.int32), length),
            "depth": np.full((count, HEIGHT, WIDTH), 200.0, np.float16),
            "things": _lamps(episodes, length),
        },
        tuple(range(episodes)),
    )
    return folder


def _lamps(episodes: int, length: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A lamp in slot 1 that goes out for good in tick 60; in slot 0 another comes in every tenth, for one."""
    lamps = np.zeros((episodes, length, 3, 6), np.float32)
    lamps[:, :60, 1] = (1.0, 300.0, 256.0, 0.0, 0.0, 5.0)
    for tick in range(10, length, 10):
        lamps[:, tick, 0] = (1.0, 100.0 + tick, 256.0, 0.0, 0.0, 100.0 + tick)
    return lamps.reshape(-1, 3, 6)
