"""Arguments of commands are checked; both ways give the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.strategies import PLAIN, record
from worldsdk.errors import ProtocolError, UnknownCommandError
from worldsdk.protocol.commands import COMMANDS, QualityArgs, StartArgs, parse_args, to_args
from worldsdk.protocol.messages import CAPABILITIES, Command
from worldsdk.protocol.shapes import fields_of

FREE = [name for name in COMMANDS if name not in ("start", "observe")]


def command(name: str, args: dict[str, Any]) -> Command:
    return Command(id=1, name=name, args=args)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_args_there_and_back(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FREE))
    args = COMMANDS[name].args(**data.draw(record(fields_of(COMMANDS[name].args))))
    assert parse_args(command(name, dict(to_args(args)))) == args


@given(st.sampled_from(sorted(COMMANDS)), st.dictionaries(st.text(max_size=8), PLAIN, max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_args_are_taken_or_refused(name: str, args: dict[str, Any]) -> None:
    try:
        parse_args(command(name, args))
    except ProtocolError as error:
        assert error.code == "bad_message"


def test_what_is_not_given_has_its_default() -> None:
    assert parse_args(command("start", {"later": 1})) == StartArgs(seed=0, start=None)
    assert to_args(StartArgs(seed=5)) == {"seed": 5}
    assert to_args(QualityArgs(hash=False)) == {"hash": False}


@pytest.mark.parametrize(
    ("name", "args", "where"),
    [
        ("speed", {}, "args.factor"),
        ("speed", {"factor": 9.0}, "args.factor"),
        ("rewind", {"ticks": -1}, "args.ticks"),
        ("start", {"start": 0, "image": b"x"}, "args"),
        ("start", {"frames": [b"x"], "image": b"x"}, "args"),
        ("observe", {}, "args"),
        ("observe", {"image": b"x", "pixels": b"x"}, "args"),
        ("restore", {"snapshot": b""}, "args.snapshot"),
        ("state", {}, "args.values"),
        ("state", {"values": {"x": "far"}}, "args.values{}"),
        ("state", {"values": {"x": True}}, "args.values{}"),
        ("state", {"values": [1.0]}, "args.values"),
        ("record", {"on": 1}, "args.on"),
    ],
)
def test_bad_args(name: str, args: dict[str, Any], where: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_args(command(name, args))
    assert caught.value.where.endswith(where)
    assert name in caught.value.where


def test_unknown_command_is_named() -> None:
    with pytest.raises(UnknownCommandError, match="'dance'"):
        parse_args(command("dance", {}))


def test_every_capability_of_a_command_has_a_name() -> None:
    assert {spec.capability for spec in COMMANDS.values()} - {None} <= set(CAPABILITIES)
    assert all("viewer" not in spec.roles for spec in COMMANDS.values())
