"""Pixels and layers to bytes, once for each codec and quality however many people watch.

Raw pixels, and JPEG of small pictures, cost less than handing the work to another thread would; everything
else is encoded in a small pool, off the device thread and off the event loop.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from worldsdk.frame import Frame
from worldsdk.models.interface import Layer
from worldsdk.server.hooks import RefusedError

CODECS = ("raw_rgb", "raw_rgba", "jpeg", "webp", "png", "h264")
"""What this server can send. Of those, h264 has a stream of its own for each viewer."""

JPEG_QUALITY = 90
"""By default: no blocks to be seen in flat walls, at a fifth of the bytes of the raw picture."""

INLINE_PIXELS = 32_768
"""Most pixels of a JPEG that is made at once: 0.1 ms, while two hops between threads take 0.2 ms."""

H264_BITS_PER_PIXEL = 0.25
"""Of the stream: fast, unpredictable motion at low latency needs about twice a film's bits."""

RAW_BYTES = {"raw_rgb": 3, "raw_rgba": 4}
"""Bytes of a pixel, where they are fixed."""


class Look(NamedTuple):
    """How one connection wants its pictures; equal looks share their bytes."""

    codec: str
    quality: int = JPEG_QUALITY

    @property
    def streamed(self) -> bool:
        """Whether each picture depends on those sent before it on the same connection."""
        return self.codec == "h264"


class Encoded(NamedTuple):
    """Bytes of one picture, the milliseconds that making them took, and whether it stands on its own."""

    data: bytes
    cost_ms: float
    key: bool = True


def choose_codec(wanted: Sequence[str], height: int, width: int, most_bytes: int) -> str:
    """The first of ``wanted`` that this server has and that fits into ``most_bytes``, as far as can be known.

    Raises:
        RefusedError: ``too_large`` where only the size forbids it, ``not_capable`` where none is known.
    """
    known = [name for name in wanted if name in CODECS]
    if not known:
        raise RefusedError(
            "not_capable",
            f"none of the codecs {[name[:16] for name in wanted[:8]]} is known",
            fix=f"offer some of {list(CODECS)}",
        )
    for name in known:
        if name not in RAW_BYTES or height * width * RAW_BYTES[name] + OVERHEAD_BYTES <= most_bytes:
            return name
    raise RefusedError(
        "too_large",
        f"a frame has {height * width * RAW_BYTES[known[0]]} bytes, max_message is {most_bytes}",
        fix="raise max_message or offer a compressed codec",
    )


OVERHEAD_BYTES = 2048
"""Room for everything in a frame message that is not its picture or its layers."""


def is_inline(look: Look, height: int, width: int) -> bool:
    """Whether ``encode`` is so cheap that no other thread should do it."""
    return look.codec in RAW_BYTES or (look.codec == "jpeg" and height * width <= INLINE_PIXELS)


def encode(pixels: NDArray[np.uint8], look: Look) -> bytes:
    """One picture, uint8 [H, W, 3] RGB, by a codec that needs no other picture."""
    if look.codec == "raw_rgb":
        return pixels.tobytes()
    if look.codec == "raw_rgba":
        height, width, _ = pixels.shape
        opaque = np.full((height, width, 4), 255, dtype=np.uint8)
        opaque[:, :, :3] = pixels
        return opaque.tobytes()
    if look.codec == "jpeg":
        return _jpeg(pixels, look.quality)
    from PIL import Image

    sink = io.BytesIO()
    image = Image.fromarray(pixels)
    if look.codec == "webp":
        image.save(sink, "WEBP", quality=look.quality, method=0)
    elif look.codec == "png":
        image.save(sink, "PNG", compress_level=1)
    else:
        raise ValueError(f"{look.codec} is no codec for single pictures")
    return sink.getvalue()


def _jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    import simplejpeg

    # Halved colour smears the thin red and blue things that small worlds are full of.
    sampling = "444" if quality >= 75 else "420"
    data: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality=quality, colorspace="RGB", colorsubsampling=sampling
    )
    return data


class VideoStream(Protocol):
    """A codec whose pictures lean on each other; used by one thread at a time."""

    def encode(self, pixels: NDArray[np.uint8], *, key: bool) -> tuple[bytes, bool]:
        """The next picture, and whether it stands on its own, which ``key`` makes sure of."""


class H264Stream:
    """H.264, one access unit (Annex B) for each picture, with no picture held back.

    Headers are repeated at every key picture, so that a decoder may start at any of them.

    Args:
        width, height: of the pictures; odd sizes are padded by one repeated column or row.
        rate_hz: pictures per second, for the bit rate.
    """

    def __init__(self, width: int, height: int, rate_hz: float) -> None:
        self._size = (height + height % 2, width + width % 2)
        self._rate = Fraction(rate_hz).limit_denominator(1000)
        self._lock = threading.Lock()
        self._index = 0
        self._codec = self._open()

    def _open(self) -> Any:
        import av

        height, width = self._size
        codec: Any = av.CodecContext.create("libx264", "w")
        codec.width, codec.height = width, height
        codec.pix_fmt = "yuv420p"
        codec.framerate = self._rate
        codec.time_base = 1 / self._rate
        codec.bit_rate = int(H264_BITS_PER_PIXEL * width * height * float(self._rate))
        codec.max_b_frames = 0
        codec.gop_size = max(1, int(4 * self._rate))
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "x264-params": "repeat-headers=1:annexb=1:scenecut=0",
        }
        return codec

    def encode(self, pixels: NDArray[np.uint8], *, key: bool) -> tuple[bytes, bool]:
        import av
        from av.video.frame import PictureType

        height, width = self._size
        padded = np.pad(
            pixels, ((0, height - pixels.shape[0]), (0, width - pixels.shape[1]), (0, 0)), mode="edge"
        )
        with self._lock:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(padded), format="rgb24")
            picture = picture.reformat(format="yuv420p")
            picture.pts = self._index
            picture.time_base = 1 / self._rate
            if key:
                picture.pict_type = PictureType.I
            self._index += 1
            packets = self._codec.encode(picture)
        return b"".join(bytes(packet) for packet in packets), any(p.is_keyframe for p in packets)


def timed_stream(stream: VideoStream, pixels: NDArray[np.uint8], key: bool) -> Encoded:
    """The next picture of a stream, with the time that it took."""
    begun = time.perf_counter()
    data, whole = stream.encode(pixels, key=key)
    return Encoded(data, (time.perf_counter() - begun) * 1000.0, whole)


def timed(pixels: NDArray[np.uint8], look: Look) -> Encoded:
    """``encode``, with the time that it took."""
    begun = time.perf_counter()
    data = encode(pixels, look)
    return Encoded(data, (time.perf_counter() - begun) * 1000.0)


def encode_layers(frame: Frame, layers: Mapping[str, Layer], names: Sequence[str]) -> dict[str, bytes]:
    """Layers as little-endian uint16 [H, W], row by row, 0..65535 over each layer's low..high.

    A layer that the frame does not have (the first one of a session has none) is left out.
    """
    encoded = {}
    for name in names:
        values = frame.layers.get(name)
        if values is None:
            continue
        layer = layers[name]
        scaled = (values - layer.low) * (65535.0 / (layer.high - layer.low))
        encoded[name] = np.clip(np.rint(scaled), 0, 65535).astype("<u2").tobytes()
    return encoded
