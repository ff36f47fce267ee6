"""What is packed in two parts is the message that is packed in one."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldsdk.errors import ProtocolError
from worldsdk.protocol import samples
from worldsdk.protocol.codec import decode
from worldsdk.protocol.limits import MAX_INTEGER
from worldsdk.protocol.messages import FrameMessage
from worldsdk.protocol.stencil import stencil

OWN = ("seq", "replaced")
SHORT = FrameMessage(**{name: value for name, value in samples.frame().items() if name != "t"})
NUMBERS = st.integers(0, MAX_INTEGER)


@pytest.mark.parametrize("frame", [SHORT, samples.full_frame()])
@given(seq=NUMBERS, replaced=NUMBERS)
@settings(max_examples=60, deadline=None)
def test_a_filled_stencil_is_the_message(frame: FrameMessage, seq: int, replaced: int) -> None:
    data = stencil(frame, OWN).fill(seq, replaced)
    assert decode(data, sender="server") == dataclasses.replace(frame, seq=seq, replaced=replaced)


def test_short_and_long_maps_have_their_own_headers() -> None:
    # Both forms of a map's header must have been met by the test above.
    assert stencil(SHORT, OWN).entries < 16 <= stencil(samples.full_frame(), OWN).entries


def test_what_a_peer_would_refuse_is_refused() -> None:
    with pytest.raises(ProtocolError, match="total_ms"):
        stencil(dataclasses.replace(SHORT, total_ms=-1.0), OWN)


def test_every_open_field_must_be_given() -> None:
    with pytest.raises(ValueError, match="argument"):
        stencil(SHORT, OWN).fill(1)
