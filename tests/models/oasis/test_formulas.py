"""The model against the numbers of ``reference``, which were worked out in float64 from the formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from tests.models.oasis.reference import EXPECTED, SIZES, expected
from tests.models.oasis.samples import oasis, shapes
from worldsdk.models.oasis import OasisModel
from worldsdk.models.oasis import memory as memories
from worldsdk.models.oasis.diffusion import ddim, schedule, signal_shares
from worldsdk.models.oasis.rotary import grid_turns, pixel_frequencies, time_turns, turn

Numbers = dict[str, Tensor]


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return {name: value.float() for name, value in load_file(EXPECTED).items()}


@pytest.fixture(scope="module")
def model() -> OasisModel:
    return oasis(history=5)


def _near(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_the_saved_numbers_are_what_the_reference_gives() -> None:
    saved = load_file(EXPECTED)
    again = expected(shapes(), SIZES)
    assert set(saved) == set(again)
    for name, value in again.items():
        np.testing.assert_allclose(saved[name].numpy(), value, rtol=1e-9, atol=1e-10, err_msg=name)


def test_signal_shares(numbers: Numbers) -> None:
    shares = signal_shares()
    assert shares.shape == (1000,)
    # The last levels hold next to nothing; what is added up in float32 differs there by its own rounding.
    torch.testing.assert_close(shares, numbers["shares"], rtol=2e-4, atol=1e-9)


def test_the_schedule_ends_at_a_clean_frame() -> None:
    assert schedule(10) == [999, 899, 799, 699, 599, 499, 399, 299, 199, 99, -1]
    assert schedule(3) == [999, 665, 332, -1]
    assert schedule(1) == [999, -1]


def test_a_step_undoes_the_noise_that_v_tells_of() -> None:
    draw = torch.Generator().manual_seed(0)
    clean, noise = (torch.randn(1, 4, 3, 3, generator=draw) for _ in range(2))
    share, following = 0.3, 0.7
    noisy = share**0.5 * clean + (1 - share) ** 0.5 * noise
    velocity = share**0.5 * noise - (1 - share) ** 0.5 * clean
    believed, next_one = ddim(noisy, velocity, share, following)
    torch.testing.assert_close(believed, clean)
    torch.testing.assert_close(next_one, following**0.5 * clean + (1 - following) ** 0.5 * noise)


def test_turning_keeps_lengths_and_depends_on_differences_alone() -> None:
    draw = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 8, generator=draw)
    freqs = torch.tensor([1.0, 0.3, 0.1, 0.03])

    def product(at: int, other: int) -> Tensor:
        turned = [turn(x, time_turns(torch.tensor(place), freqs)) for x, place in ((query, at), (key, other))]
        torch.testing.assert_close(turned[0].norm(), query.norm())
        return turned[0] @ turned[1]

    torch.testing.assert_close(product(31, 4), product(27, 0))
    # Positions grow for as long as a session lives.
    torch.testing.assert_close(product(10**9 + 27, 10**9), product(27, 0), rtol=1e-4, atol=1e-5)


def test_the_grid_leaves_what_is_beyond_its_pairs() -> None:
    x = torch.ones(6, 8)
    turned = turn(x, grid_turns(2, 3, pixel_frequencies(1, 6.0)))
    assert torch.equal(turned[:, 4:], x[:, 4:])
    assert not torch.allclose(turned[:, :4], x[:, :4])


@torch.inference_mode()
def test_velocity_of_a_window(model: OasisModel, numbers: Numbers) -> None:
    levels = torch.tensor([[14, 14, 14, 400, 14, 999]])
    found = model.transformer(numbers["latents"][None], levels, numbers["actions"][None])
    _near(found[0], numbers["velocity"])


@torch.inference_mode()
def test_encoding_and_decoding(model: OasisModel, numbers: Numbers) -> None:
    picture = numbers["pixels"].movedim(-1, 0)[None] / 255.0 * 2.0 - 1.0
    _near(model.autoencoder.encode(picture)[0], numbers["latent"])
    _near(model.autoencoder.decode(numbers["latent"][None] * 3.0)[0], numbers["decoded"])


@torch.inference_mode()
@pytest.mark.parametrize("reuse", ["none", "frame", "sliding"])
@pytest.mark.parametrize(("name", "first", "frames"), [("steps", 1, 5), ("odd_steps", 1, 3)])
def test_every_step_of_a_tick(numbers: Numbers, reuse: str, name: str, first: int, frames: int) -> None:
    """All estimates of a whole tick, from a window that is full and from one that is not."""
    model = oasis(reuse=reuse)
    past, shape = model.config.window - 1, model.config.latent_shape
    state = memories.empty(1, past, shape, model.config.controls, torch.device("cpu"))
    for frame in range(frames):
        latent, action = numbers["latents"][first + frame][None], numbers["actions"][frame][None]
        state = model._remember(state, latent, action)
    condition = model.condition(state, numbers["actions"][frames][None])
    wanted, estimate = numbers[name], None
    for step in range(len(wanted)):
        estimate = model.denoise(condition, estimate, numbers["noise"][None], step, len(wanted))
        _near(estimate[0, 0], wanted[step])
