import warnings

import gymnasium
import msgpack
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import worldsdk
from worldsdk.client.gym import WorldEnv
from worldsdk.errors import (
    ControlError,
    GymError,
    ModelError,
    PackNotFoundError,
    SnapshotError,
    SnapshotWorldError,
)


@pytest.mark.parametrize(
    "options",
    [{}, {"action": "multi", "frame_skip": 2}, {"action": "box", "size": (20, 10)}, {"observation": "state"}],
    ids=str,
)
def test_a_world_passes_gymnasiums_check_without_a_warning(options, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make("worldsdk/GridRooms-v0", **options).unwrapped)


@pytest.mark.parametrize(
    ("name", "shape", "actions"),
    [
        ("CarRacing", (96, 96, 3), 6),
        ("DoomArena", (48, 64, 3), 6),
        ("DoomField", (48, 64, 3), 9),
        ("DoomMaze", (48, 64, 3), 9),
        ("GridRooms", (64, 64, 3), 7),
    ],
)
def test_the_bundled_worlds_are_registered(name, shape, actions):
    env = gymnasium.make(f"worldsdk/{name}-v0")
    assert env.observation_space.shape == shape and env.action_space.n == actions
    assert len(env.unwrapped.get_action_meanings()) == actions
    observation, info = env.reset(seed=1)
    assert observation.std() > 1 and info["tick"] == 0
    moved, reward, terminated, truncated, _ = env.step(1)
    assert moved in env.observation_space and isinstance(reward, float)
    assert (type(terminated), type(truncated)) == (bool, bool)


def episode(env, seed, length=6):
    rng = np.random.default_rng(0)
    seen = [env.reset(seed=seed)]
    for _ in range(length):
        seen.append(env.step(int(rng.integers(3))))
    return seen


def test_the_same_seed_gives_the_same_episode_and_another_does_not(tiny):
    choices = [{}, {"forward": 1.0}, {"turn": 4.0}]
    one, two = WorldEnv(tiny, action=choices), WorldEnv(tiny, action=choices)
    a, b, c = episode(one, 5), episode(two, 5), episode(two, 6)
    for left, right in zip(a, b, strict=True):
        assert np.array_equal(left[0], right[0]) and left[1:] == right[1:]
    assert any(not np.array_equal(left[0], right[0]) for left, right in zip(a, c, strict=True))


def test_info_says_what_session_the_episode_is(tiny):
    env = WorldEnv(tiny, action="multi")
    for options in (None, {"start": 2}):
        _, info = env.reset(seed=9, options=options)
        session = worldsdk.load(tiny).session(info["seed"], info["start"])
        observation, reward, *_, info = env.step([1, 2, 0])
        frame = session.step({"forward": 1.0, "turn": 4.0})
        assert np.array_equal(observation, frame.pixels) and reward == frame.reward
        assert info["state"] == frame.state and info["tick"] == 1


def test_reset_without_a_seed_goes_on_with_the_numbers(toy):
    env = WorldEnv(toy)
    env.reset(seed=4)
    drawn = [env.reset()[1]["seed"] for _ in range(3)]
    assert len(set(drawn)) == 3
    env.reset(seed=4)
    assert [env.reset()[1]["seed"] for _ in range(3)] == drawn


def test_a_start_given_once_leaves_the_seeds_that_follow(toy):
    env = WorldEnv(toy)
    env.reset(seed=4)
    plain = env.reset()[1]
    env.reset(seed=4, options={"start": 1})
    assert env.reset()[1] == plain


def test_starts_are_drawn_from_those_asked_for(toy):
    env = WorldEnv(toy, start=[1, 3])
    assert {env.reset(seed=seed)[1]["start"] for seed in range(20)} == {1, 3}
    env = WorldEnv(toy, start=2)
    assert {env.reset(seed=seed)[1]["start"] for seed in range(5)} == {2}
    assert {WorldEnv(toy).reset(seed=seed)[1]["start"] for seed in range(60)} == {0, 1, 2, 3, 4}


def test_the_model_says_when_it_is_over(toy):
    env = WorldEnv(toy, start=1)
    env.reset(seed=0)
    steps = [env.step(0)[1:4] for _ in range(4)]
    assert steps == [(1.0, False, False), (2.0, False, False), (3.0, False, False), (4.0, True, False)]
    with pytest.raises(GymError, match="over"):
        env.step(0)
    env.reset()
    assert env.step(0)[1:4] == (1.0, False, False)


def test_max_steps_truncates(toy):
    env = WorldEnv(toy, start=4, max_steps=2)
    env.reset(seed=0)
    assert [env.step(0)[2:4] for _ in range(2)] == [(False, False), (False, True)]
    with pytest.raises(GymError, match="over"):
        env.step(0)


def test_an_end_at_the_last_step_is_no_truncation(toy):
    env = WorldEnv(toy, start=0, max_steps=3)
    env.reset(seed=0)
    assert [env.step(0)[2:4] for _ in range(3)][-1] == (True, False)


def test_frame_skip_sums_rewards_and_stops_at_the_end(toy):
    env = WorldEnv(toy, start=0, frame_skip=2)
    env.reset(seed=0)
    assert env.step(1)[1:3] == (1 + 100 + 2 + 100, False)
    _, reward, terminated, _, info = env.step(1)
    assert (reward, terminated, info["tick"]) == (3 + 100, True, 3)
    assert env.metadata["render_fps"] == 10.0


@pytest.mark.parametrize("size", [None, (5, 3)])
def test_a_snapshot_goes_on_as_the_original_does(tiny, size):
    choices = [{}, {"forward": 1.0}, {"turn": 4.0}]
    env, other = (WorldEnv(tiny, action=choices, max_steps=6, size=size) for _ in range(2))
    episode(env, 3, length=4)
    blob = env.snapshot()
    on = [env.step(2), env.step(1)]
    other.reset(seed=77)
    observation, info = other.restore(blob)
    assert info["tick"] == 4 and observation in other.observation_space
    for left, right in zip(on, [other.step(2), other.step(1)], strict=True):
        assert np.array_equal(left[0], right[0]) and left[1:] == right[1:]
    assert on[-1][3] is True  # its sixth step: the count is part of the snapshot
    env.restore(blob)
    assert np.array_equal(env.step(2)[0], on[0][0])


def test_restoring_brings_an_episode_back_to_life_and_lets_the_old_session_go(toy):
    env = WorldEnv(toy, start=0)
    env.reset(seed=0)
    env.step(0)
    blob = env.snapshot()
    env.step(0)
    assert env.step(0)[2]
    env.restore(blob)
    assert env.step(0)[1:3] == (2.0, False)
    assert [session.closed for session in toy.made] == [1, 0]
    with pytest.raises(SnapshotError):
        env.restore(msgpack.packb([1, b"junk", 1, False, 0.0, 0, 0]))
    assert env.step(0)[2]


@pytest.mark.parametrize(
    "blob",
    [b"", b"\x00", b"\xc1", b"junk", msgpack.packb([9, b"", 0, False, 0.0, 0, 0]), msgpack.packb({"a": 1}),
     msgpack.packb([1, b"{}", "two", False, 0.0, 0, 0]), msgpack.packb([1, b""])],
)  # fmt: skip
def test_what_is_no_snapshot_is_refused_and_nothing_changes(tiny, blob):
    env = WorldEnv(tiny)
    env.reset(seed=1)
    before = env.frame
    with pytest.raises(SnapshotError):
        env.restore(blob)
    assert env.frame is before


def test_a_snapshot_of_another_world_is_refused(tiny):
    env = WorldEnv(tiny)
    env.reset(seed=1)
    other = gymnasium.make("worldsdk/GridRooms-v0").unwrapped
    other.reset(seed=1)
    with pytest.raises(SnapshotWorldError):
        env.restore(other.snapshot())


def test_a_fork_goes_its_own_way(tiny):
    choices = [{}, {"forward": 1.0}, {"turn": 4.0}]
    env = WorldEnv(tiny, action=choices, max_steps=5)
    episode(env, 8, length=3)
    twin = env.fork()
    assert twin.frame.digest() == env.frame.digest()
    left, right = env.step(1), twin.step(2)
    assert not np.array_equal(left[0], right[0])
    assert env.step(0)[3] and twin.step(0)[3]
    assert twin.reset()[1] == env.reset()[1]
    twin.close()
    env.step(0)


def test_the_window_opens_for_people_only(toy, monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    env = WorldEnv(toy, render_mode="human", start=0)
    observation, _ = env.reset(seed=0)
    assert env.render() is None
    surface = pygame.display.get_surface()
    assert surface.get_size() == (960, 640)
    assert tuple(surface.get_at((10, 10)))[:3] == tuple(observation[0, 0])
    observation, *_ = env.step(0)
    assert tuple(surface.get_at((10, 10)))[:3] == tuple(observation[0, 0])
    env.fork().step(0)
    env.close()
    assert not pygame.display.get_init()


def test_render_gives_the_frame_and_the_callers_own(toy):
    env = WorldEnv(toy, render_mode="rgb_array", size=(3, 2))
    env.reset(seed=0)
    picture = env.render()
    assert picture.shape == (4, 6, 3) and picture.flags.writeable
    assert np.array_equal(picture, env.frame.pixels)
    env = WorldEnv(toy)
    env.reset(seed=0)
    assert env.render() is None


def test_before_reset_and_after_close(toy):
    env = WorldEnv(toy)
    for call in (lambda: env.step(0), env.snapshot, env.fork, lambda: env.frame):
        with pytest.raises(GymError, match="reset"):
            call()
    env.reset(seed=0)
    env.close()
    env.close()
    for call in (lambda: env.step(0), env.reset, env.fork, lambda: env.restore(b"")):
        with pytest.raises(GymError, match="closed"):
            call()
    assert [session.closed for session in toy.made] == [1]
    assert toy.closed == 0  # the world is its maker's


def test_a_bad_action_moves_nothing(toy):
    env = WorldEnv(toy)
    env.reset(seed=0)
    with pytest.raises(ControlError):
        env.step(99)
    assert env.frame.tick == 0 and env.step(0)[1] == 1.0


def test_a_model_that_breaks_says_so(tiny):
    env = WorldEnv(tiny, action=[{"poison": 1.0}])
    env.reset(seed=0)
    with pytest.raises(ModelError):
        env.step(0)
    env.reset(seed=0)
    assert env.frame.tick == 0


@pytest.mark.parametrize(
    "options",
    [
        {"frame_skip": 0},
        {"frame_skip": 1.5},
        {"max_steps": -1},
        {"max_steps": True},
        {"start": 5},
        {"start": -1},
        {"start": "first"},
        {"start": []},
        {"start": [0, 9]},
        {"start": 1.0},
        {"action": "telepathy"},
        {"observation": "smell"},
        {"render_mode": "ansi"},
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused(toy, options):
    with pytest.raises(GymError):
        WorldEnv(toy, **options)


def test_a_world_must_be_named_and_be_there():
    with pytest.raises(GymError, match="no world"):
        WorldEnv()
    with pytest.raises(PackNotFoundError):
        WorldEnv("atlantis")


def test_a_bad_start_option_changes_nothing(toy):
    env = WorldEnv(toy)
    env.reset(seed=0)
    env.step(0)
    with pytest.raises(GymError, match="start"):
        env.reset(options={"start": 7})
    assert env.frame.tick == 1
