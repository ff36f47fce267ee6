"""What one connection is shown: which codec and layers, how large, and the messages of its frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from worldsdk.models.interface import Layer
from worldsdk.protocol.codec import encode_fields
from worldsdk.protocol.connection import ServerConnection
from worldsdk.protocol.messages import ALL_LAYERS, Ack, FrameMessage, Hello
from worldsdk.runtime.clock import Clock
from worldsdk.runtime.world import World
from worldsdk.server.encode import Encoded, H264Stream, Look, choose_codec
from worldsdk.server.hooks import Metrics
from worldsdk.server.made import Made, frame_fields
from worldsdk.server.options import MAX_CREDIT
from worldsdk.server.outbox import Outbox, Wire

MAX_STAMPS = 64
"""Frames whose input's time is remembered until they are acknowledged: as many as can be in flight."""

MOST_PHOTON_US = 60_000_000
"""A frame that took longer to be shown tells of a sleeping computer, not of latency."""


class Feed:
    """Lives on the event loop.

    Args:
        wire, protocol: the socket and the state of its connection.
        too_large: told the bytes of a frame that is left out because the client does not take as many.

    Attributes:
        outbox: where frames and replies wait.
        layers: names of those that go with each frame.
        most_bytes: of a message; 0 before hello.
    """

    def __init__(
        self,
        wire: Wire,
        protocol: ServerConnection,
        world: World,
        *,
        pool: ThreadPoolExecutor,
        metrics: Metrics,
        clock: Clock,
        too_large: Callable[[int], None],
    ) -> None:
        self.layers: tuple[str, ...] = ()
        self.most_bytes = 0
        self._protocol = protocol
        self._world = world
        self._metrics = metrics
        self._clock = clock
        self._too_large = too_large
        self._specs: Mapping[str, Layer] = {layer.name: layer for layer in world.spec.layers}
        self._digests = False
        self._seat: int | None = None
        self._stamps: dict[int, int] = {}
        self.outbox = Outbox(
            wire,
            protocol,
            look=Look("raw_rgb"),
            pool=pool,
            message=self._message,
            metrics=metrics,
            clock=clock,
        )

    def begin(self, hello: Hello, codec: str, quality: int, *, seat: int | None, lockstep: bool) -> None:
        """What ``hello`` asked for holds from now on; ``seat`` is the guest's own, None for a viewer."""
        wanted = self._specs if ALL_LAYERS in hello.layers else hello.layers
        self.layers = tuple(name for name in wanted if name in self._specs)
        self._digests = lockstep
        self._seat = seat
        self.outbox.keep_all = lockstep and seat is not None
        self._look(codec, quality)

    def set_quality(
        self, *, codec: str | None, jpeg_quality: int | None, credit: int | None, digests: bool | None
    ) -> dict[str, Any]:
        """Changes what is given; returns what holds now.

        Raises:
            RefusedError: a frame by that codec would not fit into the client's messages.
        """
        spec, look = self._world.spec, self.outbox.look
        if codec is not None:
            choose_codec([codec], spec.height, spec.width, self.most_bytes)
        if codec is not None or jpeg_quality is not None:
            self._look(codec or look.codec, jpeg_quality or look.quality)
        if credit is not None:
            self._protocol.credit = min(credit, MAX_CREDIT)
        if digests is not None:
            self._digests = digests
        look = self.outbox.look
        return {
            "codec": look.codec,
            "jpeg_quality": look.quality,
            "credit": self._protocol.credit,
            "hash": self._digests,
        }

    def acked(self, ack: Ack) -> None:
        """A frame has arrived; where it was shown, the time since its input is counted."""
        if self._protocol.credit > MAX_CREDIT:
            self._protocol.credit = MAX_CREDIT
        stamp = self._stamps.pop(ack.seq, None)
        if ack.shown is not None and stamp is not None and 0 <= ack.shown - stamp < MOST_PHOTON_US:
            self._metrics.action_to_photon((ack.shown - stamp) / 1e6)
        self.outbox.moved()

    def _look(self, codec: str, quality: int) -> None:
        if codec == "h264" and self.outbox.look.codec != codec:
            spec = self._world.spec
            self.outbox.stream = H264Stream(spec.width, spec.height, self._world.rate_hz)
        self.outbox.look = Look(codec, quality)

    def _message(self, one: Made, encoded: Encoded, replaced: int) -> bytes | None:
        """The frame's message for this connection; None where it is larger than the client takes."""
        applied = None if self._seat is None else one.applied.get(self._seat)
        seq, look = self._protocol.sent + 1, self.outbox.look
        if self._seat is None and not look.streamed:
            shared = one.for_viewers(encoded, look, self.layers, self._specs, self._digests)
            data = shared.fill(seq, replaced)
        else:
            data = encode_fields(
                FrameMessage,
                frame_fields(
                    one,
                    encoded,
                    seq=seq,
                    applied=applied,
                    codec=look.codec,
                    layers=one.layers(self.layers, self._specs) if self.layers else {},
                    replaced=replaced,
                    digest=self._digests,
                ),
            )
        if len(data) > self.most_bytes:
            self._too_large(len(data))
            return None
        self._protocol.frame_sent(seq)
        self._metrics.traffic("out", len(data))
        if applied is not None and applied.fresh:
            self._metrics.input_to_send(self._clock.monotonic() - applied.arrival)
            self._stamps[seq] = applied.ts
            if len(self._stamps) > MAX_STAMPS:
                del self._stamps[next(iter(self._stamps))]
        return data
