"""Parts of the diamond family: actions, sizes, steps, start and the fast networks."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
from PIL import Image

from tests.models.diamond import made, published
from tests.models.samples import context, tick
from worldsdk.models.diamond import DiamondConfig, DiamondModel, atari, checkpoint, csgo
from worldsdk.models.diamond.actions import Actions
from worldsdk.models.diamond.config import ActionsConfig, SamplerConfig
from worldsdk.models.diamond.denoiser import to_levels
from worldsdk.models.diamond.sampler import churned, noise_levels
from worldsdk.models.optimise import optimise
from worldsdk.models.precision import has_bfloat16

CPU = torch.device("cpu")


def _full(shapes: published.Shapes, game: str) -> DiamondModel:
    with torch.device("meta"):
        tensors = {name: torch.empty(shape) for name, shape in shapes.items()}
        plan = checkpoint.plan(tensors, game)
        model = DiamondModel(DiamondConfig.from_json(plan.config))
    assert set(plan.keys) == set(model.state_dict())
    assert set(plan.keys.values()) == set(shapes)
    for ours, theirs in plan.keys.items():
        assert model.state_dict()[ours].shape == shapes[theirs], theirs
    return model


def _numbers(module: torch.nn.Module | None) -> float:
    assert module is not None
    return sum(tensor.numel() for tensor in module.state_dict().values()) / 1e6


def _psnr(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(10.0 * torch.log10(255.0**2 / (one.float() - other.float()).square().mean()))


def test_at_full_size_the_networks_are_as_large_as_published() -> None:
    small = _full(published.full_atari(), "Breakout")
    assert _numbers(small.denoiser) == pytest.approx(4.41, abs=0.01)
    assert (small.spec.height, small.spec.width, small.spec.history) == (64, 64, 4)
    large = _full(published.full_csgo(), "csgo")
    assert _numbers(large.denoiser) == pytest.approx(330.5, abs=0.1)
    assert _numbers(large.upsampler) == pytest.approx(51.1, abs=0.1)
    assert (large.spec.height, large.spec.width, large.spec.controls) == (150, 280, 15)


def test_a_config_survives_json() -> None:
    for model in (made.atari(), made.csgo()):
        again = DiamondConfig.from_json(json.loads(json.dumps(model.config.to_json())))
        assert again == model.config


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"factor": 2}, "without an upsampler"),
        ({"max_steps": 0}, "at least 1"),
        ({"height": 17}, "divide by 2"),
        ({"colour": 1}, "colour"),
        ({"precision": "float16"}, "precision"),
    ],
)
def test_impossible_configs_are_refused(change: dict[str, object], words: str) -> None:
    config = made.atari().config.to_json()
    with pytest.raises((TypeError, ValueError), match=words):
        DiamondConfig.from_json({**config, **change})


def test_of_all_actions_that_are_held_the_largest_is_taken() -> None:
    spec, config = atari.controls_of(atari.action_names("Pong", 6))
    assert spec.names == ("right", "left", "fire")
    actions = Actions(config)
    for held, index in (((), 0), ((2,), 1), ((0,), 2), ((1,), 3), ((0, 2), 4), ((1, 2), 5), ((0, 1), 2)):
        vector = torch.zeros(1, 3)
        vector[0, list(held)] = 1.0
        assert actions(vector).argmax().item() == index, held


@pytest.mark.parametrize("game", ["Freeway", "KungFuMaster", "Alien"])
def test_every_action_of_a_game_can_be_reached(game: str) -> None:
    names = atari.FEWER.get(game.lower(), atari.FULL)
    spec, config = atari.controls_of(names)
    actions = Actions(config)
    for index, choice in enumerate(config.choices):
        vector = torch.zeros(1, len(spec))
        vector[0, list(choice)] = 1.0
        assert actions(vector).argmax().item() == index, names[index]


def test_an_unknown_game_has_a_button_for_each_action() -> None:
    spec, config = atari.controls_of(atari.action_names("MyOwnGame", 5))
    assert spec.names == ("action_1", "action_2", "action_3", "action_4")
    assert config.size == 5


def test_opposite_keys_and_the_nearest_bin() -> None:
    spec, config = csgo.controls_of()
    assert config.size == csgo.ACTIONS == 51
    actions = Actions(config)
    held = spec.parse({"forward": 1, "back": 1, "weapon3": 1, "turn": -60.0, "look": 20.0})
    found = actions(torch.from_numpy(spec.to_vector(held))[None])[0]
    expected = [0, 9, 13 + csgo.MOUSE_X.index(-60.0), 36 + csgo.MOUSE_Y.index(20.0)]
    assert found.nonzero().flatten().tolist() == expected


def test_actions_are_choices_or_buttons() -> None:
    for bad in ({"controls": 2}, {"controls": 2, "choices": ((), (2,))}, {"controls": 2, "choices": ((0,),)}):
        with pytest.raises(ValueError, match=r"choices|holds? nothing"):
            ActionsConfig(**bad)  # type: ignore[arg-type]


def test_steps_are_dealt_out_as_the_original_plays() -> None:
    with torch.device("meta"):
        shapes = {name: torch.empty(shape) for name, shape in published.full_csgo().items()}
        model = DiamondModel(DiamondConfig.from_json(checkpoint.plan(shapes, "csgo").config))
    assert [model.dealt(steps) for steps in (1, 2, 5, 13)] == [(1, 0), (1, 1), (2, 3), (3, 10)]


def test_noise_levels_fall_to_nothing_and_churn_has_its_range() -> None:
    large = SamplerConfig(sigma_min=1.0, churn=10.0, churn_min=1.0, churn_max=5.0)
    levels = noise_levels(large, 10)
    assert levels[0] == pytest.approx(5.0) and levels[-2:] == [pytest.approx(1.0), 0.0]
    assert all(churned(large, level, 10) == pytest.approx(level * 2**0.5) for level in levels[:-1])
    assert churned(SamplerConfig(), 5.0, 3) == 5.0


def test_levels_are_cut_and_not_rounded() -> None:
    cut = to_levels(torch.tensor([-2.0, -1.0, 2.0 * 99.99 / 255.0 - 1.0, 1.0, float("nan")]))
    torch.testing.assert_close((cut[:4] + 1.0) * 127.5, torch.tensor([0.0, 0.0, 99.0, 255.0]))
    assert bool(cut[4].isnan())


@torch.inference_mode()
def test_small_frames_are_made_as_a_picture_library_makes_them() -> None:
    model = made.csgo()
    frame = torch.randint(0, 256, (1, 12, 20, 3), generator=torch.Generator().manual_seed(1)).byte()
    found = model.shrunk(frame)[0].numpy().astype(int)
    image = Image.fromarray(frame[0].numpy()).resize((10, 6), Image.Resampling.BICUBIC)
    assert np.abs(found - np.asarray(image)).max() <= 1


@torch.inference_mode()
def test_a_start_has_seen_its_context() -> None:
    model = made.atari()
    moment = context(model)
    state = model.start(moment)
    assert float(state["hidden"].abs().max()) > 0.0
    assert torch.equal(state["frames"], moment.pixels)
    # As if the same frames had been observed one after another.
    assert model.outcome is not None
    hidden, cell = model.outcome.memory(2)
    earlier = {**state, "hidden": hidden, "cell": cell, "clock": state["clock"] - 1}
    after, _ = model.observe(earlier, moment.pixels[:, 1], moment.controls[:, 1])
    torch.testing.assert_close(after["hidden"], state["hidden"])


@torch.inference_mode()
@pytest.mark.parametrize("make", [made.atari, made.csgo])
def test_the_fast_networks_draw_the_same_picture(make: type[DiamondModel]) -> None:
    if not has_bfloat16(CPU):
        pytest.skip("this processor has no bfloat16")
    plain = make()
    fast = optimise(copy.deepcopy(plain), CPU)
    moment, held = context(plain), torch.zeros(2, plain.spec.controls)
    for steps in (1, plain.config.max_steps // 2):
        _, slow = tick(plain, plain.start(moment), held, steps=steps)
        _, quick = tick(fast, fast.start(moment), held, steps=steps)
        assert _psnr(slow.pixels, quick.pixels) > 35.0
        torch.testing.assert_close(slow.reward, quick.reward, rtol=0.05, atol=0.05)


@torch.inference_mode()
def test_the_definition_itself_runs_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU, where no other module stands in for it."""
    if not has_bfloat16(CPU):
        pytest.skip("this processor has no bfloat16")
    monkeypatch.setattr("worldsdk.models.optimise.REWRITES", {})
    plain = made.csgo()
    fast = optimise(copy.deepcopy(plain), CPU)
    assert type(fast.denoiser.network) is type(plain.denoiser.network)
    held = torch.zeros(2, plain.spec.controls)
    _, slow = tick(plain, plain.start(context(plain)), held, steps=3)
    _, quick = tick(fast, fast.start(context(plain)), held, steps=3)
    assert _psnr(slow.pixels, quick.pixels) > 30.0


@torch.inference_mode()
def test_a_model_asked_to_stay_exact_does() -> None:
    plain = made.model(published.small_atari(), precision="float32")
    kept = optimise(copy.deepcopy(plain), CPU)
    held = torch.zeros(2, plain.spec.controls)
    _, slow = tick(plain, plain.start(context(plain)), held, steps=3)
    _, same = tick(kept, kept.start(context(plain)), held, steps=3)
    assert (slow.pixels.int() - same.pixels.int()).abs().max() <= 1


@torch.inference_mode()
@pytest.mark.parametrize("fast", [False, True])
def test_what_is_no_number_comes_out_as_none(fast: bool) -> None:
    model = made.atari()
    model.denoiser.network.stem.weight.data[0, 0, 0, 0] = float("nan")
    model = optimise(model, CPU) if fast else model  # type: ignore[assignment]
    condition = model.condition(model.start(context(model)), torch.zeros(2, 3))
    estimate = model.denoise(condition, None, torch.zeros(2, *model.spec.noise_shape), 0, 1)
    assert bool(estimate.isnan().any())
