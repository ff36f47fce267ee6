from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.data.games.doom_spec import DEPTH_HIGH, DEPTH_LEVELS, DEPTH_OFFSET, DEPTH_STEP
from worldsdk.data.games.pool import pool_depth, pool_labels, pool_pixels


@given(factor=st.integers(1, 5), seed=st.integers(0, 100))
def test_pixels_are_block_means_rounded(factor: int, seed: int) -> None:
    screen = np.random.default_rng(seed).integers(0, 256, (6 * factor, 8 * factor, 3), dtype=np.uint8)
    small = pool_pixels(screen, 8, 6)
    means = screen.reshape(6, factor, 8, factor, 3).mean(axis=(1, 3))
    assert small.dtype == np.uint8
    assert small.shape == (6, 8, 3)
    # Rounded in Pillow's fixed point, which is not exact at the half.
    assert np.abs(small - means).max() <= 0.6


def test_pixels_of_another_shape_keep_flat_colours() -> None:
    screen = np.full((10, 15, 3), (10, 200, 30), np.uint8)
    assert (pool_pixels(screen, 7, 4) == (10, 200, 30)).all()


def test_pooled_pixels_do_not_share_the_engine_memory() -> None:
    screen = np.zeros((6, 8, 3), np.uint8)
    small = pool_pixels(screen, 8, 6)
    screen[:] = 9
    assert not small.any()


@given(factor=st.integers(1, 5), seed=st.integers(0, 100))
def test_depth_is_the_block_mean_in_map_units(factor: int, seed: int) -> None:
    buffer = np.random.default_rng(seed).integers(
        0, DEPTH_LEVELS + 1, (3 * factor, 4 * factor), dtype=np.uint8
    )
    expected = buffer.reshape(3, factor, 4, factor).mean(axis=(1, 3)) * DEPTH_STEP + DEPTH_OFFSET
    np.testing.assert_allclose(pool_depth(buffer, factor), expected, rtol=1e-3)


def test_depth_saturates_where_walls_do() -> None:
    far = pool_depth(np.full((4, 4), 255, np.uint8), 4)
    assert abs(float(far[0, 0]) - DEPTH_HIGH) < 0.5


def test_a_label_needs_a_quarter_of_a_block() -> None:
    classes = np.zeros((4, 8), np.uint8)
    classes[0, 0:3] = 2
    classes[0, 4:8] = 2
    assert pool_labels(classes, 4, {0, 2}).tolist() == [[0, 2]]
    classes[1, 4:8] = 5
    assert pool_labels(classes, 4, {0, 2, 5}).tolist() == [[0, 5]]
