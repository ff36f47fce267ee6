"""Starts from a recorded dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.toys import HEIGHT, WIDTH, toy_dataset
from worldsdk.controls import Control, ControlSpec
from worldsdk.errors import DatasetError
from worldsdk.importing.starts import LIMIT, starts_for
from worldsdk.models.interface import ModelSpec, Variable


def _spec(height: int = HEIGHT, width: int = WIDTH, history: int = 3) -> ModelSpec:
    return ModelSpec(height, width, controls=1, history=history, noise_shape=(1,))


TURN = ControlSpec((Control("turn", "axis", low=-16.0, high=16.0),))


def test_recorded_moments_with_the_controls_that_led_to_them(tmp_path: Path) -> None:
    arrays = toy_dataset(tmp_path / "toy", [[9, 7], [20]])
    starts, said = starts_for(_spec(), TURN, tmp_path / "toy")
    assert len(starts) == LIMIT and said == f"{LIMIT} recorded moments of toy"
    assert np.array_equal(starts.pixels[0].numpy(), arrays[0]["pixels"][:3])
    assert np.array_equal(starts.pixels[-1].numpy(), arrays[1]["pixels"][-3:])
    # Recorded as a share of 8 degrees; this world's control has twice the range.
    np.testing.assert_allclose(starts.controls[0, :, 0].numpy(), arrays[0]["controls"][:3, 1] / 2.0)


def test_frames_of_another_size_are_made_to_fit(tmp_path: Path) -> None:
    arrays = toy_dataset(tmp_path / "toy", [[12]])
    starts, said = starts_for(_spec(HEIGHT // 2, WIDTH // 2), TURN, tmp_path / "toy")
    assert said.endswith(f"made {WIDTH // 2}x{HEIGHT // 2}")
    block = arrays[0]["pixels"][0, :2, :2].astype(float).mean((0, 1))
    assert np.abs(starts.pixels[0, 0, 0, 0].numpy() - block).max() <= 1.0


def test_diamonds_own_starting_points(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (4, 3, HEIGHT, WIDTH), np.uint8)
    (tmp_path / "spawn" / "0").mkdir(parents=True)
    np.save(tmp_path / "spawn" / "0" / "full_res.npy", frames)
    starts, said = starts_for(_spec(), TURN, tmp_path / "spawn")
    assert said == "1 moments of spawn"
    assert np.array_equal(starts.pixels[0].numpy(), frames[-3:].transpose(0, 2, 3, 1))
    np.save(tmp_path / "spawn" / "0" / "full_res.npy", frames[:2])
    with pytest.raises(DatasetError, match=r"uint8 \[3 or more, 3, height, width\]"):
        starts_for(_spec(), TURN, tmp_path / "spawn")
    np.save(tmp_path / "spawn" / "0" / "full_res.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(DatasetError, match="is no numpy array"):
        starts_for(_spec(), TURN, tmp_path / "spawn")


def test_what_cannot_serve_is_refused(tmp_path: Path) -> None:
    toy_dataset(tmp_path / "toy", [[4]])
    with pytest.raises(DatasetError, match=r"without the controls \['fire'\]"):
        starts_for(_spec(), ControlSpec((Control("fire"),)), tmp_path / "toy")
    with pytest.raises(DatasetError, match="no episode of 9 frames"):
        starts_for(_spec(history=9), TURN, tmp_path / "toy")
    with pytest.raises(DatasetError, match="no dataset and no pictures"):
        starts_for(_spec(), TURN, tmp_path / "nothing")
    needy = ModelSpec(6, 8, 1, 3, (1,), variables=(Variable("x", 0.0, 1.0),))
    with pytest.raises(DatasetError, match="needs recorded variables"):
        starts_for(needy, TURN, None)
