from __future__ import annotations

import pytest

from worldsdk.server.capacity import FULL, LINE_MEMORY, RANK_EVERY, RETRY_MS, Capacity, Line


def measured(*, fused: bool, most: int = 64, **passes: float) -> Capacity:
    capacity = Capacity(fused=fused, most=most)
    for name, cost in passes.items():
        for _ in range(2 * RANK_EVERY):
            capacity.add(int(name.removeprefix("n")), cost)
    return capacity


def test_nothing_measured_is_nothing_known() -> None:
    assert Capacity(fused=True, most=2).pass_ms(5) == 0.0


def test_single_passes_add_up() -> None:
    capacity = measured(fused=False, n1=8.0)
    assert capacity.utilisation([35.0, 35.0]) == pytest.approx(0.56)
    assert capacity.fits([35.0, 35.0], 2, 35.0)
    assert not capacity.fits([35.0] * 3, 3, 35.0)
    # The same device carries more of a slower world.
    assert capacity.fits([8.0] * 10, 10, 8.0)


def test_fused_passes_follow_the_line_through_what_was_measured() -> None:
    capacity = measured(fused=True, n1=5.0, n4=8.0)
    assert capacity.pass_ms(1) == 5.0
    assert capacity.pass_ms(3) == pytest.approx(7.0)
    assert capacity.pass_ms(10) == pytest.approx(14.0)
    most = next(n for n in range(1, 100) if capacity.pass_ms(n + 1) * 35.0 / 1000.0 > FULL)
    assert capacity.fits([35.0] * (most - 1), most - 1, 35.0)
    assert not capacity.fits([35.0] * most, most, 35.0)


def test_one_measured_size_is_taken_to_cost_its_share_for_each_more() -> None:
    assert measured(fused=True, n2=6.0).pass_ms(4) == pytest.approx(12.0)


def test_slow_passes_are_forgotten_when_they_left_the_window() -> None:
    capacity = measured(fused=False, n1=100.0)
    assert not capacity.fits([35.0], 1, 35.0)
    for _ in range(100):
        capacity.add(1, 1.0)
    assert capacity.fits([35.0], 1, 35.0)


def test_the_first_player_is_let_in_however_slow_the_machine() -> None:
    assert measured(fused=False, n1=1000.0).fits([], 0, 35.0)


def test_lockstep_takes_what_is_left_and_counts_towards_the_most() -> None:
    capacity = measured(fused=False, most=3, n1=1000.0)
    assert capacity.fits([35.0], 2, 0.0)
    assert not capacity.fits([35.0], 3, 0.0)


def test_the_line_keeps_its_order() -> None:
    line = Line()
    assert line.may_enter("a", 0.0, 1)
    assert not line.may_enter("a", 0.0, 0)
    assert [line.position(name, 0.0) for name in "abc"] == [1, 2, 3]
    assert line.position("b", 1.0) == 2
    assert line.may_enter("a", 1.0, 1)
    assert not line.may_enter("b", 1.0, 1)
    assert line.may_enter("b", 1.0, 2)
    assert not line.may_enter("newcomer", 1.0, 3)
    line.leave("a")
    assert line.may_enter("b", 1.0, 1)


def test_who_does_not_come_back_loses_the_place() -> None:
    line = Line()
    line.position("a", 0.0)
    line.position("b", 1.0)
    later = LINE_MEMORY * RETRY_MS / 1000.0 + 0.5
    assert line.position("b", later) == 1
