"""The cutter against the library's own frames, cut into chunks at any place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode, apply_mask

from worldsdk.protocol.cutting import Cutter, header, masked_header

MOST = 70_000

frames = st.builds(
    Frame,
    st.sampled_from([Opcode.BINARY, Opcode.BINARY, Opcode.TEXT, Opcode.PING, Opcode.CONT]),
    st.one_of(st.binary(max_size=100), st.integers(100, 66_000).map(bytes)),
    st.booleans(),
).filter(lambda frame: frame.opcode is not Opcode.PING or (frame.fin and len(frame.data) < 126))


@given(st.lists(frames, max_size=6), st.lists(st.integers(1, 90_000), max_size=30), st.booleans())
def test_pieces_are_whole_frames_in_order_however_they_come(sent, sizes, masked):
    raws = [frame.serialize(mask=masked) for frame in sent]
    stream, cutter, pieces, at = b"".join(raws), Cutter(masked=masked, most=MOST), [], 0
    for size in [*sizes, len(stream)]:
        chunk = stream[at : at + size]
        at += size
        if chunk:
            pieces += cutter.feed(chunk)
    assert [piece.data for piece in pieces] == raws and cutter.missing == 0
    inside = False
    for frame, piece in zip(sent, pieces, strict=True):
        if frame.opcode is Opcode.BINARY and frame.fin and not inside:
            payload = piece.data[piece.start :]
            if masked:
                payload = apply_mask(payload, piece.data[piece.start - 4 : piece.start])
            assert piece.start and payload == frame.data
        else:
            assert piece.start == 0
            inside = not frame.fin if frame.opcode is not Opcode.PING else inside


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("masked", [False, True])
def test_a_frame_that_comes_alone_is_seen_at_once(size, masked):
    raw = Frame(Opcode.BINARY, bytes(size)).serialize(mask=masked)
    cutter = Cutter(masked=masked, most=MOST)
    start = cutter.whole(raw)
    assert len(raw) - start == size and start
    assert cutter.whole(raw + b"\x82") == 0 and cutter.whole(raw[:-1]) == 0
    cutter.feed(raw[:1])
    assert cutter.whole(raw) == 0


@pytest.mark.parametrize("masked", [False, True])
def test_a_frame_masked_the_wrong_way_is_the_library_s_to_refuse(masked):
    raw = Frame(Opcode.BINARY, b"hello").serialize(mask=not masked)
    cutter = Cutter(masked=masked, most=MOST)
    assert cutter.whole(raw) == 0 and [tuple(p) for p in cutter.feed(raw)] == [(raw, 0)]


def test_missing_says_how_much_more_to_read():
    raw = Frame(Opcode.BINARY, bytes(60_000)).serialize(mask=False)
    cutter = Cutter(masked=False, most=MOST)
    assert cutter.feed(raw[:10_000]) == [] and cutter.missing == len(raw) - 10_000
    assert [p.data for p in cutter.feed(raw[10_000:])] == [raw] and cutter.missing == 0


def test_what_is_too_long_goes_to_the_library_from_its_header_on():
    cutter = Cutter(masked=False, most=100)
    raw = Frame(Opcode.BINARY, bytes(101)).serialize(mask=False)
    assert cutter.whole(raw) == 0
    assert [tuple(p) for p in cutter.feed(raw[:50])] == [(raw[:50], 0)]
    assert [tuple(p) for p in cutter.feed(raw[50:] + raw)] == [(raw[50:] + raw, 0)]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_headers_are_the_library_s(size):
    data = bytes(size)
    assert header(size) + data == Frame(Opcode.BINARY, data).serialize(mask=False)
    assert Cutter(masked=True, most=MOST).whole(masked_header(size, b"abcd") + data) == len(
        masked_header(size, b"abcd")
    )
