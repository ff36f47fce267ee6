"""What is exact about reuse, and what is not; and what a session's memory does."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.models.oasis.samples import context, oasis, play
from worldsdk.models.interface import State
from worldsdk.models.oasis import OasisConfig, OasisModel

REUSES = ("none", "frame", "sliding")


def _rows(state: State, rows: slice) -> State:
    return {name: value[rows] for name, value in state.items()}


def _ragged(model: OasisModel) -> State:
    """Two sessions of different ages in one batch: two frames known, and a window that is full."""
    young = model.start(context(model, batch=1, seed=4))
    old, _, _ = play(model, model.start(context(model, batch=1, seed=5)), model.config.window, seed=6)
    return {name: torch.cat([young[name], old[name]]) for name in young}


@torch.inference_mode()
def test_reuse_within_a_frame_is_the_definition() -> None:
    """Over several windows' length: the same latents to rounding, every tick."""
    runs = {}
    for reuse in ("none", "frame"):
        model = oasis(reuse=reuse, history=2)
        runs[reuse] = play(model, model.start(context(model)), 10)[2]
    for plain, quick in zip(runs["none"], runs["frame"], strict=True):
        torch.testing.assert_close(quick, plain, rtol=1e-4, atol=1e-5)
        assert 10.0 * torch.log10(plain.var() / (quick - plain).pow(2).mean()) > 90.0


@torch.inference_mode()
def test_reuse_between_frames_is_exact_until_the_window_slides_and_near_after() -> None:
    runs = {}
    for reuse in ("none", "sliding"):
        model = oasis(reuse=reuse, history=2)
        runs[reuse] = play(model, model.start(context(model)), 10)[2]
    errors = [
        float((a - b).abs().max() / a.std()) for a, b in zip(runs["none"], runs["sliding"], strict=True)
    ]
    # Two frames of history and a window of six: the fifth tick is the first whose past has lost a frame.
    assert max(errors[:4]) < 1e-4
    assert min(errors[5:]) > 1e-4
    assert max(errors[5:]) < 0.5


@torch.inference_mode()
@pytest.mark.parametrize("reuse", REUSES)
def test_sessions_of_different_ages_share_a_batch(reuse: str) -> None:
    model = oasis(reuse=reuse, history=2)
    state = _ragged(model)
    assert state["known"].tolist() == [2, model.config.window - 1]
    draw = torch.Generator().manual_seed(8)
    controls = torch.rand(2, model.spec.controls, generator=draw)
    noise = torch.randn(2, *model.spec.noise_shape, generator=draw)

    def run(rows: slice) -> torch.Tensor:
        now = _rows(state, rows)
        for _ in range(3):
            condition, estimate = model.condition(now, controls[rows]), None
            for step in range(2):
                estimate = model.denoise(condition, estimate, noise[rows], step, 2)
            assert estimate is not None
            now, _ = model.commit(now, condition, estimate)
        return estimate

    both = run(slice(0, 2))
    for row in range(2):
        torch.testing.assert_close(run(slice(row, row + 1)), both[row : row + 1], rtol=1e-4, atol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("reuse", REUSES)
def test_memory_is_flat_and_ticks_leave_the_old_one_alone(reuse: str) -> None:
    model = oasis(reuse=reuse)
    state = model.start(context(model))
    sizes = {name: (value.shape, value.dtype) for name, value in state.items()}
    kept = {name: value.clone() for name, value in state.items()}
    after, _, _ = play(model, state, 9)
    assert {name: (value.shape, value.dtype) for name, value in after.items()} == sizes
    for name, value in kept.items():
        assert torch.equal(state[name], value), name
    assert after["clock"].tolist() == [9, 9]


@torch.inference_mode()
@pytest.mark.parametrize("reuse", REUSES)
def test_moments_share_the_frames_that_they_have_in_common(reuse: str) -> None:
    model = oasis(reuse=reuse)
    before, _, _ = play(model, model.start(context(model)), 7)
    after, _, _ = play(model, before, 1)
    kinds = ("latent", "kept") if reuse == "sliding" else ("latent",)
    for kind in kinds:
        for age in range(1, model.config.window - 1):
            shared = after[f"{kind}.{age:02}"], before[f"{kind}.{age - 1:02}"]
            assert shared[0].data_ptr() == shared[1].data_ptr()


@torch.inference_mode()
@pytest.mark.parametrize("reuse", REUSES)
def test_an_observed_frame_enters_the_window_as_its_latent(reuse: str) -> None:
    model = oasis(reuse=reuse)
    state, _, _ = play(model, model.start(context(model)), 2)
    seen = torch.randint(0, 256, (2, 16, 24, 3), generator=torch.Generator().manual_seed(3)).to(torch.uint8)
    controls = torch.full((2, model.spec.controls), 0.5)
    after, output = model.observe(state, seen, controls)
    assert torch.equal(output.pixels, seen)
    picture = seen.movedim(-1, 1).float() / 127.5 - 1.0
    torch.testing.assert_close(after["latent.00"], model.autoencoder.encode(picture))
    assert torch.equal(after["actions"][:, -1], controls)
    other, _ = model.observe(state, 255 - seen, controls)
    assert not torch.allclose(play(model, after, 1)[2][0], play(model, other, 1)[2][0])


@torch.inference_mode()
def test_the_first_frame_of_a_start_has_no_action() -> None:
    model = oasis(history=3)
    moment = context(model)
    state = model.start(moment)
    assert torch.equal(state["actions"][:, -3], torch.zeros(2, model.spec.controls))
    assert torch.equal(state["actions"][:, -2:], moment.controls[:, 1:])


@torch.inference_mode()
def test_a_tick_may_stop_after_any_step() -> None:
    """Every estimate can be committed; what it shows is the clean latent, not the noisy one."""
    model = oasis()
    state = model.start(context(model))
    controls = torch.zeros(2, model.spec.controls)
    condition = model.condition(state, controls)
    noise = torch.randn(2, *model.spec.noise_shape, generator=torch.Generator().manual_seed(1))
    estimate = None
    for step in range(3):
        estimate = model.denoise(condition, estimate, noise, step, 4)
        after, output = model.commit(state, condition, estimate)
        assert torch.equal(after["latent.00"], estimate[:, 0])
        assert output.pixels.shape == (2, model.spec.height, model.spec.width, 3)
    last = model.denoise(condition, estimate, noise, 3, 4)
    assert torch.equal(last[:, 0], last[:, 1])


@torch.inference_mode()
def test_actions_and_the_past_both_matter() -> None:
    model = oasis()
    state = model.start(context(model))
    draws = torch.randn(2, *model.spec.noise_shape, generator=torch.Generator().manual_seed(1))

    def latent(state: State, controls: torch.Tensor) -> torch.Tensor:
        return model.denoise(model.condition(state, controls), None, draws, 0, 1)[:, 0]

    still = latent(state, torch.zeros(2, 5))
    assert not torch.allclose(still, latent(state, torch.ones(2, 5)))
    other = model.start(context(model, seed=9))
    assert not torch.allclose(still, latent(other, torch.zeros(2, 5)))


def test_config_survives_json_and_refuses_the_impossible() -> None:
    config = OasisConfig()
    assert OasisConfig.from_json(config.to_json()) == config
    assert config.grid == (9, 16)
    assert config.latent_shape == (16, 18, 32)
    wrong: list[dict[str, Any]] = [
        {"height": 350},
        {"history": 32},
        {"hidden": 1000},
        {"max_steps": 0},
        {"context_level": 0},
        {"reuse": "always"},
        {"precision": "float64"},
    ]
    for fields in wrong:
        with pytest.raises(ValueError, match=next(iter(fields))):
            OasisConfig(**fields)
