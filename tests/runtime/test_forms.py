"""A world in another form: loaded by name, and not to be mistaken for the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.packed import write
from tests.support import tiny_pack
from worldsdk.errors import PackError, SnapshotWorldError
from worldsdk.runtime.world import load


def test_a_form_of_another_config_is_another_world_to_snapshots(tmp_path: Path) -> None:
    pack = write(tmp_path / "pack", "oasis", "float32")
    plain, sliding = load(pack, "cpu"), load(pack, "cpu", variant="sliding+sliding-8bit")
    session = sliding.session(3)
    session.step()
    saved = session.snapshot()
    with pytest.raises(SnapshotWorldError):
        plain.restore(saved)
    again = load(pack, "cpu", variant="sliding+sliding-8bit").restore(saved)
    assert [again.step().digest() for _ in range(6)] == [session.step().digest() for _ in range(6)]


def test_a_form_made_ready_otherwise_is_the_same_world(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "tiny")
    plain, exact = load(pack, "cpu"), load(pack, "cpu", variant="float32")
    assert plain.digest == exact.digest
    assert exact.restore(plain.session().snapshot()).tick == 0


def test_what_there_is_not_is_refused_by_name(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "tiny")
    with pytest.raises(PackError, match="no variant 'sliding'"):
        load(pack, "cpu", variant="sliding")
    with pytest.raises(PackError, match="cannot be had"):
        load(pack, "cpu", variant="int4")
