"""The blocking client against the real server: what it gives is what the same code gives here."""

import socket
import subprocess
import sys

import numpy as np
import pytest

import worldsdk
from worldsdk.errors import (
    ConnectionLostError,
    ControlError,
    NotCapableError,
    SessionError,
    SnapshotError,
    VariableError,
    WorldSDKError,
)

WALK = [{"forward": 1}, {"turn": 4.0}, None, {"forward": 1, "turn": -8.0}]


@pytest.fixture
def world(url):
    with worldsdk.connect(url) as connected:
        yield connected


def test_a_remote_world_says_what_a_local_one_does(world, local):
    assert (
        world.controls == local.controls and world.rate_hz == local.rate_hz and world.starts == local.starts
    )
    assert (world.spec.height, world.spec.width) == (local.spec.height, local.spec.width)
    assert [v.name for v in world.spec.variables] == ["x", "y", "heading"]
    assert world.digest == local.digest and world.name == "tiny" and world.title == "Tiny"


def test_the_same_inputs_give_the_same_frames_here_and_there(world, local):
    here, there = local.session(seed=7, start=1), world.session(seed=7, start=1)
    assert np.array_equal(here.frame.pixels, there.frame.pixels) and there.tick == 0
    for controls in WALK:
        expected, frame = here.step(controls), there.step(controls)
        assert np.array_equal(frame.pixels, expected.pixels) and frame.digest() == expected.digest()
        assert frame.state == expected.state and frame.reward == expected.reward
        assert frame.tick == expected.tick and frame.controls == expected.controls
        assert frame.timing.steps_used == expected.timing.steps_used
        assert not frame.pixels.flags.writeable
    assert isinstance(frame, worldsdk.Frame) and there.seed == 7 and there.start == 1


def test_layers_come_where_they_are_asked_for(url, local):
    with worldsdk.connect(url, layers=["depth"]) as world:
        frame, expected = world.session(seed=2).step(), local.session(seed=2).step()
    assert frame.layers["depth"].dtype == np.float32
    assert np.abs(frame.layers["depth"] - expected.layers["depth"]).max() <= 0.5 / 65535 + 1e-6
    assert worldsdk.connect(url).session().step().layers == {}


@pytest.mark.parametrize("codec", ["raw_rgb", "raw_rgba", "png"])
def test_exact_codecs_are_exact(url, local, codec):
    with worldsdk.connect(url, codecs=[codec]) as world:
        frame = world.session(seed=3).step()
    assert frame.wire.codec == codec
    assert np.array_equal(frame.pixels, local.session(seed=3).step().pixels)


@pytest.mark.parametrize("codec", ["jpeg", "webp", "h264"])
def test_lossy_codecs_come_near(url, local, codec):
    with worldsdk.connect(url, codecs=[codec]) as world:
        session, here = world.session(seed=3), local.session(seed=3)
        for _ in range(3):
            frame, expected = session.step(), here.step()
    assert frame.wire.codec == codec and frame.pixels.shape == expected.pixels.shape
    # The tiny world's noise is the worst there is for these codecs.
    assert np.abs(frame.pixels.astype(int) - expected.pixels).mean() < 60
    assert frame.digest() == expected.digest()


def test_several_ticks_in_one_step_add_their_rewards(world, local):
    here = [local.session(seed=1)]
    expected = [here[0].step({"forward": 1}) for _ in range(4)]
    frame = world.session(seed=1).step({"forward": 1}, ticks=4)
    assert frame.tick == 4 and frame.digest() == expected[-1].digest()
    assert frame.reward == pytest.approx(sum(e.reward for e in expected))


def test_rewind_reset_and_observe(world, local):
    session = world.session(seed=5)
    frames = [session.step(controls) for controls in WALK]
    assert session.rewind(3).tick == 1 and session.frame.digest() == frames[0].digest()
    assert [session.step(c).digest() for c in WALK[1:]] == [f.digest() for f in frames[1:]]
    assert session.reset().tick == 0
    assert session.step(WALK[0]).digest() == frames[0].digest()
    assert session.reset(seed=6, start=2).tick == 0 and (session.seed, session.start) == (6, 2)
    picture = np.full((12, 16, 3), 77, np.uint8)
    seen = session.observe(picture, {"forward": 1})
    assert np.array_equal(seen.pixels, picture) and seen.tick == 1
    here = local.session(seed=6, start=2)
    here.observe(picture, {"forward": 1})
    assert session.step().digest() == here.step().digest()


def test_state_variables_are_set_here_and_there(world, local):
    there, here = world.session(seed=9), local.session(seed=9)
    assert world.settable == local.settable == ("x", "heading")
    there.step(WALK[0])
    here.step(WALK[0])
    for session in (there, here):
        session.set_state({"x": -60, "heading": np.float32(45.5)})
    twins = there.fork(), world.restore(there.snapshot())
    expected = here.step(WALK[1]).digest()
    assert [session.step(WALK[1]).digest() for session in (there, *twins)] == [expected] * 3
    there.set_state({})
    for wrong in ({"y": 1.0}, {"x": "far"}, {"x": float("nan")}):
        with pytest.raises(VariableError, match=r"tiny: .y.|x is"):
            there.set_state(wrong)
    with pytest.raises(VariableError, match="give -100 to 100 map units"):
        there.set_state({"x": 1e6})
    assert there.step(WALK[2]).digest() == here.step(WALK[2]).digest()


def test_snapshots_travel_both_ways(world, local):
    there, here = world.session(seed=9), local.session(seed=9)
    there.step(WALK[0])
    here.step(WALK[0])
    assert local.restore(there.snapshot()).step(WALK[1]).digest() == here.fork().step(WALK[1]).digest()
    moved = world.restore(here.snapshot())
    assert moved.tick == 1 and moved.step(WALK[1]).digest() == here.step(WALK[1]).digest()
    blob = here.snapshot()
    assert there.restore(blob).tick == here.tick
    assert there.step(WALK[2]).digest() == here.step(WALK[2]).digest()


def test_a_fork_is_a_twin_that_can_part(world):
    session = world.session(seed=4)
    session.step(WALK[0])
    twin = session.fork()
    assert twin.tick == session.tick == 1 and twin.room != session.room
    assert twin.step(WALK[1]).digest() == session.step(WALK[1]).digest()
    assert twin.step({"forward": 1}).digest() != session.step({"turn": 8.0}).digest()
    twin.close()
    assert session.step().tick == 4


def test_many_sessions_step_together(world, local):
    sessions = [world.session(seed=seed) for seed in range(4)]
    here = [local.session(seed=seed) for seed in range(4)]
    for _ in range(3):
        frames = world.step_many(sessions, WALK)
        assert [f.digest() for f in frames] == [s.step(c).digest() for s, c in zip(here, WALK, strict=True)]
    with pytest.raises(SessionError, match="distinct"):
        world.step_many([sessions[0], sessions[0]], [None, None])
    with pytest.raises(ControlError):
        world.step_many(sessions, [None, None, None, {"jump": 1}])
    assert {s.tick for s in sessions} == {3}


def test_begun_at_pictures_of_ones_own(world, local):
    pictures = np.random.default_rng(0).integers(0, 256, (3, 12, 16, 3), dtype=np.uint8)
    session = world.session(seed=2, frames=pictures)
    assert np.array_equal(session.frame.pixels, pictures[-1])
    assert session.step().digest() == local.session(seed=2, frames=pictures).step().digest()


def test_what_is_wrong_is_said_before_it_is_sent(world):
    session = world.session()
    with pytest.raises(ControlError, match="jump"):
        session.step({"jump": 1})
    with pytest.raises(ControlError, match="9"):
        session.step({"turn": 9.0})
    for call in (
        lambda: session.rewind(-1),
        lambda: session.rewind(1.5),
        lambda: session.step(ticks=0),
        lambda: session.observe(np.zeros((2, 2, 3), np.uint8)),
        lambda: world.session(seed=2**60),
        lambda: world.session(start=3),
        lambda: world.session(frames=np.zeros((1, 2, 3), np.uint8)),
        lambda: session.set_speed(9.0),
    ):
        with pytest.raises(SessionError):
            call()
    assert session.tick == 0 and session.step().tick == 1


def test_what_the_server_refuses_is_the_error_it_is_there(world):
    session = world.session()
    session.step()
    with pytest.raises(SessionError, match="cannot go back"):
        session.rewind(50)
    with pytest.raises(SnapshotError):
        session.restore(b"no snapshot at all")
    with pytest.raises(SnapshotError):
        world.restore(b"nor this")
    with pytest.raises(NotCapableError, match="record"):
        session.record()
    assert session.step().tick == 2


def test_a_poisoned_session_ends_with_its_code_and_no_other(world):
    bad, good = world.session(seed=1), world.session(seed=2)
    with pytest.raises(WorldSDKError) as caught:
        world.step_many([bad, good], [{"poison": 1}, {}])
    assert caught.value.code in ("session_failed", "model_invalid")
    assert "Traceback" not in str(caught.value)
    assert good.tick == 1 and good.step().tick == 2
    with pytest.raises(WorldSDKError):
        bad.step()


def test_a_closed_session_says_so(world):
    session = world.session()
    session.close()
    session.close()
    with pytest.raises(ConnectionLostError, match="closed"):
        session.step()


def test_nothing_of_it_imports_torch(url):
    code = f"""
import sys, worldsdk, asyncio
from worldsdk.client import aio
with worldsdk.connect({url!r}) as world:
    session = world.session(seed=1)
    session.step({{"forward": 1}})
    with session.realtime() as live:
        live.tick({{"forward": 1}})
async def main():
    async with await aio.connect({url!r}) as world:
        await (await world.session(seed=1)).step()
asyncio.run(main())
heavy = {{"torch", "numba", "pygame", "av", "PIL", "gymnasium", "safetensors", "prometheus_client"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def cut(session):
    """Ends the TCP connection under a session, as a network would: without a word."""
    session._link._socket._connection.socket.shutdown(socket.SHUT_RDWR)


def test_a_cut_connection_is_resumed_where_it_was(world, local):
    session, here = world.session(seed=8), local.session(seed=8)
    for controls in WALK:
        assert session.step(controls).digest() == here.step(controls).digest()
        cut(session)
    assert session.step().digest() == here.step().digest()
    assert session.quality.reconnects == len(WALK) and session.tick == 5
    cut(session)
    # Nobody knows whether it arrived, and to go back twice would be wrong.
    with pytest.raises(ConnectionLostError, match="may or may not"):
        session.rewind(2)
    assert session.tick == 5 and session.rewind(2).tick == 3


def test_a_cut_connection_is_resumed_in_real_time(url):
    with worldsdk.connect(url, mode="realtime") as world:
        session = world.session(seed=8)
        tick = session.step({"forward": 1}).tick
        room = session.room
        cut(session)
        frame = session.step({"turn": 2.0})
        assert frame.tick > tick and frame.controls["turn"] == 2.0 and session.room == room
        assert session.quality.reconnects == 1
