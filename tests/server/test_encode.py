from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from worldsdk.controls import Controls
from worldsdk.frame import Frame, Timing
from worldsdk.models.interface import Layer
from worldsdk.server.encode import (
    CODECS,
    H264Stream,
    Look,
    choose_codec,
    encode,
    encode_layers,
    timed_stream,
)
from worldsdk.server.hooks import RefusedError


def picture(height: int = 24, width: int = 32) -> Any:
    """Smooth colours: what every codec can keep."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 255 // height, columns * 255 // width, 128 + 0 * rows], 2).astype(np.uint8)


def test_raw_pixels_are_the_pixels() -> None:
    pixels = picture()
    assert encode(pixels, Look("raw_rgb")) == pixels.tobytes()
    rgba = np.frombuffer(encode(pixels, Look("raw_rgba")), np.uint8).reshape(24, 32, 4)
    assert (rgba[..., :3] == pixels).all()
    assert (rgba[..., 3] == 255).all()


@pytest.mark.parametrize(("codec", "error"), [("png", 0), ("jpeg", 12), ("webp", 16)])
def test_pictures_come_back(codec: str, error: int) -> None:
    pixels = picture()
    with Image.open(io.BytesIO(encode(pixels, Look(codec)))) as image:
        assert image.format == codec.upper()
        decoded = np.asarray(image.convert("RGB"), dtype=np.int16)
    assert np.abs(decoded - pixels).max() <= error


def test_quality_is_worth_bytes() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    sizes = [len(encode(noise, Look("jpeg", quality))) for quality in (30, 60, 90)]
    assert sizes == sorted(sizes)


def test_an_h264_stream_holds_no_picture_back_and_starts_anywhere_it_is_told() -> None:
    import av

    stream = H264Stream(33, 25, 35.0)
    shades = [40, 90, 140, 190, 240]
    pictures = [np.full((25, 33, 3), shade, dtype=np.uint8) for shade in shades]
    sent = [timed_stream(stream, one, index == 3) for index, one in enumerate(pictures)]
    assert [one.key for one in sent] == [True, False, False, True, False]
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.flags |= 1 << 19
    seen = []
    for one in sent[3:]:
        seen += [frame.to_ndarray(format="rgb24") for frame in decoder.decode(av.Packet(one.data))]
    seen += [frame.to_ndarray(format="rgb24") for frame in decoder.decode(None)]
    assert [round(float(frame[:25, :33].mean())) for frame in seen] == pytest.approx(shades[3:], abs=6)


@pytest.mark.parametrize("wanted", [["raw_rgb"], ["theora", "raw_rgb"], ["raw_rgb", "jpeg"]])
def test_the_clients_order_decides(wanted: list[str]) -> None:
    assert choose_codec(wanted, 48, 64, 1 << 20) == "raw_rgb"


def test_raw_pixels_that_do_not_fit_are_passed_over() -> None:
    assert choose_codec(["raw_rgba", "raw_rgb", "jpeg"], 720, 1280, 65_535) == "jpeg"


@pytest.mark.parametrize(
    ("wanted", "code"), [([], "not_capable"), (["theora"], "not_capable"), (["raw_rgb"], "too_large")]
)
def test_no_codec_in_common_is_refused(wanted: list[str], code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        choose_codec(wanted, 720, 1280, 65_535)
    assert caught.value.code == code


def test_every_advertised_codec_exists() -> None:
    assert all(choose_codec([name], 48, 64, 1 << 20) == name for name in CODECS)


def test_layers_are_scaled_to_sixteen_bits_little_endian() -> None:
    depth = np.array([[-1.0, 0.0, 2.0], [4.0, 9.0, 1.0]], dtype=np.float32)
    frame = Frame(picture(2, 3), {"depth": depth}, {}, 0.0, False, 1, Controls({}), Timing())
    layers = {"depth": Layer("depth", 0.0, 4.0), "motion": Layer("motion", -1.0, 1.0)}
    encoded = encode_layers(frame, layers, ["depth", "motion"])
    assert list(encoded) == ["depth"]
    values = np.frombuffer(encoded["depth"], "<u2").reshape(2, 3)
    assert values.tolist() == [[0, 0, 32768], [65535, 65535, 16384]]
