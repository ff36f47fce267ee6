"""A floor that repeats: each pixel shows the mean of the texels that the game's own pixels would."""

from __future__ import annotations

import torch

from tests.models.samples import followed
from worldsdk.models.anchored.floor import Floor
from worldsdk.models.anchored.painter import Painter


def painter() -> tuple[Painter, Floor]:
    made = followed().painter
    assert made.floor is not None
    with torch.no_grad():
        made.floor.tile.normal_()
    return made, made.floor


@torch.inference_mode()
def test_it_repeats_and_lies_still() -> None:
    made, floor = painter()
    nearest = made.camera.floor_inverse_depth()
    here = torch.tensor([[10.25, 20.5, 30.0]])
    there = here + torch.tensor([[32.0 * 3, -32.0 * 2, 0.0]])
    first, second = (floor.image(pose, nearest[None], made.view)[0] for pose in (here, there))
    torch.testing.assert_close(first, second)
    assert float(first.std()) > 0.1


@torch.inference_mode()
def test_what_stands_before_it_hides_it() -> None:
    made, floor = painter()
    nearest = made.camera.floor_inverse_depth()
    pose = torch.tensor([[0.0, 0.0, 0.0]])
    wall = torch.maximum(nearest, torch.full_like(nearest, 1 / 100.0))[None]
    image, _ = floor.image(pose, wall, made.view)
    hidden = (nearest < 1 / 104.0)[None, None].expand_as(image)
    assert bool((image[hidden] == 0.0).all()) and bool((image[~hidden] != 0.0).any())


def test_a_tile_is_learnt_texel_by_texel() -> None:
    made, truth = painter()
    view = made.view
    torch.manual_seed(1)
    floor = Floor(made.config)
    with torch.no_grad():
        for a, b in zip(truth.dimming.parameters(), floor.dimming.parameters(), strict=True):
            a.copy_(b)
    optimiser = torch.optim.Adam([floor.tile], lr=0.1)
    for _ in range(150):
        pose = torch.rand(256, 3) * torch.tensor([64.0, 64.0, 360.0])
        row = torch.randint(made.config.height * 3 // 4, made.config.height, (256,))
        column = torch.randint(0, made.config.width, (256,))
        loss = (floor(pose, row, column, view) - truth(pose, row, column, view).detach()).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float((floor.tile - truth.tile).abs().mean()) < 0.3  # all zero would be off by 0.8
