"""NaN and infinity are found in any row, in any type, at any place; large numbers are no fault."""

from __future__ import annotations

import pytest
import torch

from worldsdk.runtime.sanity import sane


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("place", [0, 5, 40])
def test_only_the_row_that_holds_it_is_told(bad: float, kind: torch.dtype, place: int) -> None:
    rows = torch.rand(3, 41)
    rows[1, place] = bad
    assert sane([torch.zeros(3, 2), rows.to(kind), torch.ones(3)], 3) == [True, False, True]


def test_opposite_infinities_do_not_cancel_and_large_numbers_are_sane() -> None:
    row = torch.tensor([[1.0, torch.inf, -torch.inf], [3e38, 3e38, -1e30]])
    assert sane([row], 2) == [False, True]
    assert sane([row.bfloat16()[:, :2]], 2)[0] is False
    assert sane([torch.tensor([[1.0, torch.inf, -torch.inf], [1.0, 1e30, -1e30]]).bfloat16()], 2) == [
        False,
        True,
    ]


def test_views_that_lie_scattered_in_memory_are_read_as_they_are() -> None:
    whole = torch.zeros(2, 4, 3)
    whole[0, 3, 2] = torch.nan
    assert sane([whole[:, :, :2]], 2) == [True, True]
    assert sane([whole.transpose(1, 2)], 2) == [False, True]


def test_what_cannot_be_bad_is_not_looked_at() -> None:
    assert sane([torch.zeros(2, 0), torch.zeros(2), torch.full((2, 3), 255, dtype=torch.uint8)], 2) == [
        True,
        True,
    ]
    assert sane([], 2) == [True, True]
