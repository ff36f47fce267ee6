"""Which parts a command line makes, and which it refuses before anything listens."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.server.test_tls import certificate
from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.cli.main import main
from worldsdk.errors import ServeError
from worldsdk.runtime.world import World
from worldsdk.server.assemble import Guard, hooks_for
from worldsdk.server.defaults import NothingKept
from worldsdk.server.hooks import Status
from worldsdk.server.security.keyring import KeyRing, new_key, save_ring
from worldsdk.server.state import StateFolder

UP = Status(True, False, "", True, 0, 0, "tiny", 1.0)


@pytest.fixture(scope="module")
def world() -> World:
    model = tiny_model()
    return World(tiny_manifest(), model, tiny_starts(model.spec))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    save_ring(tmp_path / "keys.json", KeyRing((new_key(time.time()),)))
    return tmp_path / "keys.json"


def metrics_status(world: World, host: str, guard: Guard, **headers: str) -> int:
    reply = hooks_for(world, host, guard).routes.respond("/metrics", headers, UP)
    assert reply is not None
    return reply.status


def test_loopback_needs_nothing_and_tells_its_metrics(world: World) -> None:
    hooks = hooks_for(world, "127.0.0.1", Guard())
    assert isinstance(hooks.store, NothingKept) and hooks.tls is None
    assert hooks.authority.check_request("127.0.0.1", "/", {"Host": "localhost"}) is None
    assert metrics_status(world, "localhost", Guard()) == 200


def test_in_the_open_metrics_want_a_secret(world: World, keys: Path, tmp_path: Path) -> None:
    assert metrics_status(world, "0.0.0.0", Guard(keys=keys)) == 401
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    guard = Guard(keys=keys, metrics_secret=secret)
    assert metrics_status(world, "0.0.0.0", guard) == 401
    assert metrics_status(world, "0.0.0.0", guard, Authorization="Bearer s3cret") == 200


def test_state_and_certificates_are_taken(world: World, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    hooks = hooks_for(world, "::1", Guard(state=tmp_path / "state", certificate=cert, key=key))
    assert isinstance(hooks.store, StateFolder) and hooks.tls is not None
    with pytest.raises(ServeError, match="another server"):
        hooks_for(world, "::1", Guard(state=tmp_path / "state"))
    hooks.store.close()


def test_what_does_not_fit_together_is_refused(world: World, keys: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    for guard, said in (
        (Guard(insecure_local=True, keys=keys), "contradict"),
        (Guard(key=keys), "--tls-cert"),
        (Guard(certificate=keys), "cannot be used"),
        (Guard(metrics_secret=empty), "empty"),
        (Guard(metrics_secret=tmp_path / "none"), "cannot be read"),
        (Guard(origins=["example.org"]), "web origin"),
    ):
        with pytest.raises(ServeError, match=said):
            hooks_for(world, "127.0.0.1", guard)


@pytest.mark.parametrize("more", [[], ["--insecure-local"]])
def test_the_command_names_what_makes_keys(capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    assert main(["serve", "grid-rooms", "--device", "cpu", "--host", "0.0.0.0", "--port", "0", *more]) == 2
    said = capsys.readouterr().err
    assert "worldsdk keys new keys.json" in said and "serve_refused" in said and "Traceback" not in said
