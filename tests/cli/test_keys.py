"""``worldsdk keys`` and ``worldsdk token`` as a person types them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from worldsdk.cli.main import main
from worldsdk.server.security.keyring import load_ring
from worldsdk.server.security.tokens import verify


def test_new_token_rotate_list_public(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, public = tmp_path / "keys.json", tmp_path / "public.json"
    assert main(["keys", "new", str(file)]) == 0
    assert "worldsdk token --keys" in capsys.readouterr().out
    order = ["token", "--keys", str(file), "--role", "viewer", "--room", "main", "--origin", "https://A.org/"]
    assert main(order) == 0
    claims = verify(capsys.readouterr().out.strip(), load_ring(file), time.time())
    assert (claims.roles, claims.room, claims.origins) == ({"viewer"}, "main", ("https://a.org",))
    assert main(["keys", "rotate", str(file)]) == 0
    capsys.readouterr()
    assert main(["keys", "list", str(file), "--json"]) == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["signs", "waiting"]
    assert main(["keys", "public", str(file), str(public)]) == 0
    assert "private" not in public.read_text()
    capsys.readouterr()
    assert main(["token", "--keys", str(public)]) == 2
    assert "key_ring_invalid" in capsys.readouterr().err


def test_a_leaked_key_is_gone_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "keys.json"
    main(["keys", "new", str(file)])
    leaked = load_ring(file).keys[0].kid
    assert main(["keys", "rotate", str(file), "--now"]) == 0
    assert load_ring(file).checking_key(leaked, time.time()) is None
    assert load_ring(file).signing_key(time.time())


def test_a_private_key_is_never_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "keys.json"
    main(["keys", "new", str(file)])
    main(["keys", "list", str(file)])
    main(["keys", "list", str(file), "--json"])
    main(["keys", "rotate", str(file)])
    secret = json.loads(file.read_text())["keys"][0]["private"]
    said = capsys.readouterr()
    assert secret not in said.out + said.err


@pytest.mark.parametrize(
    "order, said",
    [
        (["keys", "new", "FILE"], "rotate"),
        (["keys", "public", "FILE"], "public"),
        (["keys", "list", "NONE"], "keys new"),
        (["keys", "rotate", "NONE"], "keys new"),
        (["token", "--keys", "NONE"], "keys new"),
        (["token", "--keys", "FILE", "--seconds", "601"], "1 to 600"),
        (["token", "--keys", "FILE", "--origin", "example.org"], "https://"),
        (["token", "--keys", "FILE", "--session-seconds", "0"], "max_s"),
    ],
)
def test_wrong_use_names_the_cure(
    order: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.json"
    main(["keys", "new", str(file)])
    capsys.readouterr()
    names = {"FILE": str(file), "NONE": str(tmp_path / "none.json")}
    assert main([names.get(word, word) for word in order]) == 2
    assert said in capsys.readouterr().err
