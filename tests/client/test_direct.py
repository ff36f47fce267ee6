"""The blocking socket against the library's server: order, fragments, pings, ends."""

import asyncio
import threading
from contextlib import contextmanager

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from worldsdk.client.direct import LOOK_SECONDS, DirectConnection


@contextmanager
def talking(script):
    """A connection to a server that does what ``script(socket)`` says."""
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), []

    async def main():
        nonlocal stop
        stop = asyncio.Event()
        async with serve(
            script, "127.0.0.1", 0, compression=None, max_size=None, ping_interval=None
        ) as server:
            port.append(next(iter(server.sockets)).getsockname()[1])
            ready.set()
            await stop.wait()

    stop = None
    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    assert ready.wait(10.0)
    url = f"ws://127.0.0.1:{port[0]}"
    try:
        with connect(
            url, create_connection=DirectConnection, compression=None, max_size=None, close_timeout=5.0
        ) as socket:
            yield socket
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 3_000_000])
def test_messages_of_any_size_there_and_back(size):
    async def echo(socket):
        async for data in socket:
            await socket.send(data)

    data = bytes(i % 251 for i in range(min(size, 1000))) * max(1, size // 1000)
    with talking(echo) as socket:
        socket.put(data)
        assert socket.take(10.0) == data
        assert socket.take(0.0) is None


def test_what_is_no_whole_message_keeps_its_place():
    async def speak(socket):
        await socket.recv()
        await socket.send(b"one")
        await socket.send([b"tw", b"", b"o"])
        await socket.ping()
        await socket.send("text")
        await socket.send(["te", "xt"])
        await socket.send(b"three")
        await socket.wait_closed()

    with talking(speak) as socket:
        socket.put(b"go")
        assert [socket.take(10.0) for _ in range(5)] == [b"one", b"two", b"", b"", b"three"]


def test_pings_are_answered_while_nobody_reads():
    answered = threading.Event()

    async def ask(socket):
        await socket.send(b"before")
        async with asyncio.timeout(10 * LOOK_SECONDS):
            await (await socket.ping())
        answered.set()
        await socket.wait_closed()

    with talking(ask) as socket:
        assert answered.wait(20 * LOOK_SECONDS)
        assert socket.take(10.0) == b"before"


def test_the_end_is_told_with_its_code_after_what_came_before_it():
    async def leave(socket):
        await socket.send(b"last")
        await socket.close(4410, "over")

    with talking(leave) as socket:
        assert socket.take(10.0) == b"last"
        with pytest.raises(ConnectionClosed) as caught:
            socket.take(10.0)
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4410, "over")
        with pytest.raises(ConnectionClosed):
            socket.put(b"too late")


def test_a_cut_connection_and_a_closed_one_wake_whoever_waits():
    async def cut(socket):
        await socket.recv()
        socket.transport.abort()

    with talking(cut) as socket:
        socket.put(b"go")
        with pytest.raises(ConnectionClosed):
            socket.take(10.0)

    async def wait(socket):
        await socket.wait_closed()

    ended = []
    with talking(wait) as socket:

        def read():
            try:
                socket.take(60.0)
            except ConnectionClosed:
                ended.append(True)

        reader = threading.Thread(target=read)
        reader.start()
        socket.close_socket()
        reader.join(10.0)
        assert ended == [True]


def test_a_goodbye_is_heard_by_the_other_side():
    codes = []

    async def wait(socket):
        await socket.wait_closed()
        codes.append(socket.close_code)

    with talking(wait) as socket:
        socket.close(1000, "bye")
    assert codes == [1000]


def test_a_message_that_comes_alone_and_soon_is_taken_in_one_go():
    async def speak(socket):
        await socket.recv()
        await socket.send(b"first")
        await socket.recv()
        await socket.send([b"sec", b"ond"])
        await socket.wait_closed()

    with talking(speak) as socket:
        socket.put(b"go")
        assert socket.take_soon() == b"first"
        socket.put(b"go")
        # In pieces it takes the longer way, in which nothing is lost.
        assert socket.take_soon() is None and socket.take(10.0) == b"second"
        assert socket.take_soon() is None


def test_several_messages_go_out_at_once_in_order():
    heard = []

    async def listen(socket):
        for _ in range(3):
            heard.append(await socket.recv())
        await socket.send(b"heard")

    with talking(listen) as socket:
        socket.put(b"one", b"", b"three")
        assert socket.take(10.0) == b"heard" and heard == [b"one", b"", b"three"]


def test_the_end_is_told_to_whoever_takes_soon():
    async def leave(socket):
        await socket.close(4410, "over")

    with talking(leave) as socket:
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                socket.take_soon()
        assert caught.value.rcvd.code == 4410
