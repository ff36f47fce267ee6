"""Logs: one event a line, and nothing in them that opens a door or that a player wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.server.logs import HIDDEN, MAX_VALUE, LogFormat, configure, scrub
from worldsdk.server.security.keyring import KeyRing, new_key
from worldsdk.server.security.tokens import sign

TOKEN = sign(KeyRing((new_key(0),)), 1_800_000_000)


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    yield
    for name in ("worldsdk", "websockets"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)


def lines(style: LogFormat, event: str, error: bool = False, **fields: Any) -> list[str]:
    stream = io.StringIO()
    configure(style, stream=stream)
    log = logging.getLogger("worldsdk.server.test")
    if error:
        try:
            raise ValueError(f"bad {TOKEN}")
        except ValueError:
            log.exception(event, extra=fields)
    else:
        log.info(event, extra=fields)
    return stream.getvalue().splitlines()


def test_json_lines_hold_event_and_fields() -> None:
    [line] = lines("json", "session_started", room="main", tick=3, share=0.5, late=False, who=None)
    data = json.loads(line)
    assert data["event"] == "session_started" and data["logger"] == "worldsdk.server.test"
    assert data["level"] == "info" and data["time"].endswith("Z")
    assert (data["room"], data["tick"], data["share"], data["late"], data["who"]) == (
        "main",
        3,
        0.5,
        False,
        None,
    )


def test_readable_lines_hold_the_same() -> None:
    [line] = lines("text", "session started", room="main", tick=3)
    assert "info" in line and line.endswith("session started  room=main tick=3")


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_token_gets_into_a_line(style: LogFormat) -> None:
    written = "\n".join(
        lines(
            style,
            f"request /play?token=abcdef with Bearer abcdef and {TOKEN}",
            True,
            path=f"/play?a=1&Token={TOKEN}",
            token="abcdef",
            resume="abcdef",
            prompt="abcdef",
            text="abcdef",
            header="Authorization: bearer abcdef",
        )
    )
    assert TOKEN[:20] not in written and TOKEN.split(".")[1][:12] not in written
    assert "abcdef" not in written
    assert written.count(HIDDEN) >= 6
    assert "ValueError" in written


@given(st.text(), st.text())
def test_whatever_a_visitor_wrote_stays_on_one_line(name: str, message: str) -> None:
    for style in ("json", "text"):
        assert len(lines(style, "joined " + message, room=name)) == 1  # type: ignore[arg-type]


def test_long_values_are_cut() -> None:
    [line] = lines("json", "joined", room="x" * 10_000)
    assert len(json.loads(line)["room"]) == MAX_VALUE + 3


def test_scrub_leaves_ordinary_text_alone() -> None:
    text = "room main, 3 of 4 seats; see /play?room=main and the key W"
    assert scrub(text) == text


def test_configuring_twice_writes_once_and_websockets_scans_are_silent() -> None:
    configure("text", stream=io.StringIO())
    stream = io.StringIO()
    configure("json", stream=stream)
    logging.getLogger("worldsdk.server.test").warning("once")
    logging.getLogger("websockets.server").error("opening handshake failed")
    assert len(stream.getvalue().splitlines()) == 1
