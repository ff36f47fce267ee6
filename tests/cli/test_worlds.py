"""``worldsdk worlds``: the list, and one world in full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import tiny_pack
from worldsdk.cli.main import main
from worldsdk.packs import open_pack
from worldsdk.packs import pack as pack_module
from worldsdk.packs.save import add_files


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for bundled worlds."""
    monkeypatch.setattr(pack_module, "BUNDLED", tmp_path / "bundled")
    return tmp_path / "bundled"


def test_the_list_names_every_world(bundled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_pack(bundled / "one", name="one", title="World One")
    tiny_pack(bundled / "two", name="two", rate_hz=20.0)
    assert main(["worlds"]) == 0
    said = capsys.readouterr().out
    assert said.index("World One") < said.index("two")
    assert "35 Hz, forward, turn, poison" in said and "20 Hz" in said and "0.0 MB" in said
    assert main(["worlds", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [world["name"] for world in listed] == ["one", "two"]
    assert listed[0]["digest"] == open_pack("one").manifest.digest


def test_nothing_bundled_is_said(bundled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worlds"]) == 0
    assert "no worlds are bundled" in capsys.readouterr().out


def test_one_world_says_all_about_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_pack(tmp_path / "tiny", provenance={"hardware": "an abacus"})
    add_files(folder, {"card.md": b"# Fidelity\n29.4 dB\n"})
    assert main(["worlds", str(folder)]) == 0
    said = capsys.readouterr().out
    for words in ("Tiny (tiny 1.0)", "MIT", "NOTICE", "intact", "an abacus", "29.4 dB", "KeyW"):
        assert words in said
    assert "-8 to 8 degrees/tick" in said
    assert main(["worlds", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "intact"


def test_a_damaged_world_is_shown_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_pack(tmp_path / "tiny")
    (folder / "weights.safetensors").unlink()
    assert main(["worlds", str(folder)]) == 1
    assert "weights.safetensors" in capsys.readouterr().out
    assert main(["worlds", str(folder), "--json"]) == 1
    assert "missing" in json.loads(capsys.readouterr().out)["verdict"]


def test_an_unknown_world_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worlds", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
