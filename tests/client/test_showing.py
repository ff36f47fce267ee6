"""What is on the screen: frames when they are due, the last one turned while the next is late."""

from dataclasses import replace

import numpy as np
import pytest

from tests.client.served import faking
from worldsdk.client.showing import Showing
from worldsdk.client.sync import connect

PERIOD = 0.02


@pytest.fixture
def session():
    with faking(mode="realtime") as fake, connect(fake.url, mode="realtime") as world:
        yield world.session()


def frame_of(session, tick, arrived, heading=3.0):
    """As the server makes them, ``tick`` beats after its beginning."""
    first = session.frame
    picture = np.roll(np.arange(24, dtype=np.uint8).reshape(2, 4, 3), tick, axis=1)
    wire = replace(first.wire, pts=round(tick * PERIOD * 1e6), arrived=arrived)
    return replace(first, tick=tick, pixels=picture, state={"heading": heading}, wire=wire)


def test_frames_are_taken_when_they_are_due_and_the_newest_wins(session):
    showing = Showing(session)
    frames = [frame_of(session, tick, 1.0 + tick * PERIOD) for tick in range(3)]
    for frame in frames:
        showing.hear(frame)
    assert showing.take(1.0) is frames[0] and showing.last is frames[0]
    assert showing.take(1.0 + 0.5 * PERIOD) is None
    assert showing.next_due() == pytest.approx(1.0 + PERIOD)
    assert showing.take(1.0 + 2.0 * PERIOD) is frames[2]
    assert showing.quality.dropped == 1 and showing.next_due() is None


def test_a_late_frame_is_bridged_once_for_each_turn(session):
    showing = Showing(session)
    first = frame_of(session, 1, 1.0)
    showing.hear(first)
    assert showing.take(1.0) is first
    camera = showing._camera
    camera.matched, camera._products, camera._squares, camera._rate = 10, 1.0, 1.0, 1.0
    assert showing.bridge(1.0 + 0.9 * PERIOD) is None
    turned = showing.bridge(1.0 + 2.2 * PERIOD)
    assert turned.held and np.array_equal(turned.pixels[:, 1:], first.pixels[:, :-1])
    assert showing.bridge(1.0 + 2.3 * PERIOD) is None
    assert (showing.quality.held, showing.quality.warped) == (1, 1)
    showing.warp = False
    assert np.array_equal(showing.bridge(1.0 + 2.4 * PERIOD).pixels, first.pixels)


def test_a_jump_teaches_the_camera_nothing(session):
    showing = Showing(session)
    for tick, at in ((8, 1.0), (9, 1.0 + PERIOD), (2, 1.0 + 2.0 * PERIOD)):
        showing.hear(frame_of(session, tick, at, heading=10.0 * tick))
        assert showing.take(at + 1.0) is not None
    assert showing._camera._rate == 0.0 and showing.last.tick == 2


def test_after_a_restart_what_waits_is_due_at_once(session):
    showing = Showing(session)
    late = frame_of(session, 1, 1.0)
    showing.hear(late)
    assert showing.take(0.5) is None
    showing.restart()
    assert showing.take(0.5) is late
