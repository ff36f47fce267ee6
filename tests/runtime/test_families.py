"""What sessions keep with every family's model, made ready to play: seed, start and inputs fix all pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.models.families import MAKERS, manifest
from tests.models.samples import context
from worldsdk.models.convnet import OverheadModel
from worldsdk.models.optimise import optimise
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World

Script = list[dict[str, float]]


@pytest.fixture(scope="module", params=sorted(MAKERS))
def family(request: pytest.FixtureRequest) -> World:
    model = MAKERS[request.param]()
    starts = context(model, batch=2)
    return World(manifest(request.param, model), optimise(model, torch.device("cpu")), starts)


@pytest.fixture(scope="module")
def script(family: World) -> Script:
    """Three ticks, each with another control pressed."""
    names = family.controls.names
    return [{names[tick % len(names)]: 1.0} for tick in range(3)]


def play(session: Session, script: Script) -> list[str]:
    return [session.step(values).digest() for values in script]


def follows_from_state(family: World) -> bool:
    """Whether nothing is left to chance, and no picture is remembered: what is seen is where things are."""
    return isinstance(family.model, OverheadModel)


def test_the_same_again_and_the_seed_and_the_start_matter(family: World, script: Script) -> None:
    first = play(family.session(1), script)
    other = family.session(2)
    again = family.session(1)
    together = [(again.step(values).digest(), other.step(values).digest()) for values in script]
    assert [one for one, _ in together] == first
    assert play(family.session(1, 1), script) != first
    assert (together[-1][1] == first[-1]) == follows_from_state(family)


def test_a_fork_and_a_restored_snapshot_go_on_alike(family: World, script: Script) -> None:
    session = family.session(5, 1)
    play(session, script)
    twin, again = session.fork(), family.restore(session.snapshot())
    expected = play(session, script)
    assert play(twin, script) == expected
    assert play(again, script) == expected


def test_what_is_wound_back_is_played_alike(family: World, script: Script) -> None:
    session = family.session(5)
    shown = play(session, script)
    session.rewind(2)
    assert session.frame.digest() == shown[0]
    assert play(session, script[1:]) == shown[1:]


def test_in_a_batch_every_session_gets_the_frames_it_gets_alone(family: World, script: Script) -> None:
    together = [family.session(seed, seed % 2) for seed in range(2)]
    alone = [family.session(seed, seed % 2) for seed in range(2)]
    for tick, values in enumerate(script):
        given = [values, script[tick - 1]]
        frames = family.step_many(together, given)
        singles = [session.step(v) for session, v in zip(alone, given, strict=True)]
        assert [f.digest() for f in frames] == [f.digest() for f in singles]


def test_one_pass_for_all_gives_the_same_but_for_rounding(family: World, script: Script) -> None:
    fused = World(family.manifest, family.model, family.context(0), deterministic=False)
    together = [fused.session(seed) for seed in range(2)]
    alone = [fused.session(seed) for seed in range(2)]
    frames = fused.step_many(together, [script[0]] * 2)
    for frame, session in zip(frames, alone, strict=True):
        away = np.abs(frame.pixels.astype(int) - session.step(script[0]).pixels)
        assert away.mean() < 2.0


def test_a_real_frame_is_taken_as_it_is_and_remembered(family: World, script: Script) -> None:
    real = family.session(0, 1).frame.pixels
    session, other = family.session(3), family.session(3)
    assert np.array_equal(session.observe(real, script[0]).pixels, real)
    other.step(script[0])
    alike = play(session, script) == play(other, script)
    assert alike == follows_from_state(family)


def test_every_step_gives_a_frame(family: World, script: Script) -> None:
    most = min(3, family.spec.max_steps)
    for steps in range(1, most + 1):
        frame = family.session().step(script[0], steps=steps)
        assert frame.timing.steps_used == steps
        assert frame.pixels.shape == (family.spec.height, family.spec.width, 3)
