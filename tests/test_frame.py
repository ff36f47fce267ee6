"""A frame's digest changes with everything the next frame's viewer could see, and with nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from worldsdk.controls import Controls
from worldsdk.frame import Frame, Timing

FRAME = Frame(
    pixels=np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3),
    layers={"depth": np.ones((2, 3), np.float32)},
    state={"x": 1.0},
    reward=0.5,
    ended=False,
    tick=3,
    controls=Controls({"turn": 1.0}),
    timing=Timing(total_ms=3.0),
)


@pytest.mark.parametrize(
    "changes",
    [
        {"pixels": np.zeros((2, 3, 3), np.uint8)},
        {"layers": {"depth": np.zeros((2, 3), np.float32)}},
        {"layers": {"height": np.ones((2, 3), np.float32)}},
        {"layers": {}},
        {"state": {"x": np.nextafter(1.0, 2.0)}},
        {"state": {"y": 1.0}},
        {"reward": 0.25},
        {"ended": True},
        {"tick": 4},
    ],
)
def test_digest_sees_every_difference(changes: dict[str, object]) -> None:
    assert replace(FRAME, **changes).digest() != FRAME.digest()


def test_digest_is_of_content_alone() -> None:
    strided = np.zeros((2, 6, 3), np.uint8)
    strided[:, ::2] = FRAME.pixels
    twin = replace(FRAME, pixels=strided[:, ::2], timing=Timing(total_ms=9.0, deadline_met=False))
    assert twin.digest() == FRAME.digest()
