"""The asynchronous client is the blocking one's twin."""

import asyncio

import numpy as np
import pytest

from tests.client.served import faking
from worldsdk.client import aio
from worldsdk.errors import ConnectionFailedError, ConnectionLostError, ControlError, SessionError


def run(main):
    return asyncio.run(asyncio.wait_for(main, 60))


def test_the_same_frames_as_here(url, local):
    async def main():
        async with await aio.connect(url) as world:
            session, here = await world.session(seed=7, start=1), local.session(seed=7, start=1)
            for controls in ({"forward": 1}, {"turn": 4.0}, None):
                expected, frame = here.step(controls), await session.step(controls)
                assert frame.digest() == expected.digest() and np.array_equal(frame.pixels, expected.pixels)
            twin = await session.fork()
            assert (await twin.step()).digest() == (await session.step()).digest()
            assert (await session.rewind(2)).tick == 2
            blob = await session.snapshot()
            assert (await world.restore(blob)).tick == 2
            assert (await session.reset()).tick == 0
            assert (await session.restore(blob)).tick == 2
            await session.set_state({"x": 33.0})
            assert (await session.step()).state["x"] == 33.0
            await session.rewind(1)
            picture = np.full((12, 16, 3), 9, np.uint8)
            assert np.array_equal((await session.observe(picture)).pixels, picture)
            frames = await world.step_many([session, twin], [None, {"forward": 1}])
            assert [frame.tick for frame in frames] == [4, 5]

    run(main())


def test_real_time(url):
    async def main():
        async with await aio.connect(url, mode="realtime") as world, await world.session(seed=2) as session:
            ticks = []
            async for frame in session.frames():
                ticks.append(frame.tick)
                await session.set_controls({"turn": 4.0})
                if len(ticks) == 6:
                    break
            assert ticks == sorted(set(ticks))
            await session.pause()
            await session.set_speed(2.0)
            await session.resume()
            assert session.quality.frames >= 6

    run(main())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_input_is_taken_exactly_once(moment):
    async def main(url):
        async with await aio.connect(url) as world:
            session = await world.session()
            ticks = [(await session.step({"forward": 1})).tick for _ in range(4)]
            assert ticks == [1, 2, 3, 4] and session.quality.reconnects == 1

    with faking(hang_up={2: moment}) as fake:
        run(main(fake.url))
        assert [hello.resume for hello in fake.hellos] == [None, "token 1"]


def test_refusals_and_ends():
    async def main(url):
        world = await aio.connect(url)
        session = await world.session()
        with pytest.raises(ControlError):
            await session.step({"jump": 1})
        with pytest.raises(SessionError):
            await session.rewind(50)
        with pytest.raises(ConnectionLostError):
            await session.step()
        await world.close()
        with pytest.raises(ConnectionLostError):
            await session.step()

    with faking(hang_up={1: 1000}) as fake:
        run(main(fake.url))


def test_nobody_there():
    with pytest.raises(ConnectionFailedError):
        run(aio.connect("ws://127.0.0.1:1"))
