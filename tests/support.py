"""What tests of every room share: a model family small enough to run in microseconds, and packs of it.

``tiny_pack(folder)`` writes a pack; the family is found as any installed family is, through an entry point
that ``install_tiny_family`` puts on ``sys.path``, so that subprocesses given that path find it too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.controls import Control, ControlSpec
from worldsdk.models.interface import (
    Condition,
    Context,
    Layer,
    ModelSpec,
    Output,
    State,
    Variable,
    WorldModel,
)
from worldsdk.packs import Manifest, save_pack

REPOSITORY = Path(__file__).resolve().parent.parent
FAMILY = "tiny-test"

CONTROLS = ControlSpec(
    (
        Control("forward", keys={"KeyW": 1.0}, pad={"A": 1.0}, help="Walk."),
        Control(
            "turn",
            "axis",
            -8.0,
            8.0,
            unit="degrees/tick",
            keys={"ArrowLeft": -4.0, "ArrowRight": 4.0},
            pad={"LeftStickX": 8.0},
            mouse=("x", 0.1),
            help="Turn.",
        ),
        Control("poison", help="Makes the estimate NaN: for testing."),
    )
)
"""The control ``poison`` makes the model produce NaN in that session."""


class TinyModel(WorldModel):
    """Two convolutions on the last frames, the controls and the noise; tracks x, y and heading.

    Args:
        things: objects that it must be reminded of when it starts, and that tint all its frames.
    """

    def __init__(
        self, height: int = 12, width: int = 16, history: int = 3, max_steps: int = 4, things: int = 0
    ) -> None:
        super().__init__()
        self.spec = ModelSpec(
            height=height,
            width=width,
            controls=len(CONTROLS),
            history=history,
            noise_shape=(3, height, width),
            max_steps=max_steps,
            variables=(
                Variable("x", -100.0, 100.0, "map units"),
                Variable("y", -100.0, 100.0, "map units"),
                Variable("heading", 0.0, 360.0, "degrees", period=360.0),
            ),
            layers=(Layer("depth", 0.0, 1.0, "fraction of sight"),),
            settable=("x", "heading"),
            memory={"things": (things, 6)} if things else {},
        )
        self.memory = nn.Conv2d(3 * history, 8, 3, padding=1)
        self.input = nn.Linear(len(CONTROLS), 8)
        self.estimate = nn.Conv2d(8 + 6, 3, 3, padding=1)

    def start(self, context: Context) -> State:
        frames = context.pixels.permute(0, 1, 4, 2, 3).float() / 127.5 - 1.0
        reminded = {name: context.memory[name][:, -1].clone() for name in self.spec.memory}
        return {"frames": frames.contiguous(), "pose": context.variables[:, -1].clone(), **reminded}

    def condition(self, state: State, controls: Tensor) -> Condition:
        frames = state["frames"]
        features = self.memory(frames.flatten(1, 2)) + self.input(controls)[:, :, None, None]
        if "things" in state:
            features = features + state["things"].mean((1, 2))[:, None, None, None]
        return {"features": torch.tanh(features), "last": frames[:, -1], "controls": controls}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        base = condition["last"] if estimate is None else estimate
        spread = noise * (0.2 * (steps - step) / steps)
        inputs = torch.cat([condition["features"], base, spread], 1)
        poison = torch.where(condition["controls"][:, 2] > 0, torch.nan, 0.0)
        return torch.tanh(self.estimate(inputs) + base) + poison[:, None, None, None]

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        return self._append(state, condition["controls"], estimate)

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        return self._append(state, controls, pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0)

    def set_variables(self, state: State, variables: Tensor) -> State:
        return {**state, "pose": variables.clone()}

    def _append(self, state: State, controls: Tensor, frame: Tensor) -> tuple[State, Output]:
        frames = torch.cat([state["frames"][:, 1:], frame[:, None]], 1)
        x, y, heading = state["pose"].unbind(1)
        heading = (heading + 8.0 * controls[:, 1]) % 360.0
        x = x + controls[:, 0] * torch.cos(torch.deg2rad(heading))
        y = y + controls[:, 0] * torch.sin(torch.deg2rad(heading))
        pose = torch.stack([x, y, heading], 1)
        grey = frame.mean(1)
        output = Output(
            pixels=((frame.clamp(-1, 1) + 1.0) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1),
            layers={"depth": F.relu(grey)},
            variables=pose,
            reward=grey.mean((1, 2)),
            ended=(grey.amax((1, 2)) > 2.0).float(),
        )
        return {**state, "frames": frames, "pose": pose}, output


def build(config: Mapping[str, Any]) -> TinyModel:
    """The entry point of the family."""
    return TinyModel(**config)


def install_tiny_family(folder: Path) -> dict[str, str]:
    """Makes the family known here; returns the environment variables that make it known to a subprocess."""
    metadata = folder / "worldsdk_tiny_test-0.dist-info"
    metadata.mkdir(parents=True, exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: worldsdk-tiny-test\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(f"[worldsdk.families]\n{FAMILY} = tests.support:build\n")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return {"PYTHONPATH": f"{REPOSITORY}:{folder}"}


def tiny_model(seed: int = 0, **config: int) -> TinyModel:
    """A model whose weights are fixed by ``seed``."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TinyModel(**config).eval()


def tiny_starts(spec: ModelSpec, count: int = 3, seed: int = 1) -> Context:
    """``count`` start contexts of noise-like pictures, fixed by ``seed``."""
    generator = torch.Generator().manual_seed(seed)
    size = (count, spec.history, spec.height, spec.width, 3)
    return Context(
        pixels=torch.randint(0, 256, size, dtype=torch.uint8, generator=generator),
        controls=torch.zeros(count, spec.history, spec.controls),
        variables=torch.rand(count, spec.history, len(spec.variables), generator=generator) * 90.0,
        memory={
            name: torch.rand(count, spec.history, *shape, generator=generator)
            for name, shape in spec.memory.items()
        },
    )


def tiny_manifest(**changes: Any) -> Manifest:
    """A manifest for the tiny family; any field can be given."""
    fields: dict[str, Any] = {
        "name": "tiny",
        "version": "1.0",
        "title": "Tiny",
        "summary": "A world for tests.",
        "family": FAMILY,
        "config": {"height": 12, "width": 16, "history": 3, "max_steps": 4},
        "controls": CONTROLS,
        "rate_hz": 35.0,
        "licence": "MIT",
        "default_steps": 2,
        "notices": ("NOTICE",),
        "provenance": {"minutes": 0},
    }
    return Manifest(**(fields | changes))


def tiny_pack(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Writes a complete, valid pack of the tiny family to ``folder`` and returns it."""
    manifest = tiny_manifest(**changes)
    model = tiny_model(seed, **manifest.config)
    extras = {"LICENSE": b"MIT\n", "NOTICE": b"Nothing of anyone else.\n", "card.json": b"{}\n"}
    return save_pack(folder, manifest, model.state_dict(), tiny_starts(model.spec), extras)


def names(folder: Path) -> list[str]:
    """What lies in ``folder``, by name, sorted."""
    return sorted(child.name for child in folder.iterdir())
