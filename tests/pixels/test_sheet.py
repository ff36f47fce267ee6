import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import PixelError
from worldsdk.pixels import contact_sheet, filmstrip, pick_evenly
from worldsdk.pixels.sheet import BACKGROUND


def frame(value, size=(3, 4)):
    return np.full((*size, 3), value, np.uint8)


def test_frames_stand_in_rows_with_gaps_between():
    sheet = filmstrip([[frame(1), frame(2)], [frame(3)]], scale=2, gap=1)
    assert sheet.shape == (1 + 2 * 7, 1 + 2 * 9, 3)
    assert (sheet[1:7, 1:9] == 1).all() and (sheet[1:7, 10:18] == 2).all() and (sheet[8:14, 1:9] == 3).all()
    assert (sheet[8:14, 9:] == BACKGROUND).all() and (sheet[7] == BACKGROUND).all()


def test_a_contact_sheet_reads_left_to_right_then_down():
    sheet = contact_sheet([frame(i, (1, 1)) for i in range(1, 6)], columns=2, gap=0)
    assert sheet[..., 0].tolist() == [[1, 2], [3, 4], [5, BACKGROUND[0]]]


@given(st.integers(0, 300), st.integers(1, 40))
def test_picks_are_ascending_and_span_the_run(count, wanted):
    picks = pick_evenly(count, wanted)
    assert len(picks) == min(count, wanted)
    assert picks == sorted(set(picks)) and all(0 <= pick < count for pick in picks)
    if count > 1 and wanted > 1:
        assert picks[0] == 0 and picks[-1] == count - 1


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        ([], {}, "no frames"),
        ([[]], {}, "no frames"),
        ([[frame(1), frame(1, (2, 2))]], {}, "shapes"),
        ([[frame(1).astype(float)]], {}, "row 0 frame 0"),
        ([[frame(1)]], {"scale": 0}, "scale is 0"),
        ([[frame(1)]], {"gap": -1}, "gap is -1"),
    ],
)
def test_bad_input_is_refused_by_name(rows, options, says):
    with pytest.raises(PixelError) as caught:
        filmstrip(rows, **options)
    assert says in str(caught.value)


def test_a_grid_needs_a_column():
    with pytest.raises(PixelError, match="columns is 0"):
        contact_sheet([frame(1)], columns=0)
