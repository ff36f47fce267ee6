import math

import numpy as np
import pytest

from tests.client.gym.toy import ToyWorld
from worldsdk.client.gym.views import view
from worldsdk.errors import GymError

SPEC = ToyWorld.spec


def frame_at(tick):
    session = ToyWorld().session(seed=3)
    session.tick = tick
    return session.frame


def make(kind="pixels", size=None, variables=SPEC.variables):
    return view(kind, SPEC.height, SPEC.width, variables, size)


def test_pixels_are_the_frame_and_the_callers_own():
    seen = make()
    frame = frame_at(2)
    one, two = seen.of(frame), seen.of(frame)
    assert seen.space.shape == (4, 6, 3) and one in seen.space
    assert np.array_equal(one, frame.pixels)
    assert one.flags.writeable and not np.shares_memory(one, two) and not np.shares_memory(one, frame.pixels)


def test_another_size_is_box_averaged():
    frame = frame_at(0)
    checks = np.zeros((4, 6, 3), np.uint8)
    checks[:, ::2] = 200
    object.__setattr__(frame, "pixels", checks)
    seen = make(size=(3, 2))
    assert seen.space.shape == (2, 3, 3)
    assert (seen.of(frame) == 100).all()
    assert make(size=(12, 8)).of(frame).shape == (8, 12, 3)


def test_state_is_scaled_and_a_cycle_is_two_numbers():
    seen = make("state")
    assert seen.of(frame_at(1)) == pytest.approx([-0.5, math.cos(math.pi / 2), 1.0], abs=1e-6)
    assert seen.of(frame_at(4)) == pytest.approx([1.0, 1.0, 0.0], abs=1e-6)


def test_a_state_beyond_its_range_stays_inside_the_space():
    seen = make("state")
    observation = seen.of(frame_at(100))
    assert observation in seen.space and observation[0] == 1.0


@pytest.mark.parametrize("size", [(0, 4), (4,), 5, (4, "x"), (5000, 4), (1, 2, 3)])
def test_sizes_that_cannot_be_are_refused(size):
    with pytest.raises(GymError, match="size"):
        make(size=size)


def test_kinds_that_cannot_be_are_refused():
    with pytest.raises(GymError, match="smell"):
        make("smell")
    with pytest.raises(GymError, match="tracks no state"):
        make("state", variables=())
    with pytest.raises(GymError, match="size"):
        make("state", size=(4, 4))
