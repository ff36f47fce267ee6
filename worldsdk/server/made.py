"""One frame on its way from the device thread to everybody in a room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from worldsdk.frame import Frame
from worldsdk.models.interface import Layer
from worldsdk.server.encode import Encoded, Look, encode_layers, is_inline, timed


@dataclass(frozen=True)
class Applied:
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
    _bytes: dict[Look, Encoded | Future[Encoded]] = field(default_factory=dict)
    _layers: dict[str, bytes] = field(default_factory=dict)
    _digest: str = ""

    def digest(self) -> str:
        """``Frame.digest``, made when first asked for."""
        if not self._digest:
            self._digest = self.frame.digest()
        return self._digest

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
