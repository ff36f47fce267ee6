"""Memories that lie together: joined without a copy where they can be, and no one's but its session's."""

from __future__ import annotations

import gc
import weakref

import torch

from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.models.interface import State
from worldsdk.runtime.session import Session
from worldsdk.runtime.shares import Share, join, own, share_out
from worldsdk.runtime.world import World


def pool(count: int = 4) -> tuple[State, list[Share]]:
    state = {"a": torch.arange(count * 3.0).reshape(count, 3), "b": torch.arange(count)}
    return state, share_out(state, count)


def test_all_of_a_pool_in_order_are_the_pool() -> None:
    state, shares = pool()
    assert join(shares) is state


def test_any_others_are_joined_as_plain_memories_are() -> None:
    for pick in ([0, 1, 2], [1, 0, 2, 3], [3], [0, 0, 1, 2], [2, 3]):
        state, shares = pool()
        joined = join([shares[index] for index in pick])
        assert all(torch.equal(joined[name], tensor[pick]) for name, tensor in state.items())
    state, shares = pool()
    _, strangers = pool()
    plain = {name: tensor[:1] + 7 for name, tensor in state.items()}
    joined = join([shares[2], plain, strangers[1], own(strangers[0])])
    assert torch.equal(joined["b"], torch.tensor([2, 7, 1, 0]))


def test_an_own_memory_keeps_no_other_alive() -> None:
    state, shares = pool()
    there = weakref.ref(state["a"])
    mine = shares[1].own()
    assert shares[1].own() is mine and torch.equal(mine["a"], state["a"][1:2])
    assert mine["a"].untyped_storage().nbytes() == mine["a"].nbytes
    del state
    del shares[0], shares[1:]
    gc.collect()
    assert there() is None


def test_those_that_are_left_behind_take_what_is_theirs() -> None:
    state, shares = pool()
    expected = state["a"][3].clone()
    there = weakref.ref(state["a"])
    joined = join(shares[:3])
    left = shares[3]
    del state, shares
    gc.collect()
    assert there() is None and len(joined["b"]) == 3
    assert torch.equal(left.own()["a"][0], expected)


def world(rewind_ticks: int) -> World:
    model = tiny_model()
    return World(
        tiny_manifest(), model, tiny_starts(model.spec), deterministic=False, rewind_ticks=rewind_ticks
    )


def play(world: World, snapshots: bool = False) -> list[Session]:
    sessions = [world.session(seed) for seed in range(4)]
    for tick in range(12):
        # One sits out now and then, one begins anew, the order changes.
        moving = [s for s in sessions if not (tick % 5 == 3 and s.seed == 2)]
        if tick == 6:
            sessions[1].reset()
        if tick > 8:
            moving.reverse()
        world.step_many(moving, [{"forward": 1.0, "turn": float(s.seed)} for s in moving])
        if snapshots:
            sessions[tick % 4].snapshot()
    return sessions


def test_sessions_step_the_same_whether_or_not_their_memories_lie_together() -> None:
    apart, together, looked_at = play(world(100)), play(world(0)), play(world(0), snapshots=True)
    for one, two, three in zip(apart, together, looked_at, strict=True):
        assert one.frame.digest() == two.frame.digest() == three.frame.digest()
        assert one.snapshot() == two.snapshot() == three.snapshot()
    assert isinstance(together[0]._moment.memory, Share)
    assert not isinstance(apart[0]._moment.memory, Share)


def test_a_fork_of_a_share_goes_its_own_way() -> None:
    first, second = play(world(0))[:2]
    twin = first.fork()
    frames = first.world.step_many([first, second, twin], [{"forward": 1.0}] * 3)
    assert frames[0].digest() == frames[2].digest()
    assert twin.rewind(0) is twin.frame
