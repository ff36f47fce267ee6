"""What kind of picture some bytes are and how large, from their first bytes alone: nothing is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from worldsdk.errors import ImageError

ImageKind = Literal["PNG", "JPEG", "WEBP"]

MAX_SEGMENTS = 256
"""Segments of a JPEG before its size: cameras write about ten."""

_FIX = "send a PNG, JPEG or WebP"

# Start-of-frame markers; C4, C8 and CC lie between them and are tables.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class ImageHeader:
    """Attributes: kind of file; width and height in pixels, both at least 1."""

    kind: ImageKind
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height


def read_header(data: bytes) -> ImageHeader:
    """The kind and size of a picture.

    Raises:
        ImageError: not a PNG, JPEG or WebP, cut short before its size, or without pixels.
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            header = _png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            header = _jpeg(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            header = _webp(data)
        else:
            raise ImageError("the bytes are no PNG, JPEG or WebP", fix=_FIX)
    except (struct.error, IndexError) as error:
        raise ImageError("the picture is cut short", fix=_FIX) from error
    if header.width < 1 or header.height < 1:
        raise ImageError("the picture has no pixels", fix=_FIX)
    return header


def _png(data: bytes) -> ImageHeader:
    if data[12:16] != b"IHDR":
        raise ImageError("the PNG does not begin with its size", fix=_FIX)
    width, height = struct.unpack_from(">II", data, 16)
    return ImageHeader("PNG", width, height)


def _jpeg(data: bytes) -> ImageHeader:
    at = 2
    for _ in range(MAX_SEGMENTS):
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return ImageHeader("JPEG", width, height)
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + max(2, length)
    raise ImageError("the JPEG does not tell its size", fix=_FIX)


def _webp(data: bytes) -> ImageHeader:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(_exactly(data, 24, 3), "little")
        height = 1 + int.from_bytes(_exactly(data, 27, 3), "little")
    elif chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise ImageError("the WebP does not tell its size", fix=_FIX)
    return ImageHeader("WEBP", width, height)


def _exactly(data: bytes, at: int, count: int) -> bytes:
    part = data[at : at + count]
    if len(part) != count:
        raise IndexError
    return part
