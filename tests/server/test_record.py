from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import tiny_manifest, tiny_model, tiny_pack, tiny_starts
from worldsdk.cli.main import main
from worldsdk.errors import ReplayError, StorageError
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World, load
from worldsdk.server import record
from worldsdk.server.record import SUFFIX, InputLog, LogWriter, header_of
from worldsdk.server.replay import replay, replay_on


@pytest.fixture(scope="module")
def world() -> World:
    model = tiny_model()
    return World(tiny_manifest(), model, tiny_starts(model.spec))


@pytest.fixture
def writer() -> Iterator[LogWriter]:
    writer = LogWriter()
    yield writer
    if writer.alive:
        writer.close()


def begin(session: Session, folder: Path, writer: LogWriter, name: str = "log") -> InputLog:
    return InputLog(folder, name, header_of(session, mode="realtime"), writer)


def play(session: Session, log: InputLog, ticks: int, **controls: float) -> None:
    for _ in range(ticks):
        log.tick(session.step(controls))


def everything(world: World, folder: Path, writer: LogWriter) -> Path:
    """A log of a session that had all that can happen to one."""
    session = world.session(seed=5, start=1)
    log = begin(session, folder, writer)
    play(session, log, 4, forward=1.0)
    session.rewind(2)
    log.rewind(session)
    play(session, log, 3, turn=-3.5)
    session.steps = 4
    log.steps(session)
    play(session, log, 2)
    session.set_state({"x": -40.0})
    play(session, log, 1, forward=1.0)
    session.set_state({"heading": 200.5})
    log.observe(session.observe(np.full((12, 16, 3), 77, dtype=np.uint8), {"forward": 1.0}))
    play(session, log, 2, forward=1.0)
    blob = session.snapshot()
    session.reset(seed=9, start=2)
    log.reset(session)
    play(session, log, 2, turn=8.0)
    session = world.restore(blob)
    log.restore(session)
    play(session, log, 2)
    log.close()
    writer.close()
    return folder / f"log{SUFFIX}"


def test_a_replay_makes_every_frame_again(world: World, tmp_path: Path, writer: LogWriter) -> None:
    path = everything(world, tmp_path, writer)
    report = replay_on(world, path)
    assert report.first is None
    assert report.ticks == len(path.read_text().splitlines()) - 1 == 21
    assert report.exact
    assert not report.cut


def test_a_log_is_replayed_in_the_form_that_it_was_recorded_in(tmp_path: Path, writer: LogWriter) -> None:
    session = load("doom-field", "cpu", variant="64x48").session(seed=3)
    log = begin(session, tmp_path, writer)
    play(session, log, 3, forward=1.0)
    log.close()
    writer.close()
    path = tmp_path / f"log{SUFFIX}"
    assert json.loads(path.read_text().splitlines()[0])["variant"] == "64x48"
    report = replay(path, device="cpu")
    assert report.first is None and report.ticks == 3


def test_the_first_difference_is_named(world: World, tmp_path: Path, writer: LogWriter) -> None:
    path = everything(world, tmp_path, writer)
    lines = path.read_text().splitlines()
    third = json.loads(lines[3])
    recorded = third["digest"]
    third["controls"] = {"turn": 1.0}
    lines[3] = json.dumps(third)
    path.write_text("\n".join(lines) + "\n")
    report = replay_on(world, path)
    assert report.first is not None
    assert (report.first.line, report.first.tick) == (4, 3)
    assert report.first.recorded == recorded != report.first.made


def test_a_log_may_begin_anywhere(world: World, tmp_path: Path, writer: LogWriter) -> None:
    session = world.session(seed=3)
    for _ in range(7):
        session.step({"forward": 1.0})
    log = begin(session, tmp_path, writer)
    play(session, log, 2)
    # Further back than the log knows: it takes the moment itself along.
    session.rewind(5)
    log.rewind(session)
    play(session, log, 2, turn=2.0)
    session.rewind(1)
    log.rewind(session)
    play(session, log, 1)
    log.close()
    writer.close()
    report = replay_on(world, tmp_path / log.name)
    assert report.first is None
    assert report.ticks == 7


def test_a_session_from_given_frames_is_replayed(world: World, tmp_path: Path, writer: LogWriter) -> None:
    session = world.session(seed=3, frames=np.full((3, 12, 16, 3), 200, dtype=np.uint8))
    log = begin(session, tmp_path, writer)
    play(session, log, 2)
    session.reset(seed=4)
    log.reset(session)
    play(session, log, 2)
    log.close()
    writer.close()
    assert replay_on(world, tmp_path / log.name).first is None


def test_variables_that_were_set_are_in_the_line_of_their_tick(
    world: World, tmp_path: Path, writer: LogWriter
) -> None:
    session = world.session(seed=5)
    log = begin(session, tmp_path, writer)
    play(session, log, 1)
    session.set_state({"x": 12.5})
    play(session, log, 2)
    log.close()
    writer.close()
    path = tmp_path / f"log{SUFFIX}"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line.get("given") for line in lines[1:]] == [None, {"x": 12.5}, None]
    assert replay_on(world, path).first is None
    # Without it the world is elsewhere from there on.
    del lines[2]["given"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    first = replay_on(world, path).first
    assert first is not None
    assert first.tick == 2


def test_a_line_that_was_being_written_is_left_out(world: World, tmp_path: Path, writer: LogWriter) -> None:
    path = everything(world, tmp_path, writer)
    path.write_bytes(path.read_bytes()[:-30])
    report = replay_on(world, path)
    assert report.cut
    assert report.first is None
    assert report.ticks == 20


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (1, "[]"),
        (1, '{"log": 99}'),
        (2, "no json"),
        (2, "[1]"),
        (2, '{"event": "dance"}'),
        (2, '{"tick": 1}'),
        (2, '{"controls": {"fly": 1}, "planned": 1, "taken": 1, "digest": ""}'),
        (2, '{"controls": {}, "planned": 99, "taken": 1, "digest": ""}'),
        (2, '{"controls": {}, "planned": true, "taken": 1, "digest": ""}'),
        (2, '{"event": "restore", "snapshot": "!!"}'),
        (2, '{"event": "restore", "snapshot": "aaaa"}'),
        (2, '{"event": "rewind", "tick": 400}'),
        (2, '{"event": "observe", "pixels": "aaaa", "controls": {}}'),
        (2, '{"controls": {}, "planned": 1, "taken": 1, "given": [1], "digest": ""}'),
        (2, '{"controls": {}, "planned": 1, "taken": 1, "given": {"y": 1.0}, "digest": ""}'),
        (2, '{"controls": {}, "planned": 1, "taken": 1, "given": {"x": "far"}, "digest": ""}'),
        (2, '{"event": "reset", "seed": -1, "start": 0}'),
        (2, '{"event": "reset", "seed": 1, "start": "x"}'),
        (2, "[" * 100_000),
    ],
)
def test_a_damaged_log_is_refused(
    world: World, tmp_path: Path, writer: LogWriter, line: int, text: str
) -> None:
    path = everything(world, tmp_path, writer)
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ReplayError):
        replay_on(world, path)


def test_a_log_of_another_world_is_refused(world: World, tmp_path: Path, writer: LogWriter) -> None:
    path = everything(world, tmp_path, writer)
    model = tiny_model()
    other = World(tiny_manifest(version="2.0"), model, tiny_starts(model.spec))
    with pytest.raises(ReplayError, match="was recorded in the pack"):
        replay_on(other, path)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\n"])
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "log"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReplayError):
        replay(path)


def test_a_log_that_exists_is_not_written_over(world: World, tmp_path: Path, writer: LogWriter) -> None:
    session = world.session()
    begin(session, tmp_path, writer)
    with pytest.raises(StorageError):
        begin(session, tmp_path, writer)


def test_a_disk_that_is_too_far_behind_ends_the_log_and_nothing_else(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MOST_WAITING", 4)
    free = threading.Event()

    class Stuck(InputLog):
        def write(self, line: Any) -> None:
            assert free.wait(10)
            super().write(line)

    told: list[tuple[str, str]] = []
    writer = LogWriter(lambda name, why: told.append((name, why)))
    session = world.session()
    log = Stuck(tmp_path, "log", header_of(session, mode="realtime"), writer)
    play(session, log, 20)
    assert log.broken
    assert told == [(log.name, "the disk is too far behind")]
    free.set()
    writer.close()
    report = replay_on(world, tmp_path / log.name)
    assert report.first is None
    # All that was taken is there: the header and what fitted behind it.
    assert 3 <= report.ticks < 20


def test_a_full_disk_is_told(world: World, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    writer = LogWriter(lambda name, why: told.append((name, why)))

    class Full(InputLog):
        def write(self, line: Any) -> None:
            raise OSError(28, "No space left on device")

    log = Full(tmp_path, "log", header_of(world.session(), mode="realtime"), writer)
    writer.close()
    assert log.broken
    assert told == [(log.name, "No space left on device")]


def test_the_command_tells_by_its_exit_code(
    tmp_path: Path, writer: LogWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tiny_pack(tmp_path / "pack")
    path = everything(load(pack, "cpu"), tmp_path, writer)
    assert main(["replay", str(path), "--world", str(pack), "--device", "cpu"]) == 0
    assert "every one the same" in capsys.readouterr().out
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace('"digest":"', '"digest":"00')
    path.write_text("\n".join(lines) + "\n")
    assert main(["replay", str(path), "--world", str(pack), "--device", "cpu"]) == 1
    assert "line 3, tick 2: the frame differs" in capsys.readouterr().out
    assert main(["replay", str(tmp_path / "nothing")]) == 2
