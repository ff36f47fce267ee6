"""From a training run to a world pack: averaged weights, start contexts, notices, provenance."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from worldsdk.data.reader import Dataset
from worldsdk.models.interface import Context
from worldsdk.models.optimise import EXACT
from worldsdk.packs import Display, Manifest, save_pack
from worldsdk.packs.manifest import Idle
from worldsdk.training.build import model_config
from worldsdk.training.footage import NOTHING, Footage
from worldsdk.training.trainer import Trainer

PREVIEW_SCALE = 4


def export_pack(trainer: Trainer, dataset: Dataset, folder: Path) -> Path:
    """Writes the run's averaged model as a pack to ``folder`` and returns it.

    Weights are stored as bfloat16 where that loses nothing to speak of (convolutions and matrices of the
    picture); whatever moves the walker and things stays float32, since its small errors add up, and so
    does what was not learnt by steps but measured (buffers, such as where walls stand).
    """
    recipe, info = trainer.recipe, dataset.info
    model = trainer.averaged()
    weights = {}
    learnt = dict(model.named_parameters())
    for name, value in model.state_dict().items():
        value = value.detach().cpu().contiguous()
        exact = name.split(".")[0] in EXACT or value.ndim < 2 or name not in learnt
        weights[name] = value if exact else value.bfloat16()
    spec = trainer.model.spec
    world = recipe.world
    starts = choose_starts(
        trainer.footage,
        world.starts,
        spec.history,
        spec.memory,
        beginnings=world.starts_at == "beginnings",
    )
    extras = {name: text.encode() for name, text in info.notices.items()}
    extras["preview.png"] = _preview(starts)
    manifest = Manifest(
        name=recipe.world.name,
        version=recipe.world.version,
        title=recipe.world.title,
        summary=recipe.world.summary,
        family=recipe.world.family,
        config=json.loads(json.dumps(model_config(recipe, info))),
        controls=info.controls,
        rate_hz=info.rate_hz,
        idle=cast(Idle, recipe.world.idle),
        default_steps=recipe.world.default_steps,
        display=Display(*recipe.world.display),
        licence=info.licence,
        notices=tuple(info.notices),
        provenance=_provenance(trainer, dataset),
    )
    return save_pack(folder, manifest, weights, starts, extras)


def choose_starts(
    footage: Footage,
    count: int,
    history: int,
    memory: Mapping[str, tuple[int, ...]] = NOTHING,
    *,
    beginnings: bool = False,
) -> Context:
    """``count`` moments of training play, spread evenly over the recording, with a view worth starting in.

    Of each stretch the moment with the most varied picture is taken, and where depth was recorded with an
    open view: nobody likes to begin with their nose against a wall. memory: as ``Footage.context`` takes it.
    beginnings: only the first moments of episodes are taken.
    """
    fitting = footage.windows(history, 1)
    if beginnings:
        fitting = fitting[fitting - footage.first.cpu().numpy()[fitting] == history]
    chosen: list[np.int64] = []
    for stretch in np.array_split(fitting, count):
        if len(stretch) == 0:
            continue
        candidates = stretch[np.linspace(0, len(stretch) - 1, min(16, len(stretch))).astype(np.int64)]
        before = torch.from_numpy(candidates - 1).to(footage.pixels.device)
        worth = footage.pixels[before].float().flatten(1).std(dim=1)
        if "depth" in footage.layers:
            worth = worth * footage.layers["depth"][before].float().flatten(1).median(dim=1).values
        chosen.append(candidates[int(worth.argmax())])
    at: NDArray[np.int64] = np.array(chosen, np.int64)
    return footage.context(at, history, memory).to("cpu")


def _preview(starts: Context) -> bytes:
    pictures = starts.pixels[:6, -1].numpy()
    sheet = np.concatenate(
        [np.concatenate(list(pictures[i : i + 3]), axis=1) for i in (0, 3)][: len(pictures) // 3 or 1]
    )
    sheet = sheet.repeat(PREVIEW_SCALE, axis=0).repeat(PREVIEW_SCALE, axis=1)
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, format="PNG")
    return file.getvalue()


def _provenance(trainer: Trainer, dataset: Dataset) -> dict[str, Any]:
    recipe, progress, info = trainer.recipe, trainer.progress, dataset.info
    return {
        "recipe": Path(recipe.path).name,
        "recipe_digest": recipe.digest(),
        "data": {
            **asdict(recipe.data),
            "recorded_frames": len(dataset),
            "episodes": len(dataset.episodes),
            "held_out_episodes": len(dataset.split("held_out")),
            "settings": dict(info.settings),
            "versions": dict(info.versions),
        },
        "hardware": list(progress.hardware),
        "minutes": {name: round(value, 2) for name, value in progress.minutes.items()},
        "frames_seen": dict(progress.frames),
        "steps": progress.total_steps,
        "finished": progress.stage >= len(recipe.stages),
    }
