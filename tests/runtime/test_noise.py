"""Noise is a function of where it is used, and standard normal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.runtime.noise import EDGE, SEED_LIMIT, noise

seeds = st.integers(0, SEED_LIMIT - 1)
ticks = st.integers(0, 2**40)
steps = st.integers(0, 100)


@given(seeds, ticks, steps)
def test_same_place_same_noise_whatever_happens_in_between(seed: int, tick: int, step: int) -> None:
    first = noise(seed, tick, step, (2, 3, 4))
    np.random.standard_normal(5)
    noise(seed, tick + 1, step, (7,))
    assert np.array_equal(noise(seed, tick, step, (2, 3, 4)), first)
    assert first.dtype == np.float32 and first.shape == (2, 3, 4)


@given(st.tuples(seeds, ticks, steps), st.tuples(seeds, ticks, steps))
def test_other_place_other_noise(a: tuple[int, int, int], b: tuple[int, int, int]) -> None:
    assert np.array_equal(noise(*a, (8,)), noise(*b, (8,))) == (a == b)


def test_neighbouring_draws_do_not_overlap() -> None:
    draws = [noise(s, t, k, (4096,)) for s in range(2) for t in range(3) for k in range(3)]
    together = np.concatenate(draws)
    assert len(np.unique(together)) > 0.99 * len(together)
    correlation = np.corrcoef(np.stack(draws)) - np.eye(len(draws))
    assert np.abs(correlation).max() < 0.08


def test_it_is_standard_normal() -> None:
    values = noise(3, 4, 5, (200_000,))
    assert abs(values.mean()) < 0.01 and abs(values.std() - 1.0) < 0.01
    assert np.mean(np.abs(values) < 1.0) == pytest.approx(0.6827, abs=0.005)


def test_the_values_themselves_are_pinned() -> None:
    # Saved sessions continue with this stream: a change here breaks every one of them.
    assert noise(7, 1, 0, (3,)).tolist() == pytest.approx([1.2810302, 2.4797926, -0.7845169], abs=1e-6)


@pytest.mark.parametrize(("seed", "tick", "step"), [(0, 0, 0), (7, 1, 0), (SEED_LIMIT - 1, 2**40, 3)])
def test_the_numbers_are_those_that_numpy_draws(seed: int, tick: int, step: int) -> None:
    # Enough of them for the rare ways through the ziggurat, its tail among them.
    counter, key = np.array([0, 0, step, tick], np.uint64), np.array([seed, 0], np.uint64)
    generator = np.random.Generator(np.random.Philox(counter=counter, key=key))
    expected = generator.standard_normal(1_000_000, dtype=np.float32)
    assert np.abs(expected).max() > EDGE
    assert np.array_equal(noise(seed, tick, step, (1_000_000,)), expected)
