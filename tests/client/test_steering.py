"""Inputs: sent at once when hands move, once when they rest, and never to a world that stands still."""

import math
from types import SimpleNamespace

import pytest

from worldsdk.client.steering import INPUT_GAP_BEATS, Steering

PERIOD = 0.1


class Session:
    """What a steering needs of a session; keeps what it was sent."""

    def __init__(self, role="player"):
        self.world = SimpleNamespace(
            plan=SimpleNamespace(wishes=SimpleNamespace(role=role)), rate_hz=1.0 / PERIOD
        )
        self.connected, self.paused = True, False
        self.sent = []

    def send(self, controls, *, mouse):
        self.sent.append((controls, mouse))


class Hands:
    """Hold what a test says."""

    def __init__(self):
        self.held, self.mouse = {}, (0.0, 0.0)

    def sample_with_mouse(self):
        moved, self.mouse = self.mouse, (0.0, 0.0)
        return dict(self.held), moved

    def forget_motion(self):
        self.mouse = (0.0, 0.0)


@pytest.fixture
def hands():
    return Hands()


def test_what_rests_is_said_once(hands):
    session = Session()
    steering = Steering(session, hands)
    for beat in range(5):
        steering.update(beat * PERIOD)
    assert session.sent == [({}, (0.0, 0.0))]


def test_a_change_does_not_wait_for_the_beat_but_keeps_the_gap(hands):
    session = Session()
    steering = Steering(session, hands)
    steering.update(1.0)
    hands.held = {"forward": 1.0}
    steering.moved()
    assert steering.next_due() == pytest.approx(1.0 + INPUT_GAP_BEATS * PERIOD)
    steering.update(1.0 + 0.2 * PERIOD)
    assert len(session.sent) == 1
    steering.update(1.0 + 0.4 * PERIOD)
    assert session.sent[1:] == [({"forward": 1.0}, (0.0, 0.0))]
    assert steering.next_due() == pytest.approx(1.0 + 1.4 * PERIOD)


def test_mouse_motion_is_sent_each_time(hands):
    session = Session()
    steering = Steering(session, hands)
    for beat in range(3):
        hands.mouse = (4.0, 0.0)
        steering.update(beat * PERIOD)
    assert [mouse for _, mouse in session.sent] == [(4.0, 0.0)] * 3


@pytest.mark.parametrize("why", ["paused", "connected"])
def test_what_moves_while_time_stands_still_is_forgotten(hands, why):
    session = Session()
    steering = Steering(session, hands)
    steering.update(0.0)
    setattr(session, why, why == "paused")
    hands.mouse = (9.0, 0.0)
    steering.moved()
    assert steering.next_due() == math.inf
    steering.update(1.0)
    assert len(session.sent) == 1
    # What is held is said anew: the world may have been put back to another moment meanwhile.
    setattr(session, why, why != "paused")
    steering.update(1.0)
    assert session.sent[1:] == [({}, (0.0, 0.0))]


def test_a_viewer_says_nothing(hands):
    session = Session(role="viewer")
    steering = Steering(session, hands)
    steering.moved()
    steering.update(1.0)
    assert session.sent == [] and not steering.plays
