"""Snapshots: exact continuation, here and in another process; everything else refused by name."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save

from tests.support import tiny_manifest, tiny_model, tiny_pack, tiny_starts
from worldsdk.errors import (
    SessionError,
    SnapshotChecksumError,
    SnapshotError,
    SnapshotVersionError,
    SnapshotWorldError,
)
from worldsdk.runtime import snapshot
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World
from worldsdk.runtime.world import load as load_world

HEAD = 42


def played(world: World, ticks: int = 5) -> Session:
    session = world.session(seed=2**63 + 7, start=1)
    for _ in range(ticks):
        session.step({"forward": 1, "turn": 2.5})
    return session


def resealed(blob: bytes, body: bytes) -> bytes:
    """A forged snapshot: another body under a right checksum."""
    return blob[:10] + hashlib.sha256(body).digest() + body


def with_meta(blob: bytes, **changes: object) -> bytes:
    body = blob[HEAD:]
    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
    meta = json.loads(header["__metadata__"]["session"]) | changes
    return resealed(blob, save(load(body), metadata={"session": json.dumps(meta)}))


@pytest.mark.parametrize("ticks", [0, 1, 5])
def test_what_is_restored_goes_on_bit_for_bit(world: World, ticks: int) -> None:
    session = played(world, ticks)
    again = world.restore(session.snapshot())
    assert (again.seed, again.start, again.tick, again.steps) == (2**63 + 7, 1, ticks, 2)
    assert again.frame.digest() == session.frame.digest()
    assert again.frame.controls == session.frame.controls
    assert again.snapshot() == session.snapshot()
    for values in ({"turn": -8.0}, {}, {"forward": 1}):
        assert again.step(values).digest() == session.step(values).digest()


def test_it_holds_as_well_in_another_process(tmp_path: Path, tiny_family: dict[str, str]) -> None:
    folder = tiny_pack(tmp_path / "tiny")
    session = played(load_world(folder, "cpu"))
    (tmp_path / "blob").write_bytes(session.snapshot())
    code = (
        "import sys, worldsdk; from pathlib import Path; w = worldsdk.load(sys.argv[1], 'cpu'); "
        "s = w.restore(Path(sys.argv[2]).read_bytes()); "
        "[print(s.step({'turn': t}).digest()) for t in (1.0, -3.0, 0.0)]"
    )
    environment = {**os.environ, **tiny_family, "WORLDSDK_THREADS": str(torch.get_num_threads())}
    command = [sys.executable, "-c", code, str(folder), str(tmp_path / "blob")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == [session.step({"turn": t}).digest() for t in (1.0, -3.0, 0.0)]


def test_the_moment_of_the_snapshot_is_as_far_back_as_it_goes(world: World) -> None:
    again = world.restore(played(world).snapshot())
    again.step({})
    assert again.rewind(1).tick == 5
    with pytest.raises(SessionError, match="give 0 to 0"):
        again.rewind(1)
    assert again.reset().tick == 0


def test_given_frames_are_not_kept_for_a_reset(world: World) -> None:
    frames = world.context(2).pixels[0].numpy()
    again = world.restore(world.session(frames=frames).snapshot())
    assert again.start is None
    with pytest.raises(SessionError, match="give start="):
        again.reset()
    assert again.reset(start=1).tick == 0


def test_memory_layout_survives(world: World) -> None:
    # Kernels may differ with the layout of what they are given, so it belongs to the state.
    session = played(world)
    state = dict(session._moment.state)
    frames = state["frames"]
    state["frames"] = frames.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
    state["pose"] = torch.cat([state["pose"], state["pose"]], 1)[:, ::2]
    session._moment = session._moment._replace(memory=state)
    again = world.restore(session.snapshot())._moment.state
    assert torch.equal(again["frames"], frames)
    assert again["frames"].stride() == state["frames"].stride() != frames.stride()
    assert torch.equal(again["pose"], state["pose"]) and again["pose"].is_contiguous()


@given(data=st.data())
def test_any_flipped_byte_is_refused(world: World, data: st.DataObject) -> None:
    good = played(world, 1).snapshot()
    place = data.draw(st.one_of(st.integers(0, HEAD + 20), st.integers(0, len(good) - 1)))
    flip = data.draw(st.integers(1, 255))
    bad = good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :]
    with pytest.raises(SnapshotError) as refusal:
        world.restore(bad)
    wanted = SnapshotError if place < 8 else SnapshotVersionError if place < 10 else SnapshotChecksumError
    assert type(refusal.value) is wanted


@given(data=st.data())
def test_any_cut_or_added_byte_is_refused(world: World, data: st.DataObject) -> None:
    good = played(world, 1).snapshot()
    with pytest.raises(SnapshotError):
        world.restore(good[: data.draw(st.integers(0, len(good) - 1))])
    with pytest.raises(SnapshotChecksumError):
        world.restore(good + data.draw(st.binary(min_size=1, max_size=9)))


@pytest.mark.parametrize("junk", [b"", b"\x80\x04\x95pickle", b"WSDKSNAP", None, "text", 5])
def test_what_is_no_snapshot_is_refused(world: World, junk: bytes) -> None:
    with pytest.raises(SnapshotError):
        world.restore(junk)


def test_another_version_is_named(world: World) -> None:
    blob = played(world).snapshot()
    with pytest.raises(SnapshotVersionError, match=r"version 2.*reads version 1"):
        world.restore(blob[:8] + b"\x02\x00" + blob[10:])


def test_another_pack_is_named(world: World) -> None:
    model = tiny_model()
    other = World(tiny_manifest(version="2.0"), model, tiny_starts(model.spec))
    with pytest.raises(SnapshotWorldError, match=world.digest[:12]):
        other.restore(played(world).snapshot())


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": -1},
        {"tick": -1},
        {"tick": 1 << 64},
        {"seed": "x"},
        {"start": 99},
        {"steps": 99},
        {"controls": {"jump": 1}},
        {"controls": [1]},
        {"variables": None},
        {"strides": {}},
        {"strides": {"frames": [1, 1, 1, 1, 1], "pose": [3, 1]}},
        {"strides": {"frames": [1728, 576, 192, 16, 1], "pose": [3, -1]}},
        {"strides": {"frames": [1728, 576, 192, 16, 1], "pose": [1]}},
    ],
)
def test_a_forged_body_is_refused_all_the_same(world: World, changes: dict[str, object]) -> None:
    blob = played(world).snapshot()
    assert world.restore(with_meta(blob)).tick == 5
    with pytest.raises(SnapshotError):
        world.restore(with_meta(blob, **changes))


def test_forged_tensors_are_refused(world: World) -> None:
    blob = played(world).snapshot()
    body = blob[HEAD:]
    header = json.loads(body[8 : 8 + int.from_bytes(body[:8], "little")])
    tensors = load(body)
    nan = tensors["state.pose"] * torch.nan
    for name, forged in (
        ("state.pose", tensors["state.pose"].double()),
        ("state.pose", tensors["state.pose"][:, :2]),
        ("state.pose", nan),
        ("state.other", tensors["state.pose"]),
        ("frame.pixels", tensors["frame.pixels"].float()),
        ("frame.pixels", tensors["frame.pixels"][:5]),
    ):
        content = save({**tensors, name: forged.clone().contiguous()}, metadata=header["__metadata__"])
        with pytest.raises(SnapshotError):
            world.restore(resealed(blob, content))
    for content in (b"junk", save(tensors), save(tensors, metadata={"session": "{"})):
        with pytest.raises(SnapshotError, match="malformed"):
            world.restore(resealed(blob, content))


def test_it_is_no_larger_than_what_it_holds(world: World) -> None:
    session = played(world)
    assert len(session.snapshot()) < session._moment.bytes + 4096
    assert snapshot.VERSION == 1
