"""Pictures: sizes read before anything is decoded; bombs, damage and slow decoders end in one error."""

from __future__ import annotations

import asyncio
import io
import struct
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from worldsdk.errors import ImageError
from worldsdk.server import options
from worldsdk.server.hooks import RefusedError
from worldsdk.server.security.image_header import ImageHeader, read_header
from worldsdk.server.security.images import (
    AT_ONCE,
    MAX_IMAGE_BYTES,
    MAX_WAITING,
    BoundedImages,
)


def picture(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    image = Image.new(mode, size)
    image.paste("red", (0, 0, size[0], size[1]))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of 60000 x 60000 pixels that says so and is 100 bytes long."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(bytes(64)))


def refusal(data: bytes, images: BoundedImages | None = None) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        asyncio.run((images or BoundedImages()).read(data, 16, 12))
    return caught.value


KINDS = [
    ("PNG", {}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"quality": 80}),
    ("WEBP", {"quality": 80, "exif": b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"}),
]


@pytest.mark.parametrize("kind, how", KINDS, ids=str)
def test_header_and_pixels_of_each_kind(kind: str, how: dict[str, object]) -> None:
    data = picture(kind, (640, 360), **how)
    assert read_header(data) == ImageHeader(kind, 640, 360)  # type: ignore[arg-type]
    pixels = asyncio.run(BoundedImages().read(data, 16, 12))
    assert pixels.shape == (12, 16, 3) and pixels.dtype == np.uint8 and pixels.flags.writeable
    assert np.abs(pixels.astype(int) - [255, 0, 0]).max() < 8


def test_transparent_and_grey_pictures_are_pictures() -> None:
    for mode in ("RGBA", "L", "P", "I;16"):
        image = Image.new(mode, (8, 8))
        out = io.BytesIO()
        image.save(out, "PNG")
        assert asyncio.run(BoundedImages().read(out.getvalue(), 4, 4)).shape == (4, 4, 3)


@pytest.mark.parametrize("kind, how", KINDS, ids=str)
def test_a_cut_picture_is_refused_wherever_it_is_cut(kind: str, how: dict[str, object]) -> None:
    data = picture(kind, **how)
    for length in range(0, min(len(data), 40)):
        try:
            header = read_header(data[:length])
        except ImageError:
            continue
        assert (header.width, header.height) == (40, 20)
    assert refusal(data[: len(data) // 2]).code == "image_invalid"


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF0000WEBPVP8 "]),
)
def test_any_bytes_have_a_header_or_that_error(data: bytes, head: bytes) -> None:
    try:
        header = read_header(head + data)
    except ImageError:
        return
    assert header.width >= 1 and header.height >= 1


def test_a_jpeg_of_endless_segments_ends() -> None:
    with pytest.raises(ImageError, match="size"):
        read_header(b"\xff\xd8" + b"\xff\xe0\x00\x02" * 10_000)


def test_a_bomb_is_refused_by_its_header_without_a_decoder() -> None:
    images = BoundedImages(command=("/nonexistent/decoder",))
    error = refusal(bomb(), images)
    assert error.code == "image_invalid" and "60000 x 60000" in error.what


def test_every_picture_that_is_taken_fits_into_a_message() -> None:
    assert MAX_IMAGE_BYTES <= options.MAX_MESSAGE


def test_too_many_bytes_are_refused_unread() -> None:
    assert refusal(bytes(MAX_IMAGE_BYTES + 1)).code == "too_large"


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(50), b"<svg/>", b"BM" + bytes(50)])
def test_other_kinds_are_refused(data: bytes) -> None:
    assert refusal(data).code == "image_invalid"


def test_a_header_that_lies_about_the_rest_is_refused_without_details() -> None:
    data = bytearray(picture("PNG"))
    data[16:20] = struct.pack(">I", 3000)
    error = refusal(bytes(data))
    assert error.code == "image_invalid" and "Traceback" not in str(error) and "/" not in error.what


def test_a_decoder_that_hangs_is_ended() -> None:
    images = BoundedImages(seconds=0.3, command=(sys.executable, "-c", "import time; time.sleep(600)"))
    assert "too long" in refusal(picture("PNG"), images).what


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "import os; os.abort()", "print('short')"])
def test_a_decoder_that_dies_or_babbles_is_a_damaged_picture(program: str) -> None:
    images = BoundedImages(command=(sys.executable, "-c", program))
    assert "damaged" in refusal(picture("PNG"), images).what


def test_a_crowd_of_pictures_is_refused_rather_than_kept() -> None:
    async def crowd() -> list[str]:
        images = BoundedImages(seconds=0.3, command=(sys.executable, "-c", "import time; time.sleep(600)"))
        waiting = [
            asyncio.create_task(images.read(picture("PNG"), 4, 4)) for _ in range(AT_ONCE + MAX_WAITING)
        ]
        await asyncio.sleep(0)
        with pytest.raises(RefusedError) as caught:
            await images.read(picture("PNG"), 4, 4)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return [caught.value.code]

    assert asyncio.run(crowd()) == ["rate_limited"]
