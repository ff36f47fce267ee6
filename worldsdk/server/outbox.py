"""What waits to be sent on one connection: replies in a lane of their own, and the newest frame.

Nothing here waits. ``pump`` hands the socket what it will take now, and is called again whenever something
was added, credit came back, a picture was encoded, or the socket's buffer ran empty. So a connection that
stops reading holds one frame and a bounded lane, costs nothing, and is found by ``stuck_since``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from worldsdk.runtime.clock import Clock
from worldsdk.server.encode import Encoded, Look, VideoStream, timed_stream
from worldsdk.server.hooks import Metrics
from worldsdk.server.made import Made
from worldsdk.server.options import CONTROL_BYTES_WAITING, CONTROL_LANE, FRAME_BYTES_WAITING


class Wire(Protocol):
    """A socket as the outbox sees it."""

    def write(self, data: bytes) -> None:
        """Takes one message, at once and whatever waits already."""

    @property
    def waiting(self) -> int:
        """Bytes that were taken and have not left this process."""


class Window(Protocol):
    """Credit for frames: the connection state of ``worldsdk.protocol.connection``."""

    def can_send_frame(self) -> bool: ...


class Overflow(Exception):  # noqa: N818  # not an error of ours: it tells the connection to end
    """More replies wait than a client that reads would ever leave."""


class Outbox:
    """Lives on the event loop.

    Args:
        wire, window: the socket and its credit.
        pool: where pictures are encoded.
        message: builds a frame message for this connection; called just before it leaves, so that what
            it says about credit and replaced frames is true then. None leaves the frame out.
        keep_all: lockstep: every frame is sent, in order.
    """

    def __init__(
        self,
        wire: Wire,
        window: Window,
        *,
        look: Look,
        pool: ThreadPoolExecutor,
        message: Callable[[Made, Encoded, int], bytes | None],
        metrics: Metrics,
        clock: Clock,
        keep_all: bool = False,
    ) -> None:
        self.look = look
        self.stream: VideoStream | None = None
        self._wire = wire
        self._window = window
        self._pool = pool
        self._message = message
        self._metrics = metrics
        self._clock = clock
        self.keep_all = keep_all
        self._control: deque[bytes] = deque()
        self._frames: deque[Made] = deque()
        self._encoding: Made | None = None
        self._encodes = False
        self._last_number: int | None = None
        self._stuck_since: float | None = None
        self._closed = False
        self._loop = asyncio.get_running_loop()

    # What comes in.

    def reply(self, data: bytes) -> None:
        """A message that is never dropped. Raises Overflow."""
        if self._closed:
            return
        if len(self._control) >= CONTROL_LANE:
            raise Overflow
        self._control.append(data)
        self.pump()

    def offer(self, made: Made) -> None:
        """A frame; in real time it takes the place of one that still waits."""
        if self._closed:
            return
        if self._last_number is None:
            self._last_number = made.number - 1
        if not (self._frames or self._control or self._encoding is not None or self._wire.waiting):
            # The usual case: nothing is in its way.
            if self._window.can_send_frame():
                self._begin(made)
            else:
                self._frames.append(made)
            if self._frames or self._wire.waiting:
                self.pump()
            else:
                self._stuck_since = None
            return
        if self._frames and not self.keep_all:
            self._frames.clear()
            self._metrics.frame("replaced", self.look.codec, 0)
        self._frames.append(made)
        self.pump()

    def close(self) -> None:
        """Forgets everything; later calls do nothing."""
        self._closed = True
        self._control.clear()
        self._frames.clear()

    # What is known about it.

    @property
    def empty(self) -> bool:
        """Whether all that could be sent has left this process."""
        return not self._control and self._encoding is None and not self._sendable and not self._wire.waiting

    @property
    def frames(self) -> int:
        """Frames that wait or are being encoded."""
        return len(self._frames) + (self._encoding is not None)

    @property
    def _sendable(self) -> bool:
        return bool(self._frames) and self._window.can_send_frame()

    @property
    def stuck_since(self) -> float | None:
        """Since when something waits and nothing has moved; None where things move."""
        return self._stuck_since

    def moved(self) -> None:
        """The client has shown that it reads: credit came back."""
        self._stuck_since = None

    # What goes out.

    def pump(self) -> None:
        """Sends what can be sent now."""
        sent = False
        while self._control and self._wire.waiting < CONTROL_BYTES_WAITING:
            self._wire.write(self._control.popleft())
            sent = True
        while (
            not self._control
            and self._encoding is None
            and self._sendable
            and self._wire.waiting < FRAME_BYTES_WAITING
        ):
            sent = True
            self._begin(self._frames.popleft())
        # A stepper that thinks for long is not slow: only its socket can show that it is.
        short_of_credit = bool(self._frames) and (not self.keep_all or self._window.can_send_frame())
        if not (self._control or short_of_credit or self._wire.waiting):
            self._stuck_since = None
        elif sent or self._stuck_since is None:
            self._stuck_since = self._clock.monotonic()

    def _begin(self, made: Made) -> None:
        found: Encoded | Future[Encoded]
        look = self.look
        self._encodes = look.streamed or not made.knows(look)
        if look.streamed:
            assert self.stream is not None
            found = self._pool.submit(timed_stream, self.stream, made.frame.pixels, made.fresh)
        else:
            found = made.encoded(look, self._pool)
        if isinstance(found, Encoded):
            self._send(made, found)
            return
        self._encoding = made
        found.add_done_callback(self._encoded_elsewhere)

    def _encoded_elsewhere(self, future: Future[Encoded]) -> None:
        # The loop may have ended meanwhile: then nobody waits for the picture.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._encoded, future)

    def _encoded(self, future: Future[Encoded]) -> None:
        made, self._encoding = self._encoding, None
        if self._closed or made is None:
            return
        if future.cancelled() or future.exception() is not None:
            self._metrics.frame("skipped", self.look.codec, 0)
        elif self._window.can_send_frame():
            self._send(made, future.result())
        elif self.keep_all or not self._frames:
            # The client made its window smaller while the picture was being encoded.
            self._frames.appendleft(made)
        self.pump()

    def _send(self, made: Made, encoded: Encoded) -> None:
        replaced = made.number - (self._last_number or 0) - 1
        data = self._message(made, encoded, replaced if replaced > 0 else 0)
        if data is None:
            self._metrics.frame("skipped", self.look.codec, 0)
            return
        if self._encodes:
            # Counted once, however many share the bytes.
            self._metrics.encoded(self.look.codec, encoded.cost_ms / 1000.0)
        self._last_number = made.number
        self._wire.write(data)
        self._metrics.frame("sent" if made.met else "late", self.look.codec, len(data))
