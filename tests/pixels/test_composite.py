"""Things behind walls, and marks around things, on pictures of any enlargement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldsdk.errors import PixelError
from worldsdk.pixels import draw_at_depth, highlight

SPRITE = np.full((40, 20, 4), (200, 40, 10, 255), np.uint8)


def scene(factor=10):
    """A grey picture, and a depth layer: a wall at 100 on the left half, nothing before 400 on the right."""
    depth = np.full((8, 12), 400.0, np.float32)
    depth[:, :6] = 100.0
    return np.full((8 * factor, 12 * factor, 3), 90, np.uint8), depth


def drawn(picture):
    return (picture != 90).any(axis=2)


def test_a_thing_is_whole_before_a_wall_gone_behind_it_and_cut_at_its_edge():
    for distance, left, expected in ((50.0, 10, 1.0), (200.0, 10, 0.0), (200.0, 90, 1.0), (500.0, 90, 0.0)):
        picture, depth = scene()
        seen = draw_at_depth(picture, depth, SPRITE, left, 20, distance)
        assert seen == pytest.approx(expected, abs=0.01)
        assert drawn(picture).sum() == pytest.approx(expected * 800, abs=8)
    picture, depth = scene()
    seen = draw_at_depth(picture, depth, SPRITE, 50, 20, 200.0)
    shown = drawn(picture)
    assert 0.3 < seen < 0.7 and shown[:, :55].sum() == 0 and (shown[20:60, 66:70]).all()
    # The edge is at one place in all rows: where the wall's inverse depth passes the thing's.
    assert len({tuple(row) for row in shown[21:59]}) == 1


def test_the_colour_is_mixed_by_opacity_and_what_is_outside_is_left_out():
    picture, depth = scene()
    glass = SPRITE.copy()
    glass[..., 3] = 128
    assert draw_at_depth(picture, depth, glass, 90, -20, 300.0) == pytest.approx(0.5, abs=0.01)
    share = 128 / 255
    wanted = [90 + share * (c - 90) for c in (200, 40, 10)]
    np.testing.assert_allclose(picture[5, 95], wanted, atol=0.6)
    assert drawn(picture)[20:].sum() == 0
    assert draw_at_depth(picture, depth, SPRITE, 900, 0, 50.0) == 0.0
    clear = SPRITE.copy()
    clear[..., 3] = 0
    assert draw_at_depth(picture, depth, clear, 0, 0, 50.0) == 0.0


@settings(deadline=None, max_examples=30)
@given(
    near=st.floats(1.0, 900.0),
    further=st.floats(1.0, 3.0),
    left=st.integers(-30, 130),
    factor=st.sampled_from([1, 3, 10]),
)
def test_what_is_further_away_is_never_seen_better(near, further, left, factor):
    picture, depth = scene(factor)
    nearer = draw_at_depth(picture.copy(), depth, SPRITE, left, 0, near)
    assert draw_at_depth(picture, depth, SPRITE, left, 0, near * further) <= nearer + 1e-9


def test_a_mark_has_a_line_at_the_edge_and_a_tint_inside():
    picture = np.full((80, 120, 3), 90, np.uint8)
    mask = np.zeros((8, 12), np.float32)
    mask[2:6, 3:8] = 1.0
    highlight(picture, mask, (250, 200, 0), outline=1.0, fill=0.25)
    inside = picture[40, 55]
    np.testing.assert_allclose(inside, [130, 118, 68], atol=1)
    assert (picture[:, :20] == 90).all() and (picture[:10] == 90).all()
    # Going outwards from the middle the edge is the strongest, and stands where the mask ends.
    row = picture[40, :, 0].astype(int)
    assert abs(int(row[55:].argmax()) + 55 - 80) <= 3 and row[55:].max() > 230
    bare = np.full((80, 120, 3), 90, np.uint8)
    highlight(bare, mask, (250, 200, 0), outline=0.0, fill=0.0)
    assert (bare == 90).all()
    highlight(bare, np.zeros((8, 12), np.float32), (250, 200, 0))
    assert (bare == 90).all()


def test_read_only_layers_will_do_and_wrong_arguments_are_named():
    picture, depth = scene()
    depth.flags.writeable = False
    draw_at_depth(picture, depth, SPRITE, 0, 0, 50.0)
    for fragment, arguments in (
        ("distance", (picture, depth, SPRITE, 0, 0, 0.0)),
        ("distance", (picture, depth, SPRITE, 0, 0, float("nan"))),
        ("sprite", (picture, depth, SPRITE[..., :3], 0, 0, 50.0)),
        ("layer", (picture, depth[None], SPRITE, 0, 0, 50.0)),
        ("draw_at_depth", (picture.astype(np.float32), depth, SPRITE, 0, 0, 50.0)),
        ("drawn on", (picture[:, ::2], depth, SPRITE, 0, 0, 50.0)),
    ):
        with pytest.raises(PixelError, match=fragment):
            draw_at_depth(*arguments)
    picture.flags.writeable = False
    with pytest.raises(PixelError, match="copy"):
        highlight(picture, depth, (1, 2, 3))
