"""Percentiles that were measured, memory that is fixed."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.frame import Timing
from worldsdk.runtime.statistics import CAPACITY, STAGES, Statistics


def timing(ms: float, steps: int = 1) -> Timing:
    return Timing(ms, {name: ms * (index + 1) for index, name in enumerate(STAGES)}, steps)


@given(st.lists(st.floats(0.0, 1e4), min_size=1, max_size=60), st.integers(1, 20))
def test_the_last_ones_are_kept_exactly(costs: list[float], capacity: int) -> None:
    statistics = Statistics(capacity)
    for cost in costs:
        statistics.add(timing(cost))
    kept = costs[-capacity:]
    ranked = sorted(kept)
    assert statistics.recent_ms.tolist() == kept
    for percent in (50, 95, 99, 100):
        assert statistics.percentile(percent) == ranked[math.ceil(percent / 100 * len(kept)) - 1]
    assert statistics.ticks == len(costs) and statistics.kept == len(kept)


def test_the_summary_says_it_all() -> None:
    statistics = Statistics()
    for index in range(1, 101):
        statistics.add(timing(float(index), steps=2 if index <= 50 else 4))
    statistics.miss()
    statistics.miss(2)
    assert statistics.summary() == {
        "ticks": 100,
        "missed": 3,
        "frame_ms": {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0},
        "stage_ms": {"condition": 50.5, "denoise": 101.0, "commit": 151.5, "pixels": 202.0},
        "steps_used": {"mean": 3.0, "min": 2},
    }


def test_before_the_first_tick_all_is_zero() -> None:
    summary = Statistics().summary()
    assert summary["frame_ms"] == {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    assert summary["steps_used"] == {"mean": 0.0, "min": 0}
    assert len(Statistics().recent_ms) == 0


def test_stages_that_did_not_run_count_as_nothing() -> None:
    statistics = Statistics()
    statistics.add(Timing(2.0, {"commit": 2.0}, 0))
    assert statistics.summary()["stage_ms"] == {
        "condition": 0.0,
        "denoise": 0.0,
        "commit": 2.0,
        "pixels": 0.0,
    }


def test_memory_is_fixed() -> None:
    statistics = Statistics()
    for index in range(3 * CAPACITY):
        statistics.add(timing(float(index)))
    arrays = [value for value in vars(statistics).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in arrays) == CAPACITY * 8 * (1 + len(STAGES) + 1)
    assert statistics.recent_ms[0] == 2 * CAPACITY
