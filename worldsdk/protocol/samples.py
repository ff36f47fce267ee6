"""One or two well-formed messages of every type, for vectors, documents and tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worldsdk.protocol.commands import COMMANDS
from worldsdk.protocol.messages import (
    ALL_LAYERS,
    Accepted,
    Ack,
    Applied,
    Bye,
    ClientInfo,
    Command,
    ErrorMessage,
    Event,
    FrameMessage,
    GoAway,
    Hello,
    Input,
    LayerInfo,
    LimitsInfo,
    Message,
    Ping,
    Pong,
    ServerInfo,
    StateInfo,
    Welcome,
    WorldInfo,
)
from worldsdk.protocol.schema import args_schema

HELLO: dict[str, Any] = {
    "t": "hello",
    "v": [0, 0],
    "role": "player",
    "mode": "realtime",
    "codecs": ["raw_rgb"],
    "max_message": 1_048_576,
}
INPUT: dict[str, Any] = {"t": "input", "seq": 1, "ts": 1_000_000}


def frame() -> dict[str, Any]:
    """The smallest frame, as a map."""
    return {
        "t": "frame",
        "seq": 1,
        "tick": 1,
        "pts": 2_000_000,
        "applied": 0,
        "key": True,
        "codec": "raw_rgb",
        "data": bytes(range(12)),
        "reward": 0.0,
        "ended": False,
        "steps": 1,
        "met": True,
        "replaced": 0,
    }


def messages() -> Iterator[tuple[str, Message]]:
    """(name, message), every type at least once."""
    yield (
        "hello, as short as it can be",
        Hello(v=(0, 0), role="player", mode="realtime", codecs=("raw_rgb",), max_message=1 << 20),
    )
    yield (
        "hello with everything",
        Hello(
            v=(0, 3),
            role="stepper",
            mode="lockstep",
            codecs=("jpeg", "png", "raw_rgb"),
            max_message=4_194_304,
            credit=4,
            room="blue",
            token="a.b.c",
            resume="once",
            layers=("depth",),
            client=ClientInfo(name="example", version="1.2", engine="none"),
        ),
    )
    yield (
        "hello, all layers",
        Hello(
            v=(0, 0),
            role="viewer",
            mode="realtime",
            codecs=("png",),
            max_message=1_048_576,
            room="blue",
            layers=(ALL_LAYERS,),
        ),
    )
    yield "input, everything at rest", Input(seq=1, ts=1_000_000)
    yield (
        "input with everything",
        Input(
            seq=2,
            ts=1_016_667,
            controls={"forward": 1.0, "turn": -2.5},
            keys=("KeyW", "ShiftLeft"),
            pad={"LeftStickX": -0.5},
            mouse=(12.0, -3.0),
            ticks=4,
        ),
    )
    yield "ack", Ack(seq=7)
    yield "ack of a frame that was shown", Ack(seq=8, shown=1_050_000, credit=3)
    yield "command without args", Command(id=1, name="pause")
    yield "command with args", Command(id=2, name="start", args={"seed": 7, "start": 0})
    yield "command that sets state", Command(id=3, name="state", args={"values": {"x": 2.5}})
    yield "command with bin", Command(id=3, name="restore", args={"snapshot": b"\x00\x01\xff"})
    yield "ping", Ping(t0=123_456_789)
    yield "bye", Bye()
    yield "bye with a reason", Bye(reason="supper")
    yield "welcome", welcome()
    yield "frame, as short as it can be", FrameMessage(**{k: v for k, v in frame().items() if k != "t"})
    yield "frame with everything", full_frame()
    yield "accepted", Accepted(re=1)
    yield "accepted, two before it", Accepted(re=2, position=2)
    yield "applied", Applied(re=1, tick=40)
    yield "applied with a result", Applied(re=2, tick=0, result={"seed": 7, "start": 0})
    yield (
        "error that is not the end",
        ErrorMessage(code="unknown_type", message="there is no message 'teleport'", retry=False, fatal=False),
    )
    yield (
        "error that refuses a seat",
        ErrorMessage(
            code="no_capacity",
            message="every seat is taken",
            retry=True,
            fatal=True,
            retry_after_ms=2000,
            position=3,
        ),
    )
    yield (
        "error of a command",
        ErrorMessage(
            code="session_invalid",
            message="rewind reaches back to tick 12",
            retry=False,
            fatal=False,
            re=5,
            detail={"oldest": 12},
        ),
    )
    yield "event", Event(name="viewers", data={"count": 3})
    yield "pong", Pong(t0=123_456_789, t1=5_000, t2=5_040)
    yield "goaway", GoAway(action="resume", reason="the server restarts", in_ms=2000)
    yield (
        "goaway to another place",
        GoAway(action="reconnect", reason="moved", in_ms=0, url="wss://example.org/play"),
    )


def full_frame() -> FrameMessage:
    """A frame that uses every field."""
    return FrameMessage(
        seq=9,
        tick=121,
        pts=5_000_000,
        applied=2,
        ts=1_016_667,
        key=True,
        codec="raw_rgb",
        data=bytes(range(12)),
        layers={"depth": bytes(range(8))},
        state={"x": 1.5, "angle": -3.0},
        reward=-0.25,
        ended=True,
        truncated=True,
        steps=2,
        met=False,
        held=True,
        stages={"denoise": 8.5, "pixels": 0.5},
        total_ms=9.25,
        queue_ms=3.0,
        encode_ms=0.5,
        replaced=4,
        hash="00ff",
        drift=0.125,
    )


def welcome() -> Welcome:
    """A welcome to a small world with one control of each kind."""
    control: dict[str, Any] = {
        "low": 0.0,
        "high": 1.0,
        "values": None,
        "unit": "",
        "keys": {},
        "pad": {},
        "mouse": None,
        "help": "",
    }
    return Welcome(
        v=0,
        session="s1",
        room="blue",
        role="player",
        mode="realtime",
        resume="once",
        world=WorldInfo(
            name="toy", title="Toy", summary="Two pixels by two.", digest="00", license="CC0-1.0"
        ),
        size=(2, 2),
        codec="raw_rgb",
        rate=35.0,
        budget_ms=28.5,
        tick=0,
        controls=(
            {**control, "name": "forward", "kind": "button", "keys": {"KeyW": 1.0}, "pad": {"A": 1.0}},
            {
                **control,
                "name": "turn",
                "kind": "axis",
                "low": -5.0,
                "high": 5.0,
                "values": [-5.0, -2.5, 0.0, 2.5, 5.0],
                "unit": "degrees/tick",
                "mouse": ["x", 0.25],
                "help": "turns the view",
            },
        ),
        layers=(LayerInfo(name="depth", low=0.0, high=64.0, unit="m", encoding="u16"),),
        state=(
            StateInfo(name="x", low=0.0, high=8.0, unit="m", settable=True),
            StateInfo(name="angle", low=-180.0, high=180.0, unit="degrees", cyclic=True),
        ),
        starts=4,
        commands={name: args_schema(name) for name in COMMANDS if name in ("pause", "speed")},
        limits=LimitsInfo(
            max_message=8_454_144,
            input_hz=140.0,
            command_hz=20.0,
            keys=32,
            image_bytes=8_388_608,
            image_pixels=16_777_216,
            session_seconds=0.0,
            idle_seconds=60.0,
            resume_seconds=30.0,
            rewind_ticks=600,
        ),
        capabilities=("reset", "speed"),
        credit=2,
        server=ServerInfo(name="worldsdk", version="0.1.0"),
        paused=False,
        held_seq=0,
    )
