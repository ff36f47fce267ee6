"""The models against the formulas in float64, computed once by ``reference.py``."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from tests.models.diamond import made, reference
from tests.models.diamond.reference import EXPECTED, levels, waves
from worldsdk.models.diamond import DiamondModel

LEVEL = 2.0 / 255.0


@pytest.fixture(scope="module")
def expected() -> dict[str, Tensor]:
    return load_file(EXPECTED)


def _same_levels(found: Tensor, expected: Tensor) -> None:
    """Equal but for numbers so near the edge of a level that rounding takes them across."""
    away = (found - expected).abs()
    assert float((away > 0.5 * LEVEL).float().mean()) < 0.01
    assert float(away.max()) < 1.5 * LEVEL


def _atari_state(model: DiamondModel) -> dict[str, Tensor]:
    frames = torch.from_numpy(levels("frames", (2, 16, 16, 3)))[None]
    return {
        # The action that led to the older frame is not looked at any more.
        "frames": frames,
        "actions": torch.nn.functional.one_hot(torch.tensor([[0, 1]]), 4).float(),
        "clock": torch.tensor([1]),
        "hidden": torch.from_numpy(waves("hidden", (12,)))[None].float(),
        "cell": torch.from_numpy(waves("cell", (12,)))[None].float(),
    }


@torch.inference_mode()
def test_the_network_gives_what_its_formulas_give(expected: dict[str, Tensor]) -> None:
    network = made.atari().denoiser.network
    actions = torch.nn.functional.one_hot(torch.tensor([[1, 3]]), 4).float()
    condition = network.condition(torch.tensor([0.3]), torch.zeros(1), network.embedding(actions))
    context = torch.from_numpy(reference.pictures(levels("frames", (2, 16, 16, 3)))).float()
    noisy = torch.from_numpy(waves("noise0", (3, 16, 16), normal=True)).float()
    found = network(torch.cat([context.flatten(0, 1), noisy])[None], condition)
    torch.testing.assert_close(found[0], expected["atari.output"], rtol=1e-4, atol=2e-5)


@torch.inference_mode()
def test_a_tick_of_atari(expected: dict[str, Tensor]) -> None:
    model = made.atari()
    state = _atari_state(model)
    # Breakout's actions are noop, fire, right, left; its controls right, left, fire.
    condition = model.condition(state, torch.tensor([[0.0, 1.0, 0.0]]))
    noise, estimate = made.flat(model, waves("noise0", (3, 16, 16), normal=True)), None
    for step in range(3):
        estimate = model.denoise(condition, estimate, noise, step, 3)
        _, output = model.commit(state, condition, estimate)
        picture = output.pixels[0].permute(2, 0, 1).float() / 255.0 * 2.0 - 1.0
        _same_levels(picture, expected[f"atari.step{step}"])
    assert estimate is not None
    after, output = model.commit(state, condition, estimate)
    for name, found in {"reward": output.reward, "ended": output.ended}.items():
        torch.testing.assert_close(found, expected[f"atari.{name}"], rtol=1e-3, atol=1e-4)
    for name in ("hidden", "cell"):
        torch.testing.assert_close(after[name][0], expected[f"atari.{name}"], rtol=1e-3, atol=1e-3)


@torch.inference_mode()
def test_a_tick_of_csgo(expected: dict[str, Tensor]) -> None:
    model = made.csgo()
    (height, width), factor = reference.CSGO_SIZE, reference.FACTOR
    actions = torch.from_numpy(reference.csgo_actions()).float()
    state = {
        "frames": torch.from_numpy(levels("large", (1, factor * height, factor * width, 3)))[None],
        "small": torch.from_numpy(levels("small", (4, height, width, 3)))[None],
        "actions": torch.cat([actions[:1], actions[:-1]])[None],
        "clock": torch.tensor([0]),
    }
    held = torch.zeros(1, 15)
    held[0, [6, 12]] = 1.0
    held[0, 13], held[0, 14] = 30.0 / 1000.0, -10.0 / 200.0
    condition = model.condition(state, held)
    torch.testing.assert_close(condition["actions"][0], actions)
    large = (3, factor * height, factor * width)
    estimate = None
    for step in range(5):
        if step < 2:
            parts = [waves("noise0", (3, height, width), normal=True)]
            parts.append(waves(f"context{step}", (12, height, width), normal=True))
        else:
            parts = [waves("noise1", large, normal=True)]
            parts.append(waves(f"churn{step - 2}", large, normal=True))
        estimate = model.denoise(condition, estimate, made.flat(model, *parts), step, 5)
        after, output = model.commit(state, condition, estimate)
        name = f"small{step}" if step < 2 else f"large{step - 2}"
        pixels = after["small"][0, -1] if step < 2 else output.pixels[0]
        picture = pixels.permute(2, 0, 1).float() / 255.0 * 2.0 - 1.0
        _same_levels(picture, expected[f"csgo.{name}"])
        if step < 2:
            # Stopped before the upsampler's first step, the small picture is shown, enlarged.
            wide = reference.bicubic(expected[f"csgo.{name}"].double().numpy(), factor)
            wide = np.clip(np.round((wide + 1.0) * 127.5), 0, 255).transpose(1, 2, 0)
            assert np.abs(output.pixels[0].numpy() - wide).mean() < 0.2


def test_what_is_saved_is_what_the_reference_gives(expected: dict[str, Tensor]) -> None:
    found = {f"atari.{name}": value for name, value in reference.atari().items()}
    found |= {f"csgo.{name}": value for name, value in reference.csgo().items()}
    assert set(found) == set(expected)
    for name, value in found.items():
        torch.testing.assert_close(torch.from_numpy(value).float(), expected[name], rtol=1e-5, atol=1e-5)
