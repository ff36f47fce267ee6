from __future__ import annotations

import sys

import pytest

from tests.data.toys import ToyGame
from worldsdk.data.games.catalogue import habits, make_policy, open_game
from worldsdk.data.recorder import RecordPlan
from worldsdk.errors import MissingExtraError, RecordError


def test_the_usual_plan_is_the_game_s_own_except_what_is_asked() -> None:
    plan = RecordPlan.usual("doom-maze", seed=4, width=80, height=60)
    assert (plan.width, plan.height, plan.seed) == (80, 60, 4)
    assert plan.episode_ticks == habits("doom-maze").episode_ticks


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("doom-field", "vizdoom", "doom"), ("minigrid", "minigrid", "gym"), ("CartPole-v1", "gymnasium", "gym")],
)
def test_a_missing_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"worldsdk\[{extra}\]"):
        open_game(name, 64, 48 if extra == "doom" else 64)


@pytest.mark.parametrize("name", ["", " "])
def test_no_name_is_no_game(name: str) -> None:
    with pytest.raises(RecordError, match="doom-field"):
        open_game(name, 64, 48)


@pytest.mark.parametrize("name", ["doom-field", "minigrid", "CartPole-v1"])
def test_sizes_below_one_are_refused(name: str) -> None:
    with pytest.raises(RecordError, match="0x48"):
        open_game(name, 0, 48)


def test_unknown_policies_are_refused() -> None:
    with pytest.raises(RecordError, match="mix"):
        make_policy("clever", "doom-field", ToyGame())
    with pytest.raises(RecordError, match="no explorer"):
        make_policy("explore", "toy", ToyGame())
