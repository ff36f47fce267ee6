"""``worldsdk eval`` on a small pack and a small dataset, and its agreement with a session played by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.end_to_end.program import run
from tests.support import CONTROLS, install_tiny_family, tiny_model, tiny_pack
from worldsdk.data.format import DatasetInfo
from worldsdk.data.writer import DatasetWriter
from worldsdk.evaluation.metrics import psnr
from worldsdk.packs import open_pack

SPEC = tiny_model().spec
TICKS, EPISODES = 40, 4


def write_dataset(folder: Path) -> dict[str, np.ndarray]:
    """Four episodes of slowly changing noise under random controls."""
    info = DatasetInfo(
        game="noise",
        height=SPEC.height,
        width=SPEC.width,
        controls=CONTROLS,
        variables=SPEC.variables,
        rate_hz=35.0,
    )
    count = TICKS * EPISODES
    generator = np.random.default_rng(0)
    arrays: dict[str, Any] = {
        name: np.zeros((count, *shape), dtype) for name, (dtype, shape) in info.tensor_shapes().items()
    }
    steps = generator.integers(-9, 10, arrays["pixels"].shape).cumsum(axis=0)
    arrays["pixels"][:] = np.clip(128 + steps // 2, 0, 255)
    arrays["controls"][:, 0] = generator.integers(0, 2, count)
    arrays["controls"][:, 1] = generator.uniform(-1, 1, count)
    arrays["episode"][:] = np.arange(count) // TICKS
    DatasetWriter(folder, info).write(0, arrays, tuple(range(EPISODES)))
    return arrays


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path, dict[str, str], dict[str, np.ndarray]]:
    pack = tiny_pack(tmp_path / "pack")
    env = install_tiny_family(tmp_path / "family")
    return pack, tmp_path / "data", env, write_dataset(tmp_path / "data")


def test_everything_is_written(place: Any, tmp_path: Path) -> None:
    pack, data, env, _ = place
    file, out = tmp_path / "eval.json", tmp_path / "report"
    quick = ("--windows", "6", "--next-windows", "12", "--horizons", "1,4,16", "--minutes", "0.1")
    result = run(
        "eval", pack, "--data", data, "--split", "all", "--json", file, "--out", out, *quick, env=env
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(file.read_text())
    assert report == json.loads((out / "eval.json").read_text())
    assert report["world"] == "tiny" and report["data"]["game"] == "noise" and report["data"]["episodes"] == 4
    assert set(report["rollout_psnr"]) == {"1", "4", "16"} == set(report["repeat_psnr"])
    assert 0.0 < report["next_frame_psnr"] < report["next_frame_repeat_psnr"]
    assert len(report["time_to_collapse"]["sessions"]) == 4 and report["cells"] is None
    assert set(report["variable_error"]) == {"x", "y", "heading", "position"}
    assert result.stdout == (out / "card.md").read_text()
    assert {path.name for path in out.iterdir()} == {
        "eval.json",
        "card.md",
        "real-above-dreamt.png",
        "long-play.png",
    }


def test_the_card_goes_into_the_pack(place: Any) -> None:
    pack, data, env, _ = place
    weights = open_pack(pack).manifest.files["weights.safetensors"]
    quick = ("--windows", "4", "--next-windows", "4", "--horizons", "1,4", "--minutes", "0")
    result = run("eval", pack, "--data", data, "--split", "all", "--card", *quick, env=env)
    assert result.returncode == 0, result.stderr
    changed = open_pack(pack)
    changed.verify()
    assert changed.read("card.md").decode() == result.stdout
    assert json.loads(changed.read("card.json"))["weights_sha256"] == weights.sha256
    assert changed.manifest.files["weights.safetensors"] == weights


def test_figures_are_those_of_sessions(place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The evaluation dreams exactly what a player with the same seed, history and controls would see."""
    import worldsdk

    pack, data, env, arrays = place
    monkeypatch.syspath_prepend(env["PYTHONPATH"].split(":")[-1])
    file = tmp_path / "eval.json"
    all_windows = ("--windows", "1000", "--next-windows", "1", "--horizons", "36", "--minutes", "0")
    result = run("eval", pack, "--data", data, "--split", "all", "--json", file, *all_windows, env=env)
    assert result.returncode == 0, result.stderr
    world = worldsdk.load(pack, device="cpu")
    expected, row = [], 0
    for episode in range(EPISODES):
        for first in range(TICKS - SPEC.history - 36 + 1):
            at = episode * TICKS + first
            past = slice(at, at + SPEC.history)
            session = world.session(
                seed=row, frames=arrays["pixels"][past], variables=arrays["variables"][past]
            )
            for tick in range(36):
                vector = arrays["controls"][at + SPEC.history + tick]
                frame = session.step(world.controls.from_vector(vector))
            expected.append(psnr(arrays["pixels"][at + SPEC.history + 35][None], frame.pixels[None])[0])
            row += 1
    figure = json.loads(file.read_text())["rollout_psnr"]["36"]
    assert figure == pytest.approx(np.mean(expected), abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--data", "nowhere"), ["nowhere", "dataset_invalid"]),
        (("--game", "no-such-game"), ["no-such-game", "record_invalid"]),
        (("--episodes", "1"), ["--episodes", "evaluation_invalid"]),
        (("--steps", "99"), ["99", "session_invalid"]),
        (("--device", "abacus"), ["abacus", "device_unavailable"]),
    ],
)
def test_refusals_leave_nothing_behind(
    place: Any, tmp_path: Path, arguments: tuple[str, ...], names: list[str]
) -> None:
    pack, _, env, _ = place
    before = sorted(tmp_path.iterdir())
    result = run("eval", pack, "--json", tmp_path / "eval.json", *arguments, env=env)
    assert result.returncode == 2
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("worldsdk: ") and all(name in last for name in names), result.stderr
    assert "Traceback" not in result.stderr and sorted(tmp_path.iterdir()) == before
