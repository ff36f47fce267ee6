"""The Frechet distance against the formula for known distributions, and on frames made worse on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation import toy_board
from worldsdk.evaluation.frechet import frechet
from worldsdk.evaluation.reader import Reader


def test_equal_sets_are_at_no_distance() -> None:
    found = np.random.default_rng(0).normal(size=(300, 8))
    assert frechet(found, found) == pytest.approx(0.0, abs=1e-8)
    assert frechet(found, found[::-1]) == pytest.approx(0.0, abs=1e-8)


def test_known_normal_distributions() -> None:
    generator = np.random.default_rng(1)
    one = generator.normal(0.0, 1.0, (200_000, 2))
    other = generator.normal(0.0, 1.0, (200_000, 2)) * [3.0, 1.0] + [2.0, 0.0]
    # Squared gap of the means, and (1 - 3) squared of the spreads.
    assert frechet(one, other) == pytest.approx(4.0 + 4.0, rel=0.02)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(2, 40), st.integers(1, 6), st.integers(0, 2**31))
def test_it_is_symmetric_and_not_negative(n: int, m: int, features: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    one, other = generator.normal(size=(n, features)), generator.normal(size=(m, features)) * 2.0 + 1.0
    assert frechet(one, other) >= 0.0
    assert frechet(one, other) == pytest.approx(frechet(other, one), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other"),
    [((1, 3), (5, 3)), ((5, 3), (5, 4)), ((5,), (5,))],
)
def test_what_has_no_distance_is_refused(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"features|vectors"):
        frechet(np.zeros(one), np.zeros(other))
    with pytest.raises(ValueError, match="finite"):
        frechet(np.full((4, 2), np.nan), np.zeros((4, 2)))


def test_worse_frames_are_farther_away(reader: Reader) -> None:
    film, other = (
        np.concatenate([toy_board.play(150, seed=first + number).pixels for number in range(10)])
        for first in (40, 60)
    )
    real = reader.read(film).features
    spread = np.maximum(real.std(axis=0), 1e-6)
    grey = (film.astype(np.float32) * 0.8 + 25.0).astype(np.uint8)
    noise = np.random.default_rng(0).integers(-60, 61, film.shape)
    noisy = np.clip(film.astype(int) + noise, 0, 255).astype(np.uint8)
    found = [frechet(real / spread, reader.read(frames).features / spread) for frames in (other, grey, noisy)]
    assert found[0] < 0.5 * min(found[1:])
