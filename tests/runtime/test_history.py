"""The past: always at least as much as promised, never more memory than promised."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.support import CONTROLS
from worldsdk.frame import Frame, Timing
from worldsdk.runtime.history import History, Input, Moment


def moment(tick: int, kilobytes: int = 1) -> Moment:
    pixels = np.zeros((1, 1, 3), np.uint8)
    frame = Frame(pixels, {}, {}, 0.0, False, tick, CONTROLS.rest, Timing())
    return Moment(tick, {"memory": torch.zeros(1, kilobytes * 256)}, frame)


def made_by(tick: int) -> Input:
    return Input(tick, CONTROLS.rest, 2, 2)


def lived(ticks: int, max_ticks: int, max_kilobytes: int, first: int = 0) -> History:
    history = History(moment(first), max_ticks, max_kilobytes * 1024)
    for tick in range(first + 1, first + ticks + 1):
        history.add(moment(tick), made_by(tick))
    return history


@given(st.integers(0, 90), st.integers(0, 30), st.integers(2, 40), st.integers(0, 5), st.data())
def test_any_promised_tick_can_be_reached(
    ticks: int, max_ticks: int, max_kilobytes: int, first: int, data: st.DataObject
) -> None:
    history = lived(ticks, max_ticks, max_kilobytes, first)
    now = first + ticks
    assert history.oldest <= max(first, now - max_ticks)
    target = data.draw(st.integers(history.oldest, now))
    kept, inputs = history.back_to(target)
    assert [i.tick for i in inputs] == list(range(kept.tick + 1, target + 1))
    assert len(inputs) <= history.stride
    # From there life goes on as if nothing had been.
    for tick in range(target + 1, target + 10):
        history.add(moment(tick), made_by(tick))
    kept, inputs = history.back_to(target + 9)
    assert [i.tick for i in inputs] == list(range(kept.tick + 1, target + 10))


@given(st.integers(1, 300), st.integers(1, 60), st.integers(2, 80))
def test_memory_is_bounded(ticks: int, max_ticks: int, max_kilobytes: int) -> None:
    history = lived(ticks, max_ticks, max_kilobytes)
    # One more than the horizon holds: the state that its oldest tick is reached from.
    assert history.bytes <= (max_kilobytes + 2) * (1024 + 3)
    assert len(history._inputs) <= max_ticks + history.stride


def test_within_the_memory_every_state_is_kept() -> None:
    assert lived(50, max_ticks=20, max_kilobytes=23).stride == 1
    assert lived(50, max_ticks=20, max_kilobytes=12).stride == 2


def test_what_many_moments_share_is_counted_once() -> None:
    shared = torch.zeros(1, 100 * 256)
    history = History(moment(0), 20, 150 * 1024)
    for tick in range(1, 51):
        fresh = moment(tick)
        history.add(Moment(tick, {**fresh.state, "shared": shared}, fresh.frame), made_by(tick))
    assert history.stride == 1
    assert history.bytes == 100 * 1024 + len(history._moments) * (1024 + 3)


def test_views_count_with_all_that_they_keep_alive() -> None:
    whole = torch.zeros(100, 256)
    pixels = np.zeros((1, 1, 3), np.uint8)
    frame = Frame(pixels, {"depth": np.zeros((2, 2), np.float32)}, {}, 0.0, False, 0, CONTROLS.rest, Timing())
    assert sum(Moment(0, {"memory": whole[:1]}, frame).parts.values()) == 100 * 1024 + 3 + 16


def test_a_copy_lives_its_own_life() -> None:
    history = lived(10, 20, 100)
    twin = history.copy()
    history.back_to(3)
    twin.add(moment(11), made_by(11))
    assert twin.back_to(11)[0].tick == 11
    assert history.back_to(3)[0].tick == 3


def test_no_past_is_possible() -> None:
    history = lived(10, max_ticks=0, max_kilobytes=1)
    assert history.oldest == 10
    assert history.bytes == 1024 + 3


def test_what_is_not_settled_yet_counts_where_anybody_looks() -> None:
    history = lived(7, max_ticks=3, max_kilobytes=100)
    settled = lived(7, max_ticks=3, max_kilobytes=100)
    settled.settle()
    settled.settle()
    assert (history.oldest, history.bytes) == (settled.oldest, settled.bytes) == (4, 4 * (1024 + 3))
    assert history.back_to(7)[0].tick == settled.copy().back_to(7)[0].tick == 7
