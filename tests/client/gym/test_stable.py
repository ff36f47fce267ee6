import numpy as np
import pytest

from tests.client.gym.toy import ToyWorld
from worldsdk.client.gym.env import WorldEnv
from worldsdk.errors import GymError

pytest.importorskip("stable_baselines3", reason="needs the extra rl")

from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from worldsdk.client.gym.stable import StableVecEnv


@pytest.mark.parametrize(
    "options", [{}, {"max_steps": 2}, {"start": [0, 4], "observation": "state"}], ids=str
)
def test_it_is_sb3s_own_vector_of_the_single_environment(options):
    ours = StableVecEnv(4, world=ToyWorld(), **options)
    theirs = DummyVecEnv([lambda: WorldEnv(ToyWorld(), **options)] * 4)
    ours.seed(5), theirs.seed(5)
    assert np.array_equal(ours.reset(), theirs.reset())
    assert ours.reset_infos == theirs.reset_infos
    ours.action_space.seed(0)
    ended = 0
    for _ in range(12):
        actions = np.array([ours.action_space.sample() for _ in range(4)])
        (seen, rewards, dones, infos), reference = ours.step(actions), theirs.step(actions)
        assert np.array_equal(seen, reference[0]) and np.array_equal(dones, reference[2])
        assert np.array_equal(rewards, reference[1]) and rewards.dtype == np.float32
        for index, (info, known) in enumerate(zip(infos, reference[3], strict=True)):
            if dones[index]:
                ended += 1
                assert np.array_equal(info["terminal_observation"], known["terminal_observation"])
                assert info["TimeLimit.truncated"] == known["TimeLimit.truncated"]
    assert ended >= 6


def test_monitors_see_whole_episodes():
    envs = VecMonitor(StableVecEnv(2, world=ToyWorld(), start=0))
    envs.reset()
    infos = [envs.step(np.zeros(2, int))[3] for _ in range(3)][-1]
    assert [info["episode"]["r"] for info in infos] == [6.0, 6.0]
    assert [info["episode"]["l"] for info in infos] == [3, 3]


def test_what_single_episodes_cannot_have_is_refused():
    envs = StableVecEnv(2, world=ToyWorld(), render_mode="rgb_array")
    assert envs.env_is_wrapped(VecMonitor) == [False, False]
    assert envs.get_attr("num_envs", indices=[0]) == [2]
    for call in (lambda: envs.set_attr("x", 1), lambda: envs.env_method("reset"), envs.step_wait):
        with pytest.raises(GymError):
            call()
    envs.reset()
    assert [image.shape for image in envs.get_images()] == [(4, 6, 3)] * 2
    envs.close()
    envs.close()
