"""How good motion layers are: the previous frame, fetched by them, beside the previous frame as it is.

On recorded frames with vectors from recorded depth and poses, and in a dream with the world's own; mean PSNR
in dB, over the whole picture and where the fetched place was in view. Also what a look at a frame's motion
costs. Prints JSON with the machine it ran on::

    python benchmarks/motion.py doom-field --data datasets/doom-field --pairs 400 --json FILE
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.data.reader import Dataset
from worldsdk.models.anchored import AnchoredConfig
from worldsdk.models.anchored.screen_motion import BORN, ScreenMotion
from worldsdk.packs.storage import write_file
from worldsdk.play.script import wander
from worldsdk.runtime.machine import describe
from worldsdk.runtime.world import World, load

Floats = NDArray[np.float32]
JUMP = 30.0
"""Map units: nobody walks so far in a tick, so it was a teleport."""


class Score:
    """Squared errors of pairs of frames, in and out of view."""

    def __init__(self) -> None:
        self.errors: list[tuple[float, float, float, float]] = []
        self.things: list[tuple[float, float]] = []

    def add(
        self, before: NDArray[np.uint8], now: NDArray[np.uint8], motion: Floats, kinds: Floats | None
    ) -> None:
        height, width = now.shape[:2]
        rows, columns = np.mgrid[:height, :width] + motion[::-1]
        inside = (np.abs(columns + 0.5 - width / 2) <= width / 2) & (
            np.abs(rows + 0.5 - height / 2) <= height / 2
        )
        repeated = np.square(before.astype(np.float64) - now).mean(axis=2)
        fetched = np.square(sampled(before, rows, columns) - now).mean(axis=2)
        self.errors.append((repeated.mean(), fetched.mean(), repeated[inside].mean(), fetched[inside].mean()))
        thing = inside & (kinds > 0.5) if kinds is not None else np.zeros_like(inside)
        if thing.sum() > 8:
            self.things.append((repeated[thing].mean(), fetched[thing].mean()))

    def summary(self) -> dict[str, Any]:
        names = ("repeated", "fetched", "repeated_in_view", "fetched_in_view")
        out: dict[str, Any] = {"pairs": len(self.errors)} | dict(
            zip(names, decibels(self.errors), strict=True)
        )
        if self.things:
            found = decibels(self.things)
            out |= {"things": {"pairs": len(self.things), "repeated": found[0], "fetched": found[1]}}
        return out


def sampled(picture: NDArray[np.uint8], rows: Floats, columns: Floats) -> NDArray[np.float64]:
    """[H, W, 3]: the picture at those places, between pixels bilinear, beyond its edge the edge."""
    height, width = picture.shape[:2]
    y, x = rows.clip(0, height - 1), columns.clip(0, width - 1)
    top, left = y.astype(int), x.astype(int)
    bottom, right = (top + 1).clip(max=height - 1), (left + 1).clip(max=width - 1)
    fy, fx = (y - top)[..., None], (x - left)[..., None]
    above = picture[top, left] * (1 - fx) + picture[top, right] * fx
    below = picture[bottom, left] * (1 - fx) + picture[bottom, right] * fx
    mixed: NDArray[np.float64] = above * (1 - fy) + below * fy
    return mixed


def decibels(errors: list[Any]) -> list[float]:
    """Mean PSNR of each column."""
    return [float(v) for v in (10.0 * np.log10(255.0**2 / np.maximum(errors, 0.05))).mean(axis=0)]


def recorded(data: Dataset, config: AnchoredConfig, pairs: int) -> dict[str, Any]:
    """Of real frames; the poses, depths and things are the game's."""
    score, trace, draw = Score(), ScreenMotion(config), np.random.default_rng(0)
    episodes = [episode for episode in data.episodes if len(episode) > 2]
    while len(score.errors) < pairs:
        episode = episodes[draw.integers(len(episodes))]
        now = int(draw.integers(episode.start + 1, episode.stop))
        both = np.array([now - 1, now])
        poses = np.ascontiguousarray(data.variables[both][:, :3], np.float32)
        if np.abs(poses[1, :2] - poses[0, :2]).max() > JUMP:
            continue
        depth = np.ascontiguousarray(data.layers["depth"][now], np.float32)
        kinds = things = None
        if config.things and "things" in data.layers:
            kinds = np.ascontiguousarray(data.layers["labels"][now], np.float32)
            things = followed(*data.layers["things"][both].astype(np.float32))
        score.add(data.pixels[now - 1], data.pixels[now], trace.vectors(depth, poses, kinds, things), kinds)
    return score.summary()


def followed(before: Floats, after: Floats) -> Floats:
    """Things [S, BORN + 1] of a tick, from two recorded lists [S, 6]."""
    same = (before[:, 0] > 0.5) & (after[:, 0] > 0.5) & (before[:, 5] == after[:, 5])
    things = np.zeros((len(after), BORN + 1), np.float32)
    things[:, :5] = after[:, :5]
    things[:, 5:8] = (after[:, 1:4] - before[:, 1:4]) * same[:, None]
    things[:, BORN] = (after[:, 0] > 0.5) & ~same
    return things


def dreamt(world: World, pairs: int) -> dict[str, Any]:
    """Of a dream that walks about, by its own vectors; ``look_ms``: median of first looks at a frame's."""
    session, script = world.session(seed=1), wander(world.controls, pairs, world.rate_hz)
    before, score, looks = session.step(), Score(), []
    for index in range(pairs):
        frame = session.step(script.at(index))
        started = time.perf_counter()
        motion = np.stack([frame.layers["motion_x"], frame.layers["motion_y"]])
        looks.append((time.perf_counter() - started) * 1000.0)
        score.add(before.pixels, frame.pixels, motion, frame.layers.get("entities"))
        before = frame
    return score.summary() | {"look_ms": float(np.median(looks))}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a world of the anchored family")
    parser.add_argument("--data", type=Path, help="its recording; without one only the dream is measured")
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--json", type=Path, help="write the result there, too")
    args = parser.parse_args(arguments)
    world = load(args.world, "cpu")
    report: dict[str, Any] = {"world": world.manifest.name, "pack_digest": world.digest}
    if args.data is not None:
        config = AnchoredConfig.from_json(world.manifest.config)
        report["recorded"] = recorded(Dataset.open(args.data, verify="size"), config, args.pairs)
    report |= {"dreamt": dreamt(world, args.pairs), "machine": describe(world.device)}
    text = json.dumps(report, indent=2) + "\n"
    print(text, end="")
    if args.json is not None:
        write_file(args.json, text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
