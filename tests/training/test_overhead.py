"""From recordings seen from above to ground, motion and overlay: on a made-up road whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.models.samples import convnet, driven
from worldsdk.errors import RecipeError
from worldsdk.models.convnet import OverheadModel
from worldsdk.training.footage import Footage
from worldsdk.training.objectives import find_objective
from worldsdk.training.objectives.overhead import OverheadMotionObjective, OverheadPictureObjective
from worldsdk.training.objectives.survey import find_ground, survey
from worldsdk.training.recipe import Stage

EPISODES, TICKS = 24, 40
CAR = (slice(10, 14), slice(11, 13))
"""Rows and columns of the pixels that the car covers."""
EDGE = 12.0
"""Metres: it ends where y is farther from 0."""


def untaught(seed: int = 1) -> OverheadModel:
    model = driven(seed)
    model.ground.texels.zero_()
    return model


def truth() -> OverheadModel:
    """Its ground: a road along y = 0, and squares beside it."""
    model = driven()
    texels = model.ground.texels
    row, column = torch.meshgrid(*(torch.arange(n) for n in texels.shape[:2]), indexing="ij")
    texel = model.ground.config.texel
    x, y = column * texel + model.ground.origin[0], row * texel + model.ground.origin[1]
    texels[:] = torch.tensor([100, 200, 100], dtype=torch.uint8)
    texels[((x / 3.0).floor() % 2 == 0) & ((y / 3.0).floor() % 2 == 0)] = torch.tensor(
        [100, 230, 100], dtype=torch.uint8
    )
    texels[y.abs() < 4.0] = torch.tensor([90, 90, 90], dtype=torch.uint8)
    return model


def play(model: OverheadModel, seed: int = 0) -> Footage:
    """Cars that obey: speed and yaw follow the controls at once, and reward is a coin a metre of road."""
    draw = np.random.default_rng(seed)
    rows: list[list[float]] = []
    controls, reward, ended = [], [], []
    first: list[int] = []
    last: list[int] = []
    for _ in range(EPISODES):
        x, y, heading = draw.uniform(5, 35), draw.uniform(-11, 11), draw.uniform(-3, 3)
        speed = yaw = 0.0
        for tick in range(TICKS):
            held = draw.uniform(0.0, 1.0, 2) if tick else np.zeros(2)
            before = (x, y)
            old_speed, old_yaw = speed, yaw
            speed, yaw = 20.0 * held[0], 4.0 * (held[1] - 0.5) * (held[0] > 0)
            heading += 0.04 * (old_yaw + yaw) / 2.0
            step = 0.04 * (old_speed + speed) / 2.0
            x = float(np.clip(x + step * math.cos(heading), 0.0, 40.0))
            y = float(np.clip(y + step * math.sin(heading), -20.0, 20.0))
            rows.append(
                [x, y, (heading + math.pi) % (2 * math.pi) - math.pi, speed, 0.0, yaw, held[0], speed]
            )
            controls.append([*held, 0.0, 0.0, 0.0])
            driven_on = math.hypot(x - before[0], y - before[1]) if abs(y) < 4.0 and tick else 0.0
            reward.append(driven_on)
            ended.append(float(abs(y) > EDGE))
            if ended[-1]:
                break
        first += [len(first)] * (len(rows) - len(first))
        last += [len(rows)] * (len(rows) - len(last))
    variables = torch.tensor(rows, dtype=torch.float32)
    with torch.inference_mode():
        seen = ((model.ground.view(variables[:, :3]) + 1.0) * 127.5).round().to(torch.uint8)
    pixels = seen.movedim(1, -1).clone()
    pixels[:, CAR[0], CAR[1]] = torch.tensor([200, 0, 0], dtype=torch.uint8)
    every = np.arange(len(rows), dtype=np.int64)
    return Footage(
        pixels=pixels,
        controls=torch.tensor(controls, dtype=torch.float32),
        variables=variables,
        reward=torch.tensor(reward, dtype=torch.float32),
        ended=torch.tensor(ended),
        layers={},
        first=torch.tensor(first),
        last=np.array(last, np.int64),
        train=every[: first[-1]],
        held_out=every[first[-1] :],
    )


@pytest.fixture(scope="module")
def footage() -> Iterator[Footage]:
    yield play(truth())


@pytest.fixture(scope="module")
def surveyed(footage: Footage) -> OverheadModel:
    model = untaught()
    survey(model, footage)
    return model


def test_the_ground_is_found_and_what_is_not_ground(surveyed: OverheadModel, footage: Footage) -> None:
    alien = surveyed.overlay.alien
    assert bool(alien[CAR].all())
    assert float(alien.float().mean()) < 0.2
    poses = footage.variables[torch.from_numpy(footage.held_out), :3]
    off = (surveyed.ground.view(poses) - truth().ground.view(poses)).abs()
    assert float(off[:, :, ~alien].mean()) * 127.5 < 4.0
    # The car did not rub off on it either.
    assert float(off.mean()) * 127.5 < 4.0


def test_rounds_of_correction_sharpen(
    surveyed: OverheadModel, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    poses, pictures = footage.variables[:, :3], footage.pixels

    def error(texels: np.ndarray) -> float:
        model = untaught()
        model.ground.texels.copy_(torch.from_numpy(texels))
        off = model.ground.view(poses) - truth().ground.view(poses)
        return float(off[:, :, ~surveyed.overlay.alien].abs().mean())

    sharp, _ = find_ground(surveyed.ground, poses, pictures)
    monkeypatch.setattr("worldsdk.training.objectives.survey.ROUNDS", 0)
    blurred, _ = find_ground(surveyed.ground, poses, pictures)
    assert error(sharp) < 0.8 * error(blurred)


def test_texels_that_nobody_saw_look_like_their_neighbours(surveyed: OverheadModel) -> None:
    corner = surveyed.ground.texels[0, 0].int().tolist()
    assert corner[1] > 150 and corner[0] < 150


def test_the_verge_is_found(surveyed: OverheadModel) -> None:
    # From the road's edge, 4 metres from its middle.
    assert float(surveyed.ground.verge) == pytest.approx(EDGE - 4.0, abs=1.0)
    assert float(surveyed.ground.distance(torch.tensor([[20.0, 0.0, 0.0]]))) < 3.0


def test_a_survey_is_made_once(surveyed: OverheadModel, footage: Footage) -> None:
    before = surveyed.ground.texels.clone()
    survey(surveyed, replace(footage, pixels=torch.zeros_like(footage.pixels)))
    assert torch.equal(surveyed.ground.texels, before)


def train(
    objective: OverheadMotionObjective | OverheadPictureObjective, steps: int, lr: float
) -> list[float]:
    optimiser = torch.optim.Adam(list(objective.parameters()), lr=lr)
    totals = []
    for step in range(steps):
        terms = objective.losses(np.random.default_rng(step), torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        terms["total"].backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        totals.append(float(terms["total"].detach()))
    return totals


def test_motion_is_learnt(surveyed: OverheadModel, footage: Footage) -> None:
    objective = OverheadMotionObjective(surveyed, footage, Stage("m", "motion", 1.0, batch=32, unroll=3))
    assert objective.frames_per_step == 96
    totals = train(objective, 120, 8e-3)
    assert np.mean(totals[-20:]) < 0.5 * np.mean(totals[:5])


def test_what_is_not_ground_is_learnt(surveyed: OverheadModel, footage: Footage) -> None:
    objective = OverheadPictureObjective(surveyed, footage, Stage("p", "picture", 1.0, batch=8))
    train(objective, 150, 2e-2)
    with torch.inference_mode():
        picture: Tensor = surveyed.paint(footage.variables[-8:])
    car = picture[:, :, CAR[0], CAR[1]].mean((0, 2, 3))
    assert ((car + 1.0) * 127.5).tolist() == pytest.approx([200.0, 0.0, 0.0], abs=15.0)


@pytest.mark.parametrize(("name", "model"), [("motion", convnet), ("picture", convnet), ("frame", driven)])
def test_an_objective_of_another_kind_of_world_is_refused(name: str, model: object, footage: Footage) -> None:
    assert callable(model)
    with pytest.raises(RecipeError, match="ground"):
        find_objective("convnet", name)(model(), footage, Stage("s", name, 1.0))
