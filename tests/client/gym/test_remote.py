"""Over a real server: the environment there is the environment here."""

import subprocess
import sys

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from tests.support import install_tiny_family, tiny_pack
from worldsdk.client.gym import WorldEnv, WorldVectorEnv
from worldsdk.errors import GymError, SnapshotError

CHOICES = [{}, {"forward": 1.0}, {"turn": 4.0}]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(folder of the tiny pack, address of a server that runs it)."""
    folder = tmp_path_factory.mktemp("served")
    environment = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"} | install_tiny_family(folder / "family")
    pack = tiny_pack(folder / "tiny")
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", str(pack), "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = server.stdout.readline()
            assert " at ws://" in said, said
            yield pack, said.split(" at ")[1].strip()
        finally:
            server.terminate()
            server.stdout.close()


def test_the_same_episode_here_and_there(served):
    pack, url = served
    here, there = (
        WorldEnv(pack, action=CHOICES, frame_skip=2),
        WorldEnv(url=url, action=CHOICES, frame_skip=2),
    )
    assert here.observation_space == there.observation_space
    assert there.metadata["render_fps"] == here.metadata["render_fps"]
    (seen, info), (expected, known) = there.reset(seed=3), here.reset(seed=3)
    assert np.array_equal(seen, expected) and info == known
    for action in (1, 2, 0, 1):
        (seen, reward, *ends, info), (expected, owed, *known_ends, known) = (
            there.step(action),
            here.step(action),
        )
        assert np.array_equal(seen, expected) and reward == owed and ends == known_ends
        assert info == known
    there.close()


def test_a_held_action_is_one_message_for_all_its_ticks(served):
    _, url = served
    env = WorldEnv(url=url, action=CHOICES, frame_skip=4)
    env.reset(seed=3)
    before = env.unwrapped.frame.wire.applied
    env.step(1)
    assert (env.unwrapped.frame.tick, env.unwrapped.frame.wire.applied) == (4, before + 1)
    env.close()


def test_snapshots_travel_and_forks_part(served):
    pack, url = served
    here, there = WorldEnv(pack, action=CHOICES), WorldEnv(url=url, action=CHOICES)
    there.reset(seed=3)
    there.step(1)
    blob = there.snapshot()
    here.restore(blob)
    twin = there.fork()
    on = there.step(2)[0]
    assert np.array_equal(on, here.step(2)[0])
    assert not np.array_equal(twin.step(1)[0], on)
    there.step(1)
    there.restore(blob)
    assert np.array_equal(there.step(2)[0], on)
    with pytest.raises(SnapshotError):
        there.restore(b"junk")
    there.close()


def test_a_vector_of_remote_lanes(served):
    pack, url = served
    options = {"action": CHOICES, "max_steps": 3}
    here = WorldVectorEnv(3, pack, deterministic=True, **options)
    there = WorldVectorEnv(3, url=url, **options)
    assert np.array_equal(there.reset(seed=8)[0], here.reset(seed=8)[0])
    for actions in ([0, 1, 2], [2, 1, 0], [1, 1, 1], [0, 0, 0], [1, 2, 0]):
        for left, right in zip(
            there.step(np.array(actions))[:4], here.step(np.array(actions))[:4], strict=True
        ):
            assert np.array_equal(left, right)
    there.close()


def test_it_passes_gymnasiums_check(served, recwarn):
    _, url = served
    env = WorldEnv(url=url, action=CHOICES, render_mode="rgb_array")
    check_env(env, skip_render_check=True)
    assert not [str(warning.message) for warning in recwarn]
    env.close()


def test_another_world_than_the_one_named_is_refused(served):
    _, url = served
    with pytest.raises(GymError, match="tiny"):
        WorldEnv("doom-field", url=url)
