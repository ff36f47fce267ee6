from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from worldsdk.controls import Controls
from worldsdk.frame import Frame, Timing
from worldsdk.runtime.clock import ManualClock
from worldsdk.server.defaults import NoMetrics
from worldsdk.server.encode import Encoded, Look
from worldsdk.server.made import Made
from worldsdk.server.options import CONTROL_LANE, FRAME_BYTES_WAITING
from worldsdk.server.outbox import Outbox, Overflow


class FakeWire:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.sent.append(data)


class FakeWindow:
    credit = 2

    def can_send_frame(self) -> bool:
        return self.credit > 0


def made(number: int, size: int = 2) -> Made:
    pixels = np.full((size, size, 3), number % 256, dtype=np.uint8)
    frame = Frame(pixels, {}, {}, 0.0, False, number, Controls({}), Timing())
    return Made(frame, number, 0, 0.0, {}, 0.0)


class Bench:
    """An outbox between a fake socket and a fake window; frames are sent as ``b"frame N replaced R"``."""

    def __init__(self, pool: ThreadPoolExecutor, **options: Any) -> None:
        self.wire, self.window, self.clock = FakeWire(), FakeWindow(), ManualClock()
        self.outbox = Outbox(
            self.wire,
            self.window,
            look=options.pop("look", Look("raw_rgb")),
            pool=pool,
            message=self._message,
            metrics=NoMetrics(),
            clock=self.clock,
            **options,
        )

    def _message(self, one: Made, encoded: Encoded, replaced: int) -> bytes | None:
        if one.number == 13:
            return None
        self.window.credit -= 1
        return f"frame {one.number} replaced {replaced}".encode()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


def test_newest_wins_and_what_it_replaced_is_counted(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool)
        for number in range(5, 10):
            bench.outbox.offer(made(number))
        assert bench.wire.sent == [b"frame 5 replaced 0", b"frame 6 replaced 0"]
        bench.window.credit = 1
        bench.outbox.pump()
        assert bench.wire.sent[2:] == [b"frame 9 replaced 2"]
        assert bench.outbox.frames == 0

    run(test)


def test_lockstep_keeps_every_frame(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool, keep_all=True)
        for number in range(1, 5):
            bench.outbox.offer(made(number))
        bench.window.credit = 5
        bench.outbox.pump()
        assert bench.wire.sent == [f"frame {n} replaced 0".encode() for n in range(1, 5)]

    run(test)


def test_replies_pass_frames_and_need_no_credit(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool)
        bench.wire.waiting = FRAME_BYTES_WAITING
        bench.outbox.offer(made(1))
        bench.outbox.reply(b"reply")
        assert bench.wire.sent == [b"reply"]
        bench.wire.waiting = 0
        bench.outbox.pump()
        assert bench.wire.sent == [b"reply", b"frame 1 replaced 0"]

    run(test)


def test_a_stalled_socket_holds_one_frame_and_a_bounded_lane(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool)
        bench.wire.waiting = 1 << 30
        for number in range(1000):
            bench.outbox.offer(made(number))
        assert bench.outbox.frames == 1
        for _ in range(CONTROL_LANE):
            bench.outbox.reply(b"reply")
        with pytest.raises(Overflow):
            bench.outbox.reply(b"one too many")
        assert bench.wire.sent == []

    run(test)


def test_it_tells_since_when_nothing_moves(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool)
        assert bench.outbox.stuck_since is None
        bench.clock.now = 3.0
        for number in range(1, 4):
            bench.outbox.offer(made(number))
        assert bench.outbox.stuck_since == 3.0
        bench.clock.now = 5.0
        bench.outbox.offer(made(4))
        assert bench.outbox.stuck_since == 3.0
        bench.window.credit = 9
        bench.outbox.moved()
        bench.outbox.pump()
        assert bench.outbox.stuck_since is None
        assert bench.outbox.empty

    run(test)


def test_a_stepper_that_thinks_is_not_stuck(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool, keep_all=True)
        for number in range(1, 4):
            bench.outbox.offer(made(number))
        assert bench.outbox.frames == 1
        assert bench.outbox.stuck_since is None
        bench.wire.waiting = 100
        bench.outbox.pump()
        assert bench.outbox.stuck_since is not None

    run(test)


def test_encoding_elsewhere_keeps_the_loop_free_and_the_newest_next(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        free = threading.Event()
        loop = threading.get_ident()
        encoders = []

        def slow(pixels: Any, look: Look) -> Encoded:
            encoders.append(threading.get_ident())
            assert free.wait(10)
            return Encoded(b"", 1.0)

        monkeypatch.setattr("worldsdk.server.made.timed", slow)
        bench = Bench(pool, look=Look("png"))
        for number in range(1, 6):
            bench.outbox.offer(made(number))
        assert bench.wire.sent == []
        assert bench.outbox.frames == 2
        assert not bench.outbox.empty
        free.set()
        while len(bench.wire.sent) < 2:
            await asyncio.sleep(0.005)
        assert bench.wire.sent == [b"frame 1 replaced 0", b"frame 5 replaced 3"]
        assert loop not in encoders

    run(test)


def test_one_look_is_encoded_once_for_all(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        looks = []

        def count(pixels: Any, look: Look) -> Encoded:
            looks.append(look)
            return Encoded(b"", 0.0)

        monkeypatch.setattr("worldsdk.server.made.timed", count)
        benches = [Bench(pool, look=Look("jpeg", 80)) for _ in range(5)] + [
            Bench(pool, look=Look("jpeg", 30))
        ]
        one = made(1)
        for bench in benches:
            bench.outbox.offer(one)
        assert sorted(look.quality for look in looks) == [30, 80]
        assert all(bench.wire.sent == [b"frame 1 replaced 0"] for bench in benches)

    run(test)


def test_a_picture_that_cannot_be_encoded_is_left_out(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        def broken(pixels: Any, look: Look) -> Encoded:
            raise OSError("no encoder")

        monkeypatch.setattr("worldsdk.server.made.timed", broken)
        bench = Bench(pool, look=Look("png"))
        bench.outbox.offer(made(1))
        while not bench.outbox.empty:
            await asyncio.sleep(0.005)
        assert bench.wire.sent == []

    run(test)


def test_a_message_that_is_too_large_uses_no_credit(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool)
        bench.outbox.offer(made(12))
        bench.outbox.offer(made(13))
        bench.outbox.offer(made(14))
        assert bench.wire.sent == [b"frame 12 replaced 0", b"frame 14 replaced 1"]

    run(test)


def test_nothing_is_sent_after_the_end(pool: ThreadPoolExecutor) -> None:
    async def test() -> None:
        bench = Bench(pool)
        bench.outbox.close()
        bench.outbox.offer(made(1))
        bench.outbox.reply(b"reply")
        assert bench.wire.sent == []
        assert bench.outbox.empty

    run(test)
