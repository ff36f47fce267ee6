"""One frame on its way from the device thread to everybody in a room."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from worldsdk.frame import Frame
from worldsdk.models.interface import Layer
from worldsdk.protocol.codec import make
from worldsdk.protocol.messages import FrameMessage
from worldsdk.protocol.stencil import Stencil, stencil
from worldsdk.server.encode import Encoded, Look, encode_layers, is_inline, timed


class Applied(NamedTuple):
    """The newest input of one seat that is in a frame: its number, its sender's clock, its arrival here.

    ``fresh`` says whether it is in this frame for the first time.
    """

    seq: int
    ts: int
    arrival: float
    fresh: bool = True


@dataclass
class Made:
    """A frame, what it was made from, and its bytes by look. Shared by all who are sent it.

    The fields are fixed; ``encoded`` fills a cache and belongs to the event loop.

    Attributes:
        frame: the picture and its kin. For several lockstep ticks at once the last one.
        number: counts the frames of a room, so that each connection knows how many it was not sent.
        pts_us: moment at which it was done; ``started``: moment in seconds at which its pass began.
        applied: seat -> newest input in it.
        reward: of all its ticks together.
        cost_ms: from controls in hand to pixels in hand, likewise. met: whether it was in time.
        fresh: True where it does not follow from the frame before it (reset, rewind, ...).
        loss: beats that were passed over just before it.
        drift: the watchdog's score of the world, where it has looked at it.
    """

    frame: Frame
    number: int
    pts_us: int
    started: float
    applied: Mapping[int, Applied]
    reward: float
    cost_ms: float = 0.0
    met: bool = True
    fresh: bool = False
    loss: int = 0
    drift: float | None = None
    _bytes: dict[Look, Encoded | Future[Encoded]] = field(default_factory=dict)
    _layers: dict[str, bytes] = field(default_factory=dict)
    _stencils: dict[tuple[Look, tuple[str, ...], bool], Stencil] = field(default_factory=dict)
    _digest: str = ""
    _digesting: threading.Lock = field(default_factory=threading.Lock)

    def digest(self) -> str:
        """``Frame.digest``, made once, when first asked for, by whichever thread asks first."""
        if not self._digest:
            with self._digesting:
                if not self._digest:
                    self._digest = self.frame.digest()
        return self._digest

    @property
    def digested(self) -> bool:
        """Whether anybody has asked for its digest."""
        return bool(self._digest)

    def knows(self, look: Look) -> bool:
        """Whether its bytes were asked for in that look before."""
        return look in self._bytes

    def encoded(self, look: Look, pool: ThreadPoolExecutor) -> Encoded | Future[Encoded]:
        """Its bytes, at once where that is cheap or they were made before; else a future of them."""
        found = self._bytes.get(look)
        if found is None:
            height, width, _ = self.frame.pixels.shape
            if is_inline(look, height, width):
                found = timed(self.frame.pixels, look)
            else:
                found = pool.submit(timed, self.frame.pixels, look)
            self._bytes[look] = found
        if isinstance(found, Future) and found.done() and found.exception() is None:
            found = self._bytes[look] = found.result()
        return found

    def layers(self, names: Sequence[str], specs: Mapping[str, Layer]) -> dict[str, bytes]:
        """Its layers of those names as bytes."""
        if not names:
            return {}
        missing = [name for name in names if name not in self._layers]
        if missing:
            self._layers.update(encode_layers(self.frame, specs, missing))
        return {name: self._layers[name] for name in names if name in self._layers}

    def for_viewers(
        self, encoded: Encoded, look: Look, layers: tuple[str, ...], specs: Mapping[str, Layer], digest: bool
    ) -> Stencil:
        """Its message for those who play no part in it, with number and replaced frames left open."""
        key = (look, layers, digest)
        found = self._stencils.get(key)
        if found is None:
            fields = frame_fields(
                self,
                encoded,
                seq=1,
                applied=None,
                codec=look.codec,
                layers=self.layers(layers, specs),
                replaced=0,
                digest=digest,
            )
            message = make(FrameMessage, fields)
            found = self._stencils[key] = stencil(message, ("seq", "replaced"))
        return found


def frame_fields(
    one: Made,
    encoded: Encoded,
    *,
    seq: int,
    applied: Applied | None,
    codec: str,
    layers: Mapping[str, bytes],
    replaced: int,
    digest: bool,
) -> dict[str, Any]:
    """All fields of the ``FrameMessage`` of a frame for one connection.

    Args:
        seq: its number there. applied: the newest input of that connection's seat in it.
        replaced: frames that were not sent since the last. digest: whether it is to carry its digest.
    """
    frame, fresh = one.frame, applied is not None and applied.fresh
    timing = frame.timing
    return {
        "seq": seq,
        "tick": frame.tick,
        "pts": one.pts_us,
        "applied": 0 if applied is None else applied.seq,
        "ts": None if applied is None else applied.ts,
        "key": encoded.key,
        "codec": codec,
        "data": encoded.data,
        "layers": layers,
        "state": frame.state,
        "reward": one.reward,
        "ended": frame.ended,
        "truncated": False,
        "steps": timing.steps_used,
        "met": one.met,
        "held": frame.held,
        "stages": timing.stages,
        "total_ms": one.cost_ms,
        # An input that was held for long has not waited for all that time.
        "queue_ms": max(0.0, one.started - applied.arrival) * 1000.0
        if applied is not None and fresh
        else 0.0,
        "encode_ms": encoded.cost_ms,
        "replaced": replaced,
        "hash": one.digest() if digest else "",
        "drift": one.drift,
    }
