"""The command line's own part of an evaluation: the page, and refusals before anything is measured."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.program import run
from tests.end_to_end.test_eval import write_dataset
from tests.support import install_tiny_family, tiny_pack

QUICK = ("--windows", "4", "--next-windows", "4", "--horizons", "1,4", "--minutes", "0")


def test_a_page_is_written_and_what_is_missing_is_said(tmp_path: Path) -> None:
    pack, env = tiny_pack(tmp_path / "pack"), install_tiny_family(tmp_path / "family")
    write_dataset(tmp_path / "data")
    file = tmp_path / "pages" / "tiny.html"
    data = ("--data", tmp_path / "data", "--split", "all")
    result = run("eval", pack, *data, "--html", file, *QUICK, env=env)
    assert result.returncode == 0, result.stderr
    assert file.read_text().startswith("<!doctype html>")
    assert "Obedience: there was no real play to teach the reader with" in result.stdout
    # The dataset is there, but has too little for a reader.
    refused = run("eval", pack, *data, "--lessons", tmp_path / "data", *QUICK, env=env)
    assert refused.returncode != 0 and "at least 200 frames" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_file_that_is_no_network_is_refused_at_once(tmp_path: Path) -> None:
    pack, env = tiny_pack(tmp_path / "pack"), install_tiny_family(tmp_path / "family")
    wrong = tmp_path / "net.pt"
    wrong.write_text("no network")
    result = run("eval", pack, "--data", tmp_path, "--fvd-network", wrong, *QUICK, env=env)
    assert result.returncode != 0 and "net.pt" in result.stderr and "Traceback" not in result.stderr
