"""What the anchored family promises beyond the interface: motion, recall, rings."""

from __future__ import annotations

import pytest
import torch

from tests.models.samples import POSE_VARIABLES, anchored, context, followed, tick
from worldsdk.errors import PackError
from worldsdk.models.anchored import AnchoredConfig
from worldsdk.models.anchored.recall import recall
from worldsdk.models.anchored.recall_loop import best_view
from worldsdk.models.registry import build_model


@torch.inference_mode()
def test_who_stands_still_stays_exactly_where_they_are() -> None:
    model = anchored()
    torch.manual_seed(3)
    for parameter in model.motion.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
    pose, velocity = torch.tensor([[100.0, 200.0, 45.0]]), torch.zeros(1, 2)
    for _ in range(50):
        pose, velocity = model.motion(pose, velocity, torch.zeros(1, 5))
    assert pose.tolist() == [[100.0, 200.0, 45.0]]
    assert velocity.tolist() == [[0.0, 0.0]]


@torch.inference_mode()
def test_nobody_leaves_the_map() -> None:
    model = anchored()
    model.motion.thrust.weight.fill_(50.0)
    pose, velocity = torch.tensor([[500.0, 500.0, 45.0]]), torch.zeros(1, 2)
    for _ in range(50):
        pose, velocity = model.motion(pose, velocity, torch.ones(1, 5))
    assert 0.0 <= float(pose[0, 0]) <= 512.0 and 0.0 <= float(pose[0, 1]) <= 512.0
    assert 0.0 <= float(pose[0, 2]) < 360.0


def test_recall_finds_the_view_that_shows_the_same_place() -> None:
    pose = torch.tensor([[100.0, 100.0, 90.0]])
    kept = torch.tensor([[[100.0, 100.0, 270.0], [110.0, 90.0, 95.0], [400.0, 100.0, 90.0]]])
    assert recall(pose, kept).tolist() == [1]
    # Across the turn from 359 to 1 degree too.
    assert recall(
        torch.tensor([[0.0, 0.0, 359.0]]), torch.tensor([[[0.0, 0.0, 180.0], [0.0, 0.0, 1.0]]])
    ).tolist() == [1]


@torch.inference_mode()
def test_keyframes_are_kept_at_their_ticks_and_shared_between() -> None:
    model = anchored()
    state = model.start(context(model, batch=1))
    for number in range(2 * model.config.keyframe_every):
        after, output = tick(model, state, torch.zeros(1, 5), seed=number)
        clock = int(after["clock"])
        if clock % model.config.keyframe_every == 0:
            slot = clock // model.config.keyframe_every % model.config.keyframes
            assert torch.equal(after["keyframes"][:, slot], output.pixels)
        else:
            assert after["keyframes"] is state["keyframes"]
        state = after


@torch.inference_mode()
def test_meters_stay_in_range() -> None:
    model = anchored()
    state = model.start(context(model))
    with torch.no_grad():
        model.events.decide[-1].bias.fill_(5.0)  # type: ignore[union-attr, operator]
    for _ in range(3):
        state, output = tick(model, state, torch.zeros(2, 5))
    assert output.variables[:, 5].tolist() == [100.0, 100.0]


def test_config_survives_json_and_names_what_is_wrong() -> None:
    config = anchored().config
    assert AnchoredConfig.from_json(config.to_json()) == config
    with pytest.raises(ValueError, match="must divide"):
        AnchoredConfig(height=50, width=64, controls=5, variables=POSE_VARIABLES)
    with pytest.raises(ValueError, match="must begin with"):
        AnchoredConfig(height=48, width=64, controls=5, variables=POSE_VARIABLES[1:])
    with pytest.raises(PackError, match="does not fit"):
        build_model("anchored", {"height": 48})
    with pytest.raises(PackError, match="not installed"):
        build_model("nonsense", {})


@torch.inference_mode()
def test_a_teleported_walker_remembers_where_the_pictures_were_seen() -> None:
    model = anchored()
    state, _ = tick(model, model.start(context(model, batch=1)), torch.zeros(1, 5))
    there = torch.tensor([[300.0, 200.0, 90.0, 0.0, 0.0, 40.0]])
    moved = model.set_variables(state, there)
    assert moved["pose"].tolist() == [[300.0, 200.0, 90.0]] and moved["meters"].tolist() == [[40.0]]
    assert torch.equal(moved["poses"], state["poses"]) and torch.equal(moved["frames"], state["frames"])
    after, output = tick(model, moved, torch.zeros(1, 5))
    assert output.variables[0, :3].tolist() == [300.0, 200.0, 90.0]
    assert after["poses"][0, int(after["clock"]) % model.config.ring].tolist() == [300.0, 200.0, 90.0]


@pytest.mark.parametrize("history", [0, 9, 13])
@torch.inference_mode()
def test_a_longer_history_is_remembered_in_its_newest_frames(history: int) -> None:
    model = anchored(lags=(1, 3, 4), history=history)
    assert model.spec.history == max(4, history)
    begin = context(model, batch=2)
    frames, poses = model._past(model.start(begin), torch.zeros(2, 3))
    for view, lag in enumerate(model.config.lags):
        expected = begin.pixels[:, -lag].movedim(-1, 1).float() / 127.5 - 1.0
        torch.testing.assert_close(frames[:, view], expected)
        assert torch.equal(poses[:, view], begin.variables[:, -lag, :3])


@torch.inference_mode()
def test_what_has_been_going_on_is_counted_in_all_of_the_history() -> None:
    model = followed(history=12)
    begin = context(model, batch=1)
    begin.variables[:] = begin.variables[:, :1]
    begin.variables[:, :4, 5] += 1.0
    begin.controls[0, :, 0] = torch.arange(12.0)
    state = model.start(begin)
    # It fell from the fourth row to the fifth: seven ticks before the newest.
    assert state["since"][0, 0] == 7.0
    assert state["recent"][0, :, 0].tolist() == [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]


@torch.inference_mode()
def test_the_compiled_loop_recalls_the_same_view() -> None:
    torch.manual_seed(5)
    span = torch.tensor([500.0, 500.0, 360.0])
    poses, keyposes = torch.rand(40, 3) * span, torch.rand(40, 64, 3) * span
    found = [best_view(pose.numpy(), past.numpy()) for pose, past in zip(poses, keyposes, strict=True)]
    assert found == recall(poses, keyposes).tolist()
