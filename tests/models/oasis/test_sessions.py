"""Oasis under the runtime: what every family's sessions promise, for each way of reuse and number format."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.models.oasis.samples import context, oasis
from worldsdk.controls import Control, ControlSpec
from worldsdk.models.optimise import optimise
from worldsdk.packs.manifest import Manifest
from worldsdk.runtime.world import World

KINDS = (
    "none/float32",
    "frame/float32",
    "sliding/float32",
    "frame/bfloat16",
    "sliding/bfloat16",
    "sliding/int8",
)


@pytest.fixture(scope="module", params=KINDS)
def world(request: pytest.FixtureRequest) -> World:
    reuse, precision = request.param.split("/")
    plain = oasis(reuse=reuse, precision=precision, history=2, hidden=64)
    controls = ControlSpec(tuple(Control(f"key{n}", keys={f"Key{'ABCDE'[n]}": 1.0}) for n in range(5)))
    manifest = Manifest(
        name="small-oasis",
        version="1",
        title="Small",
        family="oasis",
        config=plain.config.to_json(),
        controls=controls,
        rate_hz=20.0,
        licence="MIT",
        default_steps=2,
    )
    return World(manifest, optimise(plain, torch.device("cpu")), context(plain, batch=2))  # type: ignore[arg-type]


def _inputs(ticks: int, seed: int = 0) -> list[dict[str, float]]:
    source = np.random.RandomState(seed)
    return [{f"key{n}": float(source.randint(2)) for n in range(5)} for _ in range(ticks)]


def test_seed_and_inputs_fix_every_pixel(world: World) -> None:
    first, second, other = world.session(seed=3), world.session(seed=3), world.session(seed=4)
    differs = False
    for values in _inputs(7):
        frame = first.step(values)
        assert np.array_equal(frame.pixels, second.step(values).pixels)
        differs |= not np.array_equal(frame.pixels, other.step(values).pixels)
    assert differs


def test_snapshot_fork_and_rewind_go_on_bit_for_bit(world: World) -> None:
    session, inputs = world.session(seed=1, start=1), _inputs(9, seed=2)
    for values in inputs[:6]:
        session.step(values)
    blob, twin = session.snapshot(), session.fork()
    wanted = [session.step(values).pixels for values in inputs[6:]]
    restored = world.restore(blob)
    session.rewind(3)
    for index, values in enumerate(inputs[6:]):
        for again in (restored, twin, session):
            assert np.array_equal(again.step(values).pixels, wanted[index])


def test_a_batch_gives_what_each_session_gets_alone(world: World) -> None:
    together = [world.session(seed=n, start=n % 2) for n in range(3)]
    alone = [world.session(seed=n, start=n % 2) for n in range(3)]
    # Of different ages.
    for session in (together[0], alone[0]):
        for values in _inputs(5, seed=7):
            session.step(values)
    for values in _inputs(3, seed=8):
        frames = world.step_many(together, [values] * 3)
        for frame, session in zip(frames, alone, strict=True):
            assert np.array_equal(frame.pixels, session.step(values).pixels)


def test_fewer_steps_and_an_observed_frame(world: World) -> None:
    session = world.session(seed=5)
    session.steps = 1
    assert session.step({}).timing.steps_used == 1
    seen = np.random.RandomState(1).randint(0, 256, (world.spec.height, world.spec.width, 3)).astype(np.uint8)
    assert np.array_equal(session.observe(seen).pixels, seen)
    assert session.step({"key1": 1.0}).pixels.shape == seen.shape
