"""Ranking players, with a game and worlds that are right, or wrong, on purpose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.toys import SPEC, ToyGame
from tests.support import CONTROLS, tiny_manifest, tiny_model, tiny_starts
from worldsdk.controls import Control, ControlSpec
from worldsdk.data.games.doom_spec import doom_controls
from worldsdk.errors import ControlError, EvaluationError
from worldsdk.evaluation.agents import (
    Agreement,
    agreement,
    fixed_policies,
    play_dreamt,
    play_real,
    spearman,
)
from worldsdk.evaluation.fixed import Hold, Scatter
from worldsdk.models.interface import Output, State
from worldsdk.runtime.world import World


class Paying(type(tiny_model())):  # type: ignore[misc]
    """The tiny model with a known reward: ``factor`` for each tick that ``forward`` is held."""

    factor = 1.0

    def commit(self, state: State, condition: object, estimate: object) -> tuple[State, Output]:
        after, output = super().commit(state, condition, estimate)
        paid = self.factor * condition["controls"][:, 0]  # type: ignore[index]
        return after, Output(**{**vars(output), "reward": paid, "ended": paid * 0.0})


def toy_world(factor: float) -> World:
    """Listens to what the toy game listens to, and pays ``factor`` a step forward where that pays 1."""
    model = Paying().eval()
    model.factor = factor
    spec = ControlSpec((*SPEC, Control("poison")))
    return World(tiny_manifest(controls=spec), model, tiny_starts(model.spec))


class PoisonToy(ToyGame):
    def __init__(self) -> None:
        super().__init__(life=30)
        self.info = type(self.info)(
            **{**vars(self.info), "controls": ControlSpec((*SPEC, Control("poison")))}
        )


def policies(world: World) -> dict[str, Hold]:
    return {f"hold {value}": Hold(world.controls, {"forward": value}) for value in (0.0, 1.0)} | {
        "turn": Hold(world.controls, {"turn": 8.0, "forward": 1.0})
    }


def measured(factor: float) -> Agreement:
    world = toy_world(factor)
    return agreement(world, PoisonToy, policies(world), episodes=3, ticks=10)


def test_a_world_that_pays_as_its_game_does_agrees() -> None:
    found = measured(2.0)
    assert found.correlation == pytest.approx(1.0) and found.low == pytest.approx(1.0)
    np.testing.assert_allclose(found.real[:, 0], [0.0, 10.0, 10.0])
    np.testing.assert_allclose(found.dreamt[:, 0], [0.0, 20.0, 20.0])
    assert found.to_json()["policies"]["hold 1.0"] == {"dreamt": 20.0, "real": 10.0, "episodes": [3, 3]}


def test_one_that_pays_the_wrong_way_round_disagrees_and_one_that_pays_nothing_says_nothing() -> None:
    assert measured(-1.0).correlation == pytest.approx(-1.0)
    nothing = measured(0.0)
    assert nothing.correlation is None and nothing.to_json()["interval"] is None


def test_returns_end_with_the_episode_and_repeat() -> None:
    game = ToyGame(life=5, draws_end=True)
    policy = Hold(SPEC, {"forward": 1.0})
    returns = play_real(game, policy, 3, 100, seed=0)
    # The toy lives 5 ticks, and as many more as the seed leaves over.
    np.testing.assert_allclose(returns, [5.0, 6.0, 7.0])
    world = toy_world(1.0)
    scattered = [play_dreamt(world, Scatter(SPEC), 2, 20, seed=4).tolist() for _ in range(2)]
    assert scattered[0] == scattered[1]


def test_every_policy_of_a_world_plays_what_the_world_accepts() -> None:
    for spec in (CONTROLS, doom_controls(attack=True), doom_controls(attack=True, walks=False)):
        found = fixed_policies(spec)
        assert len(found) >= 6 and "rest" in found
        assert ("wanderer" in found) == ("forward" in spec.names and "left" in spec.names)
        for policy in (p for name, p in found.items() if "explorer" not in name):
            policy.reset(np.random.default_rng(0))
            spec.parse(policy.act(ToyGame().reset(0)))
    assert "explorer, near walls" in fixed_policies(doom_controls(attack=False), ["depth"])
    with pytest.raises(ControlError):
        Hold(CONTROLS, {"fly": 1.0})


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=12, unique=True))
def test_only_the_order_counts(values: list[int]) -> None:
    given_ = np.array(values, np.float64)
    assert spearman(given_, np.exp(given_ / 10.0)) == pytest.approx(1.0)
    assert spearman(given_, -(given_**3)) == pytest.approx(-1.0)


def test_ties_share_their_rank() -> None:
    value = spearman(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 4.0]))
    assert value == pytest.approx(0.9486833)
    assert spearman(np.array([1.0, 1.0, 1.0]), np.array([1.0, 2.0, 3.0])) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda kw: kw.update(episodes=1), "cannot be ranked"),
        (lambda kw: kw.update(ticks=0), "cannot be ranked"),
        (lambda kw: kw.update(open_game=ToyGame), "the game listens to"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    change: Callable[[dict[str, object]], None], message: str
) -> None:
    world = toy_world(1.0)
    options: dict[str, object] = {"open_game": PoisonToy, "episodes": 2, "ticks": 3}
    change(options)
    start = options.pop("open_game")
    with pytest.raises(EvaluationError, match=message):
        agreement(world, start, policies(world), **options)  # type: ignore[arg-type]
