"""Loading worlds and beginning sessions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import worldsdk
from tests.support import CONTROLS, tiny_manifest, tiny_model, tiny_pack, tiny_starts
from worldsdk.errors import DeviceError, PackChecksumError, PackNotFoundError, SessionError
from worldsdk.runtime.world import World


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


def test_a_pack_becomes_a_world(folder: Path) -> None:
    world = worldsdk.load(str(folder), device="cpu")
    assert world.manifest.title == "Tiny"
    assert world.controls == CONTROLS and [c.name for c in world.controls] == ["forward", "turn", "poison"]
    assert (world.rate_hz, world.starts, world.steps, world.deterministic) == (35.0, 3, 2, True)
    assert world.spec.height == 12 and not world.model.training
    assert repr(world) == "World('tiny', device='cpu', starts=3)"
    frame = world.session(seed=7, start=0).step({"forward": 1, "turn": -4.0})
    assert frame.tick == 1


def test_two_loads_play_the_same(folder: Path) -> None:
    digests = {worldsdk.load(folder, "cpu").session(3).step({"turn": 1.0}).digest() for _ in range(2)}
    assert len(digests) == 1


def test_wishes_are_taken(folder: Path) -> None:
    world = worldsdk.load(folder, "cpu", deterministic=False, steps=4, rewind_ticks=2)
    assert (world.deterministic, world.steps, world.rewind_ticks) == (False, 4, 2)
    session = world.session()
    for _ in range(5):
        assert session.step({}).timing.steps_used == 4
    assert session.rewind(2).tick == 3


def test_what_cannot_be_loaded_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(PackNotFoundError, match="nowhere"):
        worldsdk.load(tmp_path / "nowhere")
    with pytest.raises(DeviceError):
        worldsdk.load(folder, device="gpu")
    for steps in (0, 5):
        with pytest.raises(SessionError, match="steps"):
            worldsdk.load(folder, device="cpu", steps=steps)
    spoilt = tiny_pack(tmp_path / "spoilt")
    raw = (spoilt / "weights.safetensors").read_bytes()
    (spoilt / "weights.safetensors").write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(PackChecksumError, match=r"weights\.safetensors"):
        worldsdk.load(spoilt, device="cpu")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**64}, "seed is"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"start": 3}, "give 0 to 2"),
        ({"start": -1}, "give 0 to 2"),
        ({"start": "0"}, "start is '0'"),
        ({"variables": [0, 0, 0]}, "variables without frames"),
    ],
)
def test_bad_beginnings_are_named(world: World, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(SessionError, match=words):
        world.session(**arguments)  # type: ignore[arg-type]


def test_numpy_integers_are_integers(world: World) -> None:
    assert world.session(seed=np.int64(3), start=np.uint8(1)).start == 1  # type: ignore[arg-type]


def test_the_frames_of_a_start_are_that_start(world: World) -> None:
    frames = world.context(1).pixels[0].numpy()
    given, stored = world.session(5, frames=frames), world.session(5, start=1)
    assert given.start is None
    # Variables come from the nearest start: the very one whose frames these are.
    assert given.frame.state == stored.frame.state
    assert given.step({"turn": 2.0}).digest() == stored.step({"turn": 2.0}).digest()
    given.reset()
    stored.reset()
    assert given.step({}).digest() == stored.step({}).digest()


def test_variables_follow_the_nearest_pictures(world: World) -> None:
    near = world.context(2).pixels[0].numpy().copy()
    near[near > 250] -= 20
    state = world.session(frames=near).frame.state
    assert state == world.session(start=2).frame.state


def test_variables_can_be_given(world: World) -> None:
    frames = np.zeros((3, 12, 16, 3), np.uint8)
    wanted = {"x": 1.0, "y": 2.0, "heading": 90.0}
    assert world.session(frames=frames, variables=[1, 2, 90]).frame.state == wanted
    rows = np.array([[9, 9, 9], [9, 9, 9], [1, 2, 90]])
    assert world.session(frames=frames, variables=rows).frame.state == wanted


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 12, 16, 3), np.uint8),
        np.zeros((3, 12, 16, 3), np.float32),
        np.zeros((12, 16, 3), np.uint8),
    ],
)
def test_frames_of_the_wrong_shape_are_refused(world: World, frames: np.ndarray) -> None:
    with pytest.raises(SessionError, match=r"give uint8 \(3, 12, 16, 3\)"):
        world.session(frames=frames)


@pytest.mark.parametrize("variables", [[1, 2], [[1, 2, 3]] * 2, "abc", [1, 2, float("nan")]])
def test_variables_of_the_wrong_shape_are_refused(world: World, variables: object) -> None:
    with pytest.raises(SessionError, match="variables"):
        world.session(frames=np.zeros((3, 12, 16, 3), np.uint8), variables=variables)  # type: ignore[arg-type]


def test_sessions_share_the_weights_and_nothing_else(world: World) -> None:
    one, other = world.session(), world.session()
    before = other.snapshot()
    one.step({"forward": 1})
    one.observe(np.zeros((12, 16, 3), np.uint8), {})
    assert other.snapshot() == before
    assert one.world.model is other.world.model


def test_memory_and_cost_stay_flat() -> None:
    model = tiny_model()
    world = World(tiny_manifest(), model, tiny_starts(model.spec), rewind_ticks=50)
    session = world.session()
    for _ in range(100):
        session.step({"forward": 1}, steps=1)
    early = session._past.bytes
    for _ in range(400):
        session.step({"forward": 1}, steps=1)
    assert session._past.bytes == early


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import sys, worldsdk; assert not {'torch', 'numpy', 'numba'} & set(sys.modules); "
        "assert 'load' in dir(worldsdk); from worldsdk import Frame; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_public_name_exists() -> None:
    for name in worldsdk.__all__:
        assert getattr(worldsdk, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing_like_it"):
        worldsdk.nothing_like_it  # noqa: B018
