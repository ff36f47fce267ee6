"""Frames finer than what was painted: texels where they are known, the painted picture where not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.anchored.test_flats import made as made_flats
from tests.models.anchored.test_walls import room
from tests.models.samples import context, followed, tick
from worldsdk.models.anchored import AnchoredConfig, AnchoredModel
from worldsdk.models.anchored.fine import Shown, _by_loops, _by_tensors, finely
from worldsdk.models.blocks import to_signed

POSE = st.tuples(st.floats(40.0, 280.0), st.floats(60.0, 440.0), st.floats(0.0, 359.0))


def fine(factor: int = 2, walls: int = 3) -> AnchoredModel:
    """A model with walls, floor and things that are noise, which shows frames so many times finer."""
    torch.manual_seed(1)
    model = AnchoredModel(
        dataclasses.replace(followed().config, fine=factor, samples=4, walls=walls, wall_tile=32)
    ).eval()
    painter = model.painter
    assert painter.floor is not None and painter.sprites is not None
    with torch.no_grad():
        painter.floor.tile.normal_(std=0.3)
        painter.sprites.texels.normal_()
        painter.sprites.texels[:, 3] = 20.0
    if painter.walls is not None:
        room(painter.walls)
    return model


def with_flats(factor: int) -> AnchoredModel:
    """Floors and ceilings of their own instead of one tile."""
    model = AnchoredModel(dataclasses.replace(fine(factor).config, tile=0, flats=40)).eval()
    painter, (_, known) = model.painter, made_flats()
    assert painter.flats is not None and painter.walls is not None and painter.sprites is not None
    painter.flats.load_state_dict(known.state_dict())
    painter.flats.origin.fill_(120.0)
    room(painter.walls)
    return model


def things(model: AnchoredModel) -> torch.Tensor:
    found = torch.zeros(1, model.config.slots, 9)
    found[0, 0, :3] = torch.tensor([1.0, 200.0, 150.0])
    found[0, 1, :3] = torch.tensor([2.0, 120.0, 300.0])
    return found


def painted(model: AnchoredModel, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    size = model.config.height, model.config.width
    return torch.rand((1, 3, *size), generator=draw) - 0.5, torch.full((1, *size), 1.0 / 2000.0)


def shown(
    model: AnchoredModel,
    pose: torch.Tensor,
    things: torch.Tensor,
    picture: torch.Tensor,
    inverse: torch.Tensor,
) -> Shown:
    """What is shown of a painted picture, seen from ``pose``."""
    known = model.painter.known(pose, inverse)
    return finely(
        known, model.painter.figures(pose, things, known.inverse, model.painter.shown), picture, inverse
    )


@settings(max_examples=20, deadline=None)
@given(place=POSE, factor=st.sampled_from((2, 4)), known=st.sampled_from(("tile", "tile, walls", "flats")))
@torch.inference_mode()
def test_loops_and_tensors_agree(place: tuple[float, float, float], factor: int, known: str) -> None:
    model = with_flats(factor) if known == "flats" else fine(factor, 3 if "walls" in known else 0)
    painter, (picture, inverse) = model.painter, painted(model)
    # Off the round numbers, whose samples lie on borders.
    pose = torch.tensor([place]) + torch.tensor([[0.013, 0.017, 0.019]])
    seen = painter.known(pose, inverse)
    figures = painter.figures(pose, things(model), seen.inverse, painter.shown)
    fast, slow = _by_loops(seen, figures, picture, inverse), _by_tensors(seen, figures, picture, inverse)
    assert int((fast.pixels.int() - slow.pixels.int()).abs().max()) <= 1
    torch.testing.assert_close(fast.inverse, slow.inverse)
    assert torch.equal(fast.kinds, slow.kinds)


@torch.inference_mode()
def test_where_nothing_is_known_the_painted_picture_is_spread() -> None:
    model = AnchoredModel(dataclasses.replace(fine().config, tile=0, walls=0, things=(), vital=())).eval()
    picture = torch.full((1, 3, model.config.height, model.config.width), 0.25)
    _, inverse = painted(model)
    bare = shown(model, torch.zeros(1, 3), torch.zeros(1, 0, 9), picture, inverse)
    assert bare.pixels.shape == (1, 2 * model.config.height, 2 * model.config.width, 3)
    assert set(bare.pixels.unique().tolist()) == {159}
    torch.testing.assert_close(bare.inverse, torch.full_like(bare.inverse, 1.0 / 2000.0))


@torch.inference_mode()
def test_shrunk_again_it_is_about_what_was_painted() -> None:
    model = fine(4)
    pose = torch.tensor([[100.0, 250.0, 10.0]])
    # Texels and a light of the painted picture's own, without noise finer than a painted pixel.
    rows = torch.linspace(-0.6, 0.6, model.config.width).expand(1, 3, model.config.height, -1)
    _, inverse = painted(model)
    seen = shown(model, pose, things(model), 0.2 * rows, inverse)
    blocks = seen.pixels.view(1, model.config.height, 4, model.config.width, 4, 3).float().mean(dim=(2, 4))
    off = (to_signed(blocks) - 0.2 * rows).abs()
    assert float(off.median()) < 0.1
    # And between painted pixels there is more to be seen than between their means.
    assert seen.pixels.float().diff(dim=2).abs().mean() > blocks.diff(dim=2).abs().mean() / 2.0


@torch.inference_mode()
def test_a_wall_hides_the_floor_behind_it_and_a_thing_the_wall() -> None:
    model = fine()
    pose, (picture, inverse) = torch.tensor([[300.0, 250.0, 0.0]]), painted(model)
    thing = torch.zeros(1, model.config.slots, 9)
    bare = shown(model, pose, thing, picture, inverse)
    middle = bare.inverse[0, model.config.height - 1, model.config.width]
    assert float(middle) == pytest.approx(1.0 / 100.0)
    thing[0, 0, :3] = torch.tensor([1.0, 360.0, 250.0])
    with_thing = shown(model, pose, thing, picture, inverse)
    hidden = with_thing.kinds[0] > 0.5
    assert bool(hidden.any()) and not bool(hidden.all())
    depth = with_thing.inverse[0][hidden]
    torch.testing.assert_close(depth, torch.full_like(depth, 1.0 / 60.0))
    assert bool((with_thing.pixels[0][~hidden] == bare.pixels[0][~hidden]).float().mean() > 0.8)


@torch.inference_mode()
def test_start_takes_frames_of_both_sizes() -> None:
    model = fine()
    large = context(model)
    assert large.pixels.shape[2] == 2 * model.config.height
    small = dataclasses.replace(
        large, pixels=large.pixels[:, :, : model.config.height, : model.config.width].contiguous()
    )
    enlarged = model.enlarge(small)
    assert enlarged.pixels.shape == large.pixels.shape
    assert model.enlarge(large) is large
    first, second = model.start(small), model.start(enlarged)
    older = slice(0, model.config.ring - 1)
    newest = (model.spec.history - 1) % model.config.ring
    order = [slot for slot in range(model.config.ring) if slot != newest][older]
    torch.testing.assert_close(first["frames"][:, order], second["frames"][:, order])
    assert set(first) == set(second)
    _, output = tick(model, model.start(small), torch.zeros(2, model.config.controls))
    assert output.pixels.shape[1:] == (model.spec.height, model.spec.width, 3)
    assert set(output.layers) == {"depth", "entities"}
    assert all(layer.shape[1:] == output.pixels.shape[1:3] for layer in output.layers.values())


@torch.inference_mode()
def test_an_observed_frame_is_shown_as_it_is() -> None:
    model = fine()
    state = model.start(context(model))
    seen = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (2, model.spec.height, model.spec.width, 3), np.uint8)
    )
    after, output = model.observe(state, seen, torch.zeros(2, model.config.controls))
    assert torch.equal(output.pixels, seen)
    newest = int(after["clock"][0]) % model.config.ring
    kept = after["frames"][0, newest].float()
    blocks = seen[0].view(model.config.height, 2, model.config.width, 2, 3).float().mean(dim=(1, 3))
    assert float((kept - blocks).abs().max()) <= 0.5


@pytest.mark.parametrize("wrong", (0, 3))
def test_samples_must_divide(wrong: int) -> None:
    with pytest.raises(ValueError, match="fine"):
        dataclasses.replace(followed().config, fine=wrong)


def test_layers_and_sizes_say_what_is_shown() -> None:
    model = fine(4)
    config: AnchoredConfig = model.config
    assert (model.spec.height, model.spec.width) == (4 * config.height, 4 * config.width)
    assert model.spec.enlarges == 4
    motion = {layer.name: layer.high for layer in model.spec.layers}
    assert motion["motion_x"] == 4.0 * config.width
