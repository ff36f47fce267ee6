"""What is exact about reuse, and what is not; and what a session's memory does."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.models.oasis.samples import context, oasis, play
from worldsdk.models.interface import State
from worldsdk.models.oasis import OasisConfig, OasisModel, memory
from worldsdk.models.oasis.attention import Past
from worldsdk.models.oasis.rotary import time_turns, turn

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
@pytest.mark.parametrize("kept", ["whole", "int8"])
def test_a_sink_changes_nothing_until_the_window_slides(kept: str) -> None:
    runs = {}
    for sink in (0, 2):
        model = oasis(reuse="sliding", history=2, sink=sink, kept=kept)
        runs[sink] = play(model, model.start(context(model)), 8)[2]
    same = [bool(torch.equal(a, b)) for a, b in zip(runs[0], runs[2], strict=True)]
    # Two frames of history and five of past: four ticks until the first frame would be missed.
    assert same == [True] * 4 + [False] * 4
    assert all(torch.isfinite(latent).all() for latent in runs[2])


@torch.inference_mode()
def test_the_first_frames_stay_and_are_looked_at() -> None:
    model = oasis(reuse="sliding", history=2, sink=2)
    start = model.start(context(model))
    early = play(model, start, 1)[0]
    late = play(model, start, 12)[0]
    for place in range(2):
        slot = f"kept.first.{place:02}"
        # Moments share what does not change.
        assert late[slot] is early[slot]
    assert sorted(name for name in late if name.startswith("kept.")) == [
        *(f"kept.{age:02}" for age in range(3)),
        "kept.first.00",
        "kept.first.01",
    ]
    plain = play(model, late, 1)[2][0]
    for slot in ("kept.first.00", "kept.first.01", "kept.02"):
        other = {**late, slot: late["kept.00"]}
        assert not torch.equal(play(model, other, 1)[2][0], plain), slot


@torch.inference_mode()
def test_a_sink_stands_right_before_the_window() -> None:
    """Its keys are those that frames at those positions would have had."""
    model = oasis(reuse="sliding", history=2, sink=2)
    freqs = model.transformer.temporal_rotary_emb.freqs
    keys = torch.randn(2, 3, 2, 4, 2 * len(freqs), generator=torch.Generator().manual_seed(1))
    clock = torch.tensor([9, 4])

    def at(positions: torch.Tensor) -> torch.Tensor:
        cosine, sine = time_turns(positions, freqs)
        return turn(keys, (cosine[:, None, None], sine[:, None, None]))

    kept = at(torch.tensor([[0, 1, 7, 8], [0, 1, 2, 3]]))
    moved = model.reuse._moved(model.transformer, [Past(kept, kept)], 2, clock)[0]  # type: ignore[attr-defined]
    # Of ten frames before the new one the last three are there: 7, 8 and 9. Before them stand 5 and 6.
    torch.testing.assert_close(moved.keys, at(torch.tensor([[5, 6, 7, 8], [0, 1, 2, 3]])))
    assert torch.equal(moved.values, kept)


@torch.inference_mode()
def test_eight_bits_keep_a_fraction_of_the_bytes_and_nearly_all_of_the_signal() -> None:
    draw = torch.Generator().manual_seed(0)
    whole = [Past(*torch.randn(2, 1, 6, 2, 1, 16, generator=draw).unbind(0)) for _ in range(3)]
    small = memory.pack_small(whole)
    plain = memory.pack(whole)
    assert small["kept"].dtype == torch.int8 and small["kept"].shape == plain.shape
    opened = memory.unpack({f"{name}.00": value for name, value in small.items()}, 1, 2)
    for found, wanted in zip(opened, whole, strict=True):
        for a, b in zip(found, wanted, strict=True):
            assert a.dtype == b.dtype and 10.0 * torch.log10(b.var() / (a - b).var()) > 40.0
    runs = {}
    for kept in ("whole", "int8"):
        model = oasis(reuse="sliding", history=2, kept=kept)
        state, _, latents = play(model, model.start(context(model)), 8)
        runs[kept] = state, latents
    size = {
        kept: sum(v.nbytes for n, v in runs[kept][0].items() if n[:4] in ("kept", "step")) for kept in runs
    }
    assert size["int8"] < 0.35 * size["whole"]
    for a, b in zip(runs["int8"][1], runs["whole"][1], strict=True):
        assert 10.0 * torch.log10(b.var() / (a - b).var()) > 25.0


@pytest.mark.parametrize(
    "wrong", [{"sink": 5}, {"sink": -1}, {"kept": "int2"}, {"reuse": "frame", "sink": 1}, {"kept": "int8"}]
)
def test_settings_of_sliding_need_it(wrong: dict[str, Any]) -> None:
    settings: dict[str, Any] = {"window": 6, "reuse": "sliding" if "sink" in wrong else "none", **wrong}
    with pytest.raises(ValueError, match=r"sink|kept"):
        OasisConfig(**settings)


@torch.inference_mode()
@pytest.mark.parametrize("reuse", [*REUSES, "sink", "8 bits"])
def test_sessions_of_different_ages_share_a_batch(reuse: str) -> None:
    more: dict[str, Any] = {"sink": {"sink": 2}, "8 bits": {"sink": 1, "kept": "int8"}}.get(reuse, {})
    model = oasis(reuse="sliding" if more else reuse, history=2, **more)
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
