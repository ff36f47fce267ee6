"""Pictures of things: in their place, before and behind what they should be, from the right side."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.samples import followed
from worldsdk.models.anchored.sprites import Sprites, look_at

FAR = torch.full((1, 20, 28), 1 / 2000.0)
POSE = torch.tensor([[100.0, 100.0, 0.0]])


VIEW = followed().painter.view


def sprites(solid: bool = True) -> Sprites:
    made = followed().painter.sprites
    assert made is not None
    with torch.no_grad():
        made.texels.normal_()
        for parameter in made.dimming.parameters():
            parameter.zero_()
        if solid:
            made.texels[:, 3] = 20.0
    return made


def thing(kind: float, x: float, y: float, z: float = 0.0, angle: float = 0.0) -> torch.Tensor:
    return torch.tensor([[[kind, x, y, z, angle, 0.0, 0.0, 0.0, 0.0]]])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), solid=st.booleans())
@torch.inference_mode()
def test_the_compiled_loop_draws_what_the_tensors_draw(seed: int, solid: bool) -> None:
    made = sprites(solid)
    draw = torch.Generator().manual_seed(seed)
    pose = torch.rand((2, 3), generator=draw) * torch.tensor([200.0, 200.0, 360.0])
    things = torch.zeros(2, 5, 9)
    things[..., 0] = torch.randint(0, 3, (2, 5), generator=draw)
    things[..., 1:3] = torch.rand((2, 5, 2), generator=draw) * 200.0
    things[..., 4] = torch.rand((2, 5), generator=draw) * 360.0
    inverse = torch.rand((2, 20, 28), generator=draw) / 40.0 + 1e-3
    fast, slow = made.image(pose, things, inverse, VIEW), made._layered(pose, things, inverse, VIEW)
    assert float(((fast - slow).abs() > 1e-3).float().mean()) < 0.01


@torch.inference_mode()
def test_it_stands_where_it_stands() -> None:
    made = sprites()
    image = made.image(POSE, thing(2.0, 160.0, 100.0), FAR, VIEW)
    covered = image[0, 3] > 0.5
    rows, columns = covered.nonzero().unbind(1)
    assert abs(float(columns.float().mean()) - 13.5) < 1.0  # straight ahead
    assert float(rows.float().mean()) > 10.0  # below the eye
    assert bool((image[0, 5][covered] == 2.0).all())
    torch.testing.assert_close(image[0, 4][covered], torch.full_like(image[0, 4][covered], 1 / 60.0))
    right = made.image(POSE, thing(1.0, 160.0, 80.0), FAR, VIEW)[0, 3] > 0.5
    assert float(right.nonzero()[:, 1].float().mean()) > 16.0


@torch.inference_mode()
def test_behind_a_wall_or_the_viewer_or_in_an_empty_slot_there_is_nothing() -> None:
    made = sprites()
    wall = torch.full_like(FAR, 1 / 30.0)
    for things, inverse in (
        (thing(1.0, 160.0, 100.0), wall),
        (thing(1.0, 40.0, 100.0), FAR),
        (thing(0.0, 160.0, 100.0), FAR),
    ):
        assert not bool(made.image(POSE, things, inverse, VIEW).any())


@torch.inference_mode()
def test_the_nearer_one_is_in_front() -> None:
    made = sprites()
    near, far = thing(1.0, 200.0, 100.0), thing(2.0, 216.0, 104.0)
    kinds = made.image(POSE, torch.cat([far, near], dim=1), FAR, VIEW)[0, 5]
    alone = made.image(POSE, near, FAR, VIEW)[0, 3] > 0.5
    assert bool((kinds[alone] == 1.0).all()) and bool((kinds == 2.0).any())


def test_sides_follow_the_thing_s_heading() -> None:
    """A thing that looks at the viewer shows picture 0, one that looks away the opposite one."""
    facets = [
        int(look_at(POSE, thing(1.0, 160.0, 100.0, angle=angle), 4).facet)
        for angle in (180.0, 0.0, 90.0, 270.0)
    ]
    assert facets[:2] == [0, 2] and set(facets[2:]) == {1, 3}


def test_pixels_are_told_which_thing_they_may_show() -> None:
    made = sprites()
    things = torch.cat([thing(2.0, 216.0, 100.0), thing(1.0, 200.0, 100.0), thing(0.0, 190.0, 100.0)], dim=1)
    row, column = torch.tensor([[16, 0]]), torch.tensor([[14, 0]])
    index, many = made.front(POSE, things, row, column, torch.full((1, 2), 2000.0), VIEW)
    assert index.tolist() == [[1, -1]] and many.tolist() == [[2, 0]]


@torch.inference_mode()
def test_the_mask_is_the_outline_however_sure_training_was() -> None:
    """Two pictures of one disc, one sure of it and one with a little more presence inside than outside."""
    across = torch.arange(16) - 7.5
    disc = (across[:, None].square() + across.square()).sqrt() < 5.0
    masks = []
    for outside, inside in ((-9.0, 9.0), (-0.1, -0.04)):
        made = sprites()
        made.texels[:, 3] = torch.where(disc, inside, outside).flatten().repeat(made.kinds * made.facets)
        image = made.image(POSE, thing(2.0, 120.0, 100.0, z=41.0), FAR, VIEW)[0]
        masks.append(image[5])
        torch.testing.assert_close(image[4], (masks[-1] == 2.0) / 20.0)
    # A pixel that is half inside may fall to either side.
    assert float((masks[0] == masks[1]).float().mean()) > 0.97
    covered = float((masks[0] == 2.0).sum())
    whole = float((sprites().image(POSE, thing(2.0, 120.0, 100.0, z=41.0), FAR, VIEW)[0, 5] == 2.0).sum())
    assert 0.15 < covered / whole < 0.5  # a disc of 10 across in a square of 16: 0.31
