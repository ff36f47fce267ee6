"""DIAMOND at full size: the definition as it stands against the same model made ready to play.

Random weights, the same for all, since speed does not depend on what they are. The definition is eager
float32 in torch's own memory order, which is how the original runs; "float32" and "bfloat16" are what
``optimise`` makes of it. Ticks of all take turns, so that whatever else the machine does meets them alike.
Prints JSON with the machine::

    python benchmarks/diamond.py                        Atari, 3 steps
    python benchmarks/diamond.py --world csgo --steps 2 --frames 5 --json FILE

PSNR is of one tick's picture against the definition's from the same memory, controls and noise: frames that
follow one another would part ways as any two dreams do. With one thread in torch, times are of the thread's
processor: other programs on the machine do not count.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from worldsdk.controls import ControlSpec
from worldsdk.models.diamond import DiamondConfig, DiamondModel, atari, csgo
from worldsdk.models.diamond.config import DenoiserConfig, OutcomeConfig, SamplerConfig, UNetConfig
from worldsdk.models.interface import Context, Output, State
from worldsdk.models.optimise import optimise
from worldsdk.packs.manifest import Manifest
from worldsdk.packs.storage import write_file
from worldsdk.runtime.device import set_threads
from worldsdk.runtime.machine import describe
from worldsdk.runtime.noise import noise
from worldsdk.runtime.world import World

SEED = 7
ORIGINAL_MS = {"atari": 141.0}
"""A frame of the original's own code, 3 steps in float32 on 2 cores with AMX, as measured before."""


def atari_config() -> tuple[ControlSpec, DiamondConfig]:
    """Breakout, as published."""
    controls, actions = atari.controls_of(atari.action_names("Breakout", 4))
    unet = UNetConfig((64,) * 4, (2,) * 4, (False,) * 4, 256)
    teller = UNetConfig((32,) * 4, (2,) * 4, (False,) * 4, 128)
    return controls, DiamondConfig(64, 64, actions, DenoiserConfig(unet), OutcomeConfig(teller))


def csgo_config() -> tuple[ControlSpec, DiamondConfig]:
    """Counter-Strike, as published."""
    controls, actions = csgo.controls_of()
    small = UNetConfig((128, 256, 512, 1024), (2,) * 4, (False, False, True, True), 2048)
    large = UNetConfig((64, 64, 128, 256), (2,) * 4, (False, False, False, True), 2048)
    told: dict[str, Any] = {"sigma_offset": 0.1, "told_context_noise": True}
    churn = SamplerConfig(sigma_min=1.0, churn=10.0, churn_min=1.0, churn_max=5.0, churn_noise=0.9)
    denoiser = DenoiserConfig(small, sampler=SamplerConfig(context_sigma=5e-3), **told)
    upsampler = DenoiserConfig(large, 1, sampler=churn, **told)
    return controls, DiamondConfig(30, 56, actions, denoiser, None, upsampler, 5, (3, 10), 13)


WORLDS = {"atari": (atari_config, 3), "csgo": (csgo_config, 2)}
"""World -> its configuration, and the steps it is played with."""


def random_model(config: DiamondConfig) -> DiamondModel:
    """Weights as torch draws them; what training begins at zero is drawn too, so that every path is open."""
    torch.manual_seed(SEED)
    model = DiamondModel(config).eval().requires_grad_(False)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 4 and not parameter.any():
            torch.nn.init.kaiming_uniform_(parameter, a=5**0.5)
        elif ".film.bias" in name or name.endswith("norm.bias"):
            parameter.normal_(0.0, 0.1)
    return model


def start_context(model: DiamondModel) -> Context:
    """Pictures of coloured blocks that move: smooth enough to be a game's."""
    spec, draw = model.spec, np.random.default_rng(SEED)
    blocks = draw.integers(0, 256, (1, 8, 8, 3), np.uint8)
    enlarged = blocks.repeat(-(-spec.height // 8), axis=1).repeat(-(-spec.width // 8), axis=2)
    frames = [np.roll(enlarged, 2 * n, axis=2)[:, : spec.height, : spec.width] for n in range(spec.history)]
    return Context(
        torch.from_numpy(np.stack(frames, axis=1)),
        torch.zeros(1, spec.history, spec.controls),
        torch.zeros(1, spec.history, 0),
    )


@torch.inference_mode()
def tick(
    model: DiamondModel, state: State, controls: Tensor, number: int, steps: int
) -> tuple[State, Output, dict[str, float]]:
    """One tick as the runtime makes it, and ms of its parts."""
    now, times = _clock(), {}
    began = now()
    condition = model.condition(state, controls)
    estimate = None
    for step in range(steps):
        drawn = torch.from_numpy(noise(SEED, number, step, model.spec.noise_shape))[None]
        estimate = model.denoise(condition, estimate, drawn, step, steps)
    times["picture"] = (now() - began) * 1000.0
    assert estimate is not None
    after, output = model.commit(state, condition, estimate)
    times["tick"] = (now() - began) * 1000.0
    return after, output, times


def compare(plain: DiamondModel, ready: dict[str, DiamondModel], frames: int, steps: int) -> dict[str, Any]:
    """Times of every model and PSNR of the ready ones, along one dream of the definition's."""
    models = {"definition": plain, **ready}
    dice = np.random.default_rng(SEED)
    state = plain.start(start_context(plain))
    times: dict[str, list[dict[str, float]]] = {name: [] for name in models}
    psnr: dict[str, list[float]] = {name: [] for name in ready}
    for number in range(1, frames + 2):
        controls = torch.from_numpy(dice.integers(0, 2, (1, plain.spec.controls)).astype(np.float32))
        after, truth, taken = tick(plain, state, controls, number, steps)
        _note(times["definition"], taken, number)
        for name, model in ready.items():
            _, output, taken = tick(model, state, controls, number, steps)
            _note(times[name], taken, number)
            psnr[name].append(_psnr(output.pixels, truth.pixels))
        state = after
    found: dict[str, Any] = {}
    for name, rows in times.items():
        found[name] = {f"{part}_ms": float(np.median([row[part] for row in rows])) for part in rows[0]}
    for name in ready:
        found[name]["times_the_definition"] = found["definition"]["tick_ms"] / found[name]["tick_ms"]
        found[name]["psnr_db"] = {"mean": float(np.mean(psnr[name])), "least": float(np.min(psnr[name]))}
    return found


def session_ms(model: DiamondModel, controls: ControlSpec, frames: int, steps: int) -> float:
    """Median ms of ``Session.step``, with all that the runtime adds."""
    manifest = Manifest(
        *("diamond-bench", "1.0", "DIAMOND", "diamond", model.config.to_json(), controls, 15.0, "MIT"),
        default_steps=steps,
    )
    session = World(manifest, model, start_context(model)).session(seed=SEED)
    now, taken = _clock(), []
    for _ in range(frames + 1):
        began = now()
        session.step({})
        taken.append((now() - began) * 1000.0)
    return float(np.median(taken[1:]))


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--world", choices=sorted(WORLDS), default="atari")
    parser.add_argument("--frames", type=int, default=30, help="measured of each model (default 30)")
    parser.add_argument("--steps", type=int, help="denoising steps (default: as the original plays)")
    parser.add_argument("--threads", type=int, help="inside torch operations (default: torch's choice)")
    parser.add_argument("--json", type=Path, help="write the report there as well")
    args = parser.parse_args(argv)
    if args.threads:
        set_threads(args.threads)
    make, usual = WORLDS[args.world]
    controls, config = make()
    steps = args.steps or usual
    plain = random_model(config)
    cpu = torch.device("cpu")
    kept = _ready(plain, replace(config, precision="float32"), cpu)
    quick = _ready(plain, config, cpu)
    models = compare(plain, {"float32": kept, "bfloat16": quick}, args.frames, steps)
    report = {
        "world": args.world,
        "steps": steps,
        "frames": args.frames,
        "threads": torch.get_num_threads(),
        "processor_time": _clock() is time.thread_time,
        "machine": describe(cpu),
        "models": models,
        "session_ms": session_ms(quick, controls, args.frames, steps),
    }
    report["session_frames_a_second"] = 1000.0 / report["session_ms"]
    if args.world in ORIGINAL_MS:
        report["original_ms_reported"] = ORIGINAL_MS[args.world]
    text = json.dumps(report, indent=1)
    print(text)
    if args.json:
        write_file(args.json, f"{text}\n".encode())
    return 0


def _clock() -> Callable[[], float]:
    return time.thread_time if torch.get_num_threads() == 1 else time.perf_counter


def _ready(plain: DiamondModel, config: DiamondConfig, device: torch.device) -> DiamondModel:
    model = copy.deepcopy(plain)
    model.config, model.precision = config, config.precision
    optimise(model, device)
    return model


def _note(rows: list[dict[str, float]], taken: dict[str, float], number: int) -> None:
    if number > 1:  # the first tick puts weights in order and compiles
        rows.append(taken)


def _psnr(found: Tensor, truth: Tensor) -> float:
    error = float((found.float() - truth.float()).square().mean())
    return 10.0 * float(np.log10(255.0**2 / max(error, 1e-6)))


if __name__ == "__main__":
    sys.exit(main())
