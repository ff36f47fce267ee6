"""Training checkpoints: weights, averages, optimiser and place in the recipe, as one safetensors file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from worldsdk.errors import CheckpointError
from worldsdk.packs.storage import atomic_file
from worldsdk.training.average import WeightAverage

NAME = "checkpoint.safetensors"


@dataclass
class Progress:
    """Where training stands.

    Attributes:
        recipe: digest of the recipe.
        stage: number of the current stage.
        step: steps done in it.
        seconds: spent in it.
        frames: pictures learned from so far, by stage name.
        minutes: spent so far, by stage name.
        total_steps: over all stages.
        hardware: machines it ran on, in order.
    """

    recipe: str
    stage: int = 0
    step: int = 0
    seconds: float = 0.0
    frames: dict[str, int] = field(default_factory=dict)
    minutes: dict[str, float] = field(default_factory=dict)
    total_steps: int = 0
    average_steps: int = 0
    hardware: list[str] = field(default_factory=list)


def save_checkpoint(
    folder: Path,
    progress: Progress,
    model: nn.Module,
    average: WeightAverage,
    optimiser: torch.optim.Optimizer,
) -> None:
    """Replaces the folder's checkpoint in one go. Raises StorageError; the old one then stays."""
    tensors: dict[str, Tensor] = {}
    for name, value in model.named_parameters():
        tensors[f"model/{name}"] = value.detach().contiguous()
    for name, weight in average.weights.items():
        tensors[f"average/{name}"] = weight.contiguous()
    for name, state in _optimiser_state(model, optimiser).items():
        for key, moment in state.items():
            tensors[f"optimiser/{key}/{name}"] = moment.contiguous()
    progress.average_steps = average.steps
    content = save(tensors, metadata={"progress": json.dumps(asdict(progress))})
    with atomic_file(folder / NAME) as file:
        file.write(content)


def load_progress(folder: Path, recipe: str) -> Progress | None:
    """Where the folder's checkpoint stands, or ``None`` where there is none.

    Raises:
        CheckpointError: it is damaged, or belongs to another recipe.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            progress = Progress(**json.loads((file.metadata() or {})["progress"]))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"cannot be read ({error})", where=str(path), fix="delete it to start again"
        ) from error
    if progress.recipe != recipe:
        raise CheckpointError(
            "belongs to another recipe", where=str(path), fix="give that recipe, or another --out folder"
        )
    return progress


def load_weights(folder: Path, progress: Progress, model: nn.Module, average: WeightAverage) -> None:
    """Weights and averages of the checkpoint. Raises CheckpointError."""
    tensors = _read(folder)
    try:
        with torch.no_grad():
            for name, value in model.named_parameters():
                value.copy_(tensors[f"model/{name}"])
        average.load({name: tensors[f"average/{name}"] for name in average.weights}, progress.average_steps)
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(f"does not fit the model ({error})", where=str(folder / NAME)) from error


def load_optimiser(folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """The optimiser's moments of the checkpoint; parameters that it has none for start fresh."""
    tensors = _read(folder)
    for name, parameter in model.named_parameters():
        state = {
            key: tensors[f"optimiser/{key}/{name}"]
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"optimiser/{key}/{name}" in tensors
        }
        if state and any(parameter is p for group in optimiser.param_groups for p in group["params"]):
            # The fused optimiser walks weights and moments side by side in memory: same layout, or
            # wrong pairs.
            optimiser.state[parameter] = {
                key: torch.empty_like(parameter).copy_(value)
                if value.shape == parameter.shape
                else value.clone()
                for key, value in state.items()
            }


def _optimiser_state(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, dict[str, Tensor]]:
    return {
        name: {key: value for key, value in optimiser.state[parameter].items() if isinstance(value, Tensor)}
        for name, parameter in model.named_parameters()
        if parameter in optimiser.state
    }


def _read(folder: Path) -> dict[str, Tensor]:
    path = folder / NAME
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"cannot be read ({error})", where=str(path)) from error
