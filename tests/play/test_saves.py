import pytest

from worldsdk.errors import PlayError, StorageError
from worldsdk.play.saves import SLOTS, Saves, user_folder


def test_slots_keep_bytes_apart_and_are_replaced_whole(tmp_path):
    saves = Saves("doom-field", tmp_path)
    assert saves.filled() == []
    saves.write(0, b"one")
    saves.write(3, b"two")
    saves.write(0, b"three")
    assert (saves.read(0), saves.read(3), saves.filled()) == (b"three", b"two", [0, 3])
    assert Saves("grid-rooms", tmp_path).filled() == []
    assert not [path for path in saves.folder.iterdir() if path.name.startswith(".")]


def test_an_empty_slot_says_so(tmp_path):
    with pytest.raises(PlayError, match="slot 2 is empty"):
        Saves("w", tmp_path).read(2)


@pytest.mark.parametrize("slot", [-1, len(SLOTS)])
def test_there_are_ten_slots(tmp_path, slot):
    with pytest.raises(PlayError, match="0 to 9"):
        Saves("w", tmp_path).write(slot, b"")


def test_a_world_cannot_name_its_way_out_of_the_folder(tmp_path):
    for name in ("../../etc", "..", "", "a/b", ".hidden"):
        folder = Saves(name, tmp_path).folder
        assert folder.parent == tmp_path / "saves" and not folder.name.startswith(".")


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "saves").write_text("a file where a folder should be")
    saves = Saves("w", tmp_path)
    with pytest.raises(StorageError):
        saves.write(0, b"x")
    assert saves.first_start() and saves.first_start()


def test_the_first_start_happens_once(tmp_path):
    assert Saves("w", tmp_path).first_start()
    assert not Saves("w", tmp_path).first_start()
    assert Saves("other", tmp_path).first_start()


def test_the_user_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLDSDK_HOME", str(tmp_path / "mine"))
    assert user_folder() == tmp_path / "mine"
    monkeypatch.delenv("WORLDSDK_HOME")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert user_folder() == tmp_path / "xdg" / "worldsdk"
