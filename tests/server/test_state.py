"""Sessions on disk: they come back whole, or are set aside; never half, never endless."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.security.clocks import Moment
from worldsdk.errors import ServeError, StateError, StorageError
from worldsdk.server.hooks import SavedSeat, SavedSession
from worldsdk.server.state import KEEP_SECONDS, StateFolder, pack, unpack

SAVED = SavedSession(
    session="s1",
    room="main",
    mode="realtime",
    world="ab" * 32,
    snapshot=bytes(range(256)) * 40,
    tick=77,
    paused=False,
    speed=1.5,
    seats=(SavedSeat("player", "c0" * 32, 12, ("d0" * 32,)), SavedSeat("viewer", "", 0)),
    extra={"limit": 30, "name": "é"},
)


def test_a_session_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.save(SAVED)
    folder.save(replace(SAVED, session="s2", tick=5))
    folder.save(replace(SAVED, tick=78))
    folder.close()
    again = StateFolder(tmp_path / "state")
    assert {saved.session: saved.tick for saved in again.load()} == {"s1": 78, "s2": 5}
    assert replace(SAVED, tick=78) in again.load()
    again.remove("s1")
    again.remove("never known")
    assert [saved.session for saved in again.load()] == ["s2"]


def test_files_are_private_and_names_harmless(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.save(replace(SAVED, session="../../evil\x00name"))
    [path] = (tmp_path / "state").glob("*.session")
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert sorted(child.name for child in tmp_path.iterdir()) == ["state"]


def test_a_damaged_file_is_set_aside_and_the_others_come_back(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.save(SAVED)
    [path] = tmp_path.glob("*.session")
    damaged = bytearray(path.read_bytes())
    damaged[-100] ^= 1
    path.write_bytes(damaged)
    folder.save(replace(SAVED, session="s2"))
    (tmp_path / "x.session").write_bytes(b"")
    assert [saved.session for saved in folder.load()] == ["s2"]
    assert len(list(tmp_path.glob("*.damaged"))) == 2
    assert [saved.session for saved in folder.load()] == ["s2"]


@given(st.data())
def test_no_cut_and_no_changed_byte_passes(data: st.DataObject) -> None:
    content = pack(SAVED, 1.0)
    assert unpack(content) == (SAVED, 1.0)
    with pytest.raises(StateError):
        unpack(content[: data.draw(st.integers(0, len(content) - 1))])
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StateError):
        unpack(bytes(changed))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(StateError):
        unpack(content)


def test_another_header_with_a_right_checksum_is_refused() -> None:
    import hashlib

    from worldsdk.server.state import MAGIC

    for header in (b"{}", b"[]", b"{", json.dumps({"saved_at": 1, "seats": [{"x": 1}]}).encode()):
        body = MAGIC + len(header).to_bytes(4, "big") + header
        with pytest.raises(StateError, match="header"):
            unpack(body + hashlib.sha256(body).digest())


def test_only_so_many_are_kept_and_the_oldest_leave(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path, max_sessions=3)
    for number in range(6):
        folder.save(replace(SAVED, session=f"s{number}"))
        for age, path in enumerate(sorted(tmp_path.glob("*.session"), key=lambda p: p.stat().st_mtime_ns)):
            os.utime(path, ns=(age + 10 * number, age + 10 * number))
    assert {saved.session for saved in folder.load()} == {"s3", "s4", "s5"}


def test_what_nobody_came_back_to_is_given_up(tmp_path: Path) -> None:
    now = Moment()
    folder = StateFolder(tmp_path, wall=now)
    folder.save(SAVED)
    now.pass_(KEEP_SECONDS / 2)
    folder.save(replace(SAVED, session="s2"))
    now.pass_(KEEP_SECONDS / 2 + 1)
    assert [saved.session for saved in folder.load()] == ["s2"]
    assert len(list(tmp_path.glob("*.session"))) == 1


def test_newest_first(tmp_path: Path) -> None:
    now = Moment()
    folder = StateFolder(tmp_path, wall=now)
    for name in ("a", "b", "c"):
        folder.save(replace(SAVED, session=name))
        now.pass_(1)
    assert [saved.session for saved in folder.load()] == ["c", "b", "a"]


def test_two_servers_never_share_a_folder(tmp_path: Path) -> None:
    first = StateFolder(tmp_path)
    with pytest.raises(ServeError, match="another server"):
        StateFolder(tmp_path)
    first.close()
    StateFolder(tmp_path).close()


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        StateFolder(tmp_path / "file" / "state")
