"""From the bytes of a frame to pixels, for each codec of the wire. Decoders are imported when needed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import MissingExtraError, ProtocolError

Pixels = NDArray[np.uint8]

EXACT = ("raw_rgb", "png")
"""Codecs that lose nothing, in the order a client asks for them unless told otherwise."""

CODECS = ("raw_rgb", "raw_rgba", "jpeg", "webp", "png", "h264")


class PictureReader:
    """Decodes one connection's pictures, each uint8 [height, width, 3], RGB, read-only.

    Args:
        width, height: that every picture must have; compressed ones are refused by their header alone.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._shape = (height, width, 3)
        self._raw_bytes = 3 * width * height
        self._video: Any = None
        self._readers: dict[str, Callable[[bytes], Pixels | None]] = {
            "raw_rgb": self._raw_rgb,
            "raw_rgba": self._raw_rgba,
            "jpeg": self._jpeg,
            "webp": self._still,
            "png": self._still,
            "h264": self._h264,
        }

    def read(self, codec: str, data: bytes) -> Pixels | None:
        """The picture, or None where a video decoder needs more data first.

        Raises:
            ProtocolError: an unknown codec, another size, or bytes that are no picture.
            MissingExtraError: the decoder is not installed.
        """
        if codec == "raw_rgb" and len(data) == self._raw_bytes and type(data) is bytes:
            return np.ndarray(self._shape, np.uint8, data)
        reader = self._readers.get(codec)
        if reader is None:
            raise ProtocolError(f"the codec is {codec!r}", where="frame", fix=f"use one of {list(CODECS)}")
        pixels = reader(data)
        if pixels is not None:
            pixels.flags.writeable = False
        return pixels

    def _raw_rgb(self, data: bytes) -> Pixels:
        return self._raw(data, 3)

    def _raw_rgba(self, data: bytes) -> Pixels:
        return np.ascontiguousarray(self._raw(data, 4)[:, :, :3])

    def _raw(self, data: bytes, channels: int) -> Pixels:
        if len(data) != self.width * self.height * channels:
            self._refuse(f"{len(data)} bytes of pixels")
        return np.frombuffer(data, np.uint8).reshape(self.height, self.width, channels)

    def _jpeg(self, data: bytes) -> Pixels:
        try:
            import simplejpeg
        except ImportError:
            return self._still(data)
        try:
            height, width, *_ = simplejpeg.decode_jpeg_header(data)
            self._check_size(width, height)
            pixels: Pixels = simplejpeg.decode_jpeg(data, colorspace="RGB")
        except ValueError:
            self._refuse("bytes that are no JPEG")
        return pixels

    def _still(self, data: bytes) -> Pixels:
        try:
            from PIL import Image, UnidentifiedImageError
        except ImportError as error:
            raise MissingExtraError("pictures of this codec need Pillow", fix="pip install pillow") from error
        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "WEBP", "JPEG")) as image:
                self._check_size(*image.size)
                return np.array(image.convert("RGB"))
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            self._refuse("bytes that are no picture")

    def _h264(self, data: bytes) -> Pixels | None:
        try:
            import av
        except ImportError as error:
            raise MissingExtraError("H.264 needs PyAV", fix="pip install av, or ask for raw_rgb") from error
        if self._video is None:
            self._video = av.CodecContext.create("h264", "r")
            # One picture in, one picture out: a decoder with several threads keeps some back.
            self._video.thread_type, self._video.thread_count = "NONE", 1
        newest = None
        try:
            for frame in self._video.decode(av.Packet(data)):
                newest = frame
        except (av.error.FFmpegError, ValueError):
            self._video = None
            return None
        if newest is None:
            return None
        if (newest.width, newest.height) != (self.width, self.height):
            # The encoder pads odd sizes up to even ones.
            if abs(newest.width - self.width) > 1 or abs(newest.height - self.height) > 1:
                self._refuse(f"a picture of {newest.width}x{newest.height}")
            return np.ascontiguousarray(newest.to_ndarray(format="rgb24")[: self.height, : self.width])
        pixels: Pixels = newest.to_ndarray(format="rgb24")
        return pixels

    def _check_size(self, width: int, height: int) -> None:
        if (width, height) != (self.width, self.height):
            self._refuse(f"a picture of {width}x{height}")

    def _refuse(self, what: str) -> NoReturn:
        raise ProtocolError(
            f"a frame holds {what}", where="frame.data", fix=f"send {self.width}x{self.height} pixels"
        )


def read_layer(data: bytes, low: float, high: float, height: int, width: int) -> NDArray[np.float32]:
    """A layer as ``welcome`` describes it: little-endian uint16 [height, width] over ``low`` to ``high``.

    Returns float32 [height, width] in the layer's unit. Raises ProtocolError for another size.
    """
    if len(data) != 2 * height * width:
        raise ProtocolError(
            f"a layer of {len(data)} bytes", where="frame.layers", fix=f"send {2 * height * width} bytes"
        )
    levels = np.frombuffer(data, "<u2").reshape(height, width)
    layer = (levels * np.float32((high - low) / 65535.0) + np.float32(low)).astype(np.float32)
    layer.flags.writeable = False
    return layer
