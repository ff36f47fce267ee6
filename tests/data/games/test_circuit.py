from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.data.games.circuit import Circuit, wrap_angle
from worldsdk.errors import RecordError

RADIUS = 50.0
_TURNS = np.arange(120) * 2.0 * np.pi / 120
RING = Circuit(np.stack([RADIUS * np.cos(_TURNS), RADIUS * np.sin(_TURNS)], axis=1))
"""Round to the left, beginning at (50, 0) towards +y."""


def test_a_ring_is_as_long_and_as_bent_as_it_should_be() -> None:
    assert RING.length == pytest.approx(2.0 * np.pi * RADIUS, rel=1e-3)
    for along in np.linspace(0.0, RING.length, 17):
        assert RING.bend(along) == pytest.approx(1.0 / RADIUS, rel=0.02)
    assert RING.heading(0.0) == pytest.approx(np.pi / 2.0, abs=0.03)
    assert abs(RING.heading(RING.length / 4.0)) == pytest.approx(np.pi, abs=0.03)


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(-20.0, 20.0), st.floats(-3.0, 3.0))
def test_a_point_lies_where_it_was_put(part: float, offset: float, slant: float) -> None:
    along = part * RING.length
    x, y = RING.point(along, offset)
    found = RING.locate(x, y, RING.heading(along) + slant)
    gone = (found.along - along + RING.length / 2.0) % RING.length - RING.length / 2.0
    assert abs(gone) < 0.6
    assert found.offset == pytest.approx(offset, abs=0.1)
    assert found.slant == pytest.approx(slant, abs=0.02)


def test_left_of_the_road_is_positive_on_a_right_hand_bend_too() -> None:
    mirrored = Circuit(np.stack([RADIUS * np.cos(-_TURNS), RADIUS * np.sin(-_TURNS)], axis=1))
    assert mirrored.locate(60.0, 0.0, np.pi).offset == pytest.approx(10.0, abs=0.1)
    assert mirrored.bend(5.0) < 0.0


def test_places_beyond_the_end_go_round() -> None:
    np.testing.assert_allclose(RING.point(RING.length + 3.0), RING.point(3.0), atol=1e-9)
    np.testing.assert_allclose(RING.point(-3.0), RING.point(RING.length - 3.0), atol=1e-9)


def test_angles_are_wrapped() -> None:
    assert wrap_angle(3.0 * np.pi + 0.1) == pytest.approx(-np.pi + 0.1)
    assert wrap_angle(-0.5) == pytest.approx(-0.5)


@pytest.mark.parametrize("points", [np.zeros((4, 2)), np.zeros((20, 2)), np.zeros((20, 3))])
def test_what_is_no_circuit_is_refused(points: np.ndarray) -> None:
    with pytest.raises(RecordError):
        Circuit(points)
