"""The client's side of a session without a socket: when credit goes back, and what a frame holds."""

import dataclasses

import msgpack
import pytest

from worldsdk.client.clock import CLOCK
from worldsdk.client.dialogue import Dialogue, Wishes
from worldsdk.frame import Timing
from worldsdk.protocol import samples
from worldsdk.protocol.codec import encode

CREDIT = 8


def frame(seq):
    return encode(dataclasses.replace(samples.full_frame(), seq=seq, applied=0, ts=None, layers={}))


def begun(mode):
    dialogue = Dialogue(Wishes(mode=mode, credit=CREDIT), CLOCK)
    dialogue.open(None)
    dialogue.receive(encode(dataclasses.replace(samples.welcome(), mode=mode, credit=CREDIT, held_seq=0)))
    return dialogue


def said(dialogue):
    """Types of the messages that go out now."""
    kinds = [msgpack.unpackb(data)["t"] for data in dialogue.outgoing]
    dialogue.outgoing.clear()
    return kinds


def test_in_real_time_credit_goes_back_at_once():
    dialogue = begun("realtime")
    for seq in (1, 2):
        dialogue.receive(frame(seq))
        assert said(dialogue) == ["ack"]


@pytest.mark.parametrize("take", [Dialogue.receive, Dialogue.receive_frame])
def test_in_lockstep_it_goes_back_beside_an_input(take):
    dialogue = begun("lockstep")
    for seq in range(1, CREDIT // 2 + 1):
        take(dialogue, frame(seq))
        assert said(dialogue) == []
    dialogue.input(dialogue.description.controls.rest)
    assert said(dialogue) == ["ack", "input"]
    dialogue.input(dialogue.description.controls.rest)
    assert said(dialogue) == ["input"]


def test_whoever_sends_no_inputs_gives_credit_back_before_it_is_used_up():
    dialogue = begun("lockstep")
    for seq in range(1, 3 * CREDIT // 4):
        dialogue.receive(frame(seq))
        assert said(dialogue) == []
    dialogue.receive(frame(3 * CREDIT // 4))
    assert said(dialogue) == ["ack"]


def test_a_frame_says_the_same_whether_its_times_are_looked_at_early_or_late():
    dialogue = begun("lockstep")
    assert dialogue.receive_frame(frame(1))
    message, first = samples.full_frame(), dialogue.frame
    held = dataclasses.replace(first, held=True)
    assert isinstance(first.timing, Timing) and first.timing is first.timing and held.timing == first.timing
    assert (first.timing.total_ms, first.timing.steps_used) == (message.total_ms, message.steps)
    assert first.timing.stages == message.stages
    assert (first.wire.seq, first.wire.pts, first.wire.digest) == (1, message.pts, message.hash)
    assert first.wire is first.wire and held.wire == first.wire and held.held
    assert first.state == message.state and first.digest() == message.hash


def test_what_is_no_frame_is_not_taken_as_one():
    dialogue = begun("lockstep")
    for data in (frame(2), b"\xc1", encode(samples.welcome())):
        assert not dialogue.receive_frame(data)
    assert dialogue.frames == 0 and dialogue.receive_frame(frame(1)) and dialogue.frames == 1
