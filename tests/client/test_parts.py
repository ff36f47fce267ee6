"""The small parts: addresses, waits, measures, pictures, failures."""

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from worldsdk.client.backoff import LONGEST_SECONDS, SPREAD, Backoff
from worldsdk.client.failures import closed, error_of, may_retry
from worldsdk.client.pictures import CODECS, PictureReader, read_layer
from worldsdk.client.quality import Meter
from worldsdk.client.settings import address, is_loopback
from worldsdk.client.world import plan
from worldsdk.errors import (
    ConnectionFailedError,
    ControlError,
    ProtocolError,
    RemoteError,
    SessionError,
    SnapshotWorldError,
)
from worldsdk.protocol.codes import CODES


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("localhost:8765", "ws://localhost:8765/play"),
        ("http://host:1/", "ws://host:1/play"),
        ("https://host", "wss://host/play"),
        ("ws://[::1]:9/other", "ws://[::1]:9/other"),
        ("wss://host/play?region=eu", "wss://host/play?region=eu"),
    ],
)
def test_addresses_are_filled_in(said, meant):
    assert address(said) == meant


@pytest.mark.parametrize("said", ["", "ftp://host", "ws://", "ws://host:99999", "ws://host:x", "ws://host:0"])
def test_what_is_no_address_is_refused(said):
    with pytest.raises(ConnectionFailedError, match="address"):
        address(said)


@pytest.mark.parametrize(
    "said", ["ws://host/?token=abcdef", "ws://me:abcdef@host", "ws://h/?access_token=abcdef"]
)
def test_secrets_in_addresses_are_refused_and_not_repeated(said):
    with pytest.raises(ConnectionFailedError) as caught:
        address(said)
    assert "abcdef" not in str(caught.value) and "token=" in caught.value.fix


def test_loopback():
    assert is_loopback("ws://localhost/") and is_loopback("ws://127.0.0.9:1/") and is_loopback("ws://[::1]/")
    assert not is_loopback("ws://10.0.0.1/") and not is_loopback("ws://example.org/")


@pytest.mark.parametrize(
    "options", [{"role": "ghost"}, {"mode": "sometimes"}, {"codecs": ["gif"]}, {"codecs": []}]
)
def test_wishes_that_make_no_sense_are_refused(options):
    with pytest.raises(SessionError):
        plan("localhost:1", **options)


def test_roles_and_modes_go_together():
    assert (plan("h").wishes.role, plan("h").wishes.mode) == ("stepper", "lockstep")
    assert plan("h", mode="realtime").wishes.role == "player"
    assert plan("h", role="viewer").wishes.mode == "realtime"


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(0.1, 100.0))
def test_waits_double_stay_bounded_and_end(chance, total):
    backoff, now, waits = Backoff(total, 0.0, lambda: chance), 0.0, []
    while (wait := backoff.next(now)) is not None:
        waits.append(wait)
        now += wait
    assert now <= total and all(wait <= LONGEST_SECONDS * (1 + SPREAD) for wait in waits)
    assert all(b >= a for a, b in pairwise(waits))
    assert Backoff(2 * total + 1.0, 0.0).next(0.0, asked=total) >= total
    assert Backoff(1.0, 0.0).next(0.0, asked=2.0) is None


def test_a_clock_offset_is_told_by_the_quickest_round_trip():
    meter = Meter()
    assert meter.offset is None
    # The server's clock is 100 s ahead; the second trip is slow on its way back only.
    meter.pong(1_000_000, 101_010_000, 101_010_000, 1.020)
    meter.pong(2_000_000, 102_010_000, 102_010_000, 2.220)
    assert meter.offset == pytest.approx(-100.0, abs=1e-6)
    assert meter.read().rtt == pytest.approx(20.0)


def test_only_the_first_frame_of_an_input_says_how_long_it_took():
    meter = Meter()
    meter.shown(1, 1_000_000, 1.050)
    meter.shown(1, 1_000_000, 1.080)
    meter.shown(0, None, 1.1)
    assert meter.read().action_p50 == meter.read().action_p95 == pytest.approx(50.0)
    meter.shown(2, 2_000_000, 2_000.0)
    assert meter.read().action_p95 == pytest.approx(50.0)
    meter.skip(3)
    meter.shown(3, 3_000_000, 3.5)
    assert meter.read().action_p95 == pytest.approx(50.0)
    meter.renumber(1)
    meter.shown(2, 4_000_000, 4.1)
    assert meter.read().action_p95 == pytest.approx(100.0)


def test_jitter_and_counts():
    meter = Meter()
    assert meter.read().jitter == 0.0
    for index in range(100):
        meter.frame(index * 10_000, index % 2, index * 0.01 + 5.0 + (0.004 if index % 10 == 0 else 0.0))
    quality = meter.read()
    assert quality.jitter == pytest.approx(4.0) and (quality.frames, quality.replaced) == (100, 50)


def picture(kind, size=(6, 4)):
    content = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize(("codec", "kind"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_pictures_of_another_size_or_none_at_all_are_refused(codec, kind):
    reader = PictureReader(6, 4)
    good = reader.read(codec, picture(kind))
    assert good.shape == (4, 6, 3) and good.dtype == np.uint8 and not good.flags.writeable
    for bad in (picture(kind, (7, 4)), b"", b"\x00" * 72, picture(kind)[:20]):
        with pytest.raises(ProtocolError):
            reader.read(codec, bad)


def test_raw_pixels_must_be_exactly_there():
    reader = PictureReader(2, 1)
    assert reader.read("raw_rgb", bytes(range(6))).tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert reader.read("raw_rgba", bytes(range(8))).tolist() == [[[0, 1, 2], [4, 5, 6]]]
    for codec, data in (("raw_rgb", bytes(5)), ("raw_rgba", bytes(6)), ("gif", b"")):
        with pytest.raises(ProtocolError):
            reader.read(codec, data)


def test_video_that_cannot_be_decoded_yields_no_picture():
    reader = PictureReader(16, 16)
    assert reader.read("h264", b"\x00\x00\x00\x01junk") is None and "h264" in CODECS


@given(st.binary(max_size=200), st.sampled_from(CODECS))
def test_any_bytes_are_a_picture_none_or_refused(data, codec):
    try:
        pixels = PictureReader(3, 2).read(codec, data)
    except ProtocolError:
        return
    assert pixels is None or pixels.shape == (2, 3, 3)


def test_layers_are_scaled_to_their_range():
    data = np.array([[0, 65535], [32768, 1]], "<u2").tobytes()
    layer = read_layer(data, -1.0, 3.0, 2, 2)
    assert layer.dtype == np.float32 and layer[0, 0] == -1.0 and layer[0, 1] == pytest.approx(3.0)
    assert layer[1, 0] == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(ProtocolError, match="layer"):
        read_layer(data, 0.0, 1.0, 2, 3)


def test_codes_become_the_classes_that_they_are_here():
    assert type(error_of("control_invalid", "no")) is ControlError
    assert type(error_of("snapshot_world", "no")) is SnapshotWorldError
    assert type(error_of("no_capacity", "full")) is RemoteError
    assert error_of("no_capacity", "full").code == "no_capacity"
    assert len(error_of("x", "y" * 10_000).what) < 1000


def test_close_codes_say_whether_to_come_back():
    for name, code in CODES.items():
        if code.close is not None:
            error = closed(code.close, "", "ws://h")
            assert error is not None and error.code == name and may_retry(error) is code.retry
    assert closed(1006, "", "") is None and closed(None, "", "") is None
    assert may_retry(ConnectionFailedError("x"))
    assert not may_retry(ControlError("x"))
