from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.toys import toy_dataset
from worldsdk.data.reader import Column, Dataset, is_held_out
from worldsdk.errors import DatasetError, ShardError

SHARDS = [[5, 9, 2], [16], [1, 1, 12]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    toy_dataset(tmp_path, SHARDS)
    return tmp_path


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    cut=st.slices(40),
    picks=st.lists(st.integers(-100, 100), max_size=20),
)
def test_a_column_is_its_shards_end_to_end(lengths: list[int], cut: slice, picks: list[int]) -> None:
    parts = [np.arange(n * 2, dtype=np.int32).reshape(n, 2) + 100 * i for i, n in enumerate(lengths)]
    whole = np.concatenate(parts)
    column = Column(parts, np.dtype(np.int32), (2,))
    assert column.shape == whole.shape
    np.testing.assert_array_equal(np.asarray(column), whole)
    np.testing.assert_array_equal(column[cut], whole[cut])
    index = np.array([pick % len(whole) - (len(whole) if pick < 0 else 0) for pick in picks], np.int64)
    np.testing.assert_array_equal(column[index], whole[index])
    np.testing.assert_array_equal(column[-1], whole[-1])


def test_a_column_refuses_frames_it_does_not_have() -> None:
    column = Column([np.zeros((3, 2), np.uint8)], np.dtype(np.uint8), (2,))
    for index in (3, -4, np.array([0, 3]), np.array([-4])):
        with pytest.raises(IndexError):
            column[index]
    with pytest.raises(IndexError, match="integers"):
        column[np.array([True, False, True])]
    assert column[np.zeros((0,), np.int64)].shape == (0, 2)
    assert column[np.array([[0, 1], [2, 0]])].shape == (2, 2, 2)


def test_dataset_is_all_shards_in_order(tmp_path: Path) -> None:
    written = toy_dataset(tmp_path, SHARDS)
    dataset = Dataset.open(tmp_path, verify="sha256")
    assert len(dataset) == 46
    for name in ("pixels", "controls", "variables", "reward", "ended", "episode"):
        expected = np.concatenate([arrays[name] for arrays in written])
        np.testing.assert_array_equal(getattr(dataset, name)[:], expected)
    np.testing.assert_array_equal(
        dataset.layers["depth"][10:30], np.concatenate([arrays["depth"] for arrays in written])[10:30]
    )
    assert dataset.episode_starts.tolist() == [0, 5, 14, 16, 32, 33, 34]
    assert [len(episode) for episode in dataset.episodes] == [5, 9, 2, 16, 1, 1, 12]
    assert [episode.seed for episode in dataset.episodes] == list(range(7))


@settings(max_examples=30)
@given(
    length=st.integers(1, 20), stride=st.integers(1, 5), split=st.sampled_from(["all", "train", "held_out"])
)
def test_windows_lie_within_one_episode_of_their_split(
    tmp_path_factory: pytest.TempPathFactory, length: int, stride: int, split: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "windows"
    if not folder.exists():
        toy_dataset(folder, SHARDS)
    dataset = Dataset.open(folder, held_out=0.4)
    ids = dataset.episode[:]
    starts = dataset.windows(length, split, stride)  # type: ignore[arg-type]
    for start in starts:
        assert len(set(ids[start : start + length])) == 1
        assert len(ids[start : start + length]) == length
    expected = sum(-(-max(len(e) - length + 1, 0) // stride) for e in dataset.split(split))  # type: ignore[arg-type]
    assert len(starts) == expected
    assert sorted(set(starts.tolist())) == starts.tolist()


def test_train_and_held_out_share_no_episode_and_miss_none(folder: Path) -> None:
    dataset = Dataset.open(folder, held_out=0.4)
    train, held = dataset.split("train"), dataset.split("held_out")
    assert sorted(e.id for e in train + held) == [e.id for e in dataset.episodes]
    assert not {e.id for e in train} & {e.id for e in held}
    assert not Dataset.open(folder, held_out=0.0).split("held_out")
    assert not Dataset.open(folder, held_out=1.0).split("train")


def test_the_held_out_part_is_about_as_large_as_asked_and_grows_with_it() -> None:
    chosen = {part: {e for e in range(4000) if is_held_out(e, part)} for part in (0.05, 0.2)}
    assert chosen[0.05] < chosen[0.2]
    assert 120 < len(chosen[0.05]) < 280
    assert 700 < len(chosen[0.2]) < 900


@pytest.mark.parametrize("damage", ["short", "gone", "altered"])
def test_a_damaged_shard_is_named_and_the_rest_is_usable(tmp_path: Path, damage: str) -> None:
    written = toy_dataset(tmp_path, SHARDS)
    path = tmp_path / "shard-00001.safetensors"
    blob = path.read_bytes()
    if damage == "short":
        path.write_bytes(blob[: len(blob) // 2])
    elif damage == "gone":
        path.unlink()
    else:
        path.write_bytes(blob[:-1] + bytes([blob[-1] ^ 255]))
    with pytest.warns(UserWarning, match=r"shard-00001\.safetensors"):
        dataset = Dataset.open(tmp_path, verify="sha256")
    assert len(dataset) == 30
    np.testing.assert_array_equal(
        dataset.pixels[:], np.concatenate([written[0]["pixels"], written[2]["pixels"]])
    )
    assert dataset.episode_starts.tolist() == [0, 5, 14, 16, 17, 18]
    assert "shard-00001" in str(dataset.damaged[0])
    with pytest.raises(ShardError):
        Dataset.open(tmp_path, verify="sha256", strict=True)


def test_a_shard_with_other_episodes_than_listed_is_left_out(folder: Path) -> None:
    index = folder / "index.jsonl"
    index.write_text(index.read_text().replace('"episodes":[0,1,2]', '"episodes":[0,1,9]'))
    with pytest.warns(UserWarning, match="episodes"):
        assert len(Dataset.open(folder)) == 30


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[4]])
    (tmp_path / "shard-00000.safetensors").unlink()
    with pytest.raises(DatasetError, match="no usable shard"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Dataset.open(tmp_path)


def test_bad_questions_are_refused(folder: Path) -> None:
    dataset = Dataset.open(folder)
    with pytest.raises(DatasetError, match="verify"):
        Dataset.open(folder, verify="no")  # type: ignore[arg-type]
    with pytest.raises(DatasetError, match="held_out"):
        Dataset.open(folder, held_out=1.5)
    with pytest.raises(DatasetError, match="split"):
        dataset.split("test")  # type: ignore[arg-type]
    with pytest.raises(DatasetError, match="length"):
        dataset.windows(0)
