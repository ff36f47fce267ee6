"""Patterns and templates of transcripts; and the transcripts themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worldsdk.errors import ProtocolError
from worldsdk.protocol.codec import parse
from worldsdk.protocol.dialogues import transcripts
from worldsdk.protocol.messages import CAPABILITIES, CLIENT_MESSAGES, SERVER_MESSAGES
from worldsdk.protocol.transcript import ACTIONS, Memory, Transcript

FOLDER = Path(__file__).resolve().parents[2] / "protocol" / "transcripts"


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        (5, [5, 5.0], [6, "5", None, True]),
        (True, [True], [1, False]),
        ("a", ["a"], ["b", b"a"]),
        ({"a": 1}, [{"a": 1}, {"a": 1, "b": 2}], [{}, {"a": 2}, [], None]),
        ([1, {"$any": True}], [[1, 2], [1, None]], [[1], [2, 2], {}, [1, 2, 3]]),
        ({"$int": [1, 3]}, [1, 3], [0, 4, 2.0, True, "2"]),
        ({"$int": [None, None]}, [-5], [0.5]),
        ({"$float": [0, None]}, [0, 0.5], [-1, True, "x"]),
        ({"$str": 1}, ["a"], ["", b"a", 1]),
        ({"$bin": 2}, [b"ab"], [b"a", "ab"]),
        ({"$list": 1}, [[1]], [[], "a", {}]),
        ({"$one_of": [1, {"$str": 0}]}, [1, "x"], [2, None]),
        ({"$not": {"$int": [1, 3]}}, [4, "x"], [2]),
        ({"$has": "x"}, [["x"], {"x": 1}, "axe"], [["y"], {}, "y", 5]),
        ({"a": {"$absent": True}}, [{}, {"a": None}], [{"a": 0}]),
        ({"a": {"$one_of": [{"$absent": True}, 5]}}, [{"a": 5}], [{"a": 6}]),
    ],
)
def test_patterns(pattern: Any, fitting: list[Any], other: list[Any]) -> None:
    for value in fitting:
        assert Memory().differences(pattern, value) == []
    for value in other:
        assert Memory().differences(pattern, value)


def test_differences_name_the_place() -> None:
    found = Memory().differences({"a": {"b": [1, 2]}, "c": 3}, {"a": {"b": [1, 5]}})
    assert found == ["message.a.b[1] is 5, not 2", "message.c is missing, not 3"]
    assert Memory().differences({"t": "pong", "t0": 1}, {"t": "error"}) == [
        "message.t is 'error', not 'pong'"
    ]


def test_what_is_kept_is_compared_and_sent() -> None:
    memory = Memory()
    assert memory.differences({"n": {"$keep": "n", "as": {"$int": [0, 9]}}}, {"n": 4}) == []
    assert memory.differences({"$var": "n"}, 4) == []
    assert memory.differences({"$var": "n", "plus": 3}, 7) == []
    assert memory.differences({"$var": "n"}, 5) == ["message is 5, not 4 as before"]
    assert memory.differences({"n": {"$keep": "n", "as": {"$int": [0, 9]}}}, {"n": 40})
    assert memory.fill({"a": [{"$var": "n", "plus": 1}], "b": {"$base64": "AP8="}}) == {
        "a": [5],
        "b": b"\x00\xff",
    }
    with pytest.raises(ProtocolError, match="nothing was kept as 'm'"):
        memory.fill({"$var": "m"})


def test_counters_and_tokens() -> None:
    memory = Memory()
    assert [memory.fill({"$next": "a"}) for _ in range(2)] == [1, 2]
    assert memory.fill({"$next": "b"}) == 1
    assert memory.fill({"t": 1, "token": {"$token": True}}) == {"t": 1}
    assert Memory(lambda: "abc").fill({"token": {"$token": True}}) == {"token": "abc"}


def test_a_wildcard_that_does_not_exist() -> None:
    with pytest.raises(ProtocolError, match=r"\$perhaps"):
        Memory().differences({"$perhaps": 1}, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "not json",
        '{"transcript": "x", "about": "y"}',
        '{"transcript": "x", "about": "y"}\n{"do": "dance"}',
        '{"transcript": "x"}\n{"do": "drain"}',
        "[]\n[]",
    ],
)
def test_text_that_is_no_transcript(text: str) -> None:
    with pytest.raises(ProtocolError, match=r"x\.jsonl.*is no transcript"):
        Transcript.from_lines(text, "x.jsonl")


@pytest.mark.parametrize("script", transcripts(), ids=lambda script: script.name)
def test_transcripts(script: Transcript) -> None:
    written = Transcript.from_lines((FOLDER / f"{script.name}.jsonl").read_text("utf-8"))
    assert written == Transcript.from_lines(script.to_lines())
    assert set(script.needs) <= {*CAPABILITIES, "drain"}
    assert script.about.endswith(".")
    opened = set()
    for step in script.steps:
        assert step["do"] in ACTIONS
        if step["do"] == "connect":
            opened.add(step["as"])
        elif step["do"] not in ("drain", "repeat"):
            assert step["as"] in opened
        if step["do"] == "expect":
            assert step["message"]["t"] in SERVER_MESSAGES


def test_what_is_sent_is_well_formed_unless_it_is_meant_not_to_be() -> None:
    wrong = set()
    for script in transcripts():
        memory = Memory(lambda: "token")
        for name in ("frame", "room", "key", "blob", "most", "tick"):
            memory.kept[name] = {"room": "r", "key": "k", "blob": b"b"}.get(name, 1)
        for step in script.steps:
            if step["do"] == "send":
                try:
                    parse(memory.fill(step["message"]), sender="client")
                except ProtocolError:
                    wrong.add(script.name)
    assert wrong == {"hello-bad", "unknown-type"}


def test_they_tell_of_all_that_a_server_must_do() -> None:
    sent = {s["message"]["t"] for one in transcripts() for s in one.steps if s["do"] == "send"}
    told = {s["message"]["t"] for one in transcripts() for s in one.steps if s["do"] == "expect"}
    assert set(CLIENT_MESSAGES) <= sent
    # Which events come depends on the world and on who else is there.
    assert told == set(SERVER_MESSAGES) - {"event"}
