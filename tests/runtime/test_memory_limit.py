"""Weights that come right before they run: the same pixels, in less memory, for as long as one plays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from torch import Tensor

from tests.runtime.packed import write
from tests.support import REPOSITORY, tiny_pack
from worldsdk.errors import DeviceError, PackChecksumError
from worldsdk.models.footprint import model_bytes
from worldsdk.models.streaming import Pool
from worldsdk.packs.manifest import WEIGHTS_NAME
from worldsdk.runtime.world import World, load

LEAST = {"oasis": 1.5, "diamond": 5.0, "diamond-csgo": 3.2}
"""MB that the small model of each family needs at least, rounded up."""


def pool_of(world: World) -> Pool:
    assert world.weights is not None
    return world.weights


def play(world: World, ticks: int) -> list[str]:
    session = world.session(1)
    names = world.controls.names
    return [session.step({names[tick % len(names)]: 1.0}).digest() for tick in range(ticks)]


@pytest.mark.parametrize(
    ("family", "precision"),
    [
        *(("oasis", precision) for precision in ("float32", "bfloat16", "int8", "int4")),
        *(
            (family, precision)
            for family in ("diamond", "diamond-csgo")
            for precision in ("float32", "bfloat16")
        ),
    ],
)
def test_the_same_pixels_within_the_limit(tmp_path: Path, family: str, precision: str) -> None:
    pack = write(tmp_path / "pack", family, precision)
    whole = load(pack, "cpu")
    expected = play(whole, 5)
    for limit in (LEAST[family], 1.2 * LEAST[family]):
        limited = load(pack, "cpu", memory_limit=limit)
        pool = pool_of(limited)
        held = []
        session = limited.session(1)
        for tick, digest in enumerate(expected):
            values = {limited.controls.names[tick % len(limited.controls)]: 1.0}
            assert session.step(values).digest() == digest
            # What there really is: the pool's own count allows for the most there can be.
            held.append(model_bytes(limited.model))
            assert held[-1] <= pool.held <= limit * 1e6
        assert min(held) > 0.3 * limit * 1e6


def test_a_limit_with_room_for_all_lets_everything_stay(tmp_path: Path) -> None:
    pack = write(tmp_path / "pack", "oasis")
    limited = load(pack, "cpu", memory_limit=50.0)
    play(limited, 2)
    before = pool_of(limited).held
    reads: list[str] = []

    class Noted:
        def read(self, name: str, out: Tensor) -> None:
            reads.append(name)

    pool_of(limited)._source = Noted()
    assert play(limited, 2) == play(load(pack, "cpu"), 2)
    assert not reads and pool_of(limited).held == before < 2.6e6


def test_it_stays_flat_for_as_long_as_one_plays(tmp_path: Path) -> None:
    limited = load(write(tmp_path / "pack", "oasis"), "cpu", memory_limit=LEAST["oasis"], rewind_ticks=0)
    session, held = limited.session(), []
    for _ in range(50):
        session.step()
        held.append(pool_of(limited).held)
    assert len(set(held[5:])) == 1


def test_too_little_is_refused_with_what_would_do(tmp_path: Path) -> None:
    pack = write(tmp_path / "pack", "oasis")
    with pytest.raises(DeviceError, match=r"groups of up to 0\.2 MB.*give 2 MB or more"):
        load(pack, "cpu", memory_limit=0.5)
    for bad in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(DeviceError, match="memory limit"):
            load(pack, "cpu", memory_limit=bad)


def test_a_family_without_groups_has_to_fit(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "tiny")
    with pytest.raises(DeviceError, match=r"tiny-test.*no groups"):
        load(pack, "cpu", memory_limit=0.001)
    assert play(load(pack, "cpu", memory_limit=5.0), 2) == play(load(pack, "cpu"), 2)


def test_altered_weights_are_refused_as_ever(tmp_path: Path) -> None:
    pack = write(tmp_path / "pack", "oasis")
    weights = bytearray((pack / WEIGHTS_NAME).read_bytes())
    weights[-5] ^= 1
    (pack / WEIGHTS_NAME).write_bytes(weights)
    with pytest.raises(PackChecksumError, match="altered"):
        load(pack, "cpu", memory_limit=5.0)


_RESIDENT = """
import json, sys, torch
from pathlib import Path
torch.set_num_threads(1)
from tests.models.families import manifest
from worldsdk.models.oasis import OasisModel
from worldsdk.runtime.machine import resident_mb
from worldsdk.runtime.world import load
limit = float(sys.argv[2]) or None
world = load(sys.argv[1], "cpu", memory_limit=limit, rewind_ticks=0)
session = world.session()
held = []
for _ in range(3):
    session.step(steps=1)
    held.append(resident_mb())
print(json.dumps(held))
"""


def test_the_process_is_smaller_by_what_is_not_there(tmp_path: Path) -> None:
    from dataclasses import replace

    from tests.models.families import manifest
    from tests.models.oasis.samples import context, oasis
    from worldsdk.packs import save_pack

    model = oasis(hidden=512, heads=8, depth=4, precision="float32")
    told = replace(manifest("oasis", model), config=model.config.to_json())
    pack = save_pack(tmp_path / "pack", told, model.state_dict(), context(model), {"LICENSE": b"MIT\n"})
    size = sum(p.numel() * p.element_size() for p in model.parameters()) / 1e6
    found = []
    for limit in (0.0, 65.0):
        command = [sys.executable, "-c", _RESIDENT, str(pack), str(limit)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=True)
        found.append(json.loads(done.stdout))
    # Of the weights at most so much is there; what else a process holds is the same for both.
    assert size > 105.0
    assert found[0][-1] - found[1][-1] > 0.6 * (size - 65.0)
    assert found[1][-1] - found[1][0] < 8.0
