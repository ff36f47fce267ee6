"""A dialogue over blocking sockets that outlives each of them: reconnects, resumes, and says when it cannot.

In lockstep the thread that waits for an answer reads the socket itself, which is the shortest way. In real
time frames come whether or not anybody waits, so a thread of its own reads them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from worldsdk.client.backoff import Backoff
from worldsdk.client.dialogue import Asked, Dialogue, Wishes
from worldsdk.client.failures import closed, may_retry
from worldsdk.client.settings import PING_SECONDS, Settings, address
from worldsdk.client.transport import DroppedError, SyncSocket
from worldsdk.controls import Controls
from worldsdk.errors import ConnectionFailedError, ConnectionLostError, ConnectionTimeoutError, WorldSDKError

POLL_SECONDS = 0.25
"""Longest uninterrupted wait of the reading thread: how soon it notices that it should stop."""


FIRST_FRAME_SECONDS = 2.0
"""For the frame of the present that follows a welcome. Taken before anything is asked for, so that it is not
mistaken for an answer; a server that sends none is forgiven."""


class Link:
    """Opened when made.

    Args:
        settings: where to and how long.
        wishes: what for.
        resume: a single-use token of a session that exists (a fork's twin).

    Attributes:
        dialogue: to be looked at under ``lock``. error: why it has ended for good, if it has.
        connected: False while it tries to come back.

    Raises:
        ConnectionFailedError, ConnectionTimeoutError, or the error with which the server refused.
    """

    def __init__(self, settings: Settings, wishes: Wishes, resume: str | None = None) -> None:
        self.settings = settings
        self.dialogue = Dialogue(wishes, settings.clock)
        self.error: WorldSDKError | None = None
        self.connected = True
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._sending = threading.Lock()
        self._url = address(settings.url)
        self._closing = False
        self._heard = self._pinged = 0.0
        self._socket = self._connect(resume)
        self._thread: threading.Thread | None = None
        if wishes.mode == "realtime":
            self._thread = threading.Thread(target=self._read_on, name="worldsdk-wire", daemon=True)
            self._thread.start()

    # What sessions use.

    def input(self, controls: Controls, *, mouse: tuple[float, float] = (0.0, 0.0), ticks: int = 1) -> int:
        """Sends an input; returns its number."""
        dialogue = self.dialogue
        with self._sending:
            with self.lock:
                seq = dialogue.input(controls, mouse=mouse, ticks=ticks)
                if dialogue.welcome is None:
                    return seq
                messages = tuple(dialogue.outgoing)
                dialogue.outgoing.clear()
                socket = self._socket
            try:
                socket.send(*messages)
            except DroppedError:
                # It is said again on the next connection.
                return seq
        return seq

    def command(self, name: str, args: dict[str, object]) -> Asked:
        """Sends a command; its answer is to be waited for."""
        with self.lock:
            asked = self.dialogue.command(name, args)
        self.flush()
        return asked

    def wait(self, done: Callable[[], bool], seconds: float | None = None, what: str = "answer") -> None:
        """Returns once ``done()``, which may only look at the dialogue.

        Args:
            seconds: by default the settings' ``answer_seconds``; time spent reconnecting does not count.

        Raises:
            ConnectionTimeoutError: not within that time. The link stays usable.
            ConnectionLostError, or what the server ended the session with.
        """
        limit = self.settings.answer_seconds if seconds is None else seconds
        if self._thread is None:
            self._read_until(done, limit, what)
            return
        with self._changed:
            if not self._changed.wait_for(lambda: done() or self.error is not None, limit):
                raise late(what, limit, self._url)
            if self.error is not None and not done():
                raise self.error

    def await_frame(self, seq: int) -> bool:
        """Lockstep: takes the next message, if it comes soon, and keeps the connection as ``wait`` does.

        Returns:
            whether it was the frame of input ``seq``; else that is to be waited for.
        """
        dialogue = self.dialogue
        if self._thread is not None or self.error is not None:
            return False
        try:
            data = self._socket.recv_soon()
            if data is None:
                return False
            with self.lock:
                found = dialogue.receive_frame(data)
                if not found:
                    dialogue.receive(data)
            if dialogue.fatal is not None:
                raise dialogue.fatal
        except (DroppedError, WorldSDKError) as cause:
            self._recover(cause)
            return False
        if dialogue.outgoing:
            self.flush()
        # After a resume the newest input was said again, under a number that may be lower.
        return found and dialogue.trouble is None and dialogue.applied >= min(seq, dialogue.seq)

    def flush(self) -> None:
        """Sends what the dialogue has to say, if it is connected; what cannot be sent is said again later."""
        with self._sending:
            while self.dialogue.welcome is not None:
                with self.lock:
                    if not self.dialogue.outgoing:
                        return
                    data = self.dialogue.outgoing.popleft()
                    socket = self._socket
                try:
                    socket.send(data)
                except DroppedError:
                    return

    def close(self) -> None:
        """Says goodbye, so that the server frees the seat at once. Closing twice does nothing."""
        if self._closing:
            return
        with self.lock:
            self._closing = True
            alive = self.error is None
            if alive:
                self.dialogue.bye()
        if alive:
            self.flush()
        self._socket.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(self.settings.open_seconds)
        self.error = self.error or ConnectionLostError("this session was closed", where=self._url)

    # Reading.

    def _read_until(self, done: Callable[[], bool], limit: float, what: str) -> None:
        if self.error is not None and not done():
            raise self.error
        now = self._heard = self._pinged = self._now()
        ends = now + limit
        while not done():
            if now >= ends:
                raise late(what, limit, self._url)
            before = now
            try:
                now = self._turn(min(ends - now, PING_SECONDS))
            except (DroppedError, WorldSDKError) as cause:
                self._recover(cause)
                now = self._now()
                ends += now - before

    def _read_on(self) -> None:
        self._heard = self._now()
        while not self._closing:
            try:
                self._turn(POLL_SECONDS)
            except (DroppedError, WorldSDKError) as cause:
                if self._closing:
                    return
                try:
                    self._recover(cause)
                except WorldSDKError:
                    return

    def _turn(self, seconds: float) -> float:
        """Takes one message, if one comes in time, and keeps the connection under watch; when it came."""
        data = self._socket.recv(seconds)
        now = self._now()
        if data is not None:
            self._heard = now
            with self._changed:
                self.dialogue.receive(data)
                self._changed.notify_all()
            if self.dialogue.fatal is not None:
                raise self.dialogue.fatal
        elif now - self._heard > self.settings.silence_seconds:
            raise ConnectionTimeoutError(
                f"the server was silent for {self.settings.silence_seconds:g} s", where=self._url
            )
        if now - self._pinged >= PING_SECONDS:
            self._pinged = now
            with self.lock:
                self.dialogue.ping()
        if self.dialogue.outgoing:
            self.flush()
        return now

    # Connecting.

    def _connect(self, resume: str | None = None) -> SyncSocket:
        socket = SyncSocket(self._url, self.settings)
        seen = self.dialogue.frames
        try:
            with self.lock:
                hello = self.dialogue.open(self.settings.fresh_token(), resume)
            socket.send(hello)
            ends = self._now() + self.settings.open_seconds
            while self.dialogue.welcome is None:
                if not self._read_one(socket, ends):
                    raise late("welcome", self.settings.open_seconds, self._url)
            ends = self._now() + FIRST_FRAME_SECONDS
            while self.dialogue.frames == seen and self._read_one(socket, ends):
                pass
        except DroppedError as end:
            socket.close()
            raise closed(end.code, end.reason, self._url) or ConnectionFailedError(
                f"the server hung up before its welcome ({end.code or 'no reason given'})", where=self._url
            ) from None
        except BaseException:
            socket.close()
            raise
        self._heard = self._now()
        return socket

    def _read_one(self, socket: SyncSocket, ends: float) -> bool:
        """Takes one message; False where none came by then."""
        data = socket.recv(ends - self._now())
        if data is None:
            return False
        with self.lock:
            self.dialogue.receive(data)
        if self.dialogue.fatal is not None:
            raise self.dialogue.fatal
        return True

    def _recover(self, cause: DroppedError | WorldSDKError) -> None:
        """Takes the connection up again, or raises and keeps as ``error`` why that cannot be."""
        try:
            if self._closing:
                raise ConnectionLostError("this session was closed", where=self._url)
            self.connected = False
            self._socket.close()
            self._reconnect(ended(cause, self.dialogue, self._url))
        except WorldSDKError as error:
            with self._changed:
                self.error = error
                self._changed.notify_all()
            raise

    def _reconnect(self, why: WorldSDKError | None) -> None:
        clock, settings = self.settings.clock, self.settings
        backoff = Backoff(settings.reconnect_seconds, clock.seconds())
        last = why
        if self.dialogue.goaway is not None and self.dialogue.goaway.url:
            self._url = address(self.dialogue.goaway.url)
        while True:
            wait = backoff.next(clock.seconds(), self.dialogue.retry_after)
            hook = settings.on_disconnect
            if wait is None or self._closing or (hook is not None and hook(last, backoff.attempts) is False):
                raise gave_up(last, backoff.attempts - 1, self._url)
            clock.sleep(wait)
            try:
                fresh = self._connect()
            except WorldSDKError as error:
                if not may_retry(error):
                    raise
                last = error
                continue
            with self._changed:
                self._socket, self.connected = fresh, True
                self.dialogue.meter.reconnects += 1
                self._changed.notify_all()
            self.flush()
            return

    def _now(self) -> float:
        return self.settings.clock.seconds()


def ended(cause: DroppedError | WorldSDKError, dialogue: Dialogue, url: str) -> WorldSDKError | None:
    """Why a connection ended, to be told to whoever asks.

    Raises:
        WorldSDKError: where connecting again cannot bring the session back.
    """
    error = closed(cause.code, cause.reason, url) if isinstance(cause, DroppedError) else cause
    goaway = dialogue.goaway
    viewer = dialogue.wishes.role == "viewer"
    if goaway is not None and (goaway.action == "stop" or (goaway.action == "reconnect" and not viewer)):
        raise ConnectionLostError(f"the server ended the session: {goaway.reason}", where=url)
    # Nobody is there to play: coming back by itself would keep the seat for ever.
    idle = error is not None and error.code == "idle" and dialogue.wishes.mode == "realtime"
    if error is not None and (idle or not may_retry(error)):
        raise error
    if isinstance(cause, DroppedError) and cause.code == 1000 and goaway is None:
        raise ConnectionLostError(
            f"the server ended the session{': ' + cause.reason if cause.reason else ''}", where=url
        )
    if dialogue.resume_token is None and not viewer:
        raise ConnectionLostError(
            "the connection was lost, and the server gave no token to come back with", where=url
        )
    return error


def gave_up(last: WorldSDKError | None, attempts: int, url: str) -> ConnectionLostError:
    """The error of a link that has tried long enough."""
    reason = f", the last: {last.what}" if last is not None else ""
    return ConnectionLostError(
        f"the connection was lost and {attempts} attempts to take it up again failed{reason}",
        where=url,
        fix="check the server, then connect again; a snapshot can be restored there",
    )


def late(what: str, seconds: float, url: str) -> ConnectionTimeoutError:
    return ConnectionTimeoutError(
        f"no {what} within {seconds:g} s", where=url, fix="allow more seconds, or check the server's load"
    )
