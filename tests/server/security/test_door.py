"""The door: page, token, role and room are checked in that order, and each refusal has its code."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.server.security.clocks import Moment
from worldsdk.errors import KeyRingError, ServeError
from worldsdk.protocol.messages import Hello
from worldsdk.server.hooks import Authority, Grant, RefusedError
from worldsdk.server.security.door import SECRET_NAMES, Door, DoorGrant
from worldsdk.server.security.key_file import RELOAD_SECONDS, FixedKeys, KeyFile
from worldsdk.server.security.keyring import KeyRing, load_ring, new_key, save_ring
from worldsdk.server.security.limits import ConnectionLimits
from worldsdk.server.security.origins import make_origins
from worldsdk.server.security.policy import make_door
from worldsdk.server.security.tokens import sign

RING = KeyRing((new_key(0),))
UPGRADE = {"Upgrade": "WebSocket", "Connection": "Upgrade"}


def hello(**fields: Any) -> Hello:
    given = {"v": (0, 0), "role": "player", "mode": "realtime", "codecs": ("jpeg",), "max_message": 65536}
    return Hello(**{**given, **fields})


def guarded(now: Moment, **options: Any) -> Door:
    return Door(keys=FixedKeys(RING), monotonic=now, wall=now, **options)


def admit(door: Authority, message: Hello, **headers: str) -> Grant:
    return asyncio.run(door.admit("1.2.3.4", headers, message))


def code_of(door: Authority, message: Hello, **headers: str) -> str:
    with pytest.raises(RefusedError) as caught:
        admit(door, message, **headers)
    return caught.value.code


def test_an_open_door_lets_in_everybody_of_this_machine() -> None:
    door = Door()
    assert door.check_request("127.0.0.1", "/play", {"Host": "localhost:8000"}) is None
    assert admit(door, hello()).roles == {"player", "viewer", "stepper"}


def test_an_open_door_is_shut_to_rebound_names_and_foreign_pages() -> None:
    door = Door()
    rebound = door.check_request("127.0.0.1", "/play", {"Host": "evil.net", "Origin": "http://evil.net"})
    foreign = door.check_request("127.0.0.1", "/play", {"Host": "localhost", "Origin": "http://evil.net"})
    assert rebound is not None and foreign is not None
    assert (rebound.status, foreign.status) == (403, 403)
    assert "evil" not in rebound.reason + foreign.reason


def test_with_keys_a_token_is_needed_and_good_once() -> None:
    now = Moment()
    door = guarded(now)
    token = sign(RING, now())
    assert code_of(door, hello()) == "unauthenticated"
    assert admit(door, hello(token=token)).subject == "guest"
    assert code_of(door, hello(token=token)) == "unauthenticated"


def test_a_token_may_come_in_the_header() -> None:
    now = Moment()
    door = guarded(now)
    assert admit(door, hello(), Authorization=f"Bearer {sign(RING, now())}").subject == "guest"
    assert code_of(door, hello(), Authorization=f"Basic {sign(RING, now())}") == "unauthenticated"


def test_a_bad_token_in_the_header_is_refused_before_the_upgrade_and_a_good_one_not_used_up() -> None:
    now = Moment()
    door = guarded(now)
    denied = door.check_request("1.2.3.4", "/play", {**UPGRADE, "Authorization": "Bearer nonsense"})
    assert denied is not None and denied.status == 401 and denied.headers["WWW-Authenticate"] == "Bearer"
    good = {"Authorization": f"Bearer {sign(RING, now())}"}
    assert door.check_request("1.2.3.4", "/play", UPGRADE | good) is None
    assert door.check_request("1.2.3.4", "/metrics", {"Authorization": "Bearer of-a-scraper"}) is None
    assert admit(door, hello(), **good).subject == "guest"


def test_role_room_and_stay_are_the_token_s() -> None:
    now = Moment()
    door = guarded(now)

    def token() -> str:
        return sign(RING, now(), roles={"viewer"}, room="main", session_seconds=60)

    assert code_of(door, hello(token=token())) == "forbidden"
    assert code_of(door, hello(token=token(), role="viewer", room="other")) == "forbidden"
    grant = admit(door, hello(token=token(), role="viewer"))
    assert (grant.roles, grant.room, grant.session_seconds) == ({"viewer"}, "main", 60)


def test_a_refused_hello_does_not_use_its_token_up() -> None:
    now = Moment()
    door = guarded(now)
    token = sign(RING, now(), roles={"viewer"})
    assert code_of(door, hello(token=token)) == "forbidden"
    assert admit(door, hello(token=token, role="viewer"))


def test_a_token_whose_bearer_found_no_place_is_good_for_another_try() -> None:
    now = Moment()
    door = guarded(now)
    token = sign(RING, now())
    door.give_back(admit(door, hello(token=token)))
    door.give_back(Grant())
    assert admit(door, hello(token=token))
    assert code_of(door, hello(token=token)) == "unauthenticated"


def test_a_token_for_certain_pages_is_not_good_from_others() -> None:
    now = Moment()
    door = guarded(now)

    def token() -> str:
        return sign(RING, now(), origins=("https://a.org",))

    assert code_of(door, hello(token=token()), Origin="https://b.org") == "forbidden"
    assert admit(door, hello(token=token()), Origin="https://a.org")
    assert admit(door, hello(token=token()))


def test_whoever_resumes_needs_no_token_but_a_wrong_one_is_still_wrong() -> None:
    now = Moment()
    door = guarded(now)
    assert admit(door, hello(resume="secret")).roles == {"player", "stepper"}
    assert code_of(door, hello(resume="secret", role="viewer")) == "unauthenticated"
    assert code_of(door, hello(resume="secret", token="nonsense")) == "unauthenticated"


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_secrets_in_the_url_are_refused(name: str) -> None:
    door = guarded(Moment())
    for path in (f"/play?{name}=abc", f"/play?a=b&{name.upper()}=", f"/play?%{ord(name[0]):02x}{name[1:]}=x"):
        denied = door.check_request("1.2.3.4", path, {})
        assert denied is not None and denied.status == 403
        assert "abc" not in denied.reason


def test_a_query_of_thousands_of_fields_is_refused_and_a_plain_one_is_not() -> None:
    door = guarded(Moment())
    assert door.check_request("1.2.3.4", "/play?" + "a=1&" * 5000, {}) is not None
    assert door.check_request("1.2.3.4", "/play?room=main", {}) is None


def test_a_full_house_says_when_to_come_again() -> None:
    now = Moment()
    door = Door(limits=ConnectionLimits(waiting_per_address=1), monotonic=now, wall=now)
    headers = {**UPGRADE, "Host": "localhost"}
    assert door.check_request("127.0.0.1", "/play", headers) is None
    door.connected("127.0.0.1")
    denied = door.check_request("127.0.0.1", "/play", headers)
    assert denied is not None and denied.status == 429 and denied.headers["Retry-After"] == "2"
    assert door.check_request("127.0.0.1", "/healthz", {"Host": "localhost"}) is None
    asyncio.run(door.admit("127.0.0.1", headers, hello()))
    assert door.check_request("127.0.0.1", "/play", headers) is None
    door.disconnected("127.0.0.1")
    assert door.count.total == 0


def test_the_allowance_knows_agents_from_people() -> None:
    door = Door()
    person = door.meter(admit(door, hello()), 35.0)
    agent = door.meter(admit(door, hello(role="stepper", mode="lockstep")), 35.0)
    plain = door.meter(Grant(), 35.0)
    for meter, most in ((person, 400), (agent, 50_000), (plain, 400)):
        passed = sum(meter.count("input", 10) for _ in range(100_000))
        assert most / 10 < passed <= most
    assert isinstance(admit(door, hello()), DoorGrant)


def test_a_rotated_key_is_read_without_a_restart(tmp_path: Path) -> None:
    now = Moment()
    path = tmp_path / "keys.json"
    save_ring(path, KeyRing((new_key(now()),)))
    door = make_door("0.0.0.0", keys=path, monotonic=now, wall=now)
    old = sign(load_ring(path), now())
    leaked = KeyRing((new_key(now()),))
    save_ring(path, leaked)
    assert code_of(door, hello(token=sign(leaked, now()))) == "unauthenticated"
    now.pass_(RELOAD_SECONDS)
    assert admit(door, hello(token=sign(leaked, now())))
    assert code_of(door, hello(token=old)) == "unauthenticated"


def test_a_ring_that_became_unreadable_stays_as_it_was(tmp_path: Path) -> None:
    now = Moment()
    path = tmp_path / "keys.json"
    save_ring(path, RING)
    source = KeyFile(path, now)
    path.write_text("{")
    now.pass_(RELOAD_SECONDS)
    assert source.ring() == RING
    path.unlink()
    now.pass_(RELOAD_SECONDS)
    assert source.ring() == RING


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.5", "play.example.org"])
def test_an_open_address_without_keys_is_refused_with_the_command(host: str) -> None:
    with pytest.raises(ServeError, match=r"worldsdk keys new .* --keys"):
        make_door(host)
    with pytest.raises(ServeError, match="this machine only"):
        make_door(host, insecure_local=True)


def test_flags_that_contradict_each_other_and_bad_values_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="contradict"):
        make_door("127.0.0.1", insecure_local=True, keys=tmp_path / "k")
    with pytest.raises(KeyRingError, match="worldsdk keys new"):
        make_door("127.0.0.1", keys=tmp_path / "k")
    with pytest.raises(ServeError, match="web origin"):
        make_door("127.0.0.1", allow_origins=["example.org"])


def test_listed_pages_may_connect() -> None:
    door = make_door("127.0.0.1", allow_origins=["https://a.org"])
    assert door.origins == make_origins(["https://a.org"], loopback_names_only=True)
    request = {"Host": "localhost:1", "Origin": "https://a.org"}
    assert door.check_request("127.0.0.1", "/play", request) is None
