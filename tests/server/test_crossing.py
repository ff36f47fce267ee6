from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from worldsdk.server.crossing import Crossing


def test_what_other_threads_send_is_done_on_the_loop_in_order() -> None:
    async def main() -> None:
        crossing, done, here = Crossing(), [], threading.get_ident()

        def action(number: int) -> None:
            assert threading.get_ident() == here
            done.append(number)

        def send() -> None:
            for number in range(500):
                crossing.send(action, number)

        await asyncio.to_thread(send)
        await asyncio.sleep(0)
        assert done == list(range(500))

    asyncio.run(main())


def test_what_is_sent_from_within_is_done_before_it_returns() -> None:
    async def main() -> None:
        crossing, done = Crossing(), []

        def work() -> str:
            crossing.send(done.append, 1)
            crossing.around(lambda: crossing.send(done.append, 2))
            assert done == [1, 2]
            crossing.send(done.append, 3)
            return "result"

        assert crossing.around(work) == "result"
        assert done == [1, 2, 3]
        crossing.send(done.append, 4)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert done == [1, 2, 3, 4]

    asyncio.run(main())


def test_senders_beside_a_borrower_are_heard() -> None:
    async def main() -> None:
        crossing, done = Crossing(), []
        count = 2000

        def send() -> None:
            for number in range(count):
                crossing.send(done.append, number)

        thread = threading.Thread(target=send)
        thread.start()
        while thread.is_alive():
            crossing.around(lambda: None)
            await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(0)
        assert done == list(range(count))

    asyncio.run(main())


@pytest.mark.parametrize("run", [Crossing.around, lambda crossing, work: work()])
def test_an_action_that_fails_keeps_no_other_from_being_done(
    run: Callable[[Crossing, Callable[[], None]], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        crossing, done = Crossing(), []

        def work() -> None:
            crossing.send(lambda: done[7])
            crossing.send(done.append, 1)

        run(crossing, work)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert done == [1]

    asyncio.run(main())
    assert "an action on the event loop failed" in caplog.text


def test_after_the_loop_nothing_is_done() -> None:
    async def make() -> Crossing:
        return Crossing()

    done: list[int] = []
    asyncio.run(make()).send(done.append, 1)
    assert done == []
