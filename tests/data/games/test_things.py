"""Rows of objects: kept while the object is there, never handed on at once; and as the engine has them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldsdk.data.games.catalogue import make_policy
from worldsdk.data.games.doom import DoomGame
from worldsdk.data.games.game import Observation
from worldsdk.data.games.things import COLUMNS, SLOTS, Thing, ThingSlots

KIND, X, Y, Z, ANGLE, ID = range(len(COLUMNS))
MEDKIT = 1


def thing(number: int, x: float = 0.0, kind: int = 1) -> Thing:
    return Thing(number, kind, x, 0.0, 0.0, 0.0)


def rows(table: np.ndarray) -> dict[int, int]:
    """Row -> id of the object in it."""
    return {int(row): int(table[row, ID]) for row in np.flatnonzero(table[:, KIND])}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sets(st.integers(0, 50), max_size=45), min_size=1, max_size=20))
def test_rows_are_kept_and_rest_a_frame_between_two_objects(frames: list[set[int]]) -> None:
    slots = ThingSlots()
    before: dict[int, int] = {}
    for number, ids in enumerate(frames):
        table = slots.update([thing(i, float(i)) for i in ids], 0.0, 0.0)
        now = rows(table)
        assert set(now.values()) <= ids
        assert len(set(now.values())) == len(now)
        for row, one in before.items():
            if one in ids:
                assert now[row] == one
            else:
                assert row not in now and not table[row].any()
        free = SLOTS - len(before) if number else SLOTS
        added = set(now.values()) - set(before.values())
        waiting = ids - set(before.values())
        # The nearest of those without a row, as many as there were free rows.
        assert added == set(sorted(waiting)[:free])
        before = now


def test_the_farthest_wait_until_a_row_was_free_for_a_frame() -> None:
    slots = ThingSlots()
    crowd = [thing(i, float(i)) for i in range(SLOTS + 2)]
    assert set(rows(slots.update(crowd, 0.0, 0.0)).values()) == set(range(SLOTS))
    gone = crowd[1:]
    assert len(rows(slots.update(gone, 0.0, 0.0))) == SLOTS - 1
    # By now the player stands at the other end: the last is the nearest.
    assert SLOTS + 1 in rows(slots.update(gone, 1000.0, 0.0)).values()


def test_an_object_that_becomes_another_kind_is_another_object() -> None:
    slots = ThingSlots()
    first = rows(slots.update([thing(4, kind=1)], 0.0, 0.0))
    table = slots.update([thing(4, kind=2)], 0.0, 0.0)
    assert list(rows(table)) != list(first)
    assert table[:, KIND].max() == 2


def test_a_reset_frees_all_rows() -> None:
    slots = ThingSlots()
    slots.update([thing(i) for i in range(SLOTS)], 0.0, 0.0)
    slots.reset()
    assert list(rows(slots.update([thing(99)], 0.0, 0.0))) == [0]


def test_angles_are_brought_into_a_turn() -> None:
    table = ThingSlots().update([Thing(1, 1, 0.0, 0.0, 0.0, -90.0)], 0.0, 0.0)
    assert table[0, ANGLE] == 270.0


@pytest.fixture(scope="module")
def field() -> Iterator[DoomGame]:
    pytest.importorskip("vizdoom")
    game = DoomGame("doom-field")
    yield game
    game.close()


@pytest.fixture(scope="module")
def arena() -> Iterator[DoomGame]:
    pytest.importorskip("vizdoom")
    game = DoomGame("doom-arena")
    yield game
    game.close()


def play(game: DoomGame, seed: int, ticks: int) -> Iterator[tuple[Observation, dict[int, tuple[float, ...]]]]:
    """Scripted play: each observation, and the engine's own objects of the recorded kinds, by id."""
    policy = make_policy("explore", game.info.game, game)
    policy.reset(np.random.default_rng(seed))
    kinds = {name: i for i, name in enumerate(game.info.layers[-1].classes)}
    observation = game.reset(seed)
    for _ in range(ticks):
        state = game._game.get_state()
        yield (
            observation,
            {
                o.id: (kinds[o.name], o.position_x, o.position_y, o.position_z, o.angle, o.id)
                for o in state.objects
                if o.name in kinds
            },
        )
        observation = game.step(policy.act(observation))
        if observation.ended:
            return


def test_what_is_declared(field: DoomGame, arena: DoomGame) -> None:
    for game, kinds in ((field, ("Medikit",)), (arena, ("Demon", "MarineChainsawVzd"))):
        layer = game.info.layers[-1]
        assert (layer.name, layer.dtype, layer.shape, layer.unit) == ("things", "float32", (32, 6), "thing")
        assert layer.classes == ("none", *kinds)
        table = game.reset(1).layers["things"]
        assert table.dtype == np.float32 and table.shape == (32, 6)
        assert layer.low <= table[:, X : Z + 1].min() and table[:, X : Z + 1].max() <= layer.high


def test_other_scenarios_have_none() -> None:
    pytest.importorskip("vizdoom")
    maze = DoomGame("doom-maze")
    try:
        assert [layer.name for layer in maze.info.layers] == ["depth", "labels"]
        assert set(maze.reset(0).layers) == {"depth", "labels"}
    finally:
        maze.close()


@pytest.mark.parametrize("name", ["field", "arena"])
def test_places_are_the_engine_s_and_rows_are_kept(name: str, request: pytest.FixtureRequest) -> None:
    game: DoomGame = request.getfixturevalue(name)
    before: dict[int, int] = {}
    kinds_seen = set()
    for observation, truth in play(game, 5, 300):
        table = observation.layers["things"]
        now = rows(table)
        # Few enough for all to have a row, except in the frame in which one waits for its row to rest.
        assert set(now.values()) <= set(truth) and len(now) >= min(len(truth), SLOTS) - 1
        for row, one in now.items():
            assert np.allclose(table[row], truth[one], atol=1e-3)
            kinds_seen.add(int(table[row, KIND]))
        for row, one in before.items():
            assert now.get(row) == (one if one in truth else None)
        before = now
    assert kinds_seen == set(range(1, len(game.info.layers[-1].classes)))


def test_a_medkit_that_is_picked_up_leaves_its_row_empty(field: DoomGame) -> None:
    health = [variable.name for variable in field.info.variables].index("health")
    picked = 0
    last: Observation | None = None
    for observation, _ in play(field, 2, 500):
        if last is not None and observation.variables[health] > last.variables[health]:
            was, now = last.layers["things"], observation.layers["things"]
            gone = [row for row, one in rows(was).items() if rows(now).get(row) != one]
            near = [
                row for row in gone if np.abs(was[row, X : Y + 1] - observation.variables[:2]).max() < 48.0
            ]
            assert near and not now[near].any()
            picked += 1
        last = observation
    assert picked > 0
