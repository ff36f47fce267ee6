"""Servers that do what a script says, for what a real one does not do on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import msgpack
from websockets.sync.server import ServerConnection, serve

from worldsdk.protocol.vectors import vectors
from worldsdk.protocol.version import SUBPROTOCOL

DEPTH = {"name": "depth", "low": 100.0, "high": 200.0, "unit": "units", "encoding": "u16"}


def frame_message(seq: int, **fields: Any) -> dict[str, Any]:
    frame = {"t": "frame", "seq": seq, "tick": seq, "pts": seq * 50_000, "applied": 0, "key": True}
    frame |= {"codec": "raw_rgb", "data": bytes(24), "reward": 0.0, "ended": False, "steps": 1}
    return frame | {"met": True, "replaced": 0} | fields


def inputs(socket: ServerConnection, count: int) -> Iterator[dict[str, Any]]:
    """The next inputs, until the client leaves."""
    for data in socket:
        message = msgpack.unpackb(data)
        if message["t"] == "input":
            yield message
            count -= 1
            if not count:
                return


@contextmanager
def scripted(script: Any, *, greet: bool = True, subprotocol: str = SUBPROTOCOL) -> Iterator[str]:
    """A server that greets, sends a frame of 4 x 2 pixels, and then does what ``script(socket)`` does."""
    welcome = next(msgpack.unpackb(v.data) for v in vectors()["valid"] if v.name == "welcome")
    forward = {"name": "forward", "kind": "button", "low": 0.0, "high": 1.0, "values": None, "unit": ""}
    forward |= {"keys": {"KeyW": 1.0}, "pad": {}, "mouse": None, "help": ""}
    welcome = {
        **welcome,
        "size": [4, 2],
        "controls": [forward],
        "held_seq": 0,
        "layers": [DEPTH],
        "state": [],
    }

    def handle(socket: ServerConnection) -> None:
        if greet:
            socket.recv()
            socket.send(msgpack.packb(welcome))
            socket.send(msgpack.packb(frame_message(1)))
        script(socket)

    choose = lambda _socket, _offered: subprotocol  # noqa: E731
    with serve(
        handle, "127.0.0.1", 0, subprotocols=[subprotocol], select_subprotocol=choose, compression=None
    ) as fake:  # type: ignore[list-item]
        thread = Thread(target=fake.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{fake.socket.getsockname()[1]}/play"
        fake.shutdown()
    thread.join(10)


def released(taps: list[dict[str, Any]]) -> bool:
    return bool(taps) and not taps[-1].get("keys") and not taps[-1].get("controls")
