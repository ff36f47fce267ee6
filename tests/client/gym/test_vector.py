import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from tests.client.gym.toy import ToyWorld
from worldsdk.client.gym import WorldEnv, WorldVectorEnv
from worldsdk.errors import ControlError, GymError, SnapshotError

MODES = list(AutoresetMode)
CHOICES = [{}, {"forward": 1.0}, {"turn": -4.0}, {"turn": 4.0}]


def equal(left, right):
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, np.ndarray) and left.dtype == object:
        return all(equal(a, b) for a, b in zip(left, right, strict=True))
    return np.array_equal(left, right)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("options", [{}, {"max_steps": 2}, {"frame_skip": 2}, {"start": [0, 4]}], ids=str)
def test_it_is_gymnasiums_own_vector_of_the_single_environment(mode, options):
    """Observations, rewards, ends and infos, step by step, with episodes that end at different times."""
    ours = WorldVectorEnv(5, ToyWorld(), autoreset_mode=mode, **options)
    theirs = SyncVectorEnv([lambda: WorldEnv(ToyWorld(), **options)] * 5, autoreset_mode=mode)
    assert ours.action_space == theirs.action_space
    assert ours.observation_space == theirs.observation_space
    for left, right in zip(ours.reset(seed=11), theirs.reset(seed=11), strict=True):
        assert equal(left, right)
    ours.action_space.seed(2)
    ended = 0
    for _ in range(20):
        actions = ours.action_space.sample()
        mine, reference = ours.step(actions), theirs.step(actions)
        for left, right in zip(mine, reference, strict=True):
            assert equal(left, right)
        ended += int((mine[2] | mine[3]).sum())
    assert ended > 10


def test_lanes_are_the_single_environments_bit_for_bit_where_that_is_asked_for(tiny):
    vector = WorldVectorEnv(4, tiny, action=CHOICES, deterministic=True)
    singles = [WorldEnv(tiny, action=CHOICES) for _ in range(4)]
    seen, _ = vector.reset(seed=21)
    for index, env in enumerate(singles):
        assert np.array_equal(seen[index], env.reset(seed=21 + index)[0])
    for actions in ([0, 1, 2, 3], [1, 1, 1, 1], [3, 2, 1, 0]):
        seen, rewards, *_ = vector.step(np.array(actions))
        for index, env in enumerate(singles):
            observation, reward, *_ = env.step(actions[index])
            assert np.array_equal(seen[index], observation) and rewards[index] == reward


def test_a_fused_pass_is_equal_to_rounding(tiny):
    fused = WorldVectorEnv(6, tiny, action=CHOICES)
    exact = WorldVectorEnv(6, tiny, action=CHOICES, deterministic=True)
    fused.reset(seed=3), exact.reset(seed=3)
    for _ in range(3):
        actions = np.array([0, 1, 2, 3, 0, 1])
        left, right = fused.step(actions), exact.step(actions)
        assert np.abs(left[0].astype(int) - right[0]).max() <= 1
        assert left[1] == pytest.approx(right[1], abs=1e-3)


def test_all_lanes_share_one_pass():
    world = ToyWorld()
    envs = WorldVectorEnv(7, world, start=4)
    envs.reset(seed=0)
    envs.step(np.zeros(7, int))
    envs.step(np.zeros(7, int))
    assert world.passes == [7, 7]


def test_next_step_gives_the_last_observation_first():
    envs = WorldVectorEnv(2, ToyWorld(), start=0, max_steps=100)
    first, _ = envs.reset(seed=[5, 6])
    ends = [envs.step(np.zeros(2, int)) for _ in range(3)][-1]
    assert ends[2].tolist() == [True, True] and ends[4]["tick"].tolist() == [3, 3]
    after = envs.step(np.zeros(2, int))
    assert after[1].tolist() == [0.0, 0.0] and after[2].tolist() == [False, False]
    assert after[4]["tick"].tolist() == [0, 0]
    assert not np.array_equal(after[0], first)


def test_same_step_hands_over_what_the_old_episode_ended_with():
    envs = WorldVectorEnv(2, ToyWorld(), start=0, autoreset_mode="SameStep")
    envs.reset(seed=[5, 6])
    last = [envs.step(np.zeros(2, int)) for _ in range(3)][-1]
    assert last[1].tolist() == [3.0, 3.0] and last[2].tolist() == [True, True]
    infos = last[4]
    assert infos["tick"].tolist() == [0, 0] and infos["final_info"]["tick"].tolist() == [3, 3]
    assert (infos["final_obs"][0] != last[0][0]).all()


def test_disabled_waits_for_the_caller():
    envs = WorldVectorEnv(3, ToyWorld(), start=[0, 4], autoreset_mode=AutoresetMode.DISABLED)
    envs.reset(seed=0)
    over = np.zeros(3, bool)
    while not over.any():
        _, _, terminated, _, _ = envs.step(np.zeros(3, int))
        over = terminated
    with pytest.raises(GymError, match="reset_mask"):
        envs.step(np.zeros(3, int))
    options = {"reset_mask": over}
    _, infos = envs.reset(options=options)
    assert options == {"reset_mask": over}
    assert infos["_tick"].tolist() == over.tolist()
    envs.step(np.zeros(3, int))


@pytest.mark.parametrize("mask", [np.zeros(3, bool), np.ones(2, bool), np.ones(3, int), [1, 0]])
def test_masks_that_do_not_fit_are_refused(mask):
    envs = WorldVectorEnv(3, ToyWorld())
    with pytest.raises(GymError, match="reset_mask"):
        envs.reset(seed=0, options={"reset_mask": mask})


def test_seeds_one_for_all_one_each_or_none():
    envs = WorldVectorEnv(3, ToyWorld())
    one = envs.reset(seed=7)[1]["seed"].tolist()
    assert envs.reset(seed=[7, 8, 9])[1]["seed"].tolist() == one
    again = envs.reset()[1]["seed"].tolist()
    assert not set(one) & set(again)
    assert envs.reset(seed=[None, 8, None])[1]["seed"].tolist()[1] == one[1]
    with pytest.raises(GymError, match="seeds"):
        envs.reset(seed=[1, 2])


def test_what_is_handed_out_is_the_callers_own(tiny):
    envs = WorldVectorEnv(2, tiny, action=CHOICES)
    first, _ = envs.reset(seed=0)
    kept = first.copy()
    second, rewards, *_ = envs.step(np.array([0, 1]))
    assert np.array_equal(first, kept) and not np.shares_memory(first, second)
    second[:], rewards[:] = 0, 0
    assert envs.step(np.array([0, 1]))[0].any()


def test_snapshots_of_all_lanes(tiny):
    envs = WorldVectorEnv(3, tiny, action=CHOICES, deterministic=True, max_steps=4)
    envs.reset(seed=1)
    envs.step(np.array([0, 1, 2]))
    blobs = envs.snapshot()
    on = [envs.step(np.array([1, 2, 3])) for _ in range(3)]
    assert on[-1][3].all()
    seen = envs.restore(blobs[::-1])
    assert seen in envs.observation_space
    back = envs.step(np.array([3, 2, 1]))
    assert np.array_equal(back[0], on[0][0][::-1])
    single = WorldEnv(tiny, action=CHOICES)
    single.restore(blobs[1])
    assert np.array_equal(single.step(2)[0], on[0][0][1])
    with pytest.raises(GymError, match="snapshots"):
        envs.restore(blobs[:1])
    with pytest.raises(SnapshotError):
        envs.restore([b"x"] * 3)


def test_make_vec_makes_it_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        envs = gymnasium.make_vec(
            "worldsdk/GridRooms-v0", num_envs=3, action="multi", render_mode="rgb_array"
        )
    assert isinstance(envs.unwrapped, WorldVectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    envs.reset(seed=0)
    seen = envs.step(envs.action_space.sample())[0]
    assert seen in envs.observation_space
    assert [picture.shape for picture in envs.render()] == [(64, 64, 3)] * 3
    envs.close()
    envs.close()


@pytest.mark.parametrize("actions", [[0], [0, 1, 2, 3], 0, None, [0, 99, 0], [0, 0.5, 0]])
def test_actions_that_do_not_fit_move_nothing(actions):
    world = ToyWorld()
    envs = WorldVectorEnv(3, world)
    envs.reset(seed=0)
    with pytest.raises(ControlError):
        envs.step(actions)
    assert world.passes == []


@pytest.mark.parametrize(
    "options",
    [
        {"num_envs": 0},
        {"num_envs": 2.0},
        {"num_envs": 10**6},
        {"autoreset_mode": "Never"},
        {"render_mode": "human"},
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(GymError):
        WorldVectorEnv(**({"world": ToyWorld()} | options))


def test_before_reset_and_after_close():
    world = ToyWorld()
    envs = WorldVectorEnv(2, world)
    with pytest.raises(GymError, match="reset"):
        envs.step([0, 0])
    envs.reset(seed=0)
    envs.close()
    assert [session.closed for session in world.made] == [1, 1]
    with pytest.raises(GymError, match="closed"):
        envs.step([0, 0])
    with pytest.raises(GymError, match="closed"):
        envs.reset()
