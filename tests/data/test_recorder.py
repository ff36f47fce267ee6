from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.toys import SPEC, ToyGame, ToyPolicy
from worldsdk.controls import Controls
from worldsdk.data import recorder
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.policy import PolicyDone
from worldsdk.data.reader import Dataset
from worldsdk.data.recorder import RecordPlan, record
from worldsdk.errors import RecordError


@pytest.fixture
def game(monkeypatch: pytest.MonkeyPatch) -> ToyGame:
    return use(monkeypatch, ToyGame())


def use(monkeypatch: pytest.MonkeyPatch, game: ToyGame) -> ToyGame:
    monkeypatch.setattr(recorder, "open_game", lambda name, width, height: game)
    monkeypatch.setattr(recorder, "make_policy", lambda kind, name, game: ToyPolicy())
    return game


def plan(**changes: int) -> RecordPlan:
    return RecordPlan("toy", 8, 6, **{"seed": 5, "shard_frames": 64, **changes})


def digest(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*"))}


def test_each_row_is_what_its_controls_led_to(game: ToyGame, tmp_path: Path) -> None:
    record(plan(), tmp_path, 200)
    dataset = Dataset.open(tmp_path)
    assert len(dataset) == 200
    assert game.closed
    for episode in dataset.episodes:
        rows = slice(episode.start, episode.stop)
        x, heading = dataset.variables[rows].T
        forward = dataset.controls[rows][:, 0]
        turn = dataset.controls[rows][:, 1] * 8.0
        assert not dataset.controls[episode.start].any()
        np.testing.assert_allclose(np.diff(x), forward[1:])
        np.testing.assert_allclose((np.diff(heading) + 180) % 360 - 180, turn[1:], atol=1e-4)
        np.testing.assert_array_equal(dataset.pixels[rows][:, 0, 0, 0], x.astype(np.uint8))
        np.testing.assert_array_equal(dataset.layers["depth"][rows][:, 0, 0], x.astype(np.float16))
        np.testing.assert_array_equal(dataset.reward[rows], forward)
        assert heading[0] == episode.seed % 360


def test_ended_marks_real_ends_only(game: ToyGame, tmp_path: Path) -> None:
    record(plan(), tmp_path, 200)
    dataset = Dataset.open(tmp_path)
    for episode in dataset.episodes:
        life = 20 + episode.seed % 3
        ended = dataset.ended[episode.start : episode.stop]
        # An episode that the shard's end cut off is not over.
        assert ended.tolist() == [0] * (len(episode) - 1) + [int(len(episode) == life + 1)]
    assert 0 < int(dataset.ended[:].sum()) < len(dataset.episodes)


def test_an_end_without_a_picture_belongs_to_the_last_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, ToyGame(draws_end=False))
    record(plan(), tmp_path, 64)
    dataset = Dataset.open(tmp_path)
    first = dataset.episodes[0]
    assert len(first) == 20 + first.seed % 3
    assert dataset.ended[first.stop - 1] == 1
    # x counts forward steps: the missing tick's reward is the surplus over them.
    total = float(dataset.reward[first.start : first.stop].sum())
    assert total - float(dataset.variables[first.stop - 1][0]) in (0.0, 1.0)


def test_episodes_are_cut_at_the_longest_allowed(game: ToyGame, tmp_path: Path) -> None:
    record(plan(episode_ticks=7), tmp_path, 64)
    dataset = Dataset.open(tmp_path)
    assert [len(e) for e in dataset.episodes] == [7] * 9 + [1]
    assert not dataset.ended[:].any()


def test_warm_up_moves_the_first_recorded_moment(game: ToyGame, tmp_path: Path) -> None:
    record(plan(warm_up_ticks=15), tmp_path, 300)
    dataset = Dataset.open(tmp_path)
    starts = dataset.variables[dataset.episode_starts][:, 0]
    assert len(set(starts.tolist())) > 3
    assert not dataset.reward[dataset.episode_starts].any()


def test_stopping_and_resuming_changes_no_byte(game: ToyGame, tmp_path: Path) -> None:
    record(plan(), tmp_path / "whole", 200)
    count = 0

    def interrupt(frames: int) -> None:
        nonlocal count
        count += frames
        if count > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(plan(), tmp_path / "parts", 200, progress=interrupt)
    assert len(Dataset.open(tmp_path / "parts")) == 64
    record(plan(), tmp_path / "parts", 200, resume=True)
    assert digest(tmp_path / "parts") == digest(tmp_path / "whole")
    index = [(tmp_path / name / "index.jsonl").read_text() for name in ("parts", "whole")]
    assert index[0] == index[1]


def test_another_seed_plays_other_episodes(game: ToyGame, tmp_path: Path) -> None:
    record(plan(), tmp_path / "a", 64)
    record(plan(seed=6), tmp_path / "b", 64)
    assert digest(tmp_path / "a") != digest(tmp_path / "b")


def test_resuming_with_more_frames_goes_on_after_the_short_last_shard(game: ToyGame, tmp_path: Path) -> None:
    record(plan(), tmp_path, 100)
    before = digest(tmp_path)
    record(plan(), tmp_path, 150, resume=True)
    dataset = Dataset.open(tmp_path)
    assert len(dataset) == 150
    assert {name: digest(tmp_path)[name] for name in before} == before
    assert len({e.id for e in dataset.episodes}) == len(dataset.episodes)
    record(plan(), tmp_path, 120, resume=True)
    assert len(Dataset.open(tmp_path)) == 150


def test_a_hole_left_by_a_lost_shard_is_filled_with_the_same(game: ToyGame, tmp_path: Path) -> None:
    record(plan(), tmp_path, 192)
    before = digest(tmp_path)
    index = tmp_path / "index.jsonl"
    lines = index.read_text().splitlines(keepends=True)
    index.write_text(lines[0] + lines[2])
    (tmp_path / "shard-00001.safetensors").unlink()
    record(plan(), tmp_path, 192, resume=True)
    assert digest(tmp_path) == before


class LeavesAfter(ToyPolicy):
    def __init__(self, ticks: int) -> None:
        self.ticks = ticks

    def act(self, observation: Observation) -> Controls:
        self.ticks -= 1
        if self.ticks < 0:
            raise PolicyDone
        return SPEC.rest


def test_a_player_who_leaves_keeps_what_was_played(game: ToyGame, tmp_path: Path) -> None:
    writer = record(plan(), tmp_path, 500, policy=lambda game: LeavesAfter(90))
    dataset = Dataset.open(tmp_path)
    assert len(dataset) == writer.frames
    # 90 ticks, and one more frame for the start of each episode.
    assert len(dataset) == 90 + len(dataset.episodes)
    assert game.closed


def test_a_player_who_leaves_at_once_records_nothing_but_a_start(game: ToyGame, tmp_path: Path) -> None:
    assert record(plan(), tmp_path / "none", 50, policy=lambda game: LeavesAfter(0)).frames == 1
    warm = plan(warm_up_ticks=40)
    assert record(warm, tmp_path / "warm", 50, policy=lambda game: LeavesAfter(0)).frames == 0


def test_a_game_that_is_always_over_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, ToyGame(life=-5))
    with pytest.raises(RecordError, match="in a row"):
        record(plan(), tmp_path, 50)


@pytest.mark.parametrize(
    "change", [{"seed": -1}, {"episode_ticks": 1}, {"warm_up_ticks": -1}, {"shard_frames": 0}]
)
def test_impossible_plans_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(RecordError, match=next(iter(change))):
        plan(**change)


def test_impossible_requests_are_refused(game: ToyGame, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="at least 1"):
        record(plan(), tmp_path, 0)
    with pytest.raises(RecordError, match="at least 1"):
        record(plan(), tmp_path, 10, workers=0)
    with pytest.raises(RecordError, match="one player"):
        record(plan(), tmp_path, 10, workers=2, policy=lambda game: LeavesAfter(3))
    assert not list(tmp_path.iterdir())


def test_several_workers_record_the_same_bytes_as_one(tmp_path: Path) -> None:
    pytest.importorskip("minigrid")
    grid = RecordPlan.usual("minigrid", seed=3, shard_frames=60)
    record(grid, tmp_path / "one", 150)
    seen: list[int] = []
    record(grid, tmp_path / "two", 150, workers=2, progress=seen.append)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert sum(seen) == 150
    assert len(Dataset.open(tmp_path / "two", verify="sha256")) == 150
