"""Light that fades with distance, as it is played."""

from __future__ import annotations

import torch

from worldsdk.models.anchored.samples import Dimming
from worldsdk.models.inference.dimming import QuickDimming


@torch.inference_mode()
def test_it_does_what_the_layers_do() -> None:
    torch.manual_seed(3)
    plain = Dimming()
    depth = torch.rand(3, 50) * 3000.0
    depth[0, :3] = torch.tensor([0.0, 1.0, -5.0])
    found = QuickDimming(plain)(depth)
    assert found.shape == (3, 50, 6)
    torch.testing.assert_close(found, plain(depth), atol=1e-3, rtol=1e-3)
