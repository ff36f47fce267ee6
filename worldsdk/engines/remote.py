"""A feed whose world runs on a server: pictures are shown when they are due, verbs never stop the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from worldsdk.client.present import FrameLead
from worldsdk.client.showing import Showing
from worldsdk.client.steering import Steering
from worldsdk.client.verbs import png
from worldsdk.engines.feed import Feed, refuse
from worldsdk.errors import SessionError
from worldsdk.protocol.codes import CODES, NORMAL_CLOSE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from worldsdk.client.quality import Quality
    from worldsdk.client.session import RemoteSession
    from worldsdk.frame import Frame

T = TypeVar("T")


class RemoteFeed(Feed):
    """A session on a server, in real time.

    Args:
        session: of a world that was connected to with ``mode="realtime"``; closed with the feed.
        warp: whether late frames are bridged by turning the last one with the camera.
    """

    def __init__(self, session: RemoteSession, *, warp: bool = True) -> None:
        world = session.world
        self.title, self.rate_hz = world.title, world.rate_hz
        self.width, self.height = world.spec.width, world.spec.height
        self.layers = {layer.name: (layer.low, layer.high) for layer in world.spec.layers}
        super().__init__(world.controls, session.frame)
        self._session = session
        self._showing = Showing(session, warp=warp)
        self._steering = Steering(session, self.hands)
        self._verbs = ThreadPoolExecutor(1, "worldsdk-verbs")
        self._lead = FrameLead(1.0 / world.rate_hz)
        self._connected = True
        self._closed = self._over = False
        self._failure: BaseException | None = None
        self.hands.on_change = self._steering.moved
        session.listen(self._showing.hear)

    # What the engine asks for.

    def ask(self, question: Callable[[RemoteSession], T], *, verb: str = "") -> Future[T]:
        """Calls ``question`` with the session on the thread that talks to the server, in turn.

        Args:
            verb: told as ``applied`` when it is done; nothing is told where it is empty.
        """
        if self._closed:
            closed: Future[T] = Future()
            closed.set_exception(SessionError("the feed is closed", where=self.title, fix="make another"))
            return closed

        def run() -> T:
            try:
                result = question(self._session)
            except BaseException as error:
                self._tell("failed", *refuse(error))
                raise
            if verb:
                self._tell("applied", verb)
            return result

        return self._verbs.submit(run)

    def pause(self) -> Future[None]:
        return self.ask(lambda session: session.pause(), verb="pause")

    def resume(self) -> Future[None]:
        return self.ask(lambda session: session.resume(), verb="resume")

    def reset(self, seed: int | None = None, start: int | None = None) -> Future[None]:
        return self._jump("reset", lambda session: session.reset(seed=seed, start=start))

    def snapshot(self) -> Future[bytes]:
        return self.ask(lambda session: session.snapshot(), verb="snapshot")

    def restore(self, blob: bytes) -> Future[None]:
        return self._jump("restore", lambda session: session.restore(blob))

    def rewind(self, ticks: int) -> Future[None]:
        return self._jump("rewind", lambda session: session.rewind(ticks))

    def fork(self) -> Future[RemoteSession]:
        return self.ask(lambda session: session.fork(), verb="fork")

    def observe(self, pixels: NDArray[Any], controls: Mapping[str, float] | None = None) -> Future[None]:
        return self._jump("observe", lambda session: session.observe(pixels, controls))

    def set_state(self, values: Mapping[str, float]) -> Future[None]:
        return self.ask(lambda session: session.set_state(values), verb="set_state")

    def set_speed(self, factor: float) -> Future[None]:
        return self.ask(lambda session: session.set_speed(factor), verb="set_speed")

    def set_quality(self, *, steps: int) -> Future[None]:
        return self.ask(lambda session: session.set_quality(steps=steps), verb="set_quality")

    def set_prompt(self, text: str) -> Future[None]:
        return self.ask(
            lambda session: _nothing(session.command("prompt", {"text": text})), verb="set_prompt"
        )

    def set_anchor(self, pixels: NDArray[Any]) -> Future[None]:
        return self.ask(
            lambda session: _nothing(session.command("anchor", {"image": png(pixels)})), verb="set_anchor"
        )

    def record(self, on: bool = True) -> Future[str]:
        return self.ask(lambda session: session.record(on), verb="record")

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._session.listen(None)
        self._session.world.close()
        self._verbs.shutdown(wait=True, cancel_futures=True)
        if not self._over:
            self._over = True
            self._tell("disconnected", NORMAL_CLOSE, "closed", False)

    @property
    def paused(self) -> bool:
        return self._session.paused

    @property
    def error(self) -> BaseException | None:
        # A session that was left here counts as ended too, but nothing went wrong.
        return self._failure if self._closed else self._failure or self._session.error

    @property
    def warp(self) -> bool:
        """Whether late frames are bridged by turning the last one with the camera; may be set."""
        return self._showing.warp

    @warp.setter
    def warp(self, on: bool) -> None:
        self._showing.warp = on

    @property
    def quality(self) -> Quality:
        return self._showing.quality

    # Each of the engine's frames.

    def _take(self) -> Frame | None:
        if self._closed or self._over:
            return None
        now = self._session.clock.seconds()
        self._listen()
        self._steering.update(now)
        fresh = self._showing.take(now + self._lead.at(now))
        if fresh is not None:
            self._session.shown(fresh)
            return fresh
        if self._session.paused or not self._session.connected:
            self._showing.restart()
            return None
        return self._showing.bridge(now)

    def _listen(self) -> None:
        for name, data in self._session.events():
            self._tell("event", name, data)
        error = self._session.error
        if error is not None:
            self._over, self._failure = True, error
            self._tell("failed", *refuse(error))
            code = CODES[error.code].close if error.code in CODES else None
            self._tell("disconnected", code or 1006, str(error), False)
            return
        connected = self._session.connected
        if connected != self._connected:
            self._connected = connected
            if connected:
                self._tell("connected")
            else:
                self._tell("disconnected", 1006, "the connection was lost: trying again", True)

    def _jump(self, verb: str, go: Callable[[RemoteSession], object]) -> Future[None]:
        def moved(session: RemoteSession) -> None:
            go(session)
            self.hands.forget_motion()

        return self.ask(moved, verb=verb)


def _nothing(_: object) -> None:
    """For verbs whose answer says no more than that they were applied."""
