"""A schema may grow; whatever would make an old peer stumble is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worldsdk.protocol.compatibility import breaks
from worldsdk.protocol.generate import refuse_breaks
from worldsdk.protocol.schema import schema

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]


def changed(change: Callable[[Json], object]) -> list[str]:
    new = copy.deepcopy(schema())
    change(new["definitions"])
    return breaks(schema(), new)


def optional(name: str) -> Callable[[Json], object]:
    return lambda d: d[name]["properties"].update(later={"type": "string"})


def test_the_released_schema_is_still_kept() -> None:
    released = sorted((ROOT / "protocol" / "released").glob("*.json"))
    assert released
    for path in released:
        refuse_breaks(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: None,
        lambda d: d.update(later={"type": "object"}),
        optional("input"),
        optional("frame"),
        optional("args.start"),
        lambda d: d["welcome"]["properties"]["limits"]["properties"].update(later={"type": "integer"}),
        lambda d: d["ping"].update(description="in other words"),
    ],
)
def test_growth_is_allowed(change: Callable[[Json], object]) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.pop("bye"), "bye was removed"),
        (lambda d: d["input"]["properties"].pop("keys"), "input.keys was removed"),
        (lambda d: d["input"]["properties"]["ts"].update(type="string"), "input.ts was retyped"),
        (lambda d: d["input"]["properties"]["ts"].update(type=["integer", "null"]), "input.ts was retyped"),
        (lambda d: d["input"]["required"].append("keys"), "input.keys is newly required"),
        (lambda d: d["frame"]["required"].append("ts"), "frame.ts is newly required"),
        (lambda d: d["frame"]["required"].remove("tick"), "frame.tick is no longer required"),
        (lambda d: d["input"]["properties"]["ticks"].update(maximum=10), "input.ticks changed its maximum"),
        (lambda d: d["input"]["properties"]["ticks"].update(default=2), "input.ticks changed its default"),
        (lambda d: d["hello"]["properties"]["role"]["enum"].pop(), "hello.role changed its enum"),
        (lambda d: d["hello"]["properties"]["role"]["enum"].append("owner"), "hello.role changed its enum"),
        (lambda d: d["ping"].update({"x-sender": "server"}), "ping changed its x-sender"),
        (lambda d: d["hello"]["properties"]["v"]["items"].pop(), "hello.v changed its number of places"),
        (lambda d: d["hello"]["properties"]["v"]["items"][0].update(type="string"), "hello.v[0] was retyped"),
        (
            lambda d: d["welcome"]["properties"]["controls"]["items"]["required"].append("later"),
            "welcome.controls[].later is newly required",
        ),
        (
            lambda d: d["input"]["properties"]["controls"]["additionalProperties"].update(type="string"),
            "input.controls{} was retyped",
        ),
        (lambda d: d["frame"]["properties"]["data"].pop("x-msgpack"), "frame.data changed its x-msgpack"),
    ],
)
def test_breaks_are_named(change: Callable[[Json], object], sentence: str) -> None:
    found = changed(change)
    assert found
    assert any(one.startswith(sentence) for one in found), found
