"""What becomes of things: lots are drawn as the odds say, slots are kept, nothing is replaced on the spot."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from tests.models.samples import context, followed, tick
from worldsdk.models.anchored import AnchoredModel
from worldsdk.models.anchored.situation import STEP, STILL, counted, uniform
from worldsdk.models.anchored.things import SIDES, STEPS, Prospects, Things, remember

NORTH, EAST = 3, 5
"""Rows of the recorded steps."""


def there() -> torch.Tensor:
    things = torch.zeros(1, 5, 9)
    things[0, 1, :5] = torch.tensor([1.0, 10.0, 20.0, 0.0, 0.0])
    things[0, 3, :5] = torch.tensor([2.0, 50.0, 60.0, 0.0, 45.0])
    return things


def odds(**changes: float) -> Prospects:
    values = {"stays": 50.0, "moves": -50.0, "newcomer": -50.0} | changes
    step, facing = torch.full((1, 5, STEPS), -50.0), torch.full((1, 5, SIDES), -50.0)
    step[..., NORTH], facing[..., SIDES // 4] = 50.0, 50.0
    return Prospects(
        torch.full((1, 5), values["stays"]),
        torch.full((1, 5), values["moves"]),
        step,
        facing,
        torch.full((1,), values["newcomer"]),
        torch.zeros(1, 1),
        torch.zeros(1, 5, 1),
    )


@pytest.fixture
def fates() -> Things:
    made = followed().things
    assert made is not None
    made.steps[NORTH] = torch.tensor([0.0, 4.0, 0.0])
    made.steps[EAST] = torch.tensor([4.0, 0.0, 0.0])
    return made


def test_lots_are_even() -> None:
    drawn = uniform(torch.randn(20_000, generator=torch.Generator().manual_seed(0)))
    assert float(drawn.min()) >= 0.0 and float(drawn.max()) <= 1.0
    assert abs(float(drawn.mean()) - 0.5) < 0.01 and abs(float((drawn < 0.2).float().mean()) - 0.2) < 0.01


def test_what_stays_stays_as_it_is_and_counts(fates: Things) -> None:
    before, dice = there(), torch.randn(1, fates.dice)
    after = fates.advance(before, odds(), dice)
    assert torch.equal(after[..., :STILL], before[..., :STILL])
    assert after[0, :, STILL].tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]


def test_what_moves_takes_a_recorded_step_and_turns(fates: Things) -> None:
    after = fates.advance(there(), odds(moves=50.0), torch.randn(1, fates.dice))
    torch.testing.assert_close(after[0, 1, 1:4], torch.tensor([10.0, 24.0, 0.0]))
    torch.testing.assert_close(after[0, 1, STEP], torch.tensor([0.0, 4.0, 0.0]))
    assert after[0, 1, STILL] == 0.0 and abs(float(after[0, 1, 4]) - 90.0) < 1e-3
    assert not bool(after[0, [0, 2, 4]].any())


def test_what_leaves_is_not_replaced_on_the_spot(fates: Things) -> None:
    after = fates.advance(there(), odds(stays=-50.0, newcomer=50.0), torch.randn(1, fates.dice))
    assert after[0, 1, 0] == 0.0 and after[0, 3, 0] == 0.0
    assert after[0, 0, 0] == 1.0  # the newcomer took the first slot that had been free


def test_where_all_slots_are_taken_nobody_comes(fates: Things) -> None:
    full = there()
    full[..., 0] = 1.0
    after = fates.advance(full, odds(newcomer=50.0), torch.randn(1, fates.dice))
    assert torch.equal(after[..., :STILL], full[..., :STILL])


def test_chances_come_out(fates: Things) -> None:
    dice = torch.randn(4000, fates.dice, generator=torch.Generator().manual_seed(2))
    chance = odds(stays=1.0986)  # three in four
    many = Prospects(
        **{f.name: getattr(chance, f.name).repeat_interleave(4000, 0) for f in dataclasses.fields(chance)}
    )
    after = fates.advance(there().repeat(4000, 1, 1), many, dice)
    assert abs(float((after[:, 1, 0] > 0).float().mean()) - 0.75) < 0.03


def test_ways_are_drawn_and_not_averaged(fates: Things) -> None:
    dice = torch.randn(4000, fates.dice, generator=torch.Generator().manual_seed(3))
    chance = odds(moves=50.0)
    chance.step[..., EAST] = 50.0 + 1.0986  # three times as likely as north
    many = Prospects(
        **{f.name: getattr(chance, f.name).repeat_interleave(4000, 0) for f in dataclasses.fields(chance)}
    )
    step = fates.advance(there().repeat(4000, 1, 1), many, dice)[:, 1, STEP]
    east, north = step[:, 0] == 4.0, step[:, 1] == 4.0
    assert bool((east ^ north).all())
    assert abs(float(east.float().mean()) - 0.75) < 0.03


def test_recorded_things_are_remembered_with_their_last_step() -> None:
    recorded = torch.zeros(1, 4, 2, 6)
    recorded[0, :, 0] = torch.tensor([1.0, 0.0, 5.0, 0.0, 30.0, 9.0])
    recorded[0, :, 0, 1] = torch.tensor([0.0, 3.0, 6.0, 6.0])
    recorded[0, 2:, 1] = torch.tensor([2.0, 7.0, 7.0, 0.0, 0.0, 10.0])
    things = remember(recorded)
    assert things[0, 0].tolist() == [1.0, 6.0, 5.0, 0.0, 30.0, 3.0, 0.0, 0.0, 1.0]
    assert things[0, 1].tolist() == [2.0, 7.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def test_ticks_are_counted_since_meters_fell_and_things_came() -> None:
    meters = torch.tensor([[[5.0], [4.0], [6.0], [6.0]]])
    things = torch.zeros(1, 4, 2, 6)
    things[0, 3:, 0, 0] = 1.0
    assert counted(meters, things).tolist() == [[2.0, 0.0, 3.0]]


@torch.inference_mode()
def test_the_same_lots_give_the_same_world_whatever_the_steps() -> None:
    """What happens is decided with the first denoising step: more steps only sharpen the picture."""
    model = followed()
    state = model.start(context(model))
    once, _ = tick(model, state, torch.ones(2, 5), seed=3, steps=1)
    thrice, _ = tick(model, state, torch.ones(2, 5), seed=3, steps=3)
    assert torch.equal(once["things"], thrice["things"])
    assert torch.equal(once["meters"], thrice["meters"])
    assert not torch.equal(once["frames"], thrice["frames"])


@torch.inference_mode()
def test_meters_count_in_whole_points() -> None:
    model = followed()
    state = model.start(context(model))
    state["meters"] = meters = state["meters"].round()
    for number in range(12):
        state, _ = tick(model, state, torch.ones(2, 5), seed=number)
    assert torch.equal(state["meters"], state["meters"].round())
    assert not torch.equal(state["meters"], meters)


@torch.inference_mode()
def test_who_loses_what_is_left_is_out() -> None:
    """A meter at its least for good: whether that ends the episode is the recipe's to say."""
    for vital, certain in (((), False), (("health",), True)):
        made = followed().config
        model = AnchoredModel(dataclasses.replace(made, vital=vital)).eval()
        assert [meter.name for meter in made.meters] == ["health"]
        state = model.start(context(model))
        state["meters"] = torch.zeros_like(state["meters"])
        assert model.outcomes is not None
        model.outcomes.decide[-1].weight.zero_()
        model.outcomes.decide[-1].bias.copy_(torch.tensor([-50.0, -50.0, 0.0, 0.0, -50.0]))
        _, output = tick(model, state, torch.ones(2, 5), seed=0)
        assert output.ended.tolist() == ([1.0, 1.0] if certain else pytest.approx([0.0, 0.0], abs=1e-6))


def test_what_is_vital_is_a_meter() -> None:
    with pytest.raises(ValueError, match="vital"):
        dataclasses.replace(followed().config, vital=("courage",))


@torch.inference_mode()
def test_in_the_end_somebody_comes() -> None:
    model = followed()
    state = model.start(context(model, batch=1))
    assert model.things is not None
    model.things.newcomer[-1].bias.fill_(9.0)  # type: ignore[operator, union-attr]
    model.things.fate[-1].bias[0] = 9.0  # type: ignore[index, union-attr]
    for number in range(6):
        state, output = tick(model, state, torch.zeros(1, 5), seed=number)
    assert int((state["things"][..., 0] > 0.5).sum()) >= 4
    assert float(output.layers["entities"].max()) <= 2.0
