"""A world that plays beside an engine's loop: what the engine's side of it looks like, wherever the world is.

All methods are called on the engine's thread. ``update``, once in each of the engine's frames, never waits:
it returns the newest frame and calls the handlers. Verbs return a ``Future``; ``verb().result()`` waits.
"""

from __future__ import annotations

import queue
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from worldsdk.client.quality import Quality
from worldsdk.engines.hands import Hands
from worldsdk.errors import SessionError, WorldSDKError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from worldsdk.controls import ControlSpec
    from worldsdk.frame import Frame

Event = Literal["connected", "frame", "applied", "quality", "event", "failed", "disconnected"]
EVENTS: tuple[Event, ...] = get_args(Event)

QUALITY_SECONDS = 1.0
"""Between two ``quality`` events."""

RATE_FRAMES = 40
"""Frames behind ``rate``: a second or so."""


class Feed(ABC):
    """See this module's description; made by ``worldsdk.engines.load`` and ``connect``.

    Attributes:
        frame: the newest frame taken by ``update``; from the start there is one.
        title: of the world, for people.
        width, height: of its pictures, in pixels.
        controls: what the world listens to.
        rate_hz: the world's own beat, ticks per second.
        layers: name -> (low, high), of those that come with each frame.
    """

    frame: Frame
    title: str
    width: int
    height: int
    controls: ControlSpec
    rate_hz: float
    layers: Mapping[str, tuple[float, float]]

    def __init__(self, controls: ControlSpec, frame: Frame) -> None:
        self.controls = controls
        self.frame = frame
        self.hands = Hands(controls)
        self._handlers: dict[str, list[Callable[..., Any]]] = {name: [] for name in EVENTS}
        self._news: queue.SimpleQueue[tuple[Event, tuple[Any, ...]]] = queue.SimpleQueue()
        self._moments: deque[float] = deque(maxlen=RATE_FRAMES)
        self._taken_at = time.perf_counter()
        self._quality_at = self._taken_at + QUALITY_SECONDS
        self._fresh = True
        self._tell("connected")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Pictures.

    def update(self) -> Frame | None:
        """The frame to show from now on, or None where what is shown stays. Handlers are called from here."""
        now = time.perf_counter()
        frame = self._take()
        if frame is None and self._fresh:
            frame = self.frame
        self._fresh = False
        if frame is not None:
            self.frame, self._taken_at = frame, now
            self._moments.append(now)
            self._tell("frame", frame)
        if now >= self._quality_at:
            self._quality_at = now + QUALITY_SECONDS
            self._tell("quality", self.quality)
        while not self._news.empty():
            name, values = self._news.get()
            for handler in list(self._handlers[name]):
                handler(*values)
        return frame

    @property
    def rate(self) -> float:
        """Frames per second taken by ``update`` lately; 0 where they have stopped."""
        moments = self._moments
        if len(moments) < 2 or time.perf_counter() - moments[-1] > 1.0:
            return 0.0
        return (len(moments) - 1) / max(moments[-1] - moments[0], 1e-6)

    @property
    def age_ms(self) -> float:
        """Milliseconds since the newest frame was taken."""
        return (time.perf_counter() - self._taken_at) * 1000.0

    @property
    def report(self) -> str:
        """One line for an overlay: rate, action to photon, age, and what was missed."""
        quality = self.quality
        trip = f", rtt {quality.rtt:.1f} ms" if quality.rtt else ""
        photon = f"{quality.action_p50:.0f} ms (p95 {quality.action_p95:.0f})"
        return (
            f"{self.rate:.1f} Hz, action to photon {photon}{trip},"
            f" age {self.age_ms:.0f} ms, {quality.late} late, {quality.held} held, {quality.dropped} dropped"
        )

    # The player's devices. Codes are W3C ``KeyboardEvent.code``: places on the board, not letters.

    def key(self, code: str, down: bool) -> None:
        """A key went down or up. Codes that the world does not listen to change nothing."""
        if down:
            self.hands.press(code)
        else:
            self.hands.release(code)

    def pad(self, name: str, value: float) -> None:
        """A gamepad's input (``"A"``, ``"LeftStickX"``, ...) moved: 0 to 1, sticks -1 to 1."""
        self.hands.pad(name, value)

    def mouse(self, dx: float, dy: float) -> None:
        """The mouse moved by pixels, right and down positive."""
        self.hands.move_mouse(dx, dy)

    def press(self, control: str) -> None:
        """Holds a control by its own name, as far as it goes. Raises ControlError for an unknown name."""
        self.hands.hold(control, True)

    def release(self, control: str) -> None:
        """Ends ``press``. Raises ControlError for an unknown name."""
        self.hands.hold(control, False)

    def set_control(self, control: str, value: float) -> None:
        """Holds a control at a value, until another is set. Raises ControlError for what it does not take."""
        self.hands.set(control, value)

    def release_all(self) -> None:
        """Everything at rest: call it when the window loses the keyboard."""
        self.hands.release_all()

    # Verbs. Each is told as ``applied`` when it is done, as ``failed`` where it was refused.

    @abstractmethod
    def pause(self) -> Future[None]:
        """The world stands still."""

    @abstractmethod
    def resume(self) -> Future[None]:
        """The world goes on."""

    @abstractmethod
    def reset(self, seed: int | None = None, start: int | None = None) -> Future[None]:
        """Begins again, with another seed or start where one is given."""

    @abstractmethod
    def snapshot(self) -> Future[bytes]:
        """Everything the next frame depends on, for ``restore`` here or elsewhere."""

    @abstractmethod
    def restore(self, blob: bytes) -> Future[None]:
        """Goes on from a snapshot. A refused one changes nothing."""

    @abstractmethod
    def rewind(self, ticks: int) -> Future[None]:
        """Goes back so many ticks."""

    @abstractmethod
    def fork(self) -> Future[Any]:
        """An independent twin of the session as it is: a ``Session``, which is to be stepped through ``ask``,
        or a ``RemoteSession``."""

    @abstractmethod
    def observe(self, pixels: NDArray[Any], controls: Mapping[str, float] | None = None) -> Future[None]:
        """The engine's own picture becomes the world's newest memory: uint8 [height, width, 3], RGB."""

    @abstractmethod
    def set_state(self, values: Mapping[str, float]) -> Future[None]:
        """Sets state variables that the world lets be set."""

    @abstractmethod
    def set_speed(self, factor: float) -> Future[None]:
        """``factor`` times the world's own rate, 0.1 to 4."""

    @abstractmethod
    def set_quality(self, *, steps: int) -> Future[None]:
        """Denoising steps for each frame."""

    @abstractmethod
    def set_prompt(self, text: str) -> Future[None]:
        """Says what the world should be like, where it takes a prompt."""

    @abstractmethod
    def set_anchor(self, pixels: NDArray[Any]) -> Future[None]:
        """Shows what the world should look like, where it takes an anchor: uint8 [h, w, 3], RGB."""

    @abstractmethod
    def record(self, on: bool = True) -> Future[str]:
        """Starts or stops the server's log of this session; the log's name."""

    @abstractmethod
    def close(self) -> None:
        """Ends the world, or leaves it. A second call does nothing."""

    @property
    @abstractmethod
    def paused(self) -> bool:
        """Whether the world stands still."""

    @property
    @abstractmethod
    def error(self) -> BaseException | None:
        """Why the feed has ended for good, if it has."""

    @property
    @abstractmethod
    def quality(self) -> Quality:
        """Times and counts, as of a connection; in this process nothing has to travel. ``action_p50`` is from
        a key to the first ``update`` with a frame that it went into."""

    # Events.

    def on(self, event: Event, handler: Callable[..., Any]) -> Callable[[], None]:
        """Calls ``handler`` from ``update``; returns what takes it back.

        ``connected()``, ``frame(frame)``, ``applied(verb)``, ``quality(quality)``, ``event(name, data)`` of
        the server's, ``failed(code, message)``, ``disconnected(code, reason, will_retry)``.

        Raises:
            SessionError: there is no such event.
        """
        if event not in self._handlers:
            raise SessionError(f"there is no event {event!r}", fix=f"use one of {list(EVENTS)}")
        self._handlers[event].append(handler)
        return lambda: self._handlers[event].remove(handler)

    def _tell(self, event: Event, *values: Any) -> None:
        self._news.put((event, values))

    @abstractmethod
    def _take(self) -> Frame | None:
        """The frame that is due now and was not taken yet."""


def refuse(error: BaseException) -> tuple[str, str]:
    """(code, sentence) of an error, for ``failed``."""
    code = error.code if isinstance(error, WorldSDKError) else "internal"
    return code, str(error) or type(error).__name__
