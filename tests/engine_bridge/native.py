"""The C library of engine_bridge/unreal/native, called as an engine would that loads it."""

from __future__ import annotations

import ctypes
import os
import time
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_uint8, c_uint64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgpack

PATIENCE_SECONDS = 90.0
KINDS = ("none", "connected", "frame", "applied", "quality", "event", "failed", "disconnected")


class RawEvent(ctypes.Structure):
    _fields_ = (
        ("kind", c_int32),
        ("code", c_int32),
        ("will_retry", c_int32),
        ("reserved", c_int32),
        ("id", c_int64),
        ("tick", c_int64),
        ("name", c_char_p),
        ("text", c_char_p),
        ("data", POINTER(c_uint8)),
        ("size", c_uint64),
    )


_INTEGERS = ("seq", "tick", "pts", "applied")
_REALS = ("reward", "age_ms", "total_ms", "queue_ms", "encode_ms")
_FLAGS = ("width", "height", "key", "ended", "truncated", "held", "met", "steps")


class RawFrame(ctypes.Structure):
    _fields_ = (
        *((name, c_int64) for name in _INTEGERS),
        *((name, c_double) for name in _REALS),
        *((name, c_int32) for name in _FLAGS),
    )


class Quality(ctypes.Structure):
    _fields_ = (
        *(
            (n, c_double)
            for n in ("rate", "age_ms", "action_to_photon_ms", "rtt_ms", "jitter_ms", "delay_ms")
        ),
        *((n, c_int64) for n in ("frames", "replaced", "late", "missed", "held", "reconnects")),
    )


class Event(NamedTuple):
    kind: str
    name: str
    text: str
    code: int
    will_retry: bool
    id: int
    tick: int
    data: dict[str, Any]


def load(folder: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(os.fspath(folder / "libworldsdk.so"))
    library.worldsdk_create.restype = c_void_p
    library.worldsdk_last_error.restype = c_char_p
    library.worldsdk_protocol_version.restype = c_char_p
    for verb in (
        "start",
        "pause",
        "resume",
        "reset",
        "set_speed",
        "snapshot",
        "restore",
        "fork",
        "rewind",
        "step",
    ):
        getattr(library, f"worldsdk_{verb}").restype = c_int64
    for verb in ("observe", "set_state", "set_quality", "set_prompt", "set_anchor", "record"):
        getattr(library, f"worldsdk_{verb}").restype = c_int64
    return library


class NativeClient:
    """One client; leaves when the block ends."""

    def __init__(self, library: ctypes.CDLL, **options: object) -> None:
        self.core = library
        self.handle = c_void_p(library.worldsdk_create())
        for name, value in options.items():
            assert self.call("option", name.encode(), str(value).encode()) == 1, self.error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.core.worldsdk_destroy(self.handle)

    def call(self, verb: str, *arguments: Any) -> int:
        result: int = getattr(self.core, f"worldsdk_{verb}")(self.handle, *arguments)
        return result

    @property
    def error(self) -> str:
        return str(self.core.worldsdk_last_error(self.handle).decode())

    def event(self, seconds: float = 0.0) -> Event | None:
        raw = RawEvent()
        if not self.call("next_event", ctypes.byref(raw), c_int32(int(seconds * 1000))):
            return None
        data = msgpack.unpackb(ctypes.string_at(raw.data, raw.size)) if raw.size else {}
        name, text = raw.name.decode(), raw.text.decode()
        return Event(KINDS[raw.kind], name, text, raw.code, bool(raw.will_retry), raw.id, raw.tick, data)

    def wait(self, kind: str, name: str = "") -> Event:
        """The next event of a kind; others are passed over, unless the session ended."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            event = self.event(0.2)
            if event is None:
                continue
            if event.kind == kind and name in ("", event.name):
                return event
            over = event.kind == "disconnected" and not event.will_retry
            assert event.kind != "failed" and not over, event
        raise AssertionError(f"no {kind} came")

    def open(self, url: str) -> dict[str, Any]:
        """Connects; returns the welcome, once the first frame is there too."""
        assert self.call("connect", url.encode()) == 1, self.error
        welcome = self.wait("connected").data
        self.wait("frame")
        return welcome

    def latest(self, verb: str = "latest") -> tuple[RawFrame, bytes] | None:
        frame = RawFrame()
        if not self.call(verb, ctypes.byref(frame), None, c_uint64(0)):
            return None
        pixels = (c_uint8 * (frame.width * frame.height * 4))()
        assert self.call("latest", ctypes.byref(frame), pixels, c_uint64(len(pixels))) == 1, self.error
        return frame, bytes(pixels)

    def layer(self, name: str, count: int) -> list[float]:
        values = (c_float * count)()
        assert self.call("layer", name.encode(), values, c_uint64(count)) == 1, self.error
        return list(values)

    def state(self, name: str) -> float:
        value = c_double()
        assert self.call("state", name.encode(), ctypes.byref(value)) == 1, self.error
        return value.value

    def measure(self) -> Quality:
        quality = Quality()
        self.call("measure", ctypes.byref(quality))
        return quality

    def key(self, code: str, down: bool) -> None:
        self.call("key", code.encode(), c_int(down))

    def step(self, ticks: int = 1) -> tuple[RawFrame, bytes]:
        assert self.call("step", c_int32(ticks)) > 0
        self.wait("frame")
        found = self.latest()
        assert found is not None
        return found

    def command(self, verb: str, *arguments: Any) -> Event:
        """Gives a command and returns its answer."""
        asked = self.call(verb, *arguments)
        assert asked > 0
        answer = self.wait("applied")
        assert answer.id == asked
        return answer
