"""Oasis at full size: ticks with reuse and in faster number formats, against the definition's way.

The definition runs the whole window of 32 frames at each of 10 steps, in float32. All modes have the same
random weights, the same past (twice a window long, so that frames have left it), actions and noise; times are
of whole ticks, picture included. Prints JSON with the machine it ran on, and adds to what FILE holds, so that
long runs can be split::

    python benchmarks/oasis.py definition --work DIR --json FILE
    python benchmarks/oasis.py frame/float32 sliding/bfloat16 sliding/int8 --work DIR --json FILE

DIR keeps the definition's result, which the others' fidelity is measured by. With ``--passes N`` the
definition stops after N of its steps; the next run goes on from there.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from worldsdk.models.interface import State
from worldsdk.models.oasis import OasisConfig, OasisModel, memory
from worldsdk.models.oasis.transformer import Block
from worldsdk.models.optimise import optimise
from worldsdk.packs.storage import write_file
from worldsdk.runtime.device import settle_threads
from worldsdk.runtime.machine import describe, resident_mb

CPU = torch.device("cpu")
DEFINITION = "definition"
SMALL = {"hidden": 128, "depth": 2, "heads": 2, "pixel_patch": 4, "height": 72, "width": 128, "window": 6}
SMALL |= {f"{way}_{what}": 2 for way in ("encoder", "decoder") for what in ("depth", "heads")}
SMALL |= {"encoder_hidden": 128, "decoder_hidden": 128}


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modes", nargs="+", help="definition, or REUSE/PRECISION as in OasisConfig")
    parser.add_argument("--ticks", type=int, default=1, help="measured of each mode, after one that is not")
    parser.add_argument("--cold", action="store_true", help="measure the first tick instead")
    parser.add_argument("--passes", type=int, default=10, help="of the definition, in this run")
    parser.add_argument(
        "--bare", action="store_true", help="times alone: memory is made up, fidelity left out; saves minutes"
    )
    parser.add_argument("--depth", type=int, default=16, help="of the transformer, at full width")
    parser.add_argument("--small", action="store_true", help="a tiny model, to see that all works")
    parser.add_argument("--work", type=Path, required=True, help="folder of the definition's result")
    parser.add_argument("--json", type=Path, help="add the report to this file")
    args = parser.parse_args(argv)
    settle_threads()
    args.work.mkdir(parents=True, exist_ok=True)
    config = OasisConfig(**SMALL) if args.small else OasisConfig(depth=args.depth)
    report = _report(args.json) | {"machine": describe(CPU), **_timing()}
    report["size"] = {**asdict(config), "parameters": 0}
    for mode in args.modes:
        if mode == DEFINITION:
            model = random_model(replace(config, reuse="none", precision="float32"))
            report["size"]["parameters"] = sum(p.numel() for p in model.parameters())
            result = definition(model, args.work, args.passes)
        else:
            reuse, _, precision = mode.partition("/")
            model = random_model(replace(config, reuse=reuse, precision=precision))
            report["size"]["parameters"] = sum(p.numel() for p in model.parameters())
            ready = optimise(model, CPU)
            assert isinstance(ready, OasisModel)
            result = measure(ready, args.work, args.ticks, args.cold, args.bare)
        report.setdefault("modes", {})[mode] = result
        _compare(report["modes"])
        print(json.dumps({mode: result}), flush=True)
        if args.json:
            write_file(args.json, f"{json.dumps(report, indent=1)}\n".encode())
        del model
        gc.collect()
    return 0


@torch.inference_mode()
def definition(model: OasisModel, work: Path, passes: int) -> dict[str, Any]:
    """A tick as the definition has it, as many of its steps at a time as asked for."""
    latents, actions, noise = _past(model.config)
    kept, steps = work / "definition.safetensors", model.config.max_steps
    done = load_file(kept) if kept.exists() else {"taken": torch.zeros(0)}
    state = _state(model, latents, actions)
    condition, estimate = model.condition(state, actions[-1]), done.get("estimate")
    taken: list[float] = done["taken"].tolist()
    for step in range(len(taken), min(len(taken) + passes, steps)):
        started = _now()
        estimate = model.denoise(condition, estimate, noise, step, steps)
        taken.append(_now() - started)
        write_file(kept, save({"taken": torch.tensor(taken), "estimate": estimate}))
    assert estimate is not None
    started = _now()
    _, output = model.commit(state, condition, estimate)
    commit = _now() - started
    write_file(kept, save({"taken": torch.tensor(taken), "estimate": estimate, "pixels": output.pixels}))
    per_step = sum(taken) / len(taken)
    window = model.config.window
    return {
        "steps_run": len(taken),
        "passes_a_frame": window * steps,
        "ms_a_pass": 1000.0 * per_step / window,
        "commit_ms": 1000.0 * commit,
        "tick_ms": 1000.0 * (per_step * steps + commit),
        "resident_mb": resident_mb(),
    }


@torch.inference_mode()
def measure(model: OasisModel, work: Path, ticks: int, cold: bool, bare: bool) -> dict[str, Any]:
    """The fastest of some ticks, and how near its latent and picture are to the definition's."""
    latents, actions, noise = _past(model.config)
    state = _made_up(model, latents, actions) if bare else _state(model, latents, actions)
    steps = model.config.max_steps
    best: dict[str, float] = {}
    for number in range(1 if cold else ticks + 1):
        started = _now()
        condition, estimate = model.condition(state, actions[-1]), None
        conditioned = _now()
        for step in range(steps):
            estimate = model.denoise(condition, estimate, noise, step, steps)
        denoised = _now()
        assert estimate is not None
        _, output = model.commit(state, condition, estimate)
        ended = _now()
        times = {
            "condition_ms": 1000.0 * (conditioned - started),
            "ms_a_step": 1000.0 * (denoised - conditioned) / steps,
            "commit_ms": 1000.0 * (ended - denoised),
            "tick_ms": 1000.0 * (ended - started),
        }
        if (number or cold) and times["tick_ms"] < best.get("tick_ms", float("inf")):
            best = times
    past = {"none": 0, "frame": model.config.window - 1, "sliding": 1}[model.config.reuse]
    a_step = model.config.window if model.config.reuse == "none" else 1
    found: dict[str, Any] = {"passes_a_frame": past + a_step * steps, **best, "resident_mb": resident_mb()}
    kept = work / "definition.safetensors"
    if kept.exists() and not bare:
        wanted = load_file(kept)
        if len(wanted["taken"]) == steps:
            found["latent_db"] = _decibels(estimate[:, 0], wanted["estimate"][:, 0])
            found["picture_psnr_db"] = _psnr(output.pixels, wanted["pixels"])
    return found


def _timing() -> dict[str, Any]:
    threads = torch.get_num_threads()
    return {"threads": threads, "processor_time": threads == 1}


def _now() -> float:
    """Seconds: with one thread the processor's, since other programs on the machine do not count."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def random_model(config: OasisConfig) -> OasisModel:
    """Random weights, the same for every mode; levels and actions matter as they would in a trained one."""
    torch.manual_seed(0)
    model = OasisModel(config).eval().requires_grad_(False)
    for block in model.transformer.blocks:
        assert isinstance(block, Block)
        for head in (block.s_adaLN_modulation, block.t_adaLN_modulation):
            head[1].weight.mul_(3.0)
    return model


def _past(config: OasisConfig) -> tuple[Tensor, Tensor, Tensor]:
    """Latents of two windows, actions to them and to the next frame, and the next frame's noise."""
    draw = torch.Generator().manual_seed(1)
    frames = 2 * config.window
    latents = torch.randn(frames, 1, *config.latent_shape, generator=draw)
    actions = torch.rand(frames + 1, 1, config.controls, generator=draw).round()
    return latents, actions, torch.randn(1, *config.latent_shape, generator=draw)


def _state(model: OasisModel, latents: Tensor, actions: Tensor) -> State:
    config = model.config
    state = memory.empty(1, config.window - 1, config.latent_shape, config.controls, CPU)
    for latent, action in zip(latents, actions[:-1], strict=True):
        kept = model.reuse.keep(model.transformer, state, latent, action)
        state = memory.push(state, latent, action, kept)
    return state


def _made_up(model: OasisModel, latents: Tensor, actions: Tensor) -> State:
    """A full window in which keys and values, where they are kept, are those of the first frame."""
    config = model.config
    state = memory.empty(1, config.window - 1, config.latent_shape, config.controls, CPU)
    kept = model.reuse.keep(model.transformer, state, latents[0], actions[0])
    for latent, action in zip(latents, actions[:-1], strict=True):
        state = memory.push(state, latent, action, None if kept is None else kept.clone())
    return state


def _compare(modes: dict[str, Any]) -> None:
    if DEFINITION in modes:
        for result in modes.values():
            result["times_as_fast"] = modes[DEFINITION]["tick_ms"] / result["tick_ms"]


def _decibels(found: Tensor, wanted: Tensor) -> float:
    """Signal to error."""
    return float(10.0 * torch.log10(wanted.var() / (found - wanted).pow(2).mean()))


def _psnr(found: Tensor, wanted: Tensor) -> float | None:
    """None where no pixel differs."""
    error = float((found.float() - wanted.float()).pow(2).mean())
    return None if error == 0.0 else float(10.0 * torch.log10(torch.tensor(255.0**2 / error)))


def _report(path: Path | None) -> dict[str, Any]:
    if path is None or not path.exists():
        return {}
    return dict(json.loads(path.read_text("utf-8")))


if __name__ == "__main__":
    sys.exit(main())
