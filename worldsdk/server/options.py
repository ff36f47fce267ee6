"""What a server is started with, and every limit of its own with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worldsdk.server.encode import JPEG_QUALITY

DEFAULT_PORT = 8765

MAX_MESSAGE = 8 << 20
"""Bytes of the largest message that is taken: a phone's photograph, or a snapshot, to start from."""

MAX_CREDIT = 8
"""Frames in flight that anybody may ask for: a third of a second at 35 Hz, in memory for each viewer."""

FRAME_BYTES_WAITING = 64 << 10
"""A frame is handed to the socket only while fewer bytes than this wait in it, so that what does go out is
always the newest: for the bundled worlds, two or three frames."""

CONTROL_BYTES_WAITING = 4 << 20
"""The same for replies, which may be snapshots of megabytes and are never dropped."""

CONTROL_LANE = 256
"""Replies that may wait for one connection. Who asks for more without reading is a slow client."""

LOCKSTEP_WAITING = 64
"""Inputs of one stepper that may wait for credit."""

VIEWERS_A_TURN = 4
"""Viewers that are handed a frame before the loop looks at its sockets again: a player's input waits for
0.2 ms of their frames, not for all of them."""

DRAIN_SECONDS = 3.0
"""For frames in flight and for saving, once the server was told to leave."""


@dataclass(frozen=True)
class ServeOptions:
    """Of a server.

    Attributes:
        host, port: where it listens; port 0 takes a free one.
        max_sessions: at the very most; measured cost may admit fewer.
        resume_seconds: how long a dropped player's place is kept.
        hello_seconds: until ``hello`` must have come.
        idle_seconds: without an input or a command until a player's connection ends; 0 for never.
        session_seconds: the longest that a connection may last; 0 for no limit.
        slow_seconds: without progress until a connection that has something to be sent ends.
        ping_seconds: between keep-alive pings, and for the answer to one.
        save_seconds: between saves of each session's state.
        jpeg_quality: of JPEG and WebP where a client does not say.
        record_dir: where input logs go; None where none can be written.
        record_all: whether every session is recorded from its beginning.
        path: of the WebSocket.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    max_sessions: int = 64
    resume_seconds: float = 60.0
    hello_seconds: float = 5.0
    idle_seconds: float = 900.0
    session_seconds: float = 0.0
    slow_seconds: float = 10.0
    ping_seconds: float = 10.0
    save_seconds: float = 10.0
    jpeg_quality: int = JPEG_QUALITY
    record_dir: Path | None = None
    record_all: bool = False
    path: str = "/play"
