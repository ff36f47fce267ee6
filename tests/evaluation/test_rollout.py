"""The instrument fed with the truth scores perfect, with nonsense at the floor, with stillness equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.evaluation.toy import (
    HISTORY,
    LAYERS,
    PICTURES,
    SIDE,
    VARIABLES,
    Broken,
    Idle,
    Oracle,
    held_out,
    play,
)
from worldsdk.errors import DatasetError, ModelError
from worldsdk.evaluation.dreamers import Dream, ModelDreamer, RepeatDreamer
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.measures import (
    layer_measures,
    picture_measures,
    variable_measures,
    wrapped_difference,
)
from worldsdk.evaluation.metrics import PSNR_CAP, psnr
from worldsdk.evaluation.rollout import Measure, Table, fitting, groups, measure
from worldsdk.models.interface import Context

HORIZONS = [1, 4, 16]
MEASURES: dict[str, Measure] = {
    **picture_measures(),
    **variable_measures(VARIABLES),
    **layer_measures(LAYERS),
}


def run(dreamer: object, measures: dict[str, Measure] = MEASURES, batch: int = 16) -> Table:
    return measure(
        dreamer,  # type: ignore[arg-type]
        held_out(),
        measures,
        HORIZONS,
        history=HISTORY,
        windows=40,
        batch=batch,
    )


def test_the_truth_scores_perfect() -> None:
    table = run(ModelDreamer(Oracle(), 1))
    for horizon in HORIZONS:
        assert table.values("psnr", horizon) == pytest.approx([PSNR_CAP] * 40)
        assert table.values("ssim", horizon) == pytest.approx([1.0] * 40)
        for name in ("error:x", "error:y", "error:position", "layer:depth"):
            assert not table.values(name, horizon).any()
        ratio = table.ratio("sharpness", "real_sharpness", horizon)
        assert ratio is not None and ratio.mean == pytest.approx(1.0)


def test_a_still_model_equals_the_repeat_baseline() -> None:
    measures = {k: v for k, v in MEASURES.items() if not k.startswith("layer")}
    still, baseline = run(ModelDreamer(Idle(), 1), measures), run(RepeatDreamer(), measures)
    for horizon in HORIZONS:
        for name in ("psnr", "ssim"):
            assert np.array_equal(still.values(name, horizon), still.values(f"repeat_{name}", horizon))
            assert np.array_equal(still.values(name, horizon), baseline.values(name, horizon))
        errors = still.values("error:position", horizon)
        assert np.array_equal(errors, still.values("repeat_error:position", horizon))
    assert still.values("error:position", 16).any()


class Shuffled:
    """Real pictures of the game, at random: right in everything but content."""

    def dream(self, context: Context, controls: Tensor, seeds: Sequence[int]) -> Dream:
        ticks = controls.shape[1]
        picks = np.stack([np.random.default_rng(seed).integers(SIDE, size=ticks) for seed in seeds])
        return Dream(PICTURES[picks], np.zeros((len(seeds), ticks, 2), np.float32), {})


def test_shuffled_frames_score_at_the_floor() -> None:
    table = run(Shuffled(), dict(picture_measures()))
    others = [psnr(PICTURES[:1], PICTURES[x : x + 1])[0] for x in range(1, SIDE)]
    wrong = [v for h in HORIZONS for v in table.values("psnr", h) if v < PSNR_CAP]
    assert len(wrong) > 100
    assert min(others) - 1e-6 <= min(wrong) and max(wrong) <= max(others) + 1e-6
    one = table.ratio("sharpness", "real_sharpness", 4)
    assert one is not None and one.mean == pytest.approx(1.0, abs=0.01)


def test_batches_do_not_change_the_figures() -> None:
    whole, single = run(ModelDreamer(Oracle(), 2), batch=64), run(ModelDreamer(Oracle(), 2), batch=1)
    for name in MEASURES:
        assert np.array_equal(whole.values(name, 4), single.values(name, 4))


def test_windows_stay_within_episodes_and_line_up() -> None:
    heldout = held_out(episodes=3, ticks=12)
    places = heldout.places(1000, HISTORY, 4)
    assert len(places) == len(set(places)) == heldout.count(HISTORY, 4) == 3 * 7
    windows = heldout.gather(places, HISTORY, 4)
    for row, (number, at) in enumerate(places):
        episode = heldout.episodes[number]
        assert np.array_equal(windows.context.pixels[row].numpy(), episode.pixels[at : at + HISTORY])
        assert np.array_equal(windows.pixels[row], episode.pixels[at + HISTORY : at + HISTORY + 4])
        assert np.array_equal(
            windows.controls[row].numpy(), episode.controls[at + HISTORY : at + HISTORY + 4]
        )
        assert np.array_equal(windows.last_layers["depth"][row], episode.layers["depth"][at + HISTORY - 1])
        assert np.array_equal(windows.layers["depth"][row, 0], episode.layers["depth"][at + HISTORY])


def test_sampled_windows_are_spread_over_all_episodes() -> None:
    heldout = held_out(episodes=8, ticks=40)
    numbers = [number for number, _ in heldout.places(16, HISTORY, 4, seed=3)]
    assert sorted(set(numbers)) == list(range(8)) and len(numbers) == 16


def test_too_short_episodes_are_refused_with_a_cure() -> None:
    with pytest.raises(DatasetError, match=r"longest held-out episode has 5 frames.*at least 18"):
        measure(RepeatDreamer(), held_out(ticks=5), MEASURES, [16], history=HISTORY, windows=4)


def test_horizons_that_do_not_fit_are_left_out() -> None:
    mixed = HeldOut([play(10, 0), play(10, 1), play(40, 2)], VARIABLES, 10.0, {})
    assert fitting(mixed, HISTORY, [1, 4, 16, 64]) == [1, 4, 16]
    assert fitting(held_out(ticks=9), HISTORY, [4, 1, 16]) == [1, 4]


def test_horizons_that_few_windows_fit_have_windows_of_their_own() -> None:
    short = HeldOut([play(24, seed) for seed in range(4)], VARIABLES, 10.0, {})
    assert groups(short, HISTORY, [1, 4, 8, 16, 20]) == [[1, 4, 8], [16], [20]]
    assert groups(held_out(), HISTORY, HORIZONS) == [HORIZONS]


def test_numbers_that_are_not_finite_stop_the_evaluation() -> None:
    with pytest.raises(ModelError, match="tick 1"):
        run(ModelDreamer(Broken(), 1))


def test_no_step_is_no_frame() -> None:
    with pytest.raises(ModelError, match="no denoising step"):
        run(ModelDreamer(Oracle(), 0))


def test_angles_err_by_the_short_way_round() -> None:
    found = wrapped_difference(np.array([359.0, 1.0, 180.0]), np.array([1.0, 359.0, 0.0]), 360.0)
    assert found == pytest.approx([-2.0, 2.0, 180.0])
    assert wrapped_difference(np.array([359.0]), np.array([1.0]), 0.0) == pytest.approx([358.0])


def test_nan_means_nothing_to_measure() -> None:
    table = Table()
    table.add("a", 1, np.array([1.0, np.nan, 3.0]))
    table.add("b", 1, np.array([np.nan]))
    found = table.estimate("a", 1)
    assert found is not None and (found.mean, found.count) == (2.0, 2)
    assert table.estimate("b", 1) is None and table.estimate("c", 1) is None
    assert table.ratio("a", "b", 1) is None


def test_noise_is_that_of_sessions() -> None:
    class Noisy(Oracle):
        def denoise(self, condition, estimate, noise, step, steps):  # type: ignore[no-untyped-def]
            return condition["last"] * 0 + 128 + 20 * noise[:, :, None, None]

    context = held_out().gather([(0, 0), (0, 0), (1, 3)], HISTORY, 3)
    dreamer = ModelDreamer(Noisy(), 2)
    both = dreamer.dream(context.context, context.controls, [7, 8, 7])
    alone = dreamer.dream(context.context.select(0), context.controls[:1], [7])
    assert np.array_equal(both.pixels[0], alone.pixels[0])
    assert not np.array_equal(both.pixels[0], both.pixels[1])
    assert np.array_equal(both.pixels[0], both.pixels[2])
    assert torch.is_inference_mode_enabled() is False
