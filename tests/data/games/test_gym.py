from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")
from gymnasium import spaces  # noqa: E402

from worldsdk.data.games.gym import GymGame  # noqa: E402
from worldsdk.errors import RecordError  # noqa: E402

PICTURE = spaces.Box(0, 255, (20, 30, 3), np.uint8)


class Echo(gymnasium.Env[Any, Any]):
    """Keeps the last action; shows the step number."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 12}

    def __init__(
        self, action_space: Any, observes: str = "rgb", meanings: list[str] | None = None, **options: Any
    ) -> None:
        self.action_space = action_space
        self.observation_space = PICTURE
        self.render_mode = options.get("render_mode")
        self.observes = observes
        self.last: Any = None
        if meanings is not None:
            self.get_action_meanings = lambda: meanings

    def look(self) -> Any:
        shapes = {"rgb": (20, 30, 3), "grey": (20, 30), "channel": (20, 30, 1)}
        if self.observes in shapes:
            return np.full(shapes[self.observes], self.count, np.uint8)
        return np.zeros(4, np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.count = 0
        return self.look(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.last = action
        self.count += 1
        return self.look(), 0.5, self.count == 3, self.count == 2, {}

    def render(self) -> Any:
        return np.full((20, 30, 3), 200, np.uint8) if self.observes == "state" else None


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    gymnasium.register("Echo-v0", entry_point=Echo, disable_env_checker=True, order_enforce=False)
    yield
    gymnasium.registry.pop("Echo-v0")


def make(monkeypatch: pytest.MonkeyPatch, action_space: Any, **options: Any) -> GymGame:
    plain = gymnasium.make
    monkeypatch.setattr(
        gymnasium, "make", lambda name, **more: plain(name, action_space=action_space, **options, **more)
    )
    return GymGame("Echo-v0", 15, 10)


def last(game: GymGame) -> Any:
    return game._env.unwrapped.last


def test_discrete_actions_are_buttons_and_the_first_held_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    game = make(monkeypatch, spaces.Discrete(4, start=3))
    spec = game.info.controls
    assert spec.names == ("action_1", "action_2", "action_3")
    game.reset(0)
    for held, action in (({}, 3), ({"action_2": 1.0}, 5), ({"action_3": 1.0, "action_1": 1.0}, 4)):
        game.step(spec.parse(held))
        assert last(game) == action
    assert game.info.rate_hz == 12.0


def test_named_actions_keep_their_names_and_their_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    game = make(monkeypatch, spaces.Discrete(3), meanings=["LEFT", "NOOP", "FIRE"])
    spec = game.info.controls
    assert spec.names == ("left", "fire")
    assert "ArrowLeft" in spec["left"].keys
    game.reset(0)
    for held, action in (({}, 1), ({"left": 1.0}, 0), ({"fire": 1.0}, 2)):
        game.step(spec.parse(held))
        assert last(game) == action


def test_multi_binary_is_a_button_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    game = make(monkeypatch, spaces.MultiBinary(3))
    game.reset(0)
    game.step(game.info.controls.parse({"button_0": 1.0, "button_2": 1.0}))
    assert last(game).tolist() == [1, 0, 1]
    assert game._env.action_space.contains(last(game))


def test_a_flat_box_is_an_axis_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    space = spaces.Box(np.array([-1.0, 0.0], np.float32), np.array([1.0, 1.0], np.float32))
    game = make(monkeypatch, space)
    spec = game.info.controls
    assert [(c.name, c.low, c.high) for c in spec] == [("axis_0", -1.0, 1.0), ("axis_1", 0.0, 1.0)]
    game.reset(0)
    game.step(spec.parse({"axis_0": -0.5, "axis_1": 1.0}))
    assert last(game).tolist() == [-0.5, 1.0]
    assert space.contains(last(game))


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(-np.inf, np.inf, (2,), np.float32),
        spaces.Box(1.0, 2.0, (2,), np.float32),
        spaces.Box(-1.0, 1.0, (2, 2), np.float32),
        spaces.MultiDiscrete([2, 3]),
        spaces.Discrete(1),
    ],
)
def test_other_actions_are_refused(monkeypatch: pytest.MonkeyPatch, space: Any) -> None:
    with pytest.raises(RecordError, match="Echo-v0"):
        make(monkeypatch, space)


@pytest.mark.parametrize(("observes", "value"), [("rgb", 1), ("grey", 1), ("channel", 1), ("state", 200)])
def test_pictures_are_the_observation_or_the_rendering(
    monkeypatch: pytest.MonkeyPatch, observes: str, value: int
) -> None:
    game = make(monkeypatch, spaces.Discrete(2), observes=observes)
    game.reset(0)
    pixels = game.step(game.info.controls.rest).pixels
    assert pixels.shape == (10, 15, 3)
    assert (pixels == value).all()


def test_an_environment_without_pictures_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecordError, match="no pictures"):
        make(monkeypatch, spaces.Discrete(2), observes="nothing")


def test_ends_and_cuts_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    game = make(monkeypatch, spaces.Discrete(2))
    game.reset(0)
    rest = game.info.controls.rest
    seen = [(o.ended, o.cut, o.reward) for o in (game.step(rest) for _ in range(3))]
    assert seen == [(False, False, 0.5), (False, True, 0.5), (True, False, 0.5)]


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(RecordError, match="Nothing-v3"):
        GymGame("Nothing-v3")
