"""A frame as a remote session hands it out: ``worldsdk.Frame``, and what the wire adds to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from worldsdk.client.pictures import Pixels, read_layer
from worldsdk.controls import Controls
from worldsdk.frame import Frame, Timing

if TYPE_CHECKING:
    from worldsdk.client.description import RemoteSpec
    from worldsdk.protocol.messages import FrameMessage


@dataclass(frozen=True)
class Wire:
    """What crossing the wire adds to a frame.

    Attributes:
        seq: number of the frame in its connection.
        pts: server's clock, micros, when the tick was done.
        applied: number of this client's newest input in the frame; 0 where there is none.
        ts: client's clock, micros, when that input was sent.
        arrived: client's clock, seconds, when the frame was decoded here.
        key: whether it can be decoded alone. codec: of its pixels.
        truncated: whether the server's limits, not the world, ended the episode.
        queue_ms: from that input's arrival at the server to the start of the pass.
        encode_ms: for the picture.
        replaced: frames that the server dropped before this one because newer ones were there.
        digest: the server's ``Frame.digest()``, before any codec; empty where it was not sent.
        drift: how far the world has drifted, where the server measures that.
    """

    seq: int = 0
    pts: int = 0
    applied: int = 0
    ts: int | None = None
    arrived: float = 0.0
    key: bool = True
    codec: str = "raw_rgb"
    truncated: bool = False
    queue_ms: float = 0.0
    encode_ms: float = 0.0
    replaced: int = 0
    digest: str = ""
    drift: float | None = None


@dataclass(frozen=True)
class RemoteFrame(Frame):
    """A ``Frame`` from a server. Layers were rounded to 65536 levels, and codecs other than raw and PNG
    change pixels too; ``digest`` is that of the frame before both, where the server sends it."""

    wire: Wire = field(default_factory=Wire)

    def digest(self) -> str:
        return self.wire.digest or super().digest()


class _Later:
    """A field that is worked out when somebody looks: most frames are looked at for their picture alone."""

    def __init__(self, name: str, work_out: Callable[[dict[str, Any]], Any]) -> None:
        self._name = name
        self._work_out = work_out

    def __get__(self, frame: RemoteFrame | None, owner: type[RemoteFrame]) -> Any:
        # A frame that has the field already is not asked here.
        fields = {} if frame is None else vars(frame)
        if "_message" not in fields:
            raise AttributeError(self._name)
        value = fields[self._name] = self._work_out(fields)
        return value


def _timing(fields: dict[str, Any]) -> Timing:
    message: FrameMessage = fields["_message"]
    return Timing(
        total_ms=message.total_ms,
        stages=dict(message.stages),
        steps_used=message.steps,
        budget_ms=fields["_budget_ms"],
        deadline_met=message.met,
        rung=f"{message.steps}-step" if message.steps else "observed",
    )


def _wire(fields: dict[str, Any]) -> Wire:
    message: FrameMessage = fields["_message"]
    return Wire(
        seq=message.seq,
        pts=message.pts,
        applied=message.applied,
        ts=message.ts,
        arrived=fields["_arrived"],
        key=message.key,
        codec=message.codec,
        truncated=message.truncated,
        queue_ms=message.queue_ms,
        encode_ms=message.encode_ms,
        replaced=message.replaced,
        digest=message.hash,
        drift=message.drift,
    )


for _name, _work_out in (("timing", _timing), ("wire", _wire)):
    setattr(RemoteFrame, _name, _Later(_name, _work_out))


def remote_frame(
    message: FrameMessage,
    pixels: Pixels,
    controls: Controls,
    spec: RemoteSpec,
    budget_ms: float,
    arrived: float,
) -> RemoteFrame:
    """Puts a frame together. Raises ProtocolError for a layer that is not as ``welcome`` said."""
    layers = (
        {}
        if not message.layers
        else {
            layer.name: read_layer(message.layers[layer.name], layer.low, layer.high, spec.height, spec.width)
            for layer in spec.layers
            if layer.name in message.layers
        }
    )
    frame = RemoteFrame.__new__(RemoteFrame)
    # A frozen dataclass would set each field by a call of its own.
    vars(frame).update(
        pixels=pixels,
        layers=layers,
        state=message.state,
        reward=message.reward,
        ended=message.ended,
        tick=message.tick,
        controls=controls,
        held=message.held,
        given={},
        _message=message,
        _budget_ms=budget_ms,
        _arrived=arrived,
    )
    return frame
