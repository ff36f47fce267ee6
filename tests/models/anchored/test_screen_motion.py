"""Motion vectors against pictures drawn from both poses, and against what engines expect of them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.models.samples import anchored, context, followed, tick
from worldsdk.models.anchored.config import MOTION, AnchoredConfig
from worldsdk.models.anchored.screen_motion import BORN, ScreenMotion
from worldsdk.models.camera import Camera

Floats = NDArray[np.float32]
HEIGHT, WIDTH = 48, 64
CONFIG = dataclasses.replace(anchored().config, height=HEIGHT, width=WIDTH, sprite=32)
CAMERA = Camera(CONFIG.camera, HEIGHT, WIDTH)
EYE = CONFIG.camera.eye_height
WALL = 320.0
"""A wall across the world at this x; the floor before it lies at 0, and nothing is above."""


def depth_of(pose: Floats) -> Floats:
    """[H, W]: the wall at x = WALL, or the floor where that is nearer."""
    turn = math.radians(float(pose[2]))
    across, down = CAMERA.across.numpy(), CAMERA.down.numpy()
    towards = math.cos(turn) + across * math.sin(turn)
    wall = (WALL - pose[0]) / np.maximum(towards, 1e-6)
    floor = np.where(down > 0, EYE / np.maximum(down, 1e-6), np.inf)
    return np.minimum(wall, floor).astype(np.float32)


def picture(pose: Floats) -> Floats:
    """[H, W]: brightness that is painted onto wall and floor in world coordinates."""
    points = CAMERA.world_points(torch.from_numpy(pose)[None], torch.from_numpy(depth_of(pose))[None])
    x, y, z = points[0].numpy() / 40.0
    return np.asarray(np.sin(x) + np.sin(1.3 * y + 0.4) + np.sin(1.7 * z), np.float32)


def fetched(before: Floats, motion: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The frame before, sampled where ``motion`` [2, H, W] says (bilinear), and where that is inside it."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + motion[::-1]
    inside = (columns >= 0) & (columns <= WIDTH - 1) & (rows >= 0) & (rows <= HEIGHT - 1)
    left, top = columns.clip(0, WIDTH - 2).astype(int), rows.clip(0, HEIGHT - 2).astype(int)
    fx, fy = columns.clip(0, WIDTH - 1) - left, rows.clip(0, HEIGHT - 1) - top
    above = before[top, left] * (1 - fx) + before[top, left + 1] * fx
    below = before[top + 1, left] * (1 - fx) + before[top + 1, left + 1] * fx
    return np.asarray(above * (1 - fy) + below * fy, np.float32), inside


@settings(max_examples=40, deadline=None)
@given(
    heading=st.floats(-20.0, 20.0),
    turn=st.floats(-8.0, 8.0),
    ahead=st.floats(-15.0, 15.0),
    aside=st.floats(-15.0, 15.0),
)
def test_a_plane_that_is_walked_past_is_found_again(
    heading: float, turn: float, ahead: float, aside: float
) -> None:
    poses = np.array([[20.0, 30.0, heading], [20.0 + ahead, 30.0 + aside, heading + turn]], np.float32)
    motion = ScreenMotion(CONFIG).vectors(depth_of(poses[1]), poses)
    warped, inside = fetched(picture(poses[0]), motion)
    now = picture(poses[1])
    # Where a surface is grazed, the samples between its stripes say little about it.
    clear = inside & (depth_of(poses[1]) < 260.0)
    assert inside.mean() > 0.5 and clear.mean() > 0.1
    assert np.abs(warped - now)[clear].mean() < 0.05
    repeated = np.abs(picture(poses[0]) - now)[clear].mean()
    assert np.abs(warped - now)[clear].mean() <= 0.5 * repeated + 0.01


def test_who_stands_still_moves_nothing_and_a_turn_moves_all_the_same_way() -> None:
    pose = np.array([20.0, 30.0, 5.0], np.float32)
    depth = np.full((HEIGHT, WIDTH), 100.0, np.float32)
    trace = ScreenMotion(CONFIG)
    assert np.abs(trace.vectors(depth, np.stack([pose, pose]))).max() < 1e-4
    # Heading grows anticlockwise: turned to the left, everything was further left a tick ago.
    left = trace.vectors(depth, np.stack([pose, pose + np.array([0, 0, 3], np.float32)]))
    assert (left[0] < -1.0).all()
    # From one full turn to the next is no turn.
    across = np.array([[0, 0, 359.5], [0, 0, 1.5]], np.float32)
    plain = np.array([[0, 0, 10.0], [0, 0, 12.0]], np.float32)
    np.testing.assert_allclose(trace.vectors(depth, across), trace.vectors(depth, plain), atol=1e-3)


def test_what_was_behind_came_from_outside_the_picture() -> None:
    trace = ScreenMotion(CONFIG)
    depth = np.full((HEIGHT, WIDTH), 20.0, np.float32)
    teleported = np.array([[500.0, 0.0, 0.0], [0.0, 0.0, 0.0]], np.float32)
    columns = np.arange(WIDTH) + trace.vectors(depth, teleported)[0]
    assert ((columns < 0) | (columns >= WIDTH)).all()


def thing(kind: float, x: float, y: float, step: tuple[float, float] = (0.0, 0.0), still: float = 0.0):  # type: ignore[no-untyped-def]
    row = np.zeros(BORN + 1, np.float32)
    row[[0, 1, 2, 5, 6, 8]] = kind, x, y, *step, still
    return row


def test_things_move_by_their_own_steps() -> None:
    trace = ScreenMotion(CONFIG)
    pose = np.zeros((2, 3), np.float32)
    depth = np.full((HEIGHT, WIDTH), 400.0, np.float32)
    kinds = np.zeros_like(depth)
    depth[20:30, 30:34], kinds[20:30, 30:34] = 100.0, 2.0
    bystander = thing(1.0, 100.0, 0.0, step=(0.0, 50.0))

    def at(*things: Floats) -> Floats:
        found = trace.vectors(depth, pose, kinds, np.stack(things))
        # Only the thing's own pixels, and all of them alike.
        assert np.abs(found[:, kinds < 0.5]).max() < 1e-4
        return found[:, 20:30, 30:34]

    focal = WIDTH / 2
    # 10 units to the right (south, for who looks east) at a depth of 100: it was further left before.
    strides = at(bystander, thing(2.0, 100.0, 0.0, step=(0.0, -10.0)))
    np.testing.assert_allclose(strides[0], -10.0 / 100.0 * focal, rtol=1e-4)
    assert np.abs(strides[1]).max() < 1e-4
    # A step of an earlier tick is over, and a thing of another kind is another thing.
    assert np.abs(at(bystander, thing(2.0, 100.0, 0.0, step=(0.0, -10.0), still=1.0))).max() < 1e-4
    # It came nearer, from 150 to 100: it was two thirds as large, so all was nearer the middle.
    nearer = at(thing(2.0, 100.0, 0.0, step=(-50.0, 0.0)))
    offset = np.arange(30, 34) + 0.5 - WIDTH / 2
    np.testing.assert_allclose(nearer[0], np.broadcast_to(offset * (2 / 3 - 1), (10, 4)), atol=1e-4)
    born = thing(2.0, 100.0, 0.0)
    born[BORN] = 1.0
    assert (at(born)[0] == WIDTH).all()


@pytest.mark.parametrize("make", [anchored, followed])
@torch.inference_mode()
def test_a_model_gives_the_motion_between_its_own_poses(make) -> None:  # type: ignore[no-untyped-def]
    model = make()
    state = model.start(context(model, batch=1))
    for number in range(3):
        before = state["pose"].clone()
        state, output = tick(model, state, torch.ones(1, model.spec.controls), seed=number)
        made = {name: layer[0].numpy() for name, layer in output.layers.items()}
        clues = {name: clue[0].numpy() for name, clue in output.clues.items()}
        np.testing.assert_array_equal(clues["before"], before[0].numpy())
        found = np.stack([model.derive(made, clues)[name] for name in MOTION])
        trace, config = ScreenMotion(model.config), model.config
        poses = np.stack([before[0].numpy(), state["pose"][0].numpy()])
        plain = trace.vectors(made["depth"], poses)
        free = made.get("entities", np.zeros_like(made["depth"])) < 0.5
        assert free.any() and isinstance(config, AnchoredConfig)
        np.testing.assert_allclose(found[:, free], plain[:, free], atol=1e-4)


@torch.inference_mode()
def test_after_a_teleport_the_motion_is_from_where_the_last_frame_was_seen() -> None:
    model = anchored()
    state = model.start(context(model, batch=1))
    before = state["pose"].clone()
    variables = torch.cat([state["pose"] + 40.0, state["velocity"], state["meters"]], dim=1)
    state, output = tick(model, model.set_variables(state, variables), torch.zeros(1, model.spec.controls))
    np.testing.assert_array_equal(output.clues["before"].numpy(), before.numpy())
