"""What lies in protocol/ is what the classes say, and nothing else."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from worldsdk.protocol import generate
from worldsdk.protocol.constants import files, groups
from worldsdk.protocol.limits import MAX_INTEGER
from worldsdk.protocol.schema import schema
from worldsdk.protocol.version import SUBPROTOCOL

FOLDER = Path(__file__).resolve().parents[2] / "protocol"


def test_nothing_has_drifted() -> None:
    cure = "run: python -m worldsdk.protocol.generate"
    assert generate.drift(FOLDER) == [], cure


def test_drift_is_found_and_mended(tmp_path: Path) -> None:
    folder = tmp_path / "protocol"
    shutil.copytree(FOLDER, folder)
    (folder / "schema.json").write_text("{}")
    (folder / "vectors" / "valid.jsonl").unlink()
    (folder / "transcripts" / "old.jsonl").write_text("{}")
    changes = ["schema.json", "transcripts/old.jsonl", "vectors/valid.jsonl"]
    assert generate.main(["--folder", str(folder), "--check"]) == 1
    assert (folder / "transcripts" / "old.jsonl").exists()
    assert generate.write(folder) == changes
    assert generate.drift(folder) == []
    assert (folder / "SPEC.md").exists()
    assert not list(folder.rglob("*.tmp"))


def test_nothing_is_written_where_an_old_peer_would_stumble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = copy.deepcopy(schema())
    old["definitions"]["later"] = {"type": "object"}
    (tmp_path / "old.json").write_text(json.dumps(old))
    folder = tmp_path / "protocol"
    assert generate.main(["--folder", str(folder), "--against", str(tmp_path / "old.json")]) == 2
    assert "later was removed" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"definitions": {"hello": 5}}', '{"definitions": []}'])
def test_something_that_is_no_schema(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.json").write_text(text)
    assert generate.main(["--folder", str(tmp_path), "--against", str(tmp_path / "old.json")]) == 2
    assert "is no schema" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert generate.main(["--folder", str(tmp_path / "file")]) == 2
    assert "storage_failed" in capsys.readouterr().err


def test_it_needs_neither_torch_nor_a_socket() -> None:
    code = (
        "import sys, worldsdk.protocol.generate, worldsdk.protocol.connection, worldsdk.protocol.latch;"
        "sys.exit(bool({'torch', 'websockets', 'PIL'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize("name", sorted(files()))
def test_constants_of_every_language_hold_every_value(name: str) -> None:
    text = files()[name]
    assert f'"{SUBPROTOCOL}"' in text
    assert str(MAX_INTEGER) in text
    for group in groups():
        for value in group.values.values():
            assert (f'"{value}"' if isinstance(value, str) else str(value)) in text
    assert text.count("{") == text.count("}")


def test_the_header_compiles(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler on this machine")
    source = tmp_path / "use.c"
    source.write_text(
        '#include "worldsdk_protocol.h"\n'
        '_Static_assert(WORLDSDK_CLOSE_CODE_CONFLICT == 4409, "");\n'
        "long long most = WORLDSDK_LIMIT_MAX_INTEGER;\n"
        "const char *name = WORLDSDK_PROTOCOL_SUBPROTOCOL;\n"
    )
    command = [compiler, "-std=c11", "-Wall", "-Werror", "-c", str(source), "-o", str(tmp_path / "use.o")]
    command += ["-I", str(FOLDER / "constants")]
    assert subprocess.run(command, timeout=60).returncode == 0
