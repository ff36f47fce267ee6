"""Diamond models whose weights come through the reader of checkpoints, and inputs for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.models.diamond.published import Shapes, small_atari, small_csgo, values
from tests.models.diamond.reference import CSGO_SIZE, FACTOR
from worldsdk.models.diamond import DiamondConfig, DiamondModel, checkpoint


def tensors(shapes: Shapes) -> dict[str, Tensor]:
    """A checkpoint of those names and shapes."""
    return {name: torch.from_numpy(value).float() for name, value in values(shapes).items()}


def model(shapes: Shapes, game: str = "Breakout", **changes: Any) -> DiamondModel:
    """The model of such a checkpoint, its config changed."""
    given = tensors(shapes)
    plan = checkpoint.plan(given, game)
    made = DiamondModel(DiamondConfig.from_json({**plan.config, **changes}))
    made.load_state_dict({ours: given[theirs] for ours, theirs in plan.keys.items()})
    return made.eval()


def atari() -> DiamondModel:
    return model(small_atari())


def csgo() -> DiamondModel:
    height, width = CSGO_SIZE
    return model(small_csgo(), height=height, width=width, factor=FACTOR, shares=(2, 3), max_steps=5)


def flat(model: DiamondModel, *parts: np.ndarray[Any, np.dtype[np.float64]]) -> Tensor:
    """The noise of one step, from the tensors that it is cut into."""
    size = model.spec.noise_shape[0]
    joined = np.concatenate([part.reshape(-1) for part in parts])
    return torch.from_numpy(np.pad(joined, (0, size - len(joined)))).float()[None]
